"""Whole libraries as files: our archive (``schema/formats/archive.py``) out, and any file that can be read in."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from typing import BinaryIO

from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.formats import sniffing
from schema.formats.archive import FOLDER, LIBRARY, Archive, ArchiveWriter, is_archive
from schema.formats.sniffing import Format
from schema.operation import gated, reads
from schema.resolvers import bookmarks, exports
from schema.resolvers.import_run import Tally
from schema.resolvers.imports import Tell, take_in

Say = Callable[[str], None]


@gated("bookmarks:write")
async def take_file(
    ctx: Context,
    source: BinaryIO,
    format: Format | None = None,
    *,
    fetch: bool = False,
    tell: Tell | None = None,
    in_thread: bool = False,
) -> Tally:
    """Take a file in, of that format or of whichever it looks like; an archive with its files as well.

    A source that cannot be searched is taken for no archive. ``fetch``, ``tell`` and ``in_thread`` are as for
    ``imports.take_in``, which is told what raises too; Invalid besides, about ``file``: ``format``, or the rules of
    ``schema/formats/archive.py``.
    """
    if not await asyncio.to_thread(_is_archive, source):
        rows = sniffing.read(source, format)
        return await take_in(ctx, rows, fetch=fetch, tell=tell, in_thread=in_thread)
    if format not in {None, Format.JSON}:
        raise Invalid(Fault(("file",), "format"))
    archive = await asyncio.to_thread(Archive, source)
    return await take_in(ctx, archive.rows(), fetch=fetch, tell=tell, in_thread=in_thread, archive=archive)


@reads("bookmarks")
async def write_library(ctx: Context, say: Say | None = None) -> AsyncGenerator[bytes, None]:
    """The viewer's library with its files as an archive, piece by piece; ``say`` hears what is not in it.

    The memory stays flat, apart from the names of the files. What is in the trash is not in it.
    """
    return _write(ctx, say)


async def _write(ctx: Context, say: Say | None) -> AsyncGenerator[bytes, None]:
    writer = ArchiveWriter(ctx.ports.clock.now())
    files = exports.Files(ctx.ports)
    writer.begin(LIBRARY, packed=True)
    async for piece in await exports.library(ctx, files):
        if data := await asyncio.to_thread(writer.write, piece):
            yield data
    for name in files.names:
        if ctx.ports.files.path(name) is None:  # gone since its row was read
            files.lost += 1
            continue
        writer.begin(FOLDER + name, packed=False)
        digest = hashlib.sha256()
        try:
            async for chunk in ctx.ports.files.read(name):
                digest.update(chunk)
                yield await asyncio.to_thread(writer.write, chunk)
        except NotFound:
            files.lost += 1
            continue
        files.damaged += digest.hexdigest() != name
    yield await asyncio.to_thread(writer.close)
    if say is not None:
        for text in await _left_out(ctx, files):
            say(text)


async def _left_out(ctx: Context, files: exports.Files) -> list[str]:
    told = {
        "bookmarks in the trash": await bookmarks.count_trash(ctx),
        "files that have not come whole": files.unfinished,
        "files whose bytes are lost": files.lost,
    }
    said = [f"Left out, {what}: {number}." for what, number in told.items() if number]
    if files.damaged:
        said.append(f"Damaged on the disk, and refused by an import, files: {files.damaged}.")
    return said


def _is_archive(source: BinaryIO) -> bool:
    if not source.seekable():
        return False
    head = source.read(4)
    source.seek(0)
    return is_archive(head)
