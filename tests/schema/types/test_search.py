"""The graph's ``search``: hits with rank, tier and snippet; pages from either end."""

from __future__ import annotations

import pytest

from tests.factories import make_bookmark
from tests.schema.types.asking import ask, execute, faults, gid, narrow, nobody, refusal

HITS = """
query ($text: String!, $filter: BookmarkFilter, $first: Int, $after: String, $last: Int, $before: String) {
  search(text: $text, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { rank tier bookmark { title } snippet { text isMatch } }
    edges { cursor node { bookmark { id tagNames notes } } }
  }
}
"""


async def search(person, text, **variables):
    return (await ask(person, HITS, text=text, **variables))["search"]


def titles(found):
    return [node["bookmark"]["title"] for node in found["nodes"]]


@pytest.fixture
async def pots(ann):
    await make_bookmark(ann, title="Notes", notes="my **teapot**")
    await make_bookmark(ann, title="Tagged", tag_names=["Teapot"])
    await make_bookmark(ann, title="A teapot & <b>more</b>", description="No word of it")
    return ann


async def test_a_hit_tells_how_good_it_is_and_shows_why(pots):
    """Tags, notes and page are searched as well; what is shown is plain text, in pieces."""
    found = await search(pots, "teapots")

    assert 3 == found["totalCount"]
    assert [("A teapot & <b>more</b>", 4, "EXACT"), ("Tagged", 3, "EXACT"), ("Notes", 1, "EXACT")] == [
        (node["bookmark"]["title"], node["rank"], node["tier"]) for node in found["nodes"]
    ]
    assert [("A ", False), ("teapot", True), (" & <b>more</b>", False)] == [
        (piece["text"], piece["isMatch"]) for piece in found["nodes"][0]["snippet"]
    ]
    assert [("my **", False), ("teapot", True), ("**", False)] == [
        (piece["text"], piece["isMatch"]) for piece in found["nodes"][2]["snippet"]
    ]
    assert [[], ["Teapot"], []] == [edge["node"]["bookmark"]["tagNames"] for edge in found["edges"]]


async def test_what_may_be_meant_is_another_tier(pots):
    found = await search(pots, "taepot")

    assert ["FORGIVING"] * 3 == [node["tier"] for node in found["nodes"]]
    assert [8, 7, 5] == [node["rank"] for node in found["nodes"]]
    assert {"text": "teapot", "isMatch": True} in found["nodes"][0]["snippet"]


@pytest.mark.parametrize("text", ["teapot", "taepot"])
async def test_pages_meet_from_either_end(pots, text):
    whole = await search(pots, text)
    first = await search(pots, text, first=2)
    rest = await search(pots, text, first=2, after=first["pageInfo"]["endCursor"])
    last = await search(pots, text, last=2)
    before = await search(pots, text, last=2, before=last["pageInfo"]["startCursor"])
    none = await search(pots, text, first=0)

    assert titles(whole) == titles(first) + titles(rest) == titles(before) + titles(last)
    assert [True, False, False] == [page["pageInfo"]["hasNextPage"] for page in (first, rest, last)]
    assert [False, True, True] == [page["pageInfo"]["hasPreviousPage"] for page in (first, rest, last)]
    assert ([], 3) == (none["nodes"], rest["totalCount"])


async def test_a_filter_narrows_it(pots):
    assert ["Tagged"] == titles(await search(pots, "teapot", filter={"tags": ["teapot"]}))
    assert ["Tagged"] == titles(await search(pots, "taepot", filter={"tags": ["teapot"]}))
    assert [] == titles(await search(pots, "teapot", filter={"isArchived": True}))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"text": ""}, (["text"], "blank")),
        ({"text": "?!"}, (["text"], "blank")),
        ({"text": "a\0"}, (["text"], "nul")),
        ({"text": "a" * 1001}, (["text"], "too_long")),
        ({"text": "a", "first": 101}, (["first"], "too_large")),
        ({"text": "a", "first": -1}, (["first"], "too_small")),
        ({"text": "a", "first": 1, "last": 1}, (["last"], "exclusive")),
        ({"text": "a", "after": "x"}, (["after"], "cursor")),
        ({"text": "a", "before": "x"}, (["before"], "cursor")),
    ],
)
async def test_what_cannot_be_searched_is_invalid(ann, variables, expected):
    assert [expected] == await faults(ann, HITS, **variables)


async def test_cursors_of_two_tiers_are_not_one_search(pots):
    """One made for each is no stretch of either."""
    exact = (await search(pots, "teapot"))["pageInfo"]["startCursor"]
    for other in ((await search(pots, "taepot"))["pageInfo"]["startCursor"], exact[:-2]):
        assert [(["before"], "cursor")] == await faults(pots, HITS, text="teapot", after=exact, before=other)


async def test_either_scope_opens_it(pots, ports):
    query = '{ search(text: "teapot") { nodes { bookmark { title } } } }'
    for scope in ("bookmarks:read", "search:read"):
        assert 3 == len((await ask(await narrow(pots, scope), query))["search"]["nodes"])
    code, path, extensions = await refusal(await narrow(pots, "tags:read", "bookmarks:write"), query)
    assert ("FORBIDDEN", ["search"], {"needs": "bookmarks:read"}) == (code, path, extensions)
    assert "UNAUTHENTICATED" == (await refusal(nobody(ports), query))[0]
    assert "FORBIDDEN" == (await refusal(await narrow(pots, "search:read"), "{ bookmarks { totalCount } }"))[0]


async def test_a_search_credential_gets_no_further_than_the_bookmark(pots):
    """What else hangs on it has gates of its own."""
    query = '{ search(text: "teapot") { nodes { bookmark { %s } } } }'
    for edge in ("folders { id }", "assets { totalCount }", "content { text }"):
        answer = await execute(await narrow(pots, "search:read"), query % edge)
        assert {"FORBIDDEN"} == {error.extensions["code"] for error in answer.errors}


async def test_others_bookmarks_are_not_found(pots, ben):
    mine = await make_bookmark(ben, title="Ben's teapot")
    found = await search(ben, "teapot")

    assert [gid("Bookmark", mine)] == [edge["node"]["bookmark"]["id"] for edge in found["edges"]]
