"""Deep trees and wide folders: they work, and cost as many statements as their size calls for and no more."""

from __future__ import annotations

import os

import pytest

from models import Bookmark, Folder, Placement, User, ranking
from models.folder import STEP
from schema.inputs import FolderDraft, FolderPatch
from schema.outline import Enter
from schema.resolvers import accounts, filing, folder_trash, folders, hashes
from schema.resolvers.filing import Child
from schema.resolvers.folders import Detail
from tests.databases import statements_counted
from tests.factories import make_bookmark
from tests.schema.library import SYNC

DEEP = 1_000
CHILDREN = int(os.environ.get("POLYMARK_TEST_CHILDREN", "5000"))


async def bookmarks_in(ctx, folder_id, detail=Detail.IDS):
    """The ids of the bookmarks in a folder and below it, in order."""
    found = []
    async for steps in await folders.outline(ctx, folder_id, detail=detail):
        found += [step for step in steps if isinstance(step, int)]
    return found


async def depth_of(ctx):
    """How many folders lie in one another."""
    deepest = 0
    async for steps in await folders.outline(ctx, ctx.user.root_folder_id, detail=Detail.FOLDERS):
        deepest += sum(isinstance(step, Enter) for step in steps)
    return deepest


@pytest.fixture
async def deep(ann):
    """A thousand folders in one another, with a bookmark in the last; their ids from the top."""
    ctx = await ann.ctx(SYNC)
    ids = [ctx.user.root_folder_id]
    for number in range(DEEP):
        row = await Folder.create(
            uid=ann.ports.clock.uuid(),
            owner_id=ctx.owner_id,
            parent_id=ids[-1],
            name=str(number),
            created_at=ann.ports.clock.now(),
            updated_at=ann.ports.clock.now(),
        )
        ids.append(row.id)
    await make_bookmark(ann, SYNC, folder_ids=[ids[-1]])
    return ids[1:]


async def test_a_tree_a_thousand_deep_is_made_read_moved_hashed_deleted_and_restored(ann, deep):
    ctx = await ann.ctx(SYNC)
    (bookmark,) = await bookmarks_in(ctx, ctx.user.root_folder_id)
    async with statements_counted([]) as statements:
        last = await filing.create(ctx, FolderDraft(name="last", parent_id=deep[-1]))
        empty = await hashes.of(ctx, ctx.user.root_folder_id)
        await filing.update(ctx, last.id, FolderPatch(parent_id=deep[0]))
        moved = await hashes.of(ctx, ctx.user.root_folder_id)
        await filing.update(ctx, deep[0], FolderPatch(parent_id=ctx.user.root_folder_id))
        counted = await folders.count(ctx, deep[0])
        opened = await depth_of(ctx)
        await folder_trash.delete(ctx, deep[0])
        gone = await bookmarks_in(ctx, ctx.user.root_folder_id)
        await folder_trash.restore(ctx, deep[0])

    assert empty != moved
    assert (1, DEEP + 1, []) == (counted, opened, gone)
    assert [bookmark] == await bookmarks_in(ctx, deep[0])
    assert len(statements) < 120


async def test_a_tree_a_thousand_deep_is_deleted_for_good(ann, deep):
    ctx = await ann.ctx(SYNC)
    async with statements_counted([]) as statements:
        await folder_trash.delete(ctx, deep[0], permanent=True)

    assert [ctx.user.root_folder_id] == await Folder.all().values_list("id", flat=True)
    assert 0 == await Bookmark.all().count()
    assert len(statements) < 30


async def test_a_tree_a_thousand_deep_goes_with_its_trash(ann, deep):
    ctx = await ann.ctx(SYNC)
    for id in reversed(deep[::100]):  # ten deletions in one another
        await folder_trash.delete(ctx, id)

    assert DEEP == await folder_trash.empty(ctx)
    assert 1 == await Folder.all().count()


async def test_an_account_with_a_deep_tree_can_be_removed(ann, deep):
    """A cascade from parent to child would be longer than SQLite follows."""
    await accounts.remove("ann")

    assert 0 == await User.all().count()
    assert 0 == await Folder.all().count()


async def fill(person, size):
    """A folder with so many bookmarks; its id and theirs, in order."""
    ctx = await person.ctx(SYNC)
    folder = await filing.create(ctx, FolderDraft(name="wide"))
    clock = person.ports.clock
    now = clock.now()
    rows = [
        Bookmark(
            uid=clock.uuid(),
            owner_id=ctx.owner_id,
            url=f"https://{number}.example/",
            url_href=f"https://{number}.example/",
            href_hash=f"{number:064}",
            key_hash=f"{number:064}",
            title=str(number),
            created_at=now,
            updated_at=now,
        )
        for number in range(size)
    ]
    await Bookmark.bulk_create(rows, batch_size=1_000)
    ids = await Bookmark.all().order_by("id").values_list("id", flat=True)
    places = [
        Placement(bookmark_id=id, folder_id=folder.id, position=number * STEP, created_at=now)
        for number, id in enumerate(ids)
    ]
    await Placement.bulk_create(places, batch_size=1_000)
    while await ranking.catch_up(ctx.owner_id):  # as whoever wrote them would have done
        pass
    return folder.id, ids


