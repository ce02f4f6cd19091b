"""What the cookie opens beside the pages: /graphql, from our own pages, and nothing else."""

from __future__ import annotations

import pytest

QUERY = "{ viewer { username } }"
MUTATION = 'mutation { setAutoTaggingRules(rules: "a b") { __typename } }'
JSON = {"Accept": "application/json"}


@pytest.fixture
async def ask(signed_in):
    """Asks /graphql with the cookie; status and answer."""

    async def ask(method="POST", query=QUERY, **headers):
        cookie = {"Cookie": f"polymark={signed_in.cookies['polymark']}"}
        given = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
        answer = await signed_in.client.request(method, "/graphql", headers=JSON | cookie | headers, **given)
        return answer.status, await answer.json(content_type=None)

    return ask


def own(signed_in):
    return str(signed_in.client.make_url("")).rstrip("/")


def viewer(answer):
    return answer["data"]["viewer"]


async def test_our_own_pages_ask_as_who_is_signed_in(ask, signed_in):
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": own(signed_in)}, {"X-Requested-With": "a script"}):
        for query, name in ((QUERY, "viewer"), (MUTATION, "setAutoTaggingRules")):
            status, answer = await ask(query=query, **headers)

            assert 200 == status, headers
            assert answer["data"][name], headers


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "X-Requested-With": "x"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "X-Requested-With": "x"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_page_of_another_site_is_refused(ask, method, headers):
    status, answer = await ask(method, **headers)

    assert 403 == status
    assert "FORBIDDEN" == answer["errors"][0]["extensions"]["code"]


async def test_a_post_that_says_nothing_of_itself_is_refused_and_a_read_is_not(ask):
    assert 403 == (await ask())[0]
    assert 200 == (await ask("GET"))[0]


async def test_a_get_changes_nothing(ask):
    assert 405 == (await ask("GET", MUTATION, **{"Sec-Fetch-Site": "same-origin"}))[0]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_body_that_a_plain_form_can_send_is_refused(signed_in, media_type):
    cookie = {"Cookie": f"polymark={signed_in.cookies['polymark']}", "Sec-Fetch-Site": "same-origin"}
    answer = await signed_in.client.post("/graphql", data=b"{}", headers=JSON | cookie | {"Content-Type": media_type})

    assert 415 == answer.status


async def test_a_token_goes_before_the_cookie(ask, ben):
    status, answer = await ask(Authorization=f"Bearer {ben.secret}", Origin="https://app.example")
    wrong, _ = await ask(Authorization="Bearer wrong-token-of-some-length")

    assert (200, {"username": "ben"}) == (status, viewer(answer))
    assert 401 == wrong


async def test_a_session_that_is_over_is_nobodys(ask, ports):
    ports.clock.forward(days=31)
    status, answer = await ask(**{"Sec-Fetch-Site": "cross-site"})

    assert (200, None) == (status, viewer(answer))


@pytest.mark.parametrize(
    "path", ["/api/bookmarks/", "/api/user/profile/", "/index.php/apps/bookmarks/public/rest/v2/bookmark"]
)
async def test_the_cookie_opens_no_other_door(signed_in, path):
    page = await signed_in.get(path, **{"Sec-Fetch-Site": "same-origin"})

    assert 401 == page.status


@pytest.mark.parametrize(("method", "path"), [("GET", "bookmarks"), ("GET", "api-keys"), ("POST", "bookmarks")])
async def test_bk2_the_cookie_opens_nothing_of_bkmarks_api(signed_in, method, path):
    """BK2: a valid session cookie and no bearer token is 401, from a page of our own too."""
    assert 200 == (await signed_in.get("/settings")).status
    cookie = {"Cookie": f"polymark={signed_in.cookies['polymark']}", "Sec-Fetch-Site": "same-origin"}
    answer = await signed_in.client.request(method, f"/api/v1/{path}", headers=cookie)
    body = await answer.json()

    assert (401, {"error", "message", "statusCode"}) == (answer.status, set(body))
    assert ("unauthorized", 401) == (body["error"], body["statusCode"])


@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
async def test_the_cookie_is_nothing_to_the_endpoints_that_programs_use(signed_in, path):
    page = await signed_in.post(f"/oauth/{path}", token="x", grant_type="refresh_token", refresh_token="x")

    assert 401 == page.status
    assert '"error":"invalid_client"' in page.text


async def test_pages_of_other_origins_never_get_to_send_the_cookie(signed_in):
    """A preflight with credentials needs Access-Control-Allow-Credentials, which nobody is given."""
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    answer = await signed_in.client.options("/graphql", headers=headers)

    assert "Access-Control-Allow-Credentials" not in answer.headers
