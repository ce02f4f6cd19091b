"""Bytes over HTTP: pictures for everybody, assets for who has a signed address.

``GET /static/{name}`` serves favicons and preview images, ``PUT /uploads/{token}`` takes the bytes of an announced
asset, ``GET /files/{token}`` gives them back. A token (server/signing.py) is all the permission there is, so no answer
says more of a wrong one than that it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import quote

import structlog
from aiohttp import ETag, web

from models.queries import accounts
from models.queries import assets as queries
from rest_compat.feeds import is_unchanged
from schema.context import Context, Viewer
from schema.door import GRAPHQL
from schema.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Locked,
    NotConfigured,
    NotFound,
    Problem,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from schema.ports import Ports
from schema.resolvers import asset_bytes, assets
from server.request_log import KEY
from server.signing import Signer

CHUNK = 64 * 1024
YEAR = 365 * 24 * 3600
NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
# What was uploaded may be a page with scripts: it is never shown as ours, and could do nothing if it were.
HARMLESS = NO_SNIFFING | {"Content-Security-Policy": "sandbox", "Referrer-Policy": "no-referrer"}
ANY_TYPE = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")  # RFC 6838, section 4.2

_NOT_QUOTABLE = re.compile(r"[^ -~]|[\"\\%]")  # percent: some browsers would decode it
_STATUS: dict[type[Problem], int] = {
    Conflict: 409,
    Forbidden: 403,
    Invalid: 400,
    Locked: 423,
    NotConfigured: 501,
    NotFound: 404,
    RateLimited: 429,
    TooLarge: 413,
    Unauthenticated: 403,
    Unavailable: 503,
    Unsupported: 415,
}
_WORDS = {
    400: "The body could not be read.",
    403: "This address may not be used.",
    404: "There is nothing here.",
    409: "The bytes are here already.",
    410: "This address has expired.",
    413: "The body is too large.",
    415: "The body must come without a content encoding.",
    423: "Try again later.",
    429: "Try again later.",
    501: "This server is not set up for it.",
    503: "Try again later.",
}

log = structlog.stdlib.get_logger("polymark.files")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_file_routes(app: web.Application, ports: Ports, signer: Signer) -> None:
    """Put the three routes on the root application."""
    door = _FileDoor(ports, signer)
    app.router.add_get("/static/{name}", _worded(door.picture))
    app.router.add_put("/uploads/{token}", _worded(door.upload))
    app.router.add_get("/files/{token}", _worded(door.download))


def content_disposition(name: str, how: str = "attachment") -> str:
    """``how`` and the file's name: plain ASCII for old clients, and the name itself (RFC 6266, RFC 8187)."""
    plain = _NOT_QUOTABLE.sub("_", name)
    value = f'{how}; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"


class _FileDoor:
    def __init__(self, ports: Ports, signer: Signer) -> None:
        self._ports = ports
        self._signer = signer

    async def picture(self, request: web.Request) -> web.StreamResponse:
        """A favicon or preview image that some bookmark has; its name is its content, so it may be kept for ever."""
        name = request.match_info["name"]
        digest = name.removesuffix(queries.PICTURE)
        path = self._ports.files.path(digest) if name != digest else None
        if path is None or not await queries.is_picture(name):
            raise NotFound("file")
        caching = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
        return web.FileResponse(path, headers={"Content-Type": "image/webp"} | caching | NO_SNIFFING)

    async def upload(self, request: web.Request) -> web.Response:
        """The bytes of an announced asset: 201 with its id, its status and its size in bytes."""
        ctx, asset_id = await self._permitted(request, "bookmarks:write")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Unsupported("content-encoding")  # aiohttp would unpack it, and we keep what was sent
        limit = self._ports.limits.max_asset_size
        if limit is not None and (request.content_length or 0) > limit:
            raise TooLarge(limit)
        asset = await assets.complete(ctx, asset_id, _body(request))
        return web.json_response({"id": asset.id, "status": asset.status, "size": asset.size}, status=201)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The bytes of an asset, whole or in part (RFC 9110, section 14), always to be saved and never shown.

        Of those that lie packed there are no parts, and a range is not looked at.
        """
        ctx, asset_id = await self._permitted(request, "bookmarks:read")
        opened = await assets.open_for_download(ctx, asset_id)
        path = self._ports.files.path(opened.sha256)
        if path is None:
            raise NotFound("file")
        known_type = opened.asset.content_type
        headers = {
            "Content-Type": known_type if MEDIA_TYPE.fullmatch(known_type) else ANY_TYPE,
            "Content-Disposition": content_disposition(assets.file_name(opened.asset).replace("/", "-")),  # of a date
            "Cache-Control": "private",
        } | HARMLESS
        if opened.asset.encoding:
            return await self._unpacked(request, opened, headers)
        return web.FileResponse(path, headers=headers)

    async def _unpacked(
        self, request: web.Request, opened: assets.Opened, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Bytes that lie packed, as they came and whole: where a part of them begins cannot be told."""
        is_known = is_unchanged(request, opened.sha256, None)
        response = web.StreamResponse(status=304 if is_known else 200, headers=headers | {"Accept-Ranges": "none"})
        response.etag = ETag(opened.sha256)
        if is_known:
            await response.prepare(request)
            return response
        response.content_length = opened.size
        pieces = asset_bytes.read_asset(self._ports, opened.asset)
        start = await anext(pieces, b"")  # a file that cannot be read is said before anything is sent
        await response.prepare(request)
        if request.method != "HEAD":
            await response.write(start)
            async for piece in pieces:
                await response.write(piece)
        return response

    async def _permitted(self, request: web.Request, scope: str) -> tuple[Context, int]:
        """A context of the owner who signed, with one scope, and the asset's id. Raises Unauthenticated."""
        permit = self._signer.verify(request.match_info["token"], request.method)
        user = await accounts.user(permit.owner_id)
        if user is None or not user.is_active:
            raise Unauthenticated("inactive")
        viewer = Viewer(user, frozenset({scope}))
        ctx = Context(self._ports, GRAPHQL, viewer, request_id=request.get(KEY, "-"))
        return ctx, permit.asset_id


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    """The body in chunks. Raises Invalid when it breaks off or its framing is wrong."""
    try:
        async for chunk in request.content.iter_chunked(CHUNK):
            yield chunk
    except (web.RequestPayloadError, ConnectionError) as error:
        log.info("upload broke off", error=str(error))
        raise Invalid from error


def _worded(handler: Handler) -> Handler:
    """Answer a Problem with its status and a JSON body that gives nothing away."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            status = _status(problem)
            return web.json_response({"error": _WORDS[status]}, status=status, headers=NO_SNIFFING)

    return answer


def _status(problem: Problem) -> int:
    if isinstance(problem, Unauthenticated) and problem.reason == "expired":
        return 410
    return _STATUS[type(problem)]
