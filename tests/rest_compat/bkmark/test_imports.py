"""Files become bookmarks (BK section 5.10): every format, every way to send one, and nothing that breaks.

BK17: the sixth import within an hour is refused with the literal body; see below.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import FormData

from models import Bookmark, Folder, Tag
from rest_compat.bkmark import imports
from tests.factories import make_bookmark, make_token

DATA = Path(__file__).parents[4] / "shared" / "data"  # public lists as bookmark files, where somebody has them
IMPORT, POCKET, RAINDROP = (
    "/api/v1/bookmarks/import",
    "/api/v1/bookmarks/import/pocket",
    "/api/v1/bookmarks/import/raindrop",
)
PAGE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><H3>Tea</H3>
<DL><p>
<DT><H3>Green</H3>
<DL><p>
<DT><A HREF="https://tea.example/" ADD_DATE="1580702706" TAGS="tea,Leaf">Tea &amp; leaf</A>
<DD>about
</DL><p>
</DL><p>
<DT><A HREF="ftp://files.example/">Files</A>
<DT><A HREF="javascript:alert(1)">Run</A>
<DT><A HREF="https://known.example/" TAGS="new">Known</A>
</DL><p>
"""
POCKET_TABLE = """title,url,time_added,tags,status\r
"Slow, ""really""\r
slow",https://slow.example/,1580702706,tea|brew,unread\r
Done,https://done.example/,1580702707,,archive\r
No address,,1580702708,,unread\r
"""
POCKET_PAGE = """<!DOCTYPE html><html><head><title>Pocket Export</title></head><body>
<h1>Unread</h1><ul><li><a href="https://slow.example/" time_added="1580702706" tags="tea,brew">Slow</a></li></ul>
<h1>Read Archive</h1><ul><li><a href="https://done.example/" time_added="1580702707" tags="">Done</a></li></ul>
</body></html>"""
RAINDROP_TABLE = """id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite
1,Tea,"my
note",about,https://tea.example/,Drinks / Hot/Warm,"tea, leaf",2020-02-03T04:05:06.000Z,,marked,true
2,Loose,,,https://loose.example/,Unsorted,,2020-02-03T04:05:06.000Z,,,false
"""


async def library(client):
    """What the client sees, by address."""
    answer = await client.get("/api/v1/bookmarks?limit=100")
    return {row["url"]: row for row in answer.body["data"]}


async def group_names(client, row):
    groups = (await client.get("/api/v1/groups")).body["data"]
    return [group["name"] for group in groups if group["id"] in row["groupIds"]]


async def test_a_browsers_file_brings_links_tags_and_nested_groups(bkmark, ann):
    """What is known is skipped and only gains; what is no http(s) address fails, with its line."""
    known = await make_bookmark(ann, url="https://known.example/", title="Mine", tag_names=["old"])
    answer = await bkmark.post(IMPORT, data=PAGE.encode())
    found = await library(bkmark)
    tea = found["https://tea.example/"]
    groups = {group["name"]: group for group in (await bkmark.get("/api/v1/groups")).body["data"]}

    assert 200 == answer.status
    assert {
        "total": 4,
        "imported": 1,
        "skipped": 1,
        "failed": 2,
        "errors": [
            {"line": 11, "message": "not an http(s) URL: ftp://files.example/"},
            {"line": 12, "message": "not an http(s) URL: javascript:alert(1)"},
        ],
        "warnings": [],
    } == answer.body
    assert ("Tea & leaf", "about", "import", "2020-02-03T04:05:06.000Z") == (
        tea["title"], tea["description"], tea["source"], tea["createdAt"],
    )  # fmt: skip
    assert ["Leaf", "tea"] == sorted(tea["tags"])
    assert [groups["Green"]["id"]] == tea["groupIds"]
    assert (groups["Tea"]["id"], None) == (groups["Green"]["parentId"], groups["Tea"]["parentId"])
    assert (known.uid, "Mine", ["new", "old"]) == (
        found["https://known.example/"]["id"], found["https://known.example/"]["title"],
        sorted(found["https://known.example/"]["tags"]),
    )  # fmt: skip


