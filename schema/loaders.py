"""DataLoaders for edges that only GraphQL walks: whatever a page's rows ask of one edge is one statement.

They live in the request's context and are forgotten by every write (schema/operation.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

from strawberry.dataloader import DataLoader

from models.queries.bookmarks import Wanted
from models.queries.placements import MOST as MOST_FOLDERS
from models.queries.window import Order, Sort
from models.rows import AssetRow, BookmarkRow, ContentRow, FolderRow
from schema.connections import asset_connection, bookmark_connection, folder_connection, place_connection
from schema.context import Context
from schema.execution.rows import Connection, Rows
from schema.page import Page, Window
from schema.resolvers import edges

V = TypeVar("V")

MOST_KEYS = 1_000  # of one statement
MOST_BUNDLES = 50  # the same: each brings conditions of its own


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


def bundled_count(ctx: Context) -> Loader[int]:
    """From a bundle's id to the number of the viewer's live bookmarks that it matches."""

    async def load(ids: list[int]) -> Sequence[int]:
        found = await edges.bundled_counts(ctx, ids)
        return [found[id] for id in ids]

    return _once(ctx, "bundled_count", load, MOST_BUNDLES)


def bundled(ctx: Context, sort: Sort, window: Window, wanted: Wanted) -> Loader[Connection[BookmarkRow]]:
    """From a bundle's id to a page of the viewer's live bookmarks that it matches."""

    async def load(ids: list[int]) -> Sequence[Connection[BookmarkRow]]:
        pages = await edges.bundled(ctx, ids, sort, window, wanted)
        for id, page in pages.items():
            page.count = _counting(bundled_count(ctx), id)
        return [bookmark_connection(pages[id], sort) for id in ids]

    return _once(ctx, f"bundled {sort} {window} {wanted}", load, MOST_BUNDLES)


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


def content(ctx: Context, *, text: bool, html: bool) -> Loader[ContentRow | None]:
    """From a bookmark's id to what its page said, of the large parts those asked for, or None."""

    async def load(ids: list[int]) -> Sequence[ContentRow | None]:
        found = await edges.contents(ctx, ids, text=text, html=html)
        return [found.get(id) for id in ids]

    return _once(ctx, f"content {text} {html}", load)


def bookmark(ctx: Context, wanted: Wanted) -> Loader[BookmarkRow | None]:
    """From an id to the viewer's live bookmark, or None."""

    async def load(ids: list[int]) -> Sequence[BookmarkRow | None]:
        found = await edges.bookmarks(ctx, ids, wanted)
        return [found.get(id) for id in ids]

    return _once(ctx, f"bookmark {wanted}", load)


def folder(ctx: Context) -> Loader[FolderRow | None]:
    """From an id to the viewer's live folder, or None."""

    async def load(ids: list[int]) -> Sequence[FolderRow | None]:
        found = await edges.folders(ctx, ids)
        return [found.get(id) for id in ids]

    return _once(ctx, "folder", load)


def ancestors(ctx: Context) -> Loader[Rows[FolderRow]]:
    """From a folder's id to the folders that it lies in, the topmost first, without the root."""

    async def load(ids: list[int]) -> Sequence[Rows[FolderRow]]:
        found = await edges.ancestors(ctx, ids)
        return [Rows(found.get(id, [])) for id in ids]

    return _once(ctx, "ancestors", load)


def folders_of(ctx: Context) -> Loader[Rows[FolderRow]]:
    """From a bookmark's id to the viewer's folders that it is in, without the root."""

    async def load(ids: list[int]) -> Sequence[Rows[FolderRow]]:
        found = await edges.folders_of(ctx, ids)
        return [Rows(found.get(id, [])) for id in ids]

    return _once(ctx, "folders_of", load)


def folder_count(ctx: Context) -> Loader[int]:
    """From a folder's id to the number of live folders in it."""

    async def load(ids: list[int]) -> Sequence[int]:
        found = await edges.folder_counts(ctx, ids)
        return [found.get(id, 0) for id in ids]

    return _once(ctx, "folder_count", load)


def filed_count(ctx: Context, *, recursive: bool = False) -> Loader[int]:
    """From a folder's id to the number of live bookmarks in it, or also below it."""

    async def load(ids: list[int]) -> Sequence[int]:
        found = await edges.filed_counts(ctx, ids, recursive=recursive)
        return [found.get(id, 0) for id in ids]

    return _once(ctx, f"filed_count {recursive}", load)


def folders_in(ctx: Context, window: Window) -> Loader[Connection[FolderRow]]:
    """From a folder's id to a page of the folders in it."""

    async def load(ids: list[int]) -> Sequence[Connection[FolderRow]]:
        pages = await edges.folders_in(ctx, ids, window)
        for id, page in pages.items():
            page.count = _counting(folder_count(ctx), id)
        return [folder_connection(pages[id]) for id in ids]

    return _once(ctx, f"folders_in {window}", load, MOST_FOLDERS)


def bookmarks_in(ctx: Context, sort: Sort, window: Window, wanted: Wanted) -> Loader[Connection[BookmarkRow]]:
    """From a folder's id to a page of the viewer's live bookmarks in it."""

    async def load(ids: list[int]) -> Sequence[Connection[BookmarkRow]]:
        pages = await edges.bookmarks_in(ctx, ids, sort, window, wanted)
        for id, page in pages.items():
            page.count = _counting(filed_count(ctx), id)
        if sort.order is Order.PLACE:
            return [place_connection(pages[id]) for id in ids]
        return [bookmark_connection(_without_positions(pages[id]), sort) for id in ids]

    return _once(ctx, f"bookmarks_in {sort} {window} {wanted}", load, MOST_FOLDERS)


def children(ctx: Context, window: Window, wanted: Wanted) -> Loader[Connection[FolderRow | BookmarkRow]]:
    """From a folder's id to a page of all that is in it."""

    async def load(ids: list[int]) -> Sequence[Connection[FolderRow | BookmarkRow]]:
        pages = await edges.children(ctx, ids, window, wanted)
        for id, page in pages.items():
            page.count = _counting_both(folder_count(ctx), filed_count(ctx), id)
        return [place_connection(pages[id]) for id in ids]

    return _once(ctx, f"children {window} {wanted}", load, MOST_FOLDERS)


def _once(
    ctx: Context, name: str, load: Callable[[list[int]], Awaitable[Sequence[V]]], most: int = MOST_KEYS
) -> Loader[V]:
    if name not in ctx.loaders:
        ctx.loaders[name] = Loader(load, max_batch_size=most)
    return cast("Loader[V]", ctx.loaders[name])


def _without_positions(page: Page[tuple[int, BookmarkRow]]) -> Page[BookmarkRow]:
    return Page([row for _, row in page.items], page.has_next, page.has_previous, page.count)


def _counting(counts: Loader[int], id: int) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return await counts.load(id)

    return count


def _counting_both(one: Loader[int], other: Loader[int], id: int) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return sum(await asyncio.gather(one.load(id), other.load(id)))

    return count
