"""Tokens: kept as hashes, believed by scope, shown once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import Token
from schema.context import ALL_SCOPES
from schema.errors import Forbidden, Invalid, Unauthenticated
from schema.resolvers import tokens
from tests.databases import statements_counted
from tests.factories import Person, make_token


@pytest.mark.parametrize(("format", "length"), [("linkding", 40), ("bkmark", 35), ("app-password", 72)])
async def test_every_format_opens_every_door(format, length, ann, ports):
    made = await tokens.issue(ports, ann.user.id, name="n", format=format)
    viewer = await tokens.believe(ports, made.secret)

    assert length == len(made.secret)
    assert (ann.user.id, ALL_SCOPES) == (viewer.user.id, viewer.scopes)


async def test_no_secret_is_kept(ann):
    (row,) = await Token.all().values()

    assert ann.secret not in str(row)
    assert ann.secret.startswith(row["prefix"])


@pytest.mark.parametrize("secret", ["", "x", "a" * 40, "\ud800" * 40, "ä" * 40])
async def test_what_is_no_token_is_unknown(secret, ann, ports):
    with pytest.raises(Unauthenticated) as refusal:
        await tokens.believe(ports, secret)

    assert "unknown" == refusal.value.reason


async def test_a_token_ends_at_its_expiry(ann, ports):
    until = ports.clock.now() + timedelta(hours=1)
    made = await tokens.issue(ports, ann.user.id, name="short", expires_at=until)
    await tokens.believe(ports, made.secret)
    ports.clock.forward(hours=1)
    with pytest.raises(Unauthenticated) as refusal:
        await tokens.believe(ports, made.secret)

    assert "expired" == refusal.value.reason


async def test_nobody_hands_out_more_than_they_have(ann, ports):
    narrow = Person(ports, ann.user, await make_token(ann, "account", "tags:read"))
    with pytest.raises(Forbidden) as refusal:
        await tokens.create(await narrow.ctx(), "wider", scopes=["tags:read", "bookmarks:write"])
    made = await tokens.create(await narrow.ctx(), "as wide")

    assert "bookmarks:write" == refusal.value.needs
    assert {"account", "tags:read"} == set(made.token.scopes)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"name": " "}, "blank"),
        ({"name": "x" * 256}, "too_long"),
        ({"name": "n\0"}, "nul"),
        ({"name": "n", "scopes": ["everything"]}, "choice"),
        ({"name": "n", "format": "jwt"}, "choice"),
    ],
)
async def test_a_token_that_cannot_be_is_refused(options, rule, ann):
    with pytest.raises(Invalid) as refusal:
        await tokens.create(await ann.ctx(), **options)

    assert rule == refusal.value.faults[0].rule
    assert 1 == await Token.all().count()


async def test_a_revoked_token_is_worthless_at_once(ann, ports):
    made = await tokens.create(await ann.ctx(), "gone soon")
    await tokens.revoke(await ann.ctx(), made.token.id)
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, made.secret)


async def test_believing_costs_one_statement_and_now_and_then_two(ann, ports):
    """``last_used_at`` is moved at most every ten minutes, so that reading stays reading."""
    async with statements_counted([]) as first:
        await tokens.believe(ports, ann.secret)
        await ports.background.drain()
    async with statements_counted([]) as second:
        await tokens.believe(ports, ann.secret)
    ports.clock.forward(minutes=11)
    async with statements_counted([]) as later:
        await tokens.believe(ports, ann.secret)
        await ports.background.drain()

    assert (2, 1, 2) == (len(first), len(second), len(later))


async def test_a_token_that_ends_makes_none_that_lasts_longer(ann, ports):
    """No credential hands out more than it has."""
    until = ports.clock.now() + timedelta(minutes=5)
    short = await tokens.issue(ports, ann.user.id, name="short", expires_at=until)
    ctx = await Person(ports, ann.user, short.secret).ctx()
    forever = await tokens.create(ctx, "for ever")
    later = await tokens.create(ctx, "later", expires_at=until + timedelta(days=1))
    sooner = await tokens.create(ctx, "sooner", expires_at=until - timedelta(minutes=1))

    assert [until, until, until - timedelta(minutes=1)] == [made.token.expires_at for made in (forever, later, sooner)]


async def test_a_touch_that_fails_troubles_nobody(ann, ports, monkeypatch, caplog):
    async def broken(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(tokens, "_touch", broken)
    viewer = await tokens.believe(ports, ann.secret)
    await ports.background.drain()

    assert ann.user.id == viewer.user.id
    assert "the disk is full" in caplog.text
