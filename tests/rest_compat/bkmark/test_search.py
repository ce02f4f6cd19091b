"""Section 8: ``GET /search``, and ``search`` of the list."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from models import Folder, Tag
from schema.inputs import FolderDraft
from schema.ports import PageData
from schema.resolvers import filing, saving, states, trash
from schema.types.kind import BookmarkKind
from tests.factories import make_bookmark, make_token
from tests.rest_compat.bkmark.test_tags import NOBODYS

SEARCH = "/api/v1/search"
BOOKMARKS = "/api/v1/bookmarks"


async def titles(client, text, more="", path=f"{SEARCH}?q="):
    answer = await client.get(f"{path}{quote(text)}&limit=50{more}")

    assert 200 == answer.status, answer.body
    assert ["data", "nextCursor"] == sorted(answer.body)
    return [one["title"] for one in answer.body["data"]]


async def walk(client, query, limit=1):
    """Every id from the first page to the last, and how many pages there were."""
    ids, cursor, pages = [], "", 0
    while True:
        pages += 1
        answer = await client.get(f"{query}&limit={limit}{cursor}")
        assert 200 == answer.status, answer.body
        ids += [one["id"] for one in answer.body["data"]]
        if answer.body["nextCursor"] is None:
            return ids, pages
        cursor = f"&cursor={answer.body['nextCursor']}"


async def refusal(client, path):
    """The error of a 400, and the rule of its first fault."""
    answer = await client.get(path)

    assert ("validation_error", 400, 400) == (answer.body["error"], answer.body["statusCode"], answer.status)
    return answer.body["details"]["faults"][0]["rule"]


async def test_the_objects_are_those_of_the_list(bkmark, ann):
    await make_bookmark(ann, title="Slow brewing, step by step", description="Water.", tag_names=["tea", "kitchen"])
    found = await bkmark.get(f"{SEARCH}?q=slow%20brewing")
    listed = await bkmark.get(BOOKMARKS)
    styled = await bkmark.get(f"{SEARCH}?q=slow&tagFormat=object")

    assert listed.body == found.body
    assert [{"kitchen", "tea"}] == [{tag["name"] for tag in one["tags"]} for one in styled.body["data"]]


async def test_title_description_and_address_are_searched_and_nothing_else(bkmark, ann):
    """Best match first: the title before the rest, and the last made first of equals."""
    await make_bookmark(ann, title="In the address", url="https://x.example/teapot")
    await make_bookmark(ann, title="In the description", description="two teapots")
    await make_bookmark(ann, title="The teapot")
    await make_bookmark(ann, title="In the notes", notes="teapot")
    await make_bookmark(ann, title="In a tag", tag_names=["teapot"])
    row = await make_bookmark(ann, title="In the page")
    async with saving.writing(await ann.ctx()) as unit:
        await saving.keep_content(unit, row.id, PageData("https://x.example/", text="teapot"))

    expected = ["The teapot", "In the description", "In the address"]
    assert expected == await titles(bkmark, "TEAPOTS") == await titles(bkmark, "teapot")
    assert expected == await titles(bkmark, "teapot", path=f"{BOOKMARKS}?search=")


async def test_bk20_a_typing_error_finds_the_word_spelled_rightly(bkmark, ann):
    """BK20: when nothing matches exactly; a part of the word does as well."""
    await make_bookmark(ann, title="The TypeScript handbook")
    await make_bookmark(ann, title="Something else")
    for text in ("tpyescript", "typescr", "escript", "typescirpt handbok"):
        assert ["The TypeScript handbook"] == await titles(bkmark, text), text
        assert ["The TypeScript handbook"] == await titles(bkmark, text, path=f"{BOOKMARKS}?search="), text
    await make_bookmark(ann, title="tpyescript")

    assert ["tpyescript"] == await titles(bkmark, "tpyescript")  # exact now, and so alone


async def test_bk6_either_scope_opens_the_search(bkmark, ann):
    """BK6: search:read or bookmarks:read, each alone; no other does."""
    await make_bookmark(ann, title="x")
    for scope in ("search:read", "bookmarks:read"):
        answer = await bkmark.as_(await make_token(ann, scope), "Bearer").get(f"{SEARCH}?q=x")
        assert (200, 1) == (answer.status, len(answer.body["data"])), scope
    others = await make_token(ann, "bookmarks:write", "tags:read", "groups:read", "account")
    answer = await bkmark.as_(others, "Bearer").get(f"{SEARCH}?q=x")

    assert (403, "insufficient_scope") == (answer.status, answer.body["error"])


async def test_bk5_a_search_credential_lists_nothing(bkmark, ann):
    """BK5, section 2.7: not with ``search`` either, and its tags are not for it."""
    searcher = bkmark.as_(await make_token(ann, "search:read"), "Bearer")
    refused = [(await searcher.get(path)).status for path in (f"{BOOKMARKS}?search=x", BOOKMARKS, "/api/v1/tags")]

    assert [403, 403, 403] == refused


async def test_a_walk_meets_each_hit_once_in_one_order(bkmark, ann):
    """In either tier, page by page, while others come and go."""
    for number in range(9):
        where = ("title", "description")[number % 2]
        await make_bookmark(ann, **({"title": f"T{number}"} | {where: f"kettle {number}"}))
    for text in ("kettle", "ketlte"):
        whole, _ = await walk(bkmark, f"{SEARCH}?q={text}", limit=100)
        single, pages = await walk(bkmark, f"{SEARCH}?q={text}")
        await make_bookmark(ann, title="one more kettle")
        first = await bkmark.get(f"{SEARCH}?q={text}&limit=3")
        fresh = await make_bookmark(ann, title="another kettle")
        rest = await bkmark.get(f"{SEARCH}?q={text}&limit=100&cursor={first.body['nextCursor']}")
        later = [one["id"] for one in (*first.body["data"], *rest.body["data"])]

        assert (whole, len(whole)) == (single, pages)
        assert whole == later[1:]
        assert fresh.uid not in later


async def test_filters_narrow_the_search(bkmark, ann):
    """By groupId and tagId, together too; an id that is nobody's finds nothing; type as the list has it."""
    ctx = await ann.ctx()
    group = await filing.create(ctx, FolderDraft(name="G"))
    await make_bookmark(ann, title="tea one", tag_names=["x"], folder_ids=[group.id])
    await make_bookmark(ann, title="tea two", tag_names=["x"])
    await make_bookmark(ann, title="tea three", folder_ids=[group.id])
    await make_bookmark(ann, url=None, kind=BookmarkKind.NOTE, title="tea note", description="n")
    group_uid, tag_uid = (await Folder.get(id=group.id)).uid, (await Tag.get(name="x")).uid

    assert ["tea three", "tea one"] == await titles(bkmark, "tea", f"&groupId={group_uid}")
    assert ["tea two", "tea one"] == await titles(bkmark, "tea", f"&tagId={tag_uid}")
    assert ["tea one"] == await titles(bkmark, "tea", f"&tagId={tag_uid}&groupId={group_uid}")
    assert ["tea note"] == await titles(bkmark, "tea", "&type=note")
    for nobodys in NOBODYS:
        assert [] == await titles(bkmark, "tea", f"&groupId={nobodys}")
        assert [] == await titles(bkmark, "tea", f"&tagId={nobodys}")


