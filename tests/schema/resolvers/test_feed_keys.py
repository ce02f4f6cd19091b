"""Feed keys: one a user, kept as a hash, good for feeds alone (LD section 22)."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from models import Token, User
from schema.errors import Forbidden, Invalid, NotFound, Unauthenticated
from schema.resolvers import api_keys, credentials, feed_keys, tokens
from tests.databases import statements_counted
from tests.factories import Person, make_token


async def test_a_key_is_40_hex_and_only_its_hash_is_kept(ann, ports):
    """LD section 22."""
    made = await feed_keys.renew(await ann.ctx())
    row = await Token.get(id=made.token.id).values()
    viewer = await feed_keys.believe(ports, made.secret)

    assert re.fullmatch("[0-9a-f]{40}", made.secret)
    assert made.secret not in str(row)
    assert (tokens.digest(made.secret), "feed", "", None) == tuple(
        row[x] for x in ("digest", "kind", "scopes", "grant_id")
    )
    assert (ann.user.id, frozenset({"bookmarks:read"})) == (viewer.user.id, viewer.scopes)
    assert made.token.id == (await feed_keys.get(await ann.ctx())).id


async def test_renewing_ends_the_old_key(ann, ben, ports):
    """LD section 22."""
    hers = await feed_keys.renew(await ben.ctx())
    old = await feed_keys.renew(await ann.ctx())
    new = await feed_keys.renew(await ann.ctx())
    with pytest.raises(Unauthenticated):
        await feed_keys.believe(ports, old.secret)

    assert ann.user.id == (await feed_keys.believe(ports, new.secret)).user.id
    assert ben.user.id == (await feed_keys.believe(ports, hers.secret)).user.id
    assert 2 == await Token.filter(kind="feed").count()


async def test_of_keys_renewed_at_once_one_is_left(ann, ports):
    """LD section 22: one a user, under the owner's lock."""
    made = await asyncio.gather(*[feed_keys.renew(await ann.ctx()) for _ in range(4)])
    (left,) = await Token.filter(kind="feed")

    assert left.digest in {tokens.digest(one.secret) for one in made}


async def test_a_removed_key_is_worthless_at_once(ann, ports):
    """LD section 22."""
    made = await feed_keys.renew(await ann.ctx())
    await feed_keys.remove(await ann.ctx())
    with pytest.raises(Unauthenticated):
        await feed_keys.believe(ports, made.secret)
    with pytest.raises(NotFound):
        await feed_keys.remove(await ann.ctx())

    assert None is await feed_keys.get(await ann.ctx())


async def test_a_key_may_be_revoked_as_any_token(ann, ports):
    made = await feed_keys.renew(await ann.ctx())
    assert made.token.id in [row.id for row in await tokens.find(await ann.ctx())]
    await tokens.revoke(await ann.ctx(), made.token.id)
    with pytest.raises(Unauthenticated):
        await feed_keys.believe(ports, made.secret)


async def test_a_feed_key_opens_no_door(ann, ports):
    """It is in addresses, so it must be good for nothing else."""
    made = await feed_keys.renew(await ann.ctx())
    with pytest.raises(Unauthenticated) as as_token:
        await tokens.believe(ports, made.secret)
    with pytest.raises(Unauthenticated) as as_password:
        await credentials.believe_basic(ports, ann.user.username, made.secret)

    assert ("unknown", "unknown") == (as_token.value.reason, as_password.value.reason)
    assert [] == await api_keys.find(await ann.ctx())
    with pytest.raises(NotFound):
        await api_keys.revoke(await ann.ctx(), made.token.id)
    with pytest.raises(Invalid):
        await tokens.create(await ann.ctx(), "feeds", format="feed")


async def test_no_other_token_opens_feeds(ann, ports):
    """LD section 22: a feed key is a secret of its own."""
    for secret in (
        ann.secret,
        "",
        "a" * 40,
        "\ud800" * 40,
        "A" * 40,
        (await feed_keys.renew(await ann.ctx())).secret.upper(),
    ):
        with pytest.raises(Unauthenticated) as refusal:
            await feed_keys.believe(ports, secret)
        assert "unknown" == refusal.value.reason


async def test_nobody_makes_a_key_that_reads_more_or_longer_than_they(ann, ports):
    narrow = Person(ports, ann.user, await make_token(ann, "account"))
    with pytest.raises(Forbidden) as refusal:
        await feed_keys.renew(await narrow.ctx())
    until = ports.clock.now() + timedelta(hours=1)
    short = Person(ports, ann.user, (await tokens.issue(ports, ann.user.id, name="short", expires_at=until)).secret)
    made = await feed_keys.renew(await short.ctx())
    ports.clock.forward(hours=2)
    with pytest.raises(Unauthenticated) as later:
        await feed_keys.believe(ports, made.secret)

    assert ("bookmarks:read", "expired") == (refusal.value.needs, later.value.reason)


@pytest.mark.parametrize("operation", [feed_keys.get, feed_keys.renew, feed_keys.remove])
async def test_keys_are_the_accounts_business(operation, ann, ports):
    narrow = Person(ports, ann.user, await make_token(ann, "bookmarks:read", "bookmarks:write"))
    with pytest.raises(Forbidden) as refusal:
        await operation(await narrow.ctx())

    assert "account" == refusal.value.needs


async def test_the_key_of_a_deactivated_account_is_refused(ann, ports):
    made = await feed_keys.renew(await ann.ctx())
    await User.filter(id=ann.user.id).update(is_active=False)
    with pytest.raises(Unauthenticated) as refusal:
        await feed_keys.believe(ports, made.secret)

    assert "inactive" == refusal.value.reason


async def test_believing_costs_one_statement(ann, ports):
    made = await feed_keys.renew(await ann.ctx())
    await feed_keys.believe(ports, made.secret)
    await ports.background.drain()
    async with statements_counted([]) as right:
        await feed_keys.believe(ports, made.secret)
    async with statements_counted([]) as wrong:
        with pytest.raises(Unauthenticated):
            await feed_keys.believe(ports, "0" * 40)

    assert (1, 1) == (len(right), len(wrong))