async def test_a_file_may_come_as_a_part_of_a_form_and_twice(bkmark):
    """The second time everything is skipped and nothing changes."""
    results = []
    for _ in range(2):
        form = FormData()
        form.add_field("note", "passed over")
        form.add_field("file", PAGE.encode(), filename="bookmarks.html", content_type="text/html")
        answer = await bkmark.post(IMPORT, data=form)
        results.append((answer.body["imported"], answer.body["skipped"], answer.body["failed"]))
        seen = await library(bkmark)
    assert [(2, 0, 2), (0, 2, 2)] == results
    assert seen == await library(bkmark)


@pytest.mark.parametrize("file", [POCKET_TABLE.encode(), b"\xef\xbb\xbf" + POCKET_TABLE.encode(), POCKET_PAGE.encode()])
async def test_pocket_says_what_was_read(bkmark, file):
    answer = await bkmark.post(POCKET, data=file)
    found = await library(bkmark)
    slow, done = found["https://slow.example/"], found["https://done.example/"]

    assert (200, 2) == (answer.status, answer.body["imported"])
    assert answer.body["failed"] == 0 or [{"line": 5, "message": "The row has no address."}] == answer.body["errors"]
    assert (None, False, ["brew", "tea"]) == (slow["readAt"], slow["isArchived"], sorted(slow["tags"]))
    assert (True, "2020-02-03T04:05:07.000Z") == (done["isArchived"], done["createdAt"])
    assert done["readAt"]


async def test_raindrop_has_folders_notes_and_favourites(bkmark):
    answer = await bkmark.post(RAINDROP, data=RAINDROP_TABLE.encode())
    found = await library(bkmark)
    tea = found["https://tea.example/"]

    assert (200, 2, 0) == (answer.status, answer.body["imported"], answer.body["failed"])
    assert ("about", True, ["leaf", "tea"]) == (tea["description"], tea["isFavorite"], sorted(tea["tags"]))
    assert ["Hot/Warm"] == await group_names(bkmark, tea)
    assert [] == found["https://loose.example/"]["groupIds"]
    assert "my\nnote\n\nmarked" == (await Bookmark.get(url="https://tea.example/")).notes
    assert 0 == (await bkmark.post(RAINDROP, data=PAGE.encode())).body["skipped"] - 1


async def test_our_json_comes_back_equal_through_the_door(bkmark, bkmark_ben, ann):
    """Export, import into an empty account, export: the same but for ids; addresses of any scheme too."""
    await bkmark.post(IMPORT, data=PAGE.encode())
    await make_bookmark(ann, url="ftp://files.example/", title="Files")
    await Tag.filter(name="tea").update(color="#22c55e")
    await Folder.filter(name="Green").update(color="#0EA5E9", icon="star", description="leaves")
    file = (await bkmark.get("/api/v1/bookmarks/export")).raw
    answer = await bkmark_ben.post(IMPORT, data=file)
    again = (await bkmark_ben.get("/api/v1/bookmarks/export?format=json")).raw

    assert (200, 3, 0) == (answer.status, answer.body["imported"], answer.body["failed"])
    assert shape(file) == shape(again)
    tags = {tag["name"]: tag["color"] for tag in (await bkmark_ben.get("/api/v1/tags")).body["data"]}
    assert "green" == tags["tea"]


def shape(file):
    """A library with its folders' names for their ids."""
    found = json.loads(file)
    names = {folder["uid"]: folder["name"] for folder in found["folders"]}
    folders = [
        {key: value for key, value in folder.items() if key not in {"uid", "parent"}}
        | {"parent": names.get(folder["parent"])}
        for folder in found["folders"]
        if folder["parent"]
    ]
    rows = [
        {key: value for key, value in row.items() if key not in {"uid", "places"}}
        | {"places": [place | {"folder": names[place["folder"]]} for place in row["places"]]}
        for row in found["bookmarks"]
    ]
    return found["tags"], folders, rows