async def test_what_is_foreign_or_in_the_trash_is_not_found(bkmark, bkmark_ben, ann, ben):
    gone = await make_bookmark(ann, title="kettle of old")
    await make_bookmark(ben, title="Ben's kettle")
    await trash.delete(await ann.ctx(), [gone.id])
    for text in ("kettle", "ketlte", "kett"):
        assert [] == await titles(bkmark, text)
        assert ["Ben's kettle"] == await titles(bkmark_ben, text)


async def test_a_list_with_a_search_may_have_another_order(bkmark, ann):
    """With ``sortField`` it is that field's, in either tier, page by page; other filters hold as well."""
    made = [await make_bookmark(ann, title=title) for title in ("b kettle", "kettle", "a kettle", "c", "d kettle")]
    await states.favorite(await ann.ctx(), [made[0].id, made[2].id])
    for text in ("kettle", "ketlte"):
        path = f"{BOOKMARKS}?search="
        assert ["a kettle", "b kettle", "d kettle", "kettle"] == await titles(
            bkmark, text, "&sortField=title&sortDir=asc", path
        )
        assert ["a kettle", "b kettle"] == await titles(
            bkmark, text, "&sortField=title&sortDir=asc&isFavorite=true", path
        )
        ids, pages = await walk(bkmark, f"{path}{text}&sortField=createdAt")
        assert ([made[4].uid, made[2].uid, made[1].uid, made[0].uid], 4) == (ids, pages)
    assert 5 == len(await titles(bkmark, " ", path=f"{BOOKMARKS}?search="))  # nothing asked for


