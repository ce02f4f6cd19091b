"""Moving over from a running linkding: its bundles (docs/decisions/0028)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from models import Bundle
from schema.context import Context
from schema.formats.linkding import BundleEntry
from schema.operation import reads, writes
from schema.resolvers.moving_over import CHANGED_HERE, WORDS, Difference, in_utc, plain
from schema.resolvers.saving import unit_of

BUNDLE: Final = ("name", "search", "any_tags", "all_tags", "excluded_tags", "filter_unread", "filter_shared")


@dataclass(slots=True)
class BundleTally:
    """What became of the bundles; ``kept`` are linkding's ids."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: set[int] = field(default_factory=set)


@writes("bookmarks")
async def take_bundles(ctx: Context, entries: Sequence[BundleEntry]) -> BundleTally:
    """Make the bundles that are missing, and let the newer side count in the others, all in one transaction.

    A bundle is the one that was made at the same moment, else one of the same name.
    """
    unit = unit_of(ctx)
    tally = BundleTally()
    for entry, bundle in _pair_bundles(entries, await _bundles(ctx)):
        values = _values(entry)
        if bundle is None:
            made = await Bundle.create(owner_id=unit.owner_id, **values)
            unit.record("bundle", made.id, "create")
            tally.created += 1
        elif not _differing_bundle(bundle, entry):
            tally.unchanged += 1
        elif entry.updated_at < in_utc(bundle.updated_at):
            tally.kept.add(entry.position)
        else:
            before = {name: _worded(getattr(bundle, name)) for name in values}
            await Bundle.filter(id=bundle.id).update(**values)
            unit.record("bundle", bundle.id, "update", before)
            tally.updated += 1
    return tally


@reads("bookmarks")
async def compare_bundles(ctx: Context, entries: Sequence[BundleEntry], kept: set[int]) -> list[Difference]:
    """Read the bundles back, and say what is not as linkding says."""
    found = []
    for entry, bundle in _pair_bundles(entries, await _bundles(ctx)):
        names = ("missing",) if bundle is None else _differing_bundle(bundle, entry)
        if names:
            reason = CHANGED_HERE if entry.position in kept else ""
            found.append(Difference("bundle", entry.position, entry.name, names, reason))
    return found


async def _bundles(ctx: Context) -> list[Bundle]:
    return await Bundle.filter(owner_id=ctx.owner_id).order_by("position", "id")


def _pair_bundles(entries: Sequence[BundleEntry], stored: Sequence[Bundle]) -> list[tuple[BundleEntry, Bundle | None]]:
    """Each bundle of linkding's with ours; those of one moment first, for names need not be unique (LD-BUN-2)."""
    partners: dict[int, Bundle] = {}
    free = list(stored)
    for by_moment in (True, False):
        for entry in entries:
            if entry.position in partners:
                continue
            for bundle in free:
                same_name = bundle.name == entry.name
                same_moment = in_utc(bundle.created_at) == entry.created_at
                if same_moment if by_moment else same_name:
                    partners[entry.position] = bundle
                    free.remove(bundle)
                    break
    return [(entry, partners.get(entry.position)) for entry in entries]


def _values(entry: BundleEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in BUNDLE} | {
        "position": entry.order,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
    }


def _differing_bundle(bundle: Bundle, entry: BundleEntry) -> tuple[str, ...]:
    values = _values(entry)
    return tuple(WORDS.get(name, name) for name in values if plain(getattr(bundle, name)) != values[name])


def _worded(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
