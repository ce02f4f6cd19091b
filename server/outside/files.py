"""Assets on disk: bytes under the name of their SHA-256, safe once they are there, gone only by a sweep."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar
from uuid import uuid4

import structlog

from schema.errors import NotFound, TooLarge, Unavailable
from schema.ports import StoredFile, SweepCheck

CHUNK = 256 * 1024
DEAD_UPLOAD_SECONDS = 3600.0
SWEEP_BATCH = 500  # names asked about at once: fewer than any database's limit of parameters

P = ParamSpec("P")
T = TypeVar("T")
_NAME = re.compile(r"[0-9a-f]{64}")

log = structlog.stdlib.get_logger("polymark.files")


class DiskFiles:
    """Files under ``data_dir/assets/ab/cd/abcd…``, as schema.ports.Files.

    Several processes may share the folder. A file is written to ``assets/tmp``, flushed to the disk and renamed
    into place, so a name never stands for half of its bytes. Storing bytes that are there already renews their
    time, and a lock file keeps a sweep from taking a file between that and its row. Another lock file keeps sweeps
    away while a backup is made. A disk that is full or cannot be written is Unavailable("storage").
    """

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "assets"
        self._tmp = self._root / "tmp"
        self._lock = self._root / "sweep.lock"
        self._backup_lock = self._root / "backup.lock"

    async def store(self, chunks: AsyncIterator[bytes], *, limit: int | None = None) -> StoredFile:
        """Keep the bytes and say their name; when this returns they survive a power cut.

        Raises TooLarge as soon as more than ``limit`` bytes have come, and Unavailable when the disk refuses.
        Nothing is left behind then, nor when ``chunks`` raises or the caller is cancelled.
        """
        upload = _Upload(self._tmp / uuid4().hex)
        try:
            await _in_thread(upload.begin)
            pending: list[bytes] = []
            waiting = size = 0
            async for chunk in chunks:
                size += len(chunk)
                if limit is not None and size > limit:
                    raise TooLarge(limit)
                pending.append(chunk)
                waiting += len(chunk)
                if waiting >= CHUNK:  # a thread for every small chunk would cost more than the writing
                    await _in_thread(upload.write, tuple(pending))
                    pending.clear()
                    waiting = 0
            return await _in_thread(self._finish, upload, tuple(pending), size)
        finally:
            await _in_thread(upload.discard)

    def path(self, sha256: str) -> Path | None:
        """Where the bytes lie for reading; None when they are not there or the name is no SHA-256."""
        if not _NAME.fullmatch(sha256):
            return None
        place = self._place(sha256)
        return place if place.is_file() else None

    async def read(self, sha256: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes ``start`` to ``end`` (exclusive; None is the rest) in chunks of at most 256 KiB.

        Raises NotFound("asset") when they are not there, Unavailable when the disk refuses.
        """
        stream = await _in_thread(self._open, sha256, start)
        left = None if end is None else max(end - start, 0)
        try:
            while left is None or left > 0:
                wanted = CHUNK if left is None else min(CHUNK, left)
                chunk = await _in_thread(stream.read, wanted)
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            stream.close()

    async def sweep(self, is_named: SweepCheck, *, older_than: datetime) -> int:
        """Unlink what was last stored before ``older_than`` and no row names, and uploads dead for an hour.

        Returns how many files went. Files of other names are left alone. While a backup is made none goes: the backup
        may still name what no row names any more, and the next sweep comes soon.
        """
        cutoff = older_than.timestamp()
        gone = await _in_thread(self._sweep_uploads, cutoff)
        old = await _in_thread(self._old_names, cutoff)
        for first in range(0, len(old), SWEEP_BATCH):
            batch = old[first : first + SWEEP_BATCH]
            held = await _in_thread(self._hold_alone)
            if held is None:
                log.info("sweep put off while a backup is made")
                break
            with held:
                named = await is_named(batch)
                nameless = [name for name in batch if name not in named]
                gone += await _in_thread(self._unlink, nameless, cutoff)
        return gone

    def held_for_backup(self) -> BinaryIO:
        """Keep sweeps away until what this returns is closed; waits for one that is unlinking. Raises OSError."""
        return self._hold(fcntl.LOCK_SH)

    def _hold_alone(self) -> BinaryIO | None:
        """The same for a sweep, which waits for nobody; None while a backup or another sweep has it."""
        try:
            return self._hold(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None

    def _hold(self, how: int) -> BinaryIO:
        """Take the lock between backups and sweeps; ending the process lets it go, too."""
        _make_folder(self._root)
        held = self._backup_lock.open("a+b")  # NFS shares a lock with readers, and gives it to a writer alone
        try:
            fcntl.flock(held, how)
        except BaseException:
            held.close()
            raise
        return held

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _finish(self, upload: _Upload, parts: tuple[bytes, ...], size: int) -> StoredFile:
        """Write the rest, flush it to the disk and give it its name."""
        upload.write(parts)
        sha256 = upload.flush()
        place = self._place(sha256)
        _make_folder(place.parent)
        with self._locked():
            upload.rename(place)
        flush_folder(place.parent)
        return StoredFile(sha256=sha256, size=size)

    def _open(self, sha256: str, start: int) -> BinaryIO:
        place = self.path(sha256)
        if place is None:
            raise NotFound("asset")
        stream = place.open("rb")
        stream.seek(start)
        return stream

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock that threads and processes share; ending the process lets it go."""
        with self._lock.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _sweep_uploads(self, cutoff: float) -> int:
        """Unlink what dead processes left half-written; a live upload's time moves with every write."""
        if not self._tmp.is_dir():
            return 0
        dead = min(cutoff, time.time() - DEAD_UPLOAD_SECONDS)  # the file system's own time, not the application's
        return sum(_unlink_if_older(path, dead) for path in self._tmp.iterdir())

    def _old_names(self, cutoff: float) -> list[str]:
        return [
            path.name
            for path in self._root.glob("??/??/*")
            if _NAME.fullmatch(path.name) and path == self._place(path.name) and _mtime(path) < cutoff
        ]

    def _unlink(self, names: list[str], cutoff: float) -> int:
        """Unlink each one that is still old: the same bytes may have been stored again since then."""
        gone = 0
        for name in names:
            with self._locked():
                gone += _unlink_if_older(self._place(name), cutoff)
        return gone


class _Upload:
    """A file that is being written under a temporary name; every method blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._hash = hashlib.sha256()

    def begin(self) -> None:
        """Open the file; its folder is made when it is missing."""
        _make_folder(self._path.parent)
        self._stream = self._path.open("xb")

    def write(self, parts: tuple[bytes, ...]) -> None:
        """Append the parts."""
        stream = self._opened()
        for part in parts:
            stream.write(part)
            self._hash.update(part)

    def flush(self) -> str:
        """Bring the bytes to the disk; says their SHA-256 in hex."""
        stream = self._opened()
        stream.flush()
        os.fsync(stream.fileno())
        return self._hash.hexdigest()

    def rename(self, place: Path) -> None:
        """Give the bytes their name and the present time."""
        os.utime(self._path)
        self._path.replace(place)

    def discard(self) -> None:
        """Close, and unlink what has not been renamed."""
        try:
            try:
                if self._stream is not None:
                    self._stream.close()  # it flushes, which a full disk refuses
            finally:
                self._path.unlink(missing_ok=True)
        except OSError as error:  # what went wrong first matters more; a sweep takes what is left
            log.warning("temporary file not removed cleanly", error=str(error))

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            raise ValueError("not begun")
        return self._stream


async def _in_thread(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run blocking work on the disk in a thread; OSError becomes Unavailable("storage").

    A caller that is cancelled still waits for the thread; else it would close a file that is being written.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **options))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
    except OSError as error:
        log.error("storage refused", error=str(error))  # noqa: TRY400 - the traceback says nothing more
        raise Unavailable("storage") from error


def _make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it, each with its name brought to the disk."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk, so that a new name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mtime(path: Path) -> float:
    """When the file was last stored, in Unix seconds; the far future when it is gone or no file."""
    try:
        return path.stat().st_mtime if path.is_file() else float("inf")
    except FileNotFoundError:
        return float("inf")


def _unlink_if_older(path: Path, cutoff: float) -> bool:
    if _mtime(path) >= cutoff:
        return False
    path.unlink(missing_ok=True)
    return True
