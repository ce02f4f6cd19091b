"""A POST under the same guard as every fetch: what webhooks are sent by."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from schema.ports import FetchFailed
from server.outside.fetch import Fetcher
from server.outside.guard import Guard
from server.outside.websites import GuardedWebsites, NoWebsites


class Receiver:
    """Keeps what it is sent; answers with ``status``, after ``gate``."""

    def __init__(self):
        self.got = []
        self.status = 200
        self.headers = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, request):
        self.got.append((request.path, await request.read(), dict(request.headers)))
        await self.gate.wait()
        return web.Response(status=self.status, body=b"x" * 10_000_000, headers=self.headers)


@pytest.fixture
async def receiver(aiohttp_server):
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    server = await aiohttp_server(app)
    receiver.url = f"http://127.0.0.1:{server.port}/in?a=b"
    yield receiver
    receiver.gate.set()


@pytest.fixture
async def fetcher():
    async with Fetcher(guard=Guard(allow_private=True)) as fetcher:
        yield fetcher


async def test_the_very_bytes_and_headers_arrive_and_the_status_comes_back(receiver, fetcher):
    for status in (200, 204, 410, 500):
        receiver.status = status
        headers = {"Content-Type": "application/json", "User-Agent": "Bkmark-Webhooks/1", "X-Own": "1"}

        assert status == await fetcher.post(receiver.url, b'{"a": "\xc3\xbc"}', headers, seconds=5)
    path, body, sent = receiver.got[0]
    assert ("/in", b'{"a": "\xc3\xbc"}') == (path, body)
    assert headers == {name: sent[name] for name in headers}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(receiver, fetcher, status):
    receiver.status, receiver.headers = status, {"Location": "/elsewhere"}

    assert status == await fetcher.post(receiver.url, b"x", {}, seconds=5)
    assert ["/in"] == [path for path, *_ in receiver.got]


async def test_who_does_not_answer_in_time_has_not_taken_it(receiver, fetcher):
    receiver.gate.clear()
    with pytest.raises(FetchFailed, match=r"no answer within 0\.2 s"):
        await fetcher.post(receiver.url, b"x", {}, seconds=0.2)


INSIDE = [
    "http://127.0.0.1:9/", "http://localhost/", "http://x.localhost./", "http://0x7f.1/", "http://[::1]/",
    "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest", "http://[fd00::1]/",
    "http://[::ffff:10.0.0.1]/", "http://0.0.0.0/",
]  # fmt: skip
NONE = [
    "",
    "ftp://a.example/",
    "https://user:secret@a.example/",
    "https://a.example:22/",
    "javascript:1",
    "https:///",
    "x",
]


@pytest.mark.parametrize("url", [*INSIDE, *NONE])
async def test_what_the_text_tells_is_refused_before_anything_is_sent(url):
    async with Fetcher(guard=Guard()) as fetcher:
        with pytest.raises(FetchFailed) as refused:
            fetcher.check(url)
        with pytest.raises(FetchFailed):
            await fetcher.post(url, b"x", {}, seconds=5)

    assert refused.value.permanent


async def test_a_name_that_leads_inside_is_refused_when_connecting(receiver):
    """Nothing in the text tells; the address is looked at when the socket is made."""
    port = receiver.url.rpartition(":")[2]
    websites = GuardedWebsites(guard=NoLiterals())
    try:
        with pytest.raises(FetchFailed) as refused:
            await websites.deliver(f"http://127.0.0.1:{port}", b"x", {}, seconds=5)
    finally:
        await websites.close()

    assert refused.value.permanent
    assert [] == receiver.got


class NoLiterals(Guard):
    """Lets every text pass the first look, so that only the look at connect time is left."""

    looks = 0

    def allows(self, address):
        self.looks += 1
        return self.looks == 1 or super().allows(address)


@pytest.mark.parametrize("kind", [GuardedWebsites, NoWebsites])
async def test_a_server_that_fetches_nothing_sends_all_the_same(receiver, kind):
    websites = kind(allow_private=True)
    try:
        websites.check(receiver.url)
        status = await websites.deliver(receiver.url, b"x", {}, seconds=5)
    finally:
        await websites.close()

    assert (200, 1) == (status, len(receiver.got))
