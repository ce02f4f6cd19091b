"""Downloads of the whole library."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from rest_compat.downloads import send_download, write_netscape, write_table
from schema.resolvers import exports
from schema.resolvers.library_files import write_library
from server.pages.pages import Visit

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
}


async def download(visit: Visit) -> web.StreamResponse:
    """The library without its trash, as the file whose ending the address names, written while it is read."""
    ctx, ending = visit.ctx(), visit.request.match_info["ending"]
    match ending:
        case "html":
            pieces = write_netscape(await exports.outline(ctx))
        case "json":
            pieces = await exports.library(ctx)
        case "csv":
            pieces = write_table(await exports.outline(ctx, of_links=False))
        case _:  # zip; the route knows no other
            pieces = await write_library(ctx)
    name = f"polymark-{ctx.ports.clock.now():%Y-%m-%d}.{ending}"
    return await send_download(visit.request, pieces, TYPES[ending], name)
