"""``polymark import --from-linkding``: a running linkding moves over, whole, again and again, however odd it is."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import itertools
import json
import signal
import threading
import urllib.error
import urllib.request
import uuid
from collections import Counter

import pytest
from yarl import URL

from schema.resolvers import exports
from server.cli import moving
from server.cli.house import opened
from server.outside import linkding as client
from server.settings import load_settings
from tests.linkding_server import HTML, JSON, NOT_FOUND, TOKEN, FakeLinkding, asset, bookmark, said, serving_linkding
from tests.live import serving

NOTHING = {
    "bookmarks": "0 made, 0 updated, 0 unchanged, 0 kept as they are here, 0 refused",
    "tags": "0; bundles: 0 made, 0 updated, 0 unchanged, 0 kept as they are here",
    "files": "0 fetched (0 bytes), 0 there already, 0 without bytes left out, 0 failed",
}


@pytest.fixture
def ann(house, polymark, monkeypatch):
    polymark("user", "add", "ann")
    monkeypatch.setenv("POLYMARK_LINKDING_TOKEN", TOKEN)
    monkeypatch.setattr(client, "WAIT", lambda _: 0)
    return "ann"


@pytest.fixture
def linkding():
    with serving_linkding(FakeLinkding()) as fake:
        yield fake


@pytest.fixture
def move(ann, polymark, linkding):
    """Run the command for the fake linkding; its summary lines by their first word."""

    def run(*arguments, base="", given=b""):
        result = polymark("import", "--user", ann, "--from-linkding", base or linkding.base, *arguments, given=given)
        assert "" == result.out
        return result

    return run


def summary(result):
    """The lines that count, by what they count; and the number of differences."""
    lines = result.err.splitlines()
    found = {word: next((line for line in lines if line.startswith(f"{word}: ")), "") for word in NOTHING}
    counts = {word: line.removeprefix(f"{word}: ") for word, line in found.items()}
    counts["differences"] = next((line.partition(", in ")[0] for line in lines if " differences" in line[:18]), "")
    return counts


def library():
    """Ann's library as it is exported."""
    return json.loads(asyncio.run(_library()))


async def _library():
    async with opened(load_settings()) as house:
        return b"".join([piece async for piece in await exports.library(await house.context("ann"))])


def of_everything():
    """Rows of every kind that linkding has: two of one address in WHATWG form, both lists, unused tags, files."""
    return FakeLinkding(
        bookmarks=[
            bookmark(9, "https://x.example:443/", title="port", date_added="2021-01-01T00:00:00Z"),
            bookmark(3, "https://x.example/", title="none", is_archived=True, date_added="2022-01-01T00:00:00Z"),
            bookmark(4, "https://x.example/ü", unread=True, tag_names=["News", "a,b"], notes="# n\r\n\r\n\u2028\t"),
            bookmark(5, "https://x.example/%C3%BC", shared=True, description="😀\n", tag_names=["news"]),
            bookmark(6, date_added="0001-01-01T00:00:00Z", date_modified="9999-12-31T23:59:59.999999Z", title=""),
            bookmark(7, date_added="2020-01-01T02:00:00+02:00", web_archive_snapshot_url="https://archive.example/7"),
            bookmark(8, "ftp://u@[::1]:99999/<>?q=é#", title="t" * 5000),
        ],
        tags=[
            {"id": 2, "name": "News", "date_added": "2019-01-01T00:00:00.5Z"},
            {"id": 5, "name": "a,b", "date_added": "2019-01-01T00:00:00Z"},
            {"id": 7, "name": "never used", "date_added": "2019-01-01T00:00:00Z"},
        ],
        bundles=[
            {
                "id": id, "name": "same", "search": "a b", "any_tags": "news", "all_tags": "", "excluded_tags": "x",
                "filter_unread": "yes", "filter_shared": "off", "order": -id,
                "date_created": f"2020-01-0{id}T00:00:00.000001Z", "date_modified": "2021-01-01T00:00:00Z",
            }
            for id in (1, 2)
        ],
        assets=[
            asset(1, 4, b"", display_name="empty"),
            asset(2, 4, b"\x1f\x8b\x00plain", content_type="application/gzip"),
            asset(3, 4, b"<html>" * 100_000, asset_type="snapshot", content_type="text/html",
                  display_name="HTML snapshot from 02/01/2020"),
            asset(4, 3, b"same"),
            asset(5, 3, b"same", display_name="file 4.txt", date_created="2020-02-01T00:00:04.5Z"),
            asset(6, 3, b"", status="pending"),
            asset(7, 3, b"", status="failure", asset_type="snapshot"),
        ],
    )  # fmt: skip


