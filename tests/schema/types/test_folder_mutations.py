"""Changing folders and what lies in them, and saving into folders."""

from __future__ import annotations

import pytest

from schema.resolvers import bookmarks, folder_trash, folders
from tests.factories import make_bookmark
from tests.schema.types.asking import ask, execute, faults, gid, narrow, refusal
from tests.schema.types.test_folders import make_folder

CREATE = """mutation M($input: FolderDraft!, $parent: ID) { createFolder(input: $input, parentId: $parent) {
    folder { id name description color icon parent { name } bookmarkCount } } }"""
UPDATE = """mutation M($id: ID!, $input: FolderPatch!) { updateFolder(id: $id, input: $input) {
    folder { name description color icon updatedAt } } }"""
MOVE = """mutation M($id: ID!, $parent: ID!, $before: ID) { moveFolder(id: $id, parentId: $parent, before: $before) {
    __typename ... on FolderMoved { folder { id parent { name } } } ... on FolderNotMoved { folder { id } } } }"""
DELETE = """mutation M($id: ID!, $contents: FolderContents! = DELETE, $permanent: Boolean! = false) {
    deleteFolder(id: $id, contents: $contents, permanent: $permanent) { deletedId } }"""
RESTORE = "mutation M($id: ID!) { restoreFolder(id: $id) { folder { id deletedAt parent { name } bookmarkCount } } }"
REORDER = """mutation M($id: ID!, $children: [ID!]!) { reorderFolder(id: $id, children: $children) { __typename
    ... on FolderReordered { folder { children { nodes { ... on Folder { id } ... on Bookmark { id } } } } }
    ... on FolderContentsDiffer { folder { id } leftOut } } }"""
FILE = """mutation M($folder: ID!, $ids: [ID!]!) { fileBookmarks(folderId: $folder, ids: $ids) {
    folder { bookmarkCount } bookmarks { title folders { name } } notFound } }"""
TAKE_OUT = FILE.replace("fileBookmarks", "takeOutBookmarks")
CHILDREN = """query Q($id: ID!) { folder(id: $id) { children(first: 100) { nodes {
    ... on Folder { name } ... on Bookmark { title } } } } }"""


async def names_in(person, folder) -> str:
    shown = await ask(person, CHILDREN, id=gid("Folder", folder))
    return "".join(next(iter(node.values())) for node in shown["folder"]["children"]["nodes"])


def root_of(person) -> str:
    return gid("Folder", person.user.root_folder_id)


async def test_a_folder_is_made_at_the_end_of_its_parent(ann):
    made = await ask(ann, CREATE, input={"name": "A", "description": "d", "color": "#abc", "icon": "x"})
    shown = made["createFolder"]["folder"]
    inner = (await ask(ann, CREATE, input={"name": "B"}, parent=shown["id"]))["createFolder"]["folder"]

    assert ("A", "d", "#abc", "x", {"name": ""}, 0) == tuple(
        shown[key] for key in ("name", "description", "color", "icon", "parent", "bookmarkCount")
    )
    assert ("B", {"name": "A"}) == (inner["name"], inner["parent"])


async def test_a_folder_that_cannot_be_kept_is_invalid_by_its_fields(ann):
    draft = {"name": "\0", "color": "red"}

    assert [(["input", "name"], "nul")] == await faults(ann, CREATE, input=draft)
    assert [(["input", "color"], "color")] == await faults(ann, CREATE, input={"color": "red"})
    assert [(["parentId"], "id")] == await faults(ann, CREATE, input={}, parent=gid("Tag", 1))
    assert "NOT_FOUND" == (await refusal(ann, CREATE, input={}, parent=gid("Folder", 2**40)))[0]


async def test_a_patch_changes_what_it_gives_and_can_take_colour_and_icon_away(ann):
    folder = await make_folder(ann, "A", description="d", color="#abc", icon="x")
    patch = {"name": "B", "color": None, "icon": None}
    shown = (await ask(ann, UPDATE, id=gid("Folder", folder), input=patch))["updateFolder"]["folder"]

    assert ("B", "d", None, None) == tuple(shown[key] for key in ("name", "description", "color", "icon"))
    assert [(["input", "icon"], "nul")] == await faults(ann, UPDATE, id=gid("Folder", folder), input={"icon": "\0"})


