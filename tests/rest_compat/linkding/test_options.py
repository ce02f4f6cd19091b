"""What a server's operator may set (LD section 24): linkding's options and ours for them (docs/settings.md)."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from aiohttp import FormData

from server.outside.ports import limits_of, make_outside
from server.settings import load_settings
from tests.factories import make_bookmark

SETTINGS = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")


def a_file(**texts):
    form = FormData(texts)
    form.add_field("file", b"x" * 3000, filename="a", content_type="text/html")
    return form


async def test_addresses_may_go_unchecked(serve, linkding, ann):
    """Section 24, LD_DISABLE_URL_VALIDATION (LD-URL-2): `POLYMARK_DISABLE_URL_VALIDATION`."""
    unchecked = (await serve(limits=limits_of(load_settings(None, disable_url_validation=True)))).as_(ann.secret)
    sent = {"url": "no address at all", "title": "A"}

    assert [400, 201] == [(await one.post("/api/bookmarks/", json=sent)).status for one in (linkding, unchecked)]


async def test_uploads_may_be_refused(serve, ann):
    """Section 24, LD_DISABLE_ASSET_UPLOAD (LD-AST-7, LD-SF-6): `POLYMARK_DISABLE_ASSET_UPLOAD`."""
    client = (await serve(limits=limits_of(load_settings(None, disable_asset_upload=True)))).as_(ann.secret)
    bookmark = await make_bookmark(ann)

    for path in (f"/api/bookmarks/{bookmark.id}/assets/upload/", "/api/bookmarks/singlefile/"):
        answer = await client.post(path, data=a_file(url="https://a.example/"))
        assert (403, {"error": "Asset upload is disabled."}) == answer.seen


@pytest.mark.parametrize("is_on", [True, False])
async def test_snapshots_may_be_switched_off(tmp_path, is_on):
    """Section 24, LD_ENABLE_SNAPSHOTS (LD-NEW-7): `POLYMARK_SNAPSHOTS`; what follows is in test_snapshots.py."""
    outside = make_outside(load_settings(None, data_dir=tmp_path, snapshots=is_on))

    assert is_on == (outside.ports.snapshots is not None)
    await outside.close()


async def test_bodies_and_files_may_be_limited(serve, ann):
    """Section 24, LD_REQUEST_MAX_CONTENT_LENGTH: `POLYMARK_MAX_BODY_SIZE`, `POLYMARK_MAX_ASSET_SIZE`."""
    settings = load_settings(None, max_body_size="2KiB", max_asset_size="2KiB")
    client = await serve(limits=limits_of(settings), max_body_size=settings.max_body_size)
    bookmark = await make_bookmark(ann)
    answers = [
        await client.as_(ann.secret).post("/api/bookmarks/", json={"url": "https://a.example", "notes": "x" * 3000}),
        await client.as_(ann.secret).post(f"/api/bookmarks/{bookmark.id}/assets/upload/", data=a_file()),
        await client.as_(ann.secret).post("/api/bookmarks/singlefile/", data=a_file(url="https://a.example/")),
    ]

    assert [413] * 3 == [answer.status for answer in answers]


async def test_moments_are_told_in_utc_wherever_the_server_is(linkding, monkeypatch):
    """Section 24, TZ: it is not looked at; what is sent without an offset is in UTC, too (LD-BM-1, LD-BM-2)."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        sent = {"url": "https://a.example/", "title": "A", "date_added": "2026-01-02T03:04:05"}
        answer = await linkding.post("/api/bookmarks/?disable_scraping", json=sent)
        later = await linkding.get("/api/bookmarks/?added_since=2026-01-02T03:04:04")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert "2026-01-02T03:04:05Z" == answer.body["date_added"]
    assert answer.body["date_modified"].endswith("Z")
    assert 1 == later.body["count"]


async def test_nobody_is_believed_by_a_proxys_word(serve, ann):
    """Section 24, LD_ENABLE_AUTH_PROXY and LD_ENABLE_OIDC: they are not here, and tokens work as before."""
    client = await serve(trusted_proxies="127.0.0.0/8")
    headers = {"Remote-User": "ann", "X-Forwarded-User": "ann", "X-Remote-User": "ann"}

    assert 401 == (await client.get("/api/bookmarks/", headers=headers)).status
    assert 200 == (await client.as_(ann.secret).get("/api/bookmarks/", headers=headers)).status


def test_every_option_has_a_line_in_the_settings():
    """Section 24: for who comes from linkding, in docs/settings.md."""
    table = SETTINGS.partition("## Coming from linkding")[2]
    options = (
        "LD_DISABLE_URL_VALIDATION", "LD_DISABLE_ASSET_UPLOAD", "LD_ENABLE_SNAPSHOTS", "LD_CONTEXT_PATH", "`TZ`",
        "LD_USE_X_FORWARDED_HOST", "LD_REQUEST_MAX_CONTENT_LENGTH", "LD_ENABLE_AUTH_PROXY", "LD_ENABLE_OIDC",
    )  # fmt: skip

    assert not [option for option in options if option not in table]
    for name in re.findall(r"POLYMARK_[A-Z_]+", table):
        assert f"| `{name}` |" in SETTINGS, name
