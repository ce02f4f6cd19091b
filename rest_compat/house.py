"""What the server hands to every door, and what the frame hands to every handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from yarl import URL

from rest_compat.streams import Streams
from schema.context import Context
from schema.ports import Ports

MAX_BODY_SIZE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class House:
    """The surroundings of a door.

    ``base`` gives scheme and host of a request as its sender sees them, with the path under which a proxy shows us, if
    there is one; without a slash at the end. ``sender`` names where a request comes from, so that tries can be counted.
    ``max_body_size`` is the largest body in bytes, uploads of files apart (``ports.limits.max_asset_size`` is theirs).
    ``streams`` are the places for answers that are sent while the database is read, one set for all doors.
    ``nextcloud_ids`` is how Nextcloud's clients are told a bookmark's id: ``string``, ``int``, or ``auto`` by the path.
    ``bkmark_rate_limit`` is how many requests a minute a user may send to the Bkmark API; 0 is no limit.
    """

    ports: Ports
    base: Callable[[web.BaseRequest], str]
    max_body_size: int = MAX_BODY_SIZE
    streams: Streams = field(default_factory=Streams)
    sender: Callable[[web.BaseRequest], str] = field(default=lambda request: request.remote or "")
    nextcloud_ids: str = "auto"
    bkmark_rate_limit: int = 600


HOUSE = web.AppKey("house", House)
CONTEXT = web.RequestKey("context", Context)
FINISH: web.RequestKey[Callable[[web.StreamResponse], None]] = web.RequestKey("finish")
STARTED = web.RequestKey("started", web.StreamResponse)
EXTRAS: web.RequestKey[dict[str, str]] = web.RequestKey("extras", dict)
ADDRESS = web.RequestKey("address", URL)


def context_of(request: web.Request) -> Context:
    """Who asks, and what operations may reach for; the frame made it."""
    return request[CONTEXT]


def house_of(request: web.Request) -> House:
    """The surroundings of the door that the request came through."""
    return request.app[HOUSE]


def base_of(request: web.Request) -> str:
    """What absolute addresses in the answer begin with; what is not UTF-8 in it becomes U+FFFD."""
    return house_of(request).base(request).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def address_of(request: web.Request) -> URL:
    """Path and query as the routes have them: without the path of a proxy, without doubled slashes."""
    address: URL = request.get(ADDRESS, request.rel_url)
    return address


def add_headers(request: web.Request, headers: dict[str, str]) -> None:
    """Put headers on the answer to this request, whatever it will be: a result, a stream, a refusal or a crash."""
    request[EXTRAS] = request.get(EXTRAS, {}) | headers


async def begin(request: web.Request, response: web.StreamResponse) -> bool:
    """Send a streamed answer's head; False when no body may follow, for HEAD.

    From here on trouble can only break the connection off, which the frame does.
    """
    request[FINISH](response)
    request[STARTED] = response
    await response.prepare(request)
    return request.method != "HEAD"
