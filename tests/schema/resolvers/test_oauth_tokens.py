"""Codes and tokens of programs: once each, for a time, and never for more than was granted."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from datetime import timedelta

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from hypothesis import given
from hypothesis import strategies as st
from strawberry import Some

from models import Bookmark, Delivery, OAuthGrant, Token, User, Webhook
from schema import events
from schema.context import SCOPES
from schema.errors import Invalid, NotFound, Unauthenticated
from schema.resolvers import (
    api_keys,
    credentials,
    oauth_clients,
    oauth_consent,
    oauth_tokens,
    tickets,
    tokens,
    webhooks,
    worker,
)
from schema.resolvers.oauth_tokens import challenge_of
from tests.factories import Person, make_bookmark
from tests.schema.oauth import CALLBACK, CHALLENGE, VERIFIER, ask, enter, make_client

NO_CHALLENGE = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
async def client(ben):
    return (await make_client(ben))[0]


async def fault(act):
    """The one thing that is wrong."""
    with pytest.raises(Invalid) as refusal:
        await act
    (found,) = refusal.value.faults
    return found.path[0], found.rule


def exchange(ports, client, code, **changes):
    given = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return oauth_tokens.exchange(ports, client, **(given | changes))


def refresh(ports, client, secret, scope=None):
    return oauth_tokens.refresh(ports, client, refresh_token=secret, scope=scope)


async def works(ports, secret):
    """Whether an access token is believed."""
    try:
        await tokens.believe(ports, secret)
    except Unauthenticated:
        return False
    return True


def test_the_vector_of_rfc_7636():
    assert CHALLENGE == challenge_of(VERIFIER)


@given(st.text("abcXYZ019-._~", min_size=43, max_size=128))
def test_challenges_are_those_of_another_implementation(verifier):
    assert create_s256_code_challenge(verifier) == challenge_of(verifier)


async def test_tokens_stand_for_the_person_with_what_was_granted_for_as_long(client, ann, ports):
    issued = await enter(ann, client)
    viewer = await tokens.believe(ports, issued.access_token)
    access, following = await Token.filter(grant_id__not_isnull=True).order_by("id")

    assert (ann.user.id, {"bookmarks:read", "tags:read"}) == (viewer.user.id, set(viewer.scopes))
    assert "account" not in viewer.scopes
    assert (timedelta(hours=1), timedelta(days=90)) == (
        access.expires_at - access.created_at,
        following.expires_at - following.created_at,
    )
    assert all(secret[4:] not in str(dict(row)) for secret in (issued.access_token, issued.refresh_token)
               for row in (access, following))  # fmt: skip
    ports.clock.forward(hours=1)
    assert not await works(ports, issued.access_token)


async def test_a_code_is_good_once_and_bringing_it_again_ends_what_came_of_it(client, ann, ports):
    code = await ask(ann, client)
    issued = await exchange(ports, client, code)
    later = await refresh(ports, client, issued.refresh_token)

    assert ("code", "spent") == await fault(exchange(ports, client, code))
    assert [False, False] == [await works(ports, secret) for secret in (issued.access_token, later.access_token)]
    assert ("refresh_token", "unknown") == await fault(refresh(ports, client, later.refresh_token))
    assert ("code", "unknown") == await fault(exchange(ports, client, code))
    assert 0 == await OAuthGrant.all().count()


async def test_a_stolen_code_that_was_used_ends_the_family_even_without_its_verifier(client, ann, ports):
    code = await ask(ann, client)
    issued = await exchange(ports, client, code)
    ports.clock.forward(minutes=11)  # nor does it matter that its time is over

    assert ("code", "spent") == await fault(exchange(ports, client, code, code_verifier=None, redirect_uri="x"))
    assert not await works(ports, issued.access_token)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": "c_" + "0" * 64}, ("code", "unknown")),
        ({"code": ""}, ("code", "unknown")),
        ({"code": "\0\ud800"}, ("code", "unknown")),
        ({"redirect_uri": CALLBACK + "/"}, ("redirect_uri", "mismatch")),
        ({"redirect_uri": "https://evil.example/"}, ("redirect_uri", "mismatch")),
        ({"code_verifier": None}, ("code_verifier", "required")),
        ({"code_verifier": CHALLENGE}, ("code_verifier", "mismatch")),
        ({"code_verifier": VERIFIER[:-1] + "l"}, ("code_verifier", "mismatch")),
        ({"code_verifier": VERIFIER[:-1]}, ("code_verifier", "mismatch")),
        ({"code_verifier": VERIFIER + "="}, ("code_verifier", "mismatch")),
        ({"code_verifier": VERIFIER + "é"}, ("code_verifier", "mismatch")),
        ({"code_verifier": "\ud800" * 43}, ("code_verifier", "mismatch")),
        ({"code_verifier": "x" * 129}, ("code_verifier", "mismatch")),
    ],
)
async def test_a_code_is_for_who_asked_for_it(client, ann, ports, changes, expected):
    """Who fails has not spent it: its owner comes after the thief, and gets the tokens."""
    code = await ask(ann, client)

    assert expected == await fault(exchange(ports, client, **{"code": code} | changes))
    assert await works(ports, (await exchange(ports, client, code)).access_token)


async def test_a_challenge_cannot_be_dropped_nor_made_up(client, ann, ports):
    """No downgrade (RFC 9700, section 4.8.2): a verifier without a challenge was meant for another request."""
    code = await ask(ann, client, **NO_CHALLENGE)

    assert ("code_verifier", "unasked") == await fault(exchange(ports, client, code))
    assert await exchange(ports, client, code, code_verifier=None)


async def test_a_short_verifier_is_none_even_if_it_fits(client, ann, ports):
    code = await ask(ann, client, code_challenge=challenge_of("short"))

    assert ("code_verifier", "mismatch") == await fault(exchange(ports, client, code, code_verifier="short"))


async def test_a_code_is_worth_nothing_to_another_client(client, ann, ben, ports):
    """And bringing it, even after it was used, does no harm."""
    other, _ = await make_client(ben)
    code = await ask(ann, client)

    assert ("code", "unknown") == await fault(exchange(ports, other, code))
    issued = await exchange(ports, client, code)
    assert ("code", "unknown") == await fault(exchange(ports, other, code))
    assert ("refresh_token", "unknown") == await fault(refresh(ports, other, issued.refresh_token))
    assert await works(ports, issued.access_token)
    assert await refresh(ports, client, issued.refresh_token)


async def test_a_code_runs_out_after_ten_minutes(client, ann, ports):
    late, early = await ask(ann, client), None
    ports.clock.forward(minutes=10)

    assert ("code", "expired") == await fault(exchange(ports, client, late))
    early = await ask(ann, client)
    ports.clock.forward(minutes=9, seconds=59)
    assert await exchange(ports, client, early)


async def test_a_program_that_listens_must_name_the_port_that_it_asked_with(ann, ben, ports):
    client, _ = await make_client(ben, redirect_uris=("http://127.0.0.1/cb",), public=True)
    code = await ask(ann, client, redirect_uri="http://127.0.0.1:5000/cb")

    for uri in ("http://127.0.0.1:5001/cb", "http://127.0.0.1/cb"):
        assert ("redirect_uri", "mismatch") == await fault(exchange(ports, client, code, redirect_uri=uri))
    assert await exchange(ports, client, code, redirect_uri="http://127.0.0.1:5000/cb")


async def test_a_refresh_token_is_good_once_and_the_next_one_has_ninety_days_again(client, ann, ports):
    issued = await enter(ann, client)
    for _ in range(3):
        ports.clock.forward(days=60)
        last, issued = issued, await refresh(ports, client, issued.refresh_token)

        assert last.refresh_token != issued.refresh_token
        assert last.access_token != issued.access_token
        assert await works(ports, issued.access_token)
    assert ("refresh_token", "spent") == await fault(refresh(ports, client, last.refresh_token))


async def test_a_refresh_token_that_comes_again_ends_the_family(client, ann, ports):
    """However many were made since; another visit to the consent page is another family."""
    first = await enter(ann, client)
    other = await enter(ann, client)
    second = await refresh(ports, client, first.refresh_token)
    third = await refresh(ports, client, second.refresh_token)

    assert ("refresh_token", "spent") == await fault(refresh(ports, client, first.refresh_token))
    assert not any([await works(ports, one.access_token) for one in (first, second, third)])
    assert ("refresh_token", "unknown") == await fault(refresh(ports, client, third.refresh_token))
    assert await works(ports, other.access_token)
    assert await refresh(ports, client, other.refresh_token)


async def test_a_refresh_token_runs_out_after_ninety_days(client, ann, ports):
    issued = await enter(ann, client)
    ports.clock.forward(days=90)

    assert ("refresh_token", "expired") == await fault(refresh(ports, client, issued.refresh_token))


async def test_scopes_may_be_narrowed_for_one_access_token_and_never_widened(client, ann, ports):
    issued = await enter(ann, client)
    for wider in ("tags:read bookmarks:write", "tags:write", "account", "x", "", " ", "tags:read\0"):
        assert ("scope", "choice") == await fault(refresh(ports, client, issued.refresh_token, wider))
    narrow = await refresh(ports, client, issued.refresh_token, "tags:read")
    whole = await refresh(ports, client, narrow.refresh_token)

    assert {"tags:read"} == set((await tokens.believe(ports, narrow.access_token)).scopes)
    assert ("tags:read",) == narrow.scopes
    assert {"bookmarks:read", "tags:read"} == set((await tokens.believe(ports, whole.access_token)).scopes)


@pytest.mark.parametrize("what", ["code", "refresh token"])
async def test_of_twenty_callers_at_once_one_wins(client, ann, ports, what):
    """The others fail, and since the secret came twice the family ends."""
    code = await ask(ann, client)
    if what == "code":
        calls = [exchange(ports, client, code) for _ in range(20)]
    else:
        secret = (await exchange(ports, client, code)).refresh_token
        calls = [refresh(ports, client, secret) for _ in range(20)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    faults = [answer.faults[0].rule for answer in answers if isinstance(answer, Invalid)]
    (won,) = [answer for answer in answers if not isinstance(answer, BaseException)]

    assert 19 == len(faults)
    assert {"spent"} <= set(faults) <= {"spent", "unknown"}  # unknown: after the family had ended
    assert not await works(ports, won.access_token)
    assert 0 == await Token.filter(grant_id__not_isnull=True).count()


async def test_a_refresh_token_opens_no_door(client, ann, ports):
    """Nor does a code, a client id or a client's secret."""
    code = await ask(ann, client)
    issued = await exchange(ports, client, code)
    made = await oauth_clients.enroll(
        ports, ann.user.id, name="x", redirect_uris=[CALLBACK], scopes=["tags:read"], public=False
    )
    for secret in (issued.refresh_token, code, client.client_id, made.secret):
        with pytest.raises(Unauthenticated):
            await tokens.believe(ports, secret)
        with pytest.raises(Unauthenticated):
            await credentials.believe_basic(ports, "ann", secret)
    await refresh(ports, client, issued.refresh_token)
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, issued.refresh_token)


