"""Saving, and saving again (LD sections 8 and 9)."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import FormData

from schema.ports import Limits, PageData
from tests.factories import make_bookmark

POST = "/api/bookmarks/?disable_scraping"
URL = "https://shop.example/a"


async def test_only_the_address_is_required(linkding):
    """LD-NEW-1, LD-NEW-2: the answer is the full bookmark, its Location the bookmarked address."""
    answer = await linkding.post(POST, json={"url": " https://shop.example/a \n"})

    assert 201 == answer.status
    assert (await linkding.get(f"/api/bookmarks/{answer.body['id']}/")).body == answer.body
    assert [URL, URL] == [answer.body["url"], answer.headers["Location"]]


async def test_a_location_that_is_not_plain_is_left_out(linkding):
    """LD-NEW-2: copied for ASCII addresses only."""
    answer = await linkding.post(POST, json={"url": "https://bücher.example/"})

    assert (201, False) == (answer.status, "Location" in answer.headers)


async def test_everything_may_be_given(linkding):
    """LD-NEW-3, LD-NEW-4."""
    given = {
        "url": URL, "title": "T", "description": "D", "notes": "N\n*n*", "is_archived": True, "unread": True,
        "shared": True, "tag_names": ["a", "b"], "date_added": "2020-01-01T00:00:00Z",
        "date_modified": "2021-01-01T00:00:00.5Z",
    }  # fmt: skip
    answer = await linkding.post(POST, json=given)

    assert given | {"date_modified": "2021-01-01T00:00:00.500000Z"} == {key: answer.body[key] for key in given}
    assert 1 == (await linkding.get("/api/bookmarks/archived/")).body["count"]


@pytest.fixture
async def old(linkding):
    """A bookmark in full, saved a while ago."""
    given = {
        "url": URL, "title": "A", "description": "D", "notes": "N", "unread": True, "shared": True,
        "is_archived": True, "tag_names": ["x"], "date_added": "2020-01-01T00:00:00Z",
        "date_modified": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    return (await linkding.post(POST, json=given)).body


async def test_a_known_address_is_overwritten_in_silence(linkding, old):
    """LD-NEW-5 and the example of section 8: what the request leaves out becomes empty (LD-DUP-1 to LD-DUP-8)."""
    answer = await linkding.post(POST, json={"url": "HTTPS://SHOP.example/a/"})
    changed = {key: value for key, value in answer.body.items() if value != old[key]}

    assert 201 == answer.status
    assert changed.pop("date_modified") > old["date_modified"]
    assert {
        "title": "", "description": "", "notes": "", "unread": False, "shared": False, "tag_names": [],
    } == changed  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "sent", "becomes"),
    [
        ("LD-DUP-1", {"title": "B", "description": "E", "notes": "M"}, {}),
        ("LD-DUP-2", {"unread": True, "shared": True}, {}),
        ("LD-DUP-3", {"tag_names": ["y", "z"]}, {}),
        ("LD-DUP-5", {"is_archived": False}, {"is_archived": True}),
        ("LD-DUP-6", {"date_added": "1999-01-01T00:00:00Z"}, {"date_added": "2020-01-01T00:00:00Z"}),
    ],
)
async def test_what_the_request_sends_counts_field_by_field(linkding, old, rule, sent, becomes):
    answer = await linkding.post(POST, json={"url": URL} | sent)

    assert (201, old["id"]) == (answer.status, answer.body["id"]), rule
    assert sent | becomes == {key: answer.body[key] for key in sent}


async def test_the_moment_of_change_is_now_even_when_another_is_sent(linkding, old):
    """LD-DUP-7."""
    answer = await linkding.post(POST, json={"url": URL, "date_modified": "1999-01-01T00:00:00Z"})

    assert answer.body["date_modified"] > old["date_modified"]


async def test_assets_stay_with_a_bookmark_saved_again(linkding, old):
    """LD-DUP-8."""
    path = f"/api/bookmarks/{old['id']}/assets/"
    form = FormData()
    form.add_field("file", b"x", filename="a.txt")
    await linkding.post(f"{path}upload/", data=form)
    await linkding.post(POST, json={"url": URL})

    assert 1 == (await linkding.get(path)).body["count"]


async def test_of_several_old_ones_the_first_is_updated(linkding, old):
    """LD-DUP-4, LD-DUP-9: the address stays as it was first stored."""
    other = (await linkding.post(POST, json={"url": "https://b.example"})).body
    await linkding.put(f"/api/bookmarks/{other['id']}/", json={"url": f"{URL}/"})
    answer = await linkding.post(POST, json={"url": f"{URL}/", "title": "again"})

    assert (old["id"], URL, "again") == (answer.body["id"], answer.body["url"], answer.body["title"])


async def test_two_users_have_two_rows(linkding, linkding_ben, old):
    """Section 8."""
    answer = await linkding_ben.post(POST, json={"url": URL})

    assert 201 == answer.status
    assert old["id"] != answer.body["id"]


async def test_many_at_once_make_one_bookmark(linkding):
    answers = await asyncio.gather(*(linkding.post(POST, json={"url": URL, "tag_names": ["t"]}) for _ in range(8)))

    assert {201} == {answer.status for answer in answers}
    assert 1 == len({answer.body["id"] for answer in answers})
    assert 1 == (await linkding.get("/api/bookmarks/")).body["count"]


@pytest.mark.parametrize("query", ["?disable_scraping", "?disable_scraping=false", "?x=1&disable_scraping="])
async def test_the_query_keeps_the_page_from_being_loaded(linkding, ports, query):
    """LD-NEW-6: any value will do."""
    answer = await linkding.post(f"/api/bookmarks/{query}", json={"url": URL})

    assert (201, []) == (answer.status, ports.websites.calls)


@pytest.mark.parametrize(
    ("sent", "title", "description"),
    [
        ({}, "Page", "Says"),
        ({"title": "Mine"}, "Mine", "Says"),
        ({"description": "Mine"}, "Page", "Mine"),
        ({"title": "", "description": " "}, "Page", "Says"),
        ({"disable_scraping": True}, "Page", "Says"),
    ],
)
@pytest.mark.parametrize("query", ["", "?DISABLE_SCRAPING", "?disable_html_snapshot"])
async def test_empty_texts_come_from_the_page(linkding, ports, sent, title, description, query):
    """LD-NEW-6, LD-NEW-7 (no snapshots are taken by this server): each text by itself, on saving again as well."""
    ports.websites.pages[URL] = PageData(URL, title="Page", description="Says")
    for _ in range(2):
        answer = await linkding.post(f"/api/bookmarks/{query}", json={"url": URL} | sent)

        assert (201, title, description) == (answer.status, answer.body["title"], answer.body["description"])
    assets = await linkding.get(f"/api/bookmarks/{answer.body['id']}/assets/")
    assert 0 == assets.body["count"]


async def test_a_bookmark_with_both_texts_needs_no_page(linkding, ports):
    """LD-SCR-6: we need not load it then."""
    answer = await linkding.post("/api/bookmarks/", json={"url": URL, "title": "T", "description": "D"})

    assert (201, []) == (answer.status, ports.websites.calls)


async def test_a_long_title_of_a_page_is_kept_whole(linkding, ports):
    """LD-SCR-7: above 512 characters too."""
    ports.websites.pages[URL] = PageData(URL, title="x" * 900)
    answer = await linkding.post("/api/bookmarks/", json={"url": URL})

    assert (201, "x" * 900) == (answer.status, answer.body["title"])


@pytest.mark.parametrize("multipart", [False, True])
@pytest.mark.parametrize(
    ("fields", "tags"),
    [
        ([("tag_names", "b"), ("tag_names", "a")], ["a", "b"]),
        ([("tag_names[1]", "b"), ("tag_names[0]", "a")], ["a", "b"]),
        ([("tag_names", "a,b c")], ["a", "b-c"]),
        ([], []),
    ],
)
async def test_forms_are_read_as_well(linkding, multipart, fields, tags):
    """LD-NEW-8: an absent or empty boolean is false, an empty text is empty."""
    form = FormData(default_to_multipart=multipart)
    for name, value in [("url", URL), ("title", ""), ("notes", "ä+b"), ("unread", ""), ("shared", "on"), *fields]:
        form.add_field(name, value)
    answer = await linkding.post(POST, data=form)

    assert 201 == answer.status
    assert [URL, "", "ä+b", False, True, tags] == [
        answer.body[key] for key in ("url", "title", "notes", "unread", "shared", "tag_names")
    ]


async def test_a_file_is_no_text(linkding):
    form = FormData()
    form.add_field("url", URL)
    form.add_field("title", b"x", filename="title.txt")
    answer = await linkding.post(POST, data=form)

    assert (400, {"title": ["Not a valid string."]}) == answer.seen


ACCEPTED = [
    "http://localhost:8080/x", "https://10.1.2.3/", "http://[::1]/", "https://bücher.example/ü?q=ä",
    "https://x.example./", "https://x.example:99999/", "ftp://files.example/a", "HTTPS://UP.example/A",
    "https://u:p@h.example/", "https://x.co", 'https://x.example/😀<>"{}',
]  # fmt: skip
REFUSED = [
    "http://nas/x", "http://256.1.1.1/", "http://01.2.3.4/", "http://[::1%eth0]/", "https://a_b.example/",
    "https://x..example/", "https://-x.example/", "https://x-.example/", "https://x.example:123456/",
    "https://x.example:/", "javascript:alert(1)", "data:text/plain,x", "mailto:a@b.example", "file:///x", "chrome://x",
    "about:blank", "https://u:p:q@h.example/", "https://x.c", "https://x.123", "https://x.a1", "https://😀.example/",
    "https://x.example/a b", "x.example", "//x.example",
]  # fmt: skip


@pytest.mark.parametrize("url", ACCEPTED)
async def test_these_addresses_are_valid(linkding, url):
    """LD-URL-1: and come back as they were sent."""
    answer = await linkding.post(POST, json={"url": url})

    assert (201, url) == (answer.status, answer.body["url"])


@pytest.mark.parametrize("url", REFUSED)
async def test_these_addresses_are_not(linkding, ann, url):
    """LD-URL-1: on POST, PUT and PATCH; ``check`` takes them."""
    row = await make_bookmark(ann)
    words = {"url": ["Enter a valid URL."]}

    assert (400, words) == (await linkding.post(POST, json={"url": url})).seen
    assert (400, words) == (await linkding.put(f"/api/bookmarks/{row.id}/", json={"url": url})).seen
    assert (400, words) == (await linkding.patch(f"/api/bookmarks/{row.id}/", json={"url": url})).seen


async def test_a_switch_turns_the_check_off(serve, ann):
    """LD-URL-2: any text up to 2048 characters passes then, but for links that run."""
    client = (await serve(limits=Limits(validate_urls=False))).as_(ann.secret)

    for url in ("nas", "x" * 2048):
        answer = await client.post(POST, json={"url": url})

        assert (201, url) == (answer.status, answer.body["url"])
    scripts = await client.post(POST, json={"url": "java\tscript:alert(1)"})
    assert (400, {"url": ["Enter a valid URL."]}) == scripts.seen
    assert (400, {"url": ["Ensure this field has no more than 2048 characters."]}) == (
        await client.post(POST, json={"url": "x" * 2049})
    ).seen
