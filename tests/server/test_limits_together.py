"""Two servers over one database and one Redis: what a user may do is counted once for both."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import pytest

from tests.processes import ServerProcess

CEILING, REQUESTS = 20, 60
ME = "/api/v1/me"


@pytest.mark.needs_redis
async def test_two_servers_with_a_redis_let_through_exactly_what_is_allowed(
    tmp_path, databases, redis_url, redis_server
):
    """And when it is gone they go on serving, each with a count of its own."""
    url = await databases.empty()
    settings = {"POLYMARK_REDIS_URL": redis_url, "POLYMARK_BKMARK_RATE_LIMIT": str(CEILING)}
    servers = []
    try:
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            servers.append(ServerProcess(folder, url, settings))
            await servers[-1].start()
        headers = {"Authorization": f"Bearer {servers[0].token}"}
        async with aiohttp.ClientSession(headers=headers) as client:

            async def ask(number):
                async with client.get(servers[number % 2].base + ME) as answer:
                    return answer.status, int(answer.headers["X-RateLimit-Remaining"]), number % 2

            first = [await ask(0), await ask(1)]
            seen = first + await asyncio.gather(*(ask(number) for number in range(2, REQUESTS)))
            passed = [(left, server) for status, left, server in seen if status == 200]

            assert {200: CEILING, 429: REQUESTS - CEILING} == Counter(status for status, _, _ in seen)
            assert list(range(CEILING)) == sorted(left for left, _ in passed)
            assert {0, 1} == {server for _, server in passed}
            redis_server.stop()
            assert [200, 200] == [(await ask(number))[0] for number in range(2)]
            assert [0, 0] == [server.log.read_text().count('"level": "error"') for server in servers]
    finally:
        for server in servers:
            await server.stop()
        redis_server.stop()
        redis_server.start()
        await databases.drop(url)
