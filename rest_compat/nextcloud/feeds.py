"""Lists of bookmarks as RSS 2.0, for feed readers (NC-6.1)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Final

from aiohttp import hdrs, web
from feedgenerator import Rss201rev2Feed

from models.rows import BookmarkRow
from rest_compat.house import base_of
from rest_compat.nextcloud import answers
from rest_compat.nextcloud.codec import Encoder
from rest_compat.nextcloud.parameters import Parameters
from schema.page import Page, Window

MIME: Final = "application/rss+xml"
MOST: Final = 1_000  # items of a feed, whatever the limit

_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, section 2.2


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
    text = await asyncio.to_thread(_write, f"{base_of(request)}/", encoder, page.items)
    return web.Response(body=text.encode(), headers={hdrs.CONTENT_TYPE: f"{MIME}; charset=utf-8"})


def _write(home: str, encoder: Encoder, rows: Sequence[BookmarkRow]) -> str:
    """The feed; an item is known by its bookmark's id, and a script is no link that a reader should follow."""
    title = f"Bookmarks of {encoder.username}"
    feed: Any = Rss201rev2Feed(title=title, link=home, description=title)
    for row in rows:
        told = encoder.bookmark(row)
        feed.add_item(
            title=_NOT_IN_XML.sub("\ufffd", told["title"]),
            link=told["url"],
            description=_NOT_IN_XML.sub("\ufffd", told["description"]),
            pubdate=row.created_at,
            unique_id=str(row.id),
            unique_id_is_permalink=False,
        )
    text: str = feed.writeString("utf-8")
    return text
