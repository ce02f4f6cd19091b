"""Answers in Nextcloud's envelope (NC section 4), also those that are too long for the memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from aiohttp import hdrs, web

from rest_compat.house import begin, house_of
from rest_compat.nextcloud.auth import ticket_for
from rest_compat.nextcloud.codec import JSON_UTF8, dump, respond
from rest_compat.nextcloud.trees import TreeWriter
from schema.outline import Step
from schema.page import LARGEST, Page, Window

T = TypeVar("T")

AT_ONCE = 1_000  # more rows than this are sent as they come from the database
BUFFER = 1024 * 1024  # bytes; a tree that is longer is, too
FRESH: dict[str, str] = {hdrs.CACHE_CONTROL: "no-cache, must-revalidate", hdrs.EXPIRES: "Thu, 01 Jan 1970 00:00:00 GMT"}
UNLIMITED = Window(LARGEST)


def succeed(request: web.Request, **content: object) -> web.Response:
    """An answer of success; whoever signed in by password is handed a ticket with it (NC-2.4)."""
    return respond(_envelope(request) | content)


def succeed_fresh(request: web.Request, **content: object) -> web.Response:
    """The same, for what must not be remembered by anybody on the way (NC-1.7)."""
    response = succeed(request, **content)
    response.headers.update(FRESH)
    return response


async def send_rows(
    request: web.Request,
    window: Window,
    *,
    find: Callable[[Window], Awaitable[Page[T]]],
    stream: Callable[[Window], Awaitable[AsyncGenerator[list[T], None]]],
    encode: Callable[[T], Mapping[str, Any]],
) -> web.StreamResponse:
    """A list of whatever length as ``data``: over 1,000 rows are streamed, so that the memory stays flat.

    Raises Unavailable when too many such answers are being sent; one whose reader stops reading is broken off.
    """
    page = await find(Window(min(window.limit, AT_ONCE), window.offset))
    if window.limit <= AT_ONCE or not page.has_next:
        return succeed(request, data=[encode(row) for row in page.items])

    async def chunks() -> AsyncGenerator[bytes, None]:
        separator = b""
        async with aclosing(await stream(window)) as rows:
            async for some in rows:
                yield separator + dump([encode(row) for row in some])[1:-1]
                separator = b","

    return await _send_chunks(request, chunks(), b"", {})


async def send_tree(
    request: web.Request, steps: AsyncGenerator[list[Step], None], writer: TreeWriter
) -> web.StreamResponse:
    """A hierarchy as ``data``, streamed from a megabyte on; as ``send_rows`` otherwise."""
    start = bytearray()

    async def chunks() -> AsyncGenerator[bytes, None]:
        async with aclosing(steps):
            async for some in steps:
                yield writer.write(some)

    async with aclosing(chunks()) as texts:
        async for text in texts:
            start += text
            if len(start) > BUFFER:
                return await _send_chunks(request, texts, bytes(start), FRESH)
    head, tail = _around(request)
    return web.Response(body=head + bytes(start) + tail, headers={hdrs.CONTENT_TYPE: JSON_UTF8} | FRESH)


async def _send_chunks(
    request: web.Request, chunks: AsyncGenerator[bytes, None], start: bytes, headers: dict[str, str]
) -> web.StreamResponse:
    """Send the inside of the list ``data`` as it comes, after what is there already."""
    head, tail = _around(request)
    streams = house_of(request).streams
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: JSON_UTF8} | headers)
    async with streams.place(), aclosing(chunks):
        if not await begin(request, response):
            return response
        await streams.send(response, head + start)
        async for chunk in chunks:
            await streams.send(response, chunk)
    await streams.send(response, tail)
    return response


def _around(request: web.Request) -> tuple[bytes, bytes]:
    """What stands before and behind the items of ``data``."""
    return dump(_envelope(request) | {"data": []}).removesuffix(b"]}"), b"]}"


def _envelope(request: web.Request) -> dict[str, object]:
    ticket = ticket_for(request)
    return {"status": "success"} if ticket is None else {"status": "success", "ticket": ticket}
