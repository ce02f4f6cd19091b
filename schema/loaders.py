"""DataLoaders for edges that only GraphQL walks: whatever a page's rows ask of one edge is one statement.

They live in the request's context and are forgotten by every write (schema/operation.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

from strawberry.dataloader import DataLoader

from models.queries.bookmarks import Wanted
from models.queries.window import Sort
from models.rows import AssetRow, BookmarkRow, ContentRow
from schema.connections import asset_connection, bookmark_connection
from schema.context import Context
from schema.execution.rows import Connection
from schema.page import Window
from schema.resolvers import edges

V = TypeVar("V")

MOST_KEYS = 1_000  # of one statement


class Loader(DataLoader[int, V]):
    """A DataLoader whose answers outlive those who ask.

    Where one field fails, graphql-core cancels its siblings, and cancelling who awaits a future cancels the future:
    unshielded, every other field that asked for the same key would be cancelled too, and with it the request.
    """

    def load(self, key: int) -> Awaitable[V]:
        """Ask for one key; answered together with all that are asked for in the same turn of the loop."""
        return asyncio.shield(super().load(key))


def bookmark_count(ctx: Context) -> Loader[int]:
    """From a tag's id to the number of the viewer's live bookmarks that have it."""

    async def load(ids: list[int]) -> Sequence[int]:
        found = await edges.bookmark_counts(ctx, ids)
        return [found.get(id, 0) for id in ids]

    return _once(ctx, "bookmark_count", load)


def tagged(ctx: Context, sort: Sort, window: Window, wanted: Wanted) -> Loader[Connection[BookmarkRow]]:
    """From a tag's id to a page of the viewer's live bookmarks that have it."""

    async def load(ids: list[int]) -> Sequence[Connection[BookmarkRow]]:
        pages = await edges.tagged(ctx, ids, sort, window, wanted)
        for id, page in pages.items():
            page.count = _counting(bookmark_count(ctx), id)
        return [bookmark_connection(pages[id], sort) for id in ids]

    return _once(ctx, f"tagged {sort} {window} {wanted}", load)


def asset_count(ctx: Context) -> Loader[int]:
    """From a bookmark's id to the number of its assets."""

    async def load(ids: list[int]) -> Sequence[int]:
        found = await edges.asset_counts(ctx, ids)
        return [found.get(id, 0) for id in ids]

    return _once(ctx, "asset_count", load)


def assets(ctx: Context, window: Window) -> Loader[Connection[AssetRow]]:
    """From a bookmark's id to a page of its assets."""

    async def load(ids: list[int]) -> Sequence[Connection[AssetRow]]:
        pages = await edges.assets(ctx, ids, window)
        for id, page in pages.items():
            page.count = _counting(asset_count(ctx), id)
        return [asset_connection(pages[id]) for id in ids]

    return _once(ctx, f"assets {window}", load)


def content(ctx: Context) -> Loader[ContentRow | None]:
    """From a bookmark's id to what its page said, or None."""

    async def load(ids: list[int]) -> Sequence[ContentRow | None]:
        found = await edges.contents(ctx, ids)
        return [found.get(id) for id in ids]

    return _once(ctx, "content", load)


def bookmark(ctx: Context, wanted: Wanted) -> Loader[BookmarkRow | None]:
    """From an id to the viewer's live bookmark, or None."""

    async def load(ids: list[int]) -> Sequence[BookmarkRow | None]:
        found = await edges.bookmarks(ctx, ids, wanted)
        return [found.get(id) for id in ids]

    return _once(ctx, f"bookmark {wanted}", load)


def _once(ctx: Context, name: str, load: Callable[[list[int]], Awaitable[Sequence[V]]]) -> Loader[V]:
    if name not in ctx.loaders:
        ctx.loaders[name] = Loader(load, max_batch_size=MOST_KEYS)
    return cast("Loader[V]", ctx.loaders[name])


def _counting(counts: Loader[int], id: int) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return await counts.load(id)

    return count
