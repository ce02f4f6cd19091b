"""API keys: nothing that any credential does with them gives it, or them, more than it has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from strawberry import Some

from models import Change, Token
from schema.context import SCOPES
from schema.errors import Forbidden, Invalid, NotFound, Unauthenticated
from schema.resolvers import api_keys, tokens
from tests.factories import Person, make_token

READ = ["bookmarks:read"]
NARROW = ["tags:read", "tags:write"]


@pytest.fixture
async def caller(ann, ports):
    """Make a context of Ann's with a credential of these scopes, which ends in so many hours."""

    async def make(scopes=NARROW, hours=None):
        until = None if hours is None else ports.clock.now() + timedelta(hours=hours)
        made = await tokens.issue(ports, ann.user.id, name="caller", scopes=scopes, expires_at=until)
        return await Person(ports, ann.user, made.secret).ctx()

    return make


async def test_a_key_is_made_shown_and_believed(ann, ports):
    ctx = await ann.ctx()
    made = await api_keys.create(ctx, "  mirror  ", ["tags:read", "bookmarks:read", "tags:read"])
    (row,) = await api_keys.find(ctx)
    viewer = await tokens.believe(ports, made.secret)

    assert made.token == row
    assert ("mirror", ("bookmarks:read", "tags:read"), None) == (row.name, row.scopes, row.expires_at)
    assert row.prefix == made.secret[:11]
    assert frozenset({"bookmarks:read", "tags:read"}) == viewer.scopes


async def test_only_keys_are_listed_the_newest_first(ann, ben):
    ctx = await ann.ctx()
    await make_token(ann, "tags:read")
    await tokens.issue(ann.ports, ann.user.id, name="phone", format="app-password")
    await api_keys.create(await ben.ctx(), "Ben's", READ)
    for name in "abc":
        await api_keys.create(ctx, name, READ)

    assert ["c", "b", "a"] == [row.name for row in await api_keys.find(ctx)]


async def test_a_key_made_as_a_token_shows_only_the_scopes_that_keys_have(ann):
    ctx = await ann.ctx()
    await tokens.create(ctx, "from the settings", format="bkmark")
    (row,) = await api_keys.find(ctx)

    assert "account" in row.scopes
    assert list(SCOPES[:-1]) == api_keys.shown_scopes(row)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"name": ""}, "blank"),
        ({"name": " \t"}, "blank"),
        ({"name": "x" * 101}, "too_long"),
        ({"name": "n\0"}, "nul"),
        ({"scopes": []}, "blank"),
        ({"scopes": ["account"]}, "choice"),
        ({"scopes": ["tags:read", "everything"]}, "choice"),
        ({"expires_at": datetime(2026, 1, 2, tzinfo=UTC)}, "past"),
    ],
)
async def test_what_no_key_can_be(change, rule, ann):
    ctx = await ann.ctx()
    key = (await api_keys.create(ctx, "as it was", READ)).token
    for attempt in (
        lambda: api_keys.create(ctx, **{"name": "n", "scopes": READ} | change),
        lambda: api_keys.update(ctx, key.id, **{name: Some(value) for name, value in change.items()}),
    ):
        with pytest.raises(Invalid) as refusal:
            await attempt()

        assert rule == refusal.value.faults[0].rule
    assert [key] == await api_keys.find(ctx)


async def test_the_longest_name_is_a_hundred_characters(ann):
    made = await api_keys.create(await ann.ctx(), "ä" * 100, READ)

    assert "ä" * 100 == made.token.name


async def test_no_credential_gives_what_it_lacks(ann, caller):
    ctx = await caller()
    key = (await api_keys.create(await ann.ctx(), "as it was", READ)).token
    for attempt in (
        lambda: api_keys.create(ctx, "wider", ["tags:read", "bookmarks:read"]),
        lambda: api_keys.update(ctx, key.id, scopes=Some(["tags:read", "bookmarks:read"])),
    ):
        with pytest.raises(Forbidden) as refusal:
            await attempt()

        assert "bookmarks:read" == refusal.value.needs
    assert [key] == await api_keys.find(ctx)


async def test_a_key_ends_with_the_credential_that_made_it(caller):
    ctx = await caller(hours=2)
    own = ctx.viewer.expires_at
    sooner = own - timedelta(hours=1)

    assert own == (await api_keys.create(ctx, "for ever", NARROW)).token.expires_at
    assert own == (await api_keys.create(ctx, "later", NARROW, expires_at=own + timedelta(1))).token.expires_at
    assert sooner == (await api_keys.create(ctx, "sooner", NARROW, expires_at=sooner)).token.expires_at