def test_everything_comes_over_and_a_second_run_changes_nothing(ann, polymark, move):
    """LD-BM-1, LD-TAG-1, LD-BUN-1, LD-AST-2, LD-AST-9: fields, moments, spellings and bytes are what linkding said."""
    with serving_linkding(of_everything()) as linkding:
        first = move(base=linkding.base)
        here = library()
        second = move(base=linkding.base)

    assert (0, 0) == (first.code, second.code)
    assert {
        "bookmarks": "7 made, 0 updated, 0 unchanged, 0 kept as they are here, 0 refused",
        "tags": "3; bundles: 2 made, 0 updated, 0 unchanged, 0 kept as they are here",
        "files": "5 fetched (600.0 kB), 0 there already, 2 without bytes left out, 0 failed",
        "differences": "0 differences",
    } == summary(first)
    assert {
        "bookmarks": "0 made, 0 updated, 7 unchanged, 0 kept as they are here, 0 refused",
        "tags": "3; bundles: 0 made, 0 updated, 2 unchanged, 0 kept as they are here",
        "files": "0 fetched (0 bytes), 5 there already, 2 without bytes left out, 0 failed",
        "differences": "0 differences",
    } == summary(second)
    assert "file 6 of bookmark 3 (file 6.txt): left out: it is not complete there (pending)" in first.err
    found = {row["url"]: row for row in here["bookmarks"]}
    assert {"import"} == {row["source"] for row in here["bookmarks"]}
    assert (0, 1) == (found["https://x.example/"]["copy"], found["https://x.example:443/"]["copy"])
    assert here["bookmarks"] == library()["bookmarks"]
    assert {"News", "a,b", "never used"} == {row["name"] for row in here["tags"]}
    assert {"Token " + TOKEN} == linkding.tokens


def test_what_changed_there_is_updated_and_what_changed_here_later_is_kept(ann, polymark, move, linkding):
    """The newer side counts; of equal moments linkding's does."""
    linkding.bookmarks = [bookmark(1, tag_names=["a", "b"], title="one"), bookmark(2), bookmark(3), bookmark(4)]
    move()
    polymark(
        "import", "-", "--user", ann, given=b'<DL><DT><A HREF="https://site-2.example/page" TAGS="mine">x</A></DL>'
    )
    linkding.bookmarks[0] |= {
        "title": "two", "tag_names": ["B", "c"], "unread": True, "shared": True, "is_archived": True,
        "url": "https://site-1.example:443/page", "date_modified": "2021-01-01T00:00:00Z",
    }  # fmt: skip
    linkding.bookmarks[1]["title"] = "a late word"
    linkding.bookmarks[2]["tag_names"] = ["new"]  # as a tag that was renamed there: no moment moves
    del linkding.bookmarks[3]
    result = move()
    rows = {row["title"]: row for row in library()["bookmarks"]}

    assert "0 made, 2 updated, 0 unchanged, 1 kept as they are here, 0 refused" == summary(result)["bookmarks"]
    assert "1 differences, 1 of them on purpose" == summary(result)["differences"]
    assert (
        "difference: bookmark 2 https://site-2.example/page: title, date_modified, tag_names"
        " (changed here since; kept)" in result.err
    )
    assert "bookmarks that are here and not in that linkding: 1" in result.err
    assert 0 == result.code
    assert {"b", "c"} == set(rows["two"]["tags"])
    assert ("https://site-1.example:443/page", True, True, None) == (
        rows["two"]["url"], rows["two"]["is_archived"], rows["two"]["is_public"], rows["two"]["read_at"],
    )  # fmt: skip
    assert 4 == len(rows)


