"""Signed-in browsers: who gets in, for how long, and who is put out."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from models import Change, LoginFlow, Session, User
from schema.context import ALL_SCOPES, Context
from schema.door import GRAPHQL
from schema.errors import Invalid, NotFound, RateLimited, Unauthenticated
from schema.resolvers import accounts, login_flows, sessions, tokens, worker
from tests.databases import statements_counted
from tests.factories import PASSWORD

BROWSER = {"address": "192.0.2.1", "user_agent": "Firefox"}


async def sign_in(ports, name="ann", password=PASSWORD, **given):
    return await sessions.sign_in(ports, name, password, **(BROWSER | given))


async def ctx_of(ports, begun):
    return Context(ports, GRAPHQL, await sessions.believe(ports, begun.secret))


async def test_a_name_and_its_password_begin_a_session_that_may_do_everything(ann, ports):
    begun = await sign_in(ports)
    viewer = await sessions.believe(ports, begun.secret)

    assert "ann" == begun.user.username == viewer.user.username
    assert ALL_SCOPES == viewer.scopes
    assert viewer.session_id is not None
    assert viewer.token_id is viewer.expires_at is None


async def test_only_the_sha256_of_the_cookie_is_kept(ann, ports):
    begun = await sign_in(ports)
    row = await Session.get()

    assert 64 == len(begun.secret)
    assert hashlib.sha256(begun.secret.encode()).hexdigest() == row.digest
    assert "Firefox" == row.user_agent


async def test_every_sign_in_has_a_value_of_its_own(ann, ports):
    assert (await sign_in(ports)).secret != (await sign_in(ports)).secret


@pytest.mark.parametrize(
    ("name", "password"),
    [("ann", "wrong"), ("nobody", PASSWORD), ("Ann", PASSWORD), ("a\0", PASSWORD), ("x" * 10_000, PASSWORD), ("", "")],
)
async def test_a_wrong_name_or_password_begins_nothing(ann, ports, name, password):
    with pytest.raises(Unauthenticated):
        await sign_in(ports, name, password)

    assert 0 == await Session.all().count()


async def test_believing_is_one_statement(ann, ports):
    begun = await sign_in(ports)
    async with statements_counted([]) as statements:
        await sessions.believe(ports, begun.secret)

    assert 1 == len(statements)


@pytest.mark.parametrize("secret", ["", "0" * 64, "short", "ä" * 64, "\ud800" * 64, "0" * 100_000])
async def test_a_value_that_nobody_was_given_opens_nothing(ann, ports, secret):
    with pytest.raises(Unauthenticated) as refusal:
        await sessions.believe(ports, secret)

    assert "unknown" == refusal.value.reason


async def test_a_token_is_no_session_and_a_session_no_token(ann, ports):
    begun = await sign_in(ports)
    with pytest.raises(Unauthenticated):
        await sessions.believe(ports, ann.secret)
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, begun.secret)


async def test_using_a_session_keeps_it_alive(ann, ports):
    begun = await sign_in(ports)
    for _ in range(4):
        ports.clock.forward(days=29)
        await sessions.believe(ports, begun.secret)
        await ports.background.drain()
    ports.clock.forward(days=30)
    with pytest.raises(Unauthenticated) as refusal:
        await sessions.believe(ports, begun.secret)

    assert "expired" == refusal.value.reason


async def test_use_is_written_down_every_ten_minutes_at_most(ann, ports):
    begun = await sign_in(ports)
    before = await Session.get()
    ports.clock.forward(minutes=9)
    await sessions.believe(ports, begun.secret)
    await ports.background.drain()
    soon = await Session.get()
    ports.clock.forward(minutes=1)
    await sessions.believe(ports, begun.secret)
    await ports.background.drain()
    later = await Session.get()

    assert before.last_used_at == soon.last_used_at
    assert timedelta(minutes=10) <= later.last_used_at - before.last_used_at
    assert later.expires_at - later.last_used_at == before.expires_at - before.last_used_at == timedelta(days=30)


async def test_a_deactivated_account_has_no_sessions(ann, ports):
    begun = await sign_in(ports)
    await User.filter(id=ann.user.id).update(is_active=False)
    with pytest.raises(Unauthenticated) as refusal:
        await sessions.believe(ports, begun.secret)

    assert "inactive" == refusal.value.reason


async def test_signing_out_ends_one_session(ann, ports):
    one, other = await sign_in(ports), await sign_in(ports)
    await sessions.sign_out(one.secret)
    await sessions.sign_out(one.secret)
    with pytest.raises(Unauthenticated):
        await sessions.believe(ports, one.secret)

    assert "ann" == (await sessions.believe(ports, other.secret)).user.username


async def test_a_list_shows_the_viewers_own_the_last_used_first(ann, ben, ports):
    await sign_in(ports, user_agent="old")
    ports.clock.forward(days=20)
    first = await sign_in(ports, user_agent="phone")
    await sign_in(ports, "ben", user_agent="ben's")
    await sign_in(ports, user_agent="desk\0top")
    ports.clock.forward(days=15)  # by now the first is over
    ctx = await ctx_of(ports, first)
    await ports.background.drain()
    rows = await sessions.find(ctx)

    assert ["phone", "desk\ufffdtop"] == [row.user_agent for row in rows]
    assert ctx.viewer.session_id == rows[0].id


async def test_one_may_end_ones_own_and_nobody_elses(ann, ben, ports):
    own, other, foreign = await sign_in(ports), await sign_in(ports), await sign_in(ports, "ben")
    ctx = await ctx_of(ports, own)
    await sessions.end(ctx, (await ctx_of(ports, other)).viewer.session_id)
    for id in ((await ctx_of(ports, foreign)).viewer.session_id, 0, 2**40):
        with pytest.raises(NotFound):
            await sessions.end(ctx, id)
    with pytest.raises(Unauthenticated):
        await sessions.believe(ports, other.secret)

    assert 2 == await Session.all().count()


async def test_all_others_end_at_once(ann, ben, ports):
    own = await sign_in(ports)
    for name in ("ann", "ann", "ben"):
        await sign_in(ports, name)

    assert 2 == await sessions.end_all(await ctx_of(ports, own))
    assert 1 == await sessions.end_all(await ctx_of(ports, own), keep_own=False)
    assert 1 == await Session.all().count()


async def test_a_new_password_signs_the_other_browsers_out(ann, ben, ports):
    own = await sign_in(ports)
    await sign_in(ports)
    await sign_in(ports, "ben")
    flow = await login_flows.begin(ports, "floccus")
    await login_flows.grant(await ctx_of(ports, own), flow.flow_token)
    await accounts.change_password(await ctx_of(ports, own), PASSWORD, "another password")

    assert "ann" == (await sessions.believe(ports, own.secret)).user.username
    assert ["ann", "ben"] == sorted(await Session.all().values_list("owner__username", flat=True))
    assert 0 == await LoginFlow.all().count()
    assert 1 == await Change.filter(entity="user", owner_id=ann.user.id).count()


async def test_a_password_given_by_the_operator_signs_every_browser_out(ann, ben, ports):
    await sign_in(ports)
    await sign_in(ports, "ben")
    await accounts.set_password(ports, ann.user.id, "another password")

    assert ["ben"] == await Session.all().values_list("owner__username", flat=True)


async def test_a_password_that_changes_during_a_sign_in_lets_nobody_in(ann, ports, monkeypatch):
    verify = ports.passwords.verify

    async def slow(hashed, password):
        good = await verify(hashed, password)
        await accounts.set_password(ports, ann.user.id, "another password")
        return good

    monkeypatch.setattr(ports.passwords, "verify", slow)
    with pytest.raises(Unauthenticated):
        await sign_in(ports)

    assert 0 == await Session.all().count()


async def test_ten_wrong_passwords_shut_an_account_for_their_address_only(ann, ports):
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await sign_in(ports, password="wrong", address="192.0.2.1")
    with pytest.raises(RateLimited):
        await sign_in(ports, address="192.0.2.1")

    assert "ann" == (await sign_in(ports, address="198.51.100.1")).user.username


async def test_a_hundred_wrong_passwords_shut_an_account_for_a_while_whoever_asks(ann, ben, ports):
    for number in range(100):
        with pytest.raises(Unauthenticated):
            await sign_in(ports, password="wrong", address=f"192.0.2.{number}")
    with pytest.raises(RateLimited) as refusal:
        await sign_in(ports, address="198.51.100.1")
    await sign_in(ports, "ben")
    ports.clock.forward(minutes=5)

    assert 290 < refusal.value.retry_after <= 300
    assert "ann" == (await sign_in(ports)).user.username


async def test_a_name_that_nobody_has_is_shut_just_the_same(database, ports):
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await sign_in(ports, "nobody")
    with pytest.raises(RateLimited):
        await sign_in(ports, "nobody")


async def test_thirty_tries_shut_an_address_and_it_cannot_shut_more_accounts(ann, ben, ports):
    for number in range(30):
        with pytest.raises(Unauthenticated):
            await sign_in(ports, f"name-{number}", "wrong")
    for _ in range(20):
        with pytest.raises(RateLimited):
            await sign_in(ports)

    assert "ann" == (await sign_in(ports, address="198.51.100.1")).user.username


async def test_being_right_gives_an_account_its_tries_back_and_an_address_none(ann, ports):
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(Unauthenticated):
                await sign_in(ports, password="wrong")
        await sign_in(ports)
    with pytest.raises(RateLimited):
        await sign_in(ports)


async def test_tries_at_the_same_time_are_all_counted(ann, ports):
    outcomes = await asyncio.gather(*(sign_in(ports, password="wrong") for _ in range(25)), return_exceptions=True)

    assert 10 == sum(isinstance(outcome, Unauthenticated) for outcome in outcomes)
    assert 15 == sum(isinstance(outcome, RateLimited) for outcome in outcomes)


async def test_guessing_the_old_password_is_throttled_too(ann, ports):
    ctx = await ann.ctx()
    for _ in range(10):
        with pytest.raises(Invalid):
            await accounts.change_password(ctx, "wrong", "another password")
    with pytest.raises(RateLimited):
        await accounts.change_password(ctx, PASSWORD, "another password")


async def test_the_daily_purge_takes_what_is_over(ann, ports):
    await sign_in(ports)
    await login_flows.begin(ports, "old")
    ports.clock.forward(days=30)
    fresh = await sign_in(ports)
    await login_flows.begin(ports, "new")
    await worker.purge(ports)

    assert "ann" == (await sessions.believe(ports, fresh.secret)).user.username
    assert 1 == await Session.all().count()
    assert ["new"] == await LoginFlow.all().values_list("client", flat=True)
