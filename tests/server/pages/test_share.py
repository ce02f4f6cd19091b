"""The page that bookmarklets and share buttons open."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from models import Bookmark
from schema.ports import PageData
from schema.resolvers import accounts, bookmarks, trash
from server.pages.share import names_of, text_of
from tests.factories import make_bookmark

URL = "https://page.example/a?b=c&d#e"
FORM = {"url": URL, "title": "", "description": "", "notes": "", "tags": ""}
HOSTILE = """'"></textarea><script>alert(1)</script>{{7*7}}"""


def value_of(page, name):
    """What stands in a field of the form."""
    found = re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', page.text) or re.search(
        rf'<textarea[^>]* id="{name}"[^>]*>\n([^<]*)</textarea>', page.text
    )
    return unescape(found.group(1))


def kept_of(page):
    found = re.search(r'name="kept" value="(\d+)"', page.text)
    return found.group(1) if found else None


def error_of(page, name):
    return unescape(re.search(rf'id="{name}-error">([^<]*)', page.text).group(1))


async def kept(ann):
    ctx = await ann.ctx()
    return (await bookmarks.find(ctx)).items


async def test_the_form_shows_what_the_address_says_and_saves_nothing(signed_in, ann):
    given = {"url": URL, "title": "A title", "description": "Words", "notes": "Mine", "tags": "a, b c"}
    page = await signed_in.get(f"/bookmarks/new?{urlencode(given)}")

    assert 200 == page.status
    assert given == {name: value_of(page, name) for name in given}
    assert [] == await kept(ann)
    assert "Save a bookmark" in page.words()
    assert "auto_close" not in page.text


async def test_what_the_form_says_is_saved_with_the_tags_of_the_rules(signed_in, ann):
    await accounts.set_auto_tagging_rules(await ann.ctx(), "page.example ruled")
    shown = await signed_in.get(f"/bookmarks/new?{urlencode({'url': URL})}")
    page = await signed_in.post(
        "/bookmarks/new", **FORM | {"title": "T", "description": "D", "notes": "N", "tags": "x y", "to_read": "on"}
    )
    told = await signed_in.get(page.to)
    (row,) = await kept(ann)

    assert "Your rules add: ruled" in shown.words()
    assert (303, f"/bookmarks/saved/{row.id}") == (page.status, page.to)
    assert (URL, "T", "D", "N", None, False) == (
        row.url, row.title, row.description, row.notes, row.read_at, row.is_public
    )  # fmt: skip
    assert {"x", "y", "ruled"} == set(row.tag_names)
    assert "web" == row.source
    assert f'href="{URL.replace("&", "&amp;")}" rel="noopener noreferrer"' in told.text
    assert f'href="/bookmarks/new?url={quote(URL, safe="")}"' in told.text
    assert "<script" not in told.text


async def test_an_empty_title_is_taken_from_the_page(signed_in, ann, ports):
    ports.websites.pages[URL] = PageData(URL, title="What it says", description="Of itself")
    await signed_in.get("/bookmarks/new")
    await signed_in.post("/bookmarks/new", **FORM)

    assert [("What it says", "Of itself")] == [(row.title, row.description) for row in await kept(ann)]


async def test_showing_the_form_reads_no_page(signed_in, ports):
    await signed_in.get(f"/bookmarks/new?{urlencode({'url': URL})}")

    assert [] == ports.websites.calls


async def test_a_kept_address_is_shown_as_it_is_kept_and_changed_whole(signed_in, ann):
    row = await make_bookmark(
        ann, url=URL, title="Kept", notes="Noted", tag_names=["old one", "b"], is_favorite=True, is_archived=True
    )
    given = {"url": URL, "title": "Other", "description": "New words", "tags": "b,fresh"}
    page = await signed_in.get(f"/bookmarks/new?{urlencode(given)}")
    shown = {name: value_of(page, name) for name in ("title", "description", "notes", "tags")}
    saved = await signed_in.post(
        "/bookmarks/new", kept=kept_of(page), **FORM | {"title": "Mine now", "description": "D", "tags": "b"}
    )
    (now,) = await kept(ann)

    assert str(row.id) == kept_of(page)
    assert {"title": "Kept", "description": "New words", "notes": "Noted", "tags": "b, fresh, old one"} == shown
    assert "Change a bookmark" in page.words()
    assert "it is in the archive" in page.words()
    assert f"/bookmarks/saved/{row.id}" == saved.to
    assert ("Mine now", "D", "", ("b",)) == (now.title, now.description, now.notes, tuple(now.tag_names))
    assert (True, True, row.created_at) == (now.is_favorite, now.is_archived, now.created_at)


