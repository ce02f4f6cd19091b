"""Bundles in the graph."""

from __future__ import annotations

import pytest

from schema.door import GRAPHQL
from schema.resolvers import accounts, bundles
from schema.resolvers.bundles import BundleDraft
from tests.factories import make_bookmark
from tests.schema.types.asking import ask, faults, gid, narrow, refusal

EVERYTHING = """__typename id databaseId name search anyTags allTags excludedTags toRead isPublic position
  createdAt updatedAt"""
CREATE = f"mutation M($input: BundleDraft!) {{ createBundle(input: $input) {{ bundle {{ {EVERYTHING} }} }} }}"
UPDATE = f"""mutation M($id: ID!, $input: BundlePatch!) {{
  updateBundle(id: $id, input: $input) {{ bundle {{ {EVERYTHING} }} }} }}"""
FULL = {
    "name": "News", "search": 'a "b', "anyTags": ["x", "Y"], "allTags": ["#a"], "excludedTags": ["a,b"],
    "toRead": True, "isPublic": False, "position": -(2**40),
}  # fmt: skip
BARE = {
    "name": "B", "search": "", "anyTags": [], "allTags": [], "excludedTags": [], "toRead": None, "isPublic": None,
}  # fmt: skip


async def make(person, **draft):
    return await bundles.create(await person.ctx(), BundleDraft(**({"name": "A"} | draft)))


async def test_a_bundle_is_made_and_found_again(ann, ben):
    """By its list, its ids and as a node; lists of names are lists, and neither is null."""
    full = (await ask(ann, CREATE, input=FULL))["createBundle"]["bundle"]
    bare = (await ask(ann, CREATE, input={"name": " B "}))["createBundle"]["bundle"]

    assert FULL == {name: full[name] for name in FULL}
    assert BARE | {"position": 1 - 2**40} == {name: bare[name] for name in [*BARE, "position"]}
    assert ("Bundle", gid("Bundle", full["databaseId"])) == (full["__typename"], full["id"])
    query = f"""query Q($id: ID!, $number: Int!) {{
      bundles {{ totalCount nodes {{ {EVERYTHING} }} }} a: bundle(id: $id) {{ {EVERYTHING} }}
      b: bundle(databaseId: $number) {{ {EVERYTHING} }} node(id: $id) {{ ... on Bundle {{ {EVERYTHING} }} }} }}"""
    answer = await ask(ann, query, id=full["id"], number=full["databaseId"])
    bens = await ask(ben, query, id=full["id"], number=full["databaseId"])

    assert {"totalCount": 2, "nodes": [full, bare]} == answer["bundles"]
    assert full == answer["a"] == answer["b"] == answer["node"]
    assert {"bundles": {"totalCount": 0, "nodes": []}, "a": None, "b": None, "node": None} == bens


async def test_an_update_keeps_what_it_leaves_out(ann):
    """Null is either; what changes nothing is no change."""
    made = (await ask(ann, CREATE, input=FULL))["createBundle"]["bundle"]
    given = {"toRead": None, "anyTags": [], "position": 2**63 - 1}
    changed = (await ask(ann, UPDATE, id=made["id"], input=given))["updateBundle"]["bundle"]
    again = (await ask(ann, UPDATE, id=made["id"], input=given | {"name": " News"}))["updateBundle"]["bundle"]

    assert made["updatedAt"] < changed["updatedAt"]
    assert made | given | {"updatedAt": changed["updatedAt"]} == changed == again


