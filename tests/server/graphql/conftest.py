"""A door with a small graph behind it, and the programs that knock at it."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from aiohttp import web

from schema.errors import Unauthenticated
from server.graphql.graphiql import GraphiQL
from server.graphql.view import GraphQLView
from tests.schema.execution.sample import sample_schema

ROOT = Path(__file__).parents[3]
WANTED = ROOT / "tests" / "node"
INSTALLED = ROOT / ".node"


async def context_of(request: web.Request) -> object:
    """What the real door does in short: nobody without a credential, 401 with a wrong one."""
    if request.headers.get("Authorization", "Bearer good") != "Bearer good":
        raise Unauthenticated("unknown")
    return {"door": "graphql"}


def make_app(*, max_body: int = 10_000, make_context=context_of, graphiql: bool = True) -> web.Application:
    view = GraphQLView(sample_schema(), make_context, max_body=max_body, graphiql=GraphiQL() if graphiql else None)
    app = web.Application()
    view.register(app.router)
    return app


@pytest.fixture
async def client(aiohttp_client):
    return await aiohttp_client(make_app())


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The packages of tests/node, installed by `npm ci` outside of what git keeps, once for each lock file."""
    lock = hashlib.sha256((WANTED / "package-lock.json").read_bytes()).hexdigest()
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # parallel test processes install once
        stamp = INSTALLED / "installed"
        if not stamp.exists() or stamp.read_text() != lock:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(WANTED / name, INSTALLED / name)
            subprocess.run(  # noqa: S603 - npm, with the lock file of this repository
                [str(shutil.which("npm")), "ci", "--no-audit", "--no-fund"], cwd=INSTALLED, check=True
            )
            stamp.write_text(lock)
    return INSTALLED
