"""``lock``: syncing clients keep out of each other's way (NC section 11). It binds nobody."""

from __future__ import annotations

from aiohttp import web

from rest_compat.house import context_of
from rest_compat.nextcloud.answers import succeed
from schema.resolvers import locks


async def acquire(request: web.Request) -> web.Response:
    """Take the lock for thirty minutes; it is 423 while some client of mine has it."""
    await locks.acquire(context_of(request))
    return succeed(request)


async def release(request: web.Request) -> web.Response:
    """Give it back, whichever client took it, or nobody."""
    await locks.release(context_of(request))
    return succeed(request)
