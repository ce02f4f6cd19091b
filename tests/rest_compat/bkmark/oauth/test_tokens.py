"""``POST /oauth/token`` at the wire (BK sections 2.3, 2.4 and 2.6)."""

from __future__ import annotations

import re

from models import OAuthGrant, Token, User
from schema.resolvers import oauth_clients
from tests.rest_compat.bkmark.oauth.conftest import basic, make_program
from tests.schema.oauth import CALLBACK, VERIFIER

ANSWER = ["access_token", "token_type", "expires_in", "refresh_token", "scope"]


def shape(answer):
    """Status and error of a refusal, after a look at its form."""
    assert ["error", "error_description"] == list(answer.body)
    assert answer.body["error_description"]
    assert ("application/json; charset=utf-8", "no-store", "no-cache") == (
        answer.headers["Content-Type"],
        answer.headers["Cache-Control"],
        answer.headers["Pragma"],
    )
    return answer.status, answer.body["error"]


async def test_a_code_gives_tokens_that_open_the_api(program, public, ann):
    """A confidential and a public client, each with PKCE; nobody on the way may keep the answer."""
    for client in (program, public):
        answer = await client.exchange(await client.ask(ann))

        assert (200, "no-store", "no-cache") == (
            answer.status,
            answer.headers["Cache-Control"],
            answer.headers["Pragma"],
        )
        assert ANSWER == list(answer.body)
        assert ("Bearer", 3600, "bookmarks:read tags:read") == (
            answer.body["token_type"],
            answer.body["expires_in"],
            answer.body["scope"],
        )
        assert re.fullmatch(r"bkr_[0-9a-f]{32}", answer.body["refresh_token"])
        api = client.bearer(answer.body["access_token"])
        assert 200 == (await api.get("/api/v1/tags")).status
        assert (403, "insufficient_scope") == ((no := await api.get("/api/v1/groups")).status, no.body["error"])
        assert 200 == (await api.get("/api/tags/")).status  # any token works at every door


async def test_the_vector_is_accepted_and_one_character_less_is_not(program, ann):
    """BK10: a verifier that differs in one character is refused."""
    for wrong in (VERIFIER[:-1] + "K", "e" + VERIFIER[1:], VERIFIER.swapcase()):
        answer = await program.exchange(await program.ask(ann), code_verifier=wrong)

        assert (400, "invalid_grant") == shape(answer)
    assert 200 == (await program.exchange(await program.ask(ann))).status


async def test_a_code_works_once_and_coming_again_ends_its_tokens(program, ann):
    code = await program.ask(ann)
    first = await program.exchange(code)
    again = await program.exchange(code)

    assert (400, "invalid_grant") == shape(again)
    assert "The code was already used." in again.body["error_description"]
    answer = await program.bearer(first.body["access_token"]).get("/api/v1/tags")
    assert (401, ["error", "message", "statusCode"]) == (answer.status, list(answer.body))
    assert (400, "invalid_grant") == shape(await program.refresh(first.body["refresh_token"]))


async def test_a_refresh_token_works_once(program, public, ann):
    """BK9: the second use fails, the answer to the first holds a different one; and the family ends."""
    for client in (program, public):
        first = await client.enter(ann)
        second = await client.refresh(first["refresh_token"])

        assert (200, ANSWER) == (second.status, list(second.body))
        assert first["refresh_token"] != second.body["refresh_token"]
        assert await client.may_read(second.body["access_token"])
        assert (400, "invalid_grant") == shape(await client.refresh(first["refresh_token"]))
        assert not await client.may_read(first["access_token"])
        assert not await client.may_read(second.body["access_token"])
        assert (400, "invalid_grant") == shape(await client.refresh(second.body["refresh_token"]))


async def test_scopes_narrow_and_do_not_widen(program, ann):
    tokens = await program.enter(ann)
    wider = await program.refresh(tokens["refresh_token"], scope="tags:read bookmarks:write")
    narrow = await program.refresh(tokens["refresh_token"], scope="bookmarks:read")
    whole = await program.refresh(narrow.body["refresh_token"])

    assert (400, "invalid_scope") == shape(wider)
    assert ("bookmarks:read", "bookmarks:read tags:read") == (narrow.body["scope"], whole.body["scope"])
    assert 403 == (await program.bearer(narrow.body["access_token"]).get("/api/v1/tags")).status


