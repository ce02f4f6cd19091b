"""Answers as they go over the wire, letter by letter: golden/*.json, renewed by ``make golden`` and read in review.

Clock and secrets are fixed, every test starts with an empty database, so ids are the same on both databases.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from models import Bookmark
from schema.ports import PageData
from schema.resolvers import accounts

GOLDEN = Path(__file__).parent / "golden"
RENEW = os.environ.get("POLYMARK_TEST_GOLDEN") == "renew"
SHOWN = ("Content-Type", "Allow", "Vary", "WWW-Authenticate", "Location", "Content-Disposition")

NOW = re.compile(r"\.600[0-9]{3}Z")  # the clock moves a microsecond a look, and how often we look is nobody's business

POST = "/api/bookmarks/?disable_scraping"
FULL = {
    "url": "https://full.example/ä?q=1#top", "title": "Fü\u2028ll", "description": "D", "notes": "*N*\nline",
    "is_archived": False, "unread": True, "shared": True, "tag_names": ["b", "A", "x y"],
    "date_added": "2026-01-02T03:04:05Z", "date_modified": "2026-01-02T03:04:05.120000Z",
}  # fmt: skip
BAD = {
    "url": "x", "title": "x" * 513, "notes": None, "unread": "maybe", "tag_names": ["a", ""], "date_added": "soon",
}  # fmt: skip


PART = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="notes.txt"\r\nContent-Type: text/plain; x=y\r\n\r\n'
)
UPLOAD = {"data": PART + b"bytes\r\n--b--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


# Name of the file: what is asked, after the rows of the fixture are there.
ASKED = {
    "list": ("GET", "/api/bookmarks/?limit=1&sort=added_asc", {}),
    "list-archived": ("GET", "/api/bookmarks/archived/", {}),
    "list-shared": ("GET", "/api/bookmarks/shared/", {}),
    "retrieve": ("GET", "/api/bookmarks/1/", {}),
    "create": ("POST", POST, {"json": {"url": "https://new.example/", "tag_names": ["new"]}}),
    "create-again": ("POST", POST, {"json": {"url": "HTTPS://FULL.example/ä?q=1#top"}}),
    "create-bad": ("POST", POST, {"json": BAD}),
    "update": ("PUT", "/api/bookmarks/1/", {"json": {"url": "https://full.example/", "title": "T"}}),
    "patch": ("PATCH", "/api/bookmarks/1/", {"json": {"is_archived": True}}),
    "archive": ("POST", "/api/bookmarks/1/archive/", {}),
    "delete": ("DELETE", "/api/bookmarks/1/", {}),
    "check": ("GET", "/api/bookmarks/check/?url=https://full.example/%C3%A4?q=1%23top", {}),
    "check-unknown": ("GET", "/api/bookmarks/check/?url=https://page.example", {}),
    "tags": ("GET", "/api/tags/", {}),
    "tag": ("GET", "/api/tags/1/", {}),
    "tag-create": ("POST", "/api/tags/", {"json": {"name": "Made"}}),
    "assets": ("GET", "/api/bookmarks/1/assets/", {}),
    "asset": ("GET", "/api/bookmarks/1/assets/1/", {}),
    "asset-upload": ("POST", "/api/bookmarks/1/assets/upload/", UPLOAD),
    "asset-download": ("GET", "/api/bookmarks/1/assets/1/download/", {}),
    "asset-no-file": ("POST", "/api/bookmarks/1/assets/upload/", {}),
    "bundles": ("GET", "/api/bundles/", {}),
    "bundle": ("GET", "/api/bundles/1/", {}),
    "bundle-create": ("POST", "/api/bundles/", {"json": {"name": "Made", "any_tags": "a b", "filter_unread": "yes"}}),
    "bundle-bad": ("POST", "/api/bundles/", {"json": {"filter_unread": "maybe", "order": None}}),
    "profile": ("GET", "/api/user/profile/", {}),
    "root": ("GET", "/api/", {}),
    "not-found": ("GET", "/api/bookmarks/999/", {}),
    "not-a-number": ("GET", "/api/bookmarks/abc/", {}),
    "no-address": ("GET", "/api/nothing/", {}),
    "wrong-method": ("DELETE", "/api/tags/", {}),
    "no-credential": ("GET", "/api/tags/", {"headers": {"Authorization": "None"}}),
    "not-acceptable": ("GET", "/api/tags/", {"headers": {"Accept": "image/png"}}),
    "unsupported": ("POST", "/api/tags/", {"data": b"x", "headers": {"Content-Type": "text/plain"}}),
}


@pytest.fixture
async def rows(linkding, ann, ports):
    """One bookmark in full with pictures, a tag of two spellings and an asset; one in the archive."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    await accounts.set_auto_tagging_rules(await ann.ctx(), "page.example paged")
    ports.websites.pages["https://page.example"] = PageData(
        "https://page.example", title="Page", description="Says", preview_image="https://page.example/p.png"
    )
    await linkding.post(POST, json=FULL)
    await Bookmark.filter(id=1).update(favicon="favicon.webp", preview_image="preview.webp")
    await linkding.post(POST, json={"url": "https://archived.example", "is_archived": True})
    await linkding.post("/api/bookmarks/1/assets/upload/", **UPLOAD)
    await linkding.post("/api/bundles/", json={"name": "Fünf", "search": "a b", "excluded_tags": "x"})


@pytest.mark.parametrize("name", ASKED)
async def test_an_answer_is_as_it_was(linkding, rows, name):
    method, path, body = ASKED[name]
    answer = await linkding.request(method, path, **body)
    shown = {
        "request": f"{method} {path}",
        "status": answer.status,
        "headers": {header: answer.headers[header] for header in SHOWN if header in answer.headers},
        "body": NOW.sub(".600000Z", answer.raw.decode()),
    }
    text = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if RENEW:
        path.write_text(text, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == text


def test_every_golden_answer_is_asked_for():
    left_over = [path for path in GOLDEN.glob("*.json") if path.stem not in ASKED]
    if RENEW:
        for path in left_over:
            path.unlink()
        left_over = []

    assert [] == left_over