async def test_the_root_stays_as_it_is(ann):
    other = await make_folder(ann)

    assert [(["id"], "root")] == await faults(ann, UPDATE, id=root_of(ann), input={"name": "x"})
    assert [(["id"], "root")] == await faults(ann, DELETE, id=root_of(ann))
    assert [(["id"], "root")] == await faults(ann, MOVE, id=root_of(ann), parent=gid("Folder", other))


async def test_a_folder_moves_to_the_end_or_before_something(ann):
    """Before a folder, before a bookmark, into another folder, and back to the end."""
    box = await make_folder(ann, "Box")
    rows = {}
    for name in "abCD":
        if name in "ab":
            rows[name] = gid("Bookmark", await make_bookmark(ann, title=name, folder_ids=[box.id]))
        else:
            rows[name] = gid("Folder", await make_folder(ann, name, box))
    rows["E"] = gid("Folder", await make_folder(ann, "E"))
    seen = []
    for name, before in (("D", "C"), ("D", "b"), ("D", "a"), ("E", "b"), ("E", "E"), ("D", None), ("C", "D")):
        before_id = rows[before] if before else None
        moved = (await ask(ann, MOVE, id=rows[name], parent=gid("Folder", box), before=before_id))["moveFolder"]
        assert {"__typename": "FolderMoved", "folder": {"id": rows[name], "parent": {"name": "Box"}}} == moved
        seen.append(await names_in(ann, box))

    assert ["abDC", "aDbC", "DabC", "DaEbC", "DaEbC", "aEbCD", "aEbCD"] == seen


async def test_a_folder_does_not_move_into_itself(ann):
    outer = await make_folder(ann, "Outer")
    inner = await make_folder(ann, "Inner", outer)
    for parent in (outer, inner):
        answer = (await ask(ann, MOVE, id=gid("Folder", outer), parent=gid("Folder", parent)))["moveFolder"]
        assert {"__typename": "FolderNotMoved", "folder": {"id": gid("Folder", outer)}} == answer

    assert "Inner" == await names_in(ann, outer)


async def test_a_place_beside_what_is_elsewhere_is_not_found(ann, ben):
    """Then the folder has not moved to the new parent either."""
    box, other = await make_folder(ann, "Box"), await make_folder(ann, "Other")
    elsewhere = gid("Bookmark", await make_bookmark(ann))
    foreign = gid("Folder", await make_folder(ben))
    for before, entity in ((elsewhere, "bookmark"), (foreign, "folder"), (gid("Folder", 2**40), "folder")):
        variables = {"id": gid("Folder", other), "parent": gid("Folder", box), "before": before}
        code, _, extensions = await refusal(ann, MOVE, **variables)
        assert ("NOT_FOUND", {"entity": entity}) == (code, extensions)

    assert "" == await names_in(ann, box)
    variables = {"id": gid("Folder", other), "parent": gid("Folder", box), "before": gid("Tag", 1)}
    assert [(["before"], "id")] == await faults(ann, MOVE, **variables)


async def filled(person):
    """A folder with a folder and two bookmarks, one of which is in another folder too."""
    box, other = await make_folder(person, "Box"), await make_folder(person, "Other")
    inner = await make_folder(person, "Inner", box)
    alone = await make_bookmark(person, title="alone", folder_ids=[inner.id])
    shared = await make_bookmark(person, title="shared", folder_ids=[box.id, other.id])
    return box, inner, alone, shared


WHERE = """{ bookmarks(orderBy: TITLE_ASC) { nodes { title folders { name } } } trash { nodes { title } }
    folderTree { folder { name } } trashedFolders { name } }"""