async def test_a_ticket_ends_with_the_access_token_that_it_was_given_for(client, ann, ports):
    issued = await enter(ann, client)
    ticket = tickets.issue(ports, await tokens.believe(ports, issued.access_token))

    assert {"bookmarks:read", "tags:read"} == set((await tickets.believe(ports, ticket)).scopes)
    await oauth_tokens.revoke(client, issued.refresh_token)
    with pytest.raises(Unauthenticated):
        await tickets.believe(ports, ticket)


async def test_a_program_has_no_say_over_the_account(ann, ben, ports):
    client, _ = await make_client(ben, scopes=oauth_clients.GRANTABLE)
    code = await ask(ann, client, scope=" ".join(oauth_clients.GRANTABLE))
    issued = await exchange(ports, client, code)

    assert set(SCOPES) - {"account"} == set((await tokens.believe(ports, issued.access_token)).scopes)


async def test_revoking_an_access_token_ends_it_alone(client, ann, ports):
    issued = await enter(ann, client)
    await oauth_tokens.revoke(client, issued.access_token)

    assert not await works(ports, issued.access_token)
    assert await refresh(ports, client, issued.refresh_token)


@pytest.mark.parametrize("spent", [False, True])
async def test_revoking_a_refresh_token_ends_the_family(client, ann, ports, spent):
    issued = await enter(ann, client)
    following = await refresh(ports, client, issued.refresh_token) if spent else issued
    await oauth_tokens.revoke(client, issued.refresh_token)

    assert not await works(ports, following.access_token)
    assert ("refresh_token", "unknown") == await fault(refresh(ports, client, following.refresh_token))


