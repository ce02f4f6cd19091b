"""Lists, their filters and their order (LD sections 6 and 18)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schema.resolvers import accounts
from tests.factories import make_bookmark

DAY = [datetime(2026, 1, day, 12, 0, 0, 1, tzinfo=UTC) for day in range(1, 13)]
LISTS = {"plain": "/api/bookmarks/", "archived": "/api/bookmarks/archived/", "shared": "/api/bookmarks/shared/"}


@pytest.fixture
async def rows(ann):
    """Twelve in each of the archive and outside, titled 1 to 12 by date added; modified in the reverse order.

    Multiples of 2 are unread, of 3 shared, of 4 tagged "four".
    """
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    for is_archived in (False, True):
        for number in range(1, 13):
            await make_bookmark(
                ann,
                url=f"https://{'o' * number}.example/{is_archived}",  # without digits, which are looked for
                title=str(number),
                is_archived=is_archived,
                to_read=number % 2 == 0,
                is_public=number % 3 == 0,
                tag_names=["four"] if number % 4 == 0 else [],
                created_at=DAY[number - 1],
                updated_at=DAY[12 - number],
            )


async def titles(client, path):
    answer = await client.get(path)

    assert 200 == answer.status
    assert len(answer.body["results"]) == answer.body["count"]
    return [int(row["title"]) for row in answer.body["results"]]


ALL = list(range(12, 0, -1))
FILTERS = [
    ("", ALL),
    ("q=%23four", [12, 8, 4]),
    ("q=", ALL),
    ("q=+", ALL),
    ("q=%28", []),
    ("modified_since=2026-01-10T12:00:00.000001Z", [2, 1]),
    ("modified_since=2026-01-10T12:00:00.000000Z", [3, 2, 1]),
    ("added_since=2026-01-10T12:00:00.000001Z", [12, 11]),
    ("added_since=2026-01-10T13:00:00.000000%2B01:00", [12, 11, 10]),
    ("added_since=2026-01-11t00z", [12, 11]),
    ("added_since=2026-1-9", [12, 11, 10, 9]),
    ("added_since=+2026-01-09+", [12, 11, 10, 9]),
    ("added_since=2026-01-10T13:00:00+01:00", ALL),
    ("added_since=2026-13-01", ALL),
    ("added_since=yesterday", ALL),
    ("added_since=", ALL),
    ("modified_since=0001-01-01T00:00:00%2B02:00", ALL),
    ("bundle=1", ALL),
    ("bundle=abc", ALL),
    ("unread=yes", [12, 10, 8, 6, 4, 2]),
    ("unread=no", [11, 9, 7, 5, 3, 1]),
    ("unread=true", ALL),
    ("unread=YES", ALL),
    ("unread=off", ALL),
    ("shared=yes", [12, 9, 6, 3]),
    ("shared=no", [11, 10, 8, 7, 5, 4, 2, 1]),
    ("shared=1", ALL),
    ("user=nobody", ALL),
    ("unread=yes&shared=yes", [12, 6]),
    ("unread=no&q=%23four", []),
    ("unread=yes&q=1&added_since=2026-01-10T00:00&shared=yes", [12]),
    ("sort=added_asc&q=%23four", [4, 8, 12]),
    ("modified_since=2026-01-07&q=%23four", [4]),
    ("q=1+or+2&limit=50", [12, 11, 10, 2, 1]),
]


@pytest.mark.parametrize("which", ["plain", "archived"])
@pytest.mark.parametrize(("query", "expected"), FILTERS)
async def test_filters_combine_and_never_fail(linkding, rows, which, query, expected):
    """LD-LIST-1, LD-LIST-2, LD-LIST-4, LD-LIST-5, LD-LIST-8: mine, archived or not, newest first.

    What is unknown or unreadable filters nothing; that goes for ``bundle`` too, whatever it is (LD-LIST-7 is dropped).
    """
    assert expected == await titles(linkding, f"{LISTS[which]}?{query}")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [12, 12, 9, 9, 6, 6, 3, 3]),
        ("unread=yes", [12, 12, 6, 6]),
        ("q=%23four", [12, 12]),
        ("added_since=2026-01-09T12:00:00.000001Z", [12, 12]),
        ("user=ann", [12, 12, 9, 9, 6, 6, 3, 3]),
        ("user=ben", []),
        ("user=ANN", [12, 12, 9, 9, 6, 6, 3, 3]),
        ("user=nobody%00", [12, 12, 9, 9, 6, 6, 3, 3]),
        ("bundle=abc", [12, 12, 9, 9, 6, 6, 3, 3]),
        ("sort=title_desc&unread=no", [9, 9, 3, 3]),
    ],
)
async def test_the_shared_list_has_archived_ones_too(linkding_ben, linkding, anonymous, rows, query, expected):
    """LD-LIST-3, LD-LIST-7; ``user`` is exact, and a name that nobody has filters nothing."""
    for client in (linkding_ben, linkding):
        assert expected == await titles(client, f"/api/bookmarks/shared/?{query}")
    assert [] == await titles(anonymous, f"/api/bookmarks/shared/?{query}")


async def test_saved_search_preferences_do_not_affect_the_api(linkding, ann, rows):
    """LD-LIST-6."""
    wish = {"search_preferences": {"sort": "title_asc", "unread": "yes", "shared": "no"}}
    await accounts.set_preferences(await ann.ctx(), wish)

    assert ALL == await titles(linkding, "/api/bookmarks/")


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("added_desc", ALL),
        ("added_asc", ALL[::-1]),
        ("modified_desc", ALL[::-1]),
        ("modified_asc", ALL),
        ("title_asc", [1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("title_desc", [9, 8, 7, 6, 5, 4, 3, 2, 12, 11, 10, 1]),
        ("TITLE_ASC", ALL),
        ("title", ALL),
        ("", ALL),
    ],
)
async def test_lists_are_sorted_six_ways(linkding, rows, sort, expected):
    """LD-SORT-3: any other name is the default."""
    assert expected == await titles(linkding, f"/api/bookmarks/?sort={sort}")


async def test_titles_sort_by_unicode_collation(linkding, ann):
    """LD-SORT-1: untitled ones by their address."""
    order = [
        "_under", "(paren)", "😀", "1one", "äpfel", "Apple", "banana", "e a", "e-b", "ea", "éa", "eb", "", "Oak",
        "Ökotest", "Zebra", "日本",
    ]  # fmt: skip
    for title in sorted(order):
        await make_bookmark(ann, title=title)
    listed = await linkding.get("/api/bookmarks/?sort=title_asc")
    reverse = await linkding.get("/api/bookmarks/?sort=title_desc")

    assert order == [row["title"] for row in listed.body["results"]]
    assert order[::-1] == [row["title"] for row in reverse.body["results"]]


@pytest.mark.parametrize("sort", ["added_asc", "added_desc", "title_asc", "title_desc"])
async def test_ties_are_stable(linkding, ann, sort):
    """LD-SORT-2, replaced: ties are broken by id in the sort's own direction."""
    ids = [(await make_bookmark(ann, title="same", created_at=DAY[0])).id for _ in range(5)]
    listed = [row["id"] for row in (await linkding.get(f"/api/bookmarks/?sort={sort}")).body["results"]]

    assert (ids if sort.endswith("asc") else ids[::-1]) == listed
