"""What programs ask a Nextcloud before they ask its bookmarks: capabilities, who I am, and whether it is one at all."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from rest_compat.house import address_of, context_of
from rest_compat.nextcloud import NEXTCLOUD_VERSION
from rest_compat.nextcloud.codec import respond
from schema.errors import Unauthenticated

NAME = "Polymark"
VERSION = ".".join(map(str, NEXTCLOUD_VERSION))

# A key `hash-function` (singular) would make floccus refuse every hash (NC section 12).
BOOKMARKS = {"javascript-bookmarks": True, "hash-functions": ["xxh32", "murmur3a", "sha256"]}


async def capabilities(request: web.Request) -> web.Response:
    """What this server can do, for whoever asks (NC section 12)."""
    major, minor, micro = NEXTCLOUD_VERSION
    version = {
        "major": major,
        "minor": minor,
        "micro": micro,
        "string": VERSION,
        "edition": "",
        "extendedSupport": False,
    }
    return _ocs(request, {"version": version, "capabilities": {"bookmarks": BOOKMARKS}})


async def user(request: web.Request) -> web.Response:
    """Who I am (NC section 14)."""
    ctx = context_of(request)
    if ctx.viewer.branch is not None:  # a link to a folder is nobody
        raise Unauthenticated
    account = ctx.user
    name = account.username
    return _ocs(
        request,
        {"enabled": True, "id": name, "display-name": name, "displayname": name, "email": None, "groups": []},
    )


async def status(request: web.Request) -> web.Response:
    """That there is a server, and which Nextcloud it is like (NC section 14)."""
    del request
    return respond(
        {
            "installed": True,
            "maintenance": False,
            "needsDbUpgrade": False,
            "version": f"{VERSION}.0",
            "versionstring": VERSION,
            "edition": "",
            "productname": NAME,
            "extendedSupport": False,
        }
    )


def _ocs(request: web.Request, data: dict[str, Any]) -> web.Response:
    """The envelope of the Open Collaboration Services; their first version has a number of its own for success."""
    code = 100 if "/ocs/v1.php/" in address_of(request).raw_path else 200
    return respond({"ocs": {"meta": {"status": "ok", "statuscode": code, "message": "OK"}, "data": data}})
