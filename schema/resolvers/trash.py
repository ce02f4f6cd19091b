"""Deleting, bringing back, and deleting for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models import Bookmark, Change, Placement
from models.queries import bookmarks as queries
from models.rows import BookmarkRow
from schema.context import Context
from schema.errors import Conflict
from schema.operation import writes
from schema.resolvers.placing import place_last, root_of
from schema.resolvers.saving import before_image, unit_of
from schema.resolvers.texts import known_ids
from schema.unit import Unit


@writes("bookmarks")
async def delete(
    ctx: Context, ids: Sequence[int], *, permanent: bool = False, leave_folders: bool = False
) -> list[int]:
    """Put the bookmarks into the trash, which frees their addresses, or delete them for good at once.

    With ``leave_folders`` they give up their places: doors that tell the trash by folders do not know them any more.
    Returns the ids that were the viewer's, and live. Raises Invalid for more than 500.
    """
    unit = unit_of(ctx)
    wanted = known_ids(ids)
    rows = await Bookmark.of(ctx.owner_id).filter(id__in=wanted, kind__in=sorted(ctx.door.kinds)) if wanted else []
    found = [row.id for row in rows]
    if permanent:
        await erase(unit, found)
        return found
    for row in rows:
        unit.record("bookmark", row.id, "delete", await before_image(row))
    if found:
        await Bookmark.filter(id__in=found).update(deleted_at=unit.now)
        places = Placement.filter(bookmark_id__in=found)
        if leave_folders:
            await unit.touch_folders_of(found)
            await places.delete()
        else:
            await places.filter(deleted_at=None).update(deleted_at=unit.now)
    return found


@writes("bookmarks")
async def restore(ctx: Context, ids: Sequence[int]) -> list[BookmarkRow]:
    """Bring bookmarks back from the trash; all or none.

    Returns those that were in the viewer's trash. Raises Conflict when an address was bookmarked again meanwhile.
    """
    unit = unit_of(ctx)
    rows = await _trashed(ctx, ids)
    for row in rows:
        taken = Bookmark.of(ctx.owner_id).filter(href_hash=row.href_hash, copy=row.copy)
        if row.href_hash is not None and (other := await taken.first()) is not None:
            raise Conflict("bookmark", "url", other.id)
        unit.record("bookmark", row.id, "restore", await before_image(row))
        await Bookmark.filter(id=row.id).update(deleted_at=None, updated_at=unit.now)
        lost = Placement.filter(bookmark_id=row.id, deleted_at=row.deleted_at, folder__deleted_at=None)
        if not await lost.update(deleted_at=None):
            await Placement.filter(bookmark_id=row.id).delete()
            await place_last(unit, row.id, [await root_of(ctx.owner_id)])
    return await queries.by_ids(ctx.mine(), [row.id for row in rows], wanted=ctx.door.wanted)


@writes("bookmarks")
async def purge(ctx: Context, ids: Sequence[int]) -> list[int]:
    """Delete bookmarks of the trash for good. Returns the ids that were in the viewer's trash."""
    found = [row.id for row in await _trashed(ctx, ids)]
    await erase(unit_of(ctx), found)
    return found


@writes("bookmarks")
async def empty(ctx: Context, *, deleted_before: datetime | None = None, most: int = 1000) -> int:
    """Delete bookmarks of the trash for good, or those that have been there since before a moment.

    Returns how many went; ``most`` go at once.
    """
    found = await queries.trashed(ctx.mine(trash=True), ctx.door.trash, deleted_before, most)
    await erase(unit_of(ctx), found)
    return len(found)


async def erase(unit: Unit, ids: Sequence[int]) -> None:
    """Delete rows and all that hangs on them, and their images in the change log; files go with the next sweep."""
    if not ids:
        return
    await unit.touch_folders_of(ids)
    await Bookmark.filter(id__in=list(ids)).delete()
    await Change.filter(owner_id=unit.owner_id, entity="bookmark", entity_id__in=list(ids)).update(before=None)
    for id in ids:
        unit.record("bookmark", id, "purge")


async def _trashed(ctx: Context, ids: Sequence[int]) -> list[Bookmark]:
    wanted = known_ids(ids)
    found = await queries.matching(ctx.mine(trash=True), ctx.door.trash, wanted) if wanted else []
    return await Bookmark.filter(id__in=found).order_by("id") if found else []
