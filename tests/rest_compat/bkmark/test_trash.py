"""Section 5.7: the trash."""

from __future__ import annotations

import pytest

from models import Asset, Bookmark
from schema.inputs import FolderDraft
from schema.resolvers import filing, folder_trash
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token
from tests.rest_compat.bkmark.test_tags import refused

BOOKMARKS = "/api/v1/bookmarks"


async def in_trash(client, query=""):
    answer = await client.get(f"{BOOKMARKS}/trash{query}")

    assert 200 == answer.status
    return [one["id"] for one in answer.body["data"]]


async def test_deleting_puts_into_the_trash_and_deleting_again_is_for_good(bkmark, ann):
    row = await make_bookmark(ann, tag_names=["x"])
    path = f"{BOOKMARKS}/{row.uid}"
    first = await bkmark.delete(path)
    shown = await bkmark.get(path)
    listed = (await bkmark.get(f"{BOOKMARKS}/trash")).body
    second = await bkmark.delete(f"{path}?permanent=false")
    third = await bkmark.delete(path)

    assert (200, {"id": row.uid, "deleted": True}) == first.seen == second.seen
    assert (200, "2026-01-02T03:04:05.600Z", ["x"]) == (shown.status, shown.body["deletedAt"], shown.body["tags"])
    assert {"data": [shown.body], "nextCursor": None} == listed
    refused(third, 404, "not_found")
    refused(await bkmark.get(path), 404, "not_found")
    assert not await Bookmark.all().count()


async def test_permanent_passes_the_trash_by(bkmark, ann):
    rows = [await make_bookmark(ann) for _ in range(3)]
    assert 200 == (await bkmark.delete(f"{BOOKMARKS}/{rows[0].uid}?permanent=true")).status
    for word in ("1", "yes", "", "True"):
        refused(await bkmark.delete(f"{BOOKMARKS}/{rows[1].uid}?permanent={word}"), 400, "validation_error")
    await bkmark.delete(f"{BOOKMARKS}/{rows[1].uid}")
    assert 200 == (await bkmark.delete(f"{BOOKMARKS}/{rows[1].uid}?permanent=true")).status

    assert [] == await in_trash(bkmark)
    assert [rows[2].id] == await Bookmark.all().values_list("id", flat=True)
    assert not await Asset.all().count()


async def test_the_last_deleted_comes_first_page_by_page(bkmark, ann, ben):
    rows = [await make_bookmark(ann) for _ in range(5)]
    order = [rows[number] for number in (3, 0, 4, 1, 2)]
    for row in order:
        ann.ports.clock.forward(seconds=1)
        await bkmark.delete(f"{BOOKMARKS}/{row.uid}")
    await make_bookmark(ben)
    found, query = [], "?limit=2"
    while True:
        answer = (await bkmark.get(f"{BOOKMARKS}/trash{query}")).body
        found += [one["id"] for one in answer["data"]]
        if answer["nextCursor"] is None:
            break
        query = f"?limit=2&cursor={answer['nextCursor']}"

    assert [row.uid for row in reversed(order)] == found
    refused(await bkmark.get(f"{BOOKMARKS}?cursor={query.partition('cursor=')[2]}"), 400, "validation_error")
    refused(await bkmark.get(f"{BOOKMARKS}/trash?cursor=x"), 400, "validation_error")


async def test_restoring_brings_everything_back(bkmark, ann):
    """Tags, groups, flags; what is in no group any more is in none."""
    ctx = await ann.ctx()
    kept, gone = [await filing.create(ctx, FolderDraft(name=name)) for name in ("Kept", "Gone")]
    row = await make_bookmark(ann, tag_names=["x"], is_favorite=True, folder_ids=[kept.id, gone.id])
    other = await make_bookmark(ann, folder_ids=[gone.id])
    before = (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body
    for one in (row, other):
        await bkmark.delete(f"{BOOKMARKS}/{one.uid}")
    await folder_trash.delete(ctx, gone.id)
    answer = await bkmark.post(f"{BOOKMARKS}/{row.uid}/restore")
    second = await bkmark.post(f"{BOOKMARKS}/{other.uid}/restore")

    assert 200 == answer.status == second.status
    assert before | {"groupIds": [kept.uid]} == answer.body | {"updatedAt": before["updatedAt"]}
    assert [] == second.body["groupIds"]
    assert {row.uid, other.uid} == {one["id"] for one in (await bkmark.get(BOOKMARKS)).body["data"]}


async def test_what_cannot_be_restored_is_a_conflict(bkmark, ann):
    """Not in the trash, or its address is saved again: 409, and it stays where it is."""
    row = await make_bookmark(ann, url="https://a.example/")
    live = await bkmark.post(f"{BOOKMARKS}/{row.uid}/restore")
    await bkmark.delete(f"{BOOKMARKS}/{row.uid}")
    other = await make_bookmark(ann, url="https://a.example")
    taken = await bkmark.post(f"{BOOKMARKS}/{row.uid}/restore")

    assert "This bookmark is not in the trash." == refused(live, 409, "conflict")["message"]
    assert {"bookmarkId": other.uid} == refused(taken, 409, "conflict")["details"]
    assert [row.uid] == await in_trash(bkmark)


async def test_reserved_words_are_no_ids(bkmark):
    """They stand before ``:id``; what cannot be done with them is 405, and below them is nothing of a bookmark's."""
    for word, known in (("trash", {"GET"}), ("bulk", {"POST"})):
        for method in {"GET", "POST", "PATCH", "DELETE"} - known:
            refused(await bkmark.request(method, f"{BOOKMARKS}/{word}"), 405, "method_not_allowed")
    refused(await bkmark.post(f"{BOOKMARKS}/trash/restore"), 404, "not_found")


async def test_the_scopes_of_the_trash(anonymous, ann):
    """Read, write, write."""
    row = await make_bookmark(ann)
    reader, writer = [
        anonymous.as_(await make_token(ann, scope), "Bearer") for scope in ("bookmarks:read", "bookmarks:write")
    ]
    refused(await reader.delete(f"{BOOKMARKS}/{row.uid}"), 403, "insufficient_scope")
    refused(await reader.post(f"{BOOKMARKS}/{row.uid}/restore"), 403, "insufficient_scope")
    refused(await writer.get(f"{BOOKMARKS}/trash"), 403, "insufficient_scope")

    assert 200 == (await writer.delete(f"{BOOKMARKS}/{row.uid}")).status
    assert [row.uid] == await in_trash(reader)
    assert 200 == (await writer.post(f"{BOOKMARKS}/{row.uid}/restore")).status


@pytest.mark.parametrize("rows", [2, 30])
async def test_the_trash_costs_two_statements(bkmark, ann, rows):
    """The credential and the rows."""
    for _ in range(rows):
        row = await make_bookmark(ann, tag_names=["x"])
        await bkmark.delete(f"{BOOKMARKS}/{row.uid}")
    async with statements_counted([]) as found:
        assert rows == len(await in_trash(bkmark, "?limit=100"))

    assert 2 == len(found)
