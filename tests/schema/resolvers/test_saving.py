"""Saving: what happens when an address is kept already."""

from __future__ import annotations

import pytest
from strawberry import Some

from models import Bookmark, PageContent
from schema.errors import Conflict, Invalid
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy
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
    names = [f"tag-{number}" for number in range(10_001)]
    with pytest.raises(Invalid) as refusal:
        await saving.save(await ann.ctx(), BookmarkDraft(url="https://a.example/", tag_names=names), fetch=False)

    assert ("too_many", 10_000) == (refusal.value.faults[0].rule, refusal.value.faults[0].limit)
    assert 10_000 == len((await make_bookmark(ann, tag_names=names[:10_000])).tag_names)


async def test_replacing_takes_the_drafts_flags_but_keeps_a_favourite(ann):
    """Clients of linkding cannot say that a bookmark is no favourite."""
    await make_bookmark(ann, url="https://a.example/", is_public=True)
    draft = BookmarkDraft(url="https://a.example/", is_favorite=True)
    first = (await saving.save(await ann.ctx(), draft, ConflictPolicy.REPLACE, fetch=False)).bookmark
    plain = BookmarkDraft(url="https://a.example/")
    second = (await saving.save(await ann.ctx(), plain, ConflictPolicy.REPLACE, fetch=False)).bookmark

    assert (True, False) == (first.is_favorite, first.is_public)
    assert second.is_favorite


async def test_another_address_drops_what_the_old_page_said(ann):
    row = await make_bookmark(ann, url="https://a.example/")
    await PageContent.create(bookmark_id=row.id, text="Old page", fetched_at=row.created_at)
    await Bookmark.filter(id=row.id).update(favicon="old.webp", preview_image="old.webp")
    ctx = await ann.ctx()
    same = await saving.update(ctx, row.id, BookmarkPatch(url=Some("https://A.example"), title=Some("T")))
    kept = await bookmarks.content(ctx, row.id)
    moved = await saving.update(ctx, row.id, BookmarkPatch(url=Some("https://b.example/")))

    assert ("old.webp", "Old page") == (same.favicon, kept.text)
    assert (None, None) == (moved.favicon, moved.preview_image)
    assert await bookmarks.content(ctx, row.id) is None
