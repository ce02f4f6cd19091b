"""Files in and out by the browser."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientSession, FormData, web

from models import Bookmark
from schema.errors import Invalid, Unavailable
from schema.formats import sniffing
from schema.formats.entries import Entry
from schema.resolvers.import_run import Tally
from server.pages import moving_in
from tests.factories import make_bookmark

IMPORT = "/settings/library/import"
LINES = {"Accept": "application/x-ndjson"}
HEAD = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n"


def file_of(*addresses: str) -> bytes:
    return (HEAD + "".join(f'<DT><A HREF="{address}">T</A>\n' for address in addresses) + "</DL>").encode()


def links(count: int) -> list[str]:
    return [f"https://site.example/{number}" for number in range(count)]


def lines_of(page) -> list[dict]:
    return [json.loads(line) for line in page.text.splitlines()]


def count_of(page, words: str) -> int:
    return int(page.text.split(f"<dt>{words}</dt><dd>")[1].split("<")[0].replace(",", ""))


async def test_a_file_is_taken_in_and_the_page_says_what_became_of_it(signed_in, ann):
    await make_bookmark(ann, url="https://site.example/0", title="Mine")
    page = await signed_in.upload(IMPORT, file_of(*links(3), "", "no scheme"))
    found = ("Links in the file", "New", "Known already", "Refused", "New folders")

    assert 200 == page.status
    assert "Imported" in page.words()
    assert [5, 2, 1, 2, 0] == [count_of(page, words) for words in found]
    assert "Refused, line" in page.words()
    assert "The address has no scheme" in page.text
    assert {"web": 0, "import": 2, "api": 1} == {
        source: await Bookmark.filter(source=source).count() for source in ("web", "import", "api")
    }


async def test_a_script_is_told_after_each_batch_and_at_the_end(signed_in):
    page = await signed_in.upload(IMPORT, file_of(*links(1_200)), headers=LINES)
    *told, last = lines_of(page)

    assert (200, "application/x-ndjson") == (page.status, page.headers["Content-Type"])
    assert sorted(line["links"] for line in told) == [line["links"] for line in told]
    assert all(0 <= line["part"] <= 1 and "done" not in line for line in told)
    assert 1 <= len({line["links"] for line in told})
    assert (1_200, 1_200, 1.0, True, "") == tuple(
        last[name] for name in ("links", "created", "part", "done", "problem")
    )
    assert "no" == page.headers["X-Accel-Buffering"]
    assert "nosniff" == page.headers["X-Content-Type-Options"]
    assert 1_200 == await Bookmark.all().count()


async def test_the_first_hundred_troubles_are_told(signed_in):
    addresses = [f"no scheme \u202e{number}" + "x" * 300 for number in range(130)]
    page = await signed_in.upload(IMPORT, file_of(*addresses))
    (*_, last) = lines_of(await signed_in.upload(IMPORT, file_of(*addresses), headers=LINES))

    assert 100 == page.text.count("The address has no scheme")
    assert "And 30 more." in page.words()
    assert (100, 30, 130) == (len(last["troubles"]), last["more"], last["refused"])
    assert "\u202e" not in page.text
    assert all(len(trouble["url"]) <= 200 for trouble in last["troubles"])


@pytest.mark.parametrize(
    "content",
    [b"", b" ", b"\x89PNG\r\n\x1a\n\0\0", b"Just text.", b"{", b'{"a": 1}', b"PK\x03\x04 and no more", b"a,b\n1,2\n"],
)
async def test_a_file_that_is_no_library_changes_nothing(signed_in, content):
    page = await signed_in.upload(IMPORT, content, name="x.html")
    told = await signed_in.upload(IMPORT, content, name="x.html", headers=LINES)

    assert 422 == page.status
    assert 'id="file-error"' in page.text
    assert not await Bookmark.exists()
    if content:
        assert lines_of(told)[-1]["problem"] == moving_in.NO_LIBRARY
    else:
        assert 422 == told.status


async def test_a_file_that_breaks_off_keeps_what_stands_before(signed_in):
    rows = ",".join(json.dumps({"url": address, "kind": "link"}) for address in links(1_100))
    content = ('{"polymark": 1, "tags": [], "folders": [], "bookmarks": [' + rows + ",{").encode()
    page = await signed_in.upload(IMPORT, content)

    assert 200 == page.status
    assert "The file is damaged" in page.text
    assert 1_100 == count_of(page, "New") == await Bookmark.all().count()


@pytest.mark.parametrize(("before", "words"), [(0, moving_in.NO_LIBRARY), (700, moving_in.BROKEN)])
async def test_a_reader_that_gives_up_is_told_of(signed_in, monkeypatch, before, words):
    def rows(source, format):
        yield from (Entry(address) for address in links(before))
        raise Invalid

    monkeypatch.setattr(sniffing, "read", rows)
    page = await signed_in.upload(IMPORT, b"x")

    assert 422 == page.status
    assert words in page.words()


@pytest.mark.parametrize("trouble", [RuntimeError("bug"), Unavailable("storage")])
async def test_trouble_on_our_side_is_told_too(signed_in, monkeypatch, trouble):
    def rows(source, format):
        yield from (Entry(address) for address in links(700))
        raise trouble

    monkeypatch.setattr(sniffing, "read", rows)
    page = await signed_in.upload(IMPORT, b"x")
    last = lines_of(await signed_in.upload(IMPORT, b"x", headers=LINES))[-1]

    assert (moving_in.STOPPED, 500, True) == (last["problem"], last["links"], last["done"])
    assert moving_in.STOPPED in page.words()
    assert 500 == count_of(page, "New") == await Bookmark.all().count()


async def test_a_form_without_a_file_is_answered_at_the_field(signed_in):
    page = await signed_in.upload(IMPORT, None)

    assert 422 == page.status
    assert moving_in.NO_FILE in page.words()


async def test_only_a_form_of_ours_is_taken_in(signed_in):
    content = file_of(*links(1))
    answers = [
        await signed_in.upload(IMPORT, content, csrf="0" * 64),
        await signed_in.upload(IMPORT, content, headers={"Sec-Fetch-Site": "cross-site"}),
        await signed_in.upload(IMPORT, content, headers={"Origin": "https://evil.example"}),
        await signed_in.post(IMPORT, file="x"),
        await signed_in._ask("POST", IMPORT, {"Content-Type": "multipart/form-data"}, data=b"nonsense"),
        await signed_in._ask("POST", IMPORT, {"Content-Type": "multipart/form-data; boundary=x"}, data=b"nonsense"),
        await signed_in.upload(IMPORT, content, **{f"field-{number}": "" for number in range(250)}),
    ]
    csrf = signed_in.csrf
    signed_in.cookies.clear()
    answers.append(await signed_in.upload(IMPORT, content, csrf=csrf))

    assert [403, 403, 403, 415, 400, 400, 413, 303] == [page.status for page in answers]
    assert not await Bookmark.exists()


async def test_a_token_behind_the_file_is_too_late(signed_in):
    """Nothing of a file is kept before its sender is known."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + file_of(*links(1)) + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + signed_in.csrf.encode() + b"\r\n--x--\r\n"
    )
    page = await signed_in._ask("POST", IMPORT, {"Content-Type": "multipart/form-data; boundary=x"}, data=body)

    assert 403 == page.status
    assert not await Bookmark.exists()


