"""The other endpoints, and what all of them share (RFC 7009, 7662, 8414; BK sections 2.5 and 2.6)."""

from __future__ import annotations

import pytest

from schema.resolvers import oauth_tokens
from tests.rest_compat.bkmark.oauth.conftest import ISSUER, basic, make_program
from tests.rest_compat.bkmark.oauth.test_tokens import shape

FORMS = ("/oauth/token", "/oauth/revoke", "/oauth/introspect")
METADATA = "/.well-known/oauth-authorization-server"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_a_revoked_token_is_worth_nothing(program, ann, kind):
    """A refresh token takes its access tokens along; the hint is only a hint."""
    tokens = await program.enter(ann)
    for hint in ("access_token", None, "x"):
        answer = await program.post("/oauth/revoke", token=tokens[kind], token_type_hint=hint)
        assert (200, {}, "no-store") == (*answer.seen, answer.headers["Cache-Control"])

    assert not await program.may_read()
    assert (400 if kind == "refresh_token" else 200) == (await program.refresh(tokens["refresh_token"])).status


async def test_revoking_is_always_200_for_a_known_client_and_ends_only_its_own(program, public, ann):
    tokens = await program.enter(ann)
    for token in (tokens["access_token"], tokens["refresh_token"], ann.secret, "x", "\0"):
        assert (200, {}) == (await public.post("/oauth/revoke", token=token)).seen

    assert await program.may_read()
    assert 200 == (await program.http.as_(ann.secret, "Bearer").get("/api/v1/tags")).status
    assert 200 == (await program.refresh(tokens["refresh_token"])).status


async def test_who_may_not_revoke(program, ann):
    await program.enter(ann)
    token = program.tokens["access_token"]
    wrong = basic(program.client.client_id, "wrong")

    assert (400, "invalid_request") == shape(await program.post("/oauth/revoke"))
    assert (401, "invalid_client") == shape(await program.post("/oauth/revoke", token=token, client_secret=None))
    answer = await program.post("/oauth/revoke", token=token, client_id=None, client_secret=None, headers=wrong)
    assert (401, 'Basic realm="Polymark"') == (answer.status, answer.headers["WWW-Authenticate"])
    assert (401, "invalid_client") == shape(await program.http.as_(ann.secret, "Bearer").post(
        "/oauth/revoke", data={"token": token}
    ))  # fmt: skip
    assert await program.may_read()


