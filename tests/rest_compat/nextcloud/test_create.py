"""``POST bookmark`` (NC-6.2)."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import FormData

from models import Bookmark
from schema.ports import FetchFailed, Limits, PageData
from tests.rest_compat.nextcloud.conftest import Cloud, error, state

SEED = (
    "bookmark?url=http%3A%2F%2Fgoogle.com&title=Google&description=in%20case%20you%20forget"
    "&item%5Btags%5D%5B%5D=search&item%5Btags%5D%5B%5D=engine&is_public"
)
FIELDS = {
    "id", "url", "target", "title", "description", "tags", "public", "added", "lastmodified", "clickcount", "user_id",
    "userId", "folders", "available", "lastPreview", "archivedFile",
}  # fmt: skip


async def test_m02_the_example_of_the_seed(both):
    """M02, S01, D1, D14, D17, D18: and GET by id is equal."""
    item = await both.item("POST", SEED)

    assert (both.id(1), "http://google.com/", "Google") == (item["id"], item["url"], item["title"])
    assert ("in case you forget", ["engine", "search"], 1) == (item["description"], item["tags"], item["public"])
    assert item == await both.item("GET", f"bookmark/{item['id']}")


async def test_m21_a_bookmark_has_all_fields_in_their_types(both):
    """M21, S01: no nulls in texts and lists; times are whole seconds."""
    item = await both.item("POST", "bookmark?url=https://example.org/")

    assert set(item) == FIELDS
    assert isinstance(item["id"], int if both.index else str)
    assert (0, 0, [-1], []) == (item["public"], item["clickcount"], item["folders"], item["tags"])
    assert ("ann", "ann") == (item["user_id"], item["userId"])
    assert (1767323045, 1767323045) == (item["added"], item["lastmodified"])
    assert all(type(item[name]) is str for name in ("url", "target", "title", "description"))
    assert item in await both.data("bookmark")


PAIRS = [("url", "https://a.example/"), ("title", "T"), ("item[tags][]", "x"), ("item[tags][]", "y")]
BODIES = {
    "form": lambda: {"data": FormData(PAIRS)},
    "multipart": lambda: {"data": multipart()},
    "json item": lambda: {"json": {"url": "https://a.example/", "title": "T", "item": {"tags": ["x", "y"]}}},
    "json tags": lambda: {"json": {"url": "https://a.example/", "title": "T", "tags": ["x", "y"]}},
}


def multipart():
    form = FormData(default_to_multipart=True)
    for name, text in PAIRS:
        form.add_field(name, text)
    return form


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_m03_the_same_in_every_kind_of_body(both, body):
    """M03."""
    item = await both.item("POST", "bookmark", **body())

    assert ("https://a.example/", "T", ["x", "y"]) == (item["url"], item["title"], item["tags"])


async def test_m04_json_type_with_an_empty_body(both):
    """M04: POST, PUT, GET and DELETE."""
    kind = {"Content-Type": "application/json"}
    item = await both.item("POST", "bookmark?url=https://a.example/&title=T", headers=kind)
    path = f"bookmark/{item['id']}"
    edited = await both.item("PUT", f"{path}?title=U&record_id={item['id']}", headers=kind)

    assert "U" == edited["title"]
    assert edited == await both.item("GET", path, headers=kind)
    assert 200 == (await both.delete(path, headers=kind)).status
    assert 404 == (await both.get(path, headers=kind)).status


@pytest.mark.parametrize(
    ("query", "public"),
    [("&is_public", 1), ("&is_public=", 1), ("&is_public=1", 1), ("&is_public=true", 1), ("", 0),
     ("&is_public=0", 0), ("&is_public=false", 0)],
)  # fmt: skip
async def test_m05_present_without_value_is_public(both, query, public):
    """M05, D3."""
    item = await both.item("POST", f"bookmark?url=https://a.example/&title=T{query}")

    assert public == item["public"]


class TestM11Title:
    """M11: the page is asked when no title is sent, and never an error."""

    URL = "https://page.example/"

    @pytest.fixture(autouse=True)
    def pages(self, ports):
        ports.websites.pages[self.URL] = PageData(self.URL, title="Page", description="Says")

    @pytest.mark.parametrize(
        "options",
        [{}, {"data": {"title": ""}}, {"data": {"title": "  "}}, {"json": {"title": None}}],
        ids=["absent", "empty in a form", "blank in a form", "null"],
    )
    async def test_of_the_page(self, both, options):
        item = await both.item("POST", f"bookmark?url={self.URL}", **options)

        assert ("Page", "Says") == (item["title"], item["description"])

    async def test_one_that_was_sent_is_kept_and_nothing_is_fetched(self, both, ports):
        """Also an empty one, in JSON."""
        sent = await both.item("POST", "bookmark", json={"url": self.URL, "title": " T "})
        empty = await both.item("POST", "bookmark", json={"url": "https://b.example/", "title": ""})

        assert ([" T ", ""], []) == ([sent["title"], empty["title"]], ports.websites.calls)

    async def test_a_page_that_cannot_be_had_leaves_the_address(self, both, ports):
        ports.websites.pages["https://broken.example/x"] = FetchFailed("no")
        for address in ("https://nowhere.example/x", "https://broken.example/x", "ftp://files.example/x"):
            item = await both.item("POST", f"bookmark?url={address}")

            assert (address, address, "") == (item["url"], item["title"], item["description"])

    async def test_a_page_that_never_answers(self, serve, ann, cloud_of, ports):
        ports.websites.gate = asyncio.Event()
        cloud = Cloud(await serve(limits=Limits(fetch_timeout=0.05)), cloud_of(ann).credential)
        item = await cloud.item("POST", "bookmark?url=https://slow.example/")
        ports.websites.gate.set()

        assert "https://slow.example/" == item["title"]

    async def test_what_the_page_says_never_overwrites(self, both):
        """NC-6.2: the same address again without a title."""
        await both.save(self.URL, title="Mine", description="My words")
        again = await both.item("POST", f"bookmark?url={self.URL}")

        assert ("Mine", "My words") == (again["title"], again["description"])

    async def test_a_title_that_was_made_up_gives_way_to_the_page_until_somebody_gives_one(self, both, ports):
        """NC-6.2: saved while the page could not be had, and again without a title before and after it could."""
        page = ports.websites.pages.pop(self.URL)
        first = await both.item("POST", f"bookmark?url={self.URL}")
        second = await both.item("POST", f"bookmark?url={self.URL}")
        ports.websites.pages[self.URL] = page
        third = await both.item("POST", f"bookmark?url={self.URL}")

        assert [self.URL, self.URL, "Page"] == [item["title"] for item in (first, second, third)]

    async def test_a_title_stays_made_up_when_the_same_address_comes_again(self, both, ports):
        page = ports.websites.pages.pop(self.URL)
        await both.item("POST", f"bookmark?url={self.URL}")
        item = await both.item("POST", f"bookmark?url={self.URL}")
        made_up = await Bookmark.get(id=int(item["id"]))
        ports.websites.pages[self.URL] = page
        given = await Bookmark.get(id=int((await both.save(self.URL, title=self.URL))["id"]))

        assert (True, False) == (made_up.is_title_provisional, given.is_title_provisional)


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("notaurl", "http://notaurl/"),
        ("HTTP%3A%2F%2FExample.COM%3A80%2Fa%2F..%2Fb%3Fx%3D%C3%A4", "http://example.com/b?x=%C3%A4"),
        ("http%3A%2F%2Fgoogle.com", "http://google.com/"),
        ("https%3A%2F%2Fb%C3%BCcher.example%2F%3Futm_source%3Dx%26b%3D1%26a%3D2%23f", "https://xn--bcher-kva.example/?utm_source=x&b=1&a=2#f"),
        ("https%3A%2F%2Fa.example%2Fx%2F", "https://a.example/x/"),
        ("sftp%3A%2F%2Fh%2Fx", "sftp://h/x"),
        ("file%3A%2F%2F%2Fhome%2Fann", "file:///home/ann"),
        ("example.org%3A8080%2Fx", "http://example.org:8080/x"),
    ],
)  # fmt: skip
async def test_m12_addresses_are_normalised_and_no_more(both, url, stored):
    """M12, D18."""
    item = await both.item("POST", f"bookmark?title=T&url={url}")

    assert (stored, stored) == (item["url"], item["target"])


@pytest.mark.parametrize(
    "query", ["&url=foo%20bar", "&url=", "", "&url=mailto:x@y.z", "&url=http://", "&url=data:text/plain,x", "&url[]=x"]
)
async def test_m12_what_is_no_address_is_refused(both, ann, query):
    """M12, NC-5.4."""
    before = await state(ann)
    answer = await both.post(f"bookmark?title=T{query}")

    assert 400 == answer.status
    assert "error" == answer.body["status"]
    assert query == "&url[]=x" or error(400, "Invalid URL") == answer.seen
    assert before == await state(ann)


async def test_one_without_a_scheme_is_the_bookmark_that_there_is(both):
    """NC-5.4: under https first."""
    plain = await both.save("http://a.example/x")

    assert plain["id"] == (await both.save("a.example/x"))["id"]

    secure = await both.save("https://a.example/x")

    assert secure["id"] == (await both.save("a.example/x"))["id"]


async def test_m13_the_same_address_again(both):
    """M13, D10: the same id, tags united, texts replaced where they are sent."""
    first = await both.save("http://a.example", title="One", description="D", tags=["x"])
    again = await both.item("POST", "bookmark?url=http://A.example/&title=Two&tags[]=y&is_public")

    assert (first["id"], "Two", "D", ["x", "y"], 1) == (
        again["id"], again["title"], again["description"], again["tags"], again["public"],
    )  # fmt: skip
    assert 1 == len(await both.data("bookmark"))
    assert (await both.save("https://a.example/"))["id"] != first["id"]


async def test_the_same_address_again_goes_into_more_folders(both):
    folder = await both.make_folder()
    first = await both.save(folders=[folder])
    again = await both.save(folders=[-1])

    assert ([folder], first["id"]) == (first["folders"], again["id"])
    assert sorted([folder, -1]) == again["folders"]
    assert again["folders"] == (await both.save())["folders"]


async def test_parallel_creates_of_one_address_make_one_bookmark(both):
    items = await asyncio.gather(*(both.save(title=f"T{number}") for number in range(5)))

    assert 1 == len({item["id"] for item in items})
    assert 1 == len(await both.data("bookmark"))


@pytest.mark.parametrize("folders", [["{folder}", "-1"], ["{folder}"], [], [""], None])
async def test_folders_may_be_texts_and_the_root_is_meant_without_any(both, folders):
    folder = await both.make_folder()
    sent = None if folders is None else [one.format(folder=folder) for one in folders]
    item = await both.save(folders=sent)

    assert sorted({int(one) for one in sent or [] if one} or {-1}) == item["folders"]


async def test_folders_of_others_and_of_nobody_are_refused(both, ann, ben, cloud_ben):
    theirs = await cloud_ben.make_folder()
    before = await state(ann, ben)
    for folders in ([theirs], [999], [-1, theirs], ["x"], [0]):
        answer = await both.post("bookmark", json={"url": "https://a.example/", "title": "T", "folders": folders})

        assert error(400, "Could not add bookmark") == answer.seen
    assert before == await state(ann, ben)


async def test_s07_a_script(both):
    """S07, D15: verbatim in ``target``, nothing in ``url``; found by its text."""
    script = "javascript:void( '%41 ä' )"
    item = await both.save(script, title="JS")

    assert ("", script) == (item["url"], item["target"])
    assert item == await both.item("GET", f"bookmark/{item['id']}")
    assert [item] == await both.data("bookmark?page=-1&search[]=javascript%3A")
    assert [item] == await both.data("bookmark?url=javascript%3Avoid(%20'%2541%20%C3%A4'%20)")
    assert item["id"] == (await both.save(script))["id"]


async def test_target_goes_before_url(both):
    item = await both.save("https://a.example/", target="javascript:x")

    assert "javascript:x" == item["target"]
    assert "https://b.example/" == (await both.save("https://b.example/", target=""))["url"]


async def test_m22_unknown_parameters_are_ignored_and_the_body_beats_the_address(both):
    """M22: as real clients send them."""
    item = await both.item(
        "POST", "bookmark?page=-1&format=x&id=9&status=3&title=Q&url=https://q.example/", json={"title": "B", "x": [1]}
    )

    assert ("B", "https://q.example/") == (item["title"], item["url"])


async def test_tags_keep_commas_and_lose_blanks_around(both):
    """NC-5.3, section 17: a comma in a tag survives in lists too."""
    item = await both.save(tags=[" a,b ", "", "c", "c", " "])

    assert ["a,b", "c"] == item["tags"]
    assert [["a,b", "c"]] == [one["tags"] for one in await both.data("bookmark")]


async def test_texts_are_kept_letter_by_letter(both):
    """Clients compare them: no trimming, no decoding of entities."""
    item = await both.save(title=" &amp; <b> \u2028 Grüße\t", description="\n ")

    assert (" &amp; <b> \u2028 Grüße\t", "\n ") == (item["title"], item["description"])


@pytest.mark.parametrize(
    "content",
    [
        {"title": "\0"}, {"title": "\ud800"}, {"title": ["x"]}, {"tags": ["x" * 256]}, {"tags": ["\0"]}, {"tags": [{}]},
        {"description": {}}, {"url": "https://a.example/\0"}, {"folders": [[1]]},
    ],
)  # fmt: skip
async def test_what_cannot_be_stored_is_refused(both, ann, content):
    before = await state(ann)
    body = json.dumps({"url": "https://a.example/", "title": "T"} | content).encode()
    answer = await both.post("bookmark", data=body, headers={"Content-Type": "application/json"})

    assert (400, "error", 1) == (answer.status, answer.body["status"], len(answer.body["data"]))
    assert before == await state(ann)


async def test_a_body_that_is_too_large(serve, ann, cloud_of):
    """NC section 3: in this door's shape."""
    cloud = Cloud(await serve(max_body_size=1000), cloud_of(ann).credential)
    answer = await cloud.post("bookmark", json={"url": "https://a.example/", "title": "x" * 1000})

    assert error(413, "Larger than the limit of 1000 bytes") == answer.seen


@pytest.mark.parametrize(("setting", "expected"), [("string", ["1", "1"]), ("int", [1, 1]), ("auto", ["1", 1])])
async def test_the_spelling_of_ids_may_be_set(serve, ann, cloud_of, setting, expected):
    """D1."""
    cloud = Cloud(await serve(nextcloud_ids=setting), cloud_of(ann).credential)

    assert expected == [(await one.save())["id"] for one in (cloud, cloud.below_index())]
