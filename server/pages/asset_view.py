"""``/assets/<id>``: a bookmark's file as a browser shows it (LD-ASV-1), and never as a part of this site (decision 26).

What was uploaded may be a page with scripts. Here it is opened in a sandbox without any: it has no origin, so no
cookies, and may ask nobody for anything. What cannot be shown harmlessly is handed out to be saved.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from rest_compat.house import add_headers, begin
from schema.errors import NotFound
from schema.resolvers import asset_bytes, assets
from server.files import ANY_TYPE, MEDIA_TYPE, content_disposition
from server.pages.pages import Visit

PATH = "/assets/{id}"
DIGITS = 10  # a longer number is nobody's id

# Documents that could run or load something: pages, SVG, and XML, which may be either.
SANDBOX = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src data:;"
    " frame-src data:; form-action 'none'; base-uri 'none'"
)
PICTURE = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"  # the style is the browser's own
MEDIA = "default-src 'none'; media-src 'self';"
PDF = "default-src 'none'; object-src 'self';"  # some browsers show none in a sandbox
TO_BE_SAVED = "sandbox; default-src 'none'"

PROGRAMS = frozenset({"text/html", "text/xml", "application/xml"})
PICTURES = frozenset(
    f"image/{kind}" for kind in ("apng", "avif", "bmp", "gif", "jpeg", "png", "vnd.microsoft.icon", "webp", "x-icon")
)


async def show(visit: Visit) -> web.StreamResponse:
    """The file, for who may see it; a whole file on the disk is sent in parts where the browser asks for them."""
    given = visit.request.match_info["id"]
    if not (given.isascii() and given.isdigit() and len(given) <= DIGITS):
        raise NotFound("asset")
    opened = await assets.open_shared(visit.ctx(), int(given))
    asset = opened.asset
    policy = policy_for(asset.content_type)
    how = "inline" if policy else "attachment"
    headers = {
        "Content-Security-Policy": policy or TO_BE_SAVED,
        "Cross-Origin-Opener-Policy": "unsafe-none",  # browsers open no sandbox that asks for more
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-DNS-Prefetch-Control": "off",
        hdrs.CONTENT_DISPOSITION: content_disposition(assets.file_name(asset), how),
        hdrs.CONTENT_TYPE: asset.content_type if MEDIA_TYPE.fullmatch(asset.content_type) else ANY_TYPE,
    }
    add_headers(visit.request, headers)  # over those that pages have
    path = visit.ports.files.path(opened.sha256)
    if path is not None and not asset.encoding:
        return web.FileResponse(path)
    response = web.StreamResponse()
    if await begin(visit.request, response):
        async for chunk in asset_bytes.read_asset(visit.ports, asset):
            await response.write(chunk)
    return response


def policy_for(content_type: str) -> str | None:
    """What a browser may do with a file of this type when it shows it; None: it is not to show it at all."""
    if content_type in PROGRAMS or content_type.endswith("+xml"):
        return SANDBOX
    if content_type in PICTURES:
        return PICTURE
    if content_type.startswith(("video/", "audio/")):
        return MEDIA
    return PDF if content_type == "application/pdf" else None