def test_a_killed_run_is_completed_by_the_next(ann, polymark, move, linkding, spawn):
    """Killed while the third file comes: bookmarks and two files are here, and the next run fetches the others."""
    linkding.bookmarks = [bookmark(id, tag_names=[f"t{id % 3}"]) for id in range(1, 701)]
    linkding.assets = [asset(id, id, bytes([id]) * 100_000) for id in range(1, 9)]
    reached, go_on = threading.Event(), threading.Event()
    fetched = []

    def hold(query):
        fetched.append(query)
        if len(fetched) > 2:
            reached.set()
            go_on.wait(60)

    for id in range(1, 9):
        linkding.odd[f"/api/bookmarks/{id}/assets/{id}/download/"] = hold
    process = spawn("import", "--user", ann, "--from-linkding", linkding.base)
    assert reached.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=20)
    go_on.set()
    linkding.odd.clear()
    result = move()
    rows = library()["bookmarks"]

    assert 0 == result.code
    assert "0 differences" == summary(result)["differences"]
    assert "0 made, 0 updated, 700 unchanged, 0 kept as they are here, 0 refused" == summary(result)["bookmarks"]
    assert 700 == len(rows)
    assert "0 differences" == summary(again := move())["differences"]
    assert "0 fetched (0 bytes), 8 there already, 0 without bytes left out, 0 failed" == summary(again)["files"]


def test_an_older_linkding_has_no_bundles_and_no_files(move, linkding):
    """Before its release 1.45; 404 of those addresses is told in a line, and is nothing wrong."""
    linkding.version = "1.20.0"
    linkding.bundles = linkding.assets = None
    linkding.bookmarks = [{name: row[name] for name in ("id", "url", "title", "date_added", "date_modified")} | {
        "is_archived": False, "title": None} for row in (bookmark(1), bookmark(2))]  # fmt: skip
    linkding.odd["/api/user/profile/"] = lambda _: NOT_FOUND
    result = move()

    assert 0 == result.code
    assert [
        f"{linkding.base}/: linkding 1.20.0",
        "This linkding has no bundles yet: there are none to take over.",
        "This linkding has no files of bookmarks yet: there are none to take over.",
    ] == result.err.splitlines()[:3]
    assert 1 == sum("/assets/" in path for path in linkding.asked)
    assert "2 made" in summary(result)["bookmarks"]


def odd_page(count, results):
    return lambda _: said({"count": count, "next": "https://loop.example/", "previous": None, "results": results})


def endless(query):
    """Page after page of new rows, and always more to come."""
    start = int(query.get("offset", 0))
    return said({"count": start + 10_000, "results": [bookmark(start + number + 1) for number in range(2)]})


