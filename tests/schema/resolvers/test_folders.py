"""Reading folders: one, those below one, how much is in them, and whole trees."""

from __future__ import annotations

import pytest

from models import Bookmark, Placement
from schema.door import GRAPHQL
from schema.inputs import FolderDraft
from schema.outline import Enter, Leave
from schema.resolvers import filing, folder_trash, folders, trash
from schema.resolvers.folders import Detail
from tests.databases import statements_counted
from tests.factories import make_bookmark
from tests.schema.library import SYNC


@pytest.fixture
async def tree(ann):
    """``a`` with ``b`` with ``c`` in it, then ``d``; a bookmark in each that is called after it, ``e`` in two."""
    ctx = await ann.ctx(SYNC)
    made = {}
    for name, parent in (("a", None), ("b", "a"), ("c", "b"), ("d", None)):
        draft = FolderDraft(name=name, parent_id=made[parent] if parent else None)
        made[name] = (await filing.create(ctx, draft)).id
        await make_bookmark(ann, SYNC, title=f"in {name}", folder_ids=[made[name]])
    await make_bookmark(ann, SYNC, title="e", folder_ids=[made["c"], made["d"]])
    await make_bookmark(ann, SYNC, title="rooted")
    return made


async def words(ctx, id, **options):
    """An outline as words: names, titles and ids, and brackets around what is expanded."""
    found = []
    async for steps in await folders.outline(ctx, id, **options):
        for step in steps:
            match step:
                case Enter(folder, expanded):
                    found.append(folder.name + "(" * expanded)
                case Leave(folder):
                    found.append(")")
                case int():
                    found.append(step)
                case row:
                    found.append(row.title)
    return found


async def test_the_root_is_a_folder_without_parent(ann, tree):
    ctx = await ann.ctx()
    row = await folders.get(ctx, ctx.user.root_folder_id)

    assert (None, "", None) == (row.parent_id, row.name, row.deleted_at)


async def test_s03_depth_says_how_many_levels_are_opened(ann, tree):
    """NC-8.1: 0 gives what is in the folder, 1 opens the folders in it, none opens all."""
    ctx = await ann.ctx(SYNC)
    root = ctx.user.root_folder_id
    whole = ["a(", "in a", "b(", "in b", "c(", "in c", "e", ")", ")", ")", "d(", "in d", "e", ")", "rooted"]

    assert ["a", "d", "rooted"] == await words(ctx, root, depth=0)
    assert ["a(", "in a", "b", ")", "d(", "in d", "e", ")", "rooted"] == await words(ctx, root, depth=1)
    assert whole == await words(ctx, root) == await words(ctx, root, depth=3) == await words(ctx, root, depth=2**63)
    assert ["in a", "b(", "in b", "c", ")"] == await words(ctx, tree["a"], depth=1)
    assert [["a", "d"], ["a", "d", "b"], ["a", "d", "b", "c"], ["a", "d", "b", "c"]] == [
        [row.name for row in await folders.below(ctx, root, depth)] for depth in (0, 1, 2, None)
    ]
    assert [] == await words(ctx, (await filing.create(ctx, FolderDraft())).id)


async def test_an_outline_says_as_little_as_is_asked_for(ann, tree):
    ctx = await ann.ctx(SYNC)
    ids = dict(await Bookmark.all().values_list("title", "id"))

    assert ["a(", "b(", "c(", ")", ")", ")", "d(", ")"] == await words(
        ctx, ctx.user.root_folder_id, detail=Detail.FOLDERS
    )
    assert ["c(", ids["in c"], ids["e"], ")"] == [
        word for word in (await words(ctx, tree["b"], detail=Detail.IDS)) if word != ids["in b"]
    ]


async def test_an_outline_is_three_statements_whatever_its_size(ann, tree):
    ctx = await ann.ctx(SYNC)
    counts = {}
    for detail in Detail:
        async with statements_counted([]) as statements:
            await words(ctx, ctx.user.root_folder_id, detail=detail)
        counts[detail] = len(statements)

    assert {Detail.BOOKMARKS: 3, Detail.IDS: 3, Detail.FOLDERS: 1} == counts, "that it is there, folders, bookmarks"


async def test_folders_come_before_bookmarks_of_the_same_position(ann):
    ctx = await ann.ctx(SYNC)
    for title in "xy":
        await make_bookmark(ann, title=title)
    await filing.create(ctx, FolderDraft(name="f"))
    folder = (await folders.below(ctx, ctx.user.root_folder_id))[0]
    await Placement.all().update(position=folder.position)

    assert ["f(", ")", "x", "y"] == await words(ctx, ctx.user.root_folder_id)


async def test_each_bookmark_is_counted_once_and_only_what_the_door_shows(ann, tree):
    plain, sync = await ann.ctx(GRAPHQL), await ann.ctx(SYNC)
    root = sync.user.root_folder_id
    await Bookmark.filter(title="in b").update(kind="note")
    gone = await Bookmark.get(title="in c")
    counts = [(await folders.count(plain, id), await folders.count(sync, id)) for id in (root, tree["a"], tree["c"])]
    await trash.delete(sync, [gone.id])

    assert [(6, 5), (4, 3), (2, 2)] == counts
    assert (3, 2) == (await folders.count(plain, tree["a"]), await folders.count(sync, tree["a"]))


async def test_many_folders_come_in_the_order_they_are_asked_for(ann, tree):
    ctx = await ann.ctx()
    found = await folders.get_many(ctx, [tree["d"], 99, tree["a"], tree["d"]])

    assert [tree["d"], tree["a"]] == [row.id for row in found]


async def test_a_tree_that_changes_while_it_is_read_is_read_again(ann, tree, monkeypatch):
    """Folders and bookmarks are of one moment, although two statements read them."""
    ctx, writer = await ann.ctx(SYNC), await ann.ctx(SYNC)
    root = ctx.user.root_folder_id
    steps = await folders.outline(ctx, root)
    await folder_trash.delete(writer, tree["a"])
    found = []
    async for some in steps:
        found += [step.folder.name for step in some if isinstance(step, Enter)]

    assert ["d"] == found


async def test_a_folder_that_goes_before_it_is_read_is_not_found(ann, tree):
    ctx = await ann.ctx(SYNC)
    steps = await folders.outline(ctx, tree["a"])
    await folder_trash.delete(await ann.ctx(SYNC), tree["d"])  # something else: the tree is read again, and found
    assert [step async for step in steps]
    steps = await folders.outline(ctx, tree["a"])
    await folder_trash.delete(await ann.ctx(SYNC), tree["b"])
    await make_bookmark(ann, SYNC, title="still", folder_ids=[tree["a"]])

    assert ["in a", "still"] == [row.title async for some in steps for row in some]
