"""Bookmark files through the Nextcloud door (NC-10.1, S12): what floccus, browsers and people upload."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from aiohttp import FormData

from models import Bookmark, Change, Folder, Placement
from rest_compat.nextcloud import imports
from schema.context import ALL_SCOPES
from schema.resolvers import exports, tokens
from tests.rest_compat.conftest import HOST
from tests.rest_compat.nextcloud.conftest import API, Cloud, basic, error

DATA = Path(__file__).parents[4] / "shared" / "data"  # public lists as bookmark files, where somebody has them

MOMENTS = ("created_at", "updated_at")

FLOCCUS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
        <META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
        <TITLE>Bookmarks</TITLE>\
<DL><p><DT><A HREF="https&#x3A;&#x2F;&#x2F;a.example&#x2F;&#x3F;x&#x3D;1&#x26;y&#x3D;2" TAGS="" ID="7">\
A &#x26; &#xE4;</A>
<DT><H3 ID="8">Inner</H3>
<DL><p><DT><A HREF="https://b.example/" TAGS="" ID="9">B</A>
<DT><A HREF="javascript:alert(1)" TAGS="" ID="10"></A>
<DT><H3 ID="11"></H3>
<DL><p></DL><p>
</DL><p>
<DT><A HREF="https://c.example/" TAGS="" ID="12">C</A>
</DL><p>"""

FIREFOX = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<!-- This is an automatically generated file.
     It will be read and overwritten.
     DO NOT EDIT! -->
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'none'"></meta>
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks Menu</H1>

<DL><p>
    <DT><H3 ADD_DATE="1600000000" LAST_MODIFIED="1600000001">Mozilla Firefox</H3>
    <DL><p>
        <DT><A HREF="https://support.mozilla.org/?a=1&copy=2" ADD_DATE="1600000000" LAST_MODIFIED="1600000002" \
ICON="data:image/png;base64,AAAA" TAGS="help,Zwei Wörter">Get Help &amp; more</A>
        <DD>With a description
    </DL><p>
    <HR>    <DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Bookmarks Toolbar</H3>
    <DL><p>
    </DL><p>
</DL>
"""

CHROME = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3 ADD_DATE="1600000000" LAST_MODIFIED="0" PERSONAL_TOOLBAR_FOLDER="true">Lesezeichenleiste</H3>
    <DL><p>
        <DT><A HREF="https://chrome.example/" ADD_DATE="1600000003">C&#39;est &quot;&lt;b&gt;&quot;</A>
    </DL><p>
    <DT><A HREF="https://other.example/" ADD_DATE="1600000004">Other</A>
</DL><p>
"""

SLOPPY = """<!doctype netscape-bookmark-file-1>
<title>Bookmarks</title><h1>Bookmarks</h1>
<dl>
<dt><a href="https://one.example/">One
</a>
<dt><h3>F</h3>
<dl>
<dt><a href='https://two.example/' add_date=1600000000000>Two</a>
<dt><a href="https://three.example/" time_added="1600000005" tags="a, b,,a">Three</a>
<dd>Three is
"""


def form(text: str | bytes, content_type: str = "text/html", name: str = "bm_import") -> FormData:
    """An upload as browsers send it."""
    data = text.encode() if isinstance(text, str) else text
    fields = FormData()
    fields.add_field(name, data, filename="bookmarks.html", content_type=content_type)
    return fields


async def upload(cloud: Cloud, text: str | bytes, folder: int | None = None, **options: str):
    """Import a file; the answer."""
    path = "bookmark/import" if folder is None else f"folder/{folder}/import"
    return await cloud.post(path, data=form(text, **options))


async def take(cloud: Cloud, text: str | bytes, folder: int | None = None):
    """Import a file that has nothing wrong; what was created."""
    answer = await upload(cloud, text, folder)

    assert (200, "success") == (answer.status, answer.body["status"])
    return answer.body["data"]


def brief(items):
    """A tree of children as an import tells it."""
    return [
        {"type": "folder", "id": item["id"], "title": item["title"], "children": brief(item["children"])}
        if item["type"] == "folder"
        else {"type": "bookmark", "id": item["id"], "title": item["title"], "url": item.get("target") or item["url"]}
        for item in items
    ]


def shape(items):
    """The same without ids."""
    return [
        (item["title"], shape(item["children"])) if item["type"] == "folder" else (item["title"], item["url"])
        for item in items
    ]


