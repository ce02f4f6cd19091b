"""Counting tries: the real throttle and the fake keep the same promises."""

from __future__ import annotations

import asyncio

import pytest

from schema.errors import RateLimited
from schema.ports import Allowance
from server.outside import throttle as module
from server.outside.counters.redis import RedisCounters
from server.outside.shared import RedisThrottle
from server.outside.throttle import MemoryThrottle
from tests.fakes import FakeClock, FakeThrottle

THREE = Allowance("three", 3, 60)
OTHER = Allowance("other", 3, 60)


@pytest.fixture(params=["memory", "fake", pytest.param("redis", marks=pytest.mark.needs_redis)])
async def throttle(request):
    """Every one that there is."""
    match request.param:
        case "memory":
            yield MemoryThrottle()
        case "fake":
            yield FakeThrottle(FakeClock())
        case _:
            counters = RedisCounters(request.getfixturevalue("redis_url"))
            yield RedisThrottle(counters)
            await counters.close()


async def taken(throttle, tries, allowance=THREE, key="ann"):
    """How many of so many tries pass."""
    passed = 0
    for _ in range(tries):
        try:
            await throttle.take(allowance, key)
        except RateLimited:
            continue
        passed += 1
    return passed


async def test_so_many_pass_and_no_more(throttle):
    assert 3 == await taken(throttle, 10)


async def test_who_is_refused_is_told_when_to_come_back(throttle):
    await taken(throttle, 3)
    with pytest.raises(RateLimited) as refusal:
        await throttle.take(THREE, "ann")

    assert 59 <= refusal.value.retry_after <= 60


async def test_keys_and_allowances_are_counted_apart(throttle):
    await taken(throttle, 3)

    assert 3 == await taken(throttle, 4, key="ben")
    assert 3 == await taken(throttle, 4, OTHER)
    assert 3 == await taken(throttle, 4, key="a/n:n\0é")
    assert 3 == await taken(throttle, 4, key="\ud800")


async def test_what_is_cleared_starts_anew(throttle):
    await taken(throttle, 3)
    await taken(throttle, 3, key="ben")
    await throttle.clear(THREE, "ann")
    await throttle.clear(THREE, "nobody")

    assert 3 == await taken(throttle, 4)
    assert 0 == await taken(throttle, 4, key="ben")


async def test_what_is_given_back_makes_room_for_one(throttle):
    await taken(throttle, 3)
    await taken(throttle, 3, key="ben")
    await throttle.give_back(THREE, "ann")
    await throttle.give_back(THREE, "nobody")

    assert 1 == await taken(throttle, 4)
    assert 0 == await taken(throttle, 4, key="ben")


async def test_tries_at_the_same_time_are_all_counted(throttle):
    outcomes = await asyncio.gather(*(throttle.take(THREE, "ann") for _ in range(20)), return_exceptions=True)

    assert 3 == outcomes.count(None)


@pytest.mark.parametrize("place", ["memory", pytest.param("redis", marks=pytest.mark.needs_redis)])
async def test_the_window_moves(place, monkeypatch, request):
    moment = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: moment)
    counters = RedisCounters(request.getfixturevalue("redis_url")) if place == "redis" else None
    throttle = MemoryThrottle() if counters is None else RedisThrottle(counters)
    await taken(throttle, 2)
    moment += 40
    await taken(throttle, 1)
    moment += 21  # the first two are out of the window, the third is not

    assert 2 == await taken(throttle, 5)
    if counters is not None:
        await counters.close()


async def test_keys_of_the_past_are_let_go_of(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEYS", 10)
    throttle = MemoryThrottle()
    for number in range(11):
        await throttle.take(THREE, str(number))
    storage = throttle._storage
    storage.events.update({key: [] for key in storage.events})  # as the library leaves a window that has passed
    await throttle.take(THREE, "last")

    assert 1 == len(storage.events)


async def test_keys_that_must_be_kept_are_not_looked_through_with_every_try(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEYS", 10)
    throttle = MemoryThrottle()
    looks = []
    monkeypatch.setattr(throttle, "_let_go", lambda let_go=throttle._let_go: (looks.append(1), let_go()))
    for number in range(100):
        await throttle.take(THREE, str(number))

    assert 4 == len(looks)  # beyond 10, 22, 46 and 94
