"""``/api/bookmarks/``: lists, check, and what can be done to one bookmark (LD sections 6 to 11)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import hdrs, web

from models.queries.bookmarks import EVERYTHING
from models.queries.tree import And, OwnedBy, Tree
from models.rows import BookmarkRow
from models.text import mend_text
from rest_compat.house import base_of, context_of
from rest_compat.linkding.codec import (
    BOOKMARK,
    BOOKMARK_OF_ANY_URL,
    decode_bundle_id,
    decode_draft,
    decode_filter,
    decode_id,
    decode_patch,
    decode_sort,
    encode_bookmark,
    encode_checked,
    read_fields,
    respond,
)
from rest_compat.linkding.fields import Reading, Resource
from rest_compat.linkding.pages import decode_window, send_rows
from rest_compat.refusals import Refusal
from rest_compat.wire import read_query
from schema.context import Context
from schema.errors import NotFound, Problem
from schema.inputs import ConflictPolicy
from schema.preferences import Preferences
from schema.resolvers import accounts, bookmarks, bundles, saving, states, trash


async def find(request: web.Request) -> web.StreamResponse:
    """My bookmarks that are not archived (LD-LIST-1)."""
    return await _send_mine(request, archived=False)


async def find_archived(request: web.Request) -> web.StreamResponse:
    """My archived bookmarks (LD-LIST-2)."""
    return await _send_mine(request, archived=True)


async def find_shared(request: web.Request) -> web.StreamResponse:
    """What everybody shares, archived or not; without a credential what is shared with the world (LD-LIST-3)."""
    ctx, query = context_of(request), read_query(request)
    bundle = await bundle_of(ctx, query)
    tree = decode_filter(query, lax=is_lax(ctx), archived=None, bundle=bundle)  # the mode is the viewer's (LD-Q-6)
    if username := query.get("user"):
        tree = await _of_owner(tree, mend_text(username))
    sort = decode_sort(query)
    return await send_rows(
        request,
        query,
        decode_window(query),
        find=lambda window: bookmarks.shared(ctx, tree, sort, window),
        stream=lambda window: bookmarks.stream_shared(ctx, tree, sort, window),
        encode=encode_bookmark,
    )


async def check(request: web.Request) -> web.Response:
    """Whether an address is bookmarked, what its page says, and which tags the rules would add (LD-CHK)."""
    query = read_query(request)
    url = query.get("url")
    checked = await bookmarks.check(context_of(request), url, fresh=query.get("ignore_cache") == "true")
    return respond(encode_checked(checked, url, base_of(request)))


async def get(request: web.Request) -> web.Response:
    """One of my bookmarks, archived or not (LD-GET-1)."""
    return _send(request, await bookmarks.get(context_of(request), decode_id(request)))


async def create(request: web.Request) -> web.Response:
    """Save a bookmark; one that has the address already is overwritten in silence (LD-NEW, LD-DUP).

    Any value of ``disable_html_snapshot`` keeps a new one from having a snapshot taken by itself (LD-NEW-7).
    """
    ctx = context_of(request)
    values = (await read_fields(request, _resource(ctx), fill_booleans=True)).sound()
    query = read_query(request)
    fetch, snapshot = "disable_scraping" not in query, "disable_html_snapshot" not in query
    saved = await saving.save(ctx, decode_draft(values), ConflictPolicy.REPLACE, fetch=fetch, snapshot=snapshot)
    response = _send(request, saved.bookmark, status=201)
    url = saved.bookmark.url or ""
    if url.isascii() and url.isprintable():
        response.headers[hdrs.LOCATION] = url  # the bookmarked address, as linkding has it (LD-NEW-2)
    return response


async def replace(request: web.Request) -> web.Response:
    """Change a bookmark; only the address is required, and what is left out stays (LD-UPD-2, LD-UPD-3)."""
    return await _update(request, partial=False)


async def patch(request: web.Request) -> web.Response:
    """Change a bookmark; nothing is required (LD-UPD-2)."""
    return await _update(request, partial=True)


async def archive(request: web.Request) -> web.Response:
    """Put a bookmark into the archive, and count it as changed, each time (LD-ARC)."""
    states.only(await states.archive(context_of(request), [decode_id(request)]))
    return web.Response(status=204)


async def unarchive(request: web.Request) -> web.Response:
    """Take a bookmark out of the archive, as ``archive`` otherwise."""
    states.only(await states.unarchive(context_of(request), [decode_id(request)]))
    return web.Response(status=204)


async def delete(request: web.Request) -> web.Response:
    """Put a bookmark into the trash, which linkding does not have: to its clients it is gone (LD-DEL-1)."""
    if not await trash.delete(context_of(request), [decode_id(request)]):
        raise NotFound("bookmark")
    return web.Response(status=204)


async def bundle_of(ctx: Context, query: Mapping[str, str]) -> Tree:
    """What the bundle that a list's parameters name is true of; one that is unknown or foreign is true of all."""
    id = decode_bundle_id(query)
    if id is None or ctx.viewer.user is None:  # LD-LIST-7 is dropped
        return EVERYTHING
    return await bundles.filter_of(ctx, id) or EVERYTHING


async def _send_mine(request: web.Request, *, archived: bool) -> web.StreamResponse:
    ctx, query = context_of(request), read_query(request)
    tree = decode_filter(query, lax=is_lax(ctx), archived=archived, bundle=await bundle_of(ctx, query))
    sort = decode_sort(query)
    return await send_rows(
        request,
        query,
        decode_window(query),
        find=lambda window: bookmarks.find(ctx, tree, sort, window),
        stream=lambda window: bookmarks.stream(ctx, tree, sort, window),
        encode=encode_bookmark,
    )


async def _of_owner(tree: Tree, username: str) -> Tree:
    """Only that owner's; a name that nobody has filters nothing (LD section 6)."""
    try:
        await accounts.by_name(username)
    except NotFound:
        return tree
    return And((tree, OwnedBy(username)))


async def _update(request: web.Request, *, partial: bool) -> web.Response:
    ctx, id = context_of(request), decode_id(request)
    values = (await _read_update(request, ctx, id, partial=partial)).values
    return _send(request, await saving.update(ctx, id, decode_patch(values)))


async def _read_update(request: web.Request, ctx: Context, id: int, *, partial: bool) -> Reading:
    """The fields that were sent. A bookmark that is not there is said before anything about the body (LD-UPD-11)."""
    try:
        reading = await read_fields(request, _resource(ctx), partial=partial)
        reading.sound()
    except (Problem, Refusal):
        await saving.check_known(ctx, id)
        raise
    return reading


def _send(request: web.Request, row: BookmarkRow, *, status: int = 200) -> web.Response:
    return respond(encode_bookmark(row, base_of(request)), status)


def _resource(ctx: Context) -> Resource:
    return BOOKMARK if ctx.ports.limits.validate_urls else BOOKMARK_OF_ANY_URL


def is_lax(ctx: Context) -> bool:
    """Whether words also match whole tag names (LD-Q-4): the viewer's wish, and nobody has none."""
    return ctx.viewer.user is not None and Preferences.load(ctx.viewer.user.preferences).tag_search == "lax"
