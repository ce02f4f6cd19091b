"""The zip of a backup as it is written: one pass, so that it may go into a pipe, and flat in memory."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from server.backup.manifest import MANIFEST, Manifest, Member, encode

CHUNK = 1024 * 1024

Told = Callable[[int], None]  # is told of bytes as they go


class ArchiveWriter:
    """Writes members into a stream, seekable or not; ``members`` says which, for the manifest."""

    def __init__(self, stream: BinaryIO, made_at: datetime) -> None:
        self._zip = ZipFile(stream, "w", ZIP_STORED, allowZip64=True)
        self._moment = made_at.timetuple()[:6]
        self.members: list[Member] = []

    def add(self, name: str, source: BinaryIO, *, size: int, packed: bool = False, told: Told | None = None) -> Member:
        """Put the source's ``size`` bytes under the name."""
        info = self._info(name, packed=packed)
        info.file_size = size  # its header comes before the bytes and says whether their number needs 64 bits
        sha256, length = hashlib.sha256(), 0
        with self._zip.open(info, "w") as target:
            while chunk := source.read(CHUNK):
                sha256.update(chunk)
                length += len(chunk)
                target.write(chunk)
                if told is not None:
                    told(len(chunk))
        member = Member(name, length, sha256.hexdigest())
        self.members.append(member)
        return member

    def close(self, manifest: Manifest) -> None:
        """Write the manifest and the directory of the zip."""
        self._zip.writestr(self._info(MANIFEST, packed=False), encode(manifest))
        self._zip.close()

    def abandon(self) -> None:
        """Let go of the stream without an end: what was written is no zip."""
        self._zip.fp = None

    def _info(self, name: str, *, packed: bool) -> ZipInfo:
        info = ZipInfo(name, self._moment)
        info.external_attr = (stat.S_IFREG | 0o600) << 16
        info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
        return info
