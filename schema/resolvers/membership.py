"""Bookmarks into folders and out of them, as a change of the bookmarks: who may write those may do it.

``filing`` does the same as a change of the folders, which leaves a bookmark's date alone. Here being in the root means
being in no folder.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from models import Bookmark, Placement
from models.queries import bookmarks as queries
from models.rows import BookmarkRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.operation import writes
from schema.resolvers.bookmark_rows import before_images, live_many
from schema.resolvers.placing import live_folders, put_last
from schema.resolvers.saving import unit_of

Places = dict[int, dict[int, Placement]]  # of each bookmark by folder


@writes("bookmarks")
async def join(ctx: Context, ids: Sequence[int], folder_ids: Sequence[int]) -> list[BookmarkRow]:
    """Put bookmarks at the end of those of the folders that they are not in; a fixed number of statements a folder.

    Returns those that are the viewer's and live. Raises NotFound unless all the folders are, and Invalid for more than
    500 of either and, with rule ``root``, for the root.
    """
    unit, root = unit_of(ctx), ctx.user.root_folder_id
    wanted = await _check(ctx, folder_ids)
    bookmarks = await live_many(ctx, ids)
    places = await _places(bookmarks)
    changed: set[int] = set()
    for folder_id in wanted:
        fresh = [id for id, there in places.items() if folder_id not in there]
        await put_last(unit, folder_id, fresh)
        changed.update(fresh)
    unfiled = [places[id][root].id for id in changed if set(places[id]) == {root}]
    if unfiled:
        await Placement.filter(id__in=unfiled).delete()
        unit.touch_folder(root)
    return await _record(ctx, bookmarks, changed)


@writes("bookmarks")
async def leave(ctx: Context, ids: Sequence[int], folder_ids: Sequence[int]) -> list[BookmarkRow]:
    """Take bookmarks out of those of the folders that they are in, into the root if they are in no other.

    A fixed number of statements. Returns and raises as ``join``.
    """
    unit = unit_of(ctx)
    wanted = set(await _check(ctx, folder_ids))
    bookmarks = await live_many(ctx, ids)
    places = await _places(bookmarks)
    gone = [place for there in places.values() for folder_id, place in there.items() if folder_id in wanted]
    if gone:
        await Placement.filter(id__in=[place.id for place in gone]).delete()
    for folder_id in {place.folder_id for place in gone}:
        unit.touch_folder(folder_id)
    changed = {place.bookmark_id for place in gone}
    await put_last(unit, ctx.user.root_folder_id, [id for id in places if id in changed and set(places[id]) <= wanted])
    return await _record(ctx, bookmarks, changed)


async def _check(ctx: Context, folder_ids: Sequence[int]) -> list[int]:
    """The folders, each once."""
    if ctx.user.root_folder_id in folder_ids:
        raise Invalid(Fault(("folder_ids",), "root"))
    found = await live_folders(ctx.owner_id, folder_ids)
    if len(found) < len(set(folder_ids)):
        raise NotFound("folder")
    return found


async def _places(bookmarks: Sequence[Bookmark]) -> Places:
    places: Places = {bookmark.id: {} for bookmark in bookmarks}
    for place in await Placement.filter(bookmark_id__in=list(places), deleted_at=None) if places else []:
        places[place.bookmark_id][place.folder_id] = place
    return places


async def _record(ctx: Context, bookmarks: Sequence[Bookmark], changed: Collection[int]) -> list[BookmarkRow]:
    """Log what was done, and read back how things are."""
    unit = unit_of(ctx)
    if changed:
        images = await before_images([bookmark for bookmark in bookmarks if bookmark.id in changed])
        await Bookmark.filter(id__in=list(changed)).update(updated_at=unit.now)
        unit.refile(changed)
        for id, image in images.items():
            unit.record("bookmark", id, "update", image)
    return await queries.by_ids(ctx.mine(), [bookmark.id for bookmark in bookmarks], wanted=ctx.door.wanted)
