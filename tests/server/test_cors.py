"""Web pages of other origins: linkding's door, with CORS laid over (replaces LD-HTTP-11)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from rest_compat.dialect import Cors, Dialect, Endpoint, Place, mount
from rest_compat.house import House
from schema.context import ANONYMOUS
from schema.door import Door
from server.cors import allow_origins
from tests.rest_compat.conftest import anonymous, linkding, serve  # noqa: F401 - fixtures

ORIGIN = {"Origin": "https://app.example"}
PREFLIGHT = ORIGIN | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


async def hello(request):
    return web.Response(text="hello")


async def nobody(request, ports):
    return ANONYMOUS


OWN = Dialect(
    name="own",
    places=(Place(("/own",), (Endpoint("", {"GET": hello}, public=frozenset({"GET"})),)),),
    door=Door("own"),
    check=lambda request, endpoint: None,
    believe=nobody,
    encode_error=lambda trouble: web.Response(status=404),
    finish=lambda response, endpoint: None,
    cors=Cors(("PUT", "POST"), ("Authorization",), 1_728_000),
)


@pytest.mark.parametrize("origins", [("*",), ("https://app.example",)])
async def test_an_allowed_origin_may_call(serve, ann, origins):  # noqa: F811 - the fixture
    """A preflight needs no credential; an answer, and an error too, may be read."""
    nobody = await serve(origins=origins)
    preflight = await nobody.request("OPTIONS", "/api/bookmarks/", headers=PREFLIGHT)
    answer = await nobody.as_(ann.secret).get("/api/bookmarks/", headers=ORIGIN)
    refused = await nobody.get("/api/bookmarks/", headers=ORIGIN)
    streamed = await nobody.as_(ann.secret).get("/api/bookmarks", headers=ORIGIN)

    assert 200 == preflight.status
    assert ("POST", "AUTHORIZATION") == (
        preflight.headers["Access-Control-Allow-Methods"],
        preflight.headers["Access-Control-Allow-Headers"].upper(),
    )
    assert [200, 401, 200] == [answer.status, refused.status, streamed.status]
    for one in (preflight, answer, refused, streamed):
        assert "https://app.example" == one.headers["Access-Control-Allow-Origin"]
        assert "Access-Control-Allow-Credentials" not in one.headers
    assert "Accept, Accept-Language, Cookie, Origin" == answer.headers["Vary"]


async def test_another_origin_may_not(serve, ann):  # noqa: F811 - the fixture
    client = (await serve(origins=("https://app.example",))).as_(ann.secret)
    other = {"Origin": "https://other.example"}
    preflight = await client.request("OPTIONS", "/api/bookmarks/", headers=PREFLIGHT | other)
    answer = await client.get("/api/bookmarks/", headers=other)

    assert 403 == preflight.status
    assert (200, False) == (answer.status, "Access-Control-Allow-Origin" in answer.headers)


async def test_without_origins_there_is_no_cors(serve, ann):  # noqa: F811 - the fixture
    client = (await serve()).as_(ann.secret)

    assert 405 == (await client.request("OPTIONS", "/api/bookmarks/", headers=PREFLIGHT)).status
    assert "Access-Control-Allow-Origin" not in (await client.get("/api/bookmarks/", headers=ORIGIN)).headers


async def test_options_that_are_no_preflight_are_the_doors_own(serve, ann):  # noqa: F811 - the fixture
    """LD-HTTP-7."""
    client = (await serve(origins=("*",))).as_(ann.secret)
    answer = await client.request("OPTIONS", "/api/tags/1/", headers=ORIGIN)

    assert (200, "GET, DELETE, HEAD, OPTIONS") == (answer.status, answer.headers["Allow"])


class TestOfADialectsOwn:
    """A dialect that answers OPTIONS itself (NC-1.6, S18)."""

    @pytest.fixture
    async def call(self, database, ports):
        """Send OPTIONS, and GET known and unknown addresses; their headers."""
        async with AsyncExitStack() as stack:

            async def start(origins, headers):
                root = web.Application()
                own = partial(allow_origins, origins=origins, own_preflights=True)
                mount(root, OWN, House(ports, lambda _: "http://links.example"), finish=own)
                client = await stack.enter_async_context(TestClient(TestServer(root)))
                requests = (("OPTIONS", "/own"), ("OPTIONS", "/own/unknown"), ("GET", "/own"), ("GET", "/own/unknown"))
                answers = [await client.request(*request, headers=headers) for request in requests]
                assert [200, 200, 200, 404] == [answer.status for answer in answers]
                return [answer.headers for answer in answers]

            yield start

    @pytest.mark.parametrize("origins", [("*",), ("https://app.example",)])
    @pytest.mark.parametrize("headers", [ORIGIN, PREFLIGHT])
    async def test_every_answer_names_an_allowed_origin(self, call, origins, headers):
        answers = await call(origins, headers)

        assert ["https://app.example"] * 4 == [answer["Access-Control-Allow-Origin"] for answer in answers]
        assert ["Origin"] * 4 == [answer["Vary"] for answer in answers]
        assert ["false", "false", None, None] == [answer.get("Access-Control-Allow-Credentials") for answer in answers]

    @pytest.mark.parametrize("origins", [(), ("https://app.example",)])
    async def test_no_answer_names_another(self, call, origins):
        answers = await call(origins, PREFLIGHT | {"Origin": "https://other.example"})

        assert [None] * 4 == [answer.get("Access-Control-Allow-Origin") for answer in answers]

    async def test_who_names_no_origin_is_told_of_all(self, call):
        options, *_ = await call(("*",), {})

        assert ("*", "1728000") == (options["Access-Control-Allow-Origin"], options["Access-Control-Max-Age"])
