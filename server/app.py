"""Everything is put together here, on one page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

from aiohttp import web

from rest_compat import SERVED
from rest_compat.dialect import mount
from rest_compat.house import HOUSE, House
from schema.context import Context
from schema.door import GRAPHQL
from schema.errors import Forbidden, Unauthenticated
from schema.own_paths import show_below
from schema.ports import Ports
from schema.resolvers import tokens
from server.addresses import Addresses
from server.cors import allow_origins
from server.database import connected, database_config
from server.files import add_file_routes
from server.graphql.graph import graph_of
from server.graphql.graphiql import GraphiQL
from server.graphql.view import GraphQLView
from server.health import health
from server.outside.jobs import Worker
from server.outside.ports import Outside, make_outside
from server.pages.guard import may_use_session
from server.pages.pages import Pages
from server.pages.routes import add_pages
from server.paths import accept_odd_paths
from server.request_log import install_request_log
from server.settings import Settings
from server.signing import Signer
from server.webhooks import install_payloads


def make_app(settings: Settings, *, work: bool = True) -> web.Application:
    """The server as the settings ask for it; ``work``: with a job worker in this process.

    Raises SettingsError when the data directory or the secret key cannot be used.
    """
    outside = make_outside(settings)
    app = make_routes(settings, outside.ports, outside.signer)
    app.cleanup_ctx.append(_running(settings, outside, work=work))
    return app


def make_routes(settings: Settings, ports: Ports, signer: Signer) -> web.Application:
    """All the doors over the given ports; the database is the caller's to connect."""
    app = web.Application()
    addresses = Addresses(settings)
    pages = Pages(ports, addresses, settings.data_path)
    app.router.add_get("/health", health)
    add_file_routes(app, ports, signer)
    _add_graphql(app, settings, ports, pages)
    allow_origins(app, settings.cors_origins)  # the doors so far; each dialect's own follow with it
    house = House(
        ports=ports,
        base=addresses.base,
        max_body_size=settings.max_body_size,
        sender=addresses.sender,
        nextcloud_ids=settings.nextcloud_ids,
        bkmark_rate_limit=settings.bkmark_rate_limit,
    )
    app[HOUSE] = house  # the pages take files in and hand them out as the other doors do
    add_pages(app, pages)
    for dialect in SERVED:
        own = dialect.cors is not None
        mount(app, dialect, house, finish=partial(allow_origins, origins=settings.cors_origins, own_preflights=own))
    accept_odd_paths(app, addresses.prefix)
    install_request_log(app)
    return app


def _add_graphql(app: web.Application, settings: Settings, ports: Ports, pages: Pages) -> None:
    async def make_context(request: web.Request) -> Context:
        """Who asks at /graphql: a Bearer token's owner, else who signed in with this browser, else nobody.

        Raises Unauthenticated for a wrong token, Forbidden for a session that a page of another origin would use.
        """
        show_below(pages.addresses.prefix(request))
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            viewer = await pages.viewer(request)
            if viewer.user is not None and not may_use_session(request, pages.addresses.base(request)):
                raise Forbidden("a request from this site's own pages")
        elif scheme.lower() in {"bearer", "token"} and secret.strip():
            viewer = await tokens.believe(ports, secret.strip())
        else:
            raise Unauthenticated("unknown")  # a credential of a kind that this door cannot read
        return Context(ports, GRAPHQL, viewer, request_id=request.get("request_id", "-"))

    graph = graph_of(settings)
    install_payloads(ports, settings, graph)
    view = GraphQLView(graph, make_context, max_body=settings.max_body_size, graphiql=GraphiQL())
    view.register(app.router)


def _running(settings: Settings, outside: Outside, *, work: bool) -> Callable[[web.Application], AsyncIterator[None]]:
    """What lives as long as the server: connections, and the worker that needs them."""

    async def running(app: web.Application) -> AsyncIterator[None]:
        del app
        config = database_config(settings.database, synchronous=settings.sqlite_synchronous)
        async with connected(config, everywhere=True):
            worker = Worker(outside.ports) if work else None
            if worker is not None:
                outside.bell.ring = worker.nudge
                await worker.start()
            try:
                yield
            finally:
                if worker is not None:
                    await worker.stop()
                await outside.ports.background.drain()
                await outside.close()

    return running
