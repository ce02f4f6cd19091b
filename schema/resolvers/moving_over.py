"""Moving over from a running linkding: its rows become ours with exactly their fields (docs/decisions/0028).

Unlike a file's, a linkding's rows are whole, so here the newer side counts: a bookmark that linkding has changed since,
or at the same moment, becomes what linkding has; one that was changed here later is kept, and one that was deleted here
stays in the trash. What linkding has no more stays here. So a second run changes nothing, and one that was cut off is
completed by the next.

Nothing remembers linkding's ids. A row is ours again by its address: rows of one address in WHATWG form, which linkding
may tell apart, come together, and find their partners by the exact spelling, then by the moment they were added, then
in order. Those without a partner are made, with the lowest numbers of ``copy`` that are free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from models import Bookmark, BookmarkTag, Tag
from models.queries import bookmarks as queries
from models.rows import BookmarkRow
from models.text import tag_key
from schema.context import Context
from schema.formats.entries import Entry, TagEntry
from schema.operation import gated, reads
from schema.resolvers.addresses import address_columns
from schema.resolvers.import_batch import Batch, Kept
from schema.resolvers.import_run import Run, Trouble
from schema.resolvers.import_targets import Target, image
from schema.resolvers.imports import take_batch

CHANGED_HERE: Final = "changed here since"
IN_TRASH: Final = "in the trash here"
TEXTS: Final = ("url", "title", "description", "notes")
FLAGS: Final = ("is_archived", "is_public", "created_at", "updated_at")
COLUMNS: Final = (
    *TEXTS, *FLAGS, "url_href", "href_hash", "key_hash", "kind", "read_at", "is_title_provisional", "web_archive_url",
    "sort_key", "search_text",
)  # fmt: skip
WORDS: Final = {  # what linkding calls our columns
    "is_public": "shared",
    "created_at": "date_added",
    "updated_at": "date_modified",
    "web_archive_url": "web_archive_snapshot_url",
    "position": "order",
}


@dataclass(slots=True)
class Crossing(Run):
    """What one pass over a linkding remembers: ``placed`` are our ids by linkding's, ``kept`` what was not overwritten.

    A bookmark that is kept in the trash has no place. ``claimed`` are the ids of assets that were found to be some of
    linkding's by their bytes.
    """

    placed: dict[int, int] = field(default_factory=dict)
    kept: dict[int, str] = field(default_factory=dict)
    claimed: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not here as linkding says: ``what`` it is, linkding's ``id``, and the names of its fields.

    With a ``reason`` it is so on purpose.
    """

    what: str
    id: int
    name: str
    fields: tuple[str, ...]
    reason: str = ""


@gated("bookmarks:write")
async def take_bookmarks(ctx: Context, run: Crossing, entries: Sequence[Entry]) -> list[Trouble]:
    """Take a few hundred bookmarks in, in one transaction; those of one address must come together.

    ``run`` tells of what became of each; what was refused comes back.
    """
    return await take_batch(ctx, run, entries, batch=_Crossed)


@gated("bookmarks:write")
async def take_tags(ctx: Context, run: Crossing, entries: Sequence[TagEntry]) -> None:
    """Make the tags that are missing, with their dates, whether anything has them or not."""
    await take_batch(ctx, run, entries)


class _Crossed(Batch):
    """A batch whose rows are whole, and overwrite what is older."""

    async def take(self, rows: Sequence[Kept]) -> None:
        """Take the rows; ``run.placed`` has their bookmarks then."""
        assert isinstance(self._run, Crossing)  # noqa: S101 - take_bookmarks has no other
        self._crossing = self._run
        self._partners: dict[int, Target | None] = {}
        self._groups: dict[str, list[Entry]] = {}
        self._taken: dict[int, Target] = {}
        self._known: dict[str, list[Target]] = {}
        for row in rows:
            if isinstance(row, Entry):
                self._groups.setdefault(address_columns(row.url)["href_hash"], []).append(row)
        trash = Bookmark.filter(
            owner_id=self._unit.owner_id, deleted_at__not_isnull=True, href_hash__in=list(self._groups)
        )
        self._trash: dict[tuple[str, datetime | None], datetime] = {
            (hash, in_utc(created_at)): deleted_at
            for hash, created_at, deleted_at in await trash.values_list("href_hash", "created_at", "deleted_at")
        }
        await super().take(rows)
        self._crossing.placed |= {id: target.bookmark.id for id, target in self._taken.items()}

    def _take_link(self, entry: Entry, columns: dict[str, Any]) -> None:
        key = str(columns["href_hash"])
        if entry.position not in self._partners:
            self._partners |= _pair(self._groups[key], self._stored(key))
        target = self._partners[entry.position]
        if target is not None:
            self._taken[entry.position] = target
            self._overwrite(target, entry, columns)
            return
        deleted_at = self._trash.get((key, entry.created_at))
        if deleted_at is not None and entry.updated_at is not None and entry.updated_at <= in_utc(deleted_at):
            self._crossing.kept[entry.position] = IN_TRASH
            return
        target = Target(self._new(entry, columns), is_new=True)
        used = {other.bookmark.copy for other in self._stored(key)}
        target.bookmark.copy = next(number for number in count() if number not in used)
        self._targets.by_key[key, target.bookmark.copy] = target
        self._stored(key).append(target)
        self._add_tags(target, entry.tags)
        for place in self._places(entry):
            self._add_place(target, *place)
        self._taken[entry.position] = target
        self._run.tally.created += 1

    def _stored(self, key: str) -> list[Target]:
        """The bookmarks of the address by their numbers, those that are about to be made among them."""
        if not self._known:
            for target in dict.fromkeys(self._targets.by_key.values()):
                self._known.setdefault(str(target.bookmark.href_hash), []).append(target)
        found = self._known.setdefault(key, [])
        found.sort(key=lambda target: target.bookmark.copy)
        return found

    def _overwrite(self, target: Target, entry: Entry, columns: dict[str, Any]) -> None:
        bookmark = target.bookmark
        wanted = {tag_key(name) for name in entry.tags}
        if not differing(bookmark, target.tags, entry):
            self._run.tally.unchanged += 1
            return
        if entry.updated_at is not None and entry.updated_at < in_utc(bookmark.updated_at):
            self._crossing.kept[entry.position] = CHANGED_HERE
            return
        target.before = image(target)
        target.is_changed = True
        columns = columns | {"kind": bookmark.kind if bookmark.url else columns["kind"]}
        for name, value in columns.items():
            setattr(bookmark, name, value)
        for name in (*TEXTS[1:], *FLAGS):
            setattr(bookmark, name, getattr(entry, name))
        bookmark.is_title_provisional = False
        bookmark.read_at = None if entry.to_read else bookmark.read_at or entry.updated_at
        bookmark.web_archive_url = entry.web_archive_url or bookmark.web_archive_url
        target.tags &= wanted
        self._add_tags(target, entry.tags)
        self._run.tally.updated += 1

    async def _update(self, targets: Sequence[Target]) -> None:
        if not targets:
            return
        await Bookmark.bulk_update([target.bookmark for target in targets], COLUMNS, batch_size=100)
        by_id = {target.bookmark.id: target for target in targets}
        taggings = BookmarkTag.filter(bookmark_id__in=list(by_id)).values_list("id", "bookmark_id", "tag__name_key")
        gone = [id for id, bookmark_id, key in await taggings if key not in by_id[bookmark_id].tags]
        for start in range(0, len(gone), queries.CHUNK):
            await BookmarkTag.filter(id__in=gone[start : start + queries.CHUNK]).delete()
        for target in targets:
            self._unit.record("bookmark", target.bookmark.id, "update", target.before)


