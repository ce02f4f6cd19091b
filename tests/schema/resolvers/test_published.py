"""What somebody has made public, read by others who are signed in; and how often links were followed."""

from __future__ import annotations

import pytest

from models import Bookmark, User
from models.queries.tree import Mentions, Spelled
from models.queries.window import Order, Sort
from schema.context import Context
from schema.errors import Forbidden, Invalid, NotFound, Unauthenticated
from schema.inputs import BookmarkDraft
from schema.page import Window
from schema.resolvers import bookmarks, saving, states, trash
from tests.factories import make_bookmark, make_token
from tests.schema.library import SYNC


async def titles(ctx, *args, **options):
    return [row.title for row in (await bookmarks.published(ctx, "ann", *args, **options)).items]


async def test_m06_everybody_who_is_signed_in_sees_exactly_what_is_public(ann, ben):
    """The owner as well; whether the account shares at linkding's door does not matter here."""
    for title, is_public in (("one", True), ("private", False), ("two", True), ("gone", True)):
        await make_bookmark(ann, title=title, is_public=is_public, tag_names=["Tag"])
    await trash.delete(await ann.ctx(), [(await Bookmark.get(title="gone")).id])
    await make_bookmark(ben, title="ben's", is_public=True, tag_names=["tag"])
    for person in (ann, ben):
        ctx = await person.ctx(SYNC)

        assert ["two", "one"] == await titles(ctx)
        assert ["two"] == await titles(ctx, Mentions("tw"))
        assert ["one", "two"] == await titles(ctx, Spelled("Tag"), Sort(Order.TITLE, descending=False))
        assert [] == await titles(ctx, Spelled("tag"))
        assert ["one"] == await titles(ctx, window=Window(1, 1))
        assert [["two", "one"]] == [
            [row.title for row in rows]
            async for rows in await bookmarks.stream_published(ctx, "ann", Mentions(""), Sort(), Window(10))
        ]


async def test_m06_one_bookmark_is_public_private_or_missing(ann, ben):
    public, private = await make_bookmark(ann, is_public=True), await make_bookmark(ann)
    gone = await make_bookmark(ann, is_public=True)
    await trash.delete(await ann.ctx(), [gone.id])
    ctx = await ben.ctx(SYNC)

    assert public.id == (await bookmarks.published_one(ctx, "ann", public.id)).id
    with pytest.raises(Forbidden) as refusal:
        await bookmarks.published_one(ctx, "ann", private.id)
    assert "public" == refusal.value.needs
    for name, id in (("ann", gone.id), ("ben", public.id), ("ben", private.id)):
        with pytest.raises(NotFound) as missing:
            await bookmarks.published_one(ctx, name, id)
        assert "bookmark" == missing.value.entity


@pytest.mark.parametrize("name", ["nobody", "", "ANN", "\0", "\ud800", "gone"])
async def test_an_unknown_user_is_not_found(name, ann, ben):
    await User.filter(username="ben").update(username="gone", is_active=False)
    ctx = await ann.ctx(SYNC)
    for ask in (bookmarks.published(ctx, name), bookmarks.published_one(ctx, name, 1)):
        with pytest.raises(NotFound) as refusal:
            await ask

        assert "user" == refusal.value.entity


async def test_notes_are_not_published_where_they_cannot_be_shown(ann, ben):
    row = await make_bookmark(ann, title="note", is_public=True)
    await Bookmark.filter(id=row.id).update(kind="note")

    assert [] == await titles(await ben.ctx(SYNC))
    with pytest.raises(NotFound):
        await bookmarks.published_one(await ben.ctx(SYNC), "ann", row.id)


async def test_what_is_public_is_counted_anew_each_time(ann, ben):
    """Whose change numbers the reader has are others."""
    ctx = await ben.ctx(SYNC)
    counts = []
    for _ in range(2):
        await make_bookmark(ann, is_public=True)
        counts.append(await (await bookmarks.published(ctx, "ann")).count())

    assert [1, 2] == counts


async def test_nobody_sees_it_who_is_not_signed_in(ann, ports):
    with pytest.raises(Unauthenticated):
        await bookmarks.published(Context(ports, SYNC), "ann")


async def test_s14_every_click_counts_one_whatever_the_spelling_of_the_address(ann):
    ctx = await ann.ctx(SYNC)
    row = await make_bookmark(ann, url="https://a.example/")
    for url in ("https://a.example/", " HTTPS://A.example:443", "https://a.example"):
        await states.click(ctx, url)
    after = await bookmarks.get(ctx, row.id)

    assert (3, row.updated_at) == (after.click_count, after.updated_at)
    assert (3, 1) == await bookmarks.clicks(ctx)


@pytest.mark.parametrize("url", ["https://b.example/", "", "no address at all", "https://gone.example/"])
async def test_s14_what_is_not_bookmarked_cannot_be_followed(url, ann):
    gone = await make_bookmark(ann, url="https://gone.example/")
    await trash.delete(await ann.ctx(), [gone.id])
    with pytest.raises(NotFound):
        await states.click(await ann.ctx(SYNC), url)


@pytest.mark.parametrize("url", ["https://\0/", "\ud800"])
async def test_an_address_that_no_bookmark_can_have_is_refused(url, ann):
    with pytest.raises(Invalid):
        await states.click(await ann.ctx(SYNC), url)


async def test_clicks_are_of_live_bookmarks_and_need_the_scope_to_write(ann):
    ctx = await ann.ctx(SYNC)
    for number in range(3):
        draft = BookmarkDraft(url=f"https://{number}.example/", title="t")
        await saving.save(ctx, draft, fetch=False)
        await states.click(ctx, draft.url)
    await states.click(ctx, "https://0.example/")
    await trash.delete(ctx, [(await Bookmark.get(url="https://1.example/")).id])
    reader = type(ann)(ann.ports, ann.user, await make_token(ann, "bookmarks:read"))

    assert (3, 2) == await bookmarks.clicks(ctx)
    with pytest.raises(Forbidden):
        await states.click(await reader.ctx(), "https://0.example/")