async def test_the_thirty_first_revocation_of_a_minute_is_one_too_many(program):
    for _ in range(30):
        assert 200 == (await program.post("/oauth/revoke", token="x")).status
    answer = await program.post("/oauth/revoke", token="x")

    assert (429, "rate_limited") == shape(answer)
    assert ("30", "0") == (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"])
    assert 400 == (await program.post("/oauth/token")).status  # counted apart


async def test_a_client_looks_at_its_own_tokens(program, ann):
    tokens = await program.enter(ann)
    answer = await program.post("/oauth/introspect", token=tokens["access_token"])
    body = answer.body

    assert (200, "no-store") == (answer.status, answer.headers["Cache-Control"])
    assert {
        "active": True,
        "scope": "bookmarks:read tags:read",
        "client_id": program.client.client_id,
        "username": "ann",
        "token_type": "Bearer",
        "exp": body["iat"] + 3600,
        "iat": body["iat"],
        "sub": ann.user.uid,
        "iss": ISSUER,
    } == body
    following = await program.post("/oauth/introspect", token=tokens["refresh_token"])
    assert ("refresh_token", True) == (following.body["token_type"], following.body["active"])


async def test_of_anything_else_nothing_is_said(program, public, ann, ben, ports):
    """Also of a token that was: revoked, expired, spent."""
    tokens = await program.enter(ann)
    other = await make_program(program.http, ben)
    code = await program.ask(ann)
    for token in (ann.secret, code, program.secret, "x", "\0"):
        assert (200, {"active": False}) == (await program.post("/oauth/introspect", token=token)).seen
    assert (200, {"active": False}) == (await other.post("/oauth/introspect", token=tokens["access_token"])).seen
    assert (401, "invalid_client") == shape(await public.post("/oauth/introspect", token=tokens["access_token"]))
    assert (400, "invalid_request") == shape(await program.post("/oauth/introspect"))
    await program.refresh(tokens["refresh_token"])
    assert {"active": False} == (await program.post("/oauth/introspect", token=tokens["refresh_token"])).body
    ports.clock.forward(hours=1)
    assert {"active": False} == (await program.post("/oauth/introspect", token=tokens["access_token"])).body


async def test_the_metadata_says_what_there_is(program):
    """RFC 8414, with the addresses that the sender sees; ``issuer`` is the ``iss`` of RFC 9207."""
    answer = await program.http.get(METADATA)

    assert 200 == answer.status
    assert {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/oauth/authorize",
        "token_endpoint": f"{ISSUER}/oauth/token",
        "revocation_endpoint": f"{ISSUER}/oauth/revoke",
        "introspection_endpoint": f"{ISSUER}/oauth/introspect",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": [
            "bookmarks:read", "bookmarks:write", "tags:read", "tags:write", "groups:read", "groups:write",
            "search:read",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    } == answer.body  # fmt: skip
    for path in FORMS:
        assert f"{ISSUER}{path}" in answer.body.values()
    assert (405, "invalid_request") == shape(await program.http.post(METADATA))


@pytest.mark.parametrize("path", FORMS)
async def test_every_trouble_has_the_shape_of_oauth(serve, path, ann, monkeypatch):
    program = await make_program(await serve(max_body_size=2000), ann)
    http = program.http
    form = program.credentials | {"token": "x"}
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await http.request(method, path)
        assert (405, "invalid_request") == shape(answer)
        assert "POST, OPTIONS" == answer.headers["Allow"]
    assert 405 == (await http.request("HEAD", path)).status
    assert (415, "invalid_request") == shape(await http.post(path, json=form))
    assert (415, "invalid_request") == shape(await http.post(path, data=b"token=x"))
    assert (415, "invalid_request") == shape(
        await http.post(path, data=b"token=x", headers={"Content-Type": "text/plain"})
    )
    assert (413, "invalid_request") == shape(await program.post(path, token="x" * 2000))
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    many = b"&".join(b"a%d=x" % number for number in range(300))
    assert (401, "invalid_client") == shape(await http.post(path, data=many[:1999], headers=urlencoded))
    assert (401, "invalid_client") == shape(await http.post(path, data=b"\xff=%ff&%zz", headers=urlencoded))
    assert (401, "invalid_client") == shape(await http.post(path, data=b"", headers=urlencoded))

    async def fail(*_, **__):
        raise ZeroDivisionError

    for name in ("refresh", "revoke", "introspect"):
        monkeypatch.setattr(oauth_tokens, name, fail)
    answer = await program.post(path, token="x", grant_type="refresh_token", refresh_token="x")
    assert (500, "server_error") == shape(answer)
    assert b"ZeroDivision" not in answer.raw


async def test_what_is_not_there_has_the_shape_of_oauth_too(anonymous):
    for path in ("/oauth", "/oauth/", "/oauth/x", "/oauth/token/x", "/.well-known/x"):
        answer = await anonymous.get(path)
        assert (404, ["error", "error_description"]) == (answer.status, list(answer.body)), path
    assert 405 == (await anonymous.get("/oauth/token/")).status  # with and without the slash it is the same


async def test_a_page_of_another_origin_may_be_a_public_client(serve, ann):
    """Single-page applications exchange their codes in the browser, where the setting lets them (CORS)."""
    program = await make_program(await serve(origins=("https://client.example",)), ann, public=True)
    headers = {"Origin": "https://client.example"}
    answer = await program.exchange(await program.ask(ann), headers=headers)
    asked = headers | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = await program.http.request("OPTIONS", "/oauth/token", headers=asked)

    assert (200, "https://client.example") == (answer.status, answer.headers["Access-Control-Allow-Origin"])
    assert (200, "https://client.example") == (preflight.status, preflight.headers["Access-Control-Allow-Origin"])