async def test_a_deleted_bundle_leaves_the_others_numbered_anew(ann):
    ids = [(await make(ann, name=name, position=position)).id for name, position in (("a", 7), ("b", -7), ("c", 8))]
    deleted = await ask(ann, f'mutation {{ deleteBundle(id: "{gid("Bundle", ids[0])}") {{ deletedId }} }}')

    assert gid("Bundle", ids[0]) == deleted["deleteBundle"]["deletedId"]
    rows = (await ask(ann, "{ bundles { nodes { name position } } }"))["bundles"]["nodes"]
    assert [{"name": "b", "position": 0}, {"name": "c", "position": 1}] == rows


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": " "}, [("name", "blank")]),
        ({"name": "x" * 257}, [("name", "too_long")]),
        ({"name": "\0"}, [("name", "nul")]),
        ({"search": "x" * 257}, [("search", "too_long")]),
        ({"anyTags": ["x" * 1000, "y" * 24]}, [("anyTags", "too_long")]),
        ({"position": 2**63}, [("position", "too_large")]),
        ({"position": -(2**63) - 1}, [("position", "too_small")]),
    ],
)
async def test_what_cannot_be_kept_is_refused(ann, given, told):
    row = await make(ann)
    expected = [(["input", name], rule) for name, rule in told]

    assert expected == await faults(ann, CREATE, input={"name": "n"} | given)
    assert expected == await faults(ann, UPDATE, id=gid("Bundle", row), input=given)


async def test_a_name_with_a_blank_cannot_be_said(ann):
    expected = [
        (["input", "anyTags", 1], "has_blanks"), (["input", "excludedTags", 0], "blank"),
    ]  # fmt: skip

    assert expected == await faults(ann, CREATE, input={"name": "n", "anyTags": ["a", "b c"], "excludedTags": [""]})


@pytest.fixture
async def rows(ann):
    for title, facts in {
        "a": {"tag_names": ["x"], "to_read": True},
        "b": {"tag_names": ["x", "y"], "description": "word"},
        "c": {"is_archived": True, "is_public": True},
    }.items():
        await make_bookmark(ann, title=title, **facts)


@pytest.mark.parametrize(
    ("draft", "more", "titles"),
    [
        ({}, "", "abc"),
        ({"any_tags": "X"}, "", "ab"),
        ({"any_tags": "X"}, 'query: "word"', "b"),
        ({"any_tags": "X"}, "isArchived: true", ""),
        ({"filter_shared": "yes"}, "isArchived: true", "c"),
        ({"search": "word nothing"}, "", ""),
    ],
)
async def test_a_list_is_filtered_by_a_bundle_beside_all_else(ann, rows, draft, more, titles):
    id = gid("Bundle", await make(ann, **draft))
    query = f'{{ bookmarks(orderBy: TITLE_ASC, filter: {{bundle: "{id}" {more}}}) {{ totalCount nodes {{ title }} }} }}'
    answer = (await ask(ann, query))["bookmarks"]

    assert (len(titles), titles) == (answer["totalCount"], "".join(row["title"] for row in answer["nodes"]))


