"""The whole server over HTTP: what belongs to no single door."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from tortoise.exceptions import OperationalError

from server import health
from server.addresses import Addresses
from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.factories import make_bookmark


@pytest.fixture
async def web_client(ann, ports, aiohttp_client):
    settings = load_settings(None)
    return await aiohttp_client(make_routes(settings, ports, Signer(b"k" * 32, ports.clock)))


async def test_health_says_which_linkding_we_speak(web_client):
    """Section 24, GET /health: without a credential."""
    answer = await web_client.get("/health")

    assert 200 == answer.status
    assert {"version": "1.46.2", "status": "healthy", "polymark": "0.1.0"} == await answer.json()


async def test_health_is_500_when_the_database_is_gone(web_client, monkeypatch):
    """Section 24, GET /health."""

    def gone():
        raise OperationalError("no such host")

    monkeypatch.setattr(health, "current", gone)
    answer = await web_client.get("/health")

    assert 500 == answer.status
    assert "unhealthy" == (await answer.json())["status"]


async def test_a_browser_at_the_bare_address_is_shown_the_way_in(web_client):
    answer = await web_client.get("/", headers={"Accept": "text/html"})

    assert (200, "/login") == (answer.status, answer.url.path)
    assert "Sign in" in await answer.text()


QUERY = {"query": "{ viewer { username } }"}


@pytest.mark.parametrize(
    ("scheme", "status", "viewer"),
    [("Bearer {}", 200, {"username": "ann"}), ("token {}", 200, {"username": "ann"}), (None, 200, None)],
)
async def test_graphql_believes_a_token_and_takes_nobody_for_nobody(scheme, status, viewer, web_client, ann):
    headers = {"Authorization": scheme.format(ann.secret)} if scheme else {}
    answer = await web_client.post("/graphql", json=QUERY, headers=headers)

    assert (status, viewer) == (answer.status, (await answer.json())["data"]["viewer"])


@pytest.mark.parametrize("header", ["Bearer wrong-token-of-some-length", "Bearer", "Bearer ", "Basic YTpi", "nonsense"])
async def test_graphql_refuses_a_credential_it_cannot_believe(header, web_client):
    answer = await web_client.post("/graphql", json=QUERY, headers={"Authorization": header})

    assert 401 == answer.status
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "UNAUTHENTICATED" == (await answer.json())["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("path", ["/graphql", "/api/bookmarks/", "/uploads/x", "/health"])
async def test_pages_of_other_origins_may_call_every_door(path, web_client):
    """Without cookies: no Access-Control-Allow-Credentials."""
    headers = {"Origin": "https://app.example", "Access-Control-Request-Headers": "authorization,content-type"}
    method = {"/graphql": "POST", "/uploads/x": "PUT"}.get(path, "GET")
    preflight = await web_client.options(path, headers=headers | {"Access-Control-Request-Method": method})

    assert 200 == preflight.status
    assert "https://app.example" == preflight.headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers


async def test_one_bookmark_is_the_same_through_both_doors(web_client, ann):
    row = await make_bookmark(ann, title="Seen twice", tag_names=["x"])
    token = {"Authorization": f"Bearer {ann.secret}"}
    rest = await (await web_client.get(f"/api/bookmarks/{row.id}", headers=token)).json()
    query = {"query": f"{{ bookmark(databaseId: {row.id}) {{ databaseId title tagNames }} }}"}
    graph = await (await web_client.post("/graphql", json=query, headers=token)).json()

    assert {"databaseId": row.id, "title": "Seen twice", "tagNames": ["x"]} == graph["data"]["bookmark"]
    assert (row.id, "Seen twice", ["x"]) == (rest["id"], rest["title"], rest["tag_names"])


async def test_an_unknown_address_is_404_with_a_request_id(web_client):
    answer = await web_client.get("/nowhere", headers={"X-Request-Id": "mine-1"})

    assert (404, "mine-1") == (answer.status, answer.headers["X-Request-Id"])


FORWARDED = {"Host": "inside:3000", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "links.example, proxy"}


@pytest.mark.parametrize(
    ("given", "remote", "base"),
    [
        ({}, "127.0.0.1", "http://inside:3000"),
        ({"trusted_proxies": "10.0.0.0/8"}, "127.0.0.1", "http://inside:3000"),
        ({"trusted_proxies": "127.0.0.0/8"}, "127.0.0.1", "https://links.example"),
        ({"trusted_proxies": "127.0.0.0/8", "base_url": "https://set.example/"}, "127.0.0.1", "https://set.example"),
        ({"trusted_proxies": "127.0.0.0/8"}, None, "http://inside:3000"),
        ({"trusted_proxies": "127.0.0.0/8"}, "unix:", "http://inside:3000"),
    ],
)
def test_only_a_trusted_proxy_says_how_the_outside_calls_us(given, remote, base):
    """LD-HTTP-13, hardened; a base address in the settings wins."""
    request = make_mocked_request("GET", "/", headers=FORWARDED).clone(remote=remote)

    assert base == Addresses(load_settings(None, **given)).base(request)