@pytest.mark.parametrize(
    ("arguments", "live", "trashed", "tree", "folders_in_trash"),
    [
        ({}, {"shared": ["Other"]}, ["alone"], ["Other"], ["Box"]),
        ({"permanent": True}, {"shared": ["Other"]}, [], ["Other"], []),
        ({"contents": "KEEP"}, {"alone": ["Inner"], "shared": ["Other"]}, [], ["Other", "Inner"], ["Box"]),
        (
            {"contents": "KEEP", "permanent": True},
            {"alone": ["Inner"], "shared": ["Other"]},
            [],
            ["Other", "Inner"],
            [],
        ),
    ],
)
async def test_a_folder_goes_with_its_contents_or_without(ann, arguments, live, trashed, tree, folders_in_trash):
    box, *_ = await filled(ann)
    deleted = await ask(ann, DELETE, id=gid("Folder", box), **arguments)
    now = await ask(ann, WHERE)

    assert {"deletedId": gid("Folder", box)} == deleted["deleteFolder"]
    assert live == {node["title"]: [one["name"] for one in node["folders"]] for node in now["bookmarks"]["nodes"]}
    assert trashed == [node["title"] for node in now["trash"]["nodes"]]
    assert tree == [entry["folder"]["name"] for entry in now["folderTree"]]
    assert folders_in_trash == [one["name"] for one in now["trashedFolders"]]


async def test_a_folders_bookmarks_move_to_another_as_it_goes(ann, ben):
    gone, target = await make_folder(ann, "gone"), await make_folder(ann, "target")
    await make_bookmark(ann, title="a", folder_ids=[gone.id])
    query = """mutation M($id: ID!, $to: ID) { deleteFolder(id: $id, contents: KEEP, moveBookmarksTo: $to) {
        deletedId } }"""
    id, hers = gid("Folder", gone), gid("Folder", await make_folder(ben))

    assert [(["moveBookmarksTo"], "same")] == await faults(ann, query, id=id, to=id)
    assert [(["moveBookmarksTo"], "root")] == await faults(ann, query, id=id, to=root_of(ann))
    assert [(["moveBookmarksTo"], "id")] == await faults(ann, query, id=id, to=gid("Tag", target))
    assert "NOT_FOUND" == (await refusal(ann, query, id=id, to=hers))[0]
    assert "a" == await names_in(ann, gone)

    await ask(ann, query, id=id, to=gid("Folder", target))

    assert "a" == await names_in(ann, target)
    assert "target" == await names_in(ann, ann.user.root_folder_id)


async def test_a_folder_comes_back_with_what_went_along(ann):
    box, *_ = await filled(ann)
    before = await ask(ann, WHERE)
    await ask(ann, DELETE, id=gid("Folder", box))
    restored = (await ask(ann, RESTORE, id=gid("Folder", box)))["restoreFolder"]["folder"]

    assert {
        "id": gid("Folder", box), "deletedAt": None, "parent": {"name": ""}, "bookmarkCount": 1,
    } == restored  # fmt: skip
    assert before == await ask(ann, WHERE)
    assert "NOT_FOUND" == (await refusal(ann, RESTORE, id=gid("Folder", box)))[0]


async def test_what_is_in_a_folder_gets_another_order(ann):
    box = await make_folder(ann)
    a = gid("Bookmark", await make_bookmark(ann, folder_ids=[box.id]))
    b = gid("Folder", await make_folder(ann, "b", box))
    c = gid("Bookmark", await make_bookmark(ann, folder_ids=[box.id]))
    answer = (await ask(ann, REORDER, id=gid("Folder", box), children=[c, b, a]))["reorderFolder"]

    assert "FolderReordered" == answer["__typename"]
    assert [{"id": c}, {"id": b}, {"id": a}] == answer["folder"]["children"]["nodes"]


async def test_an_order_that_does_not_fit_changes_nothing(ann, ben):
    """It leaves something out, names something twice, something from elsewhere, or something foreign."""
    box = await make_folder(ann)
    a = gid("Bookmark", await make_bookmark(ann, title="a", folder_ids=[box.id]))
    b = gid("Folder", await make_folder(ann, "b", box))
    elsewhere = gid("Bookmark", await make_bookmark(ann))
    foreign = gid("Folder", await make_folder(ben))
    for order, left_out in (
        ([b], [a]), ([], [a, b]), ([b, a, a], []), ([b, a, elsewhere], []), ([b, a, foreign], []), ([b, foreign], [a]),
    ):  # fmt: skip
        answer = (await ask(ann, REORDER, id=gid("Folder", box), children=order))["reorderFolder"]
        assert {
            "__typename": "FolderContentsDiffer", "folder": {"id": gid("Folder", box)}, "leftOut": left_out,
        } == answer  # fmt: skip

    assert "ab" == await names_in(ann, box)
    wrong = [a, gid("Tag", 1), "nonsense"]
    expected = [(["children", 1], "id"), (["children", 2], "id")]
    assert expected == await faults(ann, REORDER, id=gid("Folder", box), children=wrong)