async def test_nothing_but_its_own_tokens_can_be_revoked_or_looked_at_by_a_client(client, ann, ben, ports):
    other, _ = await make_client(ben)
    issued = await enter(ann, client)
    code = await ask(ann, client)
    for secret in (issued.access_token, issued.refresh_token, ann.secret, code, "x", "", "\0", "\ud800"):
        await oauth_tokens.revoke(other, secret)
        assert await oauth_tokens.introspect(ports, other, secret) is None
    for secret in (ann.secret, code, client.client_id):
        await oauth_tokens.revoke(client, secret)
        assert await oauth_tokens.introspect(ports, client, secret) is None

    assert await works(ports, issued.access_token)
    assert await works(ports, ann.secret)
    assert await exchange(ports, client, code)


async def test_a_client_may_ask_what_its_tokens_are_good_for(client, ann, ports):
    issued = await enter(ann, client)
    access = await oauth_tokens.introspect(ports, client, issued.access_token)
    following = await oauth_tokens.introspect(ports, client, issued.refresh_token)

    assert ("oauth-access", ("bookmarks:read", "tags:read"), "ann", ann.user.uid, timedelta(hours=1)) == (
        access.kind, access.scopes, access.username, access.owner_uid, access.expires_at - access.issued_at
    )  # fmt: skip
    assert "oauth-refresh" == following.kind
    await refresh(ports, client, issued.refresh_token)
    assert await oauth_tokens.introspect(ports, client, issued.refresh_token) is None
    ports.clock.forward(hours=1)
    assert await oauth_tokens.introspect(ports, client, issued.access_token) is None