async def children(cloud: Cloud, folder: int = -1):
    """Everything in a folder, as an import tells it."""
    return brief(await cloud.data(f"folder/{folder}/children?layers=-1"))


async def test_s12_what_floccus_uploads_comes_back_with_the_ids_that_children_have(cloud, index):
    """Structure and order of the file, numeric references decoded, empty titles kept, its own ids ignored."""
    cloud.index = index
    id = await cloud.make_folder("New")
    told = await take(cloud, FLOCCUS, id)

    assert [
        ("A & ä", "https://a.example/?x=1&y=2"),
        ("Inner", [("B", "https://b.example/"), ("", "javascript:alert(1)"), ("", [])]),
        ("C", "https://c.example/"),
    ] == shape(told)
    assert told == await children(cloud, id)


async def test_s12_a_file_without_a_folder_goes_to_the_root(cloud):
    told = await take(cloud, CHROME)

    assert told == await children(cloud)
    assert [
        ("Lesezeichenleiste", [('C\'est "<b>"', "https://chrome.example/")]),
        ("Other", "https://other.example/"),
    ] == shape(told)
    assert [-1] == (await cloud.data("bookmark?url=https://other.example/"))[0]["folders"]


async def test_s12_firefox_brings_tags_dates_descriptions_and_bare_ampersands(cloud):
    told = await take(cloud, FIREFOX)
    (row,) = await cloud.data("bookmark")

    assert [
        ("Mozilla Firefox", [("Get Help & more", "https://support.mozilla.org/?a=1&copy=2")]),
        ("Bookmarks Toolbar", []),
    ] == shape(told)
    assert ["Zwei Wörter", "help"] == row["tags"]
    assert "With a description" == row["description"]
    assert (1_600_000_000, 1_600_000_002) == (row["added"], row["lastmodified"])


async def test_s12_sloppy_files_are_read_too(cloud):
    """Small letters, no end tags, quotes of both kinds or none; milliseconds; TIME_ADDED."""
    told = await take(cloud, SLOPPY)
    added = {row["url"]: row["added"] for row in await cloud.data("bookmark?page=-1")}
    (three,) = await cloud.data("bookmark?url=https://three.example/")

    assert [
        ("One", "https://one.example/"),
        ("F", [("Two", "https://two.example/"), ("Three", "https://three.example/")]),
    ] == shape(told)
    assert (1_600_000_000, 1_600_000_005) == (added["https://two.example/"], added["https://three.example/"])
    assert (["a", "b"], "Three is") == (three["tags"], three["description"])


async def test_s12_a_file_with_nothing_in_it_makes_nothing(cloud):
    assert [] == await take(cloud, file(""))
    assert [] == await children(cloud)


async def test_s12_everything_goes_behind_what_is_there_and_folders_are_never_united(cloud):
    """An import mirrors its file: a folder of a name that is there already is another one."""
    id = await cloud.make_folder("Home")
    first = await take(cloud, file("<DT><H3>Same</H3><DL><DT><A HREF='https://a.example/'>A</A></DL>"), id)
    own = await cloud.save("https://own.example/", folders=[id])
    twice = file("<DT><H3>Same</H3><DL><DT><A HREF='https://b.example/'>B</A></DL>" * 2)
    second = await take(cloud, twice, id)

    assert [*first, *brief([{"type": "bookmark"} | own]), *second] == await children(cloud, id)
    assert 3 == len({first[0]["id"], second[0]["id"], second[1]["id"]})
    assert second[0]["children"] == second[1]["children"]


async def test_s12_an_address_that_is_kept_keeps_its_id_takes_the_file_s_title_and_is_filed_there_too(cloud):
    row = await cloud.save("https://a.example/", title="Old", tags=["x"], description="mine")
    told = await take(cloud, file('<DT><H3>F</H3><DL><DT><A HREF="https://A.example" TAGS="y">New</A></DL>'))
    now = await cloud.item("GET", f"bookmark/{row['id']}")

    assert [{"type": "bookmark", "id": row["id"], "title": "New", "url": "https://a.example/"}] == told[0]["children"]
    assert ("New", "mine", ["x", "y"]) == (now["title"], now["description"], now["tags"])
    assert [-1, told[0]["id"]] == now["folders"]
    assert row["added"] == now["added"]


async def test_s12_what_is_in_the_folder_already_stays_where_it_is_and_is_told(cloud):
    row = await cloud.save("https://a.example/", title="A")
    await cloud.save("https://b.example/", title="B")
    told = await take(cloud, file("<DT><A HREF='https://c.example/'>C</A><DT><A HREF='https://a.example/'>A</A>"))

    assert ["C", "A"] == [item["title"] for item in told]
    assert row["id"] == told[1]["id"]
    assert ["A", "B", "C"] == [item["title"] for item in await children(cloud)]