async def test_bookmarks_are_filed_and_taken_out_many_at_once(ann, ben):
    box, other = await make_folder(ann, "Box"), await make_folder(ann, "Other")
    a, b = await make_bookmark(ann, title="a"), await make_bookmark(ann, title="b", folder_ids=[other.id])
    foreign = await make_bookmark(ben)
    ids = [gid("Bookmark", row) for row in (b, foreign, a)] + [gid("Bookmark", 2**40)]
    filed = (await ask(ann, FILE, folder=gid("Folder", box), ids=ids))["fileBookmarks"]
    again = (await ask(ann, FILE, folder=gid("Folder", box), ids=[ids[2], ids[0]]))["fileBookmarks"]
    order = await names_in(ann, box)
    taken = (await ask(ann, TAKE_OUT, folder=gid("Folder", box), ids=ids))["takeOutBookmarks"]

    both = [
        {"title": "b", "folders": [{"name": "Box"}, {"name": "Other"}]},
        {"title": "a", "folders": [{"name": "Box"}]},
    ]
    assert ({"bookmarkCount": 2}, both, [ids[1], ids[3]]) == (filed["folder"], filed["bookmarks"], filed["notFound"])
    assert (both[::-1], []) == (again["bookmarks"], again["notFound"])
    assert "ba" == order
    left = [{"title": "b", "folders": [{"name": "Other"}]}, {"title": "a", "folders": []}]
    assert ({"bookmarkCount": 0}, left, [ids[1], ids[3]]) == (taken["folder"], taken["bookmarks"], taken["notFound"])
    assert "BoxOthera" == await names_in(ann, ann.user.root_folder_id)


@pytest.mark.parametrize("query", [FILE, TAKE_OUT], ids=["file", "take out"])
async def test_nothing_is_filed_in_the_root(ann, query):
    """Being there means being in no folder, and comes by itself."""
    ids = [gid("Bookmark", await make_bookmark(ann))]

    assert [(["folderId"], "root")] == await faults(ann, query, folder=root_of(ann), ids=ids)
    assert [(["folderId"], "id")] == await faults(ann, query, folder=ids[0], ids=ids)
    many = [gid("Bookmark", number) for number in range(1, 502)]
    box = await make_folder(ann)
    assert [(["ids"], "too_many")] == await faults(ann, query, folder=gid("Folder", box), ids=many)


async def test_who_may_only_file_learns_nothing_of_bookmarks(ann):
    row, box = await make_bookmark(ann), await make_folder(ann, "Box")
    variables = {"folder": gid("Folder", box), "ids": [gid("Bookmark", row)]}
    code, path, extensions = await refusal(await narrow(ann, "groups:write", "groups:read"), FILE, **variables)
    bare = FILE.replace("bookmarks { title folders { name } }", "").replace("bookmarkCount", "name")
    answer = await ask(await narrow(ann, "groups:write"), bare, **variables)

    assert ("FORBIDDEN", ["fileBookmarks", "bookmarks"], {"needs": "bookmarks:read"}) == (code, path, extensions)
    assert {"folder": {"name": "Box"}, "notFound": []} == answer["fileBookmarks"]


SAVE = """mutation M($input: BookmarkDraft!, $folders: [ID!], $if: IfBookmarked! = KEEP) {
    createBookmark(input: $input, folderIds: $folders, ifBookmarked: $if, fetchPage: false) {
        ... on BookmarkCreated { bookmark { folders { name } } }
        ... on BookmarkUpdated { bookmark { folders { name } } }
        ... on BookmarkExists { bookmark { folders { name } } } } }"""
PATCH = """mutation M($id: ID!, $folders: [ID!]) { updateBookmark(id: $id, input: {}, folderIds: $folders) {
    ... on BookmarkUpdated { bookmark { folders { name } } } } }"""