async def test_a_sorted_list_keeps_the_tier_it_began_with(bkmark, ann):
    """A better match that comes meanwhile does not end it."""
    made = [await make_bookmark(ann, title=f"kettle {number}") for number in range(3)]
    first = await bkmark.get(f"{BOOKMARKS}?search=ketlte&sortField=title&limit=1")
    await make_bookmark(ann, title="a ketlte")
    query = f"{BOOKMARKS}?search=ketlte&sortField=title&cursor={first.body['nextCursor']}"
    rest = await bkmark.get(query)
    other = await bkmark.get(query.replace("ketlte", "kettle"))

    assert [made[2].uid] == [one["id"] for one in first.body["data"]]
    assert [made[1].uid, made[0].uid] == [one["id"] for one in rest.body["data"]][:2]
    assert (400, "cursor") == (other.status, other.body["details"]["faults"][0]["rule"])


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("", "required"),
        ("?limit=5", "required"),
        ("?q=", "blank"),
        ("?q=%20%20", "blank"),
        ("?q=%22!%3F%22", "blank"),
        ("?q=a%00b", "nul"),
        ("?q=%ED%A0%80", None),
        (f"?q={'a' * 1001}", "too_long"),
        (f"?q={'+'.join(f'w{n}' for n in range(33))}", "too_many"),
        ("?q=a&limit=0", "shape"),
        ("?q=a&limit=101", "shape"),
        ("?q=a&limit=x", "shape"),
        ("?q=a&cursor=x", "cursor"),
        ("?q=a&cursor=", "cursor"),
        ("?q=a&cursor=%00", "cursor"),
        ("?q=a&cursor=W10", "cursor"),
        ("?q=a&type=bookmarklet", "shape"),
    ],
)
async def test_a_search_that_asks_for_nothing_or_too_much_is_refused(bkmark, query, rule):
    """BK section 1.5: 400 in the one shape."""
    if rule is None:
        assert (await bkmark.get(f"{SEARCH}{query}")).status in {200, 400}
    else:
        assert rule == await refusal(bkmark, f"{SEARCH}{query}")


async def test_a_cursor_is_good_for_its_own_search_alone(bkmark, ann):
    for number in range(3):
        await make_bookmark(ann, title=f"kettle {number}", tag_names=["x"])
    answer = await bkmark.get(f"{SEARCH}?q=kettle&limit=1")
    cursor = answer.body["nextCursor"]
    uid = (await Tag.get(name="x")).uid
    for query in (f"?q=kettle&tagId={uid}", "?q=kettles", "?q=ketlte", "?q=kettle&type=link"):
        assert "cursor" == await refusal(bkmark, f"{SEARCH}{query}&cursor={cursor}")
    assert "cursor" == await refusal(bkmark, f"{BOOKMARKS}?cursor={cursor}")
    assert "cursor" == await refusal(bkmark, f"{BOOKMARKS}?search=kettle&sortField=title&cursor={cursor}")
    same = await bkmark.get(f"{BOOKMARKS}?search=kettle&limit=5&cursor={cursor}")

    assert 2 == len(same.body["data"])  # one engine behind both


async def test_a_list_cannot_search_for_punctuation(bkmark):
    for text, rule in (("!!", "blank"), ("a%00", "nul")):
        assert rule == await refusal(bkmark, f"{BOOKMARKS}?search={text}")
        assert rule == await refusal(bkmark, f"{BOOKMARKS}?search={text}&sortField=title")
