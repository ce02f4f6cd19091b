"""``tag``: the tags in use (NC section 7). Names come in the path, the address, a form or JSON."""

from __future__ import annotations

from urllib.parse import unquote

from aiohttp import web

from rest_compat.house import address_of, context_of
from rest_compat.nextcloud.codec import respond
from rest_compat.nextcloud.errors import Said
from rest_compat.nextcloud.parameters import Parameters, read_parameters
from schema.resolvers import tags


async def find(request: web.Request) -> web.Response:
    """A bare array of names, the most used first; ``count`` tells how many bookmarks have each."""
    sent = await read_parameters(request)
    rows = await tags.used(context_of(request))
    if sent.flag("count"):
        return respond([{"name": row.name, "count": row.bookmark_count} for row in rows])
    return respond([row.name for row in rows])


async def delete(request: web.Request) -> web.Response:
    """Take the tag from all my bookmarks; one that nobody has is gone already."""
    name = _old_name(request, await read_parameters(request))
    if name is None:
        raise Said(400, "Must provide old_name")
    await tags.delete_spelled(context_of(request), name)
    return respond({"status": "success"})


async def rename(request: web.Request) -> web.Response:
    """Give the tag another name; where that is a tag already, the two become one."""
    sent = await read_parameters(request)
    old, new = _old_name(request, sent), sent.filled("new_name") or sent.filled("name")
    if old is None or new is None:
        raise Said(400, "Must provide old_name and a new name")
    await tags.rename_spelled(context_of(request), old, new)
    return respond({"status": "success"})


def _old_name(request: web.Request, sent: Parameters) -> str | None:
    """The tag that is meant: the path's before the parameter (NC section 3)."""
    if "old_name" not in request.match_info:
        return sent.filled("old_name")
    return Parameters({"old_name": _last_segment(request)}).filled("old_name")


def _last_segment(request: web.Request) -> str:
    """The name as it was before it was percent-encoded; aiohttp leaves ``%2F`` and ``%25`` in its own."""
    path = address_of(request).raw_path.removesuffix("/")
    return unquote(path.rpartition("/")[2], errors="replace")
