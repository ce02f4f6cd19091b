"""Web pages of other origins: linkding's door, with CORS laid over (replaces LD-HTTP-11)."""

from __future__ import annotations

import pytest

from tests.rest_compat.conftest import anonymous, linkding, serve  # noqa: F401 - fixtures

ORIGIN = {"Origin": "https://app.example"}
PREFLIGHT = ORIGIN | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


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
