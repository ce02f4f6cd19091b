"""What a batch of an import needs before it may be written: its files on the disk, its page texts without what runs.

Everything slow of an import is here, outside of any transaction. Nothing that a file says of itself is believed: bytes
prove their SHA-256, and packed ones are unpacked to see that they are packed, and how large they are. Bytes that an
earlier run has brought, and that the owner therefore has, are not read again.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from models import Asset
from models.asset import COMPLETE, UPLOAD
from schema.context import Context
from schema.errors import TooLarge
from schema.formats.archive import Archive, Damaged
from schema.formats.entries import Entry, FileEntry, PageEntry, Remark, Row
from schema.ports import StoredFile
from schema.resolvers.asset_bytes import CHUNK, GZIP
from schema.resolvers.assets import NAME_LENGTH
from schema.resolvers.import_run import Run, Trouble

_FORMAT: Final = zlib.MAX_WBITS | 16


class _Unfit(Exception):  # noqa: N818 - never leaves this module
    """A file cannot be kept; its text is why, in the words of a Remark."""


class Shelf:
    """Where the files of an import are laid out; without an archive there are none, and it says so at the end."""

    def __init__(self, ctx: Context, archive: Archive | None = None) -> None:
        self._ctx = ctx
        self._archive = archive
        self._without_bytes = 0
        self._not_allowed = 0

    async def fill(self, run: Run, rows: Sequence[Row]) -> tuple[list[Row], list[Trouble]]:
        """Bring what the rows need; gives the rows with what can be kept, and what is to be told of the rest.

        ``run.shelf`` has the stored files afterwards. Raises Unavailable when the disk refuses.
        """
        run.shelf = {}
        told: list[Trouble] = []
        await self._find_owned(run, rows)
        ready: list[Row] = []
        for row in rows:
            kept = row
            if isinstance(row, Entry) and row.page is not None:
                kept = replace(row, page=await self._clean(row.page))
            if isinstance(kept, Entry) and kept.files:
                kept = await self._bring(run, kept, told)
            ready.append(kept)
        return ready, told

    def rest(self) -> list[Trouble]:
        """What is to be told at the end."""
        told: list[Trouble] = []
        if self._without_bytes:
            reason = f"The bytes of {self._without_bytes} files are not in this form of a library; they were left out."
            told.append(Remark(0, reason))
        if self._not_allowed:
            reason = f"Files are not taken in on this server; {self._not_allowed} of them were left out."
            told.append(Remark(0, reason))
        return told

    async def _clean(self, page: PageEntry) -> PageEntry:
        html = await asyncio.to_thread(self._ctx.ports.sanitize, page.html) if page.html else ""
        return replace(page, html=html or "", is_clean=True)

    async def _find_owned(self, run: Run, rows: Sequence[Row]) -> None:
        """Those files that the owner has in the library already: one statement."""
        names = {file.sha256 for row in rows if isinstance(row, Entry) for file in row.files}
        if not names or self._archive is None:
            return
        kept = Asset.filter(bookmark__owner_id=self._ctx.owner_id, status=COMPLETE, sha256__in=sorted(names))
        for sha256, size, encoding in await kept.values_list("sha256", "size", "encoding"):
            if self._ctx.ports.files.path(str(sha256)) is not None:
                run.shelf[str(sha256), str(encoding)] = StoredFile(str(sha256), int(size or 0), str(encoding))

    async def _bring(self, run: Run, row: Entry, told: list[Trouble]) -> Entry:
        """The row with the files that are on the shelf now."""
        if self._archive is None:
            self._without_bytes += len(row.files)
            return replace(row, files=())
        if not self._ctx.ports.limits.asset_upload:
            self._not_allowed += len(row.files)
            return replace(row, files=())
        found: list[FileEntry] = []
        for file in row.files:
            key = file.sha256, file.encoding
            try:
                name = _name_of(file)
                if key not in run.shelf:
                    run.shelf[key] = await self._store(self._archive, file)
            except _Unfit as problem:
                told.append(Remark(row.position, f"{problem} It was left out.", row.url))
            else:
                found.append(replace(file, display_name=name, content_type=_type_of(file)))
        return replace(row, files=tuple(found))

    async def _store(self, archive: Archive, file: FileEntry) -> StoredFile:
        """Bring the bytes to the disk. Raises _Unfit, and Unavailable when the disk refuses."""
        if not archive.has(file.sha256):
            raise _Unfit("The bytes of a file are not in the archive.")
        limit = self._ctx.ports.limits.max_asset_size
        counted = _Counted(limit)
        chunks = _in_thread(archive.file(file.sha256))
        try:
            stored = await self._ctx.ports.files.store(
                counted.unpacked(chunks) if file.encoding == GZIP else chunks, limit=limit
            )
        except TooLarge:
            raise _Unfit(f"A file is larger than the limit of {limit} bytes.") from None
        except (Damaged, zlib.error):
            raise _Unfit("A file is damaged.") from None
        if stored.sha256 != file.sha256:  # a sweep takes the bytes away again
            raise _Unfit("A file has other bytes than its name says.")
        return StoredFile(stored.sha256, counted.size if file.encoding == GZIP else stored.size, file.encoding)


class _Counted:
    """Looks at packed bytes as they pass: how many they are when unpacked."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self.size = 0

    async def unpacked(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same chunks. Raises zlib.error for what is no gzip, or more than one, and TooLarge beyond the limit."""
        unpacker = zlib.decompressobj(wbits=_FORMAT)
        async for chunk in chunks:
            await asyncio.to_thread(self._look, unpacker, chunk)
            yield chunk
        if not unpacker.eof:
            raise zlib.error("the packed bytes end too early")

    def _look(self, unpacker: zlib._Decompress, chunk: bytes) -> None:
        rest, is_full = chunk, True
        while rest or is_full:
            piece = unpacker.decompress(rest, CHUNK)
            rest, is_full = unpacker.unconsumed_tail, len(piece) == CHUNK
            self.size += len(piece)
            if self._limit is not None and self.size > self._limit:
                raise TooLarge(self._limit)
            if unpacker.unused_data or (unpacker.eof and rest):
                raise zlib.error("something follows the packed bytes")


async def _in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk


def _name_of(file: FileEntry) -> str:
    """What the file is called; an upload's folders are no part of that. Raises _Unfit."""
    name = file.display_name.strip()
    if file.kind == UPLOAD:
        name = PurePosixPath(name.replace("\\", "/")).name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise _Unfit(f"A file has no name of 1 to {NAME_LENGTH} characters.")
    return name


def _type_of(file: FileEntry) -> str:
    """Its media type; what would break headers is none."""
    content_type = file.content_type.partition(";")[0].strip().lower()
    return content_type if content_type.isprintable() else ""