@pytest.mark.parametrize("seen", ["", "999", "x"])
async def test_who_has_not_seen_what_is_kept_is_asked_first(signed_in, ann, seen):
    """The form was shown before somebody saved the address, or for another one: nothing is overwritten unseen."""
    row = await make_bookmark(ann, url=URL, title="Kept", tag_names=["old"])
    await signed_in.get("/bookmarks/new")
    page = await signed_in.post("/bookmarks/new", **FORM | {"title": "Typed", "kept": seen, "auto_close": ""})
    (now,) = await kept(ann)
    again = await signed_in.post(
        "/bookmarks/new", **FORM | {"title": value_of(page, "title"), "kept": kept_of(page), "auto_close": ""}
    )
    (later,) = await kept(ann)

    assert (409, "Typed", str(row.id)) == (page.status, value_of(page, "title"), kept_of(page))
    assert "bookmarked already" in page.words()
    assert ("Kept", ("old",)) == (now.title, tuple(now.tag_names))
    assert f"/bookmarks/saved/{row.id}?auto_close" == again.to
    assert ("Typed", ()) == (later.title, tuple(later.tag_names))


async def test_what_another_program_saves_at_the_same_moment_is_not_overwritten(signed_in, ann, ports, monkeypatch):
    async def read(url, *, fresh=False):
        await make_bookmark(ann, url=url, title="Theirs")
        return PageData(url, title="The page's")

    monkeypatch.setattr(ports.websites, "read", read)
    await signed_in.get("/bookmarks/new")
    page = await signed_in.post("/bookmarks/new", **FORM)

    assert 409 == page.status
    assert kept_of(page) is not None
    assert ["Theirs"] == [row.title for row in await kept(ann)]


async def test_somebody_elses_bookmark_of_the_address_is_not_there(signed_in, ben):
    await make_bookmark(ben, url=URL, title="Secret")
    page = await signed_in.get(f"/bookmarks/new?{urlencode({'url': URL})}")

    assert kept_of(page) is None
    assert "Secret" not in page.text


async def test_what_was_deleted_meanwhile_is_saved_anew(signed_in, ann):
    row = await make_bookmark(ann, url=URL)
    await signed_in.get("/bookmarks/new")
    await trash.delete(await ann.ctx(), [row.id])
    page = await signed_in.post("/bookmarks/new", **FORM | {"title": "New", "kept": str(row.id)})

    assert 303 == page.status
    assert ["New"] == [one.title for one in await kept(ann)]


@pytest.mark.parametrize("wish", ["auto_close", "auto_close=", "auto_close=1", "auto_close=false"])
async def test_the_page_closes_itself_where_that_is_wished_with_any_value(signed_in, wish):
    shown = await signed_in.get(f"/bookmarks/new?url=x&{wish}")
    saved = await signed_in.post("/bookmarks/new", **FORM | {"title": "T", "auto_close": ""})
    page = await signed_in.get(saved.to)

    assert 'name="auto_close"' in shown.text
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    assert "You can close this page." in page.words()
    assert re.search(r'<script src="/pages/[0-9a-f]+/close.js" defer></script>', page.text)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "connect-src" not in page.headers["Content-Security-Policy"]
    for answer in (shown, saved, page):
        assert "unsafe-none" == answer.headers["Cross-Origin-Opener-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "DENY" == answer.headers["X-Frame-Options"]


async def test_who_is_not_signed_in_does_that_first_and_comes_back_with_the_whole_query(browser, ann):
    query = "url=https%3A%2F%2Fa.example%2F%3Fq%3D%26%23&title=%E2%82%AC+%22&auto_close&tags=a,b"
    page = await browser.get(f"/bookmarks/new?{query}")
    to = unescape(re.search(r'name="next" value="([^"]*)"', page.text).group(1))
    wrong = await browser.post("/login", username="ann", password="wrong", next=to)
    entered = await browser.post("/login", username="ann", password="correct horse", next=to)
    form = await browser.get(entered.to)

    assert "Sign in" in page.words()
    assert parse_qsl(query, keep_blank_values=True) == parse_qsl(urlsplit(entered.to).query, keep_blank_values=True)
    assert "/bookmarks/new" == urlsplit(entered.to).path
    assert ("https://a.example/?q=&#", '€ "') == (value_of(form, "url"), value_of(form, "title"))
    assert 'name="auto_close"' in form.text
    for answer in (page, wrong, entered, form):
        assert "unsafe-none" == answer.headers["Cross-Origin-Opener-Policy"]


async def test_what_was_typed_survives_a_session_that_ended(signed_in, ann):
    await signed_in.get("/bookmarks/new")
    signed_in.cookies.clear()
    typed = FORM | {"title": "Typed &", "notes": "n" * 9000, "tags": "x", "auto_close": ""}
    page = await signed_in.post("/bookmarks/new", **typed)
    to = unescape(re.search(r'name="next" value="([^"]*)"', page.text).group(1))
    await signed_in.post("/login", username="ann", password="correct horse", next=to)
    form = await signed_in.get(to)

    assert [] == await kept(ann)
    assert (URL, "Typed &", "x", "") == tuple(value_of(form, name) for name in ("url", "title", "tags", "notes"))
    assert 'name="auto_close"' in form.text


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"url": ""}, "url", "must not be empty"),
        ({"url": " "}, "url", "must not be empty"),
        ({"url": "page.example"}, "url", "no web address"),
        ({"url": "javascript:alert(1)"}, "url", "no web address"),
        ({"url": " java\nscript:alert(1)"}, "url", "no web address"),
        ({"url": "data:text/html,x"}, "url", "no web address"),
        ({"url": f"{URL}\0"}, "url", "cannot be kept"),
        ({"title": "a\0b"}, "title", "cannot be kept"),
        ({"notes": "a\0b"}, "notes", "cannot be kept"),
        ({"tags": "x" * 256}, "tag_names", "255 characters or fewer"),
        ({"tags": "x " * 10_001}, "tag_names", "10000 or fewer"),
    ],
)
async def test_a_wrong_form_comes_back_with_a_sentence_and_all_that_was_typed(signed_in, ann, change, field, words):
    await signed_in.get("/bookmarks/new")
    typed = FORM | {"description": "Typed"} | change
    page = await signed_in.post("/bookmarks/new", **typed)

    assert 422 == page.status
    assert words in error_of(page, field)
    assert "Typed" == value_of(page, "description")
    assert "<title>Error: " in page.text
    assert page.text.count('<p class="error"') == 1
    assert not await Bookmark.exists()


