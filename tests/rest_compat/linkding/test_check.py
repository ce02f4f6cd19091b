"""One bookmark, and whether an address is bookmarked (LD sections 7 and 10)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from schema.ports import PageData
from schema.resolvers import accounts
from tests.factories import make_bookmark


async def check(client, url, more=""):
    return (await client.get(f"/api/bookmarks/check/?url={quote(url, safe='')}{more}")).body


async def test_one_of_mine_is_shown_and_no_other(linkding, linkding_ben, ann):
    """LD-GET-1: archived too, and somebody else's not even when it is shared."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    row = await make_bookmark(ann, is_archived=True, is_public=True)

    assert (200, row.id) == ((await linkding.get(f"/api/bookmarks/{row.id}/")).status, row.id)
    assert (404, {"detail": "No Bookmark matches the given query."}) == (
        await linkding_ben.get(f"/api/bookmarks/{row.id}/")
    ).seen


async def test_check_tells_bookmark_page_and_tags(linkding, ann, ports):
    """LD-CHK-1, LD-CHK-3, LD-CHK-4: keys in this order, metadata with exactly four."""
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example News Daily")
    row = await make_bookmark(ann, url="https://a.example/x")
    ports.websites.pages["https://a.example/x/"] = PageData(
        "https://a.example/x/", title="T", description="D", preview_image="https://a.example/p.png"
    )
    body = await check(linkding, "https://a.example/x/")

    assert ["bookmark", "metadata", "auto_tags"] == list(body)
    assert row.id == body["bookmark"]["id"]
    assert {
        "url": "https://a.example/x/", "title": "T", "description": "D", "preview_image": "https://a.example/p.png",
    } == body["metadata"]  # fmt: skip
    assert ["url", "title", "description", "preview_image"] == list(body["metadata"])
    assert {"news", "daily"} == set(body["auto_tags"])


async def test_check_counts_archived_ones_and_nobody_elses(linkding, linkding_ben, ann):
    """LD-CHK-2."""
    await make_bookmark(ann, url="https://a.example", is_archived=True)

    assert (await check(linkding, "https://a.example"))["bookmark"]["is_archived"]
    assert (await check(linkding_ben, "https://a.example"))["bookmark"] is None


async def test_of_several_the_lowest_id_is_told(linkding, ann):
    """LD-CHK-2: two rows of one key come about through PUT."""
    first, second = await make_bookmark(ann, url="https://a.example/x"), await make_bookmark(ann)
    answer = await linkding.put(f"/api/bookmarks/{second.id}/", json={"url": "https://a.example/x/"})

    assert 200 == answer.status
    assert first.id == (await check(linkding, "https://a.example/x/"))["bookmark"]["id"]


async def test_a_page_that_cannot_be_loaded_gives_nulls(linkding):
    """LD-CHK-3."""
    body = await check(linkding, "https://nowhere.example")

    assert {
        "url": "https://nowhere.example", "title": None, "description": None, "preview_image": None,
    } == body["metadata"]  # fmt: skip
    assert [] == body["auto_tags"]


@pytest.mark.parametrize(
    ("query", "url"),
    [("", None), ("?url=", ""), ("?url=nonsense", "nonsense"), ("?url=%00", "\0"), ("?url=%ED%A0%80", "\ufffd" * 3),
     ("?url=http%3A%2F%2F%5B", "http://["), ("?url=javascript%3Aalert(1)", "javascript:alert(1)")],
)  # fmt: skip
async def test_nothing_is_validated(linkding, query, url):
    """LD-CHK-5."""
    answer = await linkding.get(f"/api/bookmarks/check/{query}")

    assert (200, None, url) == (answer.status, answer.body["bookmark"], answer.body["metadata"]["url"])


async def test_only_ignore_cache_true_asks_for_a_fresh_page(linkding, ports, monkeypatch):
    """LD-CHK-6."""
    asked = []

    async def read(url, *, fresh=False):
        asked.append(fresh)
        return PageData(url)

    monkeypatch.setattr(ports.websites, "read", read)
    for value in ("", "&ignore_cache=true", "&ignore_cache=True", "&ignore_cache=1"):
        await check(linkding, "https://a.example", value)

    assert [False, True, False, False] == asked


async def test_check_reserves_nothing(linkding):
    """LD-CHK-7."""
    await check(linkding, "https://a.example")

    assert 0 == (await linkding.get("/api/bookmarks/")).body["count"]


H = "https://h.example"
SAME = [
    (H, f"{H}/"),
    (H, "https://H.example///"),
    (f"{H}/a?b=2&a=1", f"{H}/a/?a=1&b=2"),
    (f"{H}/?q=a+b", f"{H}/?q=a%20b"),
    (f"{H}/?q", f"{H}/?q="),
    (f"{H}/?a=1&", f"{H}/?a=1"),
    (f"{H}/?q=ü", f"{H}/?q=%C3%BC"),
    (f"{H}/?a=%2F", f"{H}/?a=/"),
    (f"{H}/x?", f"{H}/x"),
    (f"{H}/x#", f"{H}/x"),
    (f"{H}:8443/x", f"{H}:8443/x/"),
    (f"{H}/x;p=1", f"{H}/x;p=1?"),
    ("HTTPS://h.example/A", f"{H}/A"),
]
DIFFERENT = [
    (H, "http://h.example"),
    (f"{H}/a?a=1&b=2", f"{H}/A?a=1&b=2"),
    (f"{H}/?q=a+b", f"{H}/?Q=a+b"),
    (f"{H}/?a=1&a=1", f"{H}/?a=1"),
    (f"{H}/ü", f"{H}/%C3%BC"),
    (f"{H}/x#Top", f"{H}/x#top"),
    (f"{H}/x#Top", f"{H}/x"),
    (f"{H}:443/x", f"{H}/x"),
    ("https://www.h.example", H),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("https://U:P@h.example", "https://u:p@h.example"),
    (f"{H}//a", f"{H}/a"),
    (f"{H}/#/a/", f"{H}/#/a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
async def test_these_are_the_same_address(linkding, ann, one, other):
    """LD-NORM-1, in check and in POST."""
    row = await linkding.post("/api/bookmarks/?disable_scraping", json={"url": one})
    again = await linkding.post("/api/bookmarks/?disable_scraping", json={"url": other})

    assert row.body["id"] == (await check(linkding, other))["bookmark"]["id"]
    assert (201, row.body["id"], one) == (again.status, again.body["id"], again.body["url"])


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
async def test_these_are_different_addresses(linkding, ann, one, other):
    """LD-NORM-1: also where a browser would take them for one."""
    row = await linkding.post("/api/bookmarks/?disable_scraping", json={"url": one})
    nothing = await check(linkding, other)
    another = await linkding.post("/api/bookmarks/?disable_scraping", json={"url": other})

    assert nothing["bookmark"] is None
    assert (201, other) == (another.status, another.body["url"])
    assert row.body["id"] != another.body["id"]
