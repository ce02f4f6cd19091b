"""The real clock, and that the fake keeps the same promises."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from server.outside import clock as module
from server.outside.clock import SystemClock
from tests.fakes import FakeClock


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request):
    return request.param()


def test_every_look_is_later_than_the_one_before(clock):
    moments = [clock.now() for _ in range(5000)]

    assert moments == sorted(set(moments))


def test_moments_are_aware_and_in_utc(clock):
    assert timedelta(0) == clock.now().utcoffset()


def test_ids_are_plain_uuids_of_version_7_that_differ_and_sort(clock):
    """Plain, because a database driver looks at the exact type."""
    ids = [clock.uuid() for _ in range(1000)]

    assert {UUID} == {type(one) for one in ids}
    assert {7} == {one.version for one in ids}
    assert ids == sorted(set(ids))


def test_a_secret_has_its_length_and_never_comes_twice(clock):
    secrets = {clock.secret(20) for _ in range(100)}

    assert 100 == len(secrets)
    assert {20} == {len(secret) for secret in secrets}


def test_the_system_clock_says_the_time():
    before = datetime.now(UTC)
    said = SystemClock().now()

    assert before <= said <= datetime.now(UTC)


def test_a_clock_that_is_set_back_does_not_go_back(monkeypatch):
    """It creeps on by microseconds until the machine's clock has caught up."""
    clock = SystemClock()
    first = clock.now()

    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return first - timedelta(hours=1)

    monkeypatch.setattr(module, "datetime", Earlier)

    assert first + timedelta(microseconds=1) == clock.now()
    assert first + timedelta(microseconds=2) == clock.now()


def test_threads_never_share_a_moment():
    clock = SystemClock()
    with ThreadPoolExecutor(8) as pool:
        moments = list(pool.map(lambda _: clock.now(), range(4000)))

    assert 4000 == len(set(moments))


def test_the_fake_is_the_same_on_every_run_and_moves_when_told():
    one, two = FakeClock(seed=3), FakeClock(seed=3)

    assert (one.now(), one.uuid(), one.secret(8)) == (two.now(), two.uuid(), two.secret(8))
    before = one.now()
    one.forward(minutes=10)
    assert timedelta(minutes=10, microseconds=1) == one.now() - before
