"""The bookmark object (LD section 5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models import Bookmark
from tests.factories import make_bookmark

KEYS = [
    "id", "url", "title", "description", "notes", "web_archive_snapshot_url", "favicon_url", "preview_image_url",
    "is_archived", "unread", "shared", "tag_names", "date_added", "date_modified", "website_title",
    "website_description",
]  # fmt: skip
POST = "/api/bookmarks/?disable_scraping"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.12Z", "2026-01-02T03:04:05.120000Z"),
        ("2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04", "2026-01-02T03:04:00Z"),
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05Z"),
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("20260102T030405Z", "2026-01-02T03:04:05Z"),
        ("2026-W01-5", "2026-01-02T00:00:00Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("2026-01-02T03:04:05-0230", "2026-01-02T05:34:05Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
async def test_dates_come_in_many_forms_and_leave_in_one(linkding, sent, shown):
    """LD-BM-1, LD-BM-2; the archive's address has the date that was given."""
    answer = await linkding.post(POST, json={"url": "https://a.example", "date_added": sent, "date_modified": sent})
    again = await linkding.get(f"/api/bookmarks/{answer.body['id']}/")

    assert (201, shown, shown) == (answer.status, answer.body["date_added"], answer.body["date_modified"])
    assert answer.body == again.body
    stamp = shown[:19].translate(str.maketrans("", "", "-:T"))
    assert f"https://web.archive.org/web/{stamp}/https://a.example" == answer.body["web_archive_snapshot_url"]


@pytest.mark.parametrize("sent", ["1700000000", "2026-01-02T24:00", "2026-13-01", "", "2026-01-02T03:04:05 Z", 5, []])
async def test_other_dates_are_refused(linkding, sent):
    """LD-BM-2."""
    answer = await linkding.post(POST, json={"url": "https://a.example", "date_added": sent})

    assert (400, ["date_added"]) == (answer.status, list(answer.body))


async def test_read_only_fields_are_ignored(linkding):
    """LD-BM-3."""
    read_only = {
        "id": 77, "web_archive_snapshot_url": 5, "favicon_url": "x", "preview_image_url": [], "website_title": None,
        "website_description": "x",
    }  # fmt: skip
    answer = await linkding.post(POST, json={"url": "https://a.example"} | read_only)

    assert 201 == answer.status
    assert 77 != answer.body["id"]
    assert [None] * 4 == [
        answer.body[key] for key in ("favicon_url", "preview_image_url", "website_title", "website_description")
    ]


async def test_fresh_moments_are_now(linkding, ports):
    """LD-BM-4: both lie between before and after."""
    before = ports.clock.now()
    body = (await linkding.post(POST, json={"url": "https://a.example"})).body
    after = ports.clock.now()

    for key in ("date_added", "date_modified"):
        assert before < datetime.fromisoformat(body[key]) < after


async def test_every_answer_has_the_same_sixteen_keys(linkding, ann):
    """LD-BM-5: in this order, strings never null."""
    made = await linkding.post(POST, json={"url": "https://a.example"})
    path = f"/api/bookmarks/{made.body['id']}/"
    answers = [
        made.body,
        (await linkding.get(path)).body,
        (await linkding.patch(path, json={})).body,
        (await linkding.put(path, json={"url": "https://a.example"})).body,
        (await linkding.get("/api/bookmarks/")).body["results"][0],
        (await linkding.get("/api/bookmarks/check/?url=https://a.example")).body["bookmark"],
    ]

    assert [KEYS] * 6 == [list(answer) for answer in answers]
    assert ["", "", ""] == [made.body[key] for key in ("title", "description", "notes")]
    assert [False, False, False, []] == [made.body[key] for key in ("is_archived", "unread", "shared", "tag_names")]


async def test_pictures_have_absolute_addresses(linkding, ann):
    """Section 5: under /static/, at the host that was asked."""
    row = await make_bookmark(ann)
    await Bookmark.filter(id=row.id).update(favicon="f.webp", preview_image="p.webp")
    body = (await linkding.get(f"/api/bookmarks/{row.id}/")).body

    assert "http://links.example/static/f.webp" == body["favicon_url"]
    assert "http://links.example/static/p.webp" == body["preview_image_url"]


async def test_ids_are_never_used_again(linkding):
    """Section 5: not even that of the last row."""
    first = (await linkding.post(POST, json={"url": "https://a.example"})).body["id"]
    await linkding.delete(f"/api/bookmarks/{first}/")
    second = (await linkding.post(POST, json={"url": "https://a.example"})).body["id"]

    assert first != second


async def test_notes_and_code_of_other_doors_are_not_shown(linkding, ann):
    """Links and images only (design of the canonical graph)."""
    link, image, script = [await make_bookmark(ann) for _ in range(3)]
    await Bookmark.filter(id=image.id).update(kind="image", url=None)
    await Bookmark.filter(id=script.id).update(kind="bookmarklet")
    await Bookmark.filter(id=link.id).update(created_at=datetime(2030, 1, 1, tzinfo=UTC))
    rows = (await linkding.get("/api/bookmarks/")).body["results"]

    assert [link.id, image.id] == [row["id"] for row in rows]
    assert "" == rows[1]["url"]
    assert 404 == (await linkding.get(f"/api/bookmarks/{script.id}/")).status
