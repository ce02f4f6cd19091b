"""Lists: the page, its links, and lists too long for the memory (LD section 4)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from rest_compat.house import address_of, base_of, begin, house_of
from rest_compat.linkding.codec import dump, respond
from rest_compat.linkding.fields import read_limit, read_offset
from rest_compat.linkding.shapes import ListAnswer
from rest_compat.wire import JSON
from schema.page import Page, Window

T = TypeVar("T")
Encode = Callable[[T, str], Mapping[str, Any]]

AT_ONCE = 1_000  # more rows than this are sent as they come from the database


def decode_window(query: Mapping[str, str]) -> Window:
    """The part of the list that is asked for; there is no cap (LD-PAGE-2, LD-PAGE-3)."""
    return Window(read_limit(query.get("limit")), read_offset(query.get("offset")))


async def send_page(
    request: web.Request, query: Mapping[str, str], window: Window, page: Page[T], encode: Encode[T]
) -> web.Response:
    """The page as one answer (LD-PAGE-1)."""
    base = base_of(request)
    count = await _count(page, window)
    next, previous = links(base + _path(request), query, window, count)
    results = [encode(row, base) for row in page.items]
    answer: ListAnswer[Mapping[str, Any]] = {"count": count, "next": next, "previous": previous, "results": results}
    return respond(answer)


async def send_rows(
    request: web.Request,
    query: Mapping[str, str],
    window: Window,
    *,
    find: Callable[[Window], Awaitable[Page[T]]],
    stream: Callable[[Window], Awaitable[AsyncGenerator[list[T], None]]],
    encode: Encode[T],
) -> web.StreamResponse:
    """A page of whatever length: over 1,000 rows are streamed, so that the memory stays flat.

    Raises Unavailable when too many such answers are being sent; one whose reader stops reading is broken off.
    """
    page = await find(Window(min(window.limit, AT_ONCE), window.offset))
    if window.limit <= AT_ONCE or not page.has_next:
        return await send_page(request, query, window, page, encode)
    base = base_of(request)
    count = await page.count()
    next, previous = links(base + _path(request), query, window, count)
    head = dump({"count": count, "next": next, "previous": previous, "results": []}).removesuffix(b"]}")
    streams = house_of(request).streams
    response = web.StreamResponse()
    response.content_type = JSON
    async with streams.place():
        if not await begin(request, response):
            return response
        async with aclosing(await stream(window)) as chunks:
            separator = b""
            async for rows in chunks:
                encoded = [encode(row, base) for row in rows]
                await streams.send(response, head + separator + dump(encoded)[1:-1])
                head, separator = b"", b","
    await streams.send(response, head + b"]}")
    return response


def links(address: str, query: Mapping[str, str], window: Window, count: int) -> tuple[str | None, str | None]:
    """The addresses of the next and the previous page (LD-PAGE-5 to LD-PAGE-7)."""
    limit, offset = window.limit, window.offset
    others = {name: value for name, value in query.items() if name != "offset"} | {"limit": str(limit)}
    following = None if offset + limit >= count else others | {"offset": str(offset + limit)}
    if offset <= 0:
        return _link(address, following), None
    preceding = others if offset <= limit else others | {"offset": str(offset - limit)}
    return _link(address, following), _link(address, preceding)


def _link(address: str, parameters: Mapping[str, str] | None) -> str | None:
    return None if parameters is None else f"{address}?{urlencode(sorted(parameters.items()))}"


async def _count(page: Page[T], window: Window) -> int:
    """How many rows the whole list has; a page at its end says so by itself."""
    if not page.has_next and (page.items or not window.offset):
        return window.offset + len(page.items)
    return await page.count()


def _path(request: web.Request) -> str:
    return address_of(request).raw_path
