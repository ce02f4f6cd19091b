"""Folders as the writing operations need them; used inside the writes of others, so without gates of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from models import Folder
from models.queries import folders as queries
from models.rows import FolderRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.resolvers.placing import BATCH
from schema.resolvers.texts import LARGEST_ID


async def live_folder(ctx: Context, id: int) -> Folder:
    """The viewer's live folder for writing, the root as well. Raises NotFound."""
    found = await Folder.get_or_none(owner_id=ctx.owner_id, deleted_at=None, id=id) if 0 < id <= LARGEST_ID else None
    if found is None:
        raise NotFound("folder")
    return found


async def live_below_root(ctx: Context, id: int) -> Folder:
    """The same, but not the root. Raises NotFound, and Invalid with rule ``root``."""
    folder = await live_folder(ctx, id)
    if folder.parent_id is None:
        raise Invalid(Fault(("id",), "root"))
    return folder


async def read_back_folder(ctx: Context, id: int, *, counts: bool = False) -> FolderRow:
    """The folder as readers see it, from inside the transaction; ``counts`` as in ``folders.get``. Raises NotFound."""
    row = await queries.one(ctx.owner_id, id, counts=ctx.mine() if counts else None)
    if row is None:
        raise NotFound("folder")
    return row


def folder_image(folder: Folder) -> dict[str, Any]:
    """The folder as it is, for the change log."""
    return {name: getattr(folder, name) for name in ("name", "description", "color", "icon", "parent_id", "position")}


def chunks(ids: Collection[int]) -> list[list[int]]:
    """The ids in lists of at most as many as one statement takes."""
    listed = list(ids)
    return [listed[start : start + BATCH] for start in range(0, len(listed), BATCH)]
