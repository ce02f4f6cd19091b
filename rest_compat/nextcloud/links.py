"""``publictoken``: the link by which others read a folder (NC-13.5)."""

from __future__ import annotations

from aiohttp import web

from rest_compat.house import context_of
from rest_compat.nextcloud.answers import succeed
from rest_compat.nextcloud.codec import decode_folder_id
from rest_compat.nextcloud.errors import saying
from schema.resolvers import folder_links


async def get(request: web.Request) -> web.Response:
    """The token, if there is one."""
    return succeed(request, item=await folder_links.get(context_of(request), decode_folder_id(request)))


async def make(request: web.Request) -> web.Response:
    """The token that there is, or a new one."""
    return succeed(request, item=await folder_links.make(context_of(request), decode_folder_id(request)))


async def remove(request: web.Request) -> web.Response:
    """Nobody reads with the token any more; that there is none is a 400 here."""
    id = decode_folder_id(request)
    with saying(400, "Not found"):
        await folder_links.remove(context_of(request), id)
    return succeed(request)
