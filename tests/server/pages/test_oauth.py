"""The authorization server in one piece: the page on the root, the endpoints below it, one issuer over both."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from tests.schema.oauth import CALLBACK, VERIFIER, ask, make_client, parameters, read

METADATA = "/.well-known/oauth-authorization-server"


@pytest.fixture
async def client(ben):
    return (await make_client(ben, public=True))[0]


def authorize(client, **changes):
    return f"/oauth/authorize?{urlencode(parameters(client, **changes))}"


async def test_the_page_wins_over_the_endpoints_beside_it(browser, client):
    """Strangers are led to sign in, a wrong client gets a page; all that is not the page's is the endpoints'."""
    shown, wrong = await browser.get(authorize(client)), await browser.get("/oauth/authorize")
    posted = await browser.post("/oauth/authorize", csrf="")

    assert (303, "/login") == (shown.status, shown.to.partition("?")[0])
    assert (400, None, "text/html") == (wrong.status, wrong.to, wrong.headers["Content-Type"].partition(";")[0])
    assert (303, "/login") == (posted.status, posted.to.partition("?")[0])
    for page, status, error in (
        (await browser.post("/oauth/token", csrf=""), 401, "invalid_client"),
        (await browser.get("/oauth/token"), 405, "invalid_request"),
        (await browser.get("/oauth/x"), 404, "invalid_request"),
        (await browser._ask("PUT", "/oauth/authorize", {}), 405, "invalid_request"),
        (await browser._ask("DELETE", "/oauth/authorize", {}), 405, "invalid_request"),
    ):
        assert (status, error) == (page.status, json.loads(page.text)["error"])
    assert "GET, POST, HEAD, OPTIONS" == page.headers["Allow"]
    assert 200 == (await browser.get(METADATA)).status


TRICKS = (
    CALLBACK + "/",
    CALLBACK.upper(),
    "https://client.example:443/cb",
    "https://client.example:8443/cb",
    "https://user@client.example/cb",
    "https://client.example@evil.example/cb",
    CALLBACK + "#x",
    CALLBACK + "?x",
    "https://client.example/x/../cb",
    "https://client.example//cb",
    "https://client.example/%63b",
    "https://evil.example/cb",
    "//evil.example/cb",
    "javascript:alert(1)",
    CALLBACK + "\r\nLocation: x",
    CALLBACK + "\0",
)


async def test_a_redirect_uri_that_differs_in_anything_is_refused(signed_in, client):
    """BK11: one extra slash, and every other trick; nobody is sent anywhere, on the way in or out."""
    for uri in TRICKS:
        page = await signed_in.get(authorize(client, redirect_uri=uri))
        fields = dict(parameters(client, redirect_uri=uri))
        answered = await signed_in.post("/oauth/authorize", answer="allow", **fields)

        assert (400, None, 400, None) == (page.status, page.to, answered.status, answered.to), uri
    assert 200 == (await signed_in.get(authorize(client))).status


@pytest.mark.parametrize(
    ("settings", "headers", "issuer"),
    [
        ({}, {"Host": "links.example"}, "http://links.example"),
        ({"base_url": "https://links.example/cloud"}, {}, "https://links.example/cloud"),
        (
            {"trusted_proxies": "127.0.0.0/8,::1/128"},
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "links.example"},
            "https://links.example",
        ),
        ({}, {"Host": "links.example", "X-Forwarded-Host": "evil.example"}, "http://links.example"),
    ],
)
async def test_the_metadata_and_the_answers_name_the_same_issuer(site, client, settings, headers, issuer):
    """A client of several servers knows which one answered (RFC 9207, against mix-up)."""
    browser = await site(headers, **settings)
    told = json.loads((await browser.get(METADATA)).text)
    await browser.sign_in()
    refused = await browser.get(authorize(client, scope="x"))
    granted = await browser.post("/oauth/authorize", answer="allow", **dict(parameters(client)))
    denied = await browser.post("/oauth/authorize", answer="deny", **dict(parameters(client)))

    assert (issuer, f"{issuer}/oauth/token") == (told["issuer"], told["token_endpoint"])
    for page, expected in ((refused, "invalid_scope"), (granted, None), (denied, "access_denied")):
        assert (303, issuer, expected) == (page.status, read(page.to)["iss"], read(page.to).get("error"))


async def test_a_code_from_elsewhere_is_none_of_ours(browser, client, ann):
    """Mix-up from the other side: a client brings what another server gave it."""
    form = {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    theirs = await browser.post("/oauth/token", code="c_" + "0" * 64, **form)
    ours = await browser.post("/oauth/token", code=await ask(ann, client), **form)

    assert (400, "invalid_grant", 200) == (theirs.status, json.loads(theirs.text)["error"], ours.status)
