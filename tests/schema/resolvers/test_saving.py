"""Saving: what happens when an address is kept already."""

from __future__ import annotations

import pytest

from schema.errors import Conflict, Invalid
from schema.inputs import BookmarkDraft, ConflictPolicy
from schema.resolvers import bookmarks, saving
from tests.databases import statements_counted
from tests.factories import make_bookmark


async def test_a_known_address_is_a_conflict_unless_told_otherwise(ann):
    """WHATWG-equal spellings are one address at the GraphQL door."""
    first = await make_bookmark(ann, url="https://a.example/")
    ctx = await ann.ctx()

    with pytest.raises(Conflict) as refusal:
        await saving.save(ctx, BookmarkDraft(url="HTTPS://A.example"), fetch=False)

    assert first.id == refusal.value.existing


async def test_merge_adds_tags_and_keeps_what_the_draft_leaves_out(ann):
    first = await make_bookmark(ann, url="https://a.example/", title="Kept", tag_names=["one"])
    ctx = await ann.ctx()
    draft = BookmarkDraft(url="https://a.example/", description="new", tag_names=["two"])
    saved = await saving.save(ctx, draft, ConflictPolicy.MERGE, fetch=False)

    assert (first.id, False) == (saved.bookmark.id, saved.created)
    assert ("Kept", "new") == (saved.bookmark.title, saved.bookmark.description)
    assert ["one", "two"] == sorted(saved.bookmark.tag_names)


async def test_a_list_costs_as_many_statements_for_one_row_as_for_many(ann):
    await make_bookmark(ann, tag_names=["x"])
    ctx = await ann.ctx()
    async with statements_counted([]) as one:
        await bookmarks.find(ctx)
    for _ in range(20):
        await make_bookmark(ann, tag_names=["x", "y"])
    ctx = await ann.ctx()
    async with statements_counted([]) as many:
        page = await bookmarks.find(ctx)

    assert 21 == len(page.items)
    assert 1 == len(one) == len(many)


async def test_more_tags_than_one_statement_takes_are_refused(ann):
    names = [f"tag-{number}" for number in range(1001)]
    with pytest.raises(Invalid) as refusal:
        await saving.save(await ann.ctx(), BookmarkDraft(url="https://a.example/", tag_names=names), fetch=False)

    assert ("too_many", 1000) == (refusal.value.faults[0].rule, refusal.value.faults[0].limit)
    assert 1000 == len((await make_bookmark(ann, tag_names=names[:1000])).tag_names)
