"""Section 5.4: saving bookmarks."""

from __future__ import annotations

import asyncio

import pytest

from models import Bookmark, Change, Tag
from rest_compat import SERVED
from schema.inputs import FolderDraft
from schema.ports import Limits, PageData
from schema.resolvers import accounts, filing, folder_trash
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token
from tests.rest_compat.bkmark.test_tags import NOBODYS, refused

BOOKMARKS = "/api/v1/bookmarks"
URL = "https://tea.example/notes/slow-brewing"
PAGE = PageData(URL, "From the page", "Said by the page")
GIVEN = {"title": "Given", "description": "Given too"}


async def make(client, status=201, **sent):
    answer = await client.post(BOOKMARKS, json=sent)

    assert status == answer.status, answer.body
    return answer.body


async def group(ann, name="Group", **more):
    return await filing.create(await ann.ctx(), FolderDraft(name=name, **more))


async def test_bk12_a_bookmark_makes_its_tags(bkmark, ann):
    """BK12: new ``tagNames`` are made and counted, and ``source`` is ``api`` if it is not given."""
    await make(bkmark, url="https://first.example/", tagNames=["Tea"], **GIVEN)
    made = await make(bkmark, url=URL, tagNames=[" tea ", "kitchen", "", "  ", "KITCHEN"], **GIVEN)
    counts = {tag["name"]: tag["count"] for tag in (await bkmark.get("/api/v1/tags")).body["data"]}

    assert ["KITCHEN", "Tea"] == made["tags"]
    assert {"KITCHEN": 1, "Tea": 2} == counts
    assert ("api", "link", None) == (made["source"], made["type"], made["readAt"])
    assert made == (await bkmark.get(f"{BOOKMARKS}/{made['id']}")).body
    assert made in (await bkmark.get(BOOKMARKS)).body["data"]


async def test_bk13_the_same_address_a_second_time(bkmark, ann):
    """BK13: refused, with the id of the first, unless the override is set, under either of its names."""
    first = await make(bkmark, url=URL, **GIVEN)
    before = await Change.all().count()
    for url in (URL, f"  {URL} ", "HTTPS://TEA.example:443/notes/./slow-brewing"):
        answer = await bkmark.post(BOOKMARKS, json={"url": url, "tagNames": ["new"], "force": False} | GIVEN)

        assert 409 == answer.status
        assert {
            "error": "conflict",
            "message": "This URL is already saved.",
            "statusCode": 409,
            "details": {"bookmarkId": first["id"]},
        } == answer.body
    assert before == await Change.all().count()
    assert not await Tag.all().count()
    await make(bkmark, url=f"{URL}#fragment", **GIVEN)
    copies = [await make(bkmark, url=URL, **{name: True}, **GIVEN) for name in ("force", "allowDuplicate", "force")]

    assert 4 == len({first["id"], *(copy["id"] for copy in copies)})
    assert 5 == await Bookmark.filter(deleted_at=None).count()
    assert {"error": "conflict"}.items() <= (await make(bkmark, 409, url=URL, **GIVEN)).items()


async def test_what_is_in_the_trash_is_in_nobodys_way(bkmark, ann):
    first = await make(bkmark, url=URL, **GIVEN)
    await bkmark.delete(f"{BOOKMARKS}/{first['id']}")
    second = await make(bkmark, url=URL, **GIVEN)

    assert first["id"] != second["id"]


async def test_two_at_once_make_one(bkmark):
    """The check holds however many ask at the same moment."""
    answers = await asyncio.gather(*(bkmark.post(BOOKMARKS, json={"url": URL} | GIVEN) for _ in range(6)))

    assert [201, 409, 409, 409, 409, 409] == sorted(answer.status for answer in answers)


async def test_left_out_texts_come_from_the_page(bkmark, ann):
    """Each by itself; what is given is not fetched, and a duplicate is refused before anybody waits for a page."""
    websites = ann.ports.websites
    cases = [({}, ("From the page", "Said by the page")), ({"title": "T"}, ("T", "Said by the page"))]
    cases += [({"description": "D"}, ("From the page", "D")), ({"title": "", "description": None}, cases[0][1])]
    for number, (sent, expected) in enumerate(cases):
        url = f"{URL}/{number}"
        websites.pages[url] = PAGE
        made = await make(bkmark, url=url, **sent)

        assert expected == (made["title"], made["description"])
    assert len(cases) == len(websites.calls)
    await make(bkmark, url=URL, **GIVEN)
    await make(bkmark, 409, url=URL)
    assert len(cases) == len(websites.calls)


