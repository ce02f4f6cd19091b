"""S14 and C01: clicks and counters (NC-6.6, NC-6.8)."""

from __future__ import annotations

import pytest

from tests.rest_compat.nextcloud.conftest import SUCCESS, error, state


@pytest.mark.parametrize("url", ["https://example.org/", "HTTPS://Example.org", "example.org"])
async def test_s14_each_call_counts_once(both, url):
    """S14: by the normalised address."""
    item = await both.save()
    for body in ({"json": {"url": url}}, {"data": {"url": url}}):
        assert SUCCESS == (await both.post("bookmark/click", **body)).seen

    assert 2 == (await both.item("GET", f"bookmark/{item['id']}"))["clickcount"]


async def test_s14_a_script(both):
    await both.save("javascript:void(0)")

    assert SUCCESS == (await both.post("bookmark/click", json={"url": "javascript:void(0)"})).seen


async def test_s14_unknown_and_unreadable_ones(both, ann, ben, cloud_ben):
    """S14, section 17: nobody's and somebody else's address, and what is none."""
    await cloud_ben.save()
    before = await state(ann, ben)

    assert error(400, "Not found") == (await both.post("bookmark/click", json={"url": "https://example.org/"})).seen
    assert error(400, "Not found") == (await both.post("bookmark/click", json={"url": "example.org"})).seen
    for body in ({"url": "foo bar"}, {"url": ""}, {}, {"url": None}):
        assert error(400, "Failed to parse URL") == (await both.post("bookmark/click", json=body)).seen
    assert before == await state(ann, ben)


async def test_c01_counters(both):
    """C01."""
    folder = await both.make_folder()
    await both.save(folders=[-1, folder])
    await both.save("https://two.example/")
    gone = await both.save("https://gone.example/", folders=[folder])
    await both.delete(f"folder/{folder}/bookmarks/{gone['id']}")
    for _ in range(3):
        await both.post("bookmark/click", json={"url": "https://example.org/"})
    names = ("unavailable", "archived", "duplicated", "deletedCount", "totalClicks", "withClicks")

    assert [0, 0, 1, 1, 3, 1] == [await both.item("GET", f"bookmark/{name}") for name in names]