async def test_a_bundle_that_is_none_of_mine_matches_nothing(ann, ben, rows):
    """Unlike at the linkding door, where it filters nothing; in the list of what is shared a bundle is one's own."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    bens, anns = await make(ben), await make(ann, any_tags="nothing")
    query = "query Q($id: ID!) { %s(filter: {bundle: $id}) { totalCount } }"
    for id in (bens.id, 9999, 2**40):
        assert 0 == (await ask(ann, query % "bookmarks", id=gid("Bundle", id)))["bookmarks"]["totalCount"]
    assert 1 == (await ask(ben, query % "sharedBookmarks", id=gid("Bundle", bens)))["sharedBookmarks"]["totalCount"]
    assert 0 == (await ask(ann, query % "sharedBookmarks", id=gid("Bundle", anns)))["sharedBookmarks"]["totalCount"]
    assert [(["filter", "bundle"], "id")] == await faults(ann, query % "bookmarks", id=gid("Tag", 1))
    search = 'query Q($id: ID!) { search(text: "word", filter: {bundle: $id}) { totalCount nodes { __typename } } }'
    assert 1 == len((await ask(ann, search, id=gid("Bundle", await make(ann, any_tags="y"))))["search"]["nodes"])
    code, _, told = await refusal(await narrow(ann, "search:read"), search, id=gid("Bundle", anns))
    assert ("FORBIDDEN", {"needs": "bookmarks:read"}) == (code, told)


async def test_each_bundle_shows_what_it_matches(ann, ben, rows):
    """Pages of several at once, from either end, and their counts."""
    await make_bookmark(ben, title="ben's", tag_names=["x"])
    for draft in ({}, {"any_tags": "x"}, {"search": "nothing"}, {"all_tags": "x y"}):
        await make(ann, **draft)
    page = "totalCount nodes { title tagNames tags { name } } pageInfo { hasNextPage hasPreviousPage endCursor }"
    query = f"""{{ bundles {{ nodes {{ all: bookmarks {{ {page} }} first: bookmarks(first: 1) {{ {page} }}
      last: bookmarks(last: 1, orderBy: TITLE_ASC) {{ {page} }} }} }} }}"""
    found = (await ask(ann, query))["bundles"]["nodes"]

    def titles(name):
        return ["".join(row["title"] for row in one[name]["nodes"]) for one in found]

    assert ["cba", "ba", "", "b"] == titles("all")
    assert ["c", "b", "", "b"] == titles("first")
    assert ["c", "b", "", "b"] == titles("last")
    assert [3, 2, 0, 1] == [one["first"]["totalCount"] for one in found]
    assert [True, True, False, False] == [one["first"]["pageInfo"]["hasNextPage"] for one in found]
    cursor = found[0]["first"]["pageInfo"]["endCursor"]
    second = f'{{ bundles(first: 1) {{ nodes {{ bookmarks(first: 1, after: "{cursor}") {{ {page} }} }} }} }}'
    assert "b" == (await ask(ann, second))["bundles"]["nodes"][0]["bookmarks"]["nodes"][0]["title"]


async def test_the_list_of_bundles_has_cursors(ann):
    """Positions of any size, equal ones by id; from either end."""
    for name, position in (("c", 5), ("a", -(2**63)), ("d", 5), ("b", 0), ("e", 2**63 - 1)):
        await make(ann, name=name, position=position)
    seen, after = "", None
    while True:
        query = """query Q($after: String) {
          bundles(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }"""
        answer = (await ask(ann, query, after=after))["bundles"]
        seen += "".join(row["name"] for row in answer["nodes"])
        after = answer["pageInfo"]["endCursor"]
        if not answer["pageInfo"]["hasNextPage"]:
            break

    assert "abcde" == seen
    last = await ask(ann, "{ bundles(last: 2) { nodes { name } pageInfo { hasPreviousPage } } }")
    assert (["d", "e"], True) == (
        [row["name"] for row in last["bundles"]["nodes"]], last["bundles"]["pageInfo"]["hasPreviousPage"],
    )  # fmt: skip


async def test_fifty_bundles_that_are_as_long_as_can_be_show_what_they_match(ann, rows):
    """The largest page of the largest bundles stays inside what a statement takes."""
    names = " ".join(f"{number:x}" for number in range(300))[:1024]
    for number in range(60):
        words = " ".join(f"{number}{place:x}" for place in range(70))[:256]
        await make(ann, search=words, any_tags=names, all_tags=names, excluded_tags=names)
    answer = await ask(ann, "{ bundles(first: 100) { nodes { bookmarks(first: 1) { totalCount nodes { title } } } } }")

    assert [{"bookmarks": {"totalCount": 0, "nodes": []}}] * 60 == answer["bundles"]["nodes"]


async def test_writes_are_in_the_log(ann):
    """Under the word ``bundle``, with what was; what is deleted is forgotten, and who moved up is told."""
    from models import Change

    ctx = await ann.ctx(GRAPHQL)
    first, second = await make(ann), await make(ann, name="B")
    await bundles.update(ctx, first.id, bundles.BundlePatch(name=None))
    await bundles.update(ctx, second.id, bundles.BundlePatch(search=_some("x")))
    await bundles.delete(ctx, first.id)
    log = await Change.filter(entity="bundle").order_by("seq").values_list("entity_id", "operation", "before")

    assert [
        (first.id, "create"), (second.id, "create"), (second.id, "update"), (first.id, "delete"), (second.id, "update"),
    ] == [one[:2] for one in log]  # fmt: skip
    assert {"name": "B", "search": ""}.items() <= log[2][2].items()


def _some(value):
    from strawberry import Some

    return Some(value)
