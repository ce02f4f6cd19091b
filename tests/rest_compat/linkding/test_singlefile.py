"""SingleFile's uploads (LD section 16)."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip

import pytest
from aiohttp import FormData

from models import Asset, Bookmark
from schema.door import WORKER
from schema.ports import FetchFailed, Limits, PageData
from schema.resolvers import accounts, trash
from tests.factories import make_bookmark, make_token
from tests.fakes import FakeSnapshots

PATH = "/api/bookmarks/singlefile/"
PAGE = b"<!DOCTYPE html><html><head><title>As it was seen</title></head><body>\xc3\xa4</body></html>"
DONE = (201, {"message": "Snapshot uploaded successfully."})
MISSING = (400, {"error": "Both 'url' and 'file' parameters are required."})
UNUSABLE = (400, {"error": "The 'url' parameter is not an address that can be bookmarked."})
DISABLED = (403, {"error": "Asset upload is disabled."})
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=b"}
URL = "https://a.example/page?b=2&a=1"


@pytest.fixture
def ports(ports, tmp_path):
    """Where snapshots are taken."""
    return dataclasses.replace(ports, snapshots=FakeSnapshots(tmp_path / "taken"))


def upload(url=URL, page=PAGE, *, name="page.html", kind="text/html", file_first=False):
    """The body that SingleFile sends, or one with its parts the other way round."""
    form = FormData()
    parts = [
        lambda: form.add_field("url", url),
        lambda: form.add_field("file", page, filename=name, content_type=kind),
    ]
    for part in reversed(parts) if file_first else parts:
        part()
    return form


def part(disposition, data):
    return b"--b\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + data + b"\r\n"


async def bookmark_of(client, url=URL):
    return (await client.get("/api/bookmarks/check/", params={"url": url})).body["bookmark"]


async def assets_of(client, bookmark):
    return (await client.get(f"/api/bookmarks/{bookmark['id']}/assets/")).body["results"]


@pytest.mark.parametrize("file_first", [False, True])
async def test_an_unknown_address_is_bookmarked_with_its_snapshot(linkding, ann, ports, file_first):
    """LD-SF-1, LD-SF-3, LD-SF-5: of the page's own texts, with the tags of the rules and no others; flags false."""
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example auto")
    ports.websites.pages[URL] = PageData(url=URL, title="Of the page", description="What it says")
    answer = await linkding.post(PATH, data=upload(kind="image/png", file_first=file_first))
    bookmark = await bookmark_of(linkding)
    (asset,) = await assets_of(linkding, bookmark)

    assert DONE == answer.seen
    assert [URL, "Of the page", "What it says", "", ["auto"], False, False, False] == [
        bookmark[key]
        for key in ("url", "title", "description", "notes", "tag_names", "is_archived", "unread", "shared")
    ]
    assert ["snapshot", "text/html", "HTML snapshot from 01/02/2026", "complete"] == [
        asset[key] for key in ("asset_type", "content_type", "display_name", "status")
    ]
    assert len(PAGE) == asset["file_size"]
    assert "extension" == (await Bookmark.get(id=bookmark["id"])).source


async def test_the_snapshot_comes_back_as_it_was_sent(linkding, ports):
    """LD-SF-5, LD-AST-9, LD-AST-10: packed on the disk, and a file named ``.html`` for who downloads it."""
    await linkding.post(PATH, data=upload())
    bookmark = await bookmark_of(linkding)
    (asset,) = await assets_of(linkding, bookmark)
    loaded = await linkding.get(f"/api/bookmarks/{bookmark['id']}/assets/{asset['id']}/download/")
    row = await Asset.get(id=asset["id"])

    assert (200, PAGE, "text/html") == (loaded.status, loaded.raw, loaded.headers["Content-Type"])
    assert 'attachment; filename="HTML snapshot from 01/02/2026.html"' == loaded.headers["Content-Disposition"]
    assert ("gzip", PAGE) == (row.encoding, gzip.decompress(ports.files.path(row.sha256).read_bytes()))


