"""Section 5.9: the same to many bookmarks."""

from __future__ import annotations

import pytest

from models import Change
from rest_compat.bkmark.ids import write_ulid
from schema.inputs import FolderDraft
from schema.resolvers import filing
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token
from tests.rest_compat.bkmark.test_tags import NOBODYS, refused

BOOKMARKS = "/api/v1/bookmarks"
NOBODY = "0196f3a1-0000-7d20-9a41-000000000000"


async def bulk(client, action, rows, **more):
    """What became of it: how many, and the failures as pairs."""
    ids = [row if isinstance(row, str) else row.uid for row in rows]
    answer = await client.post(f"{BOOKMARKS}/bulk", json={"ids": ids, "action": action} | more)

    assert 200 == answer.status, answer.body
    assert {"updated", "failed"} == answer.body.keys()
    return answer.body["updated"], {one["id"]: one["error"] for one in answer.body["failed"]}


async def shown(client, row):
    return (await client.get(f"{BOOKMARKS}/{row.uid}")).body


async def test_flags(bkmark, ann):
    """Each is set and taken away; what is so already succeeds, and is no change."""
    rows = [await make_bookmark(ann) for _ in range(3)]
    for on, off, field in (
        ("favorite", "unfavorite", "isFavorite"), ("archive", "unarchive", "isArchived"),
        ("markRead", "markUnread", "readAt"),
    ):  # fmt: skip
        await bulk(bkmark, off, rows[:1])
        before = await Change.all().count()
        assert (3, {}) == await bulk(bkmark, on, rows)
        assert (3, {}) == await bulk(bkmark, on, rows)
        assert all([(await shown(bkmark, row))[field] for row in rows])
        assert (1 if field == "readAt" else 3) == await Change.all().count() - before
        assert (1, {}) == await bulk(bkmark, off, rows[:1])
        assert not (await shown(bkmark, rows[0]))[field]


async def test_each_id_fails_by_itself(bkmark, ann, ben):
    """Unknown, foreign and in the trash: not found, as it was sent; the others are done, each once."""
    mine, trashed, hers = await make_bookmark(ann), await make_bookmark(ann), await make_bookmark(ben)
    await bkmark.delete(f"{BOOKMARKS}/{trashed.uid}")
    strangers = [NOBODY, hers.uid, trashed.uid, *NOBODYS]
    ids = [*strangers, mine.uid, mine.uid, write_ulid(mine.uid).lower(), *strangers]
    updated, failed = await bulk(bkmark, "favorite", ids)

    assert 1 == updated
    assert dict.fromkeys(strangers, "not_found") == failed
    assert (await shown(bkmark, mine))["isFavorite"]
    for action in ("delete", "archive", "unarchive", "unfavorite", "markRead", "markUnread"):
        assert (0, {hers.uid: "not_found"}) == await bulk(bkmark, action, [hers])


async def test_deleting_and_restoring(bkmark, ann, ben):
    """A delete sent twice deletes nothing for good. What is live, or has lost its address, is a conflict."""
    one, two, three = [await make_bookmark(ann, url=f"https://{n}.example/") for n in range(3)]
    hers = await make_bookmark(ben)
    assert (2, {}) == await bulk(bkmark, "delete", [one, two])
    assert (1, {one.uid: "not_found"}) == await bulk(bkmark, "delete", [one, three])
    assert 3 == len((await bkmark.get(f"{BOOKMARKS}/trash")).body["data"])
    await make_bookmark(ann, url=two.url)
    live = await make_bookmark(ann)
    answer = await bulk(bkmark, "restore", [one, two, live, hers, NOBODY, three])

    assert (2, {two.uid: "conflict", live.uid: "conflict", hers.uid: "not_found", NOBODY: "not_found"}) == answer
    assert (await shown(bkmark, one))["deletedAt"] is None
    assert (await shown(bkmark, two))["deletedAt"] is not None


async def test_two_of_one_address_do_not_come_back_together(bkmark, ann):
    first = await make_bookmark(ann, url="https://a.example/")
    await bkmark.delete(f"{BOOKMARKS}/{first.uid}")
    second = await make_bookmark(ann, url="https://a.example/")
    await bkmark.delete(f"{BOOKMARKS}/{second.uid}")

    assert (1, {second.uid: "conflict"}) == await bulk(bkmark, "restore", [second, first])
    assert (await shown(bkmark, first))["deletedAt"] is None


