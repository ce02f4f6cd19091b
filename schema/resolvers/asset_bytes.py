"""The bytes of assets: snapshots lie packed (gzip, RFC 1952) on the disk, and everybody is given what was put in."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator

from models.rows import AssetRow
from schema.errors import NotFound, TooLarge
from schema.ports import Ports, StoredFile

GZIP = "gzip"
_FORMAT = zlib.MAX_WBITS | 16  # gzip's header, without a name or a time: the same bytes are the same file
CHUNK = 256 * 1024


async def store_packed(ports: Ports, chunks: AsyncIterator[bytes], *, limit: int | None = None) -> StoredFile:
    """Keep bytes packed; the answer's ``size`` is that of the bytes as they came.

    Raises TooLarge as soon as more than ``limit`` of them have come, and Unavailable when the disk refuses.
    """
    size = 0

    async def packed() -> AsyncIterator[bytes]:
        nonlocal size
        packer = zlib.compressobj(wbits=_FORMAT)
        async for chunk in chunks:
            size += len(chunk)
            if limit is not None and size > limit:
                raise TooLarge(limit)
            if piece := await asyncio.to_thread(packer.compress, chunk):
                yield piece
        yield await asyncio.to_thread(packer.flush)

    stored = await ports.files.store(packed())
    return StoredFile(stored.sha256, size, GZIP)


def read_asset(ports: Ports, asset: AssetRow) -> AsyncIterator[bytes]:
    """The bytes as they were put in, in chunks of at most 256 KiB. Raises NotFound("file") when there are none."""
    if asset.sha256 is None or ports.files.path(asset.sha256) is None:
        raise NotFound("file")
    stored = ports.files.read(asset.sha256)
    return unpack(stored) if asset.encoding == GZIP else stored


async def read_start(ports: Ports, stored: StoredFile, size: int) -> bytes:
    """At most the first ``size`` bytes as they were put in: what that many of the file's give."""
    start = b"".join([chunk async for chunk in ports.files.read(stored.sha256, end=size)])
    if stored.encoding != GZIP:
        return start
    return await asyncio.to_thread(zlib.decompressobj(_FORMAT).decompress, start, size)


async def unpack(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What was packed, in chunks of at most 256 KiB however well it packs. Raises zlib.error for what is no gzip."""
    unpacker = zlib.decompressobj(wbits=_FORMAT)
    async for chunk in chunks:
        rest, is_full = chunk, True
        while rest or is_full:  # a full piece may have left more behind than the rest tells
            piece = await asyncio.to_thread(unpacker.decompress, rest, CHUNK)
            rest, is_full = unpacker.unconsumed_tail, len(piece) == CHUNK
            if piece:
                yield piece
    if not unpacker.eof:
        raise zlib.error("the packed bytes end too early")