async def test_a_key_cannot_lengthen_its_own_life_or_widen_itself(ann, ports):
    until = ports.clock.now() + timedelta(hours=1)
    made = await api_keys.create(await ann.ctx(), "short", NARROW, expires_at=until)
    ctx = await Person(ports, ann.user, made.secret).ctx()
    for later in (None, until + timedelta(days=1)):
        row = await api_keys.update(ctx, made.token.id, expires_at=Some(later))
        assert until == row.expires_at
    with pytest.raises(Forbidden):
        await api_keys.update(ctx, made.token.id, scopes=Some([*NARROW, "bookmarks:read"]))
    row = await api_keys.update(ctx, made.token.id, scopes=Some(["tags:read"]), expires_at=Some(until))

    assert (("tags:read",), until) == (row.scopes, row.expires_at)


async def test_who_gives_a_scope_gives_it_for_no_longer_than_it_has_it(ann, caller):
    """Else a credential that ends soon would go on in a key that does not."""
    key = (await api_keys.create(await ann.ctx(), "for ever", ["tags:read"])).token
    ctx = await caller(hours=1)
    row = await api_keys.update(ctx, key.id, scopes=Some(NARROW))

    assert ctx.viewer.expires_at == row.expires_at


async def test_nobody_lengthens_what_can_do_more_than_they(ann, caller, ports):
    until = ports.clock.now() + timedelta(hours=1)
    key = (await api_keys.create(await ann.ctx(), "strong", READ, expires_at=until)).token
    with pytest.raises(Forbidden):
        await api_keys.update(await caller(), key.id, expires_at=Some(None))

    assert [key] == await api_keys.find(await ann.ctx())


async def test_whoever_may_do_less_can_still_rename_shorten_and_revoke(ann, caller, ports):
    key = (await api_keys.create(await ann.ctx(), "strong", READ)).token
    ctx = await caller(hours=1)
    until = ports.clock.now() + timedelta(hours=9)
    row = await api_keys.update(ctx, key.id, name=Some("weak"), expires_at=Some(until))

    assert ("weak", tuple(READ), until) == (row.name, row.scopes, row.expires_at)
    await api_keys.revoke(ctx, key.id)
    assert [] == await api_keys.find(ctx)


async def test_no_change_gives_more_than_making_anew_would(ann, caller, ports):
    """Every pair of scopes and ends before, after, and of whoever asks."""
    now = ports.clock.now()
    ends = {None: None, 1: now + timedelta(hours=1), 3: now + timedelta(hours=3)}
    sets = (["tags:read"], NARROW, READ)
    mine = await ann.ctx()
    for own_hours in (None, 2):
        ctx = await caller(hours=own_hours)
        own = ctx.viewer.expires_at
        for before, end_before, after, end_after in product(sets, ends, sets, ends):
            key = (await api_keys.create(mine, "k", before, expires_at=ends[end_before])).token
            try:
                row = await api_keys.update(ctx, key.id, scopes=Some(after), expires_at=Some(ends[end_after]))
            except Forbidden:
                assert not set(after) <= set(NARROW)
                continue
            lives_longer = api_keys._is_later(row.expires_at, key.expires_at)
            if lives_longer or set(row.scopes) - set(key.scopes):
                assert set(row.scopes) <= ctx.viewer.scopes
                assert not api_keys._is_later(row.expires_at, own)


async def test_a_revoked_key_is_gone_at_once(ann, ports):
    ctx = await ann.ctx()
    made = await api_keys.create(ctx, "n", READ)
    await api_keys.revoke(ctx, made.token.id)
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, made.secret)
    with pytest.raises(NotFound):
        await api_keys.revoke(ctx, made.token.id)
    with pytest.raises(NotFound):
        await api_keys.update(ctx, made.token.id, name=Some("n"))


async def test_a_token_that_is_no_key_is_not_reached(ann):
    ctx = await ann.ctx()
    (token,) = await tokens.find(ctx)
    for attempt in (lambda: api_keys.revoke(ctx, token.id), lambda: api_keys.update(ctx, token.id, name=Some("n"))):
        with pytest.raises(NotFound):
            await attempt()

    assert [token] == await tokens.find(ctx)


async def test_each_write_is_in_the_log_of_changes(ann):
    ctx = await ann.ctx()
    key = (await api_keys.create(ctx, "n", READ)).token
    await api_keys.update(ctx, key.id)
    await api_keys.revoke(ctx, key.id)
    log = await Change.filter(entity="token", entity_id=key.id).order_by("id").values_list("operation", flat=True)

    assert ["create", "update", "delete"] == log
    assert 1 == await Token.all().count()
