"""A library with its files as one zip: ``library.json`` (``library.py``), and each file's bytes as ``assets/<sha256>``.

Written as a stream, in which zip puts the list of what is there at the end; read from a source that can be searched.
Nothing in an archive is believed: names are compared and never used as paths, what is unpacked is counted, and whose
bytes are whose the caller proves by their SHA-256. Raises Invalid with the rules ``zip_damaged``, ``zip_encrypted``,
``zip_twice`` and ``zip_no_library``, each about ``file``.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO, BinaryIO, Final

from schema.errors import Fault, Invalid
from schema.formats.entries import Remark, Row
from schema.formats.library import read as read_library

LIBRARY: Final = "library.json"
FOLDER: Final = "assets/"
MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")  # one with something in it, and an empty one
CHUNK: Final = 256 * 1024
MAX_LIST: Final = 32 * 1024 * 1024
"""Bytes of an archive's list of what is there: some 200,000 files."""

MAX_RATIO: Final = 200
"""How many times as long as it lies in the archive a library may be; text packs to a tenth, mostly."""

SMALL: Final = 64 * 1024 * 1024
"""What a library may be in any case."""

_FILE: Final = re.compile(r"assets/[0-9a-f]{64}")
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class Damaged(Exception):  # noqa: N818 - a fact about what was sent, as the Problems are
    """A part of the archive cannot be read."""


class ArchiveWriter:
    """Makes an archive piece by piece: ``begin`` a part, ``write`` it, and ``take`` what there is to send."""

    def __init__(self, moment: datetime) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w")  # type: ignore[call-overload]  # it looks whether it can tell()
        self._moment = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        self._part: IO[bytes] | None = None

    def begin(self, name: str, *, packed: bool) -> None:
        """End the part before, and begin another."""
        self._end()
        info = zipfile.ZipInfo(name, self._moment)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        self._part = self._zip.open(info, "w", force_zip64=True)  # how long it will be is not known

    def write(self, data: bytes) -> bytes:
        """Go on with the part; what there is to send."""
        if self._part is None:
            raise ValueError("no part was begun")
        self._part.write(data)
        return self._sink.take()

    def close(self) -> bytes:
        """End it all with the list of what is there; the last that there is to send."""
        self._end()
        self._zip.close()
        return self._sink.take()

    def _end(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None


class _Sink:
    """Where a zip is written to that is sent at once; it cannot be searched, which the zip is made for."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        """Keep until it is taken."""
        self._data += data
        return len(data)

    def flush(self) -> None:
        """There is nowhere to flush to."""

    def take(self) -> bytes:
        """What was written since."""
        data = bytes(self._data)
        self._data.clear()
        return data


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so is one."""
    return head.startswith(MAGIC)


class Archive:
    """An archive that is read. Raises Invalid when it is none, or holds no library."""

    def __init__(self, source: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(_Bounded(source))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, OSError):
            raise _invalid("zip_damaged") from None
        parts = self._zip.infolist()
        self._parts = {info.filename: info for info in parts}
        if len(self._parts) != len(parts):
            raise _invalid("zip_twice")
        if any(info.flag_bits & _ENCRYPTED for info in parts):
            raise _invalid("zip_encrypted")
        if LIBRARY not in self._parts:
            raise _invalid("zip_no_library")

    def rows(self) -> Iterator[Row]:
        """What the library says, as its reader does; what else the archive has that is neither is a Remark.

        Raises Invalid as that reader, before anything is yielded.
        """
        info = self._parts[LIBRARY]
        most = max(SMALL, MAX_RATIO * info.compress_size)
        yield from read_library(_Part(self._chunks(LIBRARY, most)))  # type: ignore[arg-type]  # it calls read() only
        others = [name for name in self._parts if name != LIBRARY and not _FILE.fullmatch(name) and name != FOLDER]
        if others:
            yield Remark(0, f"The archive has parts that no library has, which were passed over: {len(others)}.")

    def has(self, sha256: str) -> bool:
        """Whether there is a file of that name."""
        return FOLDER + sha256 in self._parts

    def file(self, sha256: str) -> Iterator[bytes]:
        """The bytes under that name, in chunks of at most 256 KiB. Raises Damaged."""
        try:
            yield from self._chunks(FOLDER + sha256, None)
        except ValueError as error:
            raise Damaged(str(error)) from None

    def _chunks(self, name: str, most: int | None) -> Iterator[bytes]:
        """A part's bytes. Raises ValueError for what cannot be unpacked, and for more than ``most`` of them."""
        info = self._parts[name]
        if info.compress_type not in _METHODS:
            raise ValueError("it is packed in a way that is not read")
        read = 0
        try:
            with self._zip.open(info) as part:
                while chunk := part.read(CHUNK):
                    read += len(chunk)
                    if most is not None and read > most:
                        raise ValueError("it unpacks to more than a library can be")
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise ValueError(str(error) or "it breaks off") from None


class _Bounded:
    """A source of which nobody reads more at once than the list of a large archive."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.seek = source.seek
        self.tell = source.tell

    def seekable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read on. Raises BadZipFile for too much."""
        if size > MAX_LIST:
            raise zipfile.BadZipFile("the list is too long")
        return self._source.read(size if size >= 0 else CHUNK)  # what is read to the end is the end itself

    def close(self) -> None:
        """It is somebody else's."""


class _Part:
    """A part of an archive, for those who call ``read``."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        size = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def _invalid(rule: str) -> Invalid:
    return Invalid(Fault(("file",), rule))
