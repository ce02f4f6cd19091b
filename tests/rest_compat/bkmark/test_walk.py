"""Section 1.4: walking a list by its cursors while others write."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from models import Bookmark
from schema.resolvers.addresses import address_columns
from schema.resolvers.bookmark_rows import text_columns
from tests.databases import statements_counted

BOOKMARKS = "/api/v1/bookmarks"
ROWS = 400
START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
async def uids(ann):
    """Bookmarks of which many share a moment, a title, or an address but for its case."""
    rows = []
    for number in range(ROWS):
        url, title = f"https://{'aA'[number % 2]}.example/{'xX'[number % 2]}{number // 2}", f"Title {number % 50}"
        moment = START + timedelta(minutes=number // 7)
        rows.append(
            Bookmark(
                uid=UUID(int=number + 1), owner_id=ann.user.id, title=title, created_at=moment, updated_at=moment,
                **address_columns(url), **text_columns(title, "", url, ""),
            )
        )  # fmt: skip
    await Bookmark.bulk_create(rows, batch_size=100)
    return [str(row.uid) for row in rows]


@pytest.mark.parametrize("query", ["", "&sortDir=asc", "&sortField=title&sortDir=asc", "&sortField=url"])
async def test_each_row_that_stays_is_met_once(bkmark, uids, query):
    """Two others save and delete all the while; nothing is met twice, and every page costs two statements."""
    doomed, done = uids[::3], asyncio.Event()
    stay = set(uids) - set(doomed)
    seen: Counter[str] = Counter()

    async def write(share):
        for number, uid in enumerate(share):
            if done.is_set():
                break
            body = {"url": f"https://new-{uid}.example/", "title": f"Title {number % 50}", "description": "New"}
            made = await bkmark.post(BOOKMARKS, json=body)
            gone = await bkmark.delete(f"{BOOKMARKS}/{uid}?permanent=true")
            assert (201, 200) == (made.status, gone.status)

    async def walk():
        cursor = ""
        while True:
            answer = (await bkmark.get(f"{BOOKMARKS}?limit=20{query}{cursor}")).body
            seen.update(one["id"] for one in answer["data"])
            if answer["nextCursor"] is None:
                break
            cursor = f"&cursor={answer['nextCursor']}"
        done.set()
        return cursor

    last, *_ = await asyncio.gather(walk(), write(doomed[::2]), write(doomed[1::2]))

    assert {1} == set(seen.values())
    assert stay <= seen.keys()
    assert await Bookmark.filter(deleted_at=None).count() >= len(stay)
    assert not await Bookmark.filter(uid=doomed[0]).exists()
    for page in ("", last):
        async with statements_counted([]) as found:
            await bkmark.get(f"{BOOKMARKS}?limit=20{query}{page}")
        assert 2 == len(found)
