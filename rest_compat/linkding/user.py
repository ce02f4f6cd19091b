"""``/api/user/profile/`` and ``/api/``: what clients ask to see whether they are connected."""

from __future__ import annotations

from aiohttp import web

from rest_compat.house import context_of
from rest_compat.linkding.codec import encode_profile, respond


async def root(request: web.Request) -> web.Response:
    """An empty object for whoever is signed in."""
    del request
    return respond({})


async def profile(request: web.Request) -> web.Response:
    """The account's preferences (LD section 21), for every believed credential; it costs no further statement."""
    return respond(encode_profile(context_of(request).user))