async def test_s12_an_address_twice_in_a_folder_is_there_once(cloud):
    link = "<DT><A HREF='https://a.example/'>{}</A>"
    told = await take(cloud, file(link.format("First") + link.format("Second")))

    assert [("Second", "https://a.example/")] == shape(told)
    assert told == await children(cloud)


async def test_s12_a_bookmark_of_the_trash_comes_back_with_its_id(cloud):
    id = await cloud.make_folder("Gone")
    row = await cloud.save("https://a.example/", title="Old", folders=[id])
    await cloud.delete(f"folder/{id}/bookmarks/{row['id']}")
    told = await take(cloud, file("<DT><A HREF='https://a.example/'>New</A>"))
    now = await cloud.item("GET", f"bookmark/{row['id']}")

    assert [row["id"]] == [item["id"] for item in told]
    assert ("New", [-1]) == (now["title"], now["folders"])
    assert [] == await cloud.data("bookmark/deleted")
    assert 1 == await Bookmark.all().count()


async def test_s12_the_hash_of_the_folder_and_of_all_above_it_changes(cloud):
    outer = await cloud.make_folder("Outer")
    inner = await cloud.make_folder("Inner", outer)
    before = [await cloud.data(f"folder/{id}/hash") for id in (-1, outer, inner)]
    await take(cloud, FLOCCUS, inner)
    after = [await cloud.data(f"folder/{id}/hash") for id in (-1, outer, inner)]

    assert all(one != other for one, other in zip(before, after, strict=True))


async def test_s12_addresses_that_cannot_be_read_are_named_and_the_rest_is_there(cloud):
    text = file(
        "<DT><A HREF='https://a.example/'>A</A><DT><A HREF='http://'>B</A><DT><A HREF='mailto:x@y.z'>C</A>"
        "<DT><A HREF='notaurl'>D</A>"
    )
    answer = await upload(cloud, text)

    assert (
        400,
        {"status": "error", "data": ["Failed to parse URL: http://", "Failed to parse URL: mailto:x@y.z"]},
    ) == answer.seen
    assert [("A", "https://a.example/"), ("D", "http://notaurl/")] == shape(await children(cloud))


@pytest.mark.parametrize("content_type", ["application/html", "text/html; charset=utf-8", "TEXT/HTML"])
async def test_s12_types_of_the_part(cloud, content_type):
    assert 200 == (await upload(cloud, FLOCCUS, content_type=content_type)).status


async def test_s12_errors_are_400_and_change_nothing(cloud):
    unsupported = "Unsupported file type for import: text/plain"

    assert error(400, unsupported) == (await upload(cloud, FLOCCUS, content_type="text/plain")).seen
    assert error(400, "No file provided for import") == (await upload(cloud, FLOCCUS, name="file")).seen
    assert error(400, "No file provided for import") == (await cloud.post("bookmark/import")).seen
    assert error(400, "No file provided for import") == (await cloud.post("folder/-1/import", json={"a": 1})).seen
    assert error(400, "Parse error: Invalid HTML") == (await upload(cloud, b"\x89PNG\r\n\x1a\n\0\0")).seen
    assert error(400, "Parse error: Invalid HTML") == (await upload(cloud, b"")).seen
    assert error(400, "Folder not found") == (await upload(cloud, FLOCCUS, 987_654)).seen
    assert error(404, "Not found") == (await cloud.post("folder/abc/import", data=form(FLOCCUS))).seen
    assert 0 == await Bookmark.all().count()
    assert 1 == await Folder.all().count()


async def test_s12_another_s_folder_is_none_and_a_deleted_one_neither(cloud, cloud_ben):
    hers = await cloud.make_folder("Hers")
    gone = await cloud_ben.make_folder("Gone")
    await cloud_ben.delete(f"folder/{gone}")

    assert error(400, "Folder not found") == (await upload(cloud_ben, FLOCCUS, hers)).seen
    assert error(400, "Folder not found") == (await upload(cloud_ben, FLOCCUS, gone)).seen
    assert [] == await children(cloud, hers)


async def test_s12_a_file_over_the_limit_is_413(serve, ann):
    small = Cloud(await serve(max_body_size=1000), basic("ann", ann.secret))
    answer = await small.post("bookmark/import", data=form(FLOCCUS + " " * 1000))

    assert (413, "error") == (answer.status, answer.body["status"])
    assert 0 == await Bookmark.all().count()


