"""``/api/tags/`` (LD section 13)."""

from __future__ import annotations

from aiohttp import web

from models.rows import TagRow
from rest_compat.house import context_of
from rest_compat.linkding.codec import TAG, decode_id, encode_tag, read_fields, respond
from rest_compat.linkding.pages import decode_window, send_page
from rest_compat.linkding.shapes import TagAnswer
from rest_compat.wire import read_query
from schema.resolvers import tags


async def find(request: web.Request) -> web.Response:
    """All my tags in the order of their ids (LD-TAG-1)."""
    query = read_query(request)
    window = decode_window(query)
    return await send_page(request, query, window, await tags.find(context_of(request), window), _encode)


async def get(request: web.Request) -> web.Response:
    """One of my tags (LD-TAG-2)."""
    return respond(encode_tag(await tags.get(context_of(request), decode_id(request))))


async def create(request: web.Request) -> web.Response:
    """Make a tag of exactly that name; one that exists comes back as it is, with 201 too (LD-TAG-3, LD-TAG-4)."""
    values = (await read_fields(request, TAG)).sound()
    row, _ = await tags.create(context_of(request), values["name"])
    return respond(encode_tag(row), 201)


async def delete(request: web.Request) -> web.Response:
    """Delete a tag and take it from all bookmarks (LD-TAG-6)."""
    await tags.delete(context_of(request), decode_id(request))
    return web.Response(status=204)


def _encode(row: TagRow, _base: str) -> TagAnswer:
    return encode_tag(row)
