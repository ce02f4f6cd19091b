"""``/feeds/``: lists of bookmarks as RSS 2.0, with the key in the address instead of a credential (LD section 22)."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from email.utils import format_datetime
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from models.queries.bookmarks import EVERYTHING, NEWEST, Wanted
from models.queries.tree import Flag, OwnedBy, Tree, all_of
from models.rows import BookmarkRow
from models.text import mend_text
from rest_compat.feeds import MIME, NOT_IN_XML, Channel, Item, in_utc, is_unchanged
from rest_compat.house import base_of, begin, context_of, house_of
from rest_compat.linkding.bookmarks import bundle_of, is_lax
from rest_compat.linkding.codec import decode_filter
from rest_compat.linkding.fields import read_limit
from rest_compat.wire import read_query
from schema.context import Context
from schema.page import LARGEST, Page, Window
from schema.resolvers import bookmarks

AT_ONCE: Final = 1_000  # more items than this are sent as they come from the database
SHOWN: Final = Wanted(notes=False)
PARAMETERS: Final = ("q", "unread", "shared")  # which lists have as well
CONTENT_TYPE: Final = f"{MIME}; charset=utf-8"

_CONTROLS: Final = re.compile(f"{NOT_IN_XML.pattern}|[\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of bookmarks, the newest first: a page of it, and all of it in chunks."""

    find: Callable[[Window], Awaitable[Page[BookmarkRow]]]
    stream: Callable[[Window], Awaitable[AsyncGenerator[list[BookmarkRow], None]]]


async def show_all(request: web.Request) -> web.StreamResponse:
    """The owner's bookmarks that are not archived (LD-FEED-1)."""
    query = read_query(request)
    return await _send(request, query, "All bookmarks", await _mine(request, query, Flag("archived", value=False)))


async def show_unread(request: web.Request) -> web.StreamResponse:
    """Those of them that are to be read (LD-FEED-2)."""
    query = read_query(request)
    listed = await _mine(request, query, Flag("archived", value=False), Flag("unread"))
    return await _send(request, query, "Unread bookmarks", listed)


async def show_shared(request: web.Request) -> web.StreamResponse:
    """What the users of this server share, archived or not (LD-FEED-3)."""
    query = read_query(request)
    return await _send(request, query, "Shared bookmarks", await _shared(request, query))


async def show_public(request: web.Request) -> web.StreamResponse:
    """What users share with the whole world, archived or not (LD-FEED-4)."""
    query = read_query(request)
    return await _send(request, query, "Public shared bookmarks", await _shared(request, query))


async def _mine(request: web.Request, query: Mapping[str, str], *parts: Tree) -> Listed:
    ctx = context_of(request)
    tree = all_of((*parts, await _decode_filter(ctx, query)))
    return Listed(
        find=lambda window: bookmarks.find(ctx, tree, NEWEST, window, SHOWN),
        stream=lambda window: bookmarks.stream(ctx, tree, NEWEST, window, SHOWN),
    )


async def _shared(request: web.Request, query: Mapping[str, str]) -> Listed:
    """The scope is the viewer's: nobody sees what is public. A user's name that nobody has finds nothing."""
    ctx = context_of(request)
    username = mend_text(query.get("user", ""))
    tree = all_of((await _decode_filter(ctx, query), OwnedBy(username) if username else EVERYTHING))
    return Listed(
        find=lambda window: bookmarks.shared(ctx, tree, NEWEST, window, SHOWN),
        stream=lambda window: bookmarks.stream_shared(ctx, tree, NEWEST, window, SHOWN),
    )


async def _decode_filter(ctx: Context, query: Mapping[str, str]) -> Tree:
    """What the parameters ask for, in the owner's search mode; strict where there is no key."""
    asked = {name: query[name] for name in PARAMETERS if name in query}
    return decode_filter(asked, lax=is_lax(ctx), archived=None, bundle=await bundle_of(ctx, query))


def _decode_limit(query: Mapping[str, str]) -> int:
    """How many items at the most: 100 unless another number is sent, all for an empty one."""
    text = query.get("limit")
    return LARGEST if text == "" else read_limit(text)


async def _send(request: web.Request, query: Mapping[str, str], title: str, listed: Listed) -> web.StreamResponse:
    """The feed, or 304 for who has it; over 1,000 items are streamed, and have no ETag: they are not known before.

    Raises Unavailable when too many such answers are being sent; one whose reader stops reading is broken off.
    """
    window = Window(_decode_limit(query))
    page = await listed.find(Window(min(window.limit, AT_ONCE)))
    newest = in_utc(page.items[0].created_at) if page.items else None
    channel = Channel(title, f"{base_of(request)}/", newest)
    body = None
    headers = {hdrs.CACHE_CONTROL: "private, no-cache"}
    if window.limit <= AT_ONCE or not page.has_next:
        body = await asyncio.to_thread(channel.whole, map(_item, page.items))
    etag = None if body is None else hashlib.sha256(body).hexdigest()[:32]
    response = web.StreamResponse() if body is None else web.Response(body=body)
    if is_unchanged(request, etag, newest):
        response = web.Response(status=304)
    else:
        headers[hdrs.CONTENT_TYPE] = CONTENT_TYPE
    response.headers.update(headers)
    response.etag = etag
    if newest is not None:  # not by aiohttp, which takes the second after it
        response.headers[hdrs.LAST_MODIFIED] = format_datetime(newest, usegmt=True)
    if not isinstance(response, web.Response):
        await _stream(request, response, channel, await listed.stream(window))
    return response


async def _stream(
    request: web.Request,
    response: web.StreamResponse,
    channel: Channel,
    chunks: AsyncGenerator[list[BookmarkRow], None],
) -> None:
    """Send the feed while it is read from the database."""
    streams = house_of(request).streams
    async with aclosing(chunks), streams.place():
        if not await begin(request, response):
            return
        await streams.send(response, channel.start())
        async for rows in chunks:
            await streams.send(response, await asyncio.to_thread(channel.some, map(_item, rows)))
    await streams.send(response, channel.end())


def _item(row: BookmarkRow) -> Item:
    """A bookmark's address is its guid; an image that was uploaded has none and is known by its uid."""
    address = _clean(row.url or "")
    return Item(
        title=_clean(row.title) or address,
        link=address,
        description=_clean(row.description),
        added=row.created_at,
        guid=address or str(row.uid),
        is_address=bool(address),
        categories=[_clean(name) for name in sorted(row.tag_names)],
    )


_clean: Final = partial(_CONTROLS.sub, "")