WRONG = {
    "token": (lambda _: (401, JSON, b'{"detail":"Invalid token."}'), "it does not accept the token"),
    "forbidden": (lambda _: (403, JSON, b"{}"), "it does not let this token read (403)"),
    "gone": (lambda _: NOT_FOUND, "it answers 404: is this the address of a linkding?"),
    "teapot": (lambda _: (418, HTML, b"<p>"), "it answers 418: is this the address of a linkding?"),
    "broken": (lambda _: (500, HTML, b"<p>"), "it answers 500"),
    "page": (lambda _: (200, HTML, b"<!doctype html>"), "it answers with a web page: is this the address"),
    "text": (lambda _: (200, JSON, b"nothing"), "its answer is not a linkding's: this is no JSON"),
    "bytes": (lambda _: (200, JSON, b'{"count":"\xff"}'), "its answer is not a linkding's"),
    "deep": (lambda _: (200, JSON, b"[" * 100_000), "its answer is not a linkding's"),
    "list": (lambda _: said([]), "its answer is not a linkding's: Expected `object`, got `array`"),
    "row": (odd_page(1, [{"id": 1}]), "its answer is not a linkding's: Object missing required field `url`"),
    "type": (odd_page(1, [bookmark(1, title=5)]), "its answer is not a linkding's: Expected `str | null`, got `int`"),
    "id": (odd_page(1, [bookmark(2**70)]), "its answer is not a linkding's"),
    "date": (odd_page(1, [bookmark(1, date_added="soon")]), "its answer is not a linkding's: Invalid RFC3339"),
    "count": (odd_page(3, []), "it counts 3 rows in bookmarks/ and shows 0"),
    "negative": (odd_page(-1, []), "its answer is not a linkding's"),
    "many": (odd_page(10**15, [bookmark(1)]), "its lists are not those of a linkding"),
    "twice": (odd_page(2, [bookmark(1)]), "its bookmarks change while they are read, or it miscounts them"),
    "double": (odd_page(2, [bookmark(1), bookmark(1)]), "its bookmarks change while they are read"),
    "loop": (lambda query: said({"count": 2, "results": [bookmark(1)] * 2} if query["limit"] == "500" else {
        "count": 2, "results": [bookmark(1)]}), "its bookmarks change while they are read"),
    "elsewhere": (lambda _: (302, {"Location": "http://localhost:1/api/"}, b""), "it redirects to another server"),
    "round": (lambda _: (302, {"Location": "/api/bookmarks/"}, b""), "it redirects more than 5 times"),
    "nowhere": (lambda _: (302, {}, b""), "it redirects more than 5 times"),
}  # fmt: skip


def test_what_is_no_linkding_is_one_line(move, linkding):
    """LD-AUTH-6, LD-PAGE-1: nothing is taken in, and the line is ours."""
    for case, (make, words) in WRONG.items():
        linkding.odd["/api/bookmarks/"] = make
        result = move()

        assert 1 == result.code, case
        assert 2 == len(result.err.splitlines()), case
        assert result.err.splitlines()[-1].startswith(f"{linkding.base}: {words}"), case
        assert not result.err.endswith("?.\n"), case
    assert [] == library()["bookmarks"]


def test_pages_without_end_are_not_followed(move, linkding, monkeypatch):
    """A list that grows as it is read ends where nobody's list ends."""
    monkeypatch.setattr(client, "MOST_ROWS", 10_040)
    linkding.odd["/api/bookmarks/"] = endless
    result = move()

    assert (1, f"{linkding.base}: its lists are not those of a linkding.") == (
        result.code, result.err.splitlines()[-1],
    )  # fmt: skip
    assert 50 > len(linkding.asked)


NOWHERE = {
    "http://127.0.0.1:1": "no connection (Connect call failed",
    "https://127.0.0.1:{port}": "no TLS connection can be made: is it http:// instead of https://?",
    "ftp://x.example": "an address begins with http:// or https://",
    "x.example": "an address begins with http:// or https://",
    "http://u:p@x.example": "an address has no name, password, query or fragment here",
    "http://x.example/?q=1": "an address has no name, password, query or fragment here",
    "http://[": "that is no address",
}


def test_an_address_where_no_linkding_is_is_one_line(move, linkding):
    for base, words in NOWHERE.items():
        result = move(base=base.format(port=linkding.base.rpartition(":")[2]))

        assert (1, 1) == (result.code, len(result.err.splitlines())), base
        assert words in result.err


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("http://x.example", "http://x.example/"),
        ("http://x.example/api", "http://x.example/"),
        (" https://x.example:9090/api/ ", "https://x.example:9090/"),
        ("http://[::1]/links", "http://[::1]/links/"),
        ("http://x.example/links/api/", "http://x.example/links/"),
        ("http://x.example/a%2Fb/", "http://x.example/a%2Fb/"),
    ],
)
def test_the_address_may_have_a_path_and_end_in_many_ways(address, base):
    assert base == str(client.base_of(address))


def test_a_context_path_is_kept(move, linkding):
    linkding.odd["/links/"] = lambda _: (404, JSON, b"{}")
    move(base=f"{linkding.base}/links/api/")

    assert ["/links/health", "/links/api/user/profile/"] == linkding.asked[:2]


