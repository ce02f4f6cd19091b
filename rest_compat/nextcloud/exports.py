"""``GET bookmark/export``: all my bookmarks in their folders, as a bookmark file (NC-10.2)."""

from __future__ import annotations

from aiohttp import web

from rest_compat.downloads import send_download, write_netscape
from rest_compat.house import context_of
from schema.resolvers import exports


async def export(request: web.Request) -> web.StreamResponse:
    """The file, written while the library is read; what has no address cannot stand in it."""
    ctx = context_of(request)
    pieces = write_netscape(await exports.outline(ctx))
    name = f"Polymark Bookmarks ({ctx.user.username}) ({ctx.ports.clock.now():%Y-%m-%d}).html"
    return await send_download(request, pieces, "text/html; charset=utf-8", name)
