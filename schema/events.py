"""What webhooks are told: the events of a write, found by comparing what was with what is (BK section 9.1).

They are written in the transaction of the write that caused them, with the facts as they are at that moment, as rows of
``delivery``; ``schema/resolvers/deliveries.py`` sends them afterwards. A write of somebody without webhooks costs
nothing here; with webhooks it costs a fixed number of statements for every 500 rows that it changed.

Bookmarklets are no bookmarks to the outside. The trash has no events: what goes there has its moment when it comes back
or is deleted for good. A folder has no trash to the outside: it is deleted when it goes there, and created when it
comes back. What deleting a tag or a folder does to bookmarks is told by that one event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

from models import Delivery, Webhook
from models.kinds import BOOKMARKLET, KINDS
from models.queries import bookmarks, folders, tags
from models.queries.bookmarks import TagDetail, Wanted
from models.queries.build import Mine
from models.rows import BookmarkRow, FolderRow, TagRow
from schema.ports import Clock, Event, Facts, Ports
from schema.unit import Unit

EventName = Literal[
    "bookmark.created",
    "bookmark.updated",
    "bookmark.deleted",
    "bookmark.favorited",
    "bookmark.unfavorited",
    "bookmark.archived",
    "bookmark.unarchived",
    "bookmark.restored",
    "group.created",
    "group.updated",
    "group.deleted",
    "tag.created",
    "tag.updated",
    "tag.deleted",
]
EVENTS: tuple[str, ...] = get_args(EventName)
SCOPES = {"bookmark": "bookmarks:read", "group": "groups:read", "tag": "tags:read"}
DELIVER = "deliver"  # the kind of job that sends what is pending

TOLD = KINDS - {BOOKMARKLET}
WANTED = Wanted(tags=TagDetail.FULL, summary=True, groups=True)
CHUNK = 500
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
NAME_LENGTH = 24

# The flags that have events of their own, by column: what is told when they are set, and when they are taken away.
FLAGS = {"is_favorite": ("favorited", "unfavorited"), "is_archived": ("archived", "unarchived")}
# What may differ between two images of a bookmark without anything having changed, or is told otherwise.
APART = frozenset({*FLAGS, "updated_at", "deleted_at"})
OF_GROUPS = ("name", "color")
SILENT = frozenset({"click", "reorder"})  # operations that the outside is not told of

ENTITIES = {"bookmark": "bookmark", "group": "folder", "tag": "tag"}  # what the tables call what the outside speaks of

_ROWS: dict[str, type[Facts]] = {"bookmark": BookmarkRow, "group": FolderRow, "tag": TagRow}


def scope_of(event: str) -> str:
    """The scope that lets one read what the event is about."""
    return SCOPES[event.partition(".")[0]]


def ask_deliver(unit: Unit, webhook_id: int, *, urgent: bool = True) -> None:
    """Ask for what is pending to be sent: at once, also when it was put off, or unless somebody has asked."""
    unit.enqueue(DELIVER, {"webhook": webhook_id}, dedupe_key=f"{DELIVER}:{webhook_id}", urgent=urgent)


def make_name(clock: Clock, prefix: str) -> str:
    """A name as the outside knows events and webhooks by: 24 random letters and digits behind the prefix."""
    letters = (ALPHABET[byte % len(ALPHABET)] for byte in clock.secret(NAME_LENGTH))  # biased a little, and still long
    return prefix + "".join(letters)


def read_event(name: str, event: str, facts: dict[str, Any], created_at: datetime) -> Event:
    """An event from the row that keeps it."""
    return Event(name, event, created_at, msgspec.convert(facts, _ROWS[event.partition(".")[0]]))


async def remember_bookmarks(unit: Unit, ids: Sequence[int]) -> None:
    """Keep what bookmarks, live or in the trash, are like that are about to be erased; only if somebody listens."""
    if not unit.has_webhooks:
        return
    for chunk in _chunks(ids):
        for trash in (False, True):
            for row in await bookmarks.by_ids(Mine(unit.owner_id, TOLD, trash=trash), chunk, wanted=WANTED):
                unit.last["bookmark", row.id] = row


async def remember_folders(unit: Unit, ids: Sequence[int]) -> None:
    """The same for live folders; those of the trash were deleted long ago, as far as the outside knows."""
    if not unit.has_webhooks:
        return
    for chunk in _chunks(ids):
        for row in await folders.by_ids(unit.owner_id, chunk, counts=Mine(unit.owner_id, TOLD)):
            unit.last["folder", row.id] = row


def remember_tag(unit: Unit, row: TagRow) -> None:
    """The same for a tag."""
    unit.last["tag", row.id] = row


async def tell(ports: Ports, unit: Unit) -> None:
    """Write down what the owner's webhooks are to be told of this write, and ask for it to be sent."""
    if not unit.has_webhooks or not unit.changes:
        return
    # Locked, for an app's webhooks end with its grant, which may be this moment, and deliveries must have theirs.
    hooks = await Webhook.filter(owner_id=unit.owner_id, is_active=True).order_by("id").select_for_update(no_key=True)
    heard = {hook.id: _heard(hook) for hook in hooks}
    told = await _events(unit, {ENTITIES[event.partition(".")[0]] for events in heard.values() for event in events})
    deliveries: list[Delivery] = []
    for hook in hooks:
        mine = [one for one in told if one.event in heard[hook.id]]
        deliveries += [
            Delivery(
                webhook_id=hook.id,
                name=make_name(ports.clock, "evt_"),
                event=one.event,
                subject=one.subject,
                facts=one.facts,
                next_attempt_at=unit.now,
                created_at=unit.now,
            )
            for one in mine
        ]
        if mine:
            ask_deliver(unit, hook.id)
    if deliveries:
        await Delivery.bulk_create(deliveries, batch_size=1000)