@pytest.mark.parametrize("is_archived", [False, True])
@pytest.mark.parametrize("spelling", [URL, "https://A.example/page/?a=1&b=2"])
async def test_a_known_address_gets_one_more_snapshot(linkding, ann, ports, spelling, is_archived):
    """LD-SF-2, LD-SF-5: found by its normalised form, and nothing else changes but ``date_modified``."""
    ports.websites.pages[URL] = PageData(url=URL, title="Of the page")
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example auto")
    await make_bookmark(ann, WORKER, url=URL, title="", tag_names=["x"], is_archived=is_archived, to_read=True)
    before = await bookmark_of(linkding)
    asked = len(ports.websites.calls)
    answers = [await linkding.post(PATH, data=upload(spelling)) for _ in range(2)]
    after = await bookmark_of(linkding)

    assert [DONE, DONE] == [answer.seen for answer in answers]
    assert 2 == len(await assets_of(linkding, after))
    assert before["date_modified"] < after["date_modified"]
    assert before == after | {"date_modified": before["date_modified"]}
    assert asked + 1 == len(ports.websites.calls), "that was the check; nobody waits for a page that is not needed"


WITH_URL, WITH_FILE = part(b'name="url"', URL.encode()), part(b'name="file"; filename="a"', PAGE)


@pytest.mark.parametrize(
    "parts",
    [
        WITH_URL,
        WITH_FILE,
        part(b'name="url"', b"") + WITH_FILE,
        part(b'name="url"', b" \t") + WITH_FILE,
        part(b'name="url"; filename="u"', URL.encode()) + WITH_FILE,
        WITH_URL + part(b'name="file"', PAGE),
        WITH_URL + part(b'name="file"; filename=""', PAGE),
        WITH_URL + part(b'name="other"; filename="a"', PAGE),
        b"",
    ],
)
async def test_both_parts_are_needed(linkding, parts):
    """LD-SF-4: the file with a name; and nothing is kept."""
    assert MISSING == (await linkding.post(PATH, data=parts + b"--b--\r\n", headers=BOUNDARY)).seen
    assert (0, 0) == (await Bookmark.all().count(), await Asset.all().count())


@pytest.mark.parametrize(
    "body", [{"json": {"url": URL, "file": "x"}}, {"data": FormData({"url": URL})}, {"headers": BOUNDARY}, {}]
)
async def test_other_bodies_have_neither(linkding, body):
    """LD-SF-4."""
    assert MISSING == (await linkding.post(PATH, **body)).seen


async def test_bodies_that_cannot_be_read_have_their_own_words(linkding):
    """LD-SF-4: as for other uploads (LD-AST-5)."""
    json = await linkding.post(PATH, data=b"{", headers={"Content-Type": "application/json"})
    multipart = await linkding.post(PATH, data=b"x", headers={"Content-Type": "multipart/form-data"})
    text = await linkding.post(PATH, data=b"x", headers={"Content-Type": "text/plain"})
    half = await linkding.post(PATH, data=(WITH_URL + WITH_FILE)[:-2], headers=BOUNDARY)

    assert [400, 400, 415, 400] == [answer.status for answer in (json, multipart, text, half)]
    assert "JSON parse error" == json.body["detail"].partition(" - ")[0]
    assert "Multipart form parse error" == multipart.body["detail"].partition(" - ")[0]
    assert 0 == await Bookmark.all().count()


