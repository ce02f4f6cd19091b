"""Many write at once over HTTP: nothing fails, nothing is doubled, nothing is lost.

POLYMARK_TEST_WRITES says how many bookmarks each writer creates (50 unless set); run with -s to see how many a second.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter

import aiohttp
import pytest

from tests.databases import KIND
from tests.live import serving

WRITERS = 8
EACH = int(os.environ.get("POLYMARK_TEST_WRITES", "50"))
CALLERS = 50
GRAPHQL = """mutation ($url: String!) {
  createBookmark(input: {url: $url, title: "Same"}, fetchPage: false) {
    __typename
    ... on BookmarkCreated { bookmark { databaseId } }
    ... on BookmarkExists { bookmark { databaseId } }
  }
}"""


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def busy(request, tmp_path, database_url):
    """A server of one or of two serving processes; a fault in its log fails the test."""
    with serving(tmp_path / "server", database_url, "--workers", str(request.param)) as server:
        yield server
        code = server.end()

    assert [] == server.faults()
    assert 0 == code


@pytest.fixture
async def http(busy):
    """A client with as many connections as it likes."""
    headers = {"Authorization": f"Token {busy.token}"}
    async with aiohttp.ClientSession(busy.base, headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


async def create(http: aiohttp.ClientSession, **draft: object) -> tuple[int, int]:
    """Save a bookmark at the linkding door; status and id of the answer."""
    async with http.post("/api/bookmarks/?disable_scraping", json=draft) as answer:
        body = await answer.json()
        return answer.status, body.get("id")


async def everything(http: aiohttp.ClientSession) -> list[dict[str, object]]:
    """All bookmarks that there are."""
    async with http.get("/api/bookmarks/", params={"limit": 100_000}) as answer:
        page = await answer.json()

    assert len(page["results"]) == page["count"]
    return page["results"]


async def test_parallel_writers_lose_and_double_nothing(busy, http, capsys):
    """8 writers, each with a connection of its own, create one bookmark after the other; tags are shared by all."""

    async def write(writer: int) -> list[tuple[int, int]]:
        return [
            await create(
                http,
                url=f"https://writer-{writer}.example/{number}",
                title=f"Bookmark {number} of writer {writer}",
                tag_names=["shared", f"writer-{writer}", f"tag-{number % 10}"],
            )
            for number in range(EACH)
        ]

    started = time.perf_counter()
    answers = [answer for written in await asyncio.gather(*map(write, range(WRITERS))) for answer in written]
    seconds = time.perf_counter() - started
    rows = await everything(http)
    async with http.get("/api/tags/") as answer:
        tags = [tag["name"] for tag in (await answer.json())["results"]]
    with capsys.disabled():
        rate = len(answers) / seconds
        print(f"\n{KIND}: {WRITERS} writers, {len(answers)} creates in {seconds:.1f} s, {rate:.0f} a second")  # noqa: T201 - a figure for -s

    assert {201: WRITERS * EACH} == Counter(status for status, _ in answers)
    assert {id for _, id in answers} == {row["id"] for row in rows}
    assert {f"https://writer-{writer}.example/{number}" for writer in range(WRITERS) for number in range(EACH)} == {
        row["url"] for row in rows
    }
    assert WRITERS * EACH == len(rows)
    assert all({"shared", f"writer-{row['url'][15]}"} < set(row["tag_names"]) for row in rows)
    assert {"shared", *(f"writer-{n}" for n in range(WRITERS)), *(f"tag-{n}" for n in range(10))} == set(tags)
    assert len(set(tags)) == len(tags)


async def test_one_address_from_many_callers_at_once_is_one_bookmark(http):
    """50 callers: every one is told that it worked, and all are told the same id."""
    url = "https://same.example/page"
    answers = await asyncio.gather(
        *[create(http, url=url, title=f"Caller {n}", tag_names=["x"]) for n in range(CALLERS)]
    )
    rows = await everything(http)

    assert [(201, rows[0]["id"])] * CALLERS == answers
    assert [url] == [row["url"] for row in rows]


async def test_one_address_from_many_callers_at_once_is_created_once(busy, http):
    """50 callers of the graph, in two spellings of the address: one is told that it is new, the rest who has it."""

    async def ask(number: int) -> tuple[str, int]:
        url = "https://same.example/page" if number % 2 else "HTTPS://SAME.example:443/page"
        async with http.post("/graphql", json={"query": GRAPHQL, "variables": {"url": url}}) as answer:
            result = (await answer.json())["data"]["createBookmark"]
            return result["__typename"], result["bookmark"]["databaseId"]

    answers = await asyncio.gather(*[ask(number) for number in range(CALLERS)])
    rows = await everything(http)

    assert {"BookmarkCreated": 1, "BookmarkExists": CALLERS - 1} == Counter(kind for kind, _ in answers)
    assert {rows[0]["id"]} == {id for _, id in answers}
    assert 1 == len(rows)
