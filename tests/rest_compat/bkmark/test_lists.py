"""Section 5.3: the list of bookmarks, its filters, orders and cursors."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from models import Folder
from models.queries.window import Position
from rest_compat.bkmark.ids import write_ulid
from schema.inputs import FolderDraft
from schema.page import encode_cursor
from schema.resolvers import filing, trash
from schema.types.kind import BookmarkKind, BookmarkSource
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token
from tests.rest_compat.bkmark.test_tags import NOBODYS, refused

BOOKMARKS = "/api/v1/bookmarks"
START = datetime(2026, 1, 1, tzinfo=UTC)


async def walk(client, query="", limit=1):
    """Every item from the first page to the last; an empty page is none."""
    items, path = [], f"{BOOKMARKS}?limit={limit}{query}"
    cursor = ""
    while True:
        answer = await client.get(f"{path}{cursor}")

        assert 200 == answer.status, answer.body
        assert len(answer.body["data"]) <= limit
        items += answer.body["data"]
        if answer.body["nextCursor"] is None:
            return items
        cursor = f"&cursor={answer.body['nextCursor']}"


async def titles(client, query=""):
    answer = await client.get(f"{BOOKMARKS}?limit=100{query}")

    assert 200 == answer.status, answer.body
    return [one["title"] for one in answer.body["data"]]


async def test_bk3_a_walk_meets_each_once_and_ends(bkmark, ann, ben):
    """BK3: with limit=1, in every order; ties are broken by id, in the direction of the order."""
    urls = ["https://B.example/", "https://a.example/Z", "https://a.example/a", "https://c.example/"]
    for number, (url, title) in enumerate(zip(urls, ["Same", "same", "Ähnlich", ""], strict=True)):
        await make_bookmark(ann, url=url, title=title, created_at=START + timedelta(days=number // 2))
    for text in ("one", "two", "three"):  # no address: ties by address
        await make_bookmark(ann, url=None, kind=BookmarkKind.NOTE, title=text, description=text, created_at=START)
    await make_bookmark(ben, title="Somebody else's")

    expected = {
        "createdAt": ["same", "Same", "Ähnlich", "", "one", "two", "three"],
        "title": ["Ähnlich", "", "one", "same", "Same", "three", "two"],
        "url": ["one", "two", "three", "Ähnlich", "same", "Same", ""],
    }
    for field, order in expected.items():
        up = [one["title"] for one in await walk(bkmark, f"&sortField={field}&sortDir=asc")]
        down = [one["title"] for one in await walk(bkmark, f"&sortField={field}")]
        pairs = await walk(bkmark, f"&sortField={field}&sortDir=asc", limit=2)

        assert sorted(order) == sorted(up)
        assert up == down[::-1]
        assert up == [one["title"] for one in pairs]
        if field != "createdAt":
            assert order == up
    assert ["three", "two", "one"] == [one["title"] for one in await walk(bkmark, "&sortField=url")][-3:]
    assert [one["title"] for one in await walk(bkmark)] == await titles(bkmark)


async def test_bk4_a_limit_is_from_1_to_100(bkmark, ann):
    """BK4: 0 and 101 are refused, and so is what is no whole number; 20 come if none is named."""
    for _ in range(21):
        await make_bookmark(ann)
    for limit in ("0", "101", "-1", "1.5", "x", "", "NaN", "99999999999999999999"):
        refused(await bkmark.get(f"{BOOKMARKS}?limit={limit}"), 400, "validation_error")
        refused(await bkmark.get(f"{BOOKMARKS}/trash?limit={limit}"), 400, "validation_error")
    sizes = [len((await bkmark.get(f"{BOOKMARKS}{query}")).body["data"]) for query in ("", "?limit=1", "?limit=100")]

    assert [20, 1, 21] == sizes


async def test_bk5_a_scope_opens_what_it_says(bkmark, anonymous, ann):
    """BK5: tags:read alone does not list bookmarks. search:read neither, not even with ``search``."""
    await make_bookmark(ann)
    for scope, status in (("tags:read", 403), ("search:read", 403), ("bookmarks:write", 403), ("bookmarks:read", 200)):
        client = anonymous.as_(await make_token(ann, scope), "Bearer")
        for query in ("", "?search=title"):
            answer = await client.get(f"{BOOKMARKS}{query}")

            assert status == answer.status
            if status == 403:
                refused(answer, 403, "insufficient_scope")
    tags = anonymous.as_(await make_token(ann, "tags:read"), "Bearer")
    assert 200 == (await tags.get("/api/v1/tags")).status


@pytest.fixture
async def library(ann):
    """Bookmarks of every kind, named by what they are."""
    ctx = await ann.ctx()
    outer = await filing.create(ctx, FolderDraft(name="Outer"))
    inner = await filing.create(ctx, FolderDraft(name="Inner", parent_id=outer.id))
    await make_bookmark(ann, title="plain")
    await make_bookmark(ann, title="favorite", is_favorite=True)
    await make_bookmark(ann, title="archived", is_archived=True, folder_ids=[outer.id])
    await make_bookmark(ann, title="unread", to_read=True, tag_names=["Tea"], folder_ids=[outer.id, inner.id])
    await make_bookmark(ann, title="image", kind=BookmarkKind.IMAGE, source=BookmarkSource.SLACK, tag_names=["tea"])
    await make_bookmark(ann, url=None, title="code", description="x = 1", kind=BookmarkKind.CODE, folder_ids=[inner.id])
    gone = await make_bookmark(ann, title="gone", tag_names=["tea"], is_favorite=True, folder_ids=[outer.id])
    await trash.delete(ctx, [gone.id])
    tag = (await make_bookmark(ann, title="plain too", tag_names=["other"])).id
    return {"outer": outer.uid, "inner": inner.uid, "other": tag}


async def test_each_filter(bkmark, ann, library):
    """All that is given must hold; what is in the trash is never there, archived ones are."""
    everything = ["plain too", "code", "image", "unread", "archived", "favorite", "plain"]
    tea = next(tag["id"] for tag in (await bkmark.get("/api/v1/tags")).body["data"] if tag["name"] == "Tea")
    expected = {
        "": everything,
        "&isFavorite=true": ["favorite"],
        "&isFavorite=false": [one for one in everything if one != "favorite"],
        "&isArchived=true": ["archived"],
        "&isArchived=false": [one for one in everything if one != "archived"],
        "&isUnread=true": ["unread"],
        "&isUnread=false": [one for one in everything if one != "unread"],
        "&type=image": ["image"],
        "&type=code": ["code"],
        "&type=note": [],
        "&source=slack": ["image"],
        "&source=import": [],
        f"&groupId={library['outer']}": ["unread", "archived"],
        f"&groupId={library['inner']}": ["code", "unread"],
        f"&tagId={tea}": ["image", "unread"],
        f"&tagId={tea}&groupId={library['inner']}": ["unread"],
        f"&tagId={tea}&isUnread=false": ["image"],
        "&type=link&isFavorite=false&isArchived=false&isUnread=false&sortField=title&sortDir=asc": [
            "plain",
            "plain too",
        ],
        "&unknown=1&limit=100": everything,
    }

    assert expected == {query: await titles(bkmark, query) for query in expected}


async def test_what_is_no_id_finds_nothing(bkmark, bkmark_ben, library, ann, ben):
    """Section 1.8: a filter that names nothing, or somebody else's, is an empty list and no trouble."""
    root = await Folder.get(owner_id=ann.user.id, parent_id=None)
    hers = [library["outer"], str(root.uid)]
    for name, id in itertools.product(("groupId", "tagId"), ["", *NOBODYS, *hers]):
        assert {"data": [], "nextCursor": None} == (await bkmark_ben.get(f"{BOOKMARKS}?{name}={id}")).body
    assert [] == await titles(bkmark, f"&groupId={root.uid}")


