"""The frame around a dialect: what every foreign API needs, and nothing about any of them.

A dialect is a value. ``mount`` makes aiohttp sub-applications of it, one a prefix, whose middleware finds out who is
asking, keeps the order of checks, and gives every trouble inside its prefix the dialect's own shape.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import structlog
from aiohttp import hdrs, web
from aiohttp.abc import AbstractMatchInfo
from aiohttp.typedefs import Handler

from rest_compat.house import CONTEXT, EXTRAS, FINISH, HOUSE, STARTED, House, address_of
from rest_compat.refusals import Crash, Malformed, Refusal, UnknownAddress, WrongMethod
from schema.context import Context, Viewer
from schema.door import Door
from schema.errors import Problem, TooLarge, Unauthenticated
from schema.ports import Ports, Wording

# The order in which `Allow` names them.
METHODS = (hdrs.METH_GET, hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE, hdrs.METH_HEAD)

log = structlog.stdlib.get_logger("polymark.door")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of a dialect and what can be done there.

    ``path`` is aiohttp's pattern below the prefix, without a slash at its end (empty: the prefix itself); ``methods``
    are the handlers by method. HEAD comes with GET and OPTIONS with everything. The methods in ``public`` need no
    credential.
    """

    path: str
    methods: Mapping[str, Handler]
    public: frozenset[str] = frozenset()

    def handler(self, method: str) -> Handler | None:
        """What answers the method, HEAD as GET."""
        return self.methods.get(hdrs.METH_GET if method == hdrs.METH_HEAD else method)

    @property
    def allow(self) -> str:
        """The value of the ``Allow`` header."""
        return ", ".join([method for method in METHODS if self.handler(method)] + [hdrs.METH_OPTIONS])


@dataclass(frozen=True, slots=True)
class Place:
    """Paths under which the same addresses live: ``prefixes`` begin with a slash and have none at their end."""

    prefixes: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Cors:
    """What a dialect says to every OPTIONS, preflight or not, known address or not, and to whoever asks.

    ``methods`` and ``headers`` may be sent by pages of other origins, ``max_age`` is in seconds. Which origins those
    are is a setting: the server names them, on every other answer too.
    """

    methods: tuple[str, ...]
    headers: tuple[str, ...]
    max_age: int

    def answer(self) -> web.Response:
        """200 without a body. A page never gets a browser's own credentials (cookies) through."""
        return web.Response(
            headers={
                hdrs.ACCESS_CONTROL_ALLOW_METHODS: ", ".join(self.methods),
                hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ", ".join(self.headers),
                hdrs.ACCESS_CONTROL_MAX_AGE: str(self.max_age),
                hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS: "false",
            }
        )


