"""Where bookmarks lie in their owner's folders; used inside the writes of others, so without gates of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models import Folder, Placement
from models.folder import STEP
from models.queries import folders as queries
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.resolvers.texts import LARGEST_ID
from schema.unit import Unit

BATCH = 5_000  # parameters of one statement; SQLite takes 32,766
MOST_FOLDERS = 500  # of one bookmark


async def root_of(owner_id: int) -> int:
    """The id of the owner's root folder. Raises NotFound for an account that was made without one."""
    id = await Folder.filter(owner_id=owner_id, parent_id=None).first().values_list("id", flat=True)
    if id is None:
        raise NotFound("folder")
    return int(str(id))


async def live_folders(owner_id: int, ids: Sequence[int]) -> list[int]:
    """Those of the ids that are live folders of the owner, each once, in order. Raises Invalid for over 500."""
    wanted = list(dict.fromkeys(id for id in ids if 0 < id <= LARGEST_ID))
    if len(wanted) > MOST_FOLDERS:
        raise Invalid(Fault(("folder_ids",), "too_many", MOST_FOLDERS))
    if not wanted:
        return []
    rows = await Folder.filter(owner_id=owner_id, deleted_at=None, id__in=wanted).values_list("id")
    found = {id for (id,) in rows}
    return [id for id in wanted if id in found]


async def place_last(unit: Unit, bookmark_id: int, folder_ids: Sequence[int]) -> None:
    """Put a bookmark that is nowhere yet at the end of each of the folders."""
    positions = await queries.next_positions(folder_ids)
    await Placement.bulk_create(
        [
            Placement(bookmark_id=bookmark_id, folder_id=id, position=positions[id], created_at=unit.now)
            for id in folder_ids
        ]
    )


async def place_many_last(unit: Unit, folder_id: int, bookmark_ids: Sequence[int]) -> None:
    """Put bookmarks that are not in the folder at its end, in this order, and log that for each."""
    await put_last(unit, folder_id, bookmark_ids)
    for id in bookmark_ids:
        unit.record("bookmark", id, "file")


async def put_last(unit: Unit, folder_id: int, bookmark_ids: Sequence[int]) -> None:
    """Put bookmarks that are not in the folder at its end, in this order; a place there in the trash gives way."""
    position = await queries.next_position(folder_id) if bookmark_ids else 0
    for start in range(0, len(bookmark_ids), BATCH):
        batch = list(bookmark_ids[start : start + BATCH])
        await Placement.filter(folder_id=folder_id, bookmark_id__in=batch).delete()
        places = [
            Placement(
                bookmark_id=id, folder_id=folder_id, position=position + (start + number) * STEP, created_at=unit.now
            )
            for number, id in enumerate(batch)
        ]
        await Placement.bulk_create(places, batch_size=BATCH)


async def add_places(ctx: Context, unit: Unit, bookmark_id: int, folder_ids: Sequence[int]) -> bool:
    """Put the bookmark at the end of those of the folders that it is not in; says whether there were any.

    Where being in the root means being in no folder, it leaves the root for its first folder, and does not come into
    the root beside others.
    """
    places = await _places(bookmark_id)
    root = ctx.user.root_folder_id
    here = [id for id, place in places.items() if place.deleted_at is None]
    fresh = [id for id in folder_ids if id not in here]
    if not ctx.door.root_is_folder and (here or fresh != [root]):
        fresh = [id for id in fresh if id != root]
    await _put(unit, bookmark_id, fresh, places)
    if fresh not in ([], [root]):
        unit.refile([bookmark_id])
    if fresh and not ctx.door.root_is_folder and here == [root]:
        await _leave(unit, [places[root]])
    return bool(fresh)


async def replace_places(ctx: Context, unit: Unit, bookmark_id: int, folder_ids: Sequence[int]) -> bool:
    """Let the bookmark be in these folders only; says whether anything changed. It keeps its place where it stays.

    Of no folders the root is one, at every door, for what is in no folder could be reached by nobody. Where being in
    the root means being in no folder, a place in the root beside folders, which some other door has given it, is left
    alone.
    """
    root = ctx.user.root_folder_id
    wanted = list(folder_ids)
    places = await _places(bookmark_id)
    here = {id: place for id, place in places.items() if place.deleted_at is None}
    if not ctx.door.root_is_folder:
        wanted = [id for id in wanted if id != root]
        if root in here and len(here) > 1:
            wanted.append(root)
    wanted = wanted or [root]
    fresh = [id for id in wanted if id not in here]
    gone = [place for id, place in here.items() if id not in wanted]
    await _put(unit, bookmark_id, fresh, places)
    await _leave(unit, gone)
    if {*fresh, *(place.folder_id for place in gone)} - {root}:
        unit.refile([bookmark_id])
    return bool(fresh or gone)


async def leave_root(ctx: Context, unit: Unit, bookmark_ids: Sequence[int], moment: datetime | None) -> None:
    """Take those of the bookmarks out of the root that are in it for want of a folder, as they come back into one.

    Where the root is a folder like others, these are only those that were put there when they lost their last folder
    at the moment.
    """
    here: dict[int, list[Placement]] = {}
    for place in await Placement.filter(bookmark_id__in=list(bookmark_ids), deleted_at=None):
        here.setdefault(place.bookmark_id, []).append(place)
    alone = [places[0] for places in here.values() if [ctx.user.root_folder_id] == [one.folder_id for one in places]]
    await _leave(unit, [place for place in alone if not ctx.door.root_is_folder or place.created_at == moment])


async def _put(unit: Unit, bookmark_id: int, folder_ids: Sequence[int], places: dict[int, Placement]) -> None:
    """Put the bookmark at the end of folders that it is not in; a place in the trash is taken up again there."""
    asleep = [places[id].id for id in folder_ids if id in places]
    if asleep:
        await Placement.filter(id__in=asleep).delete()
    if folder_ids:
        await place_last(unit, bookmark_id, folder_ids)


async def _leave(unit: Unit, places: Sequence[Placement]) -> None:
    if places:
        await Placement.filter(id__in=[place.id for place in places]).delete()
    for place in places:
        unit.touch_folder(place.folder_id)


async def _places(bookmark_id: int) -> dict[int, Placement]:
    return {place.folder_id: place for place in await Placement.filter(bookmark_id=bookmark_id).order_by("id")}
