"""Changing folders, and putting bookmarks into them and taking them out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import Bookmark, Change, Folder, Placement
from models.folder import STEP
from models.ordering import moves
from models.queries import folders as queries
from models.rows import FolderRow
from schema.context import Context
from schema.errors import Conflict, Fault, Invalid, NotFound
from schema.inputs import FolderDraft, FolderPatch
from schema.operation import writes
from schema.resolvers.placing import add_places, leave_root
from schema.resolvers.saving import live, unit_of
from schema.resolvers.texts import LARGEST_ID, check_color, check_texts
from schema.resolvers.trash import erase
from schema.unit import Unit

BATCH = 5_000  # parameters of one statement; SQLite takes 32,766
FOLDER, BOOKMARK = "folder", "bookmark"


@dataclass(frozen=True, slots=True)
class Child:
    """Something in a folder, as a caller names it: ``folder`` or ``bookmark``, and its id."""

    kind: str
    id: int


@writes("groups")
async def create(ctx: Context, draft: FolderDraft) -> FolderRow:
    """Make a folder at the end of its parent, the root unless the draft names one.

    Raises NotFound for the parent, Invalid for text that cannot be stored and for a bad colour.
    """
    unit = unit_of(ctx)
    _check(draft.name, draft.description, draft.color, draft.icon)
    parent_id = ctx.user.root_folder_id if draft.parent_id is None else draft.parent_id
    await _live(ctx, parent_id)
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
    return await _read_back(ctx, folder.id)


@writes("groups")
async def update(ctx: Context, id: int, patch: FolderPatch) -> FolderRow:
    """Change what the patch gives; another parent has the folder at its end, the same one leaves it where it is.

    Raises NotFound for the folder and the parent, and Invalid as ``create``, with rule ``root`` for the root, and with
    rule ``cycle`` for a parent that is the folder itself or lies below it.
    """
    unit = unit_of(ctx)
    folder = await _live_below_root(ctx, id)
    sent = {name: getattr(patch, name) for name in ("name", "description", "color", "icon")}
    values: dict[str, Any] = {name: given.value for name, given in sent.items() if given is not None}
    _check(*(values.get(name) for name in ("name", "description", "color", "icon")))
    if patch.parent_id is not None and patch.parent_id != folder.parent_id:
        await _live(ctx, patch.parent_id)
        if id in await queries.above(ctx.owner_id, patch.parent_id):
            raise Invalid(Fault(("parent_id",), "cycle"))
        values |= {"parent_id": patch.parent_id, "position": await queries.next_position(patch.parent_id)}
        unit.touch_folder(folder.parent_id or 0)
    changed = {name: value for name, value in values.items() if getattr(folder, name) != value}
    if changed:
        unit.record("folder", id, "update", _image(folder))
        await Folder.filter(id=id).update(**changed, updated_at=unit.now)
    return await _read_back(ctx, id)


@writes("groups")
async def delete(ctx: Context, id: int, *, keep_contents: bool = False, permanent: bool = False) -> None:
    """Put a folder into the trash with all below it, or delete it for good at once.

    Bookmarks go with the last folder that they are in; those that the door cannot show stay, in the root. With
    ``keep_contents`` nothing but the folder goes: folders in it move to the end of its parent, and bookmarks that were
    nowhere else to the end of the root. Raises NotFound, and Invalid with rule ``root`` for the root.
    """
    unit = unit_of(ctx)
    folder = await _live_below_root(ctx, id)
    unit.touch_folder(folder.parent_id or 0)
    if keep_contents:
        await _move_up(unit, folder)
        ids = [id]
        doomed, rescued = [], await queries.only_in(ctx.owner_id, ids)
    else:
        _, rows = await queries.below(ctx.owner_id, id, None)
        ids = [row.id for row in rows]
        alone = await queries.only_in(ctx.owner_id, ids)
        doomed = [one for one, kind in alone if kind in ctx.door.kinds]
        rescued = [(one, kind) for one, kind in alone if kind not in ctx.door.kinds]
    await _to_root(ctx, unit, [one for one, _ in rescued])
    if permanent:
        await _erase(ctx, unit, ids, doomed)
        return
    for chunk in _chunks(ids):
        await Placement.filter(folder_id__in=chunk, deleted_at=None).update(deleted_at=unit.now)
        await Folder.filter(id__in=chunk).update(deleted_at=unit.now)
    for chunk in _chunks(doomed):
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
    for chunk in _chunks(ids):
        await _wake(ctx, unit, chunk, moment)
        await Folder.filter(id__in=chunk).update(deleted_at=None, updated_at=unit.now)
    if top.parent_id is None or await queries.one(ctx.owner_id, top.parent_id) is None:
        root = ctx.user.root_folder_id
        await Folder.filter(id=id).update(parent_id=root, position=await queries.next_position(root))
    for one in ids:
        unit.record("folder", one, "restore")
    return await _read_back(ctx, id)


@writes("groups")
async def reorder(ctx: Context, id: int, children: Sequence[Child]) -> None:
    """Put all that the door shows of a folder into this order; as few rows as possible are written.

    What it does not show stays the third, or whichever it is, of all that is in the folder. Raises NotFound, and
    Invalid with rule ``missing_child`` for something in the folder that the order leaves out, ``too_many_children``
    for what is not in it or named twice; then nothing changes.
    """
    unit = unit_of(ctx)
    await _live(ctx, id)
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
    unit = unit_of(ctx)
    await _live(ctx, folder_id)
    await live(ctx, bookmark_id)
    if await add_places(ctx, unit, bookmark_id, [folder_id]):
        unit.record("bookmark", bookmark_id, "file")


@writes("groups")
async def take_out(ctx: Context, folder_id: int, bookmark_id: int, *, permanent: bool = False) -> bool:
    """Take a bookmark out of a folder; says whether it was in there. Raises NotFound for the folder.

    Out of its last folder it goes into the trash (``permanent``: for good) where the root is a folder like others, and
    elsewhere back to the root.
    """
    unit = unit_of(ctx)
    await _live(ctx, folder_id)
    bookmark = await Bookmark.of(ctx.owner_id).get_or_none(id=bookmark_id) if 0 < bookmark_id <= LARGEST_ID else None
    if bookmark is None or bookmark.kind not in ctx.door.kinds:
        return False
    places = {place.folder_id: place for place in await Placement.filter(bookmark_id=bookmark_id, deleted_at=None)}
    here = places.pop(folder_id, None)
    if here is None or (not ctx.door.root_is_folder and folder_id == ctx.user.root_folder_id):
        return False
    unit.touch_folder(folder_id)
    if places or not ctx.door.root_is_folder:
        await Placement.filter(id=here.id).update(deleted_at=unit.now)
        unit.record("bookmark", bookmark_id, "unfile")
        if not places:
            await _to_root(ctx, unit, [bookmark_id])
    elif permanent:
        await erase(unit, [bookmark_id])
        return True
    else:
        await Placement.filter(id=here.id).update(deleted_at=unit.now)
        await Bookmark.filter(id=bookmark_id).update(deleted_at=unit.now)
        unit.record("bookmark", bookmark_id, "delete", {"deleted_at": None})
    if permanent:
        await Placement.filter(id=here.id).delete()
    return True


@writes("groups")
async def put_back(ctx: Context, folder_id: int, bookmark_id: int) -> None:
    """Put a bookmark that was taken out of a folder back in, at its old place, out of the trash if it is there.

    Raises NotFound when it was not, and Conflict when its address was bookmarked again meanwhile.
    """
    unit = unit_of(ctx)
    await _live(ctx, folder_id)
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
    unit.record("bookmark", bookmark_id, "restore")


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
    for chunk in _chunks(bookmark_ids):
        await erase(unit, chunk)
    root = ctx.user.root_folder_id
    position = await queries.next_position(root)
    for chunk in _chunks(ids):
        await Folder.filter(parent_id__in=chunk).update(parent_id=root, position=position)
    for chunk in _chunks(ids):
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
        unit.record("folder", one.id, "update", _image(one))
        one.parent_id, one.position, one.updated_at = parent_id, position + number * STEP, unit.now
    if inner:
        await Folder.bulk_update(inner, ["parent_id", "position", "updated_at"], batch_size=500)


async def _to_root(ctx: Context, unit: Unit, bookmark_ids: Sequence[int]) -> None:
    """Put bookmarks at the end of the root."""
    root = ctx.user.root_folder_id
    for chunk in _chunks(bookmark_ids):
        await Placement.filter(folder_id=root, bookmark_id__in=chunk).delete()
        position = await queries.next_position(root)
        await Placement.bulk_create(
            [
                Placement(bookmark_id=one, folder_id=root, position=position + number * STEP, created_at=unit.now)
                for number, one in enumerate(chunk)
            ],
            batch_size=BATCH,
        )
        for one in chunk:
            unit.record("bookmark", one, "file")


def _check(name: str | None, description: str | None, color: str | None, icon: str | None) -> None:
    check_texts((("name", name), ("description", description), ("icon", icon)))
    check_color(color)


async def _live(ctx: Context, id: int) -> Folder:
    """The viewer's live folder for writing, the root as well. Raises NotFound."""
    found = await Folder.get_or_none(owner_id=ctx.owner_id, deleted_at=None, id=id) if 0 < id <= LARGEST_ID else None
    if found is None:
        raise NotFound("folder")
    return found


async def _live_below_root(ctx: Context, id: int) -> Folder:
    folder = await _live(ctx, id)
    if folder.parent_id is None:
        raise Invalid(Fault(("id",), "root"))
    return folder


def _image(folder: Folder) -> dict[str, Any]:
    """The folder as it is, for the change log."""
    return {name: getattr(folder, name) for name in ("name", "description", "color", "icon", "parent_id", "position")}


async def _read_back(ctx: Context, id: int) -> FolderRow:
    row = await queries.one(ctx.owner_id, id)
    if row is None:
        raise NotFound("folder")
    return row


def _chunks(ids: Collection[int]) -> list[list[int]]:
    listed = list(ids)
    return [listed[start : start + BATCH] for start in range(0, len(listed), BATCH)]
