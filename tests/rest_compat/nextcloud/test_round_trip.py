"""Out of one account and into another through the Nextcloud door (S13), whatever is in it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from aiohttp import FormData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.formats import netscape
from schema.formats.entries import Entry, FolderEntry
from tests.factories import make_person

_numbers = itertools.count(1)

# What the format can hold: no control characters, no white space at the ends, no commas in tags, whole seconds.
letters = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters=",[]")
words = st.lists(st.text(letters, max_size=8), max_size=3).map(lambda parts: " ".join(filter(None, parts)))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
paths = st.lists(st.sampled_from(["F", "", 'a "name" & <more>', "ë 漢"]), max_size=3).map(tuple)
entries = st.builds(
    Entry,
    url=st.sampled_from(
        ["https://a.example/?x=1&y=2", "ftp://b.example/ä", "javascript:alert('&amp;')", "http://c.example"]
    )
    | words.map("https://d.example/{}".format),
    title=words,
    description=words,
    tags=st.lists(st.text(letters, min_size=1, max_size=8), max_size=4, unique_by=str.lower).map(tuple),
    folder=paths,
    created_at=moments,
    updated_at=moments,
    is_public=st.booleans(),
)
folders = st.builds(FolderEntry, path=paths.filter(bool))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(entries | folders, max_size=12),
    filings=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=4),
)
async def test_s13_what_is_exported_comes_back_the_same(cloud_of, ports, rows, filings):
    """Folders, also equal names side by side, order, titles, addresses, tags, descriptions, dates, several folders."""
    first, second = [cloud_of(await make_person(ports, f"p{next(_numbers)}")) for _ in range(2)]
    await take_in(first, "".join(netscape.write(rows)).encode())
    ids = [row["id"] for row in await first.data("bookmark?page=-1&sortby=id")]
    places = [-1, *folder_ids(await first.data("folder"))]
    for bookmark, place in filings if ids else ():
        await first.post(f"folder/{places[place % len(places)]}/bookmarks/{ids[bookmark % len(ids)]}")
    exported = (await first.get("bookmark/export")).raw
    await take_in(second, exported)

    assert tree(await first.data("folder/-1/children?layers=-1")) == tree(
        await second.data("folder/-1/children?layers=-1")
    )
    assert exported == (await second.get("bookmark/export")).raw
    assert await first.data("folder/-1/hash") == await second.data("folder/-1/hash")


async def take_in(cloud, data):
    form = FormData()
    form.add_field("bm_import", data, filename="bookmarks.html", content_type="text/html")
    answer = await cloud.post("bookmark/import", data=form)

    assert (200, "success") == (answer.status, answer.body["status"])


def folder_ids(items):
    """The ids of a tree of folders."""
    return [id for item in items for id in (item["id"], *folder_ids(item["children"]))]


TOLD = ("target", "title", "description", "tags", "public", "added", "lastmodified")


def tree(items):
    """A tree without ids and owners."""
    return [
        (item["title"], tree(item["children"])) if item["type"] == "folder" else [item[name] for name in TOLD]
        for item in items
    ]
