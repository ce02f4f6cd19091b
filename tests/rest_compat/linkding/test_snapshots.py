"""Snapshots that are taken by themselves (LD-NEW-7), and what linkding's clients see of them (LD section 15)."""

from __future__ import annotations

import pytest

from models import Asset, Bookmark
from schema.resolvers import accounts, snapshots
from tests.factories import make_bookmark

URL = "https://a.example/page"
PAGE = b"<title>Kept</title>" + b"<p>words " * 50_000
SHOWN = ("asset_type", "content_type", "display_name", "file_size", "status")


@pytest.fixture
async def wishing(ann, linkding):
    """A client of Ann's, who wants snapshots."""
    await accounts.set_preferences(await ann.ctx(), {"automatic_snapshots": True})
    return linkding


async def create(client, query="", **fields):
    answer = await client.post(f"/api/bookmarks/{query}", json={"url": URL, "title": "A", "description": "B"} | fields)
    assert 201 == answer.status
    return answer.body["id"]


async def found(client, id):
    return (await client.get(f"/api/bookmarks/{id}/assets/")).body["results"]


async def test_a_new_bookmark_has_a_pending_snapshot_at_once(wishing):
    """LD-NEW-7; a duplicate POST never adds one."""
    id = await create(wishing)
    again = await create(wishing, url="https://A.example/page")
    (asset,) = await found(wishing, id)

    assert id == again
    assert ("snapshot", "", "New snapshot", None, "pending") == tuple(asset[key] for key in SHOWN)


@pytest.mark.parametrize("value", ["", "=", "=true", "=false", "=0"])
async def test_the_query_key_prevents_it_whatever_its_value(wishing, value):
    """LD-NEW-7."""
    assert [] == await found(wishing, await create(wishing, f"?disable_html_snapshot{value}"))


async def test_who_has_not_asked_for_snapshots_has_none(linkding):
    """LD-NEW-7."""
    assert [] == await found(linkding, await create(linkding))


@pytest.mark.parametrize(
    ("kind", "name", "extension"),
    [
        ("text/html", "HTML snapshot from 01/02/2026", ".html"),
        ("application/pdf", "PDF download from 01/02/2026", ".pdf"),
        ("image/png", "Image download from 01/02/2026", ".png"),
    ],
)
async def test_a_snapshot_is_downloaded_as_it_was(linkding, ann, ports, kind, name, extension):
    """LD-AST-9 and LD-AST-10: the original bytes, however they lie on the disk; no ranges, no length, no encoding."""
    row = await make_bookmark(ann, url=URL)
    ports.snapshots.pages[URL] = (kind, PAGE)
    asset = await snapshots.create(await ann.ctx(), row.id)
    await snapshots.take(await ann.ctx(), asset.id)
    own = f"/api/bookmarks/{row.id}/assets/{asset.id}/"
    shown = (await linkding.get(own)).body
    answer = await linkding.get(f"{own}download/", headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"})
    head = await linkding.request("HEAD", f"{own}download/")

    assert ("snapshot", kind, name, len(PAGE), "complete") == tuple(shown[key] for key in SHOWN)
    assert (200, PAGE) == (answer.status, answer.raw)
    assert f'attachment; filename="{name}{extension}"' == answer.headers["Content-Disposition"]
    assert kind == answer.headers["Content-Type"] == head.headers["Content-Type"]
    assert not {"Content-Length", "Content-Encoding", "Accept-Ranges"} & set(answer.headers)
    assert (200, b"") == (head.status, head.raw)


@pytest.mark.parametrize("status", ["pending", "failure", "complete"])
async def test_what_is_not_there_is_not_found(linkding, ann, ports, status):
    """LD-AST-11: one that is pending, one that failed, and one whose file is lost."""
    row = await make_bookmark(ann, url=URL)
    ports.snapshots.pages[URL] = ("text/html", PAGE)
    asset = await snapshots.create(await ann.ctx(), row.id)
    if status == "complete":
        await snapshots.take(await ann.ctx(), asset.id)
        ports.files.path((await Asset.get()).sha256).unlink()
    elif status == "failure":
        await snapshots.fail(await ann.ctx(), asset.id)
    own = f"/api/bookmarks/{row.id}/assets/{asset.id}/"

    assert status == (await linkding.get(own)).body["status"]
    assert (404, {"detail": "Asset file does not exist"}) == (await linkding.get(f"{own}download/")).seen
    assert 204 == (await linkding.delete(own)).status


async def test_the_archives_own_copy_is_shown_once_there_is_one(linkding, ann):
    """LD section 5: the stored address, else the derived one."""
    row = await make_bookmark(ann, url=URL)
    derived = (await linkding.get(f"/api/bookmarks/{row.id}/")).body["web_archive_snapshot_url"]
    await Bookmark.filter(id=row.id).update(web_archive_url="https://web.archive.org/web/20200101000000/x")
    stored = (await linkding.get(f"/api/bookmarks/{row.id}/")).body["web_archive_snapshot_url"]
    moved = await linkding.patch(f"/api/bookmarks/{row.id}/", json={"url": "https://b.example/"})

    assert f"https://web.archive.org/web/20260102030405/{URL}" == derived
    assert "https://web.archive.org/web/20200101000000/x" == stored
    assert "https://web.archive.org/web/20260102030405/https://b.example/" == moved.body["web_archive_snapshot_url"]
