"""The server as it is, with a hello-world route of its own beside the doors: what everything is measured against."""

from __future__ import annotations

import sys

from aiohttp import web

import server.app
from server.cli import run

make_app = server.app.make_app


async def hello(_request: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


def make_app_with_hello(*arguments, **options) -> web.Application:
    app = make_app(*arguments, **options)
    app.router.add_get("/hello", hello)
    return app


if __name__ == "__main__":
    server.app.make_app = make_app_with_hello
    sys.exit(run(sys.argv[1:]))
