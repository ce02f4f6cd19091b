"""Paging (LD section 4)."""

from __future__ import annotations

import pytest

from rest_compat.linkding import pages
from schema.resolvers import assets
from tests.factories import make_bookmark

ROWS = 12


@pytest.fixture
async def lists(linkding, ann):
    """Twelve bookmarks, tags, assets and bundles; their addresses."""
    for number in range(ROWS):
        row = await make_bookmark(ann, title=f"t x {number}", tag_names=[f"tag-{number}"])
    for number in range(ROWS):
        await assets.upload(await ann.ctx(), row.id, f"{number}.txt", "text/plain", chunk())
    for number in range(ROWS):
        await linkding.post("/api/bundles/", json={"name": f"{number}"})
    return {
        "bookmarks": "/api/bookmarks/",
        "tags": "/api/tags/",
        "assets": f"/api/bookmarks/{row.id}/assets/",
        "bundles": "/api/bundles/",
    }


async def chunk():
    yield b"x"


@pytest.mark.parametrize("which", ["bookmarks", "tags", "assets", "bundles"])
@pytest.mark.parametrize(
    ("query", "length", "next", "previous"),
    [
        ("", 12, None, None),
        ("?limit=5", 5, "limit=5&offset=5", None),
        ("?limit=5&offset=3", 5, "limit=5&offset=8", "limit=5"),
        ("?limit=5&offset=5", 5, "limit=5&offset=10", "limit=5"),
        ("?limit=5&offset=6", 5, "limit=5&offset=11", "limit=5&offset=1"),
        ("?limit=5&offset=7", 5, None, "limit=5&offset=2"),
        ("?limit=5&offset=12", 0, None, "limit=5&offset=7"),
        ("?limit=5&offset=99", 0, None, "limit=5&offset=94"),
        ("?limit=12", 12, None, None),
        ("?limit=0", 12, None, None),
        ("?limit=-1", 12, None, None),
        ("?limit=", 12, None, None),
        ("?limit=x", 12, None, None),
        ("?limit=1.5", 12, None, None),
        ("?limit=%2B3", 3, "limit=3&offset=3", None),
        ("?limit=+3", 3, "limit=3&offset=3", None),
        ("?limit=3&offset=-1", 3, "limit=3&offset=3", None),
        ("?limit=3&offset=x", 3, "limit=3&offset=3", None),
        ("?limit=3&offset=", 3, "limit=3&offset=3", None),
        ("?offset=2", 10, None, "limit=100"),
        ("?limit=99999999999999999999", 12, None, None),
        ("?offset=99999999999999999999&limit=3", 3, "limit=3&offset=3", None),
        ("?limit=3&limit=2&page=2", 2, "limit=2&offset=2&page=2", None),
        ("?q=t+x&limit=2&offset=2&b=1", 2, "b=1&limit=2&offset=4&q=t+x", "b=1&limit=2&q=t+x"),
        ("?limit=5&z=a&z=%C3%BC&a=[]", 5, "a=%5B%5D&limit=5&offset=5&z=%C3%BC", None),
    ],
)
async def test_a_page_has_its_rows_and_its_links(linkding, lists, which, query, length, next, previous):
    """LD-PAGE-1 to LD-PAGE-8: there is no ``page`` parameter, it is kept as any other."""
    path = lists[which]
    answer = await linkding.get(path + query)

    assert ["count", "next", "previous", "results"] == list(answer.body)
    assert (200, ROWS, length) == (answer.status, answer.body["count"], len(answer.body["results"]))
    assert [link and f"http://links.example{path}?{link}" for link in (next, previous)] == [
        answer.body["next"],
        answer.body["previous"],
    ]


async def test_walking_the_links_meets_every_row_once(linkding, lists):
    """LD-PAGE-5, LD-PAGE-6."""
    seen, path = [], "/api/bookmarks/?limit=5"
    while path is not None:
        body = (await linkding.get(path.removeprefix("http://links.example"))).body
        seen += [row["id"] for row in body["results"]]
        path = body["next"]

    assert ROWS == len(seen) == len(set(seen))


@pytest.mark.parametrize("path", ["/api/bookmarks/", "/api/bookmarks/archived/", "/api/bookmarks/shared/"])
async def test_a_list_without_a_cap_is_streamed_and_says_the_same(linkding, ann, path, monkeypatch):
    """LD-PAGE-2: the answer is the same, row by row, as the one made at once; HEAD has no body."""
    ctx = await ann.ctx()
    from schema.resolvers import accounts

    await accounts.set_preferences(ctx, {"enable_sharing": True})
    for number in range(7):
        await make_bookmark(ann, title=f"ä {number}", is_public=True, is_archived="archived" in path)
    whole = await linkding.get(f"{path}?limit=5000")
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    streamed = await linkding.get(f"{path}?limit=5000")
    part = await linkding.get(f"{path}?limit=3&offset=1")
    head = await linkding.request("HEAD", f"{path}?limit=5000")

    assert (200, 7) == (whole.status, whole.body["count"])
    assert whole.raw == streamed.raw
    assert "chunked" == streamed.headers["Transfer-Encoding"]
    assert "GET, HEAD, OPTIONS" in streamed.headers["Allow"].replace("GET, POST", "GET")
    assert whole.body["results"][1:4] == part.body["results"]
    assert (f"http://links.example{path}?limit=3&offset=4", f"http://links.example{path}?limit=3") == (
        part.body["next"],
        part.body["previous"],
    )
    assert (200, b"") == (head.status, head.raw)