@pytest.mark.parametrize(
    "query",
    [
        "isFavorite=1", "isFavorite=TRUE", "isFavorite=", "isArchived=yes", "isUnread=null", "type=LINK", "type=",
        "type=bookmarklet", "source=web2", "sortField=id", "sortField=updatedAt", "sortDir=up", "sortDir=",
        "cursor=", "cursor=x", "cursor=%00", "cursor=%ff", "cursor=bnVsbA", "cursor=W10", "limit=%E2%82%AC",
    ],
)  # fmt: skip
async def test_bad_input_is_400(bkmark, query):
    """An enum's value must be one of those, a yes or no ``true`` or ``false``."""
    refused(await bkmark.get(f"{BOOKMARKS}?{query}"), 400, "validation_error")


async def test_a_cursor_is_for_its_own_list(bkmark, ann, library):
    """One that was made for other filters or another order, for another list, or by hand is refused."""
    first = (await bkmark.get(f"{BOOKMARKS}?limit=1")).body["nextCursor"]
    other = (await bkmark.get(f"{BOOKMARKS}?limit=1&isArchived=false&sortField=url")).body["nextCursor"]
    in_group = (await bkmark.get(f"{BOOKMARKS}?limit=1&groupId={library['outer']}")).body["nextCursor"]
    for query in (
        f"cursor={first}&isArchived=false", f"cursor={first}&sortField=url", f"cursor={first}&sortDir=asc",
        f"cursor={other}", f"cursor={other}&sortField=url", f"cursor={in_group}",
        f"cursor={in_group}&groupId={library['inner']}", f"cursor={encode_cursor('added_desc', Position(START, 1))}",
    ):  # fmt: skip
        refused(await bkmark.get(f"{BOOKMARKS}?{query}"), 400, "validation_error")
    refused(await bkmark.get(f"{BOOKMARKS}/trash?cursor={first}"), 400, "validation_error")
    short = write_ulid(library["outer"])
    assert 200 == (await bkmark.get(f"{BOOKMARKS}?cursor={in_group}&groupId={short}")).status
    assert 200 == (await bkmark.get(f"{BOOKMARKS}?cursor={first}&limit=7&tagFormat=object")).status


@pytest.mark.parametrize("rows", [3, 40])
async def test_a_list_costs_as_many_statements_for_few_rows_as_for_many(bkmark, ann, rows):
    """The credential and the rows; on SQLite a filter by tag or group asks once a minute how common that is."""
    ctx = await ann.ctx()
    group = await filing.create(ctx, FolderDraft(name="G"))
    for number in range(rows):
        await make_bookmark(ann, tag_names=["all", f"tag-{number}"], folder_ids=[group.id])
    tag = next(tag["id"] for tag in (await bkmark.get("/api/v1/tags")).body["data"] if tag["name"] == "all")
    for query in (
        "", "&sortField=title", "&sortField=url", "&isFavorite=false&isUnread=false&isArchived=false",
        f"&groupId={group.uid}&tagId={tag}", "&type=link&source=api",
    ):  # fmt: skip
        first = await bkmark.get(f"{BOOKMARKS}?limit=2{query}")
        cursor = f"&cursor={first.body['nextCursor']}"
        async with statements_counted([]) as found:
            await bkmark.get(f"{BOOKMARKS}?limit=100{query}")
        async with statements_counted([]) as following:
            await bkmark.get(f"{BOOKMARKS}?limit=100{query}{cursor}")

        assert [2, 2] == [len(found), len(following)], query
