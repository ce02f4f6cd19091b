"""Section 5.6: changing bookmarks; 5.8: tags and groups of one."""

from __future__ import annotations

import pytest

from models import Bookmark, Change, PageContent, Placement
from schema.inputs import FolderDraft
from schema.resolvers import filing, folder_trash
from schema.types.kind import BookmarkKind
from tests.databases import statements_counted
from tests.factories import make_bookmark
from tests.rest_compat.bkmark.test_tags import NOBODYS, refused

BOOKMARKS = "/api/v1/bookmarks"


async def group(ann, name):
    return (await filing.create(await ann.ctx(), FolderDraft(name=name))).uid


async def patched(client, row, status=200, **sent):
    answer = await client.patch(f"{BOOKMARKS}/{row.uid}", json=sent)

    assert status == answer.status, answer.body
    return answer.body


@pytest.fixture
async def row(ann):
    return await make_bookmark(
        ann, url="https://a.example/", title="A", description="About", tag_names=["old"], to_read=True
    )


async def test_each_member_is_changed_by_itself(bkmark, ann, row):
    """What is left out stays; every change moves ``updatedAt``; the answer is what a GET then shows."""
    one = await group(ann, "One")
    changes = [
        ({"url": "https://B.example"}, {"url": "https://b.example/"}),
        ({"title": "B"}, {"title": "B"}),
        ({"title": ""}, {"title": ""}),
        ({"description": "Else"}, {"description": "Else"}),
        ({"description": None}, {"description": None}),
        ({"type": "image"}, {"type": "image"}),
        ({"url": "https://c.example/"}, {"url": "https://c.example/", "type": "image"}),
        ({"isFavorite": True}, {"isFavorite": True}),
        ({"isArchived": True}, {"isArchived": True}),
        ({"isArchived": False, "isFavorite": False}, {"isArchived": False, "isFavorite": False}),
        ({"readAt": "2030-04-06T12:00:00.000+02:00"}, {"readAt": "2030-04-06T10:00:00.000Z"}),
        ({"readAt": None}, {"readAt": None}),
        ({"isRead": False, "readAt": "2030-04-06T10:00:00Z"}, {"readAt": "2030-04-06T10:00:00.000Z"}),
        ({"isRead": False}, {"readAt": None}),
        ({"tagNames": ["new", "More"]}, {"tags": ["More", "new"]}),
        ({"tags": ["only"], "tagNames": ["new"]}, {"tags": ["new", "only"]}),
        ({"tags": []}, {"tags": [], "tagDetails": []}),
        ({"groupIds": [one]}, {"groupIds": [one]}),
        ({"groupIds": []}, {"groupIds": []}),
    ]
    before = await patched(bkmark, row)
    for number, (sent, expected) in enumerate(changes):
        ann.ports.clock.forward(seconds=1)
        answer = await patched(bkmark, row, **sent)
        changed = {k: v for k, v in answer.items() if v != before[k] and k not in {"updatedAt", "tagDetails"}}

        assert expected == {name: answer[name] for name in expected}, number
        assert changed.items() <= expected.items()
        assert answer["updatedAt"] > before["updatedAt"]
        assert answer == (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body
        before = answer
    marked = await patched(bkmark, row, isRead=True)
    assert marked["readAt"].startswith("2026-01-02T")


async def test_what_is_so_already_is_no_change(bkmark, ann, row):
    """Nothing is written: no date, no log; not for what was shown and is sent back as it was, times and all."""
    await patched(bkmark, row, isArchived=True, isRead=True, groupIds=[await group(ann, "One")])
    shown = (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body
    count = await Change.all().count()
    ann.ports.clock.forward(seconds=1)
    for sent in (
        {}, {"isArchived": True}, {"isRead": True}, {"url": "https://A.example"}, {"tagNames": ["OLD"]}, {"unknown": 1},
        {"tagIds": [shown["tagDetails"][0]["id"]]}, {"type": "link"}, shown, {"readAt": shown["readAt"]},
    ):  # fmt: skip
        assert shown == await patched(bkmark, row, **sent)
    assert count == await Change.all().count()


async def test_another_bookmarks_address_is_refused(bkmark, ann, row):
    """409 names the bookmark that has it, and nothing else of the patch is done."""
    other = await make_bookmark(ann, url="https://taken.example/")
    answer = await patched(bkmark, row, 409, url="HTTPS://taken.example", title="New", tagNames=["new"])

    assert {"bookmarkId": other.uid} == answer["details"]
    now = (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body
    assert ("A", ["old"]) == (now["title"], now["tags"])


async def test_a_bookmark_may_become_of_another_kind(bkmark, ann, row):
    """A note keeps its address as what it is about, which frees it; to be a link again it must have one of its own."""
    await PageContent.create(bookmark_id=row.id, text="Old", fetched_at=row.created_at)
    note = await patched(bkmark, row, type="note")
    other = await make_bookmark(ann, url="https://a.example/")
    refusal = await patched(bkmark, row, 409, type="link")
    bare = await patched(bkmark, row, url=None)
    homeless = await patched(bkmark, row, 400, type="image")
    back = await patched(bkmark, row, type="link", url="https://b.example/")

    assert ("note", "https://a.example/") == (note["type"], note["url"])
    assert not await PageContent.all().count()
    assert other.uid == refusal["details"]["bookmarkId"]
    assert bare["url"] is None
    assert [{"path": ["url"], "rule": "required"}] == homeless["details"]["faults"]
    assert ("link", "https://b.example/") == (back["type"], back["url"])


@pytest.mark.parametrize(
    "sent",
    [
        {"url": None}, {"url": ""}, {"url": "x"}, {"url": "ftp://a.example/"}, {"url": "javascript:x"}, {"url": 1},
        {"title": None}, {"title": 1}, {"title": "\0"}, {"description": "\ud800"}, {"type": "page"}, {"type": None},
        {"isFavorite": None}, {"isFavorite": "true"}, {"isArchived": 1}, {"isRead": "no"}, {"readAt": "yesterday"},
        {"readAt": "2030-01-01"}, {"readAt": "2030-01-01T00:00:00"}, {"readAt": 0}, {"readAt": ""},
        {"readAt": "0001-01-01T00:00:00+01:00"}, {"readAt": "9999-12-31T23:59:59-01:00"}, {"tagNames": None},
        {"tagNames": ["x" * 51]}, {"tags": [None]}, {"tagIds": ["x"]}, {"groupIds": None}, {"groupIds": ["x"]},
        {"tags": [{"id": "x"}] * 501},
    ],
)  # fmt: skip
async def test_bad_input_is_400_and_changes_nothing(bkmark, row, sent):
    refused(
        await bkmark.patch(f"{BOOKMARKS}/{row.uid}", json={"title": "New", "isFavorite": True} | sent),
        400,
        "validation_error",
    )
    now = (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body

    assert ("A", False, "About", ["old"]) == tuple(now[name] for name in ("title", "isFavorite", "description", "tags"))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
async def test_the_ends_of_time_can_be_stored(bkmark, row, moment):
    assert moment[:19] == (await patched(bkmark, row, readAt=moment))["readAt"][:19]


async def test_what_is_in_the_trash_is_not_changed(bkmark, row):
    """It is read there, and brought back; changes do not find it."""
    await bkmark.delete(f"{BOOKMARKS}/{row.uid}")

    refused(await bkmark.patch(f"{BOOKMARKS}/{row.uid}", json={"title": "New"}), 404, "not_found")
    refused(await bkmark.post(f"{BOOKMARKS}/{row.uid}/tags", json={"tagNames": ["x"]}), 404, "not_found")
    refused(await bkmark.post(f"{BOOKMARKS}/{row.uid}/groups", json={"groupIds": []}), 404, "not_found")


async def test_tags_are_added_and_taken_off(bkmark, row):
    """They are added to those there are; the ones that there are already are no change."""
    two = (await bkmark.post("/api/v1/tags", json={"name": "two"})).body["id"]
    added = await bkmark.post(f"{BOOKMARKS}/{row.uid}/tags", json={"tagNames": ["One", "OLD"], "tagIds": [two]})
    again = await bkmark.post(f"{BOOKMARKS}/{row.uid}/tags?tagFormat=object", json={"tags": ["one", {"id": two}]})
    ids = {tag["name"]: tag["id"] for tag in added.body["tagDetails"]}
    off = await bkmark.delete(f"{BOOKMARKS}/{row.uid}/tags/{ids['old']}")
    twice = await bkmark.delete(f"{BOOKMARKS}/{row.uid}/tags/{ids['old']}")

    assert (200, ["old", "One", "two"]) == (added.status, added.body["tags"])
    assert added.body["tagDetails"] == again.body["tags"]
    assert added.body["updatedAt"] == again.body["updatedAt"]
    assert (200, ["One", "two"]) == (off.status, off.body["tags"])
    assert off.seen == twice.seen
    for id in NOBODYS:
        assert (
            "No tag has this id."
            == refused(await bkmark.delete(f"{BOOKMARKS}/{row.uid}/tags/{id}"), 404, "not_found")["message"]
        )
    for sent in ({"tagIds": ["x"]}, {"tagNames": [1]}, {"tagNames": "x"}, {"tags": [{}]}):
        refused(await bkmark.post(f"{BOOKMARKS}/{row.uid}/tags", json=sent), 400, "validation_error")
    assert (200, off.body) == (await bkmark.post(f"{BOOKMARKS}/{row.uid}/tags", json={})).seen


async def test_groups_are_entered_and_left(bkmark, ann, row):
    """They are added to those there are; out of the last one it is in none, and in the root for the other doors."""
    one, two = await group(ann, "One"), await group(ann, "Two")
    root = ann.user.root_folder_id
    first = await bkmark.post(f"{BOOKMARKS}/{row.uid}/groups", json={"groupIds": [one]})
    both = await bkmark.post(f"{BOOKMARKS}/{row.uid}/groups", json={"groupIds": [two, one]})
    assert not await Placement.filter(folder_id=root).count()
    left = await bkmark.delete(f"{BOOKMARKS}/{row.uid}/groups/{one}")
    again = await bkmark.delete(f"{BOOKMARKS}/{row.uid}/groups/{one}")
    none = await bkmark.delete(f"{BOOKMARKS}/{row.uid}/groups/{two}")

    assert [(200, [one]), (200, [one, two]), (200, [two]), (200, [two]), (200, [])] == [
        (answer.status, answer.body["groupIds"]) for answer in (first, both, left, again, none)
    ]
    assert left.body["updatedAt"] == again.body["updatedAt"]
    assert [root] == await Placement.all().values_list("folder_id", flat=True)
    gone = await filing.create(await ann.ctx(), FolderDraft(name="gone"))
    await folder_trash.delete(await ann.ctx(), gone.id)
    for id in (*NOBODYS, gone.uid):
        path = f"{BOOKMARKS}/{row.uid}/groups/{id}"
        assert "No group has this id." == refused(await bkmark.delete(path), 404, "not_found")["message"]
        refused(
            await bkmark.post(f"{BOOKMARKS}/{row.uid}/groups", json={"groupIds": [one, id]}), 400, "validation_error"
        )
    for sent in ({}, {"groupIds": None}, {"groupIds": one}, {"groupIds": [1]}):
        refused(await bkmark.post(f"{BOOKMARKS}/{row.uid}/groups", json=sent), 400, "validation_error")
    assert none.body == (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body


async def test_one_bookmark_costs_a_fixed_number_of_statements(bkmark, ann):
    """Whatever is on it."""
    plain = await make_bookmark(ann)
    full = await make_bookmark(ann, tag_names=[f"t{n}" for n in range(30)], kind=BookmarkKind.IMAGE)
    calls = [("GET", "", None), ("PATCH", "", {"title": "x"}), ("POST", "/tags", {"tagNames": ["a", "b"]})]
    for method, rest, body in calls:
        counts = []
        for row in (plain, full):
            async with statements_counted([]) as found:
                await bkmark.request(method, f"{BOOKMARKS}/{row.uid}{rest}", **({"json": body} if body else {}))
            counts.append(len(found))

        assert counts[0] in {counts[1], counts[1] + 2}  # the first call makes the tags
    assert 3 == len(await Bookmark.all().values_list("id")) + 1
