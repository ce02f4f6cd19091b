"""Putting a folder to a certain place among what lies in another, and many bookmarks into a folder at once."""

from __future__ import annotations

from collections.abc import Sequence

from models import Folder
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
    here = await _read_back(ctx, id)
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
    return await _read_back(ctx, id)


@writes("groups")
async def file(ctx: Context, folder_id: int, bookmark_ids: Sequence[int]) -> list[int]:
    """Put bookmarks into a folder, at its end; those that are there already stay where they are.

    Returns the ids that are the viewer's live bookmarks. Raises NotFound for the folder, and Invalid for more than 500
    and, where being in the root means being in no folder, with rule ``root`` for that.
    """
    await _check_folder(ctx, folder_id)
    found = []
    for id in known_ids(bookmark_ids):
        try:
            await filing.file(ctx, folder_id, id)
        except NotFound:
            continue
        found.append(id)
    return found


@writes("groups")
async def take_out(ctx: Context, folder_id: int, bookmark_ids: Sequence[int]) -> list[int]:
    """Take bookmarks out of a folder, as ``filing.take_out`` does one. Returns the ids that were in it.

    Raises as ``file``.
    """
    await _check_folder(ctx, folder_id)
    return [id for id in known_ids(bookmark_ids) if await filing.take_out(ctx, folder_id, id)]


async def _check_folder(ctx: Context, folder_id: int) -> None:
    if not ctx.door.root_is_folder and folder_id == ctx.user.root_folder_id:
        raise Invalid(Fault(("folder_id",), "root"))
    await _read_back(ctx, folder_id)


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
    return await _read_back(ctx, id)


def _key(child: Child) -> tuple[bool, int]:
    return child.kind == BOOKMARK, child.id


async def _read_back(ctx: Context, id: int) -> FolderRow:
    row = await queries.one(ctx.owner_id, id)
    if row is None:
        raise NotFound("folder")
    return row
