"""Asking about folders: one, what is in it, the whole tree, and which folders a bookmark is in."""

from __future__ import annotations

import pytest

from models import Folder, Placement
from models.queries.window import Place, Position
from schema.inputs import FolderDraft
from schema.page import encode_cursor
from schema.resolvers import accounts, filing, folder_trash, trash
from tests.factories import make_bookmark
from tests.schema.types.asking import ask, faults, gid, narrow, nobody, refusal

EVERY_FIELD = """__typename id databaseId uid name description color icon createdAt updatedAt deletedAt isRoot parentId
  parent { name } ancestors { name } folders { totalCount nodes { name } } bookmarks { totalCount nodes { title } }
  children { totalCount nodes { __typename } } bookmarkCount below: bookmarkCount(recursive: true)"""
FOLDER = f"query Q($id: ID) {{ folder(id: $id) {{ {EVERY_FIELD} }} }}"


async def make_folder(person, name="A folder", parent=None, **draft):
    """A folder at the end of another, the root unless named."""
    return await filing.create(await person.ctx(), FolderDraft(name=name, parent_id=parent and parent.id, **draft))


@pytest.fixture
async def shelf(ann):
    """Work (notes, [Deep ([Deeper]), Empty]) and Play; bookmarks a and b in Work, c in Deep and Play, d in none."""
    work = await make_folder(ann, "Work", description="w", color="#abc", icon="📁")
    a = await make_bookmark(ann, title="a", folder_ids=[work.id])
    deep = await make_folder(ann, "Deep", work)
    b = await make_bookmark(ann, title="b", folder_ids=[work.id])
    deeper = await make_folder(ann, "Deeper", deep)
    empty = await make_folder(ann, "Empty", work)
    play = await make_folder(ann, "Play")
    c = await make_bookmark(ann, title="c", folder_ids=[deep.id, play.id])
    d = await make_bookmark(ann, title="d")
    return {
        "work": work, "deep": deep, "deeper": deeper, "empty": empty, "play": play, "a": a, "b": b, "c": c, "d": d,
    }  # fmt: skip


async def test_every_field_of_a_folder_can_be_had(ann, shelf):
    work = (await ask(ann, FOLDER, id=gid("Folder", shelf["work"])))["folder"]
    deeper = (await ask(ann, FOLDER, id=gid("Folder", shelf["deeper"])))["folder"]
    row = shelf["work"]

    assert (gid("Folder", row), row.id, row.uid) == (work["id"], work["databaseId"], work["uid"])
    assert ("Work", "w", "#abc", "📁") == tuple(work[key] for key in ("name", "description", "color", "icon"))
    assert (row.created_at.isoformat(), row.updated_at.isoformat()) == (work["createdAt"], work["updatedAt"])
    assert (None, False, gid("Folder", ann.user.root_folder_id)) == tuple(
        work[key] for key in ("deletedAt", "isRoot", "parentId")
    )
    assert {"totalCount": 2, "nodes": [{"name": "Deep"}, {"name": "Empty"}]} == work["folders"]
    assert {"totalCount": 2, "nodes": [{"title": "a"}, {"title": "b"}]} == work["bookmarks"]
    kinds = [child["__typename"] for child in work["children"]["nodes"]]
    assert (4, ["Bookmark", "Folder", "Bookmark", "Folder"]) == (work["children"]["totalCount"], kinds)
    assert (2, 3) == (work["bookmarkCount"], work["below"])
    assert ({"name": ""}, []) == (work["parent"], work["ancestors"])
    assert ({"name": "Deep"}, [{"name": "Work"}, {"name": "Deep"}]) == (deeper["parent"], deeper["ancestors"])
    assert (0, 0, 0) == (deeper["bookmarkCount"], deeper["below"], deeper["children"]["totalCount"])


