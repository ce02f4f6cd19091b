"""The audits of npm's graphql-http, which the GraphQL over HTTP working group keeps, all pass."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.server.graphql.conftest import make_app

pytestmark = pytest.mark.needs_node


async def test_all_audits_of_graphql_http_are_ok(aiohttp_server, node_packages, capsys):
    """61 of 61: what must, should and may be. Run with -s to see the count."""
    server = await aiohttp_server(make_app())
    process = await asyncio.create_subprocess_exec(
        "node",
        str(Path(__file__).with_name("audit.mjs")),
        str(server.make_url("/graphql")),
        env={**os.environ, "NODE_PACKAGES": str(node_packages)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    audits = json.loads(output)
    ok = [audit for audit in audits if audit["status"] == "ok"]
    with capsys.disabled():
        print(f"\ngraphql-http: {len(ok)} of {len(audits)} audits ok")  # noqa: T201 - the figure is wanted

    assert [] == [audit for audit in audits if audit["status"] != "ok"]
    assert 61 == len(ok)