def _pair(entries: Sequence[Entry], stored: Sequence[Target]) -> dict[int, Target | None]:
    """Which of the bookmarks of one address each row is, by linkding's ids; None for those that are new."""
    partners: dict[int, Target | None] = {}
    free = list(stored)
    left = sorted(entries, key=lambda entry: entry.position)
    for is_same in (_is_the_same, _is_spelled_so, _is_from_then, _is_any):
        for entry in left:
            target = next((one for one in free if is_same(one.bookmark, entry)), None)
            if target is not None:
                partners[entry.position] = target
                free.remove(target)
        left = [entry for entry in left if entry.position not in partners]
    return partners | {entry.position: None for entry in left}


def _is_the_same(bookmark: Bookmark, entry: Entry) -> bool:
    return _is_spelled_so(bookmark, entry) and _is_from_then(bookmark, entry)


def _is_spelled_so(bookmark: Bookmark, entry: Entry) -> bool:
    return bookmark.url == entry.url


def _is_from_then(bookmark: Bookmark, entry: Entry) -> bool:
    return in_utc(bookmark.created_at) == entry.created_at


def _is_any(bookmark: Bookmark, entry: Entry) -> bool:
    del bookmark, entry
    return True


def differing(row: Bookmark | BookmarkRow, tags: Iterable[str], entry: Entry) -> tuple[str, ...]:
    """The names of the columns in which a bookmark is not what linkding has; ``tags`` are keys of its tags."""
    names = [name for name in (*TEXTS, *FLAGS) if plain(getattr(row, name)) != getattr(entry, name)]
    if (row.read_at is None) != entry.to_read:
        names.append("unread")
    if {tag_key(name) for name in entry.tags} != set(tags):
        names.append("tag_names")
    if entry.web_archive_url is not None and entry.web_archive_url != row.web_archive_url:
        names.append("web_archive_url")
    return tuple(WORDS.get(name, name) for name in names)


@reads("bookmarks")
async def compare_bookmarks(ctx: Context, run: Crossing, entries: Sequence[Entry]) -> list[Difference]:
    """Read a few hundred bookmarks back, as readers see them, and say what is not as linkding says."""
    ids = [run.placed[entry.position] for entry in entries if entry.position in run.placed]
    rows = {row.id: row for row in await queries.by_ids(ctx.mine(), ids)}
    found = []
    for entry in entries:
        row = rows.get(run.placed.get(entry.position, 0))
        if row is None:
            names: tuple[str, ...] = ("missing",)
        else:
            names = differing(row, map(tag_key, row.tag_names), entry)
        if names:
            found.append(Difference("bookmark", entry.position, entry.url, names, run.kept.get(entry.position, "")))
    return found


@reads("bookmarks", "tags")
async def compare_tags(ctx: Context, entries: Sequence[TagEntry]) -> list[Difference]:
    """Those of a few hundred tags that are missing."""
    keys = list({tag_key(entry.name) for entry in entries})
    known = {key for (key,) in await Tag.of(ctx.owner_id).filter(name_key__in=keys).values_list("name_key")}
    return [
        Difference("tag", entry.position, entry.name, ("missing",))
        for entry in entries
        if tag_key(entry.name) not in known
    ]


@reads("bookmarks")
async def count_here(ctx: Context) -> int:
    """How many bookmarks there are."""
    return await queries.count(ctx.mine())


def in_utc(moment: datetime) -> datetime:
    """The moment, aware: the first and the last one that there are come from PostgreSQL without their zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def plain(value: object) -> object:
    """The value as it is compared: a moment in UTC, anything else as it is."""
    return in_utc(value) if isinstance(value, datetime) else value
