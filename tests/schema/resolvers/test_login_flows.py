"""Login flow v2 (NC-14, S11): a program is let in by somebody at a browser."""

from __future__ import annotations

import asyncio

import pytest

from models import LoginFlow, Token, User
from schema.context import ALL_SCOPES, ANONYMOUS, Context
from schema.door import GRAPHQL
from schema.errors import Forbidden, NotFound, RateLimited, Unauthenticated
from schema.resolvers import login_flows, tokens
from tests.databases import statements_counted
from tests.factories import Person, make_token

FLOCCUS = "Mozilla/5.0 floccus"


async def granted(ann, ports, client=FLOCCUS):
    begun = await login_flows.begin(ports, client)
    await login_flows.grant(await ann.ctx(), begun.flow_token)
    return begun


async def test_the_poll_token_has_128_characters_and_neither_is_kept(database, ports):
    """NC-14.1."""
    begun = await login_flows.begin(ports, FLOCCUS)
    row = await LoginFlow.get()

    assert (128, 64) == (len(begun.poll_token), len(begun.flow_token))
    assert not {begun.poll_token, begun.flow_token} & {row.poll_digest, row.flow_digest}


async def test_the_page_is_told_who_asks(database, ports):
    """NC-14.2."""
    begun = await login_flows.begin(ports, FLOCCUS)
    flow = await login_flows.find(ports, begun.flow_token)

    assert (FLOCCUS, False) == (flow.client, flow.granted)
    with pytest.raises(NotFound):
        await login_flows.find(ports, begun.poll_token)


async def test_s11_nothing_is_had_before_the_grant_and_once_after_it(ann, ports):
    """S11: 404, grant, once, then 404."""
    begun = await login_flows.begin(ports, FLOCCUS)
    with pytest.raises(NotFound):
        await login_flows.poll(ports, begun.poll_token)
    await login_flows.grant(await ann.ctx(), begun.flow_token)
    got = await login_flows.poll(ports, begun.poll_token)
    with pytest.raises(NotFound):
        await login_flows.poll(ports, begun.poll_token)
    viewer = await tokens.believe(ports, got.password)

    assert ("ann", 72) == (got.username, len(got.password))
    assert ("ann", ALL_SCOPES) == (viewer.user.username, viewer.scopes)
    assert 0 == await LoginFlow.all().count()


async def test_the_app_password_is_in_the_list_under_the_programs_name_and_can_be_revoked(ann, ports):
    begun = await granted(ann, ports)
    got = await login_flows.poll(ports, begun.poll_token)
    row = next(row for row in await tokens.find(await ann.ctx()) if row.kind == "app-password")
    await tokens.revoke(await ann.ctx(), row.id)
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, got.password)

    assert FLOCCUS == row.name


async def test_of_many_polls_at_once_one_gets_the_password(ann, ports):
    begun = await granted(ann, ports)
    outcomes = await asyncio.gather(
        *(login_flows.poll(ports, begun.poll_token) for _ in range(8)), return_exceptions=True
    )

    assert 1 == sum(isinstance(outcome, login_flows.Granted) for outcome in outcomes)
    assert 7 == sum(isinstance(outcome, NotFound) for outcome in outcomes)
    assert 1 == await Token.filter(kind="app-password").count()


async def test_polling_in_vain_only_reads(database, ports):
    begun = await login_flows.begin(ports, FLOCCUS)
    async with statements_counted([]) as statements:
        for token in (begun.poll_token, "unknown"):
            with pytest.raises(NotFound):
                await login_flows.poll(ports, token)

    assert ["SELECT", "SELECT"] == [statement.split()[0] for statement in statements]


async def test_the_flow_token_does_not_poll(ann, ports):
    begun = await granted(ann, ports)
    with pytest.raises(NotFound):
        await login_flows.poll(ports, begun.flow_token)