async def test_s12_a_token_that_may_not_write_folders_imports_nothing(cloud, ann):
    made = await tokens.issue(ann.ports, ann.user.id, name="narrow", scopes=ALL_SCOPES - {"groups:write"})
    answer = await Cloud(cloud.client, f"Bearer {made.secret}").post("bookmark/import", data=form(FLOCCUS))

    assert 403 == answer.status
    assert 0 == await Bookmark.all().count()


async def test_s12_when_something_fails_half_way_nothing_is_there(cloud, ann, monkeypatch):
    """One transaction for the whole file: the third batch fails, the first two are gone too."""
    batches, before = [], await Change.all().count()
    take_batch = imports.grafting.take_batch

    async def fail(ctx, run, rows):
        batches.append(len(rows))
        if len(batches) == 3:
            raise TimeoutError
        return await take_batch(ctx, run, rows)

    monkeypatch.setattr(imports.grafting, "take_batch", fail)
    text = file("".join(f"<DT><A HREF='https://{number}.example/'>A</A>" for number in range(1200)))
    answer = await upload(cloud, text)

    assert (500, [500, 500, 200]) == (answer.status, batches)
    assert (0, 0, before) == (await Bookmark.all().count(), await Placement.all().count(), await Change.all().count())


async def test_s12_folders_a_thousand_deep(cloud):
    """Neither reading nor answering nests as the folders do."""
    text = file(
        "".join(f"<DT><H3>{number}</H3><DL>" for number in range(1000)) + "<DT><A HREF='https://a.example/'>A</A>"
    )
    headers = {"Host": HOST, "Authorization": cloud.credential}
    async with cloud.client.http.post(f"{API}/bookmark/import", data=form(text), headers=headers) as response:
        raw = await response.read()

    assert 1000 == raw.count(b'"type":"folder"')
    assert raw.endswith(b'"url":"https://a.example/"}' + b"]}" * 1001)
    assert 1001 == await Folder.all().count()


async def test_s12_many_batches_keep_the_order_of_the_file(cloud):
    """The ids that are told are those of ``children`` when the file is longer than what is written at once."""
    links = "".join(f"<DT><A HREF='https://{number}.example/'>{number}</A>" for number in range(700))
    text = file(f"<DT><H3>F</H3><DL>{links}</DL><DT><A HREF='https://last.example/'>last</A>{links}")
    told = await take(cloud, text)

    assert ["F", "last", *map(str, range(700))] == [item["title"] for item in told]
    assert [str(number) for number in range(700)] == [item["title"] for item in told[0]["children"]]
    assert told == await children(cloud)


async def test_s13_export_and_import_give_the_same_library(cloud, cloud_ben, ann, ben):
    """Folders, order, titles, addresses, tags, descriptions, dates and states."""
    for text in (FLOCCUS, FIREFOX, CHROME, SLOPPY, FLOCCUS):
        await take(cloud, text)
    exported = await cloud.get("bookmark/export")
    await take(cloud_ben, exported.raw)

    assert shape(await children(cloud)) == shape(await children(cloud_ben))
    assert await library(ann) == await library(ben)
    assert exported.raw == (await cloud_ben.get("bookmark/export")).raw


async def library(person):
    """Everything in its folders and its order, in whole seconds."""
    rows = [row async for chunk in await exports.outline(await person.ctx()) for row in chunk]
    return [
        dataclasses.replace(
            row, **{name: getattr(row, name).replace(microsecond=0) for name in MOMENTS if getattr(row, name, None)}
        )
        for row in rows
    ]


def file(inside: str) -> str:
    """A bookmark file with these items."""
    return f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<DL><p>{inside}</DL>"


if DATA.is_dir():

    async def test_s12_s13_a_real_list_through_the_door_and_into_another_account(cloud, cloud_ben, ann, ben):
        """4,764 links in 1,232 folders, and out and in again."""
        told = await take(cloud, (DATA / "books.html").read_bytes(), -1)
        exported = await cloud.get("bookmark/export")
        again = await take(cloud_ben, exported.raw)

        assert 4717 == await Bookmark.filter(owner_id=ann.user.id).count()
        assert 1233 == await Folder.filter(owner_id=ann.user.id).count()
        assert told == await children(cloud)
        assert shape(told) == shape(again)
        assert await library(ann) == await library(ben)
