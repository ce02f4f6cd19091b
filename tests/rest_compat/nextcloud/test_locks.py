"""S09: the lock (NC section 11)."""

from __future__ import annotations

from tests.rest_compat.nextcloud.conftest import SUCCESS, error


async def test_s09_taken_refused_released_and_taken_again(both):
    """S09: no body, no type; releasing what is free is fine; everything else works meanwhile."""
    assert SUCCESS == (await both.delete("lock")).seen
    assert SUCCESS == (await both.post("lock")).seen
    assert error(423, "Resource is already locked") == (await both.post("lock")).seen
    assert 200 == (await both.post("bookmark", json={"url": "https://a.example/", "title": "T"})).status
    assert [SUCCESS, SUCCESS, SUCCESS] == [
        (await both.call(method, "lock")).seen for method in ("DELETE", "DELETE", "POST")
    ]


async def test_s09_each_user_has_one(both, cloud_ben):
    assert [SUCCESS, SUCCESS] == [(await one.post("lock")).seen for one in (both, cloud_ben)]
    assert SUCCESS == (await cloud_ben.delete("lock")).seen
    assert 423 == (await both.post("lock")).status


async def test_s09_it_ends_after_half_an_hour(both, ports):
    await both.post("lock")
    ports.clock.forward(minutes=29, seconds=59)
    assert 423 == (await both.post("lock")).status

    ports.clock.forward(seconds=1)
    assert SUCCESS == (await both.post("lock")).seen
