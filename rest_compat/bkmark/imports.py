"""``/bookmarks/import…``: files of browsers, Pocket, Raindrop, and our own JSON become bookmarks (BK section 5.10).

The rules for what a link becomes are those of every import (``schema/resolvers/imports.py``). An address that is kept
already makes no second bookmark: it is skipped, having gained the tags, groups and texts of the file that it lacked.
Here only http and https addresses are taken, except from our own JSON, which is to come back whole.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Sequence
from typing import Final

from aiohttp import web

from models import url as urls
from rest_compat import wire
from rest_compat.bkmark.allowances import IMPORT, IMPORT_POCKET, IMPORT_RAINDROP
from rest_compat.bkmark.calls import Call, Nothing, Record, handles
from schema.errors import Fault, Invalid, TooLarge
from schema.formats.entries import Entry, Refused, Row
from schema.formats.sniffing import Format, read, sniff
from schema.resolvers import imports
from schema.resolvers.import_run import Tally, Trouble

LIMIT: Final = 20 * 1024 * 1024
FIELD: Final = "file"
MOST_TROUBLES: Final = 100  # of each kind that the answer names
LONGEST_SAID: Final = 500  # characters of an address in them
WRITE = ("bookmarks:write",)


class LineTrouble(Record):
    """What is wrong with a line, or with an entry where a file has no lines; both count from 1."""

    line: int
    message: str


class Imported(Record):
    """What became of the links of a file.

    ``total`` is the sum of the other three. ``errors`` are the first 100 of those that failed; ``warnings`` are about
    parts of others that could not be kept.
    """

    total: int
    imported: int
    skipped: int
    failed: int
    errors: list[LineTrouble]
    warnings: list[LineTrouble]


@handles(scopes=WRITE, answer=Imported, allowance=IMPORT, takes_file=True)
async def take_in(call: Call[Nothing, Nothing]) -> Imported:
    """Import a browser's bookmark file, or a library in this server's own JSON."""
    data = await _read_file(call.request)
    return await _take_in(call, data, Format.JSON if sniff(data[:4096]) is Format.JSON else Format.NETSCAPE)


@handles(scopes=WRITE, answer=Imported, allowance=IMPORT_POCKET, takes_file=True)
async def take_in_pocket(call: Call[Nothing, Nothing]) -> Imported:
    """Import what Pocket has exported, as CSV or HTML."""
    return await _take_in(call, await _read_file(call.request), Format.POCKET)


@handles(scopes=WRITE, answer=Imported, allowance=IMPORT_RAINDROP, takes_file=True)
async def take_in_raindrop(call: Call[Nothing, Nothing]) -> Imported:
    """Import what Raindrop.io has exported, as CSV or HTML."""
    return await _take_in(call, await _read_file(call.request), Format.RAINDROP)


async def _take_in(call: Call[Nothing, Nothing], data: bytes, format: Format) -> Imported:
    errors: list[LineTrouble] = []
    warnings: list[LineTrouble] = []

    def tell(_: Tally, troubles: Sequence[Trouble]) -> None:
        for trouble in troubles:
            list_ = errors if isinstance(trouble, Refused) else warnings
            if len(list_) < MOST_TROUBLES:
                list_.append(LineTrouble(line=trouble.position, message=_word(trouble)))

    rows = read(io.BytesIO(data), format)
    if format is not Format.JSON:
        rows = _web_only(rows)
    ctx = dataclasses.replace(call.ctx, door=imports.IMPORT)
    tally = await imports.take_in(ctx, rows, tell=tell, in_thread=True)
    return Imported(
        total=tally.links,
        imported=tally.created,
        skipped=tally.updated + tally.unchanged,
        failed=tally.refused,
        errors=errors,
        warnings=warnings,
    )


async def _read_file(request: web.Request) -> bytes:
    """The part ``file`` of a form, or the body itself. Raises Invalid for none, and TooLarge beyond 20 MiB."""
    if wire.media_type(request) != wire.MULTIPART:
        data = await wire.read_body(request, LIMIT)
    else:
        data = await _read_part(request)
    if not data.strip():
        raise Invalid(Fault((FIELD,), "required"))
    return data


async def _read_part(request: web.Request) -> bytes:
    if (request.content_length or 0) > LIMIT:
        raise TooLarge(LIMIT)
    data = bytearray()
    async for file in wire.read_files(request, FIELD):
        async for chunk in file.chunks:
            data += chunk
            if len(data) > LIMIT or request.content.total_bytes > LIMIT:
                raise TooLarge(LIMIT)
        break
    return bytes(data)


def _web_only(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, of which every link has an address that this door's clients can open."""
    for row in rows:
        if isinstance(row, Entry) and row.url and not urls.is_web(row.url):
            yield Refused(row.position, "not an http(s) URL", row.url)
        else:
            yield row


def _word(trouble: Trouble) -> str:
    return f"{trouble.reason}: {trouble.url[:LONGEST_SAID]}" if trouble.url else trouble.reason
