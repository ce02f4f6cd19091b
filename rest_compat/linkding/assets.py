"""``/api/bookmarks/<id>/assets/``: files kept with a bookmark, streamed in and out (LD section 15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from aiohttp import hdrs, web

from models.rows import AssetRow
from rest_compat import wire
from rest_compat.house import begin, context_of
from rest_compat.linkding.codec import decode_id, encode_asset, read_fields, respond
from rest_compat.linkding.pages import decode_window, send_page
from rest_compat.linkding.shapes import AssetAnswer
from schema.errors import Fault, Invalid, NotFound, Unavailable
from schema.resolvers import asset_bytes, assets

FIELD = "file"
UNNAMED_TYPE = "application/octet-stream"

AnswerHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _below_bookmark(handler: AnswerHandler) -> AnswerHandler:
    """Below a bookmark that is not there linkding has another sentence (LD-ERR-25)."""

    @wraps(handler)
    async def wrapped(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except NotFound as problem:
            raise NotFound("bookmark of assets" if problem.entity == "bookmark" else problem.entity) from None

    return wrapped


@_below_bookmark
async def find(request: web.Request) -> web.StreamResponse:
    """The bookmark's assets by id (LD-AST-2)."""
    query = wire.read_query(request)
    window = decode_window(query)
    page = await assets.find(context_of(request), _bookmark_id(request), window)
    return await send_page(request, query, window, page, _encode)


@_below_bookmark
async def get(request: web.Request) -> web.StreamResponse:
    """One asset (LD-AST-3)."""
    row = await assets.get(context_of(request), decode_id(request), bookmark_id=_bookmark_id(request))
    return respond(encode_asset(row))


@_below_bookmark
async def upload(request: web.Request) -> web.StreamResponse:
    """Keep the last file of the field ``file`` (LD-AST-4); its bytes go to the disk as they come.

    Whether uploads are allowed, and the bookmark there, is said before the body is looked at (LD-AST-7).
    """
    ctx, bookmark_id = context_of(request), _bookmark_id(request)
    await assets.check_upload(ctx, bookmark_id)
    last = None
    try:
        if wire.media_type(request) == wire.MULTIPART:
            async for file in wire.read_files(request, FIELD):
                if assets.plain_name(file.name):  # of nothing but directories: no file name (LD-AST-5)
                    last = file, await assets.receive(ctx, bookmark_id, file.chunks)
        else:
            await read_fields(request, {})  # a body that cannot be read is another mistake (LD-AST-5)
    except Unavailable:
        raise Unavailable("asset storage") from None
    if last is None:
        raise Invalid(Fault((FIELD,), "required"))
    file, stored = last
    row = await assets.attach(ctx, bookmark_id, file.name, file.content_type, stored)
    return respond(encode_asset(row), 201)


@_below_bookmark
async def download(request: web.Request) -> web.StreamResponse:
    """The bytes as they came, always as a file to be saved (LD-AST-9)."""
    ctx = context_of(request)
    opened = await assets.open_for_download(ctx, decode_id(request), bookmark_id=_bookmark_id(request))
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: opened.asset.content_type or UNNAMED_TYPE,
            hdrs.CONTENT_DISPOSITION: disposition(assets.file_name(opened.asset)),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",  # a stored page must not act in our name, wherever it is opened
        }
    )
    if await begin(request, response):
        async for chunk in asset_bytes.read_asset(ctx.ports, opened.asset):
            await response.write(chunk)
    return response


@_below_bookmark
async def delete(request: web.Request) -> web.StreamResponse:
    """Delete an asset (LD-AST-12)."""
    await assets.delete(context_of(request), decode_id(request), bookmark_id=_bookmark_id(request))
    return web.Response(status=204)


def disposition(name: str) -> str:
    """The ``Content-Disposition`` of a download (RFC 6266): for names beyond ASCII with ``filename*`` beside."""
    name = "".join(character if character.isprintable() else "_" for character in name)
    plain = name.encode("ascii", "replace").decode().replace("\\", "\\\\").replace('"', '\\"')
    header = f'attachment; filename="{plain}"'
    return header if name.isascii() else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def _bookmark_id(request: web.Request) -> int:
    return decode_id(request, "bookmark_id")


def _encode(row: AssetRow, _base: str) -> AssetAnswer:
    return encode_asset(row)
