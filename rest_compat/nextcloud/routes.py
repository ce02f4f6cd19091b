"""Every address of the Nextcloud door on one page; README.md has the same tables for people."""

from __future__ import annotations

from aiohttp import web

from models import url as urls
from models.kinds import SYNCED
from models.queries.bookmarks import Wanted
from models.queries.tree import Placed
from rest_compat.dialect import Cors, Dialect, Endpoint, Place
from rest_compat.nextcloud import auth, bookmarks, clouds, exports, folders, imports, links, locks, logins, tags
from rest_compat.nextcloud.document import DOCUMENT, OPERATIONS
from rest_compat.nextcloud.errors import encode_error
from rest_compat.openapi import PATH, serving
from schema.context import ANONYMOUS, Viewer
from schema.door import Door
from schema.ports import Ports

GET, POST, PUT, PATCH, DELETE, HEAD = "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"

_ID = "{id:[^/]+}"  # what is no number is nobody's id; fixed names stand before
_IN_FOLDER = "/folder/{folder_id:[^/]+}/bookmarks/" + _ID

BOOKMARKS = (
    Endpoint("/bookmark", {GET: bookmarks.find, POST: bookmarks.create}),
    Endpoint("/bookmark/export", {GET: exports.export}),
    Endpoint("/bookmark/import", {POST: imports.take_in}),
    Endpoint("/bookmark/click", {POST: bookmarks.click}),
    Endpoint("/bookmark/deleted", {GET: bookmarks.find_deleted}),
    Endpoint("/bookmark/deletedCount", {GET: bookmarks.count_deleted}),
    Endpoint("/bookmark/unavailable", {GET: bookmarks.count_nothing}),
    Endpoint("/bookmark/archived", {GET: bookmarks.count_nothing}),
    Endpoint("/bookmark/duplicated", {GET: bookmarks.count_duplicated}),
    Endpoint("/bookmark/totalClicks", {GET: bookmarks.count_clicks}),
    Endpoint("/bookmark/withClicks", {GET: bookmarks.count_clicked}),
    Endpoint(f"/bookmark/{_ID}", {GET: bookmarks.get, PUT: bookmarks.update, DELETE: bookmarks.delete}),
    Endpoint("/tag", {GET: tags.find, POST: tags.rename, DELETE: tags.delete}),
    Endpoint("/tag/{old_name:[^/]+}", {POST: tags.rename, PUT: tags.rename, DELETE: tags.delete}),
    Endpoint("/folder", {GET: folders.find, POST: folders.create}),
    Endpoint("/folder/deleted", {GET: folders.find_deleted, DELETE: folders.empty}),
    Endpoint("/folder/shared", {GET: folders.find_shared}),
    Endpoint(f"/folder/{_ID}", {GET: folders.get, PUT: folders.update, DELETE: folders.delete}),
    Endpoint(f"/folder/{_ID}/undelete", {POST: folders.restore}),
    Endpoint(f"/folder/{_ID}/count", {GET: folders.count}),
    Endpoint(f"/folder/{_ID}/children", {GET: folders.children}),
    Endpoint(f"/folder/{_ID}/childorder", {GET: folders.order, PATCH: folders.reorder}),
    Endpoint(f"/folder/{_ID}/hash", {GET: folders.hash}),
    Endpoint(f"/folder/{_ID}/import", {POST: imports.take_in}),
    Endpoint(f"/folder/{_ID}/publictoken", {GET: links.get, POST: links.make, DELETE: links.remove}),
    Endpoint(_IN_FOLDER, {POST: folders.file, DELETE: folders.take_out}),
    Endpoint(f"{_IN_FOLDER}/undelete", {POST: folders.put_back}),
    Endpoint("/lock", {POST: locks.acquire, DELETE: locks.release}),
    Endpoint(PATH, {GET: serving(DOCUMENT, lambda: OPERATIONS)}, public=frozenset({GET, HEAD})),
)
CLOUD = (
    Endpoint("/cloud/capabilities", {GET: clouds.capabilities}, public=frozenset({GET, HEAD})),
    Endpoint("/cloud/user", {GET: clouds.user}),
)
LOGIN = (
    Endpoint("", {POST: logins.begin}, public=frozenset({POST})),
    Endpoint("/poll", {POST: logins.poll}, public=frozenset({POST})),
)
STATUS = (Endpoint("", {GET: clouds.status}, public=frozenset({GET, HEAD})),)


def _also_below_index(*prefixes: str) -> tuple[str, ...]:
    """The same prefixes with ``/index.php`` in front, which is how most programs call them (NC-1.2)."""
    return (*prefixes, *(f"/index.php{prefix}" for prefix in prefixes))


PLACES = (
    Place(_also_below_index("/apps/bookmarks/public/rest/v2"), BOOKMARKS),
    Place(_also_below_index("/ocs/v2.php", "/ocs/v1.php"), CLOUD),
    Place(_also_below_index("/login/v2"), LOGIN),
    Place(_also_below_index("/status.php"), STATUS),
)

OPEN = web.RequestKey("open", bool)


def check(request: web.Request, endpoint: Endpoint) -> None:
    """Remember whether the address minds who asks; any ``Accept`` will do."""
    request[OPEN] = request.method in endpoint.public


async def believe(request: web.Request, ports: Ports) -> Viewer:
    """Who asks. Where everybody may, not even a wrong credential is refused (NC section 12)."""
    return ANONYMOUS if request[OPEN] else await auth.believe(request, ports)


def finish(response: web.StreamResponse, endpoint: Endpoint) -> None:
    """Answers have no headers in common."""


def title_of(address: str) -> str:
    """What a bookmark is called whose page did not say (NC-6.2)."""
    return urls.href(address)


NEXTCLOUD = Dialect(
    name="nextcloud",
    places=PLACES,
    door=Door(
        "nextcloud",
        kinds=SYNCED,
        wanted=Wanted(notes=False, folders=True),
        root_is_folder=True,
        keeps_empty=True,
        make_up_title=title_of,
        revives=True,
        trash=Placed(),
        shows_href=True,
    ),
    check=check,
    believe=believe,
    encode_error=encode_error,
    finish=finish,
    cors=Cors((PUT, POST, GET, DELETE, PATCH), ("Authorization", "Content-Type", "Accept"), 1_728_000),
)
