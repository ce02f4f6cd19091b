"""Flags of bookmarks, one or many."""

from __future__ import annotations

import pytest

from models import Change
from schema.door import GRAPHQL, Door
from schema.errors import Invalid
from schema.resolvers import bookmarks, states
from tests.databases import statements_counted
from tests.factories import make_bookmark

TOUCHING = Door("touching", always_touches=True)


@pytest.mark.parametrize(
    ("operation", "field", "value"),
    [
        (states.archive, "is_archived", True),
        (states.favorite, "is_favorite", True),
        (states.publish, "is_public", True),
    ],
)
async def test_a_flag_is_set_and_the_bookmark_counts_as_changed(operation, field, value, ann):
    row = await make_bookmark(ann)
    (changed,) = await operation(await ann.ctx(), [row.id])

    assert value == getattr(changed, field)
    assert changed.updated_at > row.updated_at
    assert row.created_at == changed.created_at


async def test_read_and_unread(ann):
    row = await make_bookmark(ann, to_read=True)
    (read,) = await states.mark_read(await ann.ctx(), [row.id])
    (again,) = await states.mark_read(await ann.ctx(), [row.id])
    (unread,) = await states.mark_read(await ann.ctx(), [row.id], on=False)

    assert row.read_at is None
    assert read.read_at is not None
    assert read.read_at == again.read_at
    assert unread.read_at is None


async def test_what_is_so_already_is_not_written_again(ann):
    row = await make_bookmark(ann, is_archived=True)
    seq = (await ann.ctx()).user.change_seq
    (same,) = await states.archive(await ann.ctx(), [row.id])

    assert row.updated_at == same.updated_at
    assert seq == (await ann.ctx()).user.change_seq


async def test_a_door_that_always_touches_moves_the_date(ann):
    """LD-ARC-2: archiving twice sets date_modified twice."""
    row = await make_bookmark(ann, is_archived=True)
    (touched,) = await states.archive(await ann.ctx(TOUCHING), [row.id])

    assert touched.updated_at > row.updated_at


async def test_many_are_answered_in_their_order_and_each_once(ann):
    rows = [await make_bookmark(ann) for _ in range(3)]
    ids = [rows[2].id, rows[0].id, rows[2].id, 999_999, rows[1].id]
    changed = await states.archive(await ann.ctx(), ids)

    assert [rows[2].id, rows[0].id, rows[1].id] == [row.id for row in changed]


async def test_more_than_five_hundred_are_refused(ann):
    with pytest.raises(Invalid) as refusal:
        await states.archive(await ann.ctx(), range(1, 502))

    assert ("too_many", 500) == (refusal.value.faults[0].rule, refusal.value.faults[0].limit)


async def test_each_change_is_logged_with_what_was_before(ann):
    row = await make_bookmark(ann, title="Before", tag_names=["x"])
    await states.archive(await ann.ctx(), [row.id])
    change = await Change.filter(entity="bookmark", operation="update").get()

    assert row.id == change.entity_id
    assert ("Before", False, ["x"]) == (
        change.before["title"],
        change.before["is_archived"],
        change.before["tag_names"],
    )


async def test_tags_are_added_and_taken_away(ann):
    one = await make_bookmark(ann, tag_names=["a", "b"])
    two = await make_bookmark(ann, tag_names=["c"])
    changed = await states.tag(await ann.ctx(), [one.id, two.id], add=["New", "a"], remove=["B", "nobody"])

    assert [["New", "a"], ["New", "a", "c"]] == [sorted(row.tag_names) for row in changed]


async def test_a_kind_that_the_door_cannot_show_is_not_there(ann):
    row = await make_bookmark(ann, url="javascript:alert(1)")
    links_only = Door("links", kinds=frozenset({"link"}))

    assert "bookmarklet" == row.kind
    assert [] == await states.archive(await ann.ctx(links_only), [row.id])
    assert [row.id] == [one.id for one in await states.archive(await ann.ctx(GRAPHQL), [row.id])]
    assert [] == (await bookmarks.find(await ann.ctx(links_only))).items


async def test_changing_many_costs_no_more_reads_than_changing_few(ann):
    """Before-images come with one statement for all."""
    few = [(await make_bookmark(ann)).id for _ in range(2)]
    many = [(await make_bookmark(ann)).id for _ in range(12)]
    ctx = await ann.ctx()
    async with statements_counted([]) as short:
        await states.archive(ctx, few)
    async with statements_counted([]) as long:
        await states.archive(ctx, many)

    assert len(short) == len(long)
