"""Putting a folder to a certain place among what lies in another."""

from __future__ import annotations

from models import Folder
from models.folder import STEP
from models.ordering import LARGEST
from models.queries import folders as queries
from models.queries.placements import gap_before
from models.rows import FolderRow
from schema.context import Context
from schema.errors import NotFound
from schema.inputs import FolderPatch
from schema.operation import writes
from schema.resolvers import filing
from schema.resolvers.filing import BOOKMARK, FOLDER, Child
from schema.resolvers.folder_rows import read_back_folder
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import LARGEST_ID


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
