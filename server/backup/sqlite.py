"""The SQLite side: a copy of one moment while others write, and what such a copy says of itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from models.queries.assets import EVERY_NAME
from server.backup.manifest import Facts, only_sha256
from server.backup.trouble import BackupError, Damaged

STEP = 256  # pages in one step, 1 MiB: between two of them Ctrl+C is heard and the bar moves
BUSY_SECONDS = 30.0
SHOWN = 3  # troubles that a line repeats

Progress = Callable[[int, int], None]  # done, in all


def copy(source: Path, target: Path, tell: Progress) -> None:
    """Copy the database as it is at this moment. Raises BackupError.

    The copy ends however much is written meanwhile, and holds nothing of that: a reading transaction keeps the moment,
    where the steps of a copy without one begin anew with every write of another process. In WAL mode, which servers
    run in, nobody waits for it.
    """
    with _worded(target), closing(_open(source, "ro")) as original, closing(sqlite3.connect(target)) as made:
        original.execute("BEGIN")
        original.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):  # a copy that breaks off is thrown away
            made.execute(f"PRAGMA {pragma}")
        original.backup(made, pages=STEP, progress=lambda _, left, total: tell(total - left, total))
        made.execute("PRAGMA journal_mode=DELETE")  # so that it is one file, whoever opens it


def look(path: Path) -> Facts:
    """What a copy holds. Raises BackupError."""
    with _worded(path), closing(_open(path, "ro")) as connection:

        def value(statement: str) -> int:
            return int(connection.execute(statement).fetchone()[0])

        (newest,) = connection.execute("SELECT max(name) FROM tortoise_migrations").fetchone()
        if newest is None:
            raise BackupError(f"{path}: this is no database of Polymark.")
        names = only_sha256(name for (name,) in connection.execute(EVERY_NAME))
        return Facts(
            newest, value("SELECT count(*) FROM account"), value("SELECT count(*) FROM bookmark"),
            value("SELECT count(*) FROM asset"), names,
        )  # fmt: skip


def check(path: Path) -> None:
    """Look through every page of a copy. Raises Damaged with what is wrong."""
    try:
        with closing(_open(path, "ro")) as connection:
            found = [text for (text,) in connection.execute(f"PRAGMA integrity_check({SHOWN})") if text != "ok"]
            orphans = {table for table, *_ in connection.execute("PRAGMA foreign_key_check")}
    except sqlite3.Error as error:
        found, orphans = [str(error)], set()
    if found:
        raise Damaged(f"its database is damaged ({'; '.join(' '.join(text.split()) for text in found)})")
    if orphans:
        raise Damaged(f"its database has rows that belong to nothing, in {', '.join(sorted(orphans))}")


def _open(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    """Word what SQLite refuses. Raises BackupError."""
    try:
        yield
    except sqlite3.Error as error:
        more = " Make room and try again." if "full" in str(error) else ""
        raise BackupError(f"{path}: the database cannot be copied or read ({error}).{more}") from error
