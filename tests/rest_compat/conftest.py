"""Clients of the dialects, as their own programs would call: an answer is status, headers and body."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDict
from yarl import URL

from rest_compat.dialect import Dialect, mount
from rest_compat.house import MAX_BODY_SIZE, House
from rest_compat.streams import Streams
from schema.ports import Limits, Ports
from server.addresses import Addresses
from server.cors import allow_origins
from server.paths import accept_odd_paths
from server.request_log import install_request_log
from server.settings import Settings, load_settings
from tests.factories import Person

HOST = "links.example"


@dataclass(slots=True)
class Answer:
    """What came back; ``body`` is the decoded JSON, or None when there is none, ``raw`` the bytes."""

    status: int
    headers: CIMultiDict[str]
    raw: bytes
    body: Any = None

    @property
    def seen(self) -> tuple[int, Any]:
        """Status and body, for comparing both at once."""
        return self.status, self.body


@dataclass(slots=True)
class Client:
    """A client with a token, or without one."""

    http: TestClient[Any, Any]
    token: str | None = None
    scheme: str = "Token"
    headers: dict[str, str] = field(default_factory=dict)

    async def request(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> Answer:
        """Send a request; the path is sent as it stands, ``json``, ``data`` as aiohttp takes them."""
        sent = {"Host": HOST} | self.headers
        if self.token is not None:
            sent["Authorization"] = f"{self.scheme} {self.token}"
        sent |= headers or {}
        skip = [] if "Content-Type" in sent or "json" in body or "data" in body else ["Content-Type"]
        if isinstance(body.get("data"), bytes) and "Content-Type" not in sent:
            skip.append("Content-Type")
        url = URL(path, encoded=True)
        async with self.http.request(
            method, url, headers=sent, allow_redirects=False, skip_auto_headers=skip, **body
        ) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json" and raw
            return Answer(response.status, CIMultiDict(response.headers), raw, orjson.loads(raw) if is_json else None)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Any) -> Answer:
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> Answer:
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        return await self.request("DELETE", path, **options)

    async def raw(self, request: bytes) -> Answer:
        """Send these very bytes over a connection of their own and read one answer, to its end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.http.port)
        try:
            writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            await writer.drain()
            head, _, raw = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = CIMultiDict(line.split(": ", 1) for line in lines)
        is_json = headers.get("Content-Type", "").startswith("application/json")
        return Answer(int(first.split(" ")[1]), headers, raw, orjson.loads(raw) if is_json and raw else None)

    def as_(self, token: str | None, scheme: str = "Token") -> Client:
        """The same with another token, or none."""
        return dataclasses.replace(self, token=token, scheme=scheme)


Serve = Callable[..., Awaitable[Client]]


@cache
def settings_of(**given: Any) -> Settings:
    """The settings with these; to read them takes longer than most requests."""
    return load_settings(None, **given)


@pytest.fixture
async def serve(database: str, ports: Ports, doors: tuple[Dialect, ...]) -> AsyncIterator[Serve]:
    """Start a server; gives a client without a token. ``limits``, ``max_body_size`` and ``streams`` are the house's."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            limits: Limits | None = None,
            max_body_size: int = MAX_BODY_SIZE,
            streams: Streams | None = None,
            origins: tuple[str, ...] = (),
            odd_paths: bool = False,
            dialects: tuple[Dialect, ...] = doors,
            **given: Any,
        ) -> Client:
            own = dataclasses.replace(ports, limits=limits or ports.limits)
            settings = settings_of(**given)
            addresses = Addresses(settings)
            house = House(
                own,
                addresses.base,
                max_body_size,
                streams or Streams(),
                sender=addresses.sender,
                nextcloud_ids=settings.nextcloud_ids,
                bkmark_rate_limit=settings.bkmark_rate_limit,
            )
            root = web.Application()
            install_request_log(root)
            for dialect in dialects:
                own = dialect.cors is not None
                mount(root, dialect, house, finish=partial(allow_origins, origins=origins, own_preflights=own))
            if odd_paths:
                accept_odd_paths(root, addresses.prefix)
            http = TestClient(TestServer(root))
            await stack.enter_async_context(http)
            return Client(http)

        yield start


@pytest.fixture
async def anonymous(serve: Serve) -> Client:
    """Somebody without a credential."""
    return await serve()


@pytest.fixture
async def linkding(anonymous: Client, ann: Person) -> Client:
    """Ann's linkding client."""
    return anonymous.as_(ann.secret)


@pytest.fixture
async def linkding_ben(anonymous: Client, ben: Person) -> Client:
    """Ben's linkding client."""
    return anonymous.as_(ben.secret)
