"""Every address of the Bkmark door on one page; README.md has the same table for people."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from models import url as urls
from models.queries.bookmarks import TagDetail, Wanted
from rest_compat.bkmark import groups, keys, me, tags
from rest_compat.bkmark.auth import believe
from rest_compat.bkmark.document import DOCUMENT, operations_of
from rest_compat.bkmark.errors import encode_error
from rest_compat.dialect import Dialect, Endpoint, Place
from rest_compat.openapi import PATH, serving
from schema.door import Door

GET, POST, PATCH, DELETE = "GET", "POST", "PATCH", "DELETE"

_ID = "{id:[^/]+}"  # what is no id is nobody's; fixed names stand before

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        PATH,
        {GET: serving(DOCUMENT, lambda: tuple(operations_of(ENDPOINTS)))},
        public=frozenset({GET, "HEAD"}),
    ),
    Endpoint("/me", {GET: me.get}),
    Endpoint("/api-keys", {GET: keys.find, POST: keys.create}),
    Endpoint(f"/api-keys/{_ID}", {PATCH: keys.update, DELETE: keys.delete}),
    Endpoint("/tags", {GET: tags.find, POST: tags.create}),
    Endpoint("/tags/merge", {POST: tags.merge}),
    Endpoint(f"/tags/{_ID}", {GET: tags.get, PATCH: tags.update, DELETE: tags.delete}),
    Endpoint("/groups", {GET: groups.find, POST: groups.create}),
    Endpoint(f"/groups/{_ID}", {GET: groups.get, PATCH: groups.update, DELETE: groups.delete}),
)

WANTED = Wanted(notes=False, tags=TagDetail.FULL, summary=True, groups=True)


def title_of(address: str) -> str:
    """What a bookmark is called whose page did not say: host and path (section 5.4)."""
    parts = urlsplit(urls.href(address))
    return f"{parts.netloc}{parts.path}".rstrip("/") or address


def check(request: web.Request, endpoint: Endpoint) -> None:
    """Any ``Accept`` will do (section 1.2)."""


def finish(response: web.StreamResponse, endpoint: Endpoint) -> None:
    """Answers are for who asked, and not to be kept by anybody on the way."""
    del endpoint
    response.headers.setdefault("Cache-Control", "no-store")


BKMARK = Dialect(
    name="bkmark",
    places=(Place(("/api/v1",), ENDPOINTS),),
    door=Door(
        "bkmark",
        kinds=frozenset({"link", "note", "code", "image"}),
        wanted=WANTED,
        make_up_title=title_of,
        shows_href=True,
        web_only=True,
    ),
    check=check,
    believe=believe,
    encode_error=encode_error,
    finish=finish,
)
