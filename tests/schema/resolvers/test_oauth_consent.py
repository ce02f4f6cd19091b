"""What a program may ask somebody for, and how it is told what was said (RFC 6749, 4.1; RFC 7636; RFC 9207)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from models import OAuthGrant, User
from schema.errors import Forbidden, Invalid, NotFound
from schema.resolvers import oauth_clients, oauth_consent, oauth_tokens
from schema.resolvers.oauth_consent import Redirected, Unredirectable
from tests.factories import Person, make_token
from tests.fakes import START
from tests.schema.oauth import CALLBACK, CHALLENGE, ISSUER, VERIFIER, ask, enter, make_client, parameters, read


async def read_request(pairs):
    return await oauth_consent.read_request(pairs, issuer=ISSUER)


@pytest.fixture
async def client(ben):
    return (await make_client(ben))[0]


@pytest.fixture
async def public(ben):
    return (await make_client(ben, public=True))[0]


async def test_a_request_says_who_asks_for_what_and_where_to_answer(client):
    """Scopes come in the house's order, each once; what is unknown or without a value is as good as left out."""
    pairs = parameters(client, scope="tags:read bookmarks:read tags:read", prompt="login", resource="")
    request = await read_request([*pairs, ("resource", "x"), ("prompt", "again")])

    assert (client, CALLBACK, ("bookmarks:read", "tags:read"), "9d1c", CHALLENGE, ISSUER) == (
        request.client,
        request.redirect_uri,
        request.scopes,
        request.state,
        request.code_challenge,
        request.issuer,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": None}, "client"),
        ({"client_id": ""}, "client"),
        ({"client_id": "bk_" + "0" * 24}, "client"),
        ({"client_id": "bk_" + "0" * 24 + "\0"}, "client"),
        ({"client_id": "\ud800"}, "client"),
        ({"redirect_uri": None}, "redirect_uri"),
        ({"redirect_uri": ""}, "redirect_uri"),
        ({"redirect_uri": CALLBACK + "/"}, "redirect_uri"),
        ({"redirect_uri": "https://evil.example/cb"}, "redirect_uri"),
        ({"redirect_uri": "https://evil.example/cb", "response_type": "token"}, "redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"redirect_uri": "https://client.example/\0"}, "redirect_uri"),
    ],
)
async def test_nobody_is_sent_anywhere_when_it_is_not_certain_who_asks(client, changes, reason):
    """No open redirector, whatever else is wrong with the request (RFC 6749, sections 4.1.2.1 and 10.15)."""
    with pytest.raises(Unredirectable) as refusal:
        await read_request(parameters(client, **changes))

    assert reason == refusal.value.reason


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_nobody_is_sent_anywhere_when_the_one_who_asks_comes_twice(client, ben, name):
    other, _ = await make_client(ben, redirect_uris=("https://evil.example/",))
    second = {"client_id": other.client_id, "redirect_uri": "https://evil.example/"}[name]
    for pairs in ([*parameters(client), (name, second)], [(name, second), *parameters(client)]):
        with pytest.raises(Unredirectable) as refusal:
            await read_request(pairs)

        assert "doubled" == refusal.value.reason


async def test_another_clients_redirect_uri_is_not_taken(client, ben):
    other, _ = await make_client(ben, redirect_uris=("https://evil.example/",))
    with pytest.raises(Unredirectable):
        await read_request(parameters(other, redirect_uri=CALLBACK))


async def test_a_client_whose_account_is_deactivated_may_not_ask(client, ben):
    await User.filter(id=ben.user.id).update(is_active=False)
    with pytest.raises(Unredirectable) as refusal:
        await read_request(parameters(client))

    assert "client" == refusal.value.reason


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "  "}, "invalid_scope"),
        ({"scope": "tags:read x"}, "invalid_scope"),
        ({"scope": "TAGS:READ"}, "invalid_scope"),
        ({"scope": "tags:read account"}, "invalid_scope"),
        ({"scope": "tags:read tags:write"}, "invalid_scope"),
        ({"state": "x" * 2001}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1] + "+"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1] + "\n"}, "invalid_request"),
    ],
)
async def test_what_else_is_wrong_the_program_is_told(public, changes, error):
    """With its state, unless that is wrong itself, and who says so."""
    with pytest.raises(Redirected) as refusal:
        await read_request(parameters(public, **changes))
    told = read(refusal.value.location)

    assert refusal.value.location.startswith(f"{CALLBACK}?")
    assert (error, ISSUER, None if "state" in changes else "9d1c") == (told["error"], told["iss"], told.get("state"))
    assert told["error_description"]
    assert "code" not in told
    assert 0 == await OAuthGrant.all().count()


@pytest.mark.parametrize("name", ["response_type", "scope", "state", "code_challenge", "code_challenge_method"])
async def test_a_parameter_that_comes_twice_is_refused_even_if_it_says_the_same(client, name):
    pairs = parameters(client)
    with pytest.raises(Redirected) as refusal:
        await read_request([*pairs, (name, dict(pairs)[name])])
    told = read(refusal.value.location)

    assert ("invalid_request", None if name == "state" else "9d1c") == (told["error"], told.get("state"))


async def test_only_a_confidential_client_may_leave_the_challenge_out(client, public):
    none = {"code_challenge": None, "code_challenge_method": None}

    assert (await read_request(parameters(client, **none))).code_challenge is None
    with pytest.raises(Redirected):
        await read_request(parameters(public, **none))


