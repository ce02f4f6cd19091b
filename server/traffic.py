"""Which requests are in flight, so that a server can finish them before it ends.

aiohttp's own clean-up stops listening to a connection at once: the rest of a body that is still on its way is thrown
away, and its request can only fail. So a server first waits here, and cleans up when nothing is left to be done.
"""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web
from aiohttp.typedefs import Handler


class Traffic:
    """Counts requests; install it on an application before that starts."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_draining = False

    def install(self, app: web.Application) -> None:
        """Watch every request of the application and of those inside it."""
        app.middlewares.insert(0, self._counting)
        app.on_response_prepare.append(self._closing)

    async def drain(self, seconds: float) -> None:
        """Wait until no request is in flight, ``seconds`` at most; no connection is kept alive any more."""
        self._is_draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    @web.middleware
    async def _counting(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._count += 1
        self._idle.clear()
        try:
            return await handler(request)
        finally:
            self._count -= 1
            if not self._count:
                self._idle.set()

    async def _closing(self, _: web.Request, response: web.StreamResponse) -> None:
        if self._is_draining:
            response.force_close()
