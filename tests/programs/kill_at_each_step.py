"""Kill a backup or a restore at every step that the file system sees, and look what is left each time.

    python -m tests.programs.kill_at_each_step backup|restore FOLDER EVERY

The settings come from the environment. A process is forked for every try; it ends itself by SIGKILL when it is about to
take the step whose turn it is (each EVERY-th). Prints how many steps there were; what is not as it should be fails.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg

from server.backup.making import back_up
from server.backup.marks import check_finished
from server.backup.restoring import restore
from server.backup.trouble import BackupError
from server.backup.verifying import verify
from server.database import sqlite_path
from server.settings import Settings, load_settings

STEPS = {
    "open", "sqlite3.connect", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree",
    "subprocess.Popen",
}  # fmt: skip
MOST = 2000


def no_words(*_: object) -> None:
    """Tell nobody."""


def killed(work: Callable[[], object], step: int) -> bool:
    """Do the work in a process of its own that is killed before its n-th step; whether it came so far."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, status
        return os.WIFSIGNALED(status)
    count = 0

    def hook(event: str, _: object) -> None:
        nonlocal count
        if event in STEPS:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    work()
    os._exit(0)


def kill_backups(settings: Settings, folder: Path, every: int) -> int:
    """FILE is either the old backup or the new one, always whole; the next one takes away what was left."""
    file, new = folder / "b.zip", folder / "new.zip"
    back_up(settings, str(file), force=False, tell=no_words, warn=no_words)
    for step in range(1, MOST, every):
        new.unlink(missing_ok=True)
        came_so_far = killed(lambda: back_up(settings, str(file), force=True, tell=no_words, warn=no_words), step)
        killed(lambda: back_up(settings, str(new), force=False, tell=no_words, warn=no_words), step)
        for one in (file, new):
            assert (one is new and not one.exists()) or not verify(one, tell=no_words).troubles, (step, one)
            back_up(settings, str(one), force=True, tell=no_words, warn=no_words)
        assert {"b.zip", "new.zip"} == {path.name for path in folder.iterdir()}, step
        if not came_so_far:
            return step
    raise AssertionError("it never ends")


def kill_restores(settings: Settings, folder: Path, every: int) -> int:
    """The server finds nothing, or is told to wait, or all is there; another restore makes it whole, or is refused."""
    file, data = folder / "b.zip", settings.data_path
    for step in range(1, MOST, every):
        came_so_far = killed(lambda: restore(settings, file, tell=no_words), step)
        is_there = has_database(settings)
        try:
            check_finished(data)
        except BackupError:
            may_serve = False
        else:
            may_serve = True
        if may_serve and is_there:
            assert whole(data, file), step
        if may_serve and not is_there:  # a server would begin from nothing, with nothing of ours beside it
            assert not (data / "assets").exists(), step
            assert not (data / "secret.key").exists(), step
        try:
            restore(settings, file, tell=no_words)
        except BackupError:
            if not is_there:
                raise
        assert whole(data, file), step
        if not came_so_far:
            assert not (data / ".restore").exists()
            return step
        shutil.rmtree(data)
        empty_database(settings)
    raise AssertionError("it never ends")


def whole(data: Path, file: Path) -> bool:
    """Every member of the backup but the database is in place, and of its size."""
    members = [one for one in verify(file, tell=no_words).manifest.members if not one.name.startswith("polymark.")]
    return all((data / one.name).stat().st_size == one.size for one in members)


def has_database(settings: Settings) -> bool:
    """Whether there is something in the database."""
    path = sqlite_path(settings.database)
    return path.exists() if path is not None else bool(ask(settings, "SELECT to_regclass('account') IS NOT NULL"))


def empty_database(settings: Settings) -> None:
    """Make a PostgreSQL database what it was; an SQLite file has gone with its folder."""
    if sqlite_path(settings.database) is None:
        ask(settings, "DROP SCHEMA public CASCADE")
        ask(settings, "CREATE SCHEMA public")


def ask(settings: Settings, statement: str) -> object:
    """The first value that a statement gives."""

    async def answer() -> object:
        connection = await asyncpg.connect(settings.database)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(answer())


if __name__ == "__main__":
    kill = {"backup": kill_backups, "restore": kill_restores}[sys.argv[1]]
    print(kill(load_settings(None), Path(sys.argv[2]), int(sys.argv[3])))  # noqa: T201 - a program speaks by printing