def test_a_redirect_within_the_server_is_followed(move, linkding):
    linkding.bookmarks = [bookmark(1)]
    linkding.assets = [asset(1, 1, b"x")]

    assert 0 == move(base=f"{linkding.base}/old").code


def test_the_token_goes_to_no_other_server(move, linkding):
    """Not even a request does."""
    with serving_linkding(FakeLinkding()) as other:
        linkding.odd["/api/"] = lambda _: (307, {"Location": f"{other.base}/api/tags/"}, b"")
        result = move()

    assert 1 == result.code
    assert "it redirects to another server, which must not have the token; name that one" in result.err
    assert [] == other.asked


@pytest.mark.parametrize(
    ("start", "location", "target"),
    [
        ("http://x.example/a/", "https://x.example/a/", "https://x.example/a/"),
        ("http://x.example/a/", "b/?c=%2F", "http://x.example/a/b/?c=%2F"),
        ("https://x.example/a/", "//x.example:443/", "https://x.example:443/"),
        ("https://x.example/a/", "http://x.example/a/", None),
        ("https://x.example/a/", "https://x.example:8443/", None),
        ("https://x.example/a/", "https://u@x.example/", None),
        ("https://x.example/a/", "https://y.example/", None),
        ("https://x.example/a/", "javascript:alert(1)", None),
        ("https://x.example/a/", "http://[", None),
    ],
)
def test_a_redirect_leads_to_the_same_server_or_into_tls(start, location, target):
    if target is None:
        with pytest.raises(client.LinkdingFailed):
            client.Linkding._redirected(URL(start), location)
    else:
        assert URL(target) == client.Linkding._redirected(URL(start), location)


def test_a_busy_server_is_asked_again(move, linkding):
    """429 and 5xx, and connections that break off, in lists as in files: each is tried again."""
    linkding.bookmarks = [bookmark(1)]
    linkding.assets = [asset(1, 1, b"x" * 300_000), asset(2, 1, b"<p>", asset_type="snapshot")]
    troubles = {}

    def at_first(*answers):
        left = list(answers)
        return lambda _: left.pop(0) if left else None

    troubles["/api/tags/"] = at_first((429, {"Retry-After": "0"}, b""), (503, HTML, b""))
    troubles["/api/bookmarks/1/assets/1/"] = at_first(
        (200, {"Content-Length": "300000"}, b"x" * 1000), (502, HTML, b"")
    )
    troubles["/api/bookmarks/1/assets/2/"] = at_first((200, {"Content-Length": "3"}, b""))
    linkding.odd = troubles
    result = move()

    assert 0 == result.code
    assert "2 fetched (300.0 kB), 0 there already, 0 without bytes left out, 0 failed" == summary(result)["files"]


UNTOLD = {"Connection": "close"}  # the end of the connection is the end of the file, as in a real linkding (LD-AST-9)


