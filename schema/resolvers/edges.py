"""From many rows to what hangs on each of them, in one statement an edge; only GraphQL walks these.

Edges lead to the viewer's own live rows only: a shared bookmark of somebody else has no assets, no folders and no
content here, and a tag of somebody else is on none of the viewer's bookmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from models.queries import assets as asset_queries
from models.queries import bookmarks as bookmark_queries
from models.queries import bundles as bundle_queries
from models.queries import folders as folder_queries
from models.queries import placements as placement_queries
from models.queries import tags as tag_queries
from models.queries.bookmarks import TagDetail, Wanted
from models.queries.placements import BY_PLACE, tie_of
from models.queries.tree import Nothing, Tree
from models.queries.window import Sort
from models.rows import AssetRow, BookmarkRow, ContentRow, FolderRow, TagRow
from schema.context import Context
from schema.errors import NotFound
from schema.operation import reads
from schema.page import Page, Window, cut
from schema.search.bundle import tree_of

T = TypeVar("T")


@reads("tags", "bookmarks")
async def bookmark_counts(ctx: Context, tag_ids: Sequence[int]) -> dict[int, int]:
    """How many of the viewer's live bookmarks have each tag; tags without any may be missing."""
    return await tag_queries.bookmark_counts(ctx.owner_id, tag_ids)


@reads("bookmarks")
async def tagged(
    ctx: Context, tag_ids: Sequence[int], sort: Sort, window: Window, wanted: Wanted
) -> dict[int, Page[BookmarkRow]]:
    """The same window onto each tag's bookmarks. The pages cannot count: ``bookmark_counts`` counts many at once."""
    found = await bookmark_queries.tagged(ctx.mine(), tag_ids, sort, window.slice(extra=1), wanted)
    return {id: _page(found.get(id, []), window) for id in tag_ids}


@reads("bookmarks")
async def assets(ctx: Context, bookmark_ids: Sequence[int], window: Window) -> dict[int, Page[AssetRow]]:
    """The same window onto each bookmark's assets. The pages cannot count: ``asset_counts`` counts many at once."""
    found = await asset_queries.of_bookmarks(ctx.owner_id, bookmark_ids, window.slice(extra=1))
    return {id: _page(found.get(id, []), window) for id in bookmark_ids}


@reads("bookmarks")
async def asset_counts(ctx: Context, bookmark_ids: Sequence[int]) -> dict[int, int]:
    """How many assets each bookmark has; bookmarks without any may be missing."""
    return await asset_queries.counts(ctx.owner_id, bookmark_ids)


@reads("bookmarks")
async def contents(
    ctx: Context, bookmark_ids: Sequence[int], *, text: bool = True, html: bool = True
) -> dict[int, ContentRow]:
    """What the bookmarks' pages said, of the large parts those asked for; those whose page was not read are missing."""
    return await bookmark_queries.contents(ctx.mine(), bookmark_ids, text=text, html=html)


@reads("bookmarks")
async def bookmarks(ctx: Context, ids: Sequence[int], wanted: Wanted) -> dict[int, BookmarkRow]:
    """The viewer's live bookmarks of these ids."""
    return {row.id: row for row in await bookmark_queries.by_ids(ctx.mine(), ids, wanted=wanted)}


@reads("bookmarks")
async def assets_by_id(ctx: Context, ids: Sequence[int]) -> list[AssetRow]:
    """Those of the ids that are assets of the viewer's live bookmarks, in their order."""
    return await asset_queries.by_ids(ctx.owner_id, ids)


@reads("bookmarks")
async def bundled(
    ctx: Context, bundle_ids: Sequence[int], sort: Sort, window: Window, wanted: Wanted
) -> dict[int, Page[BookmarkRow]]:
    """The same window onto what each bundle matches. The pages cannot count: ``bundled_counts`` counts many at once."""
    trees = await _trees_of(ctx, bundle_ids)
    found = await bookmark_queries.pages(ctx.mine(), list(trees.values()), sort, window.slice(extra=1), wanted)
    pages = dict(zip(trees, found, strict=True))
    return {id: _page(pages.get(id, []), window) for id in bundle_ids}


@reads("bookmarks")
async def bundled_counts(ctx: Context, bundle_ids: Sequence[int]) -> dict[int, int]:
    """How many bookmarks each bundle matches."""
    trees = await _trees_of(ctx, bundle_ids)
    return dict(zip(trees, await bookmark_queries.counts(ctx.mine(), list(trees.values())), strict=True))


@reads("groups")
async def folders(ctx: Context, ids: Sequence[int]) -> dict[int, FolderRow]:
    """The viewer's live folders of these ids."""
    return {row.id: row for row in await folder_queries.by_ids(ctx.owner_id, ids)}


@reads("groups")
async def ancestors(ctx: Context, folder_ids: Sequence[int]) -> dict[int, list[FolderRow]]:
    """The live folders that each folder lies in, the topmost first, without the root; the nearest 100 at most."""
    return await placement_queries.ancestors(ctx.owner_id, folder_ids)


