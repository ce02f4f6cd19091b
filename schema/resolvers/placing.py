"""Where a bookmark lies in its owner's folders; used inside the writes of others, so without gates of its own."""

from __future__ import annotations

from models import Folder, Placement
from models.queries import folders as queries
from schema.errors import NotFound
from schema.unit import Unit


async def root_of(owner_id: int) -> int:
    """The id of the owner's root folder. Raises NotFound for an account that was made without one."""
    id = await Folder.filter(owner_id=owner_id, parent_id=None).first().values_list("id", flat=True)
    if id is None:
        raise NotFound("folder")
    return int(str(id))


async def place_last(unit: Unit, bookmark_id: int, folder_id: int) -> None:
    """Put the bookmark at the end of the folder."""
    await Placement.create(
        bookmark_id=bookmark_id,
        folder_id=folder_id,
        position=await queries.next_position(folder_id),
        created_at=unit.now,
    )
