"""Quotas: fixed windows that keep the same promises wherever they are counted."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from limits.aio.strategies import FixedWindowRateLimiter
from redis.exceptions import ConnectionError as RedisDown
from redis.exceptions import ResponseError

from models import Counter
from schema.errors import RateLimited
from schema.ports import Allowance, Standing
from schema.resolvers import worker
from server.database import connected, database_config
from server.outside import shared
from server.outside.counters import memory as memory_module
from server.outside.counters import redis as redis_module
from server.outside.counters.keys import item_of
from server.outside.counters.memory import MemoryCounters
from server.outside.counters.redis import RedisCounters
from server.outside.counters.table import TableCounters
from server.outside.ports import make_outside
from server.outside.quotas import ByLength, Windows
from server.outside.shared import Health, SharedQuotas, share
from server.outside.throttle import MemoryThrottle
from server.settings import load_settings
from tests.fakes import FakeClock

ROOT = Path(__file__).parents[3]
TAKER = ROOT / "tests" / "programs" / "take_all.py"
THREE = Allowance("three", 3, 3600)
OTHER = Allowance("other", 3, 3600)
MINUTE = Allowance("minute", 3, 60)
REDIS = pytest.param("redis", marks=pytest.mark.needs_redis)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(params=["memory", "table", REDIS])
async def counters(request, database, clock):
    """Every place where is counted."""
    match request.param:
        case "memory":
            yield MemoryCounters(clock)
        case "table":
            yield TableCounters(clock)
        case _:
            counters = RedisCounters(request.getfixturevalue("redis_url"))
            yield counters
            await counters.close()


@pytest.fixture
async def quotas(counters, clock):
    return Windows(counters, clock)


async def taken(quotas, times, allowance=THREE, key="ann"):
    """How many of so many pass."""
    outcomes = await asyncio.gather(*(quotas.take(allowance, key) for _ in range(times)), return_exceptions=True)

    assert {Standing, RateLimited} >= {type(one) for one in outcomes}
    return sum(isinstance(one, Standing) for one in outcomes)


async def refusal_of(quotas, allowance=THREE, key="ann"):
    with pytest.raises(RateLimited) as refusal:
        await quotas.take(allowance, key)
    return refusal.value


async def test_so_many_pass_and_each_is_told_what_is_left(quotas):
    standings = await asyncio.gather(*(quotas.take(THREE, "ann") for _ in range(3)))

    assert {(3, 2), (3, 1), (3, 0)} == {(one.limit, one.remaining) for one in standings}
    assert timedelta(seconds=1) > max(one.reset_at for one in standings) - min(one.reset_at for one in standings)


async def test_who_is_refused_is_told_when_to_come_back(quotas):
    standing = await quotas.take(THREE, "ann")
    await taken(quotas, 2)
    refusal = await refusal_of(quotas)

    assert (3, 0) == (refusal.standing.limit, refusal.standing.remaining)
    assert timedelta(seconds=1) > abs(standing.reset_at - refusal.standing.reset_at)
    if not isinstance(quotas._counters, RedisCounters):  # whose clock is not the test's
        assert 3600 == refusal.retry_after


async def test_those_who_come_at_the_same_time_are_counted_exactly(quotas):
    assert 3 == await taken(quotas, 20)
    assert 0 == await taken(quotas, 20)


async def test_keys_and_allowances_are_counted_apart(quotas):
    await taken(quotas, 3)
    for key in ("ben", "ann/three", "a/n:n\0é", "\ud800", "x" * 1000, "x" * 1001, ""):
        assert 3 == await taken(quotas, 4, key=key)

    assert 3 == await taken(quotas, 4, OTHER)
    assert 0 == await taken(quotas, 1)


async def test_what_is_given_back_makes_room_for_one_however_many_were_refused(quotas):
    await taken(quotas, 9)
    await taken(quotas, 3, key="ben")
    await quotas.give_back(THREE, "ann")
    await quotas.give_back(THREE, "nobody")

    assert 1 == await taken(quotas, 4)
    assert 0 == await taken(quotas, 1, key="ben")
    assert 3 == await taken(quotas, 4, key="nobody")


async def test_the_librarys_own_strategy_works_on_it(counters):
    """Each is a whole storage of ``limits``, not only the part that is used here."""
    limiter, item = FixedWindowRateLimiter(counters), item_of(THREE)

    assert [True, True, True, False] == [await limiter.hit(item, "ann") for _ in range(4)]
    assert not await limiter.test(item, "ann")
    assert await limiter.test(item, "ben")
    assert 0 == (await limiter.get_window_stats(item, "ann")).remaining
    await limiter.clear(item, "ann")
    assert 3 == (await limiter.get_window_stats(item, "ann")).remaining
    await limiter.hit(item, "ann")
    await counters.reset()
    assert 3 == (await limiter.get_window_stats(item, "ann")).remaining
    assert await counters.check()


@pytest.mark.parametrize("place", ["memory", "table"])
async def test_a_window_begins_with_the_first_that_is_counted_and_ends_as_a_whole(place, database, clock):
    quotas = Windows(MemoryCounters(clock) if place == "memory" else TableCounters(clock), clock)
    begin = clock.now()
    await quotas.take(THREE, "ann")
    clock.forward(minutes=59)
    await taken(quotas, 2)
    refusal = await refusal_of(quotas)

    assert timedelta(seconds=3600) <= refusal.standing.reset_at - begin < timedelta(seconds=3601)
    assert 60 == refusal.retry_after
    clock.forward(minutes=1)
    assert 3 == await taken(quotas, 4)
    for _ in range(3):
        await quotas.give_back(THREE, "ann")
    clock.forward(minutes=30)
    standing = await quotas.take(THREE, "ann")
    assert timedelta(minutes=59) < standing.reset_at - clock.now()  # nothing was counted any more: it begins anew
    clock.forward(hours=1)
    await quotas.give_back(THREE, "ann")
    assert 3 == await taken(quotas, 4)


async def test_windows_of_the_past_are_let_go_of(monkeypatch, clock):
    monkeypatch.setattr(memory_module, "MOST_KEYS", 10)
    counters = MemoryCounters(clock)
    for number in range(12):
        await counters.incr(str(number), 60)
    assert 12 == len(counters._windows)
    clock.forward(minutes=1)
    for number in range(12, 24):
        await counters.incr(str(number), 60)

    assert 12 == len(counters._windows)


async def test_what_is_counted_in_the_table_outlives_the_process(database_url, clock):
    config = database_config(database_url)
    async with connected(config, everywhere=True):
        quotas = Windows(TableCounters(clock), clock)
        before = [await quotas.take(THREE, "ann") for _ in range(3)]
    async with connected(config, everywhere=True):
        quotas = Windows(TableCounters(clock), clock)
        refusal = await refusal_of(quotas)

        assert before[0].reset_at == refusal.standing.reset_at
        clock.forward(hours=1)
        assert 3 == await taken(quotas, 4)


async def test_the_days_purge_takes_windows_that_have_ended(ann, ports):
    quotas = Windows(TableCounters(ports.clock), ports.clock)
    await quotas.take(THREE, "old")
    ports.clock.forward(minutes=59)
    await quotas.take(THREE, "new")
    ports.clock.forward(minutes=1)
    await worker.purge(ports)

    assert [True] == ["new" in key for key in await Counter.all().values_list("key", flat=True)]


@pytest.mark.parametrize("place", ["table", REDIS])
async def test_two_processes_count_exactly(place, database, request):
    """160 tries for 50."""
    shared_place = [] if place == "table" else [request.getfixturevalue("redis_url")]
    takers = [
        await asyncio.create_subprocess_exec(
            sys.executable, TAKER, database, "80", *shared_place,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]  # fmt: skip
    for taker in takers:
        assert b"ready\n" == await taker.stdout.readline()
    outputs = await asyncio.gather(*(taker.communicate(b"go\n") for taker in takers))
    passed = [int(output) for output, _ in outputs]

    assert [0, 0] == [taker.returncode for taker in takers]
    assert 50 == sum(passed)
    assert await Counter.all().values_list("count", flat=True) == ([50] if place == "table" else [])


async def test_minutes_are_counted_in_memory_and_hours_in_the_table(database, tmp_path):
    outside = make_outside(load_settings(None, data_dir=tmp_path, fetch_timeout=0))
    quotas = outside.ports.quotas
    assert isinstance(quotas, ByLength)
    await quotas.take(MINUTE, "ann")
    await quotas.take(THREE, "ann")
    await quotas.take(THREE, "ann")
    await quotas.give_back(THREE, "ann")
    await outside.close()

    assert [("LIMITER/three/ann/3/3600/second", 1)] == (await Counter.all().values_list("key", "count"))


@pytest.mark.needs_redis
async def test_with_a_redis_everything_is_counted_there(database, tmp_path, redis_url, redis_server):
    outside = make_outside(load_settings(None, data_dir=tmp_path, fetch_timeout=0, redis_url=redis_url))
    ports = outside.ports
    await ports.quotas.take(MINUTE, "ann")
    await ports.quotas.take(THREE, "ann")
    await ports.throttle.take(THREE, "ann")
    await outside.close()
    with redis_server.client() as client:
        seen = {key.decode(): (client.type(key).decode(), client.ttl(key)) for key in client.scan_iter()}

    assert seen == {
        "polymark:LIMITER/minute/ann/3/60/second": ("string", 60),
        "polymark:LIMITER/three/ann/3/3600/second": ("string", 3600),
        "polymark:LIMITER/tries/three/ann/3/3600/second": ("list", 3600),
    }
    assert 0 == await Counter.all().count()


class Broken:
    """Quotas that raise what they are told to."""

    def __init__(self, clock):
        self.error = None
        self.calls = 0
        self._quotas = Windows(MemoryCounters(clock), clock)

    async def take(self, allowance, key):
        self.calls += 1
        await asyncio.sleep(0)  # the others come meanwhile
        if self.error:
            raise self.error
        return await self._quotas.take(allowance, key)

    async def give_back(self, allowance, key):
        await self._quotas.give_back(allowance, key)


@pytest.mark.parametrize("error", [RedisDown("no"), ResponseError("OOM"), OSError("no route"), TimeoutError()])
async def test_without_its_redis_is_counted_at_home_and_both_changes_are_logged_once(error, clock):
    there, here = Broken(clock), Windows(MemoryCounters(clock), clock)
    quotas = SharedQuotas(Health(clock), there, here)
    with structlog.testing.capture_logs() as log:
        assert 2 == await taken(quotas, 2)
        there.error, there.calls = error, 0
        assert 3 == await taken(quotas, 9)
        clock.forward(seconds=6)
        assert 0 == await taken(quotas, 9)
        assert 1 == len(log)
        assert 1 == there.calls - 9  # nine at once found it out; later only one asked, and then none for 5 s
        there.error = None
        assert 0 == await taken(quotas, 1)
        clock.forward(seconds=6)
        assert 1 == await taken(quotas, 9)
        await quotas.give_back(THREE, "ann")

    assert ["warning", "warning"] == [entry["log_level"] for entry in log]
    assert 1 == await taken(quotas, 1)


async def test_anything_else_is_a_fault_and_is_not_hidden(clock):
    there = Broken(clock)
    there.error = ValueError("a fault of ours")
    quotas = SharedQuotas(Health(clock), there, Windows(MemoryCounters(clock), clock))
    with pytest.raises(ValueError, match="ours"):
        await quotas.take(THREE, "ann")


async def test_a_redis_that_refuses_while_it_was_ill_is_well_again(clock):
    there = Broken(clock)
    quotas = SharedQuotas(Health(clock), there, Windows(MemoryCounters(clock), clock))
    await taken(there, 3)
    there.error = OSError()
    await quotas.take(THREE, "ann")
    clock.forward(seconds=6)
    there.error = None
    with structlog.testing.capture_logs() as log:
        await refusal_of(quotas)

    assert 1 == len(log)


@pytest.mark.needs_redis
async def test_a_redis_that_ends_and_comes_back(redis_url, redis_server, clock):
    home = Windows(MemoryCounters(clock), clock)
    counting = share(redis_url, clock, MemoryThrottle(), home)
    assert 1 == await taken(counting.quotas, 1)
    redis_server.stop()
    try:
        assert 3 == await taken(counting.quotas, 5)
        await counting.throttle.take(THREE, "ann")
        await counting.throttle.give_back(THREE, "ann")
        await counting.throttle.clear(THREE, "ann")
    finally:
        redis_server.start()
    clock.forward(seconds=6)

    assert 1 == await taken(counting.quotas, 1)  # this Redis starts empty
    assert 2 == await taken(counting.quotas, 5)
    assert 0 == await taken(home, 1)
    await counting.close()


async def test_a_redis_that_hangs_is_not_waited_for(monkeypatch, clock):
    monkeypatch.setattr(redis_module, "PATIENCE", 0.05)
    connections = []
    async with await asyncio.start_server(lambda *both: connections.append(both), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        home = Windows(MemoryCounters(clock), clock)
        counting = share(f"redis://127.0.0.1:{port}", clock, MemoryThrottle(), home)
        async with asyncio.timeout(5):
            assert 3 == await taken(counting.quotas, 5)
        number = len(connections)
        await taken(counting.quotas, 5)
        await counting.close()
        for _, writer in connections:
            writer.close()

    assert number == len(connections)
    assert shared.PAUSE == timedelta(seconds=5)