async def test_a_page_that_does_not_answer_leaves_host_and_path(bkmark, serve, ann):
    """The bookmark is made all the same, also when the page takes longer than one waits."""
    cases = {
        "https://user:secret@Tea.example:8443/a/b/?q=1#f": "tea.example/a/b",
        "https://tea.example": "tea.example",
        "http://[::1]/x": "[::1]/x",
        "https://bücher.example/ü": "xn--bcher-kva.example/%C3%BC",
    }
    for url, title in cases.items():
        made = await make(bkmark, url=url)

        assert (title, None) == (made["title"], made["description"])
    ann.ports.websites.gate = asyncio.Event()
    hasty = (await serve(limits=Limits(fetch_timeout=0.05))).as_(ann.secret, "Bearer")
    assert "tea.example/notes/slow-brewing" == (await make(hasty, url=URL))["title"]


async def test_notes_and_code_need_no_address(bkmark):
    """Their text is the description, nothing is fetched for them, and many may name the same address."""
    note = await make(bkmark, type="note", description="Buy leaves", tagNames=["tea"])
    code = await make(bkmark, type="code", title="One", description="x = 1", url=None)
    link = await make(bkmark, url=URL, **GIVEN)
    about = [await make(bkmark, type="note", description="About it", url=URL) for _ in range(2)]

    assert ("note", None, "", "Buy leaves", ["tea"]) == tuple(
        note[name] for name in ("type", "url", "title", "description", "tags")
    )
    assert ("code", None, "One", "x = 1") == tuple(code[name] for name in ("type", "url", "title", "description"))
    assert [URL, URL, URL] == [one["url"] for one in (link, *about)]


async def test_images_are_links_to_images(bkmark):
    made = await make(bkmark, type="image", url="https://a.example/cat.png", source="slack", **GIVEN)

    assert ("image", "slack") == (made["type"], made["source"])


@pytest.mark.parametrize("doors", [SERVED], ids=["all doors"])
async def test_other_doors_see_links_and_images_only(bkmark, anonymous, ann):
    """Notes and code are invisible to linkding and Nextcloud, and in nobody's way there."""
    note = await make(bkmark, type="note", title="A note", description="x", url="https://a.example/")
    await make(bkmark, type="image", url="https://a.example/cat.png", **GIVEN)
    linkding = anonymous.as_(ann.secret)
    listed = (await linkding.get("/api/bookmarks/")).body
    saved = await linkding.post("/api/bookmarks/?disable_scraping", json={"url": "https://a.example/"})
    id = (await Bookmark.get(uid=note["id"])).id

    assert ["https://a.example/cat.png"] == [one["url"] for one in listed["results"]]
    assert 201 == saved.status
    assert 404 == (await linkding.get(f"/api/bookmarks/{id}/")).status
    cloud = anonymous.as_(ann.secret, "Bearer")
    found = await cloud.get("/index.php/apps/bookmarks/public/rest/v2/bookmark")
    assert {"https://a.example/cat.png", "https://a.example/"} == {one["url"] for one in found.body["data"]}
    assert 3 == len((await bkmark.get(BOOKMARKS)).body["data"])


async def test_groups_are_entered(bkmark, ann):
    one, two = await group(ann, "One"), await group(ann, "Two")
    made = await make(bkmark, url=URL, groupIds=[two.uid, one.uid.upper(), two.uid], **GIVEN)

    assert [one.uid, two.uid] == made["groupIds"]


async def test_an_unknown_group_or_tag_makes_nothing(bkmark, bkmark_ben, ann, ben):
    """Unknown, foreign, deleted, the root, and what is no id: 400."""
    mine, gone = await group(ann), await group(ann, "Gone")
    await folder_trash.delete(await ann.ctx(), gone.id)
    tag = (await bkmark.post("/api/v1/tags", json={"name": "hers"})).body["id"]
    hers = (await bkmark_ben.post("/api/v1/groups", json={"name": "His"})).body["id"]
    for id in (hers, gone.uid, tag, str(ann.user.root_folder_id), *NOBODYS):
        answer = await bkmark.post(BOOKMARKS, json={"url": URL, "groupIds": [mine.uid, id], "tagNames": ["x"]} | GIVEN)

        assert [{"path": ["groupIds", 1], "rule": "unknown"}] == refused(answer, 400, "validation_error")["details"][
            "faults"
        ]
    for sent in ({"tagIds": [mine.uid]}, {"tags": [{"id": "x"}]}):
        refused(await bkmark.post(BOOKMARKS, json={"url": URL} | sent | GIVEN), 400, "validation_error")
    for sent in ({"tagIds": [tag]}, {"tags": [{"id": tag}]}):
        refused(await bkmark_ben.post(BOOKMARKS, json={"url": URL} | sent | GIVEN), 400, "validation_error")
    assert 0 == await Bookmark.all().count()
    assert ["hers"] == await Tag.all().values_list("name", flat=True)


async def test_tags_in_every_spelling(bkmark):
    """Section 5.2: names, ids, and ``tags`` with either, all put together."""
    [tag] = (await make(bkmark, url="https://a.example/", tagNames=["one"], **GIVEN))["tagDetails"]
    two = (await bkmark.post("/api/v1/tags", json={"name": "two"})).body["id"]
    made = await make(
        bkmark, url=URL, tagIds=[tag["id"]], tagNames=["three"],
        tags=["four", {"id": two, "name": "x"}, {"name": "five"}], **GIVEN,
    )  # fmt: skip

    assert ["five", "four", "one", "three", "two"] == made["tags"]