async def test_the_root_holds_what_is_in_no_folder(ann, shelf):
    root = (await ask(ann, f"{{ rootFolder {{ {EVERY_FIELD} }} }}"))["rootFolder"]

    assert (True, None, None, []) == tuple(root[key] for key in ("isRoot", "parentId", "parent", "ancestors"))
    assert ([{"name": "Work"}, {"name": "Play"}], [{"title": "d"}]) == (
        root["folders"]["nodes"], root["bookmarks"]["nodes"],
    )  # fmt: skip
    assert (1, 4) == (root["bookmarkCount"], root["below"])  # c is in two folders and counts once


async def test_a_bookmark_names_its_folders_but_not_the_root(ann, shelf):
    query = "{ bookmarks(orderBy: TITLE_ASC) { nodes { folders { name } } } }"
    shown = [[one["name"] for one in node["folders"]] for node in (await ask(ann, query))["bookmarks"]["nodes"]]

    assert [["Work"], ["Work"], ["Deep", "Play"], []] == shown


async def test_a_bookmark_of_the_trash_or_of_another_is_in_no_folder(ann, ben, shelf):
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    work = shelf["work"].id
    await make_bookmark(ann, title="public", folder_ids=[work], is_public=True)
    await trash.delete(await ann.ctx(), [shelf["a"].id])

    assert [{"folders": []}] == (await ask(ann, "{ trash { nodes { folders { name } } } }"))["trash"]["nodes"]
    shared = "{ sharedBookmarks { nodes { title folders { name } } } }"
    assert [{"title": "public", "folders": []}] == (await ask(ben, shared))["sharedBookmarks"]["nodes"]
    assert [{"title": "public", "folders": [{"name": "Work"}]}] == (await ask(ann, shared))["sharedBookmarks"]["nodes"]


@pytest.mark.parametrize("key", ["id", "databaseId"])
async def test_a_folder_is_found_by_its_ids(ann, ben, shelf, key):
    kind = {"id": "ID", "databaseId": "Int"}[key]
    query = f"query Q($key: {kind}) {{ folder({key}: $key) {{ name }} }}"
    foreign = await make_folder(ben)
    gone = await make_folder(ann)
    await folder_trash.delete(await ann.ctx(), gone.id)

    def value(row):
        return gid("Folder", row) if key == "id" else row.id

    assert {"folder": {"name": "Work"}} == await ask(ann, query, key=value(shelf["work"]))
    for row in (foreign, gone):
        assert {"folder": None} == await ask(ann, query, key=value(row))


@pytest.mark.parametrize("number", [0, 2**31, 2**64])
async def test_a_number_that_no_folder_has_finds_none(ann, shelf, number):
    query = """query Q($id: ID!) { node(id: $id) { id } folder(id: $id) { id } folderTree(id: $id) { depth }
        bookmarks(filter: {folder: {id: $id, recursive: true}}) { totalCount nodes { id } } }"""
    nothing = {"node": None, "folder": None, "folderTree": None, "bookmarks": {"totalCount": 0, "nodes": []}}

    assert nothing == await ask(ann, query, id=gid("Folder", number))


async def test_folders_are_nodes(ann, ben, shelf):
    foreign = await make_folder(ben)
    query = (
        "query Q($ids: [ID!]!) { nodes(ids: $ids) { __typename databaseId ... on Folder { name parent { name } } } }"
    )
    ids = [gid("Folder", row) for row in (shelf["deep"], foreign, ann.user.root_folder_id)]
    deep, missing, root = (await ask(ann, query, ids=ids))["nodes"]

    assert {
        "__typename": "Folder", "databaseId": shelf["deep"].id, "name": "Deep", "parent": {"name": "Work"},
    } == deep  # fmt: skip
    assert missing is None
    assert ("", None) == (root["name"], root["parent"])


TREE = [("Work", 1), ("Deep", 2), ("Deeper", 3), ("Empty", 2), ("Play", 1)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", TREE),
        ("(depth: 2147483647)", TREE),
        ("(depth: 3)", TREE),
        ("(depth: 2)", [step for step in TREE if step[1] < 3]),
        ("(depth: 1)", [("Work", 1), ("Play", 1)]),
    ],
)
async def test_the_tree_is_told_as_it_is_read(ann, shelf, arguments, expected):
    query = f"{{ folderTree{arguments} {{ depth folder {{ name parentId isRoot }} }} }}"
    tree = (await ask(ann, query))["folderTree"]

    assert expected == [(entry["folder"]["name"], entry["depth"]) for entry in tree]


