"""A file that a form brings, laid on the disk while it comes: it is never whole in memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

import structlog
from aiohttp import web

from rest_compat import wire
from schema.errors import TooLarge, Unavailable, Unsupported
from server.pages.forms import MOST_FIELDS, Form

PIECE = 1024 * 1024  # bytes that are written at once

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.stdlib.get_logger("polymark.pages")


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with a file: its other fields, and what the file holds; ``size`` is in bytes, 0 for no file."""

    form: Form
    source: BinaryIO
    size: int


@asynccontextmanager
async def receive(request: web.Request, folder: Path, check: Callable[[Form], None]) -> AsyncIterator[Upload]:
    """Read the form up to and with its first file, which may be of any size and goes when the block ends.

    ``check`` sees the fields that came before the file, and raises, before anything of it is kept. Raises Unsupported
    for another media type, TooLarge for too many fields, Malformed for what cannot be read, and Unavailable when the
    disk refuses.
    """
    if wire.media_type(request) != wire.MULTIPART:
        raise Unsupported("content-type")
    fields: dict[str, list[str]] = {}
    source: BinaryIO | None = None
    size = 0
    try:
        async for name, part in wire.read_texts_and_files(request):
            if isinstance(part, str):
                fields.setdefault(name, []).append(part)
                if len(fields) > MOST_FIELDS:
                    raise TooLarge(MOST_FIELDS)
                continue
            check(Form(fields))
            source = await _on_disk(_open, folder)
            size = await _lay(part.chunks, source)
            break
        else:
            check(Form(fields))
            source = await _on_disk(_open, folder)
        yield Upload(Form(fields), source, size)
    finally:
        if source is not None:
            source.close()


async def _lay(chunks: AsyncIterator[bytes], source: BinaryIO) -> int:
    """Write what comes, and go back to the beginning; the number of bytes."""
    piece = bytearray()
    size = 0
    async for chunk in chunks:
        piece += chunk
        size += len(chunk)
        if len(piece) >= PIECE:
            await _on_disk(source.write, bytes(piece))
            piece.clear()
    await _on_disk(source.write, bytes(piece))
    await _on_disk(source.seek, 0)
    return size


def _open(folder: Path) -> BinaryIO:
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


async def _on_disk(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run what may block in a thread. Raises Unavailable when the disk refuses."""
    try:
        return await asyncio.to_thread(work, *args, **options)
    except OSError as error:
        log.error("storage refused", error=str(error))  # noqa: TRY400 - the traceback says nothing more
        raise Unavailable("storage") from error