def test_a_file_that_breaks_off_is_not_taken_for_whole(ann, polymark, move, linkding, tmp_path):
    """LD-AST-9: no length is told. The size of linkding's packed file shows what is whole; else two readings do."""
    page = b"".join(b"<p>%d</p>" % number for number in range(100_000))
    wholes = {1: page, 2: page[:-1], 3: page[:-2]}
    sizes = {1: len(gzip.compress(page)) + 40, 2: None, 3: len(page) - 2}
    linkding.bookmarks = [bookmark(1)]
    linkding.assets = [asset(id, 1, data, file_size=sizes[id]) for id, data in wholes.items()]
    cuts = {1: [len(page) // 2, 77], 2: [7], 3: [len(page) - 3]}
    for id in wholes:
        linkding.odd[f"/api/bookmarks/1/assets/{id}/"] = lambda _, id=id: (
            200, UNTOLD, wholes[id][: cuts[id].pop() if cuts[id] else None],
        )  # fmt: skip
    result = move()
    asked = Counter(path for path in linkding.asked if "download" in path)

    assert (0, "0 differences") == (result.code, summary(result)["differences"])
    assert {hashlib.sha256(wholes[3]).hexdigest()} < names_of_files(tmp_path)
    assert 3 == len(names_of_files(tmp_path))
    assert {1: 3, 2: 4, 3: 3} == {id: asked[f"/api/bookmarks/1/assets/{id}/download/"] for id in wholes}


def test_a_file_that_always_breaks_off_elsewhere_fails_the_run(ann, polymark, move, linkding, tmp_path):
    linkding.bookmarks = [bookmark(1)]
    linkding.assets = [asset(1, 1, b"x" * 1000, file_size=1000)]
    lengths = itertools.count(1)
    linkding.odd["/api/bookmarks/1/assets/1/"] = lambda _: (200, UNTOLD, b"x" * next(lengths))
    result = move()

    assert 1 == result.code
    assert "file 1 of bookmark 1 (file 1.txt): left out: a file breaks off before its end" in result.err
    assert set() == names_of_files(tmp_path)


def test_files_of_which_linkding_suddenly_knows_nothing_fail_the_run(move, linkding):
    """A page of some proxy's that says 404 is no old linkding; a row that has gone means that it has changed."""
    linkding.bookmarks = [bookmark(1), bookmark(2)]
    linkding.assets = [asset(1, 2, b"x")]
    linkding.odd["/api/bookmarks/2/assets/"] = lambda _: NOT_FOUND
    result = move()
    linkding.odd["/api/bookmarks/2/assets/"] = lambda _: (404, JSON, b"{}")
    gone = move()

    assert (1, 1) == (result.code, gone.code)
    assert "it knows nothing of the files of bookmark 2, and of those of others it does" in result.err
    assert "That linkding has changed meanwhile: run this again for the rest." in gone.err


def names_of_files(tmp_path):
    """Those in the data directory."""
    return {path.name for path in (tmp_path / "data" / "assets").glob("??/??/*")}


def test_files_that_cannot_be_had_are_a_line_each_and_fail_the_run(move, linkding, monkeypatch):
    """Too large here, gone there, broken for good: the others come, and so do these when they can."""
    monkeypatch.setenv("POLYMARK_MAX_ASSET_SIZE", "10")
    linkding.bookmarks = [bookmark(1), bookmark(2)]
    linkding.assets = [asset(1, 1, b"x" * 11), asset(2, 1, b"ok"), asset(3, 2, b"gone"), asset(4, 2, b"broken")]
    linkding.odd["/api/bookmarks/2/assets/3/"] = lambda _: (404, JSON, b'{"detail":"Asset file does not exist"}')
    linkding.odd["/api/bookmarks/2/assets/4/"] = lambda _: (500, HTML, b"")
    result = move()
    linkding.odd.clear()
    monkeypatch.delenv("POLYMARK_MAX_ASSET_SIZE")
    again = move()

    assert 1 == result.code
    assert "1 fetched (2 bytes), 0 there already, 0 without bytes left out, 3 failed" == summary(result)["files"]
    assert [
        "file 1 of bookmark 1 (file 1.txt): left out: it is larger than POLYMARK_MAX_ASSET_SIZE allows (10 bytes)",
        "file 3 of bookmark 2 (file 3.txt): left out: its file is not there",
        "file 4 of bookmark 2 (file 4.txt): left out: it answers 500",
    ] == sorted(line for line in result.err.splitlines() if line.startswith("file "))
    assert "Not everything of this linkding is here; the lines above say what is not, and why." in result.err
    assert (0, "3 fetched (21 bytes), 1 there already, 0 without bytes left out, 0 failed") == (
        again.code, summary(again)["files"],
    )  # fmt: skip


def test_text_that_cannot_be_stored_is_mended_and_scripts_are_refused(ann, polymark, move, linkding, tmp_path):
    """LD-URL-2: such addresses are only in a linkding that does not check them. Each is a line, and in the report."""
    linkding.bookmarks = [
        bookmark(1, title="a\0b\ud800c"),
        bookmark(2, "javascript:alert(1)"),
        bookmark(3, "no scheme"),
        bookmark(4, "https://y.example/\ud834", tag_names=["x\0", "t" * 300]),
        bookmark(5, date_added="0001-01-01T00:00:00+02:00"),
    ]
    report = tmp_path / "report.jsonl"
    result = move("--report", str(report))
    again = move()
    facts = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]

    assert 1 == result.code
    assert "2 made, 0 updated, 0 unchanged, 0 kept as they are here, 3 refused" == summary(result)["bookmarks"]
    assert "0 made, 0 updated, 2 unchanged, 0 kept as they are here, 3 refused" == summary(again)["bookmarks"]
    assert "0 differences" == summary(result)["differences"]
    assert [
        "2: refused: The address is a script. javascript:alert(1)",
        "5: refused: A date lies outside the years 1 to 9999. https://site-5.example/page",
        "1: note: The title has characters that cannot be stored; U+FFFD stands for them. https://site-1.example/page",
    ] == result.err.splitlines()[1:4]
    assert "3: refused: The address has no scheme, such as https:. no scheme" in result.err
    assert {"note": 5, "refused": 3} == {
        kind: sum(fact["kind"] == kind for fact in facts) for kind in ("note", "refused")
    }
    assert {"a\ufffdb\ufffdc", "Title 4"} == {row["title"] for row in library()["bookmarks"]}


def test_long_texts_come_in_shorter_pages(polymark, move, linkding, monkeypatch):
    """A page that is larger than one answer may be is asked for in parts; a row that is larger ends it."""
    monkeypatch.setattr(client, "MAX_ANSWER", 300_000)
    linkding.bookmarks = [bookmark(id, title="x" * 100_000) for id in range(1, 9)]
    result = move()
    linkding.bookmarks.append(bookmark(9, title="x" * 400_000))
    too_long = move()

    assert (0, "0 differences") == (result.code, summary(result)["differences"])
    assert (1, f"{linkding.base}: one answer has more than 0 MiB.") == (too_long.code, too_long.err.splitlines()[-1])


def test_a_library_that_changes_while_it_is_read_is_read_anew(polymark, move, linkding):
    """A bookmark goes between two lists: the others of its page have moved up, and one would be missed."""
    linkding.bookmarks = [bookmark(id) for id in range(1, 5)]
    changes = [linkding.bookmarks[0]]

    def archive(_):
        if changes:
            changes.pop()["is_archived"] = True
            linkding.bookmarks.append(bookmark(5, date_modified="2022-01-01T00:00:00Z"))

    linkding.odd["/api/bookmarks/archived/"] = archive
    result = move()

    assert (0, "0 differences") == (result.code, summary(result)["differences"])
    assert "5 made" in summary(result)["bookmarks"]


def test_what_changes_after_it_was_read_is_told(move, linkding):
    linkding.bookmarks = [bookmark(1)]
    linkding.odd["/api/bookmarks/1/assets/"] = lambda _: linkding.bookmarks.append(bookmark(2))
    result = move()

    assert 1 == result.code
    assert "That linkding has changed meanwhile: run this again for the rest." in result.err


def test_settings_are_told_and_taken_over_when_asked(ann, polymark, move, linkding):
    """LD section 21: what differs is a line; --settings makes it the same, and a second run has nothing to tell."""
    linkding.profile = {"theme": "dark", "enable_sharing": True, "tag_search": "strict", "version": "1.46.2"}
    told = move()
    taken = move("--settings")
    then = move("--settings")
    linkding.profile["theme"] = "purple"
    unknown = move("--settings")

    line = "theme is dark there, auto here, enable_sharing is true there, false here"
    assert f"settings that differ: {line} (--settings takes them over)" in told.err
    assert f"settings taken over: {line}" in taken.err
    assert "settings" not in then.err
    assert (1, 0, 0) == (unknown.code, told.code, taken.code)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("x.html", "--from-linkding", "http://x"), "--from-linkding takes no FILE, --format or --fetch."),
        (("--from-linkding", "http://x", "--fetch"), "--from-linkding takes no FILE, --format or --fetch."),
        (("--from-linkding", "http://x", "--format", "json"), "--from-linkding takes no FILE, --format or --fetch."),
        ((), "Name a FILE, or a linkding by --from-linkding. Try `polymark import --help`."),
        (("-", "--settings"), "--token-stdin, --settings and --report belong to --from-linkding."),
    ],
)
def test_a_file_and_a_linkding_exclude_each_other(ann, polymark, arguments, line):
    result = polymark("import", "--user", ann, *arguments)

    assert (2, "", f"{line}\n") == (result.code, result.out, result.err)


