"""What the daily purge takes of folders, and of the places of bookmarks in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models import Bookmark, Folder, Placement
from schema.errors import NotFound
from schema.inputs import FolderDraft
from schema.resolvers import bookmarks, filing, folder_trash, folders, trash, worker
from tests.factories import make_bookmark
from tests.schema.library import SYNC


async def make_folder(person, name="f", parent_id=None):
    return await filing.create(await person.ctx(SYNC), FolderDraft(name=name, parent_id=parent_id))


async def test_purging_takes_folders_that_have_been_deleted_for_too_long(ann, ben, ports, monkeypatch):
    """In steps, with all below them; what was deleted later, or is live, stays."""
    monkeypatch.setattr(worker, "STEP", 2)
    kept = {}
    for person in (ann, ben):
        top = await make_folder(person)
        for _ in range(4):
            await make_bookmark(person, SYNC, folder_ids=[(await make_folder(person, parent_id=top.id)).id])
        await folder_trash.delete(await person.ctx(SYNC), top.id)
        kept[person.user.id] = [(await make_folder(person, "live")).id, (await make_folder(person, "young")).id]
    ports.clock.forward(days=31)
    for person in (ann, ben):
        await folder_trash.delete(await person.ctx(SYNC), kept[person.user.id][1])
    await worker.purge(ports)

    for person in (ann, ben):
        found = await Folder.filter(owner_id=person.user.id).order_by("id").values_list("id", flat=True)

        assert [person.user.root_folder_id, *kept[person.user.id]] == found
    assert 0 == await Bookmark.all().count()


async def test_purging_forgets_where_live_bookmarks_were_long_ago(ann, ports):
    """The bookmark stays where it is now; what was taken out later can still be put back."""
    old, young, now = [(await make_folder(ann)).id for _ in range(3)]
    ctx = await ann.ctx(SYNC)
    row = await make_bookmark(ann, SYNC, folder_ids=[old, young, now])
    await filing.take_out(ctx, old, row.id)
    ports.clock.forward(days=31)
    await filing.take_out(ctx, young, row.id)
    seq = (await ann.ctx()).user.change_seq
    await worker.purge(ports)

    assert [young, now] == await Placement.all().order_by("folder_id").values_list("folder_id", flat=True)
    assert seq == (await ann.ctx()).user.change_seq
    with pytest.raises(NotFound):
        await folder_trash.put_back(ctx, old, row.id)
    await folder_trash.put_back(ctx, young, row.id)
    assert [young, now] == sorted((await bookmarks.get(ctx, row.id, ctx.door.wanted)).folder_ids)


async def test_purging_follows_the_setting_for_folders_too(ann, ports):
    folder = await make_folder(ann)
    await folder_trash.delete(await ann.ctx(SYNC), folder.id)
    ports.clock.forward(days=2)
    await worker.purge(ports)
    left = await folders.trashed(await ann.ctx(SYNC))
    await worker.purge(replace(ports, limits=replace(ports.limits, trash_days=1)))

    assert [folder.id] == [row.id for row in left]
    assert [] == await folders.trashed(await ann.ctx(SYNC))


async def test_a_folder_that_outlives_the_one_it_was_in_comes_back_to_the_root(ann, ports):
    """Deleted by themselves one after the other: the outer one's time is over first, should its days differ."""
    outer = await make_folder(ann, "outer")
    inner = await make_folder(ann, "inner", outer.id)
    row = await make_bookmark(ann, SYNC, folder_ids=[inner.id])
    ctx = await ann.ctx(SYNC)
    await folder_trash.delete(ctx, inner.id)
    await folder_trash.delete(ctx, outer.id, permanent=True)
    last = await make_folder(ann, "last")
    back = await folder_trash.restore(ctx, inner.id)

    assert ctx.user.root_folder_id == back.parent_id
    assert [inner.id, last.id] == [one.id for one in await folders.below(ctx, ctx.user.root_folder_id)]
    assert [inner.id] == (await bookmarks.get(ctx, row.id, ctx.door.wanted)).folder_ids


async def test_a_bookmark_whose_folder_was_purged_comes_back_to_the_root(ann, ports):
    folder = await make_folder(ann)
    row = await make_bookmark(ann, SYNC, folder_ids=[folder.id])
    ctx = await ann.ctx()
    await trash.delete(ctx, [row.id])
    await folder_trash.delete(ctx, folder.id, permanent=True)
    (back,) = await trash.restore(ctx, [row.id])

    assert row.id == back.id
    assert [ctx.user.root_folder_id] == await Placement.filter(bookmark_id=row.id).values_list("folder_id", flat=True)