async def test_the_answer_brings_a_code_the_state_and_who_gave_it(client, ann):
    request = await read_request(parameters(client, state="a b&c=d#é%"))
    location = await oauth_consent.approve(await ann.ctx(), request)
    told = read(location)

    assert re.fullmatch(r"c_[0-9a-f]{64}", told.pop("code"))
    assert {"state": "a b&c=d#é%", "iss": ISSUER} == told
    assert "" == urlsplit(location).fragment
    assert location.isascii()


async def test_without_a_state_there_is_none(client, ann):
    request = await read_request(parameters(client, state=None))

    assert {"code", "iss"} == set(read(await oauth_consent.approve(await ann.ctx(), request)))


@pytest.mark.parametrize(
    ("uri", "start"),
    [
        (CALLBACK, f"{CALLBACK}?code="),
        ("https://client.example", "https://client.example?code="),
        (f"{CALLBACK}?app=1", f"{CALLBACK}?app=1&code="),
        (f"{CALLBACK}?", f"{CALLBACK}?code="),
        (f"{CALLBACK}?app=1&", f"{CALLBACK}?app=1&code="),
        ("com.example.app:/cb", "com.example.app:/cb?code="),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb?code="),
    ],
)
async def test_the_redirect_uri_stays_as_it_was_registered(ann, ben, uri, start):
    client, _ = await make_client(ben, redirect_uris=(uri,))
    asked = uri.replace("127.0.0.1", "127.0.0.1:49152")
    request = await read_request(parameters(client, redirect_uri=asked))

    assert (await oauth_consent.approve(await ann.ctx(), request)).startswith(start)
    assert (await oauth_consent.deny(await ann.ctx(), request)).startswith(start.replace("code=", "error="))


async def test_whoever_is_denied_gets_no_code(client, ann):
    told = read(await oauth_consent.deny(await ann.ctx(), await read_request(parameters(client))))

    assert ("access_denied", "9d1c", ISSUER) == (told["error"], told["state"], told["iss"])
    assert "code" not in told
    assert 0 == await OAuthGrant.all().count()


async def test_the_code_is_kept_hashed_and_bound_to_the_request(client, ann):
    code = await ask(ann, client)
    grant = await OAuthGrant.get()

    assert code[2:] not in str(dict(grant))
    assert (ann.user.id, client.id, "bookmarks:read tags:read", CALLBACK, CHALLENGE, None) == (
        grant.owner_id,
        grant.client_id,
        grant.scopes,
        grant.redirect_uri,
        grant.code_challenge,
        grant.code_used_at,
    )


async def test_people_may_grant_less_than_was_asked_for_and_never_more(client, ann):
    request = await read_request(parameters(client))
    for scopes in ([], ["tags:write"], ["tags:read", "bookmarks:write"], ["account"]):
        with pytest.raises(Invalid):
            await oauth_consent.approve(await ann.ctx(), request, scopes)

    assert 0 == await OAuthGrant.all().count()
    await oauth_consent.approve(await ann.ctx(), request, ["tags:read"])
    assert ["tags:read"] == await OAuthGrant.all().values_list("scopes", flat=True)


async def test_a_client_that_has_gone_meanwhile_gets_nothing(client, ann, ben):
    request = await read_request(parameters(client))
    await oauth_clients.remove(await ben.ctx(), client.id)
    with pytest.raises(NotFound):
        await oauth_consent.approve(await ann.ctx(), request)

    assert 0 == await OAuthGrant.all().count()


async def test_a_token_of_a_program_cannot_let_another_one_in(client, ann):
    """Only who may change the account decides; no token of OAuth has that scope, nor may it see what was decided."""
    request = await read_request(parameters(client))
    everything = await make_token(ann, *oauth_clients.GRANTABLE)
    for secret in (everything, (await enter(ann, client)).access_token):
        ctx = await Person(ann.ports, ann.user, secret).ctx()
        for act in (
            oauth_consent.approve(ctx, request),
            oauth_consent.deny(ctx, request),
            oauth_consent.connected(ctx),
            oauth_consent.disconnect(ctx, 1),
        ):
            with pytest.raises(Forbidden):
                await act

    assert 1 == await OAuthGrant.all().count()


async def test_people_see_what_is_connected_and_end_it(client, ann, ben, ports):
    await ask(ann, client)  # a code that nobody has brought yet
    issued = await enter(ann, client)
    (row,) = await oauth_consent.connected(await ann.ctx())

    assert ("Reader", client.client_id, ("bookmarks:read", "tags:read")) == (row.client_name, row.client_id, row.scopes)
    assert START < row.created_at <= row.last_used_at
    assert [] == await oauth_consent.connected(await ben.ctx())
    with pytest.raises(NotFound):
        await oauth_consent.disconnect(await ben.ctx(), row.id)
    assert await oauth_tokens.introspect(ports, client, issued.access_token)
    await oauth_consent.disconnect(await ann.ctx(), row.id)
    assert [] == await oauth_consent.connected(await ann.ctx())
    assert await oauth_tokens.introspect(ports, client, issued.access_token) is None
    with pytest.raises(NotFound):
        await oauth_consent.disconnect(await ann.ctx(), row.id)


async def test_what_has_run_out_is_not_connected_any_more(client, ann, ports):
    await enter(ann, client)
    ports.clock.forward(days=89)

    assert 1 == len(await oauth_consent.connected(await ann.ctx()))
    ports.clock.forward(days=2)
    assert [] == await oauth_consent.connected(await ann.ctx())