async def test_after_twenty_minutes_all_is_over(ann, ports):
    pending, waiting = await login_flows.begin(ports, FLOCCUS), await granted(ann, ports)
    ports.clock.forward(minutes=20)
    ctx = await ann.ctx()
    for attempt in (
        login_flows.find(ports, pending.flow_token),
        login_flows.grant(ctx, pending.flow_token),
        login_flows.refuse(ctx, pending.flow_token),
        login_flows.poll(ports, waiting.poll_token),
    ):
        with pytest.raises(NotFound):
            await attempt

    assert 0 == await Token.filter(kind="app-password").count()


async def test_granting_twice_is_granting_once_and_nobody_takes_it_over(ann, ben, ports):
    begun = await granted(ann, ports)
    await login_flows.grant(await ann.ctx(), begun.flow_token)
    for attempt in (login_flows.grant, login_flows.refuse):
        with pytest.raises(NotFound):
            await attempt(await ben.ctx(), begun.flow_token)

    assert "ann" == (await login_flows.poll(ports, begun.poll_token)).username


async def test_a_program_that_is_sent_away_gets_nothing(ann, ports):
    begun = await login_flows.begin(ports, FLOCCUS)
    await login_flows.refuse(await ann.ctx(), begun.flow_token)
    with pytest.raises(NotFound):
        await login_flows.grant(await ann.ctx(), begun.flow_token)


async def test_letting_in_needs_the_account_scope(ann, ports):
    """The app password has all scopes, and no credential hands out more than it has."""
    begun = await login_flows.begin(ports, FLOCCUS)
    narrow = Person(ports, ann.user, await make_token(ann, "bookmarks:write"))
    with pytest.raises(Forbidden):
        await login_flows.grant(await narrow.ctx(), begun.flow_token)
    with pytest.raises(Unauthenticated):
        await login_flows.grant(Context(ports, GRAPHQL, ANONYMOUS), begun.flow_token)


async def test_an_account_that_is_shut_meanwhile_gives_nothing(ann, ports):
    begun = await granted(ann, ports)
    await User.filter(id=ann.user.id).update(is_active=False)
    with pytest.raises(NotFound):
        await login_flows.poll(ports, begun.poll_token)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("", "An app without a name"),
        (" \t\n", "An app without a name"),
        ("floccus\r\nSet-Cookie: x", "floccus Set-Cookie: x"),
        ("nul\0 and \ud800", "nul\ufffd and \ufffd"),
        ("\u202egnp.exe", "gnp.exe"),
        ("x" * 5000, "x" * 200),
        ("é" * 5000, "é" * 200),
    ],
)
async def test_any_name_becomes_one_that_people_can_read(ann, ports, user_agent, name):
    begun = await granted(ann, ports, user_agent)
    shown = (await login_flows.find(ports, begun.flow_token)).client
    await login_flows.poll(ports, begun.poll_token)

    assert name == shown == (await Token.get(kind="app-password")).name


@pytest.mark.parametrize("token", ["", "\0", "\ud800", "x" * 100_000])
async def test_junk_for_a_token_is_not_found(ann, ports, token):
    await granted(ann, ports)
    with pytest.raises(NotFound):
        await login_flows.find(ports, token)
    with pytest.raises(NotFound):
        await login_flows.poll(ports, token)


async def test_no_more_wait_than_can_be_and_old_ones_make_room(database, ports, monkeypatch):
    monkeypatch.setattr(login_flows, "MOST_PENDING", 3)
    for _ in range(3):
        await login_flows.begin(ports, FLOCCUS)
    with pytest.raises(RateLimited):
        await login_flows.begin(ports, FLOCCUS)
    ports.clock.forward(minutes=20)
    await login_flows.begin(ports, FLOCCUS)

    assert 1 == await LoginFlow.all().count()


async def test_one_address_begins_sixty_in_five_minutes(database, ports):
    for _ in range(60):
        await login_flows.begin(ports, FLOCCUS, address="192.0.2.1")
    with pytest.raises(RateLimited):
        await login_flows.begin(ports, FLOCCUS, address="192.0.2.1")
    await login_flows.begin(ports, FLOCCUS, address="192.0.2.2")

    assert 61 == await LoginFlow.all().count()