@pytest.mark.parametrize("given", [b"", b"\n", b"two words\n", "ü\n".encode()])
def test_a_token_that_is_none_is_asked_for_in_a_line(polymark, ann, monkeypatch, given):
    monkeypatch.delenv(moving.TOKEN)
    result = polymark("import", "--user", ann, "--from-linkding", "http://x", "--token-stdin", given=given)

    assert 2 == result.code
    assert 1 == len(result.err.splitlines())


def test_the_token_comes_on_standard_input(move, linkding, monkeypatch):
    """It counts before the environment's."""
    monkeypatch.setenv(moving.TOKEN, "other")

    assert 1 == move().code
    assert 0 == move("--token-stdin", given=f"{TOKEN}\n".encode()).code


def test_a_terminal_is_asked_without_echo(monkeypatch):
    monkeypatch.delenv(moving.TOKEN, raising=False)
    monkeypatch.setattr(moving.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(moving.getpass, "getpass", lambda prompt: f" {TOKEN} ")

    assert TOKEN == moving.token_from(stdin=False)


def call(server, token, path, content=None, method=None, headers=None):
    """Ask a live server's linkding door."""
    data = content if isinstance(content, bytes | None) else json.dumps(content).encode()
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"} | (headers or {})
    request = urllib.request.Request(f"{server.base}/api/{path}", data, headers, method=method)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        body = answer.read()
    return json.loads(body) if body else None


def upload(server, token, bookmark_id, name, data):
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    content = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    call(server, token, f"bookmarks/{bookmark_id}/assets/upload/", content, "POST", headers)


def test_a_real_server_moves_over_whole(ann, polymark, move, tmp_path, monkeypatch):
    """The linkding door of another server of ours: nothing differs, then what changes there comes."""
    with serving(tmp_path / "there", f"sqlite://{tmp_path / 'there' / 'there.db'}") as there:
        token = there.token
        monkeypatch.setenv(moving.TOKEN, token)
        rows = [
            call(there, token, "bookmarks/?disable_scraping", fields)
            for number, url in enumerate(["https://a.example", "https://a.example:443", "https://b.example/ü"])
            for fields in [{
                "url": url, "title": f"T {number} é\u2028", "notes": "a\n\nb", "description": "😀",
                "unread": number == 0, "shared": number == 1, "is_archived": number == 2,
                "tag_names": ["Foo", f"t{number}"],
                "date_added": f"2020-01-0{number + 1}T03:04:05.123456+02:00",
                "date_modified": "2021-01-01T00:00:00.000001Z",
            }]
        ]  # fmt: skip
        call(there, token, "tags/", {"name": "of nothing, yet"})
        call(there, token, "bundles/", {"name": "B", "search": "x y", "any_tags": "foo", "filter_unread": "yes"})
        upload(there, token, rows[2]["id"], "a.bin", bytes(range(256)) * 2000)
        first, second = move(base=there.base), move(base=there.base)
        call(there, token, f"bookmarks/{rows[1]['id']}/", {"title": "new", "tag_names": []}, "PATCH")
        third = move(base=there.base)
        faults = there.faults()

    assert [0, 0, 0] == [first.code, second.code, third.code]
    assert ["0 differences"] * 3 == [summary(one)["differences"] for one in (first, second, third)]
    assert "3 made, 0 updated, 0 unchanged, 0 kept as they are here, 0 refused" == summary(first)["bookmarks"]
    assert "0 made, 0 updated, 3 unchanged, 0 kept as they are here, 0 refused" == summary(second)["bookmarks"]
    assert "0 made, 1 updated, 2 unchanged, 0 kept as they are here, 0 refused" == summary(third)["bookmarks"]
    assert "1 fetched (512.0 kB)" in summary(first)["files"]
    assert [] == faults
