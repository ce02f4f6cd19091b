"""The lock by which syncing clients keep out of each other's way (NC-11)."""

from __future__ import annotations

import asyncio

import pytest

from models import Change, SyncLock
from schema.errors import Forbidden, Locked
from schema.resolvers import locks
from tests.factories import make_bookmark, make_token
from tests.schema.library import SYNC


async def test_s09_a_lock_is_held_once_until_anybody_of_the_account_lets_go(ann):
    first, second = await ann.ctx(SYNC), await ann.ctx()
    await locks.acquire(first)
    with pytest.raises(Locked) as refusal:
        await locks.acquire(second)
    await locks.release(second)
    await locks.acquire(second)

    assert "library" == refusal.value.entity
    assert 1 == await SyncLock.all().count()


async def test_s09_a_lock_is_good_for_half_an_hour(ann, ports):
    """A 423 does not prolong it: who asks again and again gets it in the end."""
    ctx = await ann.ctx(SYNC)
    await locks.acquire(ctx)
    ports.clock.forward(minutes=29, seconds=59)
    with pytest.raises(Locked):
        await locks.acquire(ctx)
    ports.clock.forward(seconds=1)
    await locks.acquire(ctx)
    with pytest.raises(Locked):
        await locks.acquire(ctx)


async def test_s09_what_is_not_held_can_be_let_go(ann):
    await locks.release(await ann.ctx(SYNC))
    await locks.acquire(await ann.ctx(SYNC))

    assert 1 == await SyncLock.all().count()


async def test_a_lock_is_advice(ann):
    """Others may write meanwhile, and it is no change of the library."""
    await locks.acquire(await ann.ctx(SYNC))
    await make_bookmark(ann)

    assert ["bookmark"] == await Change.all().values_list("entity", flat=True)


async def test_of_two_at_the_same_time_one_gets_it(ann):
    contexts = [await ann.ctx(SYNC) for _ in range(4)]
    results = await asyncio.gather(*(locks.acquire(ctx) for ctx in contexts), return_exceptions=True)

    assert 3 == sum(isinstance(result, Locked) for result in results)


async def test_a_lock_needs_the_scope_to_write_folders(ann):
    narrow = type(ann)(ann.ports, ann.user, await make_token(ann, "groups:read", "bookmarks:write"))
    for operation in (locks.acquire, locks.release):
        with pytest.raises(Forbidden):
            await operation(await narrow.ctx())
