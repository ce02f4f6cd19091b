"""The library as a file (BK section 5.11): all of it, as a download, in three forms."""

from __future__ import annotations

import csv
import io

import pytest

from models import Bookmark
from schema.formats import netscape
from schema.resolvers import trash
from tests.factories import make_bookmark, make_token

EXPORT = "/api/v1/bookmarks/export"


@pytest.fixture
async def kept(ann):
    """A library with a title that a spreadsheet would run, a note, a script and something in the trash."""
    await make_bookmark(ann, url="https://a.example/", title='=HYPERLINK("x")', tag_names=["tea"], notes="-mine")
    note = await make_bookmark(ann, url="https://note.example/", title="Note")
    await Bookmark.filter(id=note.id).update(kind="note", url=None, url_href=None, href_hash=None, key_hash=None)
    await make_bookmark(ann, url="javascript:alert(1)", title="Run")
    gone = await make_bookmark(ann, url="https://gone.example/")
    await trash.delete(await ann.ctx(), [gone.id])


@pytest.mark.parametrize(
    ("query", "type", "name"),
    [
        ("", "application/json", "bookmarks-2026-01-02.json"),
        ("?format=json", "application/json", "bookmarks-2026-01-02.json"),
        ("?format=html", "text/html", "bookmarks-2026-01-02.html"),
        ("?format=csv", "text/csv", "bookmarks-2026-01-02.csv"),
    ],
)
async def test_every_form_is_a_download_of_what_is_live(bkmark, kept, query, type, name):
    answer = await bkmark.get(EXPORT + query)

    assert (200, f"{type}; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
    assert f'attachment; filename="{name}"' == answer.headers["Content-Disposition"]
    assert ("nosniff", "no-store") == (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"])
    assert b"https://a.example/" in answer.raw
    assert b"gone.example" not in answer.raw


async def test_json_has_all_kinds_and_html_has_links(bkmark, kept):
    json = (await bkmark.get(EXPORT)).body
    html = list(netscape.read(io.BytesIO((await bkmark.get(f"{EXPORT}?format=html")).raw)))

    assert ["link", "note", "bookmarklet"] == [row["kind"] for row in json["bookmarks"]]
    assert ["https://a.example/"] == [row.url for row in html]


async def test_a_spreadsheet_runs_nothing_of_the_table(bkmark, bkmark_ben, kept):
    """What would begin a formula has an apostrophe before it, which an import takes off again."""
    file = (await bkmark.get(f"{EXPORT}?format=csv")).raw
    first, note = csv.DictReader(io.StringIO(file.decode()))
    answer = await bkmark_ben.post("/api/v1/bookmarks/import/raindrop", data=file)
    row = await Bookmark.get(url="https://a.example/", owner__username="ben")

    assert ("'=HYPERLINK(\"x\")", "'-mine", "link", "tea") == (
        first["title"], first["note"], first["type"], first["tags"],
    )  # fmt: skip
    assert ("Note", "", "note") == (note["title"], note["url"], note["type"])
    assert (200, 2) == (answer.status, answer.body["imported"])
    assert ('=HYPERLINK("x")', "-mine") == (row.title, row.notes)


async def test_an_empty_library_and_a_head_are_whole(bkmark):
    for format in ("json", "html", "csv"):
        assert 200 == (await bkmark.get(f"{EXPORT}?format={format}")).status
        head = await bkmark.request("HEAD", f"{EXPORT}?format={format}")
        assert (200, b"") == (head.status, head.raw)


async def test_what_is_asked_wrongly_or_without_right_is_refused(bkmark, anonymous, ann):
    narrow = bkmark.as_(await make_token(ann, "bookmarks:write"), "Bearer")
    wrong = await bkmark.get(f"{EXPORT}?format=pdf")

    assert (400, "validation_error") == (wrong.status, wrong.body["error"])
    assert 403 == (await narrow.get(EXPORT)).status
    assert 401 == (await anonymous.get(EXPORT)).status
    assert 405 == (await bkmark.post(EXPORT)).status


async def test_only_ones_own_library_is_handed_out(bkmark_ben, kept):
    for format in ("json", "html", "csv"):
        assert b"a.example" not in (await bkmark_ben.get(f"{EXPORT}?format={format}")).raw