async def test_the_tree_below_a_folder_begins_in_it(ann, ben, shelf):
    query = "query Q($id: ID) { folderTree(id: $id) { depth folder { name bookmarkCount } } }"
    tree = (await ask(ann, query, id=gid("Folder", shelf["work"])))["folderTree"]

    assert [(1, "Deep", 1), (2, "Deeper", 0), (1, "Empty", 0)] == [
        (entry["depth"], entry["folder"]["name"], entry["folder"]["bookmarkCount"]) for entry in tree
    ]
    assert {"folderTree": []} == await ask(ann, query, id=gid("Folder", shelf["empty"]))
    assert {"folderTree": None} == await ask(ben, query, id=gid("Folder", shelf["work"]))
    assert [(["id"], "id")] == await faults(ann, query, id=gid("Tag", 1))


@pytest.mark.parametrize("depth", [0, -1])
async def test_a_tree_has_at_least_one_level(ann, depth):
    assert [(["depth"], "too_small")] == await faults(ann, f"{{ folderTree(depth: {depth}) {{ depth }} }}")


async def test_the_trash_names_the_folder_that_was_deleted(ann, ben, shelf):
    """Not those that went along; its parent is told as long as it lives."""
    await folder_trash.delete(await ann.ctx(), shelf["play"].id)
    await folder_trash.delete(await ann.ctx(), shelf["deep"].id)
    query = """{ trashedFolders { name deletedAt parentId parent { name } ancestors { name } bookmarkCount
        folders { totalCount } } }"""
    deep, play = (await ask(ann, query))["trashedFolders"]

    assert ("Deep", {"name": "Work"}, [{"name": "Work"}]) == (deep["name"], deep["parent"], deep["ancestors"])
    assert ("Play", 0, {"totalCount": 0}) == (play["name"], play["bookmarkCount"], play["folders"])
    assert play["deletedAt"]
    await folder_trash.delete(await ann.ctx(), shelf["work"].id)
    orphan = (await ask(ann, query))["trashedFolders"][1]
    assert ("Deep", None, [], gid("Folder", shelf["work"])) == tuple(
        orphan[key] for key in ("name", "parent", "ancestors", "parentId")
    )
    assert {"trashedFolders": []} == await ask(ben, query)


def walk(field: str, inner: str) -> str:
    return f"""query Q($id: ID, $first: Int, $after: String, $last: Int, $before: String) {{ folder(id: $id) {{
        {field}(first: $first, after: $after, last: $last, before: $before) {{ totalCount nodes {{ {inner} }}
            pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }} }}"""


