"""Where the Internet Archive has a bookmark's page, in the graph and in linkding's words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Bookmark
from models.rows import BookmarkRow
from models.web_archive import archived_at
from schema.types.kind import BookmarkKind
from tests.factories import make_bookmark
from tests.schema.types.asking import ask

URLS = "{ bookmarks(orderBy: ADDED_ASC) { nodes { webArchiveUrl } } }"


def row_of(**given):
    texts = dict.fromkeys(("uid", "kind", "source", "title", "description", "notes"), "")
    flags = dict.fromkeys(("is_title_provisional", "is_archived", "is_favorite", "is_public"), False)
    nothing = dict.fromkeys(("url_href", "read_at", "favicon", "preview_image", "updated_at", "deleted_at"))
    return BookmarkRow(id=1, owner_id=1, click_count=0, **texts, **flags, **nothing, **given)


@given(st.datetimes(timezones=st.just(UTC)), st.text())
def test_without_a_copy_it_is_where_one_of_the_moment_would_be(moment, url):
    """LD section 5."""
    row = row_of(url=url, created_at=moment)
    stamp = f"{moment.year:04}{moment:%m%d%H%M%S}"

    assert f"https://web.archive.org/web/{stamp}/{url}" == archived_at(row)


def test_a_copy_of_its_own_comes_first():
    row = row_of(url="https://a.example/", created_at=datetime(2026, 1, 2, tzinfo=UTC), web_archive_url="https://copy/")

    assert "https://copy/" == archived_at(row)


@pytest.mark.parametrize("draft", [{"url": "javascript:1"}, {"url": None, "kind": BookmarkKind.NOTE}])
async def test_what_has_no_page_has_none(ann, draft):
    await make_bookmark(ann, **draft)

    assert [{"webArchiveUrl": None}] == (await ask(ann, URLS))["bookmarks"]["nodes"]


async def test_lists_tell_it(ann):
    kept = await make_bookmark(ann, url="https://a.example/")
    await make_bookmark(ann, url="https://b.example/")
    await Bookmark.filter(id=kept.id).update(web_archive_url="https://web.archive.org/web/20200101000000/x")
    nodes = (await ask(ann, URLS))["bookmarks"]["nodes"]

    assert [
        "https://web.archive.org/web/20200101000000/x",
        "https://web.archive.org/web/20260102030405/https://b.example/",
    ] == [node["webArchiveUrl"] for node in nodes]
