"""``/api/bundles/``: saved searches (LD section 14)."""

from __future__ import annotations

from aiohttp import web

from models.rows import BundleRow
from rest_compat.house import context_of
from rest_compat.linkding.codec import (
    BUNDLE,
    decode_bundle_draft,
    decode_bundle_patch,
    decode_id,
    encode_bundle,
    read_fields,
    respond,
)
from rest_compat.linkding.pages import decode_window, send_page
from rest_compat.linkding.shapes import BundleAnswer
from rest_compat.refusals import Refusal
from rest_compat.wire import read_query
from schema.errors import Problem
from schema.resolvers import bundles


async def find(request: web.Request) -> web.Response:
    """My bundles in their order (LD-BUN-1)."""
    query = read_query(request)
    window = decode_window(query)
    return await send_page(request, query, window, await bundles.find(context_of(request), window), _encode)


async def get(request: web.Request) -> web.Response:
    """One of my bundles (LD-BUN-5)."""
    return respond(encode_bundle(await bundles.get(context_of(request), decode_id(request))))


async def create(request: web.Request) -> web.Response:
    """Make a bundle, the last unless it says where (LD-BUN-2)."""
    values = (await read_fields(request, BUNDLE)).sound()
    return respond(encode_bundle(await bundles.create(context_of(request), decode_bundle_draft(values))), 201)


async def replace(request: web.Request) -> web.Response:
    """Change a bundle; only the name is required, and what is left out stays (LD-BUN-3)."""
    return await _update(request, partial=False)


async def patch(request: web.Request) -> web.Response:
    """Change a bundle; nothing is required (LD-BUN-3)."""
    return await _update(request, partial=True)


async def delete(request: web.Request) -> web.Response:
    """Delete a bundle and number the others anew (LD-BUN-4)."""
    await bundles.delete(context_of(request), decode_id(request))
    return web.Response(status=204)


async def _update(request: web.Request, *, partial: bool) -> web.Response:
    """A bundle that is not there is said before anything about the body (LD-AUTH-10)."""
    ctx, id = context_of(request), decode_id(request)
    try:
        values = (await read_fields(request, BUNDLE, partial=partial)).sound()
    except (Problem, Refusal):
        await bundles.check_known(ctx, id)
        raise
    return respond(encode_bundle(await bundles.update(ctx, id, decode_bundle_patch(values))))


def _encode(row: BundleRow, _base: str) -> BundleAnswer:
    return encode_bundle(row)
