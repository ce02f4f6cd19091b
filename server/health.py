"""``GET /health``: everybody's, and the first thing some linkding clients ask, aiolinkding for one."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog
from aiohttp import web
from tortoise.exceptions import BaseORMException

from models.queries.connection import current
from rest_compat.linkding import LINKDING_VERSION
from schema.version import VERSION

TIMEOUT = 5.0  # seconds that a database may take to say it is there

log = structlog.stdlib.get_logger("polymark.health")


async def health(request: web.Request) -> web.Response:
    """200 ``healthy``, or 500 ``unhealthy`` when the database does not answer.

    ``version`` is the linkding release whose API we speak (linkding contract, section 24); ours is ``polymark``.
    """
    del request
    try:
        async with asyncio.timeout(TIMEOUT):
            connection, _ = current()
            await connection.read([("SELECT count(*) FROM account", [])])
    except (BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        log.error("unhealthy", error=str(error))  # noqa: TRY400 - the traceback says no more
        return web.json_response(_body("unhealthy"), status=500)
    return web.json_response(_body("healthy"))


def _body(status: str) -> dict[str, str]:
    return {"version": LINKDING_VERSION, "status": status, "polymark": VERSION}