async def test_nothing_that_is_sent_becomes_a_part_of_the_page(signed_in, ann):
    query = urlencode(dict.fromkeys(("url", "title", "description", "notes", "tags", "auto_close"), HOSTILE))
    page = await signed_in.get(f"/bookmarks/new?{query}")
    await make_bookmark(ann, url="https://x.example/?" + HOSTILE, title=HOSTILE, tag_names=[HOSTILE])
    kept_page = await signed_in.get("/bookmarks/new?" + urlencode({"url": "https://x.example/?" + HOSTILE}))
    saved = await signed_in.get(f"/bookmarks/saved/{kept_of(kept_page)}?auto_close={quote(HOSTILE)}")

    assert HOSTILE == value_of(page, "title") == value_of(page, "notes")
    for one in (page, kept_page, saved):
        assert 200 == one.status
        assert "<script>" not in one.text
        assert "49" not in one.text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://x.example/", "nothing"])
async def test_only_web_addresses_are_links(signed_in, ann, address):
    row = await make_bookmark(ann, url=address)
    page = await signed_in.get(f"/bookmarks/saved/{row.id}")

    assert "Open the page" not in page.words()
    assert f'href="{address}' not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "url=%ED%A0%80&title=%FF%FE&tags=%00",
        "url=%00",
        "url=http://[&title=%",
        "title=" + "%E2%82%AC" * 800,
        "url=" + "x" * 7000,
        "&&&=&url&url=1&url=2",
    ],
)
async def test_odd_queries_show_the_form_to_everybody(browser, query):
    before = await browser.get(f"/bookmarks/new?{query}")
    await browser.sign_in()

    assert 200 == before.status
    assert 200 == (await browser.get(f"/bookmarks/new?{query}")).status


async def test_a_query_that_is_too_long_is_refused_by_the_server(signed_in):
    assert 400 == (await signed_in.get("/bookmarks/new?title=" + "x" * 10_000)).status


async def test_only_a_form_of_ours_saves(signed_in, ann):
    await signed_in.get("/bookmarks/new")
    typed = FORM | {"title": "T"}
    answers = [
        await signed_in.post("/bookmarks/new", **typed | {"csrf": "0" * 64}),
        await signed_in.post("/bookmarks/new", **typed, headers={"Sec-Fetch-Site": "cross-site"}),
        await signed_in.post("/bookmarks/new", **typed, headers={"Origin": "https://evil.example"}),
        await signed_in.post("/bookmarks/new", **typed, headers={"Content-Type": "application/json"}),
        await signed_in.post("/bookmarks/new", **typed | {"notes": "x" * 3_000_000}),
    ]

    assert [403, 403, 403, 415, 413] == [page.status for page in answers]
    assert not await Bookmark.exists()


async def test_what_is_foreign_or_gone_has_no_page(signed_in, ben):
    row = await make_bookmark(ben)

    assert [404, 404] == [(await signed_in.get(f"/bookmarks/saved/{id}")).status for id in (row.id, 9_999_999_999)]


async def test_below_a_path_all_leads_there(site, ann):
    browser = await site(base_url="https://links.example/cloud")
    page = await browser.get("/cloud/bookmarks/new?url=https://a.example/&auto_close")
    to = unescape(re.search(r'name="next" value="([^"]*)"', page.text).group(1))

    assert "/bookmarks/new?url=https://a.example/&auto_close" == to
    assert 'action="/cloud/login"' in page.text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        (" a  b\tc ", ["a", "b", "c"]),
        ("a,b c , ,d", ["a", "b c", "d"]),
        ("web design,", ["web design"]),
        ("a\u3000b", ["a", "b"]),
    ],
)
def test_tags_are_divided_by_commas_if_there_is_one_and_else_by_blanks(text, names):
    assert names == names_of(text)


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b"], ["a b"], ["a b", "c"], ["c++", "#x"]])
def test_tags_are_read_as_they_are_written(names):
    assert names == names_of(text_of(names))