async def test_rules_give_tags_too(bkmark, ann):
    await accounts.set_auto_tagging_rules(await ann.ctx(), "tea.example drinks")

    assert ["drinks", "x"] == (await make(bkmark, url=URL, tagNames=["x"], **GIVEN))["tags"]


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"url": None}, {"url": ""}, {"url": "   "}, {"url": 7}, {"url": ["x"]}, {"url": "tea.example"},
        {"url": "javascript:alert(1)"}, {"url": "ftp://a.example/"}, {"url": "https://"}, {"url": "https://a b/"},
        {"url": "http://a.example:99999/"}, {"url": "mailto:a@b.example"}, {"url": f"{URL}\0"}, {"url": f"{URL}\ud800"},
        {"url": URL, "type": "page"}, {"url": URL, "type": "bookmarklet"}, {"url": URL, "type": None},
        {"url": URL, "source": "api2"}, {"url": URL, "title": 7}, {"url": URL, "title": "\0"},
        {"url": URL, "description": "\udc00"}, {"url": URL, "force": "yes"}, {"url": URL, "force": 1},
        {"url": URL, "tagNames": "tea"}, {"url": URL, "tagNames": [7]}, {"url": URL, "tagNames": ["x" * 51]},
        {"url": URL, "tagNames": ["\0"]}, {"url": URL, "tags": [{}]}, {"url": URL, "tags": [7]},
        {"url": URL, "tags": {"name": "x"}}, {"url": URL, "tags": [{"id": 7}]}, {"url": URL, "groupIds": "x"},
        {"url": URL, "groupIds": [None]}, {"url": URL, "groupIds": ["x"] * 501}, {"url": URL, "tagIds": ["x"] * 501},
        {"type": "image"}, {"type": "image", "url": ""}, {"type": "note"},
        {"type": "code", "title": "", "description": ""}, {"type": "note", "description": "x", "url": "javascript:x"},
        {"type": "note", "description": "x", "url": "nothing"}, {"url": "/x"},
    ],
)  # fmt: skip
async def test_bad_input_is_400_and_makes_nothing(bkmark, ann, sent):
    refused(await bkmark.post(BOOKMARKS, json=sent), 400, "validation_error")

    assert [0, 0, 0] == [await Bookmark.all().count(), await Tag.all().count(), await Change.all().count()]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"\xef\xbb\xbf{}", b"[" * 100_000, b"NaN"]
)
async def test_a_body_that_is_no_object_is_400(bkmark, data):
    for path in (BOOKMARKS, f"{BOOKMARKS}/bulk"):
        refused(await bkmark.post(path, data=data), 400, "validation_error")


async def test_faults_name_the_member(bkmark):
    """As clients spell it, with the rule, beside the sentence."""
    answer = await bkmark.post(BOOKMARKS, json={"type": "image"})
    nameless = await bkmark.post(BOOKMARKS, json={"url": URL, "tagNames": ["ok", "x" * 51]})

    assert "url is required." == answer.body["message"]
    assert {"faults": [{"path": ["url"], "rule": "required"}]} == answer.body["details"]
    assert "tagNames is longer than 50 characters." == nameless.body["message"]
    assert [["tagNames", 1]] == [fault["path"] for fault in nameless.body["details"]["faults"]]


async def test_writing_needs_its_scope_and_no_other(anonymous, ann):
    """Section 2.7: tags that are born and groups that are entered need bookmarks:write alone, which reads nothing."""
    one = await group(ann)
    writer = anonymous.as_(await make_token(ann, "bookmarks:write"), "Bearer")
    reader = anonymous.as_(await make_token(ann, "bookmarks:read", "tags:write", "groups:write"), "Bearer")
    made = await make(writer, url=URL, tagNames=["new"], groupIds=[one.uid], **GIVEN)

    assert (["new"], [one.uid]) == (made["tags"], made["groupIds"])
    refused(await writer.get(f"{BOOKMARKS}/{made['id']}"), 403, "insufficient_scope")
    refused(await reader.post(BOOKMARKS, json={"url": f"{URL}/2"} | GIVEN), 403, "insufficient_scope")
    assert 200 == (await reader.get(f"{BOOKMARKS}/{made['id']}")).status


async def test_saving_costs_a_fixed_number_of_statements(bkmark, ann):
    """However many bookmarks and copies there are."""
    costs = []
    for number in range(3):
        for _ in range(4 * number):
            await make_bookmark(ann, tag_names=["x"])
        async with statements_counted([]) as found:
            await make(bkmark, url=URL, force=True, tagNames=["x"], **GIVEN)
        costs.append(len(found))

    assert costs[1] == costs[2] <= 20
