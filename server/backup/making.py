"""Making a backup: the database of one moment first, then every file that it names."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BufferedReader, BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from schema.version import VERSION
from server.backup import postgres, sqlite
from server.backup.manifest import FILE_OF, FORM, KEY, Facts, Kind, Manifest, asset_member
from server.backup.trouble import BackupError, reason_of, writing_to
from server.backup.writing import ArchiveWriter
from server.database import sqlite_path
from server.outside.files import DiskFiles, flush_folder
from server.settings import Settings
from server.signing import KEY_FILE

STDOUT = "-"
IN_MEMORY = 8 * 1024 * 1024  # bytes; a smaller file is read once, a larger one to be hashed and again to be copied

Tell = Callable[[str, int, int], None]  # what is being done, how much of it, of how much in all
Warn = Callable[[str], None]  # a line for the person


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds, and how many bytes it has."""

    manifest: Manifest
    size: int


def back_up(settings: Settings, file: str, *, force: bool, tell: Tell, warn: Warn) -> Made:
    """Make a backup at this path, or into standard output (``-``), while servers run.

    It is written beside its place, brought to the disk, and gets its name when it is whole. ``warn`` is told of every
    file that is missing or damaged; the backup is made without it. Raises BackupError, and leaves nothing then.
    """
    if file == STDOUT:
        stream = _Counting(sys.stdout.buffer, "standard output")
        with TemporaryDirectory(prefix="polymark-") as folder:
            manifest = _write(settings, stream, Path(folder) / "database", tell, warn)
        return Made(manifest, stream.count)
    target = Path(file)
    if target.exists() and not target.is_file():
        raise BackupError(f"{target} is there already, and is no file.")
    if target.exists() and not force:
        raise BackupError(f"{target} is there already; --force replaces it.")
    with _beside(target) as (raw, part):
        stream = _Counting(raw, str(part))
        manifest = _write(settings, stream, part.with_name(f"{part.name}.database"), tell, warn)
        with writing_to(part):
            raw.flush()
            os.fsync(raw.fileno())
            part.replace(target)
            flush_folder(target.absolute().parent)
    return Made(manifest, stream.count)


class _Counting:
    """A stream that counts what is written, and words what the disk refuses; a zip does not go back in it."""

    def __init__(self, stream: BinaryIO, place: str) -> None:
        self._stream = stream
        self._place = Path(place)
        self.count = 0

    def write(self, data: bytes) -> int:
        """Write on. Raises BackupError."""
        with writing_to(self._place):
            self._stream.write(data)
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Hand on what is waiting. Raises BackupError."""
        with writing_to(self._place):
            self._stream.flush()


@contextmanager
def _beside(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """An empty file beside the target that nobody else reads or writes; gone with the block, unless it was renamed."""
    part = target.with_name(f"{target.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupError(f"{part}: cannot be written ({reason_of(error)}).") from None
    with os.fdopen(descriptor, "r+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"{part} is being written by another backup.") from None
        try:
            if not _is_named(part, descriptor):  # between opening and locking the other was done: its name
                raise BackupError(f"{part} was being written by another backup.")
            os.fchmod(descriptor, 0o600)  # the secret key is in it
            os.truncate(descriptor, 0)
            yield stream, part
        finally:
            if _is_named(part, descriptor):
                part.unlink()
            with suppress(OSError):  # what a full disk refused is told already
                stream.close()


def _is_named(path: Path, descriptor: int) -> bool:
    """Whether the open file is the one at the path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _write(settings: Settings, stream: _Counting, copied: Path, tell: Tell, warn: Warn) -> Manifest:
    """Write the whole archive; the database lies at ``copied`` until it is in it."""
    if (path := sqlite_path(settings.database)) is not None and not path.is_file():
        raise BackupError(f"There is no database at {path}.")
    files, made_at = DiskFiles(settings.data_path), datetime.now(UTC)
    writer = ArchiveWriter(stream, made_at)  # type: ignore[arg-type]  # it writes and flushes
    try:
        with writing_to(settings.data_path):
            held = files.held_for_backup()
        with held:
            facts, kind = _database(settings, writer, copied, tell)
            _key(settings, writer)
            missing = _Files(files, writer, tell, warn).add(facts.names)
        manifest = Manifest(
            form=FORM, version=VERSION, made_at=made_at, database=kind, migration=facts.migration,
            counts=facts.counts, missing=missing, members=writer.members,
        )  # fmt: skip
        writer.close(manifest)
    except BaseException:
        writer.abandon()
        raise
    return manifest


