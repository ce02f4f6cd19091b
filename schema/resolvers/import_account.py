"""What an import brings for the account itself: bundles, preferences and rules. What is there already stays.

A bundle is there already where one has its name and asks for the same; as often as the library has it. A preference is
taken where the account has the usual one, the auto-tagging rules where it has none. Whether others may see what is
public is decided here and by nobody's file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from models import Bundle, User
from models.queries import bundles as queries
from schema.context import Context
from schema.errors import Invalid
from schema.formats.entries import AccountEntry, BundleEntry, Remark, Row
from schema.page import LARGEST
from schema.preferences import Preferences
from schema.resolvers.accounts import check_rules
from schema.resolvers.bundles import BundleDraft, checked
from schema.resolvers.import_run import Run
from schema.resolvers.placing import BATCH
from schema.unit import Unit

ASKED: Final = tuple(one.name for one in fields(BundleDraft) if one.name != "position")


def trouble_of(ctx: Context, row: Row) -> Remark | None:
    """Why the row cannot be taken, or what is to be told of it; None for nothing."""
    if isinstance(row, BundleEntry):
        try:
            _values(row)
        except (Invalid, TypeError) as problem:
            return Remark(row.position, f"A bundle cannot be kept: {problem}. It was left out.")
    if isinstance(row, AccountEntry):
        if "account" not in ctx.viewer.scopes:
            return Remark(row.position, "Preferences and rules were left out: this credential may not change them.")
        if row.shares:
            return Remark(
                row.position, "The account shared its public bookmarks; here nobody sees them before you say so."
            )
    return None


async def store_bundles(unit: Unit, run: Run, entries: Sequence[BundleEntry]) -> None:
    """Make the bundles that are not there, behind those that are, and among themselves in their order."""
    stored = await Bundle.filter(owner_id=unit.owner_id).values(*ASKED)
    kept = Counter(tuple(row[name] for name in ASKED) for row in stored)
    last = await queries.last(unit.owner_id) if stored else None
    fresh = []
    for entry in entries:
        values = _values(entry)
        key = tuple(values[name] for name in ASKED)
        run.bundles[key] += 1
        if run.bundles[key] <= kept[key]:
            continue
        kept[key] += 1
        wanted = values["position"]
        if wanted is None or (last is not None and wanted < last):
            wanted = 0 if last is None else min(last + 1, LARGEST)
        last = wanted
        created_at = entry.created_at or unit.now
        moments = {"created_at": created_at, "updated_at": entry.updated_at or created_at}
        fresh.append(Bundle(owner_id=unit.owner_id, **(values | {"position": wanted}), **moments))
    if not fresh:
        return
    before = set(await Bundle.filter(owner_id=unit.owner_id).values_list("id", flat=True))
    await Bundle.bulk_create(fresh, batch_size=BATCH)
    for id in await Bundle.filter(owner_id=unit.owner_id).order_by("id").values_list("id", flat=True):
        if id not in before:
            unit.record("bundle", int(str(id)), "create")
    run.tally.bundles += len(fresh)


async def store_account(ctx: Context, unit: Unit, entry: AccountEntry) -> None:
    """Take the preferences and rules that the account has not."""
    if "account" not in ctx.viewer.scopes:
        return
    stored = await User.get(id=unit.owner_id)
    values: dict[str, Any] = {}
    wanted = _wanted(Preferences.load(stored.preferences), entry)
    if wanted is not None:
        values["preferences"] = asdict(wanted)
    if entry.auto_tagging_rules and not stored.auto_tagging_rules:
        try:
            check_rules(entry.auto_tagging_rules)
            values["auto_tagging_rules"] = entry.auto_tagging_rules
        except Invalid:
            pass  # no library that was written has such rules
    if values:
        unit.record("user", unit.owner_id, "update", {name: getattr(stored, name) for name in values})
        await User.filter(id=unit.owner_id).update(**values)


def _wanted(current: Preferences, entry: AccountEntry) -> Preferences | None:
    """The preferences with those of the file that may be taken, None when there are none."""
    usual, wanted = Preferences(), current
    for name in (one.name for one in fields(Preferences)):
        value = entry.preferences.get(name)
        if value is not None and getattr(current, name) == getattr(usual, name) != value:
            try:
                wanted = wanted.changed({name: value})
            except Invalid:
                continue  # of another version, or made up
    return None if wanted == current else wanted


def _values(entry: BundleEntry) -> dict[str, Any]:
    """A bundle's values. Raises Invalid for those that no bundle has, and TypeError without a name."""
    return checked(asdict(BundleDraft(**entry.texts, position=entry.rank)))
