"""Reading bookmarks: lists, search, one, and the check whether an address is kept already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from models import url as urls
from models.queries import bookmarks as queries
from models.queries.bookmarks import ALL, EVERYTHING, NEWEST, Wanted
from models.queries.build import Scope, Shared
from models.queries.tree import Tree
from models.queries.window import Order, Sort
from models.rows import BookmarkRow, ContentRow
from models.text import find_bad_text
from schema.auto_tagging import tags_for
from schema.context import Context
from schema.errors import NotFound
from schema.operation import gated, reads
from schema.page import FIRST, Page, Window, cut
from schema.ports import FetchFailed, PageData
from schema.resolvers.texts import known_ids


@dataclass(slots=True)
class Checked:
    """What ``check`` tells of an address: the bookmark that has it, its page, the tags the rules would add."""

    bookmark: BookmarkRow | None
    page: PageData | None
    auto_tags: list[str]


@reads("bookmarks")
async def find(
    ctx: Context,
    tree: Tree = EVERYTHING,
    sort: Sort = NEWEST,
    window: Window = FIRST,
    wanted: Wanted = ALL,
) -> Page[BookmarkRow]:
    """A page of the viewer's live bookmarks that the tree is true of."""
    return await _page(ctx, ctx.mine(), tree, sort, window, wanted)


@reads("bookmarks")
async def trash(ctx: Context, window: Window = FIRST, wanted: Wanted = ALL) -> Page[BookmarkRow]:
    """A page of the viewer's deleted bookmarks, the last deleted first."""
    return await _page(ctx, ctx.mine(trash=True), EVERYTHING, Sort(Order.DELETED), window, wanted)


async def shared(
    ctx: Context,
    tree: Tree = EVERYTHING,
    sort: Sort = NEWEST,
    window: Window = FIRST,
    wanted: Wanted = ALL,
) -> Page[BookmarkRow]:
    """A page of what everybody shares with the viewer, or with the whole world when nobody is signed in (LD-LIST-3).

    Raises Forbidden for a credential that may not read bookmarks.
    """
    return await _page(ctx, _shared(ctx), tree, sort, window, wanted)


@reads("bookmarks")
async def stream(ctx: Context, tree: Tree, sort: Sort, window: Window) -> AsyncIterator[list[BookmarkRow]]:
    """The same list as ``find`` in chunks of one snapshot, for doors that promise no cap."""
    return queries.stream(ctx.mine(), tree, sort, window.slice())


async def stream_shared(ctx: Context, tree: Tree, sort: Sort, window: Window) -> AsyncIterator[list[BookmarkRow]]:
    """The same list as ``shared`` in chunks of one snapshot."""
    return queries.stream(_shared(ctx), tree, sort, window.slice())


@reads("bookmarks")
async def get(ctx: Context, id: int, wanted: Wanted = ALL) -> BookmarkRow:
    """One of the viewer's live bookmarks. Raises NotFound, for a foreign one too."""
    row = await queries.one(ctx.mine(), id, wanted=wanted)
    if row is None:
        raise NotFound("bookmark")
    return row


@reads("bookmarks")
async def by_uid(ctx: Context, uid: UUID, wanted: Wanted = ALL) -> BookmarkRow:
    """One of the viewer's live bookmarks. Raises NotFound, for a foreign one too."""
    id = await queries.id_of(ctx.mine(), uid)
    row = None if id is None else await queries.one(ctx.mine(), id, wanted=wanted)
    if row is None:
        raise NotFound("bookmark")
    return row


@reads("bookmarks")
async def get_many(ctx: Context, ids: Sequence[int], wanted: Wanted = ALL) -> list[BookmarkRow]:
    """Those of the ids that are the viewer's live bookmarks, in their order. Raises Invalid for more than 500."""
    return await queries.by_ids(ctx.mine(), known_ids(ids), wanted=wanted)


@reads("bookmarks")
async def content(ctx: Context, bookmark_id: int) -> ContentRow | None:
    """What the bookmark's page said when it was read, or None when it was not read yet."""
    return await queries.content(ctx.mine(), bookmark_id)


@gated("bookmarks:read")
async def check(ctx: Context, url: str | None, *, fresh: bool = False, fetch: bool = True) -> Checked:
    """Whether the address is bookmarked, what its page says and which tags the rules would add (LD-CHK).

    Any text will do; an address that is none has no bookmark and no page. A page that cannot be loaded in time is None.
    ``fresh`` passes by what is remembered of the page.
    """
    if not url or not (text := urls.clean(url)) or find_bad_text(text):
        return Checked(None, None, [])
    bookmark = await queries.by_address(ctx.mine(), ctx.door.identity.value, ctx.door.digest(text))
    page = await look_up(ctx, text, fresh=fresh) if fetch else None
    return Checked(bookmark, page, tags_for(ctx.user.auto_tagging_rules, text))


async def look_up(ctx: Context, url: str, *, fresh: bool = False) -> PageData | None:
    """What the page says, or None when it does not say it within the time that a caller waits."""
    timeout = ctx.ports.limits.fetch_timeout
    if not timeout:
        return None
    try:
        async with asyncio.timeout(timeout):
            return await ctx.ports.websites.read(url, fresh=fresh)
    except (FetchFailed, TimeoutError):
        return None


async def _page(
    ctx: Context, scope: Scope, tree: Tree, sort: Sort, window: Window, wanted: Wanted
) -> Page[BookmarkRow]:
    rows = await queries.page(scope, tree, sort, window.slice(extra=1), wanted)
    items, has_next, has_previous = cut(rows, window)
    seq = ctx.viewer.user.change_seq if ctx.viewer.user else 0

    async def count() -> int:
        return await ctx.ports.counts.remember(scope, tree, seq, lambda: queries.count(scope, tree))

    return Page(items, has_next, has_previous, count)


def _shared(ctx: Context) -> Shared:
    if ctx.viewer.user is not None:
        ctx.allow("bookmarks:read")
    return Shared(ctx.viewer.user.id if ctx.viewer.user else None, ctx.door.kinds)
