"""Restoring a backup: into an empty data directory, whole or not at all.

Everything is unpacked into a folder of the data directory and checked there. Then files and key are put in place, and
the database last: by a rename, or in one transaction. As long as the folder holds the database, a restore is not done.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from schema.version import VERSION
from server.backup import postgres
from server.backup.manifest import ASSETS, FILE_OF, KEY, NAME_OF, Kind, Manifest
from server.backup.marks import DATABASE, WORK
from server.backup.reading import Archive, opened
from server.backup.trouble import BackupError, writing_to
from server.database import sqlite_path
from server.outside.files import flush_folder
from server.settings import Settings
from server.signing import KEY_FILE

LOCK = "lock"
HARMLESS = frozenset({".env", "lost+found"})  # what an empty data directory may have
COMPANIONS = ("-wal", "-shm", "-journal")  # SQLite would read another database's with this one

Tell = Callable[[str, int, int], None]


def restore(settings: Settings, file: Path, *, tell: Tell) -> Manifest:
    """Put a backup in place; returns what it said of itself.

    Raises BackupError: for a target that is not empty or of the other kind, a backup of a newer version, one that is
    damaged anywhere, a disk that is full. Nothing is in place then.
    """
    with opened(file) as archive:
        check_version(archive.manifest)
        _check_target(settings, archive.manifest.database)
        data = settings.data_path
        with _working_in(data) as work:
            _check_room(archive, data)
            _unpack(archive, work, tell)
            _put_in_place(settings, data, work, tell)
        return archive.manifest


def check_version(manifest: Manifest) -> None:
    """Pass a backup that this version understands, older ones too. Raises BackupError."""
    known = {module.name for module in iter_modules(import_module("models.migrations").__path__)}
    if manifest.migration not in known:
        raise BackupError(
            f"The backup was made by Polymark {manifest.version}, which is newer than this one ({VERSION}): "
            f"it knows nothing of {manifest.migration}."
        )


def _check_target(settings: Settings, kind: Kind) -> None:
    """The database that the settings name is of that kind, and there is nothing in it yet. Raises BackupError."""
    path = sqlite_path(settings.database)
    own: Kind = "postgres" if path is None else "sqlite"
    if own != kind:
        raise BackupError(
            f"The backup holds a database of {NAME_OF[kind]}, and the settings name one of {NAME_OF[own]}: restore it "
            f"with {NAME_OF[kind]}, then move each library with `polymark export` and `polymark import`."
        )
    if path is None:
        asyncio.run(postgres.check_empty(settings.database))
        return
    for one in (path, *(path.with_name(path.name + ending) for ending in COMPANIONS)):
        if one.exists():
            raise BackupError(f"{one} is there already: a restore needs an empty place.")


@contextmanager
def _working_in(data: Path) -> Iterator[Path]:
    """A folder in the empty data directory that no other restore uses, gone with the block."""
    work = data / WORK
    with writing_to(data):
        is_new = not data.exists()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_empty(data, work)
        work.mkdir(mode=0o700, exist_ok=True)
        with (work / LOCK).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupError(f"Another restore into {data} is under way.") from None
            _check_empty(data, work)
            _clear(data, work)
            try:
                yield work
            except BaseException:
                _clear(data, work)
                raise
            finally:
                shutil.rmtree(work)
                if is_new and not any(data.iterdir()):
                    data.rmdir()


def _check_empty(data: Path, work: Path) -> None:
    """Pass a data directory in which there is nothing but what an interrupted restore left. Raises BackupError."""
    leftovers = {WORK, ASSETS, KEY_FILE} if (work / DATABASE).exists() else {WORK}
    if strangers := sorted({path.name for path in data.iterdir()} - leftovers - HARMLESS):
        raise BackupError(f"{data} is not empty ({strangers[0]}): a restore needs an empty data directory.")


def _clear(data: Path, work: Path) -> None:
    """Take away what an unfinished restore has put in place, then what it has unpacked: the directory was empty before.

    The database goes last, for it says that the rest is not done.
    """
    if (work / DATABASE).exists():
        shutil.rmtree(data / ASSETS, ignore_errors=True)
        (data / KEY_FILE).unlink(missing_ok=True)
    for path in sorted(work.iterdir(), key=lambda path: path.name == DATABASE):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _check_room(archive: Archive, data: Path) -> None:
    free = shutil.disk_usage(data).free
    if archive.size > free:
        mib = 1024 * 1024
        raise BackupError(f"{data}: the backup needs {archive.size // mib + 1} MiB, and {free // mib} MiB are free.")


def _unpack(archive: Archive, work: Path, tell: Tell) -> None:
    """Unpack all of it, each byte checked. Raises BackupError."""
    done, total = 0, archive.size

    def told(number: int) -> None:
        nonlocal done
        done += number
        tell("Unpacking", done, total)

    names = {FILE_OF[archive.manifest.database]: DATABASE}
    for member in sorted(archive.manifest.members, key=lambda one: one.name not in names):  # the database first
        place = work / names.get(member.name, member.name)
        with writing_to(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                archive.copy(member, target, told)
    os.sync()  # one for all: a file at a time would take minutes for many small ones


def _put_in_place(settings: Settings, data: Path, work: Path, tell: Tell) -> None:
    """Files, key, then the database, which makes it a library."""
    for source, name in ((work / ASSETS, ASSETS), (work / KEY, KEY_FILE)):
        if source.exists():
            with writing_to(data / name):
                source.rename(data / name)
    with writing_to(data):
        flush_folder(data)
    path = sqlite_path(settings.database)
    if path is None:
        tell("Database", 0, 1)
        _fill(settings.database, work / DATABASE)
        return
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.stat().st_dev != work.stat().st_dev:
            _rename_across(work / DATABASE, path)
        else:
            (work / DATABASE).rename(path)
        flush_folder(path.parent)


def _fill(url: str, dump: Path) -> None:
    """Fill the PostgreSQL database, in one transaction, and take the dump away, which says that it is to be done."""
    try:
        asyncio.run(postgres.restore(url, dump))
    except BackupError:
        raise  # it was taken back
    except BaseException:
        if asyncio.run(postgres.is_empty(url)):  # else what ended us came a moment after the commit
            raise
    dump.unlink()


def _rename_across(source: Path, target: Path) -> None:
    """Bring a file to another disk, where it is whole or not there."""
    near = target.with_name(f"{target.name}.restoring")
    try:
        shutil.copyfile(source, near)
        near.chmod(0o600)
        with near.open("rb") as stream:
            os.fsync(stream.fileno())
        near.rename(target)
    finally:
        near.unlink(missing_ok=True)
    source.unlink()