class Finish(Protocol):
    """Puts headers on an answer."""

    def __call__(self, response: web.StreamResponse, endpoint: Endpoint) -> None:
        """Change the answer's headers; the answer has not been sent."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """Somebody else's API.

    ``places`` are where it lives. ``check`` looks at a request before its credential is read and may raise.
    ``believe`` reads the credential: ANONYMOUS when there is none, and it raises Unauthenticated for one that is wrong.
    ``encode_error`` words every Problem and every Refusal. ``finish`` puts the headers on that every answer of a known
    address has. With ``cors``, OPTIONS needs no credential and is answered so; without, a preflight is the server's
    business and any other OPTIONS that of the address. ``wording`` words what webhooks are sent, where the API has
    them. ``max_body_size`` is where this API's bodies end before the house's do.
    """

    name: str
    places: tuple[Place, ...]
    door: Door
    check: Callable[[web.Request, Endpoint], None]
    believe: Callable[[web.Request, Ports], Awaitable[Viewer]]
    encode_error: Callable[[Problem | Refusal], web.Response]
    finish: Finish
    cors: Cors | None = None
    wording: Wording | None = None
    max_body_size: int | None = None


def mount(
    root: web.Application,
    dialect: Dialect,
    house: House,
    *,
    finish: Callable[[web.Application], None] | None = None,
) -> None:
    """Put the dialect at its places; ``finish`` sees each sub-application before it is closed to changes."""
    if dialect.max_body_size is not None:
        house = replace(house, max_body_size=min(house.max_body_size, dialect.max_body_size))
    for place in dialect.places:
        for prefix in place.prefixes:
            app = web.Application()
            app[HOUSE] = house
            addresses = _add_routes(app, place.endpoints)
            app.middlewares.append(_Frame(dialect, house, app, addresses).handle)
            if finish is not None:
                finish(app)
            root.add_subapp(prefix, app)


def _add_routes(app: web.Application, endpoints: Sequence[Endpoint]) -> dict[web.AbstractResource, Endpoint]:
    """Add each address with and without the slash at its end, as one and the same.

    All methods are added, so that one which ``archived`` does not have cannot end at ``{id}``. The frame refuses it.
    """
    addresses: dict[web.AbstractResource, Endpoint] = {}
    for endpoint in endpoints:
        for path in (endpoint.path, f"{endpoint.path}/"):
            resource = app.router.add_resource(path)
            for method in METHODS:
                resource.add_route(method, endpoint.handler(method) or _refuse)
            addresses[resource] = endpoint
    return addresses


async def _refuse(request: web.Request) -> web.StreamResponse:
    raise WrongMethod(request.method)


class _Frame:
    """The middleware of one sub-application."""

    def __init__(
        self, dialect: Dialect, house: House, app: web.Application, addresses: Mapping[web.AbstractResource, Endpoint]
    ) -> None:
        self._dialect = dialect
        self._house = house
        self._app = app
        self._addresses = addresses

    @web.middleware
    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer, whatever happens."""
        endpoint = None
        response: web.StreamResponse
        try:
            endpoint = await self._endpoint(request)
            response = await self._answer(request, handler, endpoint)
        except Exception as error:
            started = request.get(STARTED)
            if started is not None:
                return self._break_off(request, started, error)
            if isinstance(error, web.HTTPException) and not isinstance(error, web.HTTPClientError):
                raise
            if request.method == hdrs.METH_OPTIONS and isinstance(error, web.HTTPForbidden):
                raise  # a preflight's refusal, in the shape that browsers expect
            response = self._dialect.encode_error(self._trouble(request, error))
        if endpoint is not None and not response.prepared:
            self._finish(request, endpoint, response)
        return response

    def _finish(self, request: web.Request, endpoint: Endpoint, response: web.StreamResponse) -> None:
        """Put on the headers of the dialect, and those of this very request."""
        self._dialect.finish(response, endpoint=endpoint)
        if response.status == web.HTTPMethodNotAllowed.status_code:
            response.headers.setdefault(hdrs.ALLOW, endpoint.allow)  # RFC 9110, section 15.5.6
        response.headers.update(request.get(EXTRAS, {}))

    async def _answer(self, request: web.Request, handler: Handler, endpoint: Endpoint | None) -> web.StreamResponse:
        """In this order: address, preflight, form of the answer, credential, OPTIONS, method, and then the handler.

        A dialect with CORS rules of its own answers OPTIONS before anything else.
        """
        dialect, ports = self._dialect, self._house.ports
        if dialect.cors is not None and request.method == hdrs.METH_OPTIONS:
            return dialect.cors.answer()
        if endpoint is None:
            raise UnknownAddress
        if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
            return await handler(request)
        dialect.check(request, endpoint)
        viewer = await dialect.believe(request, ports)
        if viewer.user is None and request.method not in endpoint.public:
            raise Unauthenticated
        finish: Callable[[web.StreamResponse], None] = partial(self._finish, request, endpoint)
        request[FINISH] = finish
        request[CONTEXT] = Context(ports, dialect.door, viewer, request.get("request_id", "-"))
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(headers={hdrs.ALLOW: endpoint.allow})
        if endpoint.handler(request.method) is None:
            raise WrongMethod(request.method)
        return await handler(request)

    async def _endpoint(self, request: web.Request) -> Endpoint | None:
        """Which address was asked for, whatever the method."""
        resource = request.match_info.route.resource
        if resource is None and isinstance(request.match_info.http_exception, web.HTTPMethodNotAllowed):
            asked = request.clone(method=hdrs.METH_GET, rel_url=address_of(request))
            found: AbstractMatchInfo = await self._app.router.resolve(asked)
            resource = found.route.resource if isinstance(found, web.UrlMappingMatchInfo) else None
        return None if resource is None else self._addresses.get(resource)

    def _trouble(self, request: web.Request, error: Exception) -> Problem | Refusal:
        """What the dialect is to word; whatever nobody expected is logged and becomes a Crash."""
        if isinstance(error, Problem | Refusal):
            return error
        match error:
            case web.HTTPRequestEntityTooLarge():
                return TooLarge(self._house.max_body_size)
            case web.HTTPMethodNotAllowed():
                return WrongMethod(request.method)
            case web.HTTPClientError():
                return Malformed("body", error.reason)
            case ConnectionError():
                return Malformed("body", "the connection was closed")
            case _:
                log.error("unexpected", door=self._dialect.name, exc_info=error)
                return Crash(request.get("request_id", "-"))

    def _break_off(self, request: web.Request, started: web.StreamResponse, error: Exception) -> web.StreamResponse:
        """Half of an answer has gone out: a connection that ends is the only way to say that the rest will not."""
        if not isinstance(error, ConnectionError):
            log.error("broken off", door=self._dialect.name, exc_info=error)
        if request.transport is not None:
            request.transport.abort()
        return started