async def test_everything_ends_with_a_deactivated_account(client, ann, ports):
    """And comes back with it, as far as its time is not over."""
    issued, code = await enter(ann, client), await ask(ann, client)
    await User.filter(id=ann.user.id).update(is_active=False)

    assert not await works(ports, issued.access_token)
    assert ("refresh_token", "unknown") == await fault(refresh(ports, client, issued.refresh_token))
    assert ("code", "unknown") == await fault(exchange(ports, client, code))
    assert await oauth_tokens.introspect(ports, client, issued.access_token) is None
    await User.filter(id=ann.user.id).update(is_active=True)
    assert await works(ports, issued.access_token)
    assert await exchange(ports, client, code)


async def test_everything_ends_with_the_client(client, ann, ben, ports):
    issued, code = await enter(ann, client), await ask(ann, client)
    await oauth_clients.remove(await ben.ctx(), client.id)

    assert not await works(ports, issued.access_token)
    assert ("refresh_token", "unknown") == await fault(refresh(ports, client, issued.refresh_token))
    assert ("code", "unknown") == await fault(exchange(ports, client, code))


async def test_tokens_of_programs_are_not_among_a_persons_own(client, ann, ports):
    """They go by the app, on the page of connected apps; one of them cannot be revoked behind its family's back."""
    await enter(ann, client)
    ctx = await ann.ctx()

    assert ["tests"] == [row.name for row in await tokens.find(ctx)]
    for id in await Token.filter(grant_id__not_isnull=True).values_list("id", flat=True):
        with pytest.raises(NotFound):
            await tokens.revoke(ctx, id)
        with pytest.raises(NotFound):
            await tokens.withdraw(ann.user.id, id)


async def test_what_an_app_makes_to_come_back_with_ends_with_the_app(client, ann, ports):
    """A key that it made, and one that the key made; nor do they outlive the hour of the access token."""
    issued = await enter(ann, client)
    app = Person(ports, ann.user, issued.access_token)
    first = await api_keys.create(await app.ctx(), "mine", ["tags:read"])
    key = Person(ports, ann.user, first.secret)
    second = await api_keys.create(await key.ctx(), "mine too", ["tags:read"])

    assert (await app.ctx()).viewer.expires_at == first.token.expires_at == second.token.expires_at
    assert {"mine", "mine too"} == {row.name for row in await api_keys.find(await ann.ctx())}
    (grant,) = await oauth_consent.connected(await ann.ctx())
    await oauth_consent.disconnect(await ann.ctx(), grant.id)
    assert [False, False] == [await works(ports, made.secret) for made in (first, second)]
    assert [] == await api_keys.find(await ann.ctx())


async def test_a_key_that_an_app_made_is_none_of_the_tokens_of_its_family(client, ann, ports):
    issued = await enter(ann, client)
    app = Person(ports, ann.user, issued.access_token)
    key = await api_keys.create(await app.ctx(), "mine", ["tags:read"])
    await oauth_tokens.revoke(client, key.secret)

    assert await oauth_tokens.introspect(ports, client, key.secret) is None
    assert [True, True] == [await works(ports, secret) for secret in (key.secret, issued.access_token)]
    assert await refresh(ports, client, issued.refresh_token)