async def test_a_bookmark_is_saved_into_folders(ann):
    a, b = [gid("Folder", await make_folder(ann, name)) for name in "ab"]
    draft = {"url": "https://a.example/"}

    async def save(**variables):
        answer = await ask(ann, SAVE, input=draft, **variables)
        return "".join(one["name"] for one in answer["createBookmark"]["bookmark"]["folders"])

    assert "a" == await save(folders=[a, root_of(ann)])
    assert "a" == await save(folders=[b])
    assert "ab" == await save(folders=[b], **{"if": "MERGE"})
    assert "ab" == await save(folders=[], **{"if": "REPLACE"})


async def test_a_bookmark_changes_its_folders(ann):
    a, b = [gid("Folder", await make_folder(ann, name)) for name in "ab"]
    id = gid("Bookmark", await make_bookmark(ann))

    async def update(**variables):
        answer = await ask(ann, PATCH, id=id, **variables)
        return "".join(one["name"] for one in answer["updateBookmark"]["bookmark"]["folders"])

    assert ["ab", "ab", "ab", "b", "", "a", ""] == [
        await update(folders=[b, a]), await update(), await update(folders=None), await update(folders=[b]),
        await update(folders=[]), await update(folders=[a]), await update(folders=[root_of(ann)]),
    ]  # fmt: skip


@pytest.mark.parametrize("query", [SAVE, PATCH], ids=["save", "update"])
async def test_folders_to_save_into_must_be_there(ann, ben, query):
    """One foreign or missing folder among others refuses all; nothing is saved."""
    row = await make_bookmark(ann)
    own, foreign = [gid("Folder", await make_folder(person)) for person in (ann, ben)]
    target = {"input": {"url": "https://new.example"}} if query is SAVE else {"id": gid("Bookmark", row)}
    for bad in (foreign, gid("Folder", 2**40)):
        code, _, extensions = await refusal(ann, query, folders=[own, bad], **target)
        assert ("NOT_FOUND", {"entity": "folder"}) == (code, extensions)

    assert [(["folderIds", 1], "id")] == await faults(ann, query, folders=[own, gid("Tag", 1)], **target)
    assert [(["folderIds"], "too_many")] == await faults(ann, query, folders=[own] * 501, **target)
    assert {"totalCount": 1} == (await ask(ann, "{ bookmarks { totalCount } }"))["bookmarks"]
    assert row.updated_at == (await bookmarks.get(await ann.ctx(), row.id)).updated_at


FOREIGN = [
    'updateFolder(id: "ID", input: {name: "x"}) { folder { name } }',
    'moveFolder(id: "ID", parentId: "OWN") { __typename }',
    'moveFolder(id: "OWN", parentId: "ID") { __typename }',
    'moveFolder(id: "OWN", parentId: "ROOT", before: "ID") { __typename }',
    'deleteFolder(id: "ID") { deletedId }',
    'deleteFolder(id: "ID", contents: KEEP, permanent: true) { deletedId }',
    'restoreFolder(id: "ID") { folder { name } }',
    'reorderFolder(id: "ID", children: []) { __typename }',
    'fileBookmarks(folderId: "ID", ids: []) { notFound }',
    'takeOutBookmarks(folderId: "ID", ids: []) { notFound }',
    'createFolder(input: {name: "x"}, parentId: "ID") { folder { name } }',
]


@pytest.mark.parametrize("field", FOREIGN)
async def test_a_foreign_folder_answers_as_a_missing_one_and_stays(ann, ben, field):
    """Ann asks for Ben's folder and for one that nobody has: the same answer but for the id, and Ben's is untouched."""
    foreign, own = await make_folder(ben, "Foreign"), await make_folder(ann, "Own")
    await make_bookmark(ben, title="inside", folder_ids=[foreign.id])
    if "restore" in field:
        await folder_trash.delete(await ben.ctx(), foreign.id)
    before = await ask(ben, WHERE)

    async def answer(number: int) -> str:
        id = gid("Folder", number)
        text = field.replace('"ID"', f'"{id}"').replace("OWN", gid("Folder", own)).replace("ROOT", root_of(ann))
        result = await execute(ann, f"mutation {{ {text} }}")
        errors = [(error.message, error.path, error.extensions) for error in result.errors or ()]
        return repr((result.data, errors)).replace(id, "ID")

    told = await answer(foreign.id)
    assert await answer(900_000) == told
    assert "NOT_FOUND" in told
    assert before == await ask(ben, WHERE)
    assert "Own" == (await folders.get(await ann.ctx(), own.id)).name