def writes(statements):
    return [text for text in statements if text.startswith(("UPDATE", "INSERT", "DELETE", "WITH RECURSIVE up"))]


async def test_a_wide_folder_is_read_ordered_deleted_and_restored(ann):
    """Statements grow with the size only where thousands of rows go into each of them.

    ``POLYMARK_TEST_CHILDREN=50000`` takes a minute.
    """
    size = CHILDREN
    folder_id, ids = await fill(ann, size)
    ctx = await ann.ctx(SYNC)
    cost = {}

    async def count(name, awaitable):
        async with statements_counted([]) as statements:
            result = await awaitable
        cost[name] = (len(statements), len(writes(statements)))
        return result

    read = await count("read", bookmarks_in(ctx, folder_id))
    order = [ids[-1], *ids[: size // 2], ids[-2], *ids[size // 2 : -2]]
    await count("order", filing.reorder(ctx, folder_id, [Child("bookmark", id) for id in order]))
    ordered = await bookmarks_in(ctx, folder_id)
    changed = (
        await Placement.filter(bookmark_id__in=[ids[-1], ids[-2]]).order_by("-id").values_list("position", flat=True)
    )
    await count("delete", folder_trash.delete(ctx, folder_id))
    gone = await bookmarks_in(ctx, ctx.user.root_folder_id)
    await count("restore", folder_trash.restore(ctx, folder_id))
    restored = await bookmarks_in(ctx, folder_id)
    await count("keep", folder_trash.delete(ctx, folder_id, keep_contents=True))
    kept = await bookmarks_in(ctx, ctx.user.root_folder_id)
    await count("restore again", folder_trash.restore(ctx, folder_id))
    again = await bookmarks_in(ctx, folder_id)
    root = await bookmarks_in(ctx, ctx.user.root_folder_id)
    await count("delete for good", folder_trash.delete(ctx, folder_id, permanent=True))

    assert (ids, order, [], order, ids, order, order) == (read, ordered, gone, restored, kept, again, root)
    assert [-STEP, (size // 2 - 1) * STEP + STEP // 2] == changed
    assert 0 == await Bookmark.all().count()
    thousands, five = size // 1_000, size // 5_000
    assert (3, 0) == cost["read"]
    assert cost["order"][1] <= 5  # one for the moved two, one for the log, marks, the number
    for name in ("delete", "restore", "keep", "restore again", "delete for good"):
        assert cost[name][0] <= 12 + 2 * thousands + 12 * five, (name, cost)


async def test_turning_a_wide_folder_round_writes_it_in_steps(ann):
    folder_id, ids = await fill(ann, 2_000)
    ctx = await ann.ctx(SYNC)
    async with statements_counted([]) as statements:
        await filing.reorder(ctx, folder_id, [Child("bookmark", id) for id in reversed(ids)])

    assert ids[::-1] == await bookmarks_in(ctx, folder_id)
    assert len(writes(statements)) <= 4 + 4


async def test_many_folders_side_by_side_move_up_together(ann):
    ctx = await ann.ctx(SYNC)
    outer = await filing.create(ctx, FolderDraft(name="outer"))
    now = ann.ports.clock.now()
    await Folder.bulk_create(
        [
            Folder(
                uid=ann.ports.clock.uuid(), owner_id=ctx.owner_id, parent_id=outer.id, name=str(number),
                position=number // 2, created_at=now, updated_at=now,
            )
            for number in range(1_500)
        ],
        batch_size=500,
    )  # fmt: skip
    before = [row.name for row in await folders.below(ctx, outer.id)]
    async with statements_counted([]) as statements:
        await folder_trash.delete(ctx, outer.id, keep_contents=True)

    assert before == [row.name for row in await folders.below(ctx, ctx.user.root_folder_id)]
    assert len(statements) < 30


async def test_addresses_bookmarked_again_take_their_places_together(ann):
    """A folder that was imported a second time while the first was in the trash."""
    folder_id, ids = await fill(ann, 1_000)
    ctx = await ann.ctx(SYNC)
    await folder_trash.delete(ctx, folder_id)
    other = (await filing.create(ctx, FolderDraft(name="again"))).id
    now = ann.ports.clock.now()
    rows = [
        Bookmark(
            uid=ann.ports.clock.uuid(), owner_id=ctx.owner_id, url=row.url, url_href=row.url_href,
            href_hash=row.href_hash, key_hash=row.key_hash, created_at=now, updated_at=now,
        )
        for row in await Bookmark.all().order_by("id")
    ]  # fmt: skip
    await Bookmark.bulk_create(rows, batch_size=500)
    new = await Bookmark.of(ctx.owner_id).order_by("id").values_list("id", flat=True)
    await Placement.bulk_create(
        [Placement(bookmark_id=id, folder_id=other, position=id, created_at=now) for id in new], batch_size=500
    )
    async with statements_counted([]) as statements:
        await folder_trash.restore(ctx, folder_id)

    assert new == await bookmarks_in(ctx, folder_id)
    assert len(statements) < 25
    assert ids == await Bookmark.exclude(deleted_at=None).order_by("id").values_list("id", flat=True)