async def test_who_is_disconnected_hears_nothing_more(client, ann, ports):
    """A webhook that an app made, or a key of its, ends with the app; one of the person's own stays."""
    issued = await enter(ann, client)
    app = Person(ports, ann.user, issued.access_token)
    key = Person(ports, ann.user, (await api_keys.create(await app.ctx(), "k", ["bookmarks:read"])).secret)
    for number, who in enumerate((ann, app, key)):
        await webhooks.create(await who.ctx(), f"https://hooks.example/{number}", ["bookmark.created"])
    (grant,) = await oauth_consent.connected(await ann.ctx())
    await oauth_consent.disconnect(await ann.ctx(), grant.id)

    assert ["https://hooks.example/0"] == [row.url for row in await webhooks.find(await ann.ctx())]


async def test_who_sent_a_persons_webhook_to_itself_hears_nothing_more_either(client, ann, ports):
    app = Person(ports, ann.user, (await enter(ann, client)).access_token)
    names = [
        (await webhooks.create(await ann.ctx(), f"https://hooks.example/{number}", ["bookmark.created"])).webhook.name
        for number in range(2)
    ]
    await webhooks.update(await app.ctx(), names[0], is_active=Some(False))
    await webhooks.update(await app.ctx(), names[1], url=Some("https://app.example/"))
    (grant,) = await oauth_consent.connected(await ann.ctx())
    await oauth_consent.disconnect(await ann.ctx(), grant.id)

    assert names[:1] == [row.name for row in await webhooks.find(await ann.ctx())]


async def test_a_write_that_tells_an_app_of_itself_does_not_fail_when_the_app_goes(client, ann, ports, monkeypatch):
    app = Person(ports, ann.user, (await enter(ann, client)).access_token)
    await webhooks.create(await app.ctx(), "https://app.example/", ["bookmark.created"])
    outside, read = copy_context(), events._events  # without the connection of the write's transaction
    going = []

    async def go():
        await OAuthGrant.all().delete()

    async def disturbed(*given):
        going.append(asyncio.create_task(go(), context=outside))
        await asyncio.wait(going, timeout=0.2)
        return await read(*given)

    monkeypatch.setattr(events, "_events", disturbed)
    await make_bookmark(ann)
    await asyncio.gather(*going)

    assert (1, 0, 0) == (await Bookmark.all().count(), await Webhook.all().count(), await Delivery.all().count())


async def test_using_a_token_shows_among_the_connected_apps(client, ann, ports):
    issued = await enter(ann, client)
    (before,) = await oauth_consent.connected(await ann.ctx())
    ports.clock.forward(minutes=30)
    await tokens.believe(ports, issued.access_token)
    await ports.background.drain()
    (after,) = await oauth_consent.connected(await ann.ctx())

    assert timedelta(minutes=30) <= after.last_used_at - before.last_used_at < timedelta(minutes=31)


async def test_the_purge_forgets_what_can_bring_nothing_any_more(client, ann, ports):
    """Codes that ran out, tokens that ended, families without any; a spent token stays, for who brings it again."""
    await ask(ann, client)
    issued = await enter(ann, client)
    following = await refresh(ports, client, issued.refresh_token)
    await worker.purge(ports)
    assert (2, 4) == await counts()
    ports.clock.forward(hours=2)
    await worker.purge(ports)
    assert (1, 2) == await counts()  # the code nobody brought, and both access tokens
    assert ("refresh_token", "spent") == await fault(refresh(ports, client, issued.refresh_token))

    await enter(ann, client)
    ports.clock.forward(days=89)
    await worker.purge(ports)
    assert (1, 1) == await counts()
    ports.clock.forward(days=1)
    await worker.purge(ports)
    assert (0, 0) == await counts()
    assert ("refresh_token", "unknown") == await fault(refresh(ports, client, following.refresh_token))
    assert await works(ports, ann.secret)


async def counts():
    return await OAuthGrant.all().count(), await Token.filter(grant_id__not_isnull=True).count()


async def test_no_operation_on_a_token_survives_an_account_that_is_removed(client, ann, ports):
    issued = await enter(ann, client)
    await User.filter(id=ann.user.id).delete()

    assert ("refresh_token", "unknown") == await fault(refresh(ports, client, issued.refresh_token))
    assert (0, 0) == await counts()


async def test_people_of_one_client_are_apart(client, ann, ben, ports):
    hers, his = await enter(ann, client), await enter(ben, client)
    await oauth_tokens.revoke(client, hers.refresh_token)

    assert not await works(ports, hers.access_token)
    assert (await Person(ports, ben.user, his.access_token).ctx()).owner_id == ben.user.id