def _database(settings: Settings, writer: ArchiveWriter, copied: Path, tell: Tell) -> tuple[Facts, Kind]:
    """Put the database into the archive as it is at one moment, and say what it holds then."""
    path = sqlite_path(settings.database)
    kind: Kind = "postgres" if path is None else "sqlite"
    copied.unlink(missing_ok=True)  # a killed backup's, which some pg_dump may still write
    try:
        if path is None:
            tell("Database", 0, 1)
            facts = asyncio.run(postgres.dump(settings.database, copied))
        else:
            sqlite.copy(path, copied, lambda done, total: tell("Database", done, total))
            facts = sqlite.look(copied)
        size = copied.stat().st_size
        with writing_to(copied), copied.open("rb") as source:
            done = 0

            def told(number: int) -> None:
                nonlocal done
                done += number
                tell("Packing", done, size)

            # pg_dump packs by itself
            writer.add(FILE_OF[kind], source, size=size, packed=kind == "sqlite", told=told)
    finally:
        copied.unlink(missing_ok=True)
    return facts, kind


def _key(settings: Settings, writer: ArchiveWriter) -> None:
    """Put the secret key into the archive, if there is one yet."""
    with writing_to(settings.data_path / KEY_FILE):
        try:
            key = (settings.data_path / KEY_FILE).read_bytes()
        except FileNotFoundError:
            return
        writer.add(KEY, BytesIO(key), size=len(key))


@dataclass
class _Files:
    """Puts files into the archive; those that are not there as their names say are told and left out."""

    files: DiskFiles
    writer: ArchiveWriter
    tell: Tell
    warn: Warn
    missing: list[str] = field(default_factory=list)

    def add(self, names: list[str]) -> list[str]:
        """All of them; returns the names of those that were left out."""
        for number, name in enumerate(names):
            self.tell("Files", number, len(names))
            path = self.files.path(name)
            if path is None:
                self._leave_out(name, "is missing")
            else:
                self._add(name, path)
        return self.missing

    def _add(self, name: str, path: Path) -> None:
        with ExitStack() as stack:
            try:  # a disk that no longer gives one file is no reason to go without the others
                source = stack.enter_context(path.open("rb"))
                found, size, content = _looked_through(source)
            except OSError as error:
                self._leave_out(name, f"cannot be read ({reason_of(error)})")
                return
            if found != name:
                self._leave_out(name, "is damaged: its bytes are not those that its name says")
                return
            with writing_to(path):
                added = self.writer.add(asset_member(name), content, size=size)
            if added.sha256 != name:
                raise BackupError(f"{path} changed while it was copied.")

    def _leave_out(self, name: str, why: str) -> None:
        self.missing.append(name)
        self.warn(f"{asset_member(name)} {why}; the backup is without it.")


def _looked_through(source: BufferedReader) -> tuple[str, int, BinaryIO]:
    """The SHA-256 of a file, its size, and what gives its bytes now. Raises OSError."""
    size = os.fstat(source.fileno()).st_size
    if size <= IN_MEMORY:
        data = source.read()
        return hashlib.sha256(data).hexdigest(), len(data), BytesIO(data)
    found = hashlib.file_digest(source, "sha256").hexdigest()
    source.seek(0)
    return found, size, source
