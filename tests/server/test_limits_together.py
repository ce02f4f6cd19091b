"""Two servers over one database: what a user may do is counted once for both where it can be."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import pytest

from tests.processes import ServerProcess

CEILING, REQUESTS = 20, 60
ME, IMPORT = "/api/v1/me", "/api/v1/bookmarks/import"
FILE = b"<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><A HREF='https://a.example/'>a</A></DL>"


@pytest.fixture
async def start_two(tmp_path, databases):
    """Start two servers over one new database; gives them and a client with the credential of their first user."""
    url = await databases.empty()
    servers = []
    clients = []

    async def start(**settings):
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            servers.append(ServerProcess(folder, url, settings))
            await servers[-1].start()
        clients.append(aiohttp.ClientSession(headers={"Authorization": f"Bearer {servers[0].token}"}))
        return servers, clients[0]

    yield start
    for client in clients:
        await client.close()
    for server in servers:
        await server.stop()
    await databases.drop(url)


@pytest.mark.needs_redis
async def test_two_servers_with_a_redis_let_through_exactly_what_is_allowed(start_two, redis_url, redis_server):
    """And when it is gone they go on serving, each with a count of its own."""
    servers, client = await start_two(POLYMARK_REDIS_URL=redis_url, POLYMARK_BKMARK_RATE_LIMIT=str(CEILING))

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
    try:
        assert [200, 200] == [(await ask(number))[0] for number in range(2)]
    finally:
        redis_server.start()
    assert [1, 1] == [server.log.read_text().count("redis does not answer") for server in servers]


async def test_two_servers_without_one_let_through_exactly_the_imports_of_an_hour(start_two):
    """The database counts them, so a restart forgets none."""
    servers, client = await start_two()

    async def send(number):
        headers = {"Content-Type": "text/html"}
        async with client.post(servers[number % 2].base + IMPORT, data=FILE, headers=headers) as answer:
            return answer.status

    statuses = [await send(0), await send(1), *await asyncio.gather(*(send(number) for number in range(2, 12)))]

    assert {200: 5, 429: 7} == Counter(statuses)
    await servers[0].stop()
    await servers[0].start()
    assert 429 == await send(0)
