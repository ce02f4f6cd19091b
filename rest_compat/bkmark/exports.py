"""``GET /bookmarks/export``: the whole library as a file, written while it is read (BK section 5.11)."""

from __future__ import annotations

from typing import Final, Literal

from aiohttp import web

from rest_compat.bkmark.calls import Call, Nothing, Record, handles
from rest_compat.downloads import send_download, write_netscape, write_table
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
    format, ctx = call.query.format, call.ctx
    match format:
        case "json":
            pieces = await exports.library(ctx)
        case "html":
            pieces = write_netscape(await exports.outline(ctx))
        case "csv":
            pieces = write_table(await exports.outline(ctx, of_links=False))
    name = f"bookmarks-{ctx.ports.clock.now():%Y-%m-%d}.{format}"
    return await send_download(call.request, pieces, TYPES[format], name)
