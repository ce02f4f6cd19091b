"""Lists of bookmarks as RSS 2.0, for feed readers (NC-6.1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Final

from aiohttp import hdrs, web

from models.rows import BookmarkRow
from rest_compat.feeds import MIME, NOT_IN_XML, Channel, Item, in_utc
from rest_compat.house import base_of
from rest_compat.nextcloud import answers
from rest_compat.nextcloud.codec import Encoder
from rest_compat.nextcloud.parameters import Parameters
from schema.page import Page, Window

MOST: Final = 1_000  # items of a feed, whatever the limit


def is_wanted(request: web.Request, sent: Parameters) -> bool:
    """Whether the list is to be a feed: ``format=rss``, or an ``Accept`` that names the type."""
    return sent.text("format") == "rss" or MIME in request.headers.get(hdrs.ACCEPT, "").lower()


async def send_list(
    request: web.Request,
    sent: Parameters,
    window: Window,
    *,
    find: Callable[[Window], Awaitable[Page[BookmarkRow]]],
    stream: Callable[[Window], Awaitable[AsyncGenerator[list[BookmarkRow], None]]],
    encoder: Encoder,
) -> web.StreamResponse:
    """The list as JSON of whatever length, or as a feed of at most 1,000 items when that is what is wanted."""
    if not is_wanted(request, sent):
        return await answers.send_rows(request, window, find=find, stream=stream, encode=encoder.bookmark)
    page = await find(Window(min(window.limit, MOST), window.offset))
    body = await asyncio.to_thread(_write, f"{base_of(request)}/", encoder, page.items)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: f"{MIME}; charset=utf-8"})


def _write(home: str, encoder: Encoder, rows: Sequence[BookmarkRow]) -> bytes:
    """The feed; an item is known by its bookmark's id, and a script is no link that a reader should follow."""
    newest = max((in_utc(row.created_at) for row in rows), default=None)
    return Channel(f"Bookmarks of {encoder.username}", home, newest).whole(_item(encoder, row) for row in rows)


def _item(encoder: Encoder, row: BookmarkRow) -> Item:
    told = encoder.bookmark(row)
    title, description = (NOT_IN_XML.sub("\ufffd", told[name]) for name in ("title", "description"))
    return Item(title, told["url"], description, row.created_at, str(row.id))
