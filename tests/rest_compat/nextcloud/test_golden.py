"""Answers as they go over the wire, letter by letter: golden/*.json, renewed by ``make golden`` and read in review.

Clock and secrets are fixed, every test starts with an empty database, so ids are the same on both databases.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.rest_compat.nextcloud.conftest import API

GOLDEN = Path(__file__).parent / "golden"
RENEW = os.environ.get("POLYMARK_TEST_GOLDEN") == "renew"
SHOWN = ("Content-Type", "WWW-Authenticate", "Cache-Control", "Expires", "Content-Disposition")

NEW = {"url": "https://new.example", "title": "New", "tags": ["new"], "folders": ["-1", "999"]}
ORDER = {"data": [{"type": "bookmark", "id": "1"}, {"type": "folder", "id": 3}, {"type": "folder", "id": 5}]}

# Name of the file: what is asked, after the rows of the fixture are there. Ann's folders are 3, 4 in it, and 5.
ASKED = {
    "list": ("GET", "bookmark?sortby=id", {}),
    "list-of-ben": ("GET", "bookmark?user=ben", {}),
    "get": ("GET", "bookmark/1", {}),
    "get-script": ("GET", "bookmark/2", {}),
    "get-trashed": ("GET", "bookmark/3", {}),
    "create": ("POST", "bookmark", {"json": NEW | {"folders": ["-1", "3"]}}),
    "create-bad-url": ("POST", "bookmark", {"json": NEW | {"url": "mailto:x@y.z"}}),
    "create-bad-folder": ("POST", "bookmark", {"json": NEW}),
    "edit": ("PUT", "bookmark/1?record_id=1&title=Edited", {}),
    "edit-unknown": ("PUT", "bookmark/999", {"json": {"title": "T"}}),
    "delete": ("DELETE", "bookmark/1", {}),
    "deleted": ("GET", "bookmark/deleted", {}),
    "total-clicks": ("GET", "bookmark/totalClicks", {}),
    "export": ("GET", "bookmark/export", {}),
    "tags": ("GET", "tag", {}),
    "tags-counted": ("GET", "tag?count=true", {}),
    "folders": ("GET", "folder", {}),
    "folders-of-one-layer": ("GET", "folder?layers=0", {}),
    "folder": ("GET", "folder/4", {}),
    "folder-root": ("GET", "folder/-1", {}),
    "folder-unknown": ("GET", "folder/999", {}),
    "folder-create": ("POST", "folder", {"json": {"title": "Made", "parent_folder": "4"}}),
    "folders-deleted": ("GET", "folder/deleted", {}),
    "children": ("GET", "folder/-1/children?layers=-1", {}),
    "order": ("GET", "folder/-1/childorder?layers=1", {}),
    "order-set": ("PATCH", "folder/-1/childorder", {"json": ORDER}),
    "order-incomplete": ("PATCH", "folder/-1/childorder", {"json": {"data": []}}),
    "count": ("GET", "folder/-1/count", {}),
    "hash": ("GET", "folder/-1/hash", {}),
    "lock": ("POST", "lock", {}),
    "no-credential": ("GET", "bookmark", {"headers": {"Authorization": "None"}}),
    "no-address": ("GET", "nothing", {}),
    "wrong-method": ("PATCH", "bookmark", {}),
}


@pytest.fixture
async def rows(cloud, cloud_ben):
    """Two folders in each other and an empty one, a bookmark in two of them, a script, and one in the trash."""
    outer = await cloud.make_folder("Outer")
    inner = await cloud.make_folder("In\u2028ner", outer)
    await cloud.save(
        "https://full.example/ä?q=1#top", title='Fü "ll', description="D", tags=["b", "A", "x, y"], folders=[-1, inner],
        is_public=True,
    )  # fmt: skip
    await cloud.save("javascript:void(0)", title="Script", folders=[inner])
    gone = await cloud.save("https://gone.example/", folders=[outer])
    await cloud.delete(f"folder/{outer}/bookmarks/{gone['id']}")
    await cloud.make_folder("Empty")
    trashed = await cloud.make_folder("Gone", outer)
    await cloud.delete(f"folder/{trashed}")
    await cloud.post("bookmark/click", json={"url": "https://full.example/ä?q=1#top"})
    await cloud_ben.save("https://ben.example/", title="Ben's", is_public=True)


@pytest.mark.parametrize("name", ASKED)
async def test_an_answer_is_as_it_was(cloud, rows, index, name):
    """With ``/index.php`` only the spelling of ids is another, so one file shows both; tickets are left out."""
    method, path, body = ASKED[name]
    cloud.index = index
    answer = await cloud.call(method, path, **body)
    shown = {
        "request": f"{method} {API}/{path}",
        "status": answer.status,
        "headers": {header: answer.headers[header] for header in SHOWN if header in answer.headers},
        "body": answer.raw.decode() if answer.body is None else answer.body,
    }
    text = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}{'.index' if index else ''}.json"
    if RENEW:
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == text


def test_every_golden_answer_is_asked_for():
    left_over = [path for path in GOLDEN.glob("*.json") if path.stem.removesuffix(".index") not in ASKED]
    if RENEW:
        for path in left_over:
            path.unlink()
        left_over = []

    assert [] == left_over
