"""Every address of the feeds, who comes with a key, and the words for trouble."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from rest_compat.dialect import METHODS, Dialect, Endpoint, Place
from rest_compat.linkding import errors, feeds
from rest_compat.linkding.routes import LINKDING
from rest_compat.refusals import Refusal, UnknownAddress
from schema.context import ANONYMOUS, Viewer
from schema.errors import NotFound, Problem, Unauthenticated
from schema.ports import Ports
from schema.resolvers import feed_keys

# Nobody is ever asked for a credential: a wrong key is refused before, and a wrong method is 405.
ANY = frozenset({*METHODS, hdrs.METH_OPTIONS})

ENDPOINTS = (
    Endpoint("/shared", {"GET": feeds.show_public}, public=ANY),
    Endpoint("/{key}/all", {"GET": feeds.show_all}, public=ANY),
    Endpoint("/{key}/unread", {"GET": feeds.show_unread}, public=ANY),
    Endpoint("/{key}/shared", {"GET": feeds.show_shared}, public=ANY),
)


async def believe(request: web.Request, ports: Ports) -> Viewer:
    """Whose feed the address is of; ANONYMOUS for the one without a key. Raises NotFound for a wrong key."""
    key = request.match_info.get("key")
    if key is None:
        return ANONYMOUS
    try:
        return await feed_keys.believe(ports, key)
    except Unauthenticated:
        raise NotFound("feed") from None  # a wrong key is an address that is not there


def check(request: web.Request, endpoint: Endpoint) -> None:
    """Any ``Accept`` will do."""


def finish(response: web.StreamResponse, endpoint: Endpoint) -> None:
    """The address is a secret: what is opened from here is not told it."""
    del endpoint
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"


def encode_error(trouble: Problem | Refusal) -> web.Response:
    """A small page with the status that the API has."""
    if isinstance(trouble, NotFound | UnknownAddress):
        return _page(errors.UNKNOWN_ADDRESS, 404)
    told = errors.encode_error(trouble)
    title = HTTPStatus(told.status).phrase
    head = f'<!doctype html>\n<html lang="en">\n<head><title>{title}</title></head>\n'
    response = _page(f"{head}<body><h1>{title}</h1></body>\n</html>\n", told.status)
    if hdrs.RETRY_AFTER in told.headers:
        response.headers[hdrs.RETRY_AFTER] = told.headers[hdrs.RETRY_AFTER]
    return response


def _page(text: str, status: int) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


FEEDS = Dialect(
    name="feeds",
    places=(Place(("/feeds",), ENDPOINTS),),
    door=LINKDING.door,
    check=check,
    believe=believe,
    encode_error=encode_error,
    finish=finish,
)