async def test_the_sixth_import_within_an_hour_is_refused(bkmark, ann):
    """BK17: the literal body, for any credential of the user; the other two imports have counters of their own."""
    other = bkmark.as_(await make_token(ann, "bookmarks:write"), "Bearer")
    answers = [await (bkmark, other)[number % 2].post(IMPORT, data=PAGE.encode()) for number in range(6)]

    assert [200] * 5 == [answer.status for answer in answers[:5]]
    assert ["4", "3", "2", "1", "0", "0"] == [answer.headers["X-RateLimit-Remaining"] for answer in answers]
    refused = {"error": "rate_limited", "message": "Too many requests. Try again later.", "statusCode": 429}
    assert (429, refused) == answers[5].seen
    assert 0 < int(answers[5].headers["Retry-After"]) <= 3600
    assert 200 == (await bkmark.post(POCKET, data=POCKET_TABLE.encode())).status
    ann.ports.clock.forward(hours=1)
    assert 200 == (await bkmark.post(IMPORT, data=PAGE.encode())).status


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (IMPORT, b""),
        (IMPORT, b" \n "),
        (IMPORT, b"no bookmarks"),
        (IMPORT, b"[]"),
        (IMPORT, b'{"polymark": 2, "bookmarks": []}'),
        (IMPORT, b"\xff\xfe\x00\xd8"),
        (POCKET, b"a,b,c\n1,2,3\n"),
        (RAINDROP, POCKET_TABLE.encode()),
        (RAINDROP, b'{"polymark": 1}'),
    ],
)
async def test_what_is_no_such_file_is_a_400(bkmark, path, data):
    answer = await bkmark.post(path, data=data)

    assert (400, "validation_error", 400) == (answer.status, answer.body["error"], answer.body["statusCode"])
    assert not await Bookmark.all().count()


async def test_damage_is_told_and_the_rest_is_taken(bkmark):
    """A JSON file that breaks off keeps what came before; errors are at most a hundred."""
    rows = ",".join(['{"url":"https://a.example/"}', *['{"url":""}'] * 200])
    answer = await bkmark.post(IMPORT, data=f'{{"polymark":1,"bookmarks":[{rows}'.encode())

    assert (200, 202, 1, 201) == (answer.status, *(answer.body[name] for name in ("total", "imported", "failed")))
    assert 100 == len(answer.body["errors"])
    assert {"line": 2, "message": "The bookmark has no address."} == answer.body["errors"][0]


async def test_too_much_and_broken_forms_are_refused(bkmark, monkeypatch):
    """413 as soon as it is known; a form without the part, and one that is none, are 400."""
    monkeypatch.setattr(imports, "LIMIT", 1000)
    form, without = FormData(), FormData()
    form.add_field("file", b"x" * 1001, filename="a.html")
    without.add_field("other", b"x", filename="a.html")

    for data in (b"x" * 1001, form):
        answer = await bkmark.post(IMPORT, data=data)
        assert (413, "too_large") == (answer.status, answer.body["error"])
    assert 400 == (await bkmark.post(POCKET, data=without)).status
    broken = await bkmark.post(POCKET, data=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (400, "validation_error") == (broken.status, broken.body["error"])


async def test_who_may_not_write_imports_nothing(bkmark, anonymous, ann):
    reader = bkmark.as_(await make_token(ann, "bookmarks:read", "groups:write", "tags:write"), "Bearer")
    for path in (IMPORT, POCKET, RAINDROP):
        assert (403, "insufficient_scope") == (
            (refused := await reader.post(path, data=b"x")).status,
            refused.body["error"],
        )
        assert 401 == (await anonymous.post(path, data=b"x")).status

    assert not await Bookmark.all().count()


@pytest.mark.parametrize("name", ["selfhosted.html", "books.html"])
async def test_real_lists_are_taken_in_whole(bkmark, name):
    if not (DATA / name).is_file():
        pytest.skip("the lists are not here")
    answer = await bkmark.post(IMPORT, data=(DATA / name).read_bytes())

    assert (200, 0) == (answer.status, answer.body["failed"])
    assert answer.body["imported"] == await Bookmark.all().count() > 1000
