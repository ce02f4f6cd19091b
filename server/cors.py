"""Which web pages of other origins may read our answers: aiohttp-cors laid over an application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp_cors
from aiohttp import hdrs, web

PREFLIGHT_SECONDS = 600  # how long a browser may remember what a preflight allowed
ANY = "*"


def allow_origins(app: web.Application, origins: Sequence[str], *, own_preflights: bool = False) -> None:
    """Let pages of these origins (``*``: of any) call every route that the application has by now.

    Call it before the application is mounted or run. Credentials that a browser adds by itself are never let through:
    the APIs are called with tokens. Without origins nothing is laid over. With ``own_preflights`` the application
    answers OPTIONS itself, and the origin is named on those answers too, and on those of unknown addresses.
    """
    if not origins:
        return
    options: Any = aiohttp_cors.ResourceOptions(  # type: ignore[no-untyped-call]  # the library has no types
        expose_headers="*", allow_headers="*", max_age=PREFLIGHT_SECONDS
    )
    cors = aiohttp_cors.setup(app, defaults=dict.fromkeys(origins, options))
    for resource in list(app.router.resources()):
        routes = list(resource)
        cors.add(resource)
        for route in routes:
            cors.add(route)
    if own_preflights:
        app.on_response_prepare.append(_Naming(origins).name)
    app.on_response_prepare.append(_vary_by_origin)


class _Naming:
    """Names the origin where aiohttp-cors does not: it leaves out OPTIONS and what no route answers."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)

    async def name(self, request: web.Request, response: web.StreamResponse) -> None:
        """Say that the caller's page may read the answer; a hook of ``on_response_prepare``."""
        if hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in response.headers:
            return
        origin = request.headers.get(hdrs.ORIGIN, ANY)
        if origin in self._origins or ANY in self._origins:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin


async def _vary_by_origin(_request: web.Request, response: web.StreamResponse) -> None:
    """The answer names the origin that asked, so a cache must keep one for each."""
    if hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in response.headers:
        present = response.headers.get(hdrs.VARY)
        response.headers[hdrs.VARY] = f"{present}, {hdrs.ORIGIN}" if present else str(hdrs.ORIGIN)
