"""Every address of the authorization server but its page; README.md of the door has the same table for people."""

from __future__ import annotations

from aiohttp import hdrs, web

from rest_compat.bkmark.calls import LARGEST
from rest_compat.bkmark.oauth import metadata, tokens
from rest_compat.bkmark.oauth.errors import encode_error
from rest_compat.dialect import METHODS, Dialect, Endpoint, Place
from rest_compat.refusals import UnknownAddress
from schema.context import ANONYMOUS, Viewer
from schema.door import Door
from schema.ports import Ports

# Who asks is told by the form, so no method waits for a credential: a wrong one is 405, not 401.
ANY = frozenset({*METHODS, hdrs.METH_OPTIONS})


async def elsewhere(request: web.Request) -> web.StreamResponse:
    """The page is the server's own and comes first; what it cannot do ends here, and is 405 as everywhere."""
    del request
    raise UnknownAddress


ENDPOINTS = (
    Endpoint("/authorize", {"GET": elsewhere, "POST": elsewhere}, public=ANY),
    Endpoint("/token", {"POST": tokens.token}, public=ANY),
    Endpoint("/revoke", {"POST": tokens.revoke}, public=ANY),
    Endpoint("/introspect", {"POST": tokens.introspect}, public=ANY),
)
WELL_KNOWN = (Endpoint("/oauth-authorization-server", {"GET": metadata.show}, public=ANY),)


async def believe(request: web.Request, ports: Ports) -> Viewer:
    """Nobody: a client's credentials are no person's, and the handlers read them from the form as well."""
    del request, ports
    return ANONYMOUS


def check(request: web.Request, endpoint: Endpoint) -> None:
    """Any ``Accept`` will do."""


def finish(response: web.StreamResponse, endpoint: Endpoint) -> None:
    """Nobody on the way may keep a token (RFC 6749, section 5.1)."""
    del endpoint
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers[hdrs.PRAGMA] = "no-cache"


OAUTH = Dialect(
    name="oauth",
    places=(Place(("/oauth",), ENDPOINTS), Place(("/.well-known",), WELL_KNOWN)),
    door=Door("bkmark"),
    check=check,
    believe=believe,
    encode_error=encode_error,
    finish=finish,
    max_body_size=LARGEST,
)
