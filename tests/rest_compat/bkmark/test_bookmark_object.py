"""Sections 5.1, 5.2 and 1.8: a bookmark as clients see it."""

from __future__ import annotations

import re

import pytest

from models import Bookmark, Tag
from schema.inputs import FolderDraft
from schema.resolvers import filing
from tests.factories import make_bookmark
from tests.rest_compat.conftest import HOST

BOOKMARKS = "/api/v1/bookmarks"
MEMBERS = [
    "id", "url", "title", "description", "type", "source", "isFavorite", "isArchived", "readAt", "tags", "tagDetails",
    "groupIds", "summary", "faviconUrl", "imageUrl", "deletedAt", "createdAt", "updatedAt",
]  # fmt: skip
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@pytest.fixture
async def row(ann):
    """A bookmark with all that one can have."""
    ctx = await ann.ctx()
    group = await filing.create(ctx, FolderDraft(name="Group"))
    row = await make_bookmark(
        ann, url="HTTPS://A.example:443/x", title="A", tag_names=["tea", "Kitchen"], folder_ids=[group.id], to_read=True
    )
    await Tag.filter(name="tea").update(color="#22c55e")
    await Bookmark.filter(id=row.id).update(favicon="f.png", preview_image="p.jpg", summary="In short.")
    return row


async def test_every_member_in_its_form(bkmark, row):
    answer = await bkmark.get(f"{BOOKMARKS}/{row.uid}")
    body = answer.body
    details = body.pop("tagDetails")
    [group] = body.pop("groupIds")

    assert (200, "application/json; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
    assert [name for name in MEMBERS if name not in ("tagDetails", "groupIds")] == list(body)
    assert {
        "id": row.uid,
        "url": "https://a.example/x",
        "title": "A",
        "description": None,
        "type": "link",
        "source": "api",
        "isFavorite": False,
        "isArchived": False,
        "readAt": None,
        "tags": ["Kitchen", "tea"],
        "summary": "In short.",
        "faviconUrl": f"http://{HOST}/static/f.png",
        "imageUrl": f"http://{HOST}/static/p.jpg",
        "deletedAt": None,
        "createdAt": "2026-01-02T03:04:05.600Z",
        "updatedAt": "2026-01-02T03:04:05.600Z",
    } == body
    assert [("Kitchen", None), ("tea", "green")] == [(tag["name"], tag["color"]) for tag in details]
    assert all(UUID.fullmatch(id) for id in [group, *(tag["id"] for tag in details)])


async def test_tags_may_be_objects(bkmark, row):
    """The parameter and the header mean the same, the parameter wins, and writes heed them too."""
    path = f"{BOOKMARKS}/{row.uid}"
    plain = (await bkmark.get(path)).body
    header = {"X-Bkmark-Tag-Format": "object"}
    objects = [
        (await bkmark.get(f"{path}?tagFormat=object")).body["tags"],
        (await bkmark.get(path, headers=header)).body["tags"],
        (await bkmark.patch(f"{path}?tagFormat=object", json={})).body["tags"],
        (await bkmark.get(f"{BOOKMARKS}?tagFormat=object")).body["data"][0]["tags"],
    ]

    assert [plain["tagDetails"]] * 4 == objects
    assert ["Kitchen", "tea"] == (await bkmark.get(f"{path}?tagFormat=string", headers=header)).body["tags"]
    assert 400 == (await bkmark.get(f"{path}?tagFormat=xml")).status


async def test_ids_may_have_26_characters(bkmark, row):
    """Section 1.8: in answers for who asks, and in paths, filters and bodies from anybody."""
    header = {"X-Bkmark-Id-Format": "ulid"}
    short = (await bkmark.get(f"{BOOKMARKS}/{row.uid}", headers=header)).body
    ids = [short["id"], *short["groupIds"], *(tag["id"] for tag in short["tagDetails"])]

    assert 4 == len(ids)
    assert all(ULID.fullmatch(id) for id in ids)
    assert row.uid == (await bkmark.get(f"{BOOKMARKS}/{short['id'].lower()}")).body["id"]
    for name, id in (("groupId", ids[1]), ("tagId", ids[2])):
        assert [row.uid] == [one["id"] for one in (await bkmark.get(f"{BOOKMARKS}?{name}={id}")).body["data"]]
    changed = await bkmark.patch(f"{BOOKMARKS}/{row.uid.upper()}", json={"groupIds": [], "tagIds": [ids[3]]})
    assert (200, ["tea"], []) == (changed.status, changed.body["tags"], changed.body["groupIds"])
    gone = await bkmark.delete(f"{BOOKMARKS}/{short['id']}", headers=header)
    assert {"id": short["id"], "deleted": True} == gone.body


async def test_what_another_door_made_is_shown_as_it_is(bkmark, ann):
    """A bookmark without a title, made in a year of few digits; a bookmarklet is not shown at all."""
    await make_bookmark(ann, url="javascript:alert(1)")
    row = await make_bookmark(ann, url="ftp://files.example/", title="", description="x", tag_names=["a" * 255])

    [shown] = (await bkmark.get(BOOKMARKS)).body["data"]
    assert (row.uid, "", "ftp://files.example/", ["a" * 255]) == tuple(
        shown[name] for name in ("id", "title", "url", "tags")
    )


async def test_bk7_foreign_is_like_missing(bkmark, bkmark_ben, row):
    """BK7: another user's id answers 404, word for word like one that never existed, for every method and below it."""
    [group] = (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body["groupIds"]
    tag = (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body["tagDetails"][0]["id"]
    calls = [
        ("GET", "", None),
        ("PATCH", "", {"title": "stolen"}),
        ("DELETE", "", None),
        ("DELETE", "?permanent=true", None),
        ("POST", "/restore", None),
        ("POST", "/tags", {"tagNames": ["mine"]}),
        ("POST", "/groups", {"groupIds": []}),
        ("DELETE", f"/tags/{tag}", None),
        ("DELETE", f"/groups/{group}", None),
    ]
    for method, rest, body in calls:
        sent = {} if body is None else {"json": body}
        ids = (row.uid, "01890000-0000-7000-8000-000000000000", "abc", "1", "%00", "%F0%9F", str(row.id))
        answers = [await bkmark_ben.request(method, f"{BOOKMARKS}/{id}{rest}", **sent) for id in ids]

        assert {404} == {answer.status for answer in answers}
        assert 1 == len({answer.raw for answer in answers})
        assert {"error": "not_found", "message": "No bookmark has this id.", "statusCode": 404} == answers[0].body
    assert "A" == (await bkmark.get(f"{BOOKMARKS}/{row.uid}")).body["title"]


async def test_bk1_nobody_sees_nothing(anonymous, row):
    """BK1: 401 with exactly the three members."""
    calls = [("GET", BOOKMARKS), ("POST", BOOKMARKS), ("GET", f"{BOOKMARKS}/trash"), ("POST", f"{BOOKMARKS}/bulk")]
    calls += [(method, f"{BOOKMARKS}/{row.uid}") for method in ("GET", "PATCH", "DELETE")]
    for method, path in calls:
        answer = await anonymous.request(method, path)

        assert 401 == answer.status
        assert {"error": "unauthorized", "statusCode": 401} == {k: v for k, v in answer.body.items() if k != "message"}
        assert isinstance(answer.body["message"], str)
