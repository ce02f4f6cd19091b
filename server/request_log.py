"""One id and one log line for each request."""

from __future__ import annotations

import asyncio
import re
import warnings
from time import perf_counter
from uuid import uuid4

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

HEADER = "X-Request-Id"
KEY = "request_id"  # a plain word, for the doors read it too and know nothing of this room
warnings.filterwarnings("ignore", category=web.NotAppKeyWarning, module=re.escape(__name__))

_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_GONE = 499  # nginx's number for a client that went away before its answer

log = structlog.stdlib.get_logger("polymark.request")


@web.middleware
async def request_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id and write one line about it; the outermost middleware of the whole application.

    The id is the caller's ``X-Request-Id`` when that is 1 to 64 of ``[A-Za-z0-9._-]``, else a new one. It is
    at ``request["request_id"]``, in every log line meanwhile, and in the answer's ``X-Request-Id``. The line has
    the method, the route's pattern (not the address, which may carry a signature; only an address without a route
    is logged, so that an unknown client tells what it misses), the status, and the duration in milliseconds. An
    exception that nobody answered is logged with its traceback and becomes a plain 500 with the id.
    """
    given = request.headers.get(HEADER, "")
    request_id = given if _GOOD_ID.fullmatch(given) else uuid4().hex
    request[KEY] = request_id
    started = perf_counter()
    status = 500
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            status = answer.status
            answer.headers[HEADER] = request_id
            raise
        except asyncio.CancelledError:
            status = _GONE
            raise
        except Exception:
            log.exception("unexpected")
            response = web.json_response({"error": "Internal server error", KEY: request_id}, status=status)
        else:
            status = response.status
        finally:
            _write(request, status, perf_counter() - started)
    if not response.prepared:  # a stream's headers are gone already: stamp_request_id did it
        response.headers[HEADER] = request_id
    return response


async def stamp_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Put the id on answers that send their own headers (streams, WebSockets): an on_response_prepare hook."""
    response.headers[HEADER] = request.get(KEY, "-")


def install_request_log(app: web.Application) -> None:
    """Make request_log the outermost middleware of the root application, and cover streamed answers too."""
    app.middlewares.insert(0, request_log)
    app.on_response_prepare.append(stamp_request_id)


def _write(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    # As it came, percent-encoded: decoded it could hold what commands the operator's terminal.
    where = {"route": resource.canonical} if resource is not None else {"route": None, "path": request.rel_url.raw_path}
    say = log.error if status >= 500 else log.info
    say("request", method=request.method, **where, status=status, ms=round(seconds * 1000, 1))
