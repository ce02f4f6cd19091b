"""Deleting, bringing back, and deleting for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models import Bookmark, Change, Placement
from models.queries import bookmarks as queries
from models.queries.bookmarks import EVERYTHING
from models.rows import BookmarkRow
from schema.context import Context
from schema.errors import Conflict, NotFound
from schema.events import remember_bookmarks
from schema.operation import writes
from schema.resolvers.bookmark_rows import before_images
from schema.resolvers.placing import put_last, root_of
from schema.resolvers.saving import unit_of
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
    images = await before_images(rows)
    for row in rows:
        unit.record("bookmark", row.id, "delete", images[row.id])
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
    rows = await _trashed(ctx, ids)
    for other in (await _in_the_way(ctx, rows)).values():
        raise Conflict("bookmark", "url", other.id, uid=str(other.uid))
    await _bring_back(ctx, rows)
    return await queries.by_ids(ctx.mine(), [row.id for row in rows], wanted=ctx.door.wanted)


@writes("bookmarks")
async def restore_one(ctx: Context, id: int) -> BookmarkRow:
    """Bring a bookmark back from the trash.

    Raises NotFound, and Conflict when it is not in the trash or its address was bookmarked again meanwhile.
    """
    rows = await restore(ctx, [id])
    if rows:
        return rows[0]
    if await queries.one(ctx.mine(), id) is None:
        raise NotFound("bookmark")
    raise Conflict("bookmark", "not_in_trash", id)


@writes("bookmarks")
async def restore_some(ctx: Context, ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """Bring back from the trash what can be; a fixed number of statements for all.

    Returns the ids that are back, and those of the viewer's that are not: they were not in the trash, or their address
    was bookmarked again meanwhile. Raises Invalid for more than 500.
    """
    rows = await _trashed(ctx, ids)
    taken = await _in_the_way(ctx, rows)
    back = [row for row in rows if row.id not in taken]
    known = {row.id for row in rows}
    others = [id for id in known_ids(ids) if id not in known]
    alive = await queries.matching(ctx.mine(), EVERYTHING, others) if others else []
    await _bring_back(ctx, back)
    return [row.id for row in back], [*taken, *alive]


@writes("bookmarks")
async def discard(ctx: Context, id: int, *, permanent: bool = False) -> None:
    """Put a bookmark into the trash; with ``permanent``, or when it is there already, delete it for good.

    Raises NotFound.
    """
    if not await delete(ctx, [id], permanent=permanent) and not await purge(ctx, [id]):
        raise NotFound("bookmark")


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
    await remember_bookmarks(unit, ids)
    await Bookmark.filter(id__in=list(ids)).delete()
    await Change.filter(owner_id=unit.owner_id, entity="bookmark", entity_id__in=list(ids)).update(before=None)
    for id in ids:
        unit.record("bookmark", id, "purge")


async def _in_the_way(ctx: Context, rows: Sequence[Bookmark]) -> dict[int, Bookmark]:
    """From those rows that cannot come back to the live one that has their address, or to another of these rows."""
    hashes = [row.href_hash for row in rows if row.href_hash is not None]
    live = await Bookmark.of(ctx.owner_id).filter(href_hash__in=hashes) if hashes else []
    owners = {(row.href_hash, row.copy): row for row in live}
    taken: dict[int, Bookmark] = {}
    for row in rows:
        first = row if row.href_hash is None else owners.setdefault((row.href_hash, row.copy), row)
        if first is not row:
            taken[row.id] = first
    return taken


async def _bring_back(ctx: Context, rows: Sequence[Bookmark]) -> None:
    """Take rows out of the trash, into the folders that they were in, or into the root when none of those is left."""
    if not rows:
        return
    unit, deleted_at = unit_of(ctx), {row.id: row.deleted_at for row in rows}
    images = await before_images(rows)
    for row in rows:
        unit.record("bookmark", row.id, "restore", images[row.id])
    await Bookmark.filter(id__in=list(deleted_at)).update(deleted_at=None, updated_at=unit.now)
    places = [
        place
        for place in await Placement.filter(bookmark_id__in=list(deleted_at), folder__deleted_at=None)
        if place.deleted_at == deleted_at[place.bookmark_id]
    ]
    await Placement.filter(id__in=[place.id for place in places]).update(deleted_at=None)
    homeless = [id for id in deleted_at if id not in {place.bookmark_id for place in places}]
    if homeless:
        await Placement.filter(bookmark_id__in=homeless).delete()
        await put_last(unit, await root_of(ctx.owner_id), homeless)


async def _trashed(ctx: Context, ids: Sequence[int]) -> list[Bookmark]:
    wanted = known_ids(ids)
    found = await queries.matching(ctx.mine(trash=True), ctx.door.trash, wanted) if wanted else []
    return await Bookmark.filter(id__in=found).order_by("id") if found else []
