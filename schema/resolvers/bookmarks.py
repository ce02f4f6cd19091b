"""Reading bookmarks: lists, search, one, and the check whether an address is kept already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from models import url as urls
from models.queries import accounts
from models.queries import bookmarks as queries
from models.queries.bookmarks import ALL, EVERYTHING, NEWEST, Wanted
from models.queries.build import Mine, Scope, Shared
from models.queries.tree import Tree
from models.queries.window import Order, Sort
from models.rows import BookmarkRow, ContentRow
from models.text import find_bad_text
from schema.auto_tagging import tags_for
from schema.context import Context
from schema.errors import Forbidden, NotFound
from schema.operation import gated, reads
from schema.page import FIRST, Page, Window, cut
from schema.ports import FetchFailed, PageData
from schema.resolvers import branches
from schema.resolvers.texts import known_ids


@dataclass(slots=True)
class Checked:
    """What ``check`` tells of an address: the bookmark that has it, its page, the tags the rules would add."""

    bookmark: BookmarkRow | None
    page: PageData | None
    auto_tags: list[str]


@reads("bookmarks", branch=True)
async def find(
    ctx: Context,
    tree: Tree = EVERYTHING,
    sort: Sort = NEWEST,
    window: Window = FIRST,
    wanted: Wanted = ALL,
) -> Page[BookmarkRow]:
    """A page of the viewer's live bookmarks that the tree is true of."""
    tree, wanted = await branches.narrowed(ctx, tree, sort), branches.seen_of(ctx, wanted)
    page = await _page(ctx, ctx.mine(), tree, sort, window, wanted)
    if ctx.viewer.branch is not None:
        page.items = list(map(await branches.hiding(ctx, wanted), page.items))
    return page


@reads("bookmarks")
async def trash(ctx: Context, window: Window = FIRST, wanted: Wanted = ALL) -> Page[BookmarkRow]:
    """A page of the viewer's deleted bookmarks, as far as the door knows of them, the last deleted first."""
    return await _page(ctx, ctx.mine(trash=True), ctx.door.trash, Sort(Order.DELETED), window, wanted)


@reads("bookmarks")
async def stream_trash(ctx: Context, window: Window, wanted: Wanted = ALL) -> AsyncGenerator[list[BookmarkRow], None]:
    """The same list as ``trash`` in chunks of one snapshot."""
    return queries.stream(ctx.mine(trash=True), ctx.door.trash, Sort(Order.DELETED), window.slice(), wanted)


@reads("bookmarks")
async def published(
    ctx: Context,
    username: str,
    tree: Tree = EVERYTHING,
    sort: Sort = NEWEST,
    window: Window = FIRST,
) -> Page[BookmarkRow]:
    """A page of what a user has made public, to whoever is signed in (NC-6.1). Raises NotFound for the user."""
    return await _page(ctx, await _public_of(ctx, username), tree, sort, window, ALL)


@reads("bookmarks")
async def stream_published(
    ctx: Context, username: str, tree: Tree, sort: Sort, window: Window
) -> AsyncGenerator[list[BookmarkRow], None]:
    """The same list as ``published`` in chunks of one snapshot."""
    return queries.stream(await _public_of(ctx, username), tree, sort, window.slice())


@reads("bookmarks")
async def published_one(ctx: Context, username: str, id: int) -> BookmarkRow:
    """A bookmark of a user's, as far as it is public (NC-6.3).

    Raises NotFound for the user and for the bookmark, and Forbidden for one that is there and is not public.
    """
    scope = await _public_of(ctx, username)
    row = await queries.one(scope, id)
    if row is None and await queries.one(replace(scope, public=False), id) is not None:
        raise Forbidden("public")
    if row is None:
        raise NotFound("bookmark")
    return row


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
async def count(ctx: Context, tree: Tree = EVERYTHING) -> int:
    """How many of the viewer's live bookmarks the tree is true of."""
    return await _counted(ctx, ctx.mine(), tree)


@reads("bookmarks")
async def count_trash(ctx: Context) -> int:
    """How many of the viewer's deleted bookmarks the door knows of."""
    return await _counted(ctx, ctx.mine(trash=True), ctx.door.trash)


@reads("bookmarks")
async def clicks(ctx: Context) -> tuple[int, int]:
    """How often the viewer's live bookmarks were followed altogether, and how many of them ever were."""
    return await queries.clicks(ctx.mine())


@reads("bookmarks", branch=True)
async def stream(
    ctx: Context, tree: Tree, sort: Sort, window: Window, wanted: Wanted = ALL
) -> AsyncGenerator[list[BookmarkRow], None]:
    """The same list as ``find`` in chunks of one snapshot, for doors that promise no cap."""
    tree, wanted = await branches.narrowed(ctx, tree, sort), branches.seen_of(ctx, wanted)
    rows = queries.stream(ctx.mine(), tree, sort, window.slice(), wanted)
    return rows if ctx.viewer.branch is None else _shown(rows, await branches.hiding(ctx, wanted))


async def stream_shared(
    ctx: Context, tree: Tree, sort: Sort, window: Window, wanted: Wanted = ALL
) -> AsyncGenerator[list[BookmarkRow], None]:
    """The same list as ``shared`` in chunks of one snapshot."""
    return queries.stream(_shared(ctx), tree, sort, window.slice(), wanted)


@reads("bookmarks", branch=True)
async def get(ctx: Context, id: int, wanted: Wanted = ALL, *, or_trash: bool = False) -> BookmarkRow:
    """One of the viewer's live bookmarks, or of those that the door knows in the trash. Raises NotFound."""
    if ctx.viewer.branch is not None:
        await branches.check_bookmark(ctx, id)
        wanted = branches.seen_of(ctx, wanted)
    row = await queries.one(ctx.mine(), id, wanted=wanted)
    if row is None and or_trash and ctx.viewer.branch is None:
        known = await queries.matching(ctx.mine(trash=True), ctx.door.trash, known_ids([id]) or [0])
        row = await queries.one(ctx.mine(trash=True), id, wanted=wanted) if known else None
    if row is None:
        raise NotFound("bookmark")
    return (await branches.hiding(ctx, wanted))(row)


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
    return Page(items, has_next, has_previous, partial(_counted, ctx, scope, tree))


async def _shown(
    chunks: AsyncGenerator[list[BookmarkRow], None], show: Callable[[BookmarkRow], BookmarkRow]
) -> AsyncGenerator[list[BookmarkRow], None]:
    async with aclosing(chunks) as rows:
        async for some in rows:
            yield list(map(show, some))


async def _counted(ctx: Context, scope: Scope, tree: Tree) -> int:
    """How many rows the list has, remembered until the viewer changes something; somebody's public ones are not."""
    if isinstance(scope, Mine) and scope.public:
        return await queries.count(scope, tree)
    seq = ctx.viewer.user.change_seq if ctx.viewer.user else 0
    return await ctx.ports.counts.remember(scope, tree, seq, lambda: queries.count(scope, tree))


async def _public_of(ctx: Context, username: str) -> Mine:
    """The public rows of the active user of that name. Raises NotFound."""
    user = None if find_bad_text(username) else await accounts.user_by_name(username)
    if user is None or not user.is_active:
        raise NotFound("user")
    return Mine(user.id, ctx.door.kinds, public=True)


def _shared(ctx: Context) -> Shared:
    if ctx.viewer.user is not None:
        ctx.allow("bookmarks:read")
    return Shared(ctx.viewer.user.id if ctx.viewer.user else None, ctx.door.kinds)
