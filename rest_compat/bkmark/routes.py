"""Every address of the Bkmark door on one page; README.md has the same table for people."""

from __future__ import annotations

from aiohttp import web

from models import url as urls
from models.queries.bookmarks import TagDetail, Wanted
from rest_compat.bkmark import bookmarks, bulk, exports, groups, imports, keys, me, search, summaries, tags, webhooks
from rest_compat.bkmark.auth import believe
from rest_compat.bkmark.calls import LARGEST
from rest_compat.bkmark.document import DOCUMENT, operations_of
from rest_compat.bkmark.errors import encode_error
from rest_compat.bkmark.events import BkmarkWording
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
    Endpoint("/bookmarks", {GET: bookmarks.find, POST: bookmarks.create}),
    Endpoint("/bookmarks/trash", {GET: bookmarks.find_deleted}),
    Endpoint("/bookmarks/bulk", {POST: bulk.change}),
    Endpoint("/bookmarks/export", {GET: exports.export}),
    Endpoint("/bookmarks/import", {POST: imports.take_in}),
    Endpoint("/bookmarks/import/pocket", {POST: imports.take_in_pocket}),
    Endpoint("/bookmarks/import/raindrop", {POST: imports.take_in_raindrop}),
    Endpoint(f"/bookmarks/{_ID}", {GET: bookmarks.get, PATCH: bookmarks.update, DELETE: bookmarks.delete}),
    Endpoint(f"/bookmarks/{_ID}/restore", {POST: bookmarks.restore}),
    Endpoint(f"/bookmarks/{_ID}/summarize", {POST: summaries.summarize}),
    Endpoint(f"/bookmarks/{_ID}/tags", {POST: bookmarks.add_tags}),
    Endpoint(f"/bookmarks/{_ID}/tags/{{tag_id:[^/]+}}", {DELETE: bookmarks.remove_tag}),
    Endpoint(f"/bookmarks/{_ID}/groups", {POST: bookmarks.add_groups}),
    Endpoint(f"/bookmarks/{_ID}/groups/{{group_id:[^/]+}}", {DELETE: bookmarks.remove_group}),
    Endpoint("/search", {GET: search.find}),
    Endpoint("/tags", {GET: tags.find, POST: tags.create}),
    Endpoint("/tags/merge", {POST: tags.merge}),
    Endpoint(f"/tags/{_ID}", {GET: tags.get, PATCH: tags.update, DELETE: tags.delete}),
    Endpoint("/groups", {GET: groups.find, POST: groups.create}),
    Endpoint(f"/groups/{_ID}", {GET: groups.get, PATCH: groups.update, DELETE: groups.delete}),
    Endpoint("/webhooks", {GET: webhooks.find, POST: webhooks.create}),
    Endpoint(f"/webhooks/{_ID}", {GET: webhooks.get, PATCH: webhooks.update, DELETE: webhooks.delete}),
    Endpoint(f"/webhooks/{_ID}/deliveries", {GET: webhooks.deliveries}),
    Endpoint(f"/webhooks/{_ID}/deliveries/{{delivery:[^/]+}}/redeliver", {POST: webhooks.redeliver}),
    Endpoint(f"/webhooks/{_ID}/events", {GET: webhooks.events}),
)

WANTED = Wanted(notes=False, tags=TagDetail.FULL, summary=True, groups=True)


def title_of(address: str) -> str:
    """What a bookmark is called whose page did not say: host and path (section 5.4)."""
    path = urls.split(urls.href(address)).path
    return f"{urls.host(address)}{path}".rstrip("/") or address


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
        ranked_fields="AC",  # title, description, address (section 8)
        web_only=True,
    ),
    check=check,
    believe=believe,
    encode_error=encode_error,
    finish=finish,
    wording=BkmarkWording(),
    max_body_size=LARGEST,
)
