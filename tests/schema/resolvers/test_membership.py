"""Bookmarks into folders and out of them, as a change of the bookmarks."""

from __future__ import annotations

import pytest

from models import Change, Placement
from schema.context import Context, Viewer
from schema.door import Door
from schema.errors import Forbidden, Invalid, NotFound
from schema.inputs import FolderDraft
from schema.resolvers import filing, folder_trash, hashes, membership
from tests.databases import statements_counted
from tests.factories import make_bookmark
from tests.schema.library import SYNC

DOOR = Door("tests")


@pytest.fixture
async def folders(ann):
    return [await filing.create(await ann.ctx(), FolderDraft(name=name)) for name in ("One", "Two")]


async def places(row):
    return sorted(await Placement.filter(bookmark_id=row.id, deleted_at=None).values_list("folder_id", flat=True))


async def test_a_bookmark_leaves_the_root_for_a_folder_and_comes_back(ann, folders):
    """It changes, its date moves, and the log says so once; a second time nothing does."""
    one, two = folders
    row = await make_bookmark(ann)
    ctx = await ann.ctx(DOOR)
    [joined] = await membership.join(ctx, [row.id], [one.id, two.id])
    logged = await Change.all().count()
    [again] = await membership.join(ctx, [row.id], [two.id])

    assert [one.id, two.id] == await places(row)
    assert joined.updated_at > row.updated_at
    assert joined == again
    assert logged == await Change.all().count()
    [left] = await membership.leave(ctx, [row.id], [one.id])
    assert [two.id] == await places(row)
    await membership.leave(ctx, [row.id], [one.id, two.id])
    assert [ann.user.root_folder_id] == await places(row)
    assert ["create", "update", "update", "update"] == await Change.filter(entity="bookmark").order_by(
        "id"
    ).values_list("operation", flat=True)
    assert left.updated_at > joined.updated_at


async def test_a_place_in_the_root_beside_folders_is_left_alone(ann, folders):
    """Only Nextcloud makes one."""
    row = await make_bookmark(ann, SYNC, folder_ids=[ann.user.root_folder_id, folders[0].id])
    await membership.join(await ann.ctx(DOOR), [row.id], [folders[1].id])
    await membership.leave(await ann.ctx(DOOR), [row.id], [folders[0].id, folders[1].id])

    assert [ann.user.root_folder_id] == await places(row)


async def test_the_root_is_no_folder_here(ann):
    row = await make_bookmark(ann)
    for operation in (membership.join, membership.leave):
        with pytest.raises(Invalid):
            await operation(await ann.ctx(DOOR), [row.id], [ann.user.root_folder_id])


async def test_a_deleted_folder_is_none(ann, folders):
    row = await make_bookmark(ann)
    await folder_trash.delete(await ann.ctx(), folders[0].id)
    for operation in (membership.join, membership.leave):
        with pytest.raises(NotFound):
            await operation(await ann.ctx(DOOR), [row.id], [folders[1].id, folders[0].id])
    assert [ann.user.root_folder_id] == await places(row)


async def test_a_folders_hash_follows(ann, folders):
    """Into it, and out of it again: the hash is another, and then what it was."""
    row = await make_bookmark(ann)
    ctx = await ann.ctx(SYNC)
    before = await hashes.of(ctx, folders[0].id)
    await membership.join(await ann.ctx(DOOR), [row.id], [folders[0].id])
    between = await hashes.of(await ann.ctx(SYNC), folders[0].id)
    await membership.leave(await ann.ctx(DOOR), [row.id], [folders[0].id])

    assert before != between
    assert before == await hashes.of(await ann.ctx(SYNC), folders[0].id)


async def test_who_may_write_bookmarks_may_do_it(ann, folders):
    """BK section 2.7: not tags:write, not groups:write."""
    row = await make_bookmark(ann)
    for scope, allowed in (("bookmarks:write", True), ("groups:write", False)):
        ctx = Context(ann.ports, DOOR, Viewer(ann.user, frozenset({scope})))
        for operation in (membership.join, membership.leave):
            if allowed:
                assert [row.id] == [one.id for one in await operation(ctx, [row.id], [folders[0].id])]
            else:
                with pytest.raises(Forbidden):
                    await operation(ctx, [row.id], [folders[0].id])


async def test_many_cost_as_many_statements_as_few(ann, folders):
    rows = [await make_bookmark(ann) for _ in range(22)]
    for operation in (membership.join, membership.leave):
        costs = []
        for some in (rows[:2], rows[2:]):
            ctx = await ann.ctx(DOOR)
            async with statements_counted([]) as found:
                await operation(ctx, [row.id for row in some], [folder.id for folder in folders])
            costs.append(len(found))

        assert costs[0] == costs[1]
