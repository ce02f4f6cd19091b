"""A library as a file, sent while it is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import hdrs, web

from rest_compat.house import begin, house_of
from schema.formats import raindrop
from schema.formats.entries import Entry, Refused
from schema.formats.netscape_writer import NetscapeWriter
from schema.resolvers.exports import Outgoing


async def send_download(
    request: web.Request, pieces: AsyncGenerator[bytes, None], content_type: str, name: str
) -> web.StreamResponse:
    """Send the pieces, of which there is at least one, as a file of that name (plain ASCII).

    Raises Unavailable when too many such answers are being sent; one whose reader stops reading is broken off.
    """
    streams = house_of(request).streams
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: content_type,
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            hdrs.CACHE_CONTROL: "no-store",
        }
    )
    async with streams.place(), aclosing(pieces):
        start = await anext(pieces)  # trouble with the database is said before anything is sent
        if not await begin(request, response):
            return response
        await streams.send(response, start)
        async for piece in pieces:
            await streams.send(response, piece)
    await response.write_eof()
    return response


async def write_netscape(chunks: AsyncGenerator[list[Outgoing], None]) -> AsyncGenerator[bytes, None]:
    """A browser's bookmark file; what has no address cannot stand in it."""
    writer = NetscapeWriter()
    text = writer.start()
    async for rows in chunks:
        text += "".join(writer.write(row for row in rows if not isinstance(row, Refused)))
        yield text.encode()
        text = ""
    yield (text + writer.end()).encode()


async def write_table(chunks: AsyncGenerator[list[Outgoing], None]) -> AsyncGenerator[bytes, None]:
    """A table with a row for each bookmark in each of its folders."""
    text = "".join(raindrop.write(()))
    async for rows in chunks:
        yield (text + "".join(raindrop.rows_of(row for row in rows if isinstance(row, Entry)))).encode()
        text = ""
    yield text.encode()
