"""``GET /bookmarks/export``: the whole library as a file, written while it is read (BK section 5.11)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final, Literal

from aiohttp import hdrs, web

from rest_compat.bkmark.calls import Call, Nothing, Record, handles
from rest_compat.house import begin, house_of
from schema.formats import raindrop
from schema.formats.entries import Entry, Refused
from schema.formats.netscape_writer import NetscapeWriter
from schema.resolvers import exports

TYPES: Final = {
    "json": "application/json; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


class Wish(Record):
    """How the file is to be written: everything as JSON, links for browsers as HTML, or a table for spreadsheets."""

    format: Literal["json", "html", "csv"] = "json"


@handles(scopes=("bookmarks:read",), query=Wish, media=("application/json", "text/html", "text/csv"))
async def export(call: Call[Wish, Nothing]) -> web.StreamResponse:
    """Download the whole library, without the trash."""
    format, ctx, streams = call.query.format, call.ctx, house_of(call.request).streams
    match format:
        case "json":
            pieces = _whole(await exports.library(ctx))
        case "html":
            pieces = _links(await exports.outline(ctx))
        case "csv":
            pieces = _table(await exports.outline(ctx, of_links=False))
    name = f"bookmarks-{ctx.ports.clock.now():%Y-%m-%d}.{format}"
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: TYPES[format],
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        }
    )
    async with streams.place(), aclosing(pieces):
        start = await anext(pieces)  # trouble with the database is said before anything is sent
        if not await begin(call.request, response):
            return response
        await streams.send(response, start)
        async for piece in pieces:
            await streams.send(response, piece)
    await response.write_eof()
    return response


async def _whole(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        yield piece


async def _links(chunks: AsyncIterator[list[exports.Outgoing]]) -> AsyncGenerator[bytes, None]:
    """A bookmark file; what has no address cannot stand in it."""
    writer = NetscapeWriter()
    text = writer.start()
    async for rows in chunks:
        text += "".join(writer.write(row for row in rows if not isinstance(row, Refused)))
        yield text.encode()
        text = ""
    yield (text + writer.end()).encode()


async def _table(chunks: AsyncIterator[list[exports.Outgoing]]) -> AsyncGenerator[bytes, None]:
    """A table with a row for each bookmark in each of its groups."""
    text = "".join(raindrop.write(()))
    async for rows in chunks:
        yield (text + "".join(raindrop.rows_of(row for row in rows if isinstance(row, Entry)))).encode()
        text = ""
    yield text.encode()
