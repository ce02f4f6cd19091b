"""Deleting folders with all below them and bringing them back, emptying their trash, and putting bookmarks back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from models import Bookmark, Change, Folder, Placement
from models.folder import STEP
from models.queries import folders as queries
from models.rows import FolderRow
from schema.context import Context
from schema.errors import Conflict, Fault, Invalid, NotFound
from schema.events import remember_folders
from schema.operation import writes
from schema.resolvers.folder_rows import chunks, folder_image, live_below_root, live_folder, read_back_folder
from schema.resolvers.placing import BATCH, leave_root, place_many_last
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import LARGEST_ID
from schema.resolvers.trash import erase
from schema.unit import Unit


@writes("groups")
async def delete(
    ctx: Context,
    id: int,
    *,
    keep_contents: bool = False,
    permanent: bool = False,
    move_bookmarks_to: int | None = None,
) -> None:
    """Put a folder into the trash with all below it, or delete it for good at once.

    Bookmarks go with the last folder that they are in; those that the door cannot show stay, in the root. With
    ``keep_contents`` nothing but the folder goes: folders in it move to the end of its parent, and bookmarks that were
    nowhere else to the end of the root. With ``move_bookmarks_to`` the bookmarks in it are put into that folder first.
    Raises NotFound for either folder, and Invalid with rule ``root`` for the root, ``same`` for moving into itself.
    """
    unit = unit_of(ctx)
    folder = await live_below_root(ctx, id)
    unit.touch_folder(folder.parent_id or 0)
    if move_bookmarks_to is not None:
        await _move_bookmarks(ctx, unit, id, move_bookmarks_to)
    if keep_contents:
        await _move_up(unit, folder)
        ids = [id]
        doomed, rescued = [], await queries.only_in(ctx.owner_id, ids)
    else:
        rows = await queries.below(ctx.owner_id, id, None)
        ids = [row.id for row in rows]
        alone = await queries.only_in(ctx.owner_id, ids)
        doomed = [one for one, kind in alone if kind in ctx.door.kinds]
        rescued = [(one, kind) for one, kind in alone if kind not in ctx.door.kinds]
    await place_many_last(unit, ctx.user.root_folder_id, [one for one, _ in rescued])
    if permanent:
        await _erase(ctx, unit, ids, doomed)
        return
    for chunk in chunks(ids):
        await Placement.filter(folder_id__in=chunk, deleted_at=None).update(deleted_at=unit.now)
        await Folder.filter(id__in=chunk).update(deleted_at=unit.now)
    for chunk in chunks(doomed):
        await Bookmark.filter(id__in=chunk).update(deleted_at=unit.now)
    for one in ids:
        unit.record("folder", one, "delete", {"deleted_at": None})
    for one in doomed:
        unit.record("bookmark", one, "delete", {"deleted_at": None})


@writes("groups")
async def restore(ctx: Context, id: int) -> FolderRow:
    """Bring a folder back from the trash, with the folders and bookmarks that went along with it.

    It returns to its parent, or to the end of the root when that is gone. Where an address was bookmarked again
    meanwhile, the new bookmark takes the old one's place in the folder, and the old one stays in the trash. Raises
    NotFound for what is not a folder in the viewer's trash.
    """
    unit = unit_of(ctx)
    rows = await queries.trashed_with(ctx.owner_id, id) if 0 < id <= LARGEST_ID else []
    if not rows:
        raise NotFound("folder")
    top, ids, moment = rows[0], [row.id for row in rows], rows[0].deleted_at
    for chunk in chunks(ids):
        await _wake(ctx, unit, chunk, moment)
        await Folder.filter(id__in=chunk).update(deleted_at=None, updated_at=unit.now)
    if top.parent_id is None or await queries.one(ctx.owner_id, top.parent_id) is None:
        root = ctx.user.root_folder_id
        await Folder.filter(id=id).update(parent_id=root, position=await queries.next_position(root))
    for one in ids:
        unit.record("folder", one, "restore")
    return await read_back_folder(ctx, id)


@writes("groups")
async def put_back(ctx: Context, folder_id: int, bookmark_id: int) -> None:
    """Put a bookmark that was taken out of a folder back in, at its old place, out of the trash if it is there.

    Raises NotFound when it was not, and Conflict when its address was bookmarked again meanwhile.
    """
    unit = unit_of(ctx)
    await live_folder(ctx, folder_id)
    known = 0 < bookmark_id <= LARGEST_ID
    bookmark = await Bookmark.get_or_none(owner_id=ctx.owner_id, id=bookmark_id) if known else None
    if bookmark is None or bookmark.kind not in ctx.door.kinds:
        raise NotFound("bookmark")
    place = await Placement.get_or_none(bookmark_id=bookmark_id, folder_id=folder_id, deleted_at__not_isnull=True)
    if place is None:
        raise NotFound("bookmark")
    if bookmark.deleted_at is not None:
        same = Bookmark.of(ctx.owner_id).filter(href_hash=bookmark.href_hash, copy=bookmark.copy)
        if bookmark.href_hash is not None and (taken := await same.first()) is not None:
            raise Conflict("bookmark", "url", taken.id)
        await Bookmark.filter(id=bookmark_id).update(deleted_at=None, updated_at=unit.now)
    await leave_root(ctx, unit, [bookmark_id], place.deleted_at)
    await Placement.filter(id=place.id).update(deleted_at=None)
    unit.refile([bookmark_id])
    unit.record("bookmark", bookmark_id, "file" if bookmark.deleted_at is None else "restore")


@writes("groups")
async def empty(ctx: Context, *, deleted_before: datetime | None = None, most: int | None = None) -> int:
    """Delete the folders of the viewer's trash for good, or those that have been there since before a moment.

    Bookmarks of the trash stay there. Returns how many folders went; ``most`` go at once.
    """
    since = {} if deleted_before is None else {"deleted_at__lt": deleted_before}
    found = Folder.filter(owner_id=ctx.owner_id, deleted_at__not_isnull=True, **since).order_by("id")
    ids = await (found if most is None else found.limit(most)).values_list("id", flat=True)
    await _erase(ctx, unit_of(ctx), [int(str(one)) for one in ids], [])
    return len(ids)


@writes("groups")
async def forget_places(ctx: Context, *, deleted_before: datetime, most: int) -> int:
    """Forget where bookmarks were that were taken out of a folder before a moment. Returns how many places went.

    Nothing that anybody sees changes, but they cannot be put back. ``most`` go at once.
    """
    unit_of(ctx)
    found = Placement.filter(folder__owner_id=ctx.owner_id, deleted_at__lt=deleted_before).order_by("id").limit(most)
    ids = await found.values_list("id", flat=True)
    if ids:
        await Placement.filter(id__in=list(ids)).delete()
    return len(ids)


async def _wake(ctx: Context, unit: Unit, folder_ids: Sequence[int], moment: datetime | None) -> None:
    """Bring back the places that bookmarks had in these folders until the moment, and the bookmarks that went then.

    Where the address of such a bookmark is taken again, the one that has it now comes into the folder instead.
    """
    last = 0
    while True:
        lost = Placement.filter(folder_id__in=list(folder_ids), deleted_at=moment, id__gt=last)
        places = await lost.order_by("id").limit(BATCH)
        if not places:
            return
        last = places[-1].id
        gone, taken = await _gone(ctx, {place.bookmark_id for place in places}, moment)
        back = {id for id, went_then in gone.items() if went_then and id not in taken}
        instead = [place for place in places if place.bookmark_id in taken]
        awake = [place for place in places if place.bookmark_id not in gone or place.bookmark_id in back]
        coming = sorted({place.bookmark_id for place in awake} | {taken[place.bookmark_id] for place in instead})
        await leave_root(ctx, unit, coming, moment)
        if back:
            await Bookmark.filter(id__in=sorted(back)).update(deleted_at=None, updated_at=unit.now)
        if awake:
            await Placement.filter(id__in=[place.id for place in awake]).update(deleted_at=None)
        await _take_over(unit, instead, taken)
        unit.refile(coming)
        for id in coming:
            unit.record("bookmark", id, "restore" if id in gone else "file")


async def _gone(ctx: Context, ids: Collection[int], moment: datetime | None) -> tuple[dict[int, bool], dict[int, int]]:
    """Those of the bookmarks that are in the trash, and whether since the moment; and who has their address now."""
    columns = ("id", "href_hash", "copy", "deleted_at")
    rows = await Bookmark.filter(owner_id=ctx.owner_id, id__in=sorted(ids), deleted_at__not_isnull=True).values_list(
        *columns
    )
    gone = {id: deleted_at == moment for id, _, _, deleted_at in rows}
    hashes = [href_hash for id, href_hash, _, _ in rows if href_hash is not None and gone[id]]
    live = await Bookmark.of(ctx.owner_id).filter(href_hash__in=hashes).values_list(*columns) if hashes else []
    now = {(href_hash, copy): id for id, href_hash, copy, _ in live}
    taken = {id: now[href_hash, copy] for id, href_hash, copy, _ in rows if gone[id] and (href_hash, copy) in now}
    return gone, taken


async def _take_over(unit: Unit, places: Sequence[Placement], heirs: dict[int, int]) -> None:
    """Put heirs into the places of others, unless they are in the folder already."""
    if not places:
        return
    wanted = {(heirs[place.bookmark_id], place.folder_id): place.position for place in places}
    known = await Placement.filter(
        bookmark_id__in=sorted({id for id, _ in wanted}), folder_id__in=sorted({id for _, id in wanted})
    )
    for place in known:
        if place.deleted_at is None:
            wanted.pop((place.bookmark_id, place.folder_id), None)
    asleep = [place.id for place in known if (place.bookmark_id, place.folder_id) in wanted]
    if asleep:
        await Placement.filter(id__in=asleep).delete()
    await Placement.bulk_create(
        [
            Placement(bookmark_id=id, folder_id=folder_id, position=position, created_at=unit.now)
            for (id, folder_id), position in wanted.items()
        ],
        batch_size=BATCH,
    )


async def _erase(ctx: Context, unit: Unit, ids: Sequence[int], bookmark_ids: Sequence[int]) -> None:
    """Delete folders and bookmarks for good.

    The folders below them hang on the root first, at its end: those that were in the trash before stay there, and a
    chain of cascades may be longer than a database follows.
    """
    if not ids:
        return
    await remember_folders(unit, ids)
    for chunk in chunks(bookmark_ids):
        await erase(unit, chunk)
    root = ctx.user.root_folder_id
    position = await queries.next_position(root)
    for chunk in chunks(ids):
        await Folder.filter(parent_id__in=chunk).update(parent_id=root, position=position)
    for chunk in chunks(ids):
        await Folder.filter(id__in=chunk).delete()
        await Change.filter(owner_id=ctx.owner_id, entity="folder", entity_id__in=chunk).update(before=None)
    for one in ids:
        unit.record("folder", one, "purge")


async def _move_up(unit: Unit, folder: Folder) -> None:
    """Put the folders in a folder at the end of its parent, in their order."""
    parent_id = folder.parent_id or 0
    position = await queries.next_position(parent_id)
    inner = await Folder.filter(parent_id=folder.id, deleted_at=None).order_by("position", "id")
    for number, one in enumerate(inner):
        unit.record("folder", one.id, "update", folder_image(one))
        one.parent_id, one.position, one.updated_at = parent_id, position + number * STEP, unit.now
    if inner:
        await Folder.bulk_update(inner, ["parent_id", "position", "updated_at"], batch_size=500)


async def _move_bookmarks(ctx: Context, unit: Unit, id: int, target: int) -> None:
    """Put the bookmarks in a folder at the end of another, in their order; those that are there stay where they are."""
    path = ("move_bookmarks_to",)
    if target == id:
        raise Invalid(Fault(path, "same"))
    await live_folder(ctx, target)
    if target == ctx.user.root_folder_id and not ctx.door.root_is_folder:
        raise Invalid(Fault(path, "root"))
    here = Placement.filter(folder_id=id, deleted_at=None).order_by("position", "bookmark_id")
    there = set(await Placement.filter(folder_id=target, deleted_at=None).values_list("bookmark_id", flat=True))
    moving = [int(str(one)) for one in await here.values_list("bookmark_id", flat=True) if one not in there]
    await place_many_last(unit, target, moving)
    unit.refile(moving)