async def test_tags(bkmark, ann):
    rows = [await make_bookmark(ann, tag_names=names) for names in (["a"], ["a", "b"], [])]
    c = (await bkmark.post("/api/v1/tags", json={"name": "c"})).body["id"]
    count = await Change.filter(entity="bookmark").count()
    assert (3, {NOBODY: "not_found"}) == await bulk(bkmark, "addTags", [*rows, NOBODY], tagNames=["A", "d"], tagIds=[c])
    expected = [["a", "c", "d"], ["a", "b", "c", "d"], ["a", "c", "d"]]
    assert expected == [(await shown(bkmark, row))["tags"] for row in rows]
    assert 3 == await Change.filter(entity="bookmark").count() - count
    assert (3, {}) == await bulk(bkmark, "removeTags", rows, tags=["B", {"id": c}, "nobody's"], tagNames=["d"])
    assert [["a"], ["a"], ["a"]] == [(await shown(bkmark, row))["tags"] for row in rows]
    assert {"a", "b", "c", "d"} == {tag["name"] for tag in (await bkmark.get("/api/v1/tags")).body["data"]}


async def test_groups(bkmark, ann):
    one, two = [(await filing.create(await ann.ctx(), FolderDraft(name=name))).uid for name in ("One", "Two")]
    rows = [await make_bookmark(ann) for _ in range(3)]
    assert (2, {}) == await bulk(bkmark, "addToGroup", rows[:2], groupId=one)
    assert (3, {NOBODY: "not_found"}) == await bulk(bkmark, "addToGroup", [*rows, NOBODY], groupIds=[one, two])
    assert [[one, two]] * 3 == [(await shown(bkmark, row))["groupIds"] for row in rows]
    assert (3, {}) == await bulk(bkmark, "removeFromGroup", rows, groupId=one)
    assert (1, {}) == await bulk(bkmark, "removeFromGroup", rows[:1], groupId=two)
    assert [[], [two], [two]] == [(await shown(bkmark, row))["groupIds"] for row in rows]
    in_two = (await bkmark.get(f"{BOOKMARKS}?groupId={two}")).body["data"]
    assert {rows[1].uid, rows[2].uid} == {one["id"] for one in in_two}


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"ids": []}, {"ids": None}, {"ids": "x"}, {"ids": [1]}, {"ids": [NOBODY] * 101}, {"action": "purge"},
        {"action": "FAVORITE"}, {"action": None}, {"action": ["delete"]}, {"action": "addTags"},
        {"action": "removeTags"}, {"action": "addTags", "tagNames": "x"}, {"action": "addTags", "tagNames": ["x" * 51]},
        {"action": "addTags", "tagIds": [NOBODY]}, {"action": "addTags", "tagNames": ["\0"]},
        {"action": "removeTags", "tagIds": ["x"]}, {"action": "addToGroup"}, {"action": "addToGroup", "groupIds": []},
        {"action": "addToGroup", "groupId": NOBODY}, {"action": "addToGroup", "groupId": None},
        {"action": "removeFromGroup"}, {"action": "removeFromGroup", "groupIds": [NOBODY]},
    ],
)  # fmt: skip
async def test_bad_input_is_400_and_changes_nothing(bkmark, ann, sent):
    row = await make_bookmark(ann)
    count = await Change.all().count()
    body = {"ids": [row.uid]} | sent if sent else sent
    if sent and "action" not in sent:
        body |= {"action": "delete"}
    refused(await bkmark.post(f"{BOOKMARKS}/bulk", json=body), 400, "validation_error")

    assert count == await Change.all().count()


async def test_it_needs_the_scope(anonymous, ann):
    reader = anonymous.as_(await make_token(ann, "bookmarks:read"), "Bearer")

    refused(
        await reader.post(f"{BOOKMARKS}/bulk", json={"ids": [NOBODY], "action": "delete"}), 403, "insufficient_scope"
    )


async def test_many_cost_as_many_statements_as_few(bkmark, ann):
    """Every action, for 2 and for 40 bookmarks that it changes."""
    group = (await filing.create(await ann.ctx(), FolderDraft(name="G"))).uid
    rows = [await make_bookmark(ann, tag_names=["x"], to_read=True) for _ in range(42)]
    actions = [
        ("favorite", {}), ("unfavorite", {}), ("archive", {}), ("unarchive", {}), ("markRead", {}), ("markUnread", {}),
        ("addTags", {"tagNames": ["y"]}), ("removeTags", {"tagNames": ["y"]}), ("addToGroup", {"groupId": group}),
        ("removeFromGroup", {"groupId": group}), ("delete", {}), ("restore", {}),
    ]  # fmt: skip
    await bkmark.post("/api/v1/tags", json={"name": "y"})
    for action, more in actions:
        costs = []
        for some in (rows[:2], rows[2:]):
            async with statements_counted([]) as found:
                assert (len(some), {}) == await bulk(bkmark, action, some, **more)
            costs.append(len(found))

        assert costs[0] == costs[1], action