WRONG = (
    ({"grant_type": None}, 400, "invalid_request"),
    ({"grant_type": ""}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
    ({"grant_type": "AUTHORIZATION_CODE"}, 400, "unsupported_grant_type"),
    ({"code": None}, 400, "invalid_request"),
    ({"code": "c_x"}, 400, "invalid_grant"),
    ({"code": "\0\ufffd"}, 400, "invalid_grant"),
    ({"redirect_uri": None}, 400, "invalid_request"),
    ({"redirect_uri": CALLBACK + "/"}, 400, "invalid_grant"),
    ({"code_verifier": None}, 400, "invalid_grant"),
    ({"client_id": None}, 401, "invalid_client"),
    ({"client_id": "bk_" + "0" * 24}, 401, "invalid_client"),
    ({"client_id": "x\0"}, 401, "invalid_client"),
    ({"client_secret": None}, 401, "invalid_client"),
    ({"client_secret": "bks_" + "0" * 64}, 401, "invalid_client"),
    ({"client_secret": "\ufffd"}, 401, "invalid_client"),
    ({"grant_type": "refresh_token"}, 400, "invalid_request"),
    ({"grant_type": "refresh_token", "refresh_token": "bkr_x"}, 400, "invalid_grant"),
)


async def test_what_is_wrong_with_a_request_has_a_code(program, ann):
    """And the code is still good afterwards."""
    code = await program.ask(ann)
    for changes, status, error in WRONG:
        answer = await program.exchange(code, **changes)

        assert (status, error) == shape(answer), changes
        assert "WWW-Authenticate" not in answer.headers
    assert 200 == (await program.exchange(code)).status


async def test_a_parameter_that_comes_twice_is_refused(program, ann):
    code = await program.ask(ann)
    form = {**program.credentials, "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    for name, value in form.items():
        pairs = [*form.items(), ("code_verifier", VERIFIER), (name, value)]
        assert (400, "invalid_request") == shape(await program.http.post("/oauth/token", data=pairs)), name

    assert 200 == (await program.exchange(code, scope="")).status


async def test_credentials_may_come_as_basic(program, public, ann):
    """Form-encoded before (RFC 6749, section 2.3.1); a public client has an empty secret."""
    none = {"client_id": None, "client_secret": None}
    for client in (program, public):
        id = client.client.client_id
        headers = basic(id.replace("_", "%5F"), (client.secret or "").replace("_", "%5f"))
        answer = await client.exchange(await client.ask(ann), headers=headers, **none)
        assert 200 == answer.status
        again = await client.refresh(answer.body["refresh_token"], headers=headers, **none | {"client_id": id})
        assert 200 == again.status


async def test_wrong_basic_is_401_and_names_the_scheme(program, ann):
    id, secret = program.client.client_id, program.secret
    code = await program.ask(ann)
    for headers in (
        basic(id, "bks_" + "0" * 64),
        basic(id, ""),
        basic("bk_" + "0" * 24, secret),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic eA=="},
        {"Authorization": "Basic /w=="},
        {"Authorization": f"Bearer {ann.secret}"},
        {"Authorization": "\u00ff"},
    ):
        answer = await program.exchange(code, headers=headers, client_id=None, client_secret=None)

        assert (401, "invalid_client") == shape(answer), headers
        assert 'Basic realm="Polymark"' == answer.headers["WWW-Authenticate"]
    assert 200 == (await program.exchange(code)).status


async def test_credentials_in_two_places_are_refused(program, public, ann):
    """Even if both are right (RFC 6749, section 2.3)."""
    code = await program.ask(ann)
    headers = basic(program.client.client_id, program.secret)
    for changes in ({}, {"client_secret": None, "client_id": public.client.client_id}):
        assert (400, "invalid_request") == shape(await program.exchange(code, headers=headers, **changes))

    assert 200 == (await program.exchange(code, headers=headers, client_secret=None)).status


async def test_credentials_in_the_address_are_not_looked_at(program, ann):
    code = await program.ask(ann)
    id, secret = program.client.client_id, program.secret
    path = f"/oauth/token?client_id={id}&client_secret={secret}&code={code}&grant_type=authorization_code"
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}

    assert (401, "invalid_client") == shape(await program.http.post(path, data=form))


async def test_codes_and_tokens_of_another_client_are_worth_nothing(program, public, ann, ben):
    """Neither side loses anything: knowing of a code is not having it."""
    other = await make_program(program.http, ben)
    code = await program.ask(ann)
    for thief in (other, public):
        assert (400, "invalid_grant") == shape(await thief.exchange(code))
    tokens = (await program.exchange(code)).body
    for thief in (other, public):
        assert (400, "invalid_grant") == shape(await thief.refresh(tokens["refresh_token"]))

    assert await program.may_read(tokens["access_token"])
    assert 200 == (await program.refresh(tokens["refresh_token"])).status


async def test_secrets_in_the_wrong_place_are_worth_nothing(program, ann):
    """A code is no refresh token, a refresh token no code, and neither opens the API or a door of another dialect."""
    code = await program.ask(ann)
    assert (400, "invalid_grant") == shape(await program.refresh(code))
    tokens = (await program.exchange(code)).body
    for secret in (tokens["refresh_token"], tokens["access_token"], program.client.client_id, program.secret):
        assert (400, "invalid_grant") == shape(await program.exchange(secret))
    assert (400, "invalid_grant") == shape(await program.refresh(tokens["access_token"]))
    for secret in (tokens["refresh_token"], await program.ask(ann), program.client.client_id, program.secret):
        anybody = program.http
        assert 401 == (await anybody.as_(secret, "Bearer").get("/api/v1/tags")).status
        assert 401 == (await anybody.as_(secret, "Bearer").get("/api/tags/")).status
        assert 401 == (await anybody.as_(secret, "Token").get("/api/tags/")).status
        nextcloud = "/index.php/apps/bookmarks/public/rest/v2/tag"
        assert 401 == (await anybody.get(nextcloud, headers=basic("ann", secret))).status
        assert 401 == (await anybody.as_(secret, "Bearer").get(nextcloud)).status
    assert await program.may_read(tokens["access_token"])


async def test_everything_ends_with_the_client_and_with_the_person(program, public, ann, ben):
    tokens, others = await program.enter(ann), await public.enter(ann)
    await oauth_clients.remove(await ben.ctx(), program.client.id)

    assert not await program.may_read(tokens["access_token"])
    assert (401, "invalid_client") == shape(await program.refresh(tokens["refresh_token"]))
    await User.filter(id=ann.user.id).update(is_active=False)
    assert not await public.may_read(others["access_token"])
    assert (400, "invalid_grant") == shape(await public.refresh(others["refresh_token"]))


async def test_a_code_runs_out(program, ann, ports):
    code = await program.ask(ann)
    ports.clock.forward(minutes=10)
    answer = await program.exchange(code)

    assert (400, "invalid_grant") == shape(answer)
    assert {"error": "invalid_grant", "error_description": "The code has expired."} == answer.body


async def test_an_expired_access_token_gets_the_errors_of_the_api(program, ann, ports):
    await program.enter(ann)
    ports.clock.forward(hours=1)
    answer = await program.bearer().get("/api/v1/tags")

    assert (401, {"error": "unauthorized", "message": answer.body["message"], "statusCode": 401}) == answer.seen
    assert 200 == (await program.refresh(program.tokens["refresh_token"])).status


async def test_the_sixty_first_request_of_a_minute_is_one_too_many(program, public, ann, ports):
    """BK17: in the OAuth shape, with the literal text of section 4.2. Counted by client, also with a wrong secret."""
    for number in range(60):
        wrong = {"client_secret": "bks_" + "0" * 64} if number % 2 else {}
        assert 429 != (await program.post("/oauth/token", **wrong)).status
    for changes in ({}, {"client_secret": "guess"}):
        answer = await program.post("/oauth/token", **changes)
        assert (
            429,
            {"error": "rate_limited", "error_description": "Too many token requests. Try again later."},
        ) == answer.seen
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert ("60", "0") == (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"])

    assert 400 == (await public.post("/oauth/token")).status  # another client has its own
    ports.clock.forward(minutes=1)
    assert 200 == (await program.exchange(await program.ask(ann))).status


async def test_no_answer_tells_a_secret(program, ann):
    """Errors show nothing of what was sent."""
    code = await program.ask(ann)
    await program.exchange(code)
    for answer in (
        await program.exchange(code),
        await program.exchange(code, client_secret="bks_secret"),
        await program.refresh("bkr_secret"),
        await program.post("/oauth/token", grant_type="secret"),
    ):
        assert b"secret" not in answer.raw.replace(b"client_secret", b"")
        assert code.encode() not in answer.raw
    assert 0 == await OAuthGrant.all().count() == await Token.filter(grant_id__not_isnull=True).count()
