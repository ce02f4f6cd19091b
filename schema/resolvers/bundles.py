"""Bundles: saved searches of their owner, listed in an order of their own (LD section 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from strawberry import Maybe

from models import Bundle, Change
from models.queries import bundles as queries
from models.queries.tree import Tree
from models.rows import BundleRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.operation import gated, reads, writes
from schema.page import FIRST, LARGEST, Page, Window, cut
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import check_texts, known_ids
from schema.search.bundle import SWITCHES, tree_of

NAME_LENGTH = 256
LENGTHS = {"name": NAME_LENGTH, "search": 256, "any_tags": 1024, "all_tags": 1024, "excluded_tags": 1024}
CHOICES = tuple(SWITCHES)


@dataclass(frozen=True, slots=True)
class BundleDraft:
    """What a new bundle is made from, in the words of models/bundle.py; without a position it becomes the last."""

    name: str
    search: str = ""
    any_tags: str = ""
    all_tags: str = ""
    excluded_tags: str = ""
    filter_unread: str = "off"
    filter_shared: str = "off"
    position: int | None = None


@dataclass(frozen=True, slots=True)
class BundlePatch:
    """Changes to a bundle; what is None stays."""

    name: Maybe[str] = None
    search: Maybe[str] = None
    any_tags: Maybe[str] = None
    all_tags: Maybe[str] = None
    excluded_tags: Maybe[str] = None
    filter_unread: Maybe[str] = None
    filter_shared: Maybe[str] = None
    position: Maybe[int] = None


@reads("bookmarks")
async def find(ctx: Context, window: Window = FIRST) -> Page[BundleRow]:
    """A page of the viewer's bundles in their order (LD-BUN-1)."""
    rows = await queries.page(ctx.owner_id, window.slice(extra=1))
    items, has_next, has_previous = cut(rows, window)

    async def count() -> int:
        return await queries.count(ctx.owner_id)

    return Page(items, has_next, has_previous, count)


@reads("bookmarks")
async def get(ctx: Context, id: int) -> BundleRow:
    """One of the viewer's bundles. Raises NotFound, for a foreign one too (LD-BUN-5)."""
    row = await queries.one(ctx.owner_id, id)
    if row is None:
        raise NotFound("bundle")
    return row


@reads("bookmarks")
async def get_many(ctx: Context, ids: Sequence[int]) -> list[BundleRow]:
    """Those of the ids that are the viewer's bundles, in their order. Raises Invalid for more than 500."""
    return await queries.by_ids(ctx.owner_id, known_ids(ids))


@reads("bookmarks")
async def filter_of(ctx: Context, id: int) -> Tree | None:
    """What the viewer's bundle is true of, as a part of any filter; None when there is no such bundle of theirs."""
    row = await queries.one(ctx.owner_id, id)
    return None if row is None else tree_of(row)


@gated("bookmarks:write")
async def check_known(ctx: Context, id: int) -> None:
    """Pass when a patch could be for this id; for doors that say so before they speak of the patch. Raises NotFound."""
    if await queries.one(ctx.owner_id, id) is None:
        raise NotFound("bundle")


@writes("bookmarks")
async def create(ctx: Context, draft: BundleDraft) -> BundleRow:
    """Make a bundle, the last of all unless it says where (LD-BUN-2); names need not be unique.

    Raises Invalid for an empty name, texts that are too long or that no database can hold, a switch that is neither
    ``off`` nor ``yes`` nor ``no``, and a position beyond 64 bits.
    """
    unit = unit_of(ctx)
    values = checked(asdict(draft))
    if values["position"] is None:  # where the highest is the highest there is, the id decides
        values["position"] = min(await queries.last(ctx.owner_id) + 1, LARGEST)
    bundle = await Bundle.create(owner_id=unit.owner_id, **values, created_at=unit.now, updated_at=unit.now)
    unit.record("bundle", bundle.id, "create")
    return await _read_back(ctx, bundle.id)


@writes("bookmarks")
async def update(ctx: Context, id: int, patch: BundlePatch) -> BundleRow:
    """Change what the patch gives (LD-BUN-3); the positions of the others stay.

    Where the door says so, it counts as changed even if nothing did. Raises NotFound, and Invalid as ``create``.
    """
    unit = unit_of(ctx)
    given = {one.name: getattr(patch, one.name) for one in fields(patch)}
    wanted = checked({name: value.value for name, value in given.items() if value is not None})
    row = await _own(ctx, id)
    values = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if values or ctx.door.always_touches:
        unit.record("bundle", id, "update", {name: getattr(row, name) for name in given})
        await Bundle.filter(id=id).update(**values, updated_at=unit.now)
    return await _read_back(ctx, id)


@writes("bookmarks")
async def delete(ctx: Context, id: int) -> None:
    """Delete the bundle; those that are left are numbered 0, 1, 2 and so on in their order (LD-BUN-4).

    Raises NotFound.
    """
    unit = unit_of(ctx)
    await _own(ctx, id)
    await Bundle.filter(id=id).delete()
    await Change.filter(owner_id=unit.owner_id, entity="bundle", entity_id=id).update(before=None)
    unit.record("bundle", id, "delete")
    for moved in await queries.renumber(unit.owner_id):
        unit.record("bundle", moved, "update")


def checked(values: Mapping[str, object]) -> dict[str, Any]:
    """The values of a bundle that are given, texts stripped. Raises Invalid as ``create``, with all faults."""
    sound: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    check_texts((name, value) for name, value in sound.items() if isinstance(value, str))
    faults = []
    for name, value in sound.items():
        if isinstance(value, str) and len(value) > LENGTHS.get(name, NAME_LENGTH):
            faults.append(Fault((name,), "too_long", LENGTHS.get(name, NAME_LENGTH)))
        elif name == "name" and not value:
            faults.append(Fault((name,), "blank"))
        elif name.startswith("filter_") and value not in CHOICES:
            faults.append(Fault((name,), "choice", CHOICES, str(value)))
        elif isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
            faults.append(Fault((name,), "too_small" if value < 0 else "too_large"))
    if faults:
        raise Invalid(*faults)
    return sound


async def _own(ctx: Context, id: int) -> BundleRow:
    row = await queries.one(unit_of(ctx).owner_id, id)
    if row is None:
        raise NotFound("bundle")
    return row


async def _read_back(ctx: Context, id: int) -> BundleRow:
    return (await queries.by_ids(ctx.owner_id, [id]))[0]
