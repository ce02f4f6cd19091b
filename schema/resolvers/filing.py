"""Changing folders, and putting bookmarks into them and taking them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models import Bookmark, Folder, Placement
from models.ordering import moves
from models.queries import folders as queries
from models.rows import FolderRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.inputs import FolderDraft, FolderPatch
from schema.operation import writes
from schema.resolvers.folder_rows import folder_image, live_below_root, live_folder, read_back_folder
from schema.resolvers.placing import place_many_last
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import Shown, check_color, check_texts, exactly, known_ids
from schema.resolvers.trash import erase

BATCH = 5_000  # parameters of one statement; SQLite takes 32,766
FOLDER, BOOKMARK = "folder", "bookmark"


@dataclass(frozen=True, slots=True)
class Child:
    """Something in a folder, as a caller names it: ``folder`` or ``bookmark``, and its id."""

    kind: str
    id: int


@writes("groups")
async def create(ctx: Context, draft: FolderDraft, *, counts: bool = False) -> FolderRow:
    """Make a folder at the end of its parent, the root unless the draft names one; ``counts`` as in ``folders.get``.

    Raises NotFound for the parent, Invalid for text that cannot be stored and for a bad colour.
    """
    unit = unit_of(ctx)
    _check(draft.name, draft.description, draft.color, draft.icon)
    parent_id = ctx.user.root_folder_id if draft.parent_id is None else draft.parent_id
    await live_folder(ctx, parent_id)
    folder = await Folder.create(
        uid=ctx.ports.clock.uuid(),
        owner_id=ctx.owner_id,
        parent_id=parent_id,
        name=draft.name,
        description=draft.description,
        color=draft.color,
        icon=draft.icon,
        position=await queries.next_position(parent_id),
        created_at=unit.now,
        updated_at=unit.now,
    )
    unit.record("folder", folder.id, "create")
    return await read_back_folder(ctx, folder.id, counts=counts)


@writes("groups")
async def update(
    ctx: Context, id: int, patch: FolderPatch, *, shown: Shown = exactly, counts: bool = False
) -> FolderRow:
    """Change what the patch gives; another parent has the folder at its end, the same one leaves it where it is.

    ``shown`` is how the door's clients see colours: a folder that looks so already keeps its own. ``counts`` as above.
    Raises NotFound for the folder and the parent, and Invalid as ``create``, with rule ``root`` for the root, and with
    rule ``cycle`` for a parent that is the folder itself or lies below it.
    """
    unit = unit_of(ctx)
    folder = await live_below_root(ctx, id)
    sent = {name: getattr(patch, name) for name in ("name", "description", "color", "icon")}
    values: dict[str, Any] = {name: given.value for name, given in sent.items() if given is not None}
    _check(*(values.get(name) for name in ("name", "description", "color", "icon")))
    if "color" in values and shown(values["color"]) == shown(folder.color):
        del values["color"]
    if patch.parent_id is not None and patch.parent_id != folder.parent_id:
        await live_folder(ctx, patch.parent_id)
        if id in await queries.above(ctx.owner_id, patch.parent_id):
            raise Invalid(Fault(("parent_id",), "cycle"))
        values |= {"parent_id": patch.parent_id, "position": await queries.next_position(patch.parent_id)}
        unit.touch_folder(folder.parent_id or 0)
    changed = {name: value for name, value in values.items() if getattr(folder, name) != value}
    if changed:
        unit.record("folder", id, "update", folder_image(folder))
        await Folder.filter(id=id).update(**changed, updated_at=unit.now)
    return await read_back_folder(ctx, id, counts=counts)


@writes("groups")
async def reorder(ctx: Context, id: int, children: Sequence[Child]) -> None:
    """Put all that the door shows of a folder into this order; as few rows as possible are written.

    What it does not show stays the third, or whichever it is, of all that is in the folder. Raises NotFound, and
    Invalid with rule ``missing_child`` for something in the folder that the order leaves out, ``too_many_children``
    for what is not in it or named twice; then nothing changes.
    """
    unit = unit_of(ctx)
    await live_folder(ctx, id)
    everything = await queries.children(id, ctx.door.kinds)
    present = {(BOOKMARK if child.is_bookmark else FOLDER, child.id): child for child in everything if child.is_visible}
    wanted = [(child.kind, child.id) for child in children]
    named = set(wanted)
    missing = [Fault(("children",), "missing_child", None, f"{kind}:{one}") for kind, one in present.keys() - named]
    if missing:
        raise Invalid(*sorted(missing, key=lambda fault: fault.given or ""))
    if len(wanted) > len(present):
        raise Invalid(Fault(("children",), "too_many_children", len(present)))
    if wanted == list(present):
        return
    following = iter(wanted)
    items = [present[next(following)] if child.is_visible else child for child in everything]  # the others keep theirs
    moved = moves([item.position for item in items])
    places = [Placement(id=items[at].place_id, position=to) for at, to in moved.items() if items[at].is_bookmark]
    folders = [Folder(id=items[at].id, position=to) for at, to in moved.items() if not items[at].is_bookmark]
    if places:
        await Placement.bulk_update(places, ["position"], batch_size=500)
    if folders:
        await Folder.bulk_update(folders, ["position"], batch_size=500)
    unit.record("folder", id, "reorder")


@writes("groups")
async def file(ctx: Context, folder_id: int, bookmark_id: int) -> None:
    """Put a bookmark into a folder, at its end; one that is there already stays where it is. Raises NotFound."""
    await live_folder(ctx, folder_id)
    if not await _file(ctx, folder_id, [bookmark_id]):
        raise NotFound("bookmark")


@writes("groups")
async def file_all(ctx: Context, folder_id: int, bookmark_ids: Sequence[int]) -> list[int]:
    """Put bookmarks into a folder, at its end, in this order; a fixed number of statements for all.

    Returns the ids that are the viewer's live bookmarks. Raises NotFound for the folder, and Invalid for more than 500
    and, where being in the root means being in no folder, with rule ``root`` for that.
    """
    await _check_folder(ctx, folder_id)
    return await _file(ctx, folder_id, bookmark_ids)


@writes("groups")
async def take_out(ctx: Context, folder_id: int, bookmark_id: int, *, permanent: bool = False) -> bool:
    """Take a bookmark out of a folder; says whether it was in there. Raises NotFound for the folder.

    Out of its last folder it goes into the trash (``permanent``: for good) where the root is a folder like others, and
    elsewhere back to the root.
    """
    await live_folder(ctx, folder_id)
    return bool(await _take_out(ctx, folder_id, [bookmark_id], permanent=permanent))


@writes("groups")
async def take_out_all(ctx: Context, folder_id: int, bookmark_ids: Sequence[int]) -> list[int]:
    """Take bookmarks out of a folder, as ``take_out`` does one; a fixed number of statements for all.

    Returns the ids that were in it. Raises as ``file_all``.
    """
    await _check_folder(ctx, folder_id)
    return await _take_out(ctx, folder_id, bookmark_ids)


async def _file(ctx: Context, folder_id: int, bookmark_ids: Sequence[int]) -> list[int]:
    """The ids that are the viewer's live bookmarks, which are in the folder from now on.

    Where being in the root means being in no folder, they leave it for their first one and do not come back beside it.
    """
    unit, root = unit_of(ctx), ctx.user.root_folder_id
    places = await _places(ctx, bookmark_ids)
    fresh = [id for id, there in places.items() if folder_id not in there]
    if not ctx.door.root_is_folder and folder_id == root:
        fresh = [id for id in fresh if not places[id]]
    await place_many_last(unit, folder_id, fresh)
    if folder_id != root:
        unit.refile(fresh)
    unfiled = [] if ctx.door.root_is_folder else [id for id in fresh if places[id] == {root}]
    if unfiled:
        await Placement.filter(folder_id=root, bookmark_id__in=unfiled).delete()
        unit.touch_folder(root)
    return list(places)


async def _take_out(ctx: Context, folder_id: int, bookmark_ids: Sequence[int], *, permanent: bool = False) -> list[int]:
    """The ids that were in the folder."""
    unit, root = unit_of(ctx), ctx.user.root_folder_id
    places = {id: there for id, there in (await _places(ctx, bookmark_ids)).items() if folder_id in there}
    if not places or (not ctx.door.root_is_folder and folder_id == root):
        return []
    unit.touch_folder(folder_id)
    if folder_id != root:
        unit.refile(places)
    alone = [id for id, there in places.items() if len(there) == 1]
    lost = alone if ctx.door.root_is_folder else []
    here = Placement.filter(folder_id=folder_id, bookmark_id__in=list(places))
    if permanent:
        await erase(unit, lost)
        await here.delete()
    else:
        await here.update(deleted_at=unit.now)
        if lost:
            await Bookmark.filter(id__in=lost).update(deleted_at=unit.now)
        for id in lost:
            unit.record("bookmark", id, "delete", {"deleted_at": None})
    for id in places:
        if id not in lost:
            unit.record("bookmark", id, "unfile")
    if not ctx.door.root_is_folder:
        await place_many_last(unit, root, alone)
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
    await live_folder(ctx, folder_id)


def _check(name: str | None, description: str | None, color: str | None, icon: str | None) -> None:
    check_texts((("name", name), ("description", description), ("icon", icon)))
    check_color(color)
