"""Putting a folder to a certain place among what lies in another, and many bookmarks into a folder at once."""

from __future__ import annotations

from collections.abc import Sequence

from models import Bookmark, Folder, Placement
from models.folder import STEP
from models.ordering import LARGEST
from models.queries import folders as queries
from models.queries.placements import gap_before
from models.rows import FolderRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.inputs import FolderPatch
from schema.operation import writes
from schema.resolvers import filing
from schema.resolvers.filing import BOOKMARK, FOLDER, Child
from schema.resolvers.folder_rows import read_back_folder
from schema.resolvers.placing import place_many_last
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import LARGEST_ID, known_ids


@writes("groups")
async def move(ctx: Context, id: int, parent_id: int, before: Child | None = None) -> FolderRow:
    """Put a folder into a parent, the present one as well: right before something there, or at its end.

    One row is written, unless the gap before that thing is used up: then as many as must be. Raises NotFound for the
    folder, the parent, and for ``before`` when it is not in the parent; Invalid with rule ``root`` for the root, and
    ``cycle`` for a parent that is the folder itself or lies below it.
    """
    unit = unit_of(ctx)
    here = await read_back_folder(ctx, id)
    row = await filing.update(ctx, id, FolderPatch(parent_id=parent_id))
    if before == Child(FOLDER, id) or (before is None and here.parent_id != parent_id):
        return row
    if before is None:
        position = await queries.next_position(parent_id)
    else:
        gap = await gap_before(parent_id, _key(before), id) if 0 < before.id <= LARGEST_ID else None
        if gap is None:
            raise NotFound(before.kind)
        low, high = gap
        if low is not None and low < row.position < high:
            return row
        position = high - STEP if low is None else (low + high) // 2
        if position == low or abs(position) > LARGEST:
            return await _spread(ctx, id, parent_id, before)
    await Folder.filter(id=id).update(position=position)
    unit.record("folder", parent_id, "reorder")
    return await read_back_folder(ctx, id)


@writes("groups")
async def file(ctx: Context, folder_id: int, bookmark_ids: Sequence[int]) -> list[int]:
    """Put bookmarks into a folder, at its end, as ``filing.file`` does one; a fixed number of statements for all.

    Returns the ids that are the viewer's live bookmarks. Raises NotFound for the folder, and Invalid for more than 500
    and, where being in the root means being in no folder, with rule ``root`` for that.
    """
    unit = unit_of(ctx)
    await _check_folder(ctx, folder_id)
    places = await _places(ctx, bookmark_ids)
    fresh = [id for id, there in places.items() if folder_id not in there]
    await place_many_last(unit, folder_id, fresh)
    if not ctx.door.root_is_folder:
        root = ctx.user.root_folder_id
        unfiled = [id for id in fresh if places[id] == {root}]
        if unfiled:
            await Placement.filter(folder_id=root, bookmark_id__in=unfiled).delete()
            unit.touch_folder(root)
    return list(places)


@writes("groups")
async def take_out(ctx: Context, folder_id: int, bookmark_ids: Sequence[int]) -> list[int]:
    """Take bookmarks out of a folder, as ``filing.take_out`` does one; a fixed number of statements for all.

    Returns the ids that were in it. Raises as ``file``.
    """
    unit = unit_of(ctx)
    await _check_folder(ctx, folder_id)
    places = {id: there for id, there in (await _places(ctx, bookmark_ids)).items() if folder_id in there}
    if not places:
        return []
    alone = [id for id, there in places.items() if len(there) == 1]
    lost = alone if ctx.door.root_is_folder else []
    unit.touch_folder(folder_id)
    await Placement.filter(folder_id=folder_id, bookmark_id__in=list(places)).update(deleted_at=unit.now)
    for id in places:
        if id not in lost:
            unit.record("bookmark", id, "unfile")
    if lost:
        await Bookmark.filter(id__in=lost).update(deleted_at=unit.now)
        for id in lost:
            unit.record("bookmark", id, "delete", {"deleted_at": None})
    else:
        await place_many_last(unit, ctx.user.root_folder_id, alone)
    return list(places)


async def _places(ctx: Context, ids: Sequence[int]) -> dict[int, set[int]]:
    """From each of the ids that is the viewer's live bookmark, in their order, to the folders that it is in."""
    wanted = known_ids(ids)
    if not wanted:
        return {}
    mine = Bookmark.of(ctx.owner_id).filter(id__in=wanted, kind__in=sorted(ctx.door.kinds))
    known = {int(str(id)) for id in await mine.values_list("id", flat=True)}
    places: dict[int, set[int]] = {id: set() for id in wanted if id in known}
    for place in await Placement.filter(bookmark_id__in=wanted, deleted_at=None):
        if place.bookmark_id in places:
            places[place.bookmark_id].add(place.folder_id)
    return places


async def _check_folder(ctx: Context, folder_id: int) -> None:
    if not ctx.door.root_is_folder and folder_id == ctx.user.root_folder_id:
        raise Invalid(Fault(("folder_id",), "root"))
    await read_back_folder(ctx, folder_id)


async def _spread(ctx: Context, id: int, parent_id: int, before: Child) -> FolderRow:
    """There is no room left: give positions anew to as many as need it."""
    children = [
        Child(BOOKMARK if child.is_bookmark else FOLDER, child.id)
        for child in await queries.children(parent_id, ctx.door.kinds)
        if child.is_visible
    ]
    moved = Child(FOLDER, id)
    children.remove(moved)
    if before not in children:
        raise NotFound(before.kind)
    children.insert(children.index(before), moved)
    await filing.reorder(ctx, parent_id, children)
    return await read_back_folder(ctx, id)


def _key(child: Child) -> tuple[bool, int]:
    return child.kind == BOOKMARK, child.id
