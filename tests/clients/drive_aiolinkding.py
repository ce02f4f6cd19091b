"""Makes calls of aiolinkding; runs in the environment that has it: ``python drive_aiolinkding.py < job.json``.

The job on standard input is ``{"url", "token", "calls": [[name, arguments, options], …], "session": bool}``; a call's
name is such as ``bookmarks.async_create``. Standard output is ``{"methods": [names of all that there are], "answers":
[{"returned": value} or {"raised": name of the class, "message": text}, …]}``. When no client can be had, there are no
methods, and the reason is the only answer.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import ClientSession
from aiolinkding import Client, async_get_client
from aiolinkding.errors import LinkDingError

MANAGERS = ("bookmarks", "tags", "user")


def methods(client: Client) -> list[str]:
    """Every public coroutine of every manager."""
    return [
        f"{manager}.{name}"
        for manager in MANAGERS
        for name, _ in inspect.getmembers(getattr(client, manager), inspect.iscoroutinefunction)
        if not name.startswith("_")
    ]


async def answer(client: Client, name: str, arguments: list[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Make one call."""
    manager, _, method = name.partition(".")
    try:
        return {"returned": await getattr(getattr(client, manager), method)(*arguments, **options)}
    except LinkDingError as error:
        return told(error)


def told(error: LinkDingError) -> dict[str, Any]:
    """An error as JSON."""
    return {"raised": type(error).__name__, "message": str(error)}


async def main(job: dict[str, Any]) -> dict[str, Any]:
    """Get a client, which looks at the server's version, and make the calls one after the other."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession()) if job["session"] else None
        try:
            client = await async_get_client(job["url"], job["token"], session=session)
        except LinkDingError as error:
            return {"methods": [], "answers": [told(error)]}
        return {"methods": methods(client), "answers": [await answer(client, *call) for call in job["calls"]]}


if __name__ == "__main__":
    json.dump(asyncio.run(main(json.load(sys.stdin))), sys.stdout)