async def test_pages_are_read_only_on_wish(signed_in, ports, monkeypatch):
    asked = []

    async def take_file(ctx, source, *, fetch, **options):
        asked.append(fetch)
        return Tally()

    monkeypatch.setattr(moving_in, "take_file", take_file)
    await signed_in.upload(IMPORT, file_of(*links(1)))
    await signed_in.upload(IMPORT, file_of(*links(1)), fetch="on")

    assert [False, True] == asked


async def test_an_import_goes_on_when_the_browser_goes_away(signed_in, monkeypatch):
    """It leaves when the answer has begun, and all is taken in, by a runner such as the program has."""
    left, done = asyncio.Event(), asyncio.Event()
    take_in = moving_in._take_in

    async def watched(*arguments):
        await left.wait()
        await take_in(*arguments)
        done.set()

    monkeypatch.setattr(moving_in, "_take_in", watched)
    form = FormData(default_to_multipart=True)
    form.add_field("csrf", signed_in.csrf)
    form.add_field("file", file_of(*links(1_200)), filename="a.html")
    runner = web.AppRunner(signed_in.client.app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with ClientSession(cookies=signed_in.cookies, headers=LINES) as http:
        answer = await http.post(f"http://127.0.0.1:{runner.addresses[0][1]}{IMPORT}", data=form)
        answer.close()
    left.set()
    async with asyncio.timeout(30):
        await done.wait()
    await runner.cleanup()

    assert 200 == answer.status
    assert 1_200 == await Bookmark.all().count()


async def test_two_imports_at_once_are_both_complete(signed_in):
    one, other = await asyncio.gather(
        signed_in.upload(IMPORT, file_of(*links(1_200)), headers=LINES),
        signed_in.upload(IMPORT, file_of(*reversed(links(1_500))), headers=LINES),
    )
    counts = [lines_of(page)[-1] for page in (one, other)]

    assert ["", ""] == [count["problem"] for count in counts]
    assert 1_500 == await Bookmark.all().count() == sum(count["created"] for count in counts)


@pytest.mark.parametrize("ending", ["html", "json", "csv", "zip"])
async def test_the_library_comes_down_and_goes_in_again(signed_in, ann, ending):
    await make_bookmark(ann, url="https://a.example/", title="Ä & <b>", tag_names=["x"])
    await make_bookmark(ann, url="https://b.example/")
    page = await signed_in.client.get(
        f"/settings/library/polymark.{ending}",
        headers={"Cookie": "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())},
    )
    content = await page.read()
    again = await signed_in.upload(IMPORT, content, name=f"x.{ending}")

    assert 200 == page.status
    assert f'attachment; filename="polymark-2026-01-02.{ending}"' == page.headers["Content-Disposition"]
    assert "no-store" == page.headers["Cache-Control"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert 2 == count_of(again, "Known already")
    assert 2 == await Bookmark.all().count()


async def test_downloads_need_the_session(browser, signed_in):
    assert 404 == (await signed_in.get("/settings/library/polymark.exe")).status
    head = await signed_in._ask("HEAD", "/settings/library/polymark.html", {})
    browser.cookies.clear()

    assert 200 == head.status
    assert "/login?next=/settings/library/polymark.json" == (await browser.get("/settings/library/polymark.json")).to


async def test_the_number_of_bookmarks_is_told(signed_in, ann):
    for _ in range(2):
        await make_bookmark(ann)

    assert "Bookmarks outside the trash: 2" in (await signed_in.get("/settings/library")).words()
