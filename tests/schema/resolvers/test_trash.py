"""Deleting, bringing back, deleting for good."""

from __future__ import annotations

import pytest

from models import Asset, Bookmark, BookmarkTag, Change, Placement
from schema.errors import Conflict
from schema.resolvers import assets, bookmarks, tags, trash
from tests.factories import make_bookmark


async def test_the_trash_takes_a_bookmark_and_frees_its_address(ann):
    row = await make_bookmark(ann, url="https://a.example/", tag_names=["x"])
    deleted = await trash.delete(await ann.ctx(), [row.id])
    again = await make_bookmark(ann, url="https://a.example/")

    assert [row.id] == deleted
    assert again.id > row.id
    assert [again.id] == [one.id for one in (await bookmarks.find(await ann.ctx())).items]
    assert [row.id] == [one.id for one in (await bookmarks.trash(await ann.ctx())).items]


async def test_a_restored_bookmark_is_as_it_was(ann):
    row = await make_bookmark(ann, tag_names=["x"], is_archived=True, to_read=True)
    await trash.delete(await ann.ctx(), [row.id])
    (back,) = await trash.restore(await ann.ctx(), [row.id])

    assert (row.title, row.tag_names, True, None) == (back.title, back.tag_names, back.is_archived, back.read_at)
    assert back.deleted_at is None
    assert 1 == await Placement.filter(bookmark_id=row.id, deleted_at=None).count()


async def test_nothing_is_restored_when_one_address_is_taken(ann):
    taken = await make_bookmark(ann, url="https://a.example/")
    free = await make_bookmark(ann, url="https://b.example/")
    await trash.delete(await ann.ctx(), [taken.id, free.id])
    other = await make_bookmark(ann, url="https://a.example/")
    with pytest.raises(Conflict) as refusal:
        await trash.restore(await ann.ctx(), [free.id, taken.id])

    assert other.id == refusal.value.existing
    assert {taken.id, free.id} == {row.id for row in (await bookmarks.trash(await ann.ctx())).items}


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_is_deleted_for_good_leaves_nothing_but_the_fact(at_once, ann):
    """Before-images are erased too; the log keeps that the row went."""
    row = await make_bookmark(ann, tag_names=["x"], title="Secret")

    async def chunks():
        yield b"bytes"

    await assets.upload(await ann.ctx(), row.id, "a.txt", "text/plain", chunks())
    await trash.delete(await ann.ctx(), [row.id], permanent=at_once)
    if not at_once:
        assert [row.id] == await trash.purge(await ann.ctx(), [row.id])

    assert not await Bookmark.exists(id=row.id)
    assert not await BookmarkTag.exists(bookmark_id=row.id)
    assert not await Asset.exists(bookmark_id=row.id)
    logged = await Change.filter(entity="bookmark", entity_id=row.id).order_by("seq")
    assert "purge" == logged[-1].operation
    assert [None] * len(logged) == [change.before for change in logged]
    assert ["x"] == [tag.name for tag in (await tags.find(await ann.ctx())).items]


async def test_a_live_bookmark_cannot_be_purged(ann):
    row = await make_bookmark(ann)

    assert [] == await trash.purge(await ann.ctx(), [row.id])
    assert row.id == (await bookmarks.get(await ann.ctx(), row.id)).id


async def test_ids_are_never_used_again(ann):
    row = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [row.id], permanent=True)
    after = await make_bookmark(ann)

    assert after.id > row.id


async def test_emptying_takes_what_is_old_enough(ann, ports):
    old = await make_bookmark(ann)
    new = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [old.id])
    ports.clock.forward(days=31)
    await trash.delete(await ann.ctx(), [new.id])
    ports.clock.forward(minutes=1)
    cutoff = (await bookmarks.trash(await ann.ctx())).items[0].deleted_at
    gone = await trash.empty(await ann.ctx(), deleted_before=cutoff)

    assert 1 == gone
    assert [new.id] == [row.id for row in (await bookmarks.trash(await ann.ctx())).items]
