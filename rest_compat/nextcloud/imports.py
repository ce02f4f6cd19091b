"""``import``: a bookmark file becomes folders and bookmarks below a folder of mine (NC-10.1)."""

from __future__ import annotations

import asyncio
import dataclasses
import io
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import orjson
from aiohttp import web

from models.rows import BookmarkRow, FolderRow
from rest_compat import wire
from rest_compat.house import context_of, house_of
from rest_compat.nextcloud.addresses import candidates
from rest_compat.nextcloud.answers import succeed
from rest_compat.nextcloud.codec import Encoder, decode_folder_id, encoder_of, respond
from rest_compat.nextcloud.errors import Said, saying
from rest_compat.nextcloud.trees import TreeWriter
from schema.errors import Invalid, TooLarge
from schema.formats import netscape
from schema.formats.entries import Entry, Refused, Row
from schema.resolvers import folders, grafting

FIELD: Final = "bm_import"
TYPES: Final = frozenset({"text/html", "application/html"})
MOST_SENTENCES: Final = 100  # about what was not taken
LONGEST_SAID: Final = 500  # characters of an address in them


async def take_in(request: web.Request) -> web.Response:
    """Take the file in below the folder of the address, or the root; all of it or, if anything fails, nothing.

    Links that cannot be used are passed over: then the rest is there, and the answer is a 400 that names them.
    """
    ctx = context_of(request)
    folder_id = decode_folder_id(request) if "id" in request.match_info else ctx.user.root_folder_id
    with saying(400, "Folder not found", "folder"):
        await folders.get(ctx, folder_id)  # before the body is read
        data = await _read_file(request)
        try:
            rows = await asyncio.to_thread(_parse, data)
        except Invalid:
            raise Said(400, "Parse error: Invalid HTML") from None
        grafted = await grafting.take_whole(ctx, rows, folder_id)
    refused = [trouble for trouble in grafted.troubles if isinstance(trouble, Refused)]
    if refused:
        return respond({"status": "error", "data": [_word(one) for one in refused[:MOST_SENTENCES]]}, 400)
    encoder = encoder_of(request)
    writer = TreeWriter(partial(_encode_folder, encoder), partial(_encode_bookmark, encoder))
    return succeed(request, data=orjson.Fragment(b"[" + writer.write(grafted.steps) + b"]"))


async def _read_file(request: web.Request) -> bytes:
    """The file's bytes. Raises TooLarge over the house's limit, and refuses a part of another type."""
    limit = house_of(request).max_body_size
    if (request.content_length or 0) > limit:
        raise TooLarge(limit)
    if wire.media_type(request) == wire.MULTIPART:
        async for file in wire.read_files(request, FIELD):
            kind = file.content_type.partition(";")[0].strip().lower()
            if kind not in TYPES:
                raise Said(400, f"Unsupported file type for import: {kind[:100]}")
            data = bytearray()
            async for chunk in file.chunks:
                data += chunk
                if len(data) > limit or request.content.total_bytes > limit:
                    raise TooLarge(limit)
            return bytes(data)
    raise Said(400, "No file provided for import")


def _parse(data: bytes) -> Sequence[Row]:
    """The rows of the file, of which every Entry has an address that this door's clients know. Raises Invalid."""
    return [_checked(row) for row in netscape.read(io.BytesIO(data))]


def _checked(row: Row) -> Row:
    if not isinstance(row, Entry):
        return row
    try:
        address = candidates(row.url)[-1]
    except Invalid:
        return Refused(row.position, "This is no address that can be opened.", row.url)
    return row if address == row.url else dataclasses.replace(row, url=address)


def _word(refused: Refused) -> str:
    if refused.url:
        return f"Failed to parse URL: {refused.url[:LONGEST_SAID]}"
    return f"Line {refused.position}: {refused.reason}"


def _encode_folder(encoder: Encoder, row: FolderRow) -> dict[str, Any]:
    return {"type": "folder", "id": encoder.folder_id(row.id), "title": row.name}


def _encode_bookmark(encoder: Encoder, row: BookmarkRow) -> dict[str, Any]:
    """The link itself, also of a script: floccus compares it with what it sent."""
    return {"type": "bookmark", "id": encoder.bookmark_id(row.id), "title": row.title, "url": row.url_href or ""}
