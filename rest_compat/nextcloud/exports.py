"""``GET bookmark/export``: all my bookmarks in their folders, as a bookmark file (NC-10.2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import hdrs, web

from rest_compat.house import begin, context_of, house_of
from schema.formats.entries import Refused
from schema.formats.netscape_writer import NetscapeWriter
from schema.resolvers import exports


async def export(request: web.Request) -> web.StreamResponse:
    """The file, written while the library is read; what has no address cannot stand in it."""
    ctx = context_of(request)
    chunks = await exports.outline(ctx)
    streams = house_of(request).streams
    name = f"Polymark Bookmarks ({ctx.user.username}) ({ctx.ports.clock.now():%Y-%m-%d}).html"
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "text/html; charset=utf-8",
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',  # names are plain ASCII
            "X-Content-Type-Options": "nosniff",
            hdrs.CACHE_CONTROL: "no-store",
        }
    )
    async with streams.place(), aclosing(_write(chunks)) as texts:
        start = await anext(texts)  # trouble with the database is said before anything is sent
        if not await begin(request, response):
            return response
        await streams.send(response, start)
        async for text in texts:
            await streams.send(response, text)
    await response.write_eof()
    return response


async def _write(chunks: AsyncGenerator[list[exports.Outgoing], None]) -> AsyncGenerator[bytes, None]:
    writer = NetscapeWriter()
    text = writer.start()
    async for rows in chunks:
        text += "".join(writer.write(row for row in rows if not isinstance(row, Refused)))
        yield text.encode()
        text = ""
    yield (text + writer.end()).encode()