@reads("groups")
async def folders_of(ctx: Context, bookmark_ids: Sequence[int]) -> dict[int, list[FolderRow]]:
    """The viewer's live folders that each bookmark is in, without the root, by name."""
    found = await placement_queries.folders_of(ctx.owner_id, bookmark_ids)
    return {id: sorted(rows, key=lambda row: (row.name.lower(), row.id)) for id, rows in found.items()}


@reads("groups")
async def folders_in(ctx: Context, folder_ids: Sequence[int], window: Window) -> dict[int, Page[FolderRow]]:
    """The same window onto the folders in each folder. The pages cannot count: ``folder_counts`` counts many."""
    found = await placement_queries.folders_in(ctx.owner_id, folder_ids, window.slice(extra=1))
    return {id: _page(found.get(id, []), window) for id in folder_ids}


@reads("groups")
async def folder_counts(ctx: Context, folder_ids: Sequence[int]) -> dict[int, int]:
    """How many live folders are in each folder; those without any may be missing."""
    return await placement_queries.folder_counts(ctx.owner_id, folder_ids)


@reads("bookmarks")
async def bookmarks_in(
    ctx: Context, folder_ids: Sequence[int], sort: Sort, window: Window, wanted: Wanted
) -> dict[int, Page[tuple[int, BookmarkRow]]]:
    """The same window onto the bookmarks in each folder, each with its position there; the pages cannot count."""
    found = await placement_queries.bookmarks_in(ctx.mine(), folder_ids, sort, window.slice(extra=1), wanted)
    return {id: _page(found.get(id, []), window) for id in folder_ids}


@reads("groups", "bookmarks")
async def filed_counts(ctx: Context, folder_ids: Sequence[int], *, recursive: bool) -> dict[int, int]:
    """How many live bookmarks are in each folder, or also below it, each once; folders without any may be missing."""
    return await placement_queries.bookmark_counts(ctx.mine(), folder_ids, recursive=recursive)


@reads("bookmarks")
async def children(
    ctx: Context, folder_ids: Sequence[int], window: Window, wanted: Wanted
) -> dict[int, Page[tuple[int, FolderRow | BookmarkRow]]]:
    """The same window onto all that is in each folder, in its order and with positions; the pages cannot count.

    Raises Forbidden unless the credential may read both.
    """
    ctx.allow("groups:read")
    part = window.slice(extra=1)
    inner = await placement_queries.folders_in(ctx.owner_id, folder_ids, part)
    filed = await placement_queries.bookmarks_in(ctx.mine(), folder_ids, BY_PLACE, part, wanted)
    pages = {}
    for id in folder_ids:
        both: list[tuple[int, FolderRow | BookmarkRow]] = [(row.position, row) for row in inner.get(id, [])]
        both += filed.get(id, [])
        both.sort(key=lambda one: (one[0], tie_of(one[1])))
        pages[id] = _page(both[-part.limit :] if window.backwards else both[: part.limit], window)
    return pages


async def with_tags(ctx: Context, rows: Sequence[BookmarkRow], wanted: Wanted) -> list[BookmarkRow]:
    """Rows that an operation answered with, and their whole tags if those are wanted.

    Writing operations answer with names; a credential that may only write sees what it wrote, so there is no gate.
    """
    if wanted.tags in {TagDetail.NONE, TagDetail.NAMES} or not rows:
        return list(rows)
    read = partial(bookmark_queries.by_ids, ctx.mine(), wanted=Wanted(description=False, notes=False, tags=wanted.tags))
    found = {row.id: row.tags for row in await read([row.id for row in rows])}
    return [replace(row, tags=found.get(row.id, [])) for row in rows]


async def bookmark_in_the_way(ctx: Context, id: int, wanted: Wanted) -> BookmarkRow:
    """The viewer's bookmark, live or in the trash, that a Conflict named; for those who met it, so without a gate.

    Raises NotFound when it has gone meanwhile.
    """
    for trash in (False, True):
        row = await bookmark_queries.one(ctx.mine(trash=trash), id, wanted=wanted)
        if row is not None:
            return row
    raise NotFound("bookmark")


async def written_folder(ctx: Context, id: int) -> FolderRow:
    """The viewer's folder that a write was about; for those who wrote, so without a gate.

    Raises NotFound when it has gone meanwhile.
    """
    row = await folder_queries.one(ctx.owner_id, id)
    if row is None:
        raise NotFound("folder")
    return row


async def tag_in_the_way(ctx: Context, id: int) -> TagRow:
    """The viewer's tag that a Conflict named. Raises NotFound when it has gone meanwhile."""
    row = await tag_queries.one(ctx.owner_id, id)
    if row is None:
        raise NotFound("tag")
    return row


async def _trees_of(ctx: Context, bundle_ids: Sequence[int]) -> dict[int, Tree]:
    """What each bundle is true of. One that went meanwhile is true of nothing, so that there is always one to ask."""
    found = {row.id: tree_of(row) for row in await bundle_queries.by_ids(ctx.owner_id, bundle_ids)}
    return {id: found.get(id, Nothing()) for id in bundle_ids}


def _page(rows: list[T], window: Window) -> Page[T]:
    items, has_next, has_previous = cut(rows, window)
    return Page(items, has_next, has_previous, _uncounted)


async def _uncounted() -> int:
    message = "the pages of an edge are counted by its own operation"
    raise RuntimeError(message)