LISTS = {
    "folders": (walk("folders", "name"), "FfG", 3),
    "bookmarks": (walk("bookmarks", "title"), "abc", 3),
    "children": (walk("children", "... on Folder { name } ... on Bookmark { title }"), "aFbfGc", 6),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("tied", [False, True])
async def test_pages_lead_through_what_is_in_a_folder_in_both_directions(ann, ben, name, size, tied):
    """Without a gap or a double; with ``tied`` all positions are one, and folders come first, then ids decide."""
    query, expected, total = LISTS[name]
    box = await make_folder(ann, "Box")
    for title in ("a", "F", "b", "f", "G", "c"):
        if title in "abc":
            await make_bookmark(ann, title=title, folder_ids=[box.id])
        else:
            await make_folder(ann, title, box)
    for row in (await make_folder(ann, "gone", box), await make_folder(ben, "foreign")):
        await folder_trash.delete(await (ann if row.name == "gone" else ben).ctx(), row.id)
    if tied:
        await Placement.filter(folder_id=box.id).update(position=2**40)
        await Folder.filter(parent_id=box.id).update(position=2**40)
        expected = {"children": "FfGabc"}.get(name, expected)
    seen, pages, arguments = "", 0, {"first": size}
    while pages < 10:
        page = (await ask(ann, query, id=gid("Folder", box), **arguments))["folder"][name]
        seen += "".join(next(iter(node.values())) for node in page["nodes"])
        pages += 1
        if not page["pageInfo"]["hasNextPage"]:
            break
        arguments = {"first": size, "after": page["pageInfo"]["endCursor"]}
    back, arguments = "", {"last": size}
    for _ in range(pages):
        page = (await ask(ann, query, id=gid("Folder", box), **arguments))["folder"][name]
        back = "".join(next(iter(node.values())) for node in page["nodes"]) + back
        arguments = {"last": size, "before": page["pageInfo"]["startCursor"]}

    assert (expected, expected, -(-total // size)) == (seen, back, pages)
    assert (total, False) == (page["totalCount"], page["pageInfo"]["hasPreviousPage"])


ORDERS = {
    "ADDED_DESC": "cab", "ADDED_ASC": "bac", "TITLE_ASC": "abc", "TITLE_DESC": "cba", "MODIFIED_DESC": "cab",
    "MODIFIED_ASC": "bac",
}  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
async def test_a_folders_bookmarks_can_be_sorted_otherwise(ann, order):
    box = await make_folder(ann)
    for title in "bac":
        await make_bookmark(ann, title=title, folder_ids=[box.id])
    query = f"""query Q($id: ID, $at: String) {{ folder(id: $id) {{ bookmarks(orderBy: {order}, first: 2, after: $at) {{
        nodes {{ title }} pageInfo {{ endCursor }} }} }} }}"""
    first = (await ask(ann, query, id=gid("Folder", box)))["folder"]["bookmarks"]
    rest = (await ask(ann, query, id=gid("Folder", box), at=first["pageInfo"]["endCursor"]))["folder"]["bookmarks"]

    assert ORDERS[order] == "".join(node["title"] for page in (first, rest) for node in page["nodes"])


@pytest.mark.parametrize("field", ["folders", "bookmarks", "children"])
async def test_a_made_up_cursor_is_answered_or_invalid(ann, shelf, field):
    """Positions have 63 bits and the tie of a bookmark has 32: more is no cursor, all of that is one to a database."""
    inner = "totalCount pageInfo { hasNextPage }"
    query = f"query Q($at: String) {{ rootFolder {{ {field}(after: $at) {{ {inner} }} }} }}"
    for place, id in ((2**63 - 1, 2**32 - 1), (-(2**63) + 1, 0), (0, 2**31)):
        await ask(ann, query, at=encode_cursor("place_asc", Position(Place(place), id)))
    for position in (
        Position(Place(2**63), 1), Position(Place(0), 2**32), Position(Place(0), -1), Position(0, 1), Position("a", 1),
    ):  # fmt: skip
        assert [(["after"], "cursor")] == await faults(ann, query, at=encode_cursor("place_asc", position))
    assert [(["after"], "cursor")] == await faults(ann, query, at=encode_cursor("added_desc", Position(Place(0), 1)))
    assert [(["first"], "too_large")] == await faults(ann, f"{{ rootFolder {{ {field}(first: 101) {{ {inner} }} }} }}")


async def test_many_folders_are_read_together_however_many(ann):
    """More than one statement has parts for."""
    for number in range(120):
        folder = await make_folder(ann, f"{number:03}")
        if number in {0, 119}:
            await make_bookmark(ann, title=f"in {number}", folder_ids=[folder.id])
    query = "{ folderTree { folder { name bookmarks(first: 1) { nodes { title } } } } }"
    tree = (await ask(ann, query))["folderTree"]

    assert 120 == len(tree)
    assert {"000": "in 0", "119": "in 119"} == {
        entry["folder"]["name"]: entry["folder"]["bookmarks"]["nodes"][0]["title"]
        for entry in tree
        if entry["folder"]["bookmarks"]["nodes"]
    }


@pytest.mark.parametrize(
    ("name", "recursive", "titles"),
    [("work", "false", "ab"), ("work", "true", "abc"), ("play", "false", "c"), ("empty", "true", "")],
)
async def test_a_filter_keeps_what_is_in_a_folder(ann, ben, shelf, name, recursive, titles):
    """In a list of one's own, and together with other conditions; somebody else's folder is empty."""
    query = f"""query Q($id: ID!) {{ bookmarks(orderBy: TITLE_ASC, filter: {{
        folder: {{id: $id, recursive: {recursive}}}, isArchived: false}}) {{ totalCount nodes {{ title }} }} }}"""
    found = (await ask(ann, query, id=gid("Folder", shelf[name])))["bookmarks"]

    assert (len(titles), titles) == (found["totalCount"], "".join(node["title"] for node in found["nodes"]))
    assert 0 == (await ask(ben, query, id=gid("Folder", shelf[name])))["bookmarks"]["totalCount"]
    assert [(["filter", "folder", "id"], "id")] == await faults(ann, query, id=gid("Tag", 1))


async def test_nobody_learns_what_lies_in_a_folder_of_somebody_who_shares(ann, ben):
    for person in (ann, ben):
        await accounts.set_preferences(await person.ctx(), {"enable_sharing": True})
    box = await make_folder(ann)
    await make_bookmark(ann, title="public", folder_ids=[box.id], is_public=True)
    query = "query Q($id: ID!) { sharedBookmarks(filter: {folder: {id: $id, recursive: true}}) { totalCount } }"

    assert {"totalCount": 1} == (await ask(ann, query, id=gid("Folder", box)))["sharedBookmarks"]
    assert {"totalCount": 0} == (await ask(ben, query, id=gid("Folder", box)))["sharedBookmarks"]


NEEDS = ["folder(databaseId: 1) { id }", "rootFolder { id }", "folderTree { depth }", "trashedFolders { id }"]


@pytest.mark.parametrize("field", NEEDS)
async def test_reading_folders_needs_its_scope(ann, ports, field):
    name = field.partition("(")[0].partition(" ")[0]
    code, path, _ = await refusal(nobody(ports), f"{{ {field} }}")
    assert ("UNAUTHENTICATED", [name]) == (code, path)
    others = ["bookmarks:read", "tags:read", "account", "groups:write", "search:read"]
    code, path, extensions = await refusal(await narrow(ann, *others), f"{{ {field} }}")
    assert ("FORBIDDEN", [name], {"needs": "groups:read"}) == (code, path, extensions)
    await ask(await narrow(ann, "groups:read"), f"{{ {field} }}")


@pytest.mark.parametrize(
    ("query", "scopes", "needs"),
    [
        ("{ bookmarks { nodes { folders { name } } } }", ["bookmarks:read"], "groups:read"),
        ('{ bookmarks(filter: {folder: {id: "Rm9sZGVyOjE="}}) { totalCount } }', ["bookmarks:read"], "groups:read"),
        ('{ node(id: "Rm9sZGVyOjE=") { id } }', ["bookmarks:read"], "groups:read"),
        ("{ rootFolder { bookmarks { nodes { id } } } }", ["groups:read"], "bookmarks:read"),
        ("{ rootFolder { children { nodes { __typename } } } }", ["groups:read"], "bookmarks:read"),
    ],
)
async def test_an_edge_between_folders_and_bookmarks_needs_both_scopes(ann, shelf, query, scopes, needs):
    code, _, extensions = await refusal(await narrow(ann, *scopes), query)

    assert ("FORBIDDEN", {"needs": needs}) == (code, extensions)
    await ask(await narrow(ann, "bookmarks:read", "groups:read"), query)


async def test_a_tree_counts_as_a_large_one_before_it_is_read(ann):
    """A sidebar is well below the limit; pages of bookmarks beneath each folder are not."""
    small = "{ folderTree { depth folder { id name bookmarkCount } } }"
    large = "{ folderTree { folder { bookmarks(first: 20) { nodes { title } } } } }"
    code, _, extensions = await refusal(ann, large)

    assert await ask(ann, small)
    assert "TOO_COSTLY" == code
    assert extensions["requested"] > 20_000
