"""A backup as it is read: nothing in it is believed before it has been counted and hashed."""

from __future__ import annotations

import hashlib
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from server.backup.manifest import FILE_OF, MANIFEST, Manifest, Member, decode, shown
from server.backup.trouble import BackupError, Damaged, reason_of
from server.backup.writing import Told

CHUNK = 1024 * 1024
LARGEST_MANIFEST = 2**30  # bytes; it is read whole, and a file's line has 200
# What zipfile raises for bytes that make no sense, and a disk that does not read.
NONSENSE = (
    BadZipFile, EOFError, zlib.error, struct.error, UnicodeError, NotImplementedError, RuntimeError, ValueError,
    OverflowError, KeyError, IndexError, OSError,
)  # fmt: skip


class Archive:
    """A backup that is open for reading, with its manifest; made by ``opened``."""

    def __init__(self, container: ZipFile, infos: dict[str, ZipInfo], manifest: Manifest) -> None:
        self._zip = container
        self._infos = infos
        self.manifest = manifest

    @property
    def database(self) -> Member:
        """The member that is the database."""
        return next(one for one in self.manifest.members if one.name == FILE_OF[self.manifest.database])

    @property
    def size(self) -> int:
        """The bytes of all members, unpacked."""
        return sum(member.size for member in self.manifest.members)

    def read(self, member: Member, told: Told | None = None) -> Iterator[bytes]:
        """Yield the member's bytes; after the last it is certain that they are what they were.

        Raises Damaged when they are not, before more of them have been given than there were.
        """
        sha256, left = hashlib.sha256(), member.size
        with _sense(f"{shown(member.name)} cannot be read"), self._zip.open(self._infos[member.name]) as source:
            while chunk := source.read(min(CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    break
                sha256.update(chunk)
                if told is not None:
                    told(len(chunk))
                yield chunk
        if left != 0 or sha256.hexdigest() != member.sha256:
            raise Damaged(f"{shown(member.name)} is not what it was")

    def copy(self, member: Member, target: BinaryIO, told: Told | None = None) -> None:
        """Write the member's bytes into the target. Raises Damaged, and OSError of the target."""
        target.writelines(self.read(member, told))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a backup: its manifest is read, and the zip has exactly its members. Raises BackupError."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path}: cannot be read ({reason_of(error)}).") from None
    with stream, _named(path):
        size = path.stat().st_size
        with _sense("it is no backup, or not all of one"):
            container = ZipFile(stream)
        with container:
            infos = _infos(container)
            manifest = decode(_manifest(container, infos, size))
            _compare(manifest, infos, size)
            yield Archive(container, infos, manifest)


def _infos(container: ZipFile) -> dict[str, ZipInfo]:
    """The zip's members by name. Raises Damaged when one is there twice."""
    infos: dict[str, ZipInfo] = {}
    for info in container.infolist():
        if info.orig_filename in infos:
            raise Damaged(f"it has {shown(info.orig_filename)} twice")
        infos[info.orig_filename] = info
    return infos


def _manifest(container: ZipFile, infos: dict[str, ZipInfo], size: int) -> bytes:
    """The manifest's bytes, which are as many as they take room in the file. Raises Damaged."""
    info = infos.get(MANIFEST)
    if info is None:
        raise Damaged(f"it has no {MANIFEST}, so it is no backup of Polymark")
    if info.compress_type != ZIP_STORED or info.file_size > min(size, LARGEST_MANIFEST):
        raise Damaged(f"its {MANIFEST} cannot be read")
    with _sense(f"its {MANIFEST} cannot be read"), container.open(info) as source:
        return source.read()


def _compare(manifest: Manifest, infos: dict[str, ZipInfo], size: int) -> None:
    """Hold the zip's directory against the manifest. Raises Damaged."""
    wanted = {member.name: member for member in manifest.members}
    if strange := sorted(infos.keys() - wanted.keys() - {MANIFEST}):
        raise Damaged(f"it has a member that its {MANIFEST} does not name: {shown(strange[0])}")
    if lost := sorted(wanted.keys() - infos.keys()):
        raise Damaged(f"it lacks {shown(lost[0])}")
    for name, member in wanted.items():
        info = infos[name]
        kind = stat.S_IFMT(info.external_attr >> 16)
        may_be_packed = name == FILE_OF[manifest.database]
        if info.file_size != member.size:
            raise Damaged(f"{shown(name)} is not of the size that its {MANIFEST} says")
        if kind not in {0, stat.S_IFREG} or info.is_dir():
            raise Damaged(f"{shown(name)} is no file")
        if info.compress_type != ZIP_STORED and not (may_be_packed and info.compress_type == ZIP_DEFLATED):
            raise Damaged(f"{shown(name)} is packed as no backup is")
    if sum(info.compress_size for info in infos.values()) > size:
        raise Damaged("its members overlap")


@contextmanager
def _sense(otherwise: str) -> Iterator[None]:
    """Word what zipfile raises for damaged bytes. Raises Damaged."""
    try:
        yield
    except NONSENSE as error:
        raise Damaged(f"{otherwise} ({str(error) or type(error).__name__})") from error


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Begin the line of whatever is damaged with the file's name."""
    try:
        yield
    except Damaged as error:
        raise Damaged(f"{path}: {error}.") from error