@dataclass(frozen=True, slots=True)
class _Told:
    """Something that happened, ready to be written down."""

    event: str
    subject: str
    facts: dict[str, Any]


@dataclass(slots=True)
class _History:
    """What a write did to one row: the operations, and each value as it was before the first of them."""

    operations: set[str] = field(default_factory=set)
    before: dict[str, Any] = field(default_factory=dict)
    is_vague: bool = False  # something was changed, and it was not said what


def _heard(hook: Webhook) -> set[str]:
    """The events that a webhook asks for and may be told."""
    scopes = set(hook.scopes.split())
    return {event for event in hook.events.split() if scope_of(event) in scopes}


async def _events(unit: Unit, entities: set[str]) -> list[_Told]:
    """All that happened to rows of these entities, in the order in which the write came to them."""
    histories: dict[tuple[str, int], _History] = {}
    for change in unit.changes:
        if change.entity not in entities or change.operation in SILENT:
            continue
        history = histories.setdefault((change.entity, change.entity_id), _History())
        history.operations.add(change.operation)
        history.before = (change.before or {}) | history.before
        history.is_vague |= change.operation == "update" and change.before is None
    if "bookmark" in entities:
        for id in sorted(unit.refiled):
            histories.setdefault(("bookmark", id), _History())
    now = await _rows(unit, histories)
    return [one for key, history in histories.items() for one in _told(unit, key, history, now.get(key))]


async def _rows(unit: Unit, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Facts]:
    """What the rows are like now, those that are live; folders of the trash too, for they were live before."""
    by_entity: dict[str, list[int]] = {"bookmark": [], "folder": [], "tag": []}
    for entity, id in keys:
        by_entity[entity].append(id)
    found: dict[tuple[str, int], Facts] = {}
    mine = Mine(unit.owner_id, TOLD)
    for chunk in _chunks(by_entity["bookmark"]):
        found |= {("bookmark", row.id): row for row in await bookmarks.by_ids(mine, chunk, wanted=WANTED)}
    for chunk in _chunks(by_entity["folder"]):
        for trash in (False, True):
            rows = await folders.by_ids(unit.owner_id, chunk, trash=trash, counts=mine)
            found |= {("folder", row.id): row for row in rows}
    for chunk in _chunks(by_entity["tag"]):
        found |= {("tag", row.id): row for row in await tags.by_ids(unit.owner_id, chunk, counts=mine)}
    return found


def _told(unit: Unit, key: tuple[str, int], history: _History, row: Any) -> Iterator[_Told]:
    """The events of one row; ``row`` is what it is like now."""
    entity, id = key
    last = unit.last.get(key)
    match entity:
        case "bookmark":
            noun, verbs = "bookmark", _of_bookmark(history, row, last, refiled=id in unit.refiled)
        case "folder":
            noun, verbs = "group", _of_folder(history, row, last)
        case _:
            noun, verbs = "tag", _of_tag(history, row, last)
    facts = msgspec.to_builtins(last if row is None else row) if verbs else {}
    for verb in verbs:
        yield _Told(f"{noun}.{verb}", f"{noun}:{id}", facts)


def _of_bookmark(history: _History, row: BookmarkRow | None, last: BookmarkRow | None, *, refiled: bool) -> list[str]:
    is_new = "create" in history.operations
    if row is None:  # erased, or in the trash
        return ["deleted"] if last is not None and not is_new else []
    if is_new:
        return ["created"]
    is_back = "restore" in history.operations
    changed = _differing(history, row)
    events = ["restored"] if is_back else []
    for name, (on, off) in FLAGS.items():
        if name in changed:
            events.append(on if getattr(row, name) else off)
    if changed - APART or history.is_vague or (refiled and not is_back):
        events.append("updated")
    return events


def _of_folder(history: _History, row: FolderRow | None, last: FolderRow | None) -> list[str]:
    """The root is no group."""
    was_live = not history.operations & {"create", "restore"}
    here = row or last
    if here is None or here.parent_id is None:
        return []
    if row is None or row.deleted_at is not None:
        was_live = was_live and (last is not None or "delete" in history.operations)
        return ["deleted"] if was_live else []
    if not was_live:
        return ["created"]
    was = history.before
    return ["updated"] if any(name in was and was[name] != getattr(row, name) for name in OF_GROUPS) else []


def _of_tag(history: _History, row: TagRow | None, last: TagRow | None) -> list[str]:
    is_new = "create" in history.operations
    if row is None:
        return ["deleted"] if last is not None and not is_new else []
    if is_new:
        return ["created"]
    return ["updated"] if _differing(history, row) else []


def _differing(history: _History, row: Any) -> set[str]:
    """What was another value before."""
    known = {name: value for name, value in history.before.items() if name == "tag_names" or hasattr(row, name)}
    return {name for name, value in known.items() if value != _now(row, name)}


def _now(row: Any, name: str) -> Any:
    """A value of the row as before-images have it."""
    if name == "tag_names":
        return sorted(tag.name for tag in row.tags)
    value = getattr(row, name)
    return value.isoformat() if isinstance(value, datetime) else value


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
