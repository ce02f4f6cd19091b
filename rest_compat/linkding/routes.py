"""Every address of linkding's API on one page; README.md has the same table for people."""

from __future__ import annotations

from aiohttp import hdrs, web

from rest_compat.dialect import Dialect, Endpoint, Place
from rest_compat.linkding import assets, bookmarks, bundles, singlefile, tags, user
from rest_compat.linkding.auth import believe
from rest_compat.linkding.document import DOCUMENT, OPERATIONS
from rest_compat.linkding.errors import encode_error
from rest_compat.openapi import PATH, serving
from rest_compat.refusals import NotAcceptable
from rest_compat.wire import read_query
from schema.door import Door, Identity
from schema.errors import NotFound

GET, POST, PUT, PATCH, DELETE = "GET", "POST", "PUT", "PATCH", "DELETE"

_ID = "{id:[^/.]+}"  # what is no number meets LD-ERR-26, what has a dot is no address (LD-ERR-27)
_ASSETS = "/bookmarks/{bookmark_id:-?[0-9]+}/assets"
DOWNLOAD = Endpoint(f"{_ASSETS}/{_ID}/download", {GET: assets.download})

ENDPOINTS = (
    Endpoint("", {GET: user.root}),
    Endpoint("/bookmarks", {GET: bookmarks.find, POST: bookmarks.create}),
    Endpoint("/bookmarks/archived", {GET: bookmarks.find_archived}),
    Endpoint("/bookmarks/shared", {GET: bookmarks.find_shared}, public=frozenset({"GET", "HEAD"})),
    Endpoint("/bookmarks/check", {GET: bookmarks.check}),
    Endpoint("/bookmarks/singlefile", {POST: singlefile.create}),
    Endpoint(
        f"/bookmarks/{_ID}",
        {GET: bookmarks.get, PUT: bookmarks.replace, PATCH: bookmarks.patch, DELETE: bookmarks.delete},
    ),
    Endpoint(f"/bookmarks/{_ID}/archive", {POST: bookmarks.archive}),
    Endpoint(f"/bookmarks/{_ID}/unarchive", {POST: bookmarks.unarchive}),
    Endpoint(_ASSETS, {GET: assets.find}),
    Endpoint(f"{_ASSETS}/upload", {POST: assets.upload}),
    Endpoint(f"{_ASSETS}/{_ID}", {GET: assets.get, DELETE: assets.delete}),
    DOWNLOAD,
    Endpoint("/tags", {GET: tags.find, POST: tags.create}),
    Endpoint(f"/tags/{_ID}", {GET: tags.get, DELETE: tags.delete}),
    Endpoint("/bundles", {GET: bundles.find, POST: bundles.create}),
    Endpoint(f"/bundles/{_ID}", {GET: bundles.get, PUT: bundles.replace, PATCH: bundles.patch, DELETE: bundles.delete}),
    Endpoint("/user/profile", {GET: user.profile}),
    Endpoint(PATH, {GET: serving(DOCUMENT, lambda: OPERATIONS)}, public=frozenset({"GET", "HEAD"})),
)

# LD-HTTP-10: what a client may say that it takes, and the renderings that `?format=` may name.
ACCEPTABLE = frozenset({"*/*", "application/*", "application/json", "text/*", "text/html"})
FORMATS = frozenset({"", "json", "api"})
VARY = "Accept, Accept-Language, Cookie"


def check(request: web.Request, endpoint: Endpoint) -> None:
    """Whether we can answer in a form that the client takes (LD-HTTP-10); a download comes in its own."""
    if "format=" in request.rel_url.raw_query_string and read_query(request).get("format", "") not in FORMATS:
        raise NotFound("address")
    accepted = request.headers.get(hdrs.ACCEPT, "").strip().lower()
    if not accepted or accepted in ACCEPTABLE or endpoint is DOWNLOAD:
        return
    if not any(part.partition(";")[0].strip() in ACCEPTABLE for part in accepted.split(",")):
        raise NotAcceptable


def finish(response: web.StreamResponse, endpoint: Endpoint) -> None:
    """The headers that every answer has (LD-HTTP-5)."""
    response.headers[hdrs.ALLOW] = endpoint.allow
    response.headers[hdrs.VARY] = VARY


LINKDING = Dialect(
    name="linkding",
    places=(Place(("/api",), ENDPOINTS),),
    door=Door(
        "linkding",
        kinds=frozenset({"link", "image"}),
        identity=Identity.KEY,
        hyphenates_tags=True,
        auto_tags_updates=True,
        always_touches=True,
    ),
    check=check,
    believe=believe,
    encode_error=encode_error,
    finish=finish,
)