@pytest.mark.parametrize(
    "url", ["chrome://settings", "file:///home/ann/a.html", "about:blank", "no address", "http://nas/x", "x" * 5000]
)
async def test_the_address_is_not_validated(linkding, url):
    """LD-SF-3: the extension can save anything that a browser shows."""
    assert DONE == (await linkding.post(PATH, data=upload(url))).seen
    assert url == (await bookmark_of(linkding, url))["url"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JAVA\nSCRIPT:alert(1)", "a\0b"])
async def test_what_no_client_could_be_shown_is_refused(linkding, url):
    """LD-SF-3: of any address only those that would run, and what no database can hold."""
    body = part(b'name="url"', url.encode()) + WITH_FILE + b"--b--\r\n"

    assert UNUSABLE == (await linkding.post(PATH, data=body, headers=BOUNDARY)).seen
    assert (0, 0) == (await Bookmark.all().count(), await Asset.all().count())


async def test_a_title_is_taken_from_the_copy_when_the_page_cannot_be_had(linkding, ports):
    """LD-SF-3: what is behind a sign-in, or in one's own network, still gets a name; one that was had keeps its own."""
    ports.websites.pages["https://b.example/"] = PageData(url="https://b.example/", title="Of the page")
    ports.websites.pages["https://c.example/"] = FetchFailed("down")
    titles = {}
    for url in ("https://b.example/", "https://c.example/", "file:///d"):
        await linkding.post(PATH, data=upload(url))
        titles[url] = (await bookmark_of(linkding, url))["title"]

    expected = {
        "https://b.example/": "Of the page",
        "https://c.example/": "As it was seen",
        "file:///d": "As it was seen",
    }
    assert expected == titles


async def test_a_copy_without_a_title_is_kept_all_the_same(linkding):
    """LD-SF-3: an empty file is one, too."""
    assert DONE == (await linkding.post(PATH, data=upload(page=b""))).seen
    assert "" == (await bookmark_of(linkding))["title"]


async def test_no_automatic_snapshot_comes_beside_it(linkding, ann):
    """LD-SF-3, LD-NEW-7."""
    await accounts.set_preferences(await ann.ctx(), {"automatic_snapshots": True})
    await linkding.post(PATH, data=upload())

    assert ["complete"] == [asset["status"] for asset in await assets_of(linkding, await bookmark_of(linkding))]


async def test_uploads_can_be_switched_off(serve, ann):
    """LD-SF-6, LD-AST-7, LD-AUTH-10: said before the body is looked at, but after credential and method."""
    nobody = await serve(limits=Limits(asset_upload=False))
    client = nobody.as_(ann.secret)

    assert DISABLED == (await client.post(PATH, data=upload())).seen
    assert DISABLED == (await client.post(PATH, data=b"x", headers={"Content-Type": "text/plain"})).seen
    assert (401, 405) == ((await nobody.post(PATH, data=upload())).status, (await client.get(PATH)).status)


async def test_a_credential_is_needed_that_may_write(linkding, anonymous, ann):
    """LD-SF-6: and another method is not of this address (LD-HTTP-4)."""
    reader = anonymous.as_(await make_token(ann, "bookmarks:read"))
    other = await linkding.get(PATH)

    assert 401 == (await anonymous.post(PATH, data=upload())).status
    assert 403 == (await reader.post(PATH, data=upload())).status
    assert (405, "POST, OPTIONS") == (other.status, other.headers["Allow"])
    assert 0 == await Bookmark.all().count()


async def test_two_at_once_make_one_bookmark_with_two_snapshots(linkding):
    """LD-SF-2: whichever comes first makes it."""
    answers = await asyncio.gather(*(linkding.post(PATH, data=upload(page=PAGE + bytes([n]))) for n in range(5)))

    assert [DONE] * 5 == [answer.seen for answer in answers]
    assert 1 == await Bookmark.all().count()
    assert 5 == len(await assets_of(linkding, await bookmark_of(linkding)))


async def test_the_same_address_of_two_people_is_two_bookmarks(linkding, linkding_ben):
    """LD-SF-2: mine only."""
    for client in (linkding, linkding_ben):
        assert DONE == (await client.post(PATH, data=upload())).seen

    assert [1, 1] == [len(await assets_of(one, await bookmark_of(one))) for one in (linkding, linkding_ben)]


async def test_a_deleted_bookmark_stays_deleted(linkding, ann):
    """LD-SF-3: what waits in the trash is not there for linkding's clients."""
    await trash.delete(await ann.ctx(), [(await make_bookmark(ann, url=URL)).id])

    assert DONE == (await linkding.post(PATH, data=upload())).seen
    assert 2 == await Bookmark.all().count()


async def test_the_limit_of_files_holds_for_the_page_as_it_is(serve, linkding, ann):
    """LD-AST-14: not for its packed form; a page over the limit leaves nothing."""
    client = (await serve(limits=Limits(max_asset_size=1000))).as_(ann.secret)

    assert 413 == (await client.post(PATH, data=upload(page=b"x" * 1001))).status
    assert 0 == await Bookmark.all().count()
    assert DONE == (await client.post(PATH, data=upload(page=b"x" * 1000))).seen


async def test_a_full_disk_is_told_so(linkding, ports):
    """LD-AST-8: and no row is left behind."""
    ports.files.broken = True

    assert (500, {"error": "Failed to upload asset."}) == (await linkding.post(PATH, data=upload())).seen
    assert 0 == await Bookmark.all().count()


async def test_the_last_of_several_counts(linkding):
    """LD-SF-1: as with every form."""
    body = (
        part(b'name="url"', b"https://first.example")
        + part(b'name="file"; filename="1"', b"1")
        + part(b'name="other"; filename="o"', b"o")
        + part(b'name="file"; filename="2"', b"2")
        + part(b'name="url"', URL.encode())
        + b"--b--\r\n"
    )

    assert DONE == (await linkding.post(PATH, data=body, headers=BOUNDARY)).seen
    assert [1] == [asset["file_size"] for asset in await assets_of(linkding, await bookmark_of(linkding))]
