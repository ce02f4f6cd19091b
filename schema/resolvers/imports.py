"""Taking in a library from elsewhere: rows of schema/formats become bookmarks, tags and folders, in batches.

What happens to a link depends on nothing but the link and the library, so taking the same file again changes nothing,
and a run that was cut off is completed by the next one. Every batch is one transaction under the owner's lock.

- An address that is new makes a bookmark with the texts, tags, states and dates of the file. Without a date it is saved
  now; without a date of change it was changed when it was saved; one that is read was read when it was last changed.
- An address that is kept already (WHATWG form, also earlier in the same file) keeps its id, its spelling, its dates and
  whether it is archived, read and shared: the file must neither publish a bookmark nor undo what was decided here.
  Empty texts are filled, tags are united, a favourite of the file becomes one, and the file's folder gets it too.
- Folders are found by their path, made when they are missing, and filled at their ends in the order of the file. A
  bookmark that was only in the root leaves it for its first folder, unless the file has it in the root as well.
- A note or code is kept already where one of its kind has the same texts, and the same
  date where the file says it. What only our own JSON says (kind, source, summary, order, colours) makes the new rows; a
  tag or folder that is there gets what it lacks.
- Any address with a scheme is taken, as a browser would have it: ``ftp:``, ``file:``, ``mailto:``, ``chrome:`` and the
  like are links that some doors' clients may not open, ``javascript:`` makes a bookmarklet. Text without a scheme is
  refused, unless the settings take any text as an address.
- A run with a ``graft`` puts the file below one folder, whatever is there already: all its folders are made, and an
  address that is kept takes the file's texts, of which a missing description or note says nothing
  (``schema/resolvers/grafting.py``).
- At a door where the root is a folder like others nothing leaves it, and a door that revives has an address that is in
  the trash come out of it, with its id, instead of making another.
- The auto-tagging rules do not act, and no page is read unless ``fetch`` asks for the jobs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from models import Bookmark, BookmarkTag, Placement, Tag, kinds
from models import url as urls
from models.queries import bookmarks as queries
from models.queries import statistics
from models.text import tag_key
from schema.context import Context
from schema.door import Door
from schema.formats.entries import Entry, FolderEntry, Refused, Remark, Row, TagEntry
from schema.operation import writes
from schema.resolvers.import_folders import Graft, Pointer, Spot, Tree
from schema.resolvers.jobs import ask_scrape
from schema.resolvers.placing import root_of
from schema.resolvers.saving import IMAGE, address_columns, text_columns, unit_of
from schema.resolvers.tagging import make_tags
from schema.unit import Unit

IMPORT: Final = Door("import", source="import")
BATCH: Final = 500
BATCH_CHARACTERS: Final = 4_000_000  # a hostile file may hold a megabyte a link
PARAMETERS: Final = 5_000  # of one statement; SQLite takes 32,766
TEXTS: Final = ("title", "description", "notes")
FILLED: Final = (*TEXTS, "summary")
Key: TypeAlias = tuple[object, ...]  # what makes two rows of a file the same bookmark, and one that is kept
MANY: Final = 1_000  # links that were taken in; then, and whenever they are four times as many, the planner hears of it

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB: Final = re.compile(r"https?:", re.IGNORECASE)


@dataclass(slots=True)
class Tally:
    """What became of the links of a file: their sum is the number of links in it. ``folders`` counts new ones."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    folders: int = 0

    @property
    def links(self) -> int:
        """How many links there were."""
        return self.created + self.updated + self.unchanged + self.refused


Trouble = Refused | Remark
Tell = Callable[[Tally, Sequence[Trouble]], None]


async def take_in(
    ctx: Context, rows: Iterable[Row], *, fetch: bool = False, tell: Tell | None = None, in_thread: bool = False
) -> Tally:
    """Take all rows in; ``tell`` hears the tally and the troubles of each batch once that is committed.

    With ``in_thread`` the rows are read in a thread, a batch at a time, so that others are served meanwhile. With
    ``fetch`` every new web page is read by a job, as far as the settings read pages at all. Raises Unauthenticated and
    Forbidden; what was committed before stays.
    """
    run = Run(fetch=fetch and bool(ctx.ports.limits.fetch_timeout))
    waiting = batches(rows)
    while batch := await asyncio.to_thread(next, waiting, None) if in_thread else next(waiting, None):
        troubles = await take_batch(ctx, run, batch)
        if tell is not None:
            tell(run.tally, troubles)
    return run.tally


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows into batches of at most 500, fewer when their texts are long."""
    batch: list[Row] = []
    weight = 0
    for row in rows:
        batch.append(row)
        if isinstance(row, Entry):
            weight += len(row.url) + len(row.title) + len(row.description) + len(row.notes) + len(row.summary or "")
            weight += sum(map(len, row.tags))
        if len(batch) >= BATCH or weight >= BATCH_CHARACTERS:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


@dataclass(slots=True)
class Run:
    """What one pass over a file remembers from batch to batch; of no use after an error.

    ``tree`` is good for as long as nobody else writes, which ``seq`` tells. ``rooted`` are ids of bookmarks that the
    file has in the root, ``made`` are those of new ones: mentioned again, they keep the dates that the file gives.
    ``graft`` is what has become of the file, where all of it goes below one folder. The planner hears of ``next_look``
    links.
    """

    fetch: bool = False
    tally: Tally = field(default_factory=Tally)
    pointer: Pointer = field(default_factory=Pointer)
    tree: Tree | None = None
    seq: int = -1
    rooted: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)
    graft: Graft | None = None
    next_look: int = MANY


@writes("bookmarks")
async def take_batch(ctx: Context, run: Run, rows: Sequence[Row]) -> list[Trouble]:
    """Take a few hundred rows in, in one transaction; what was not taken comes back.

    The number of statements does not grow with the number of rows, only with the depth of new folders. The file's
    folders and tags need no scope of their own: they are a part of its bookmarks (BK section 2.7).
    """
    unit = unit_of(ctx)
    if run.tree is None or run.seq != unit.seq:
        root_id = await root_of(unit.owner_id) if run.graft is None else run.graft.folder_id
        tree = await Tree.load(unit.owner_id, root_id, fresh=run.graft is not None)
        if run.tree is not None:
            tree.go_on_from(run.tree)
        run.tree = tree
    batch = _Batch(ctx, unit, run, run.tree)
    troubles = await batch.take(rows)
    run.seq = unit.seq
    if (taken := run.tally.created + run.tally.updated) >= run.next_look:
        run.next_look = 4 * taken
        await statistics.renew()  # inside the transaction, which may be the file's only one and still has far to go
    return troubles


@dataclass(slots=True, eq=False)
class _Target:
    """A bookmark that the batch is about: a stored one, or a new one with ``bookmark.id`` None.

    ``tags`` and ``spots`` are what it has and will have, the ``fresh`` ones what must be written; ``asleep`` are ids of
    placements that are in the trash; ``before`` is the image of a stored one from before its first change.
    """

    bookmark: Bookmark
    is_new: bool
    tags: set[str] = field(default_factory=set)
    fresh_tags: list[str] = field(default_factory=list)
    spots: set[Spot] = field(default_factory=set)
    fresh_spots: list[tuple[Spot, int, datetime | None]] = field(default_factory=list)
    asleep: dict[Spot, int] = field(default_factory=dict)
    image_tags: list[str] = field(default_factory=list)
    before: dict[str, Any] | None = None
    in_root: bool = False
    leaves_root: bool = False
    revived: bool = False
    is_changed: bool = False


class _Batch:
    """One batch: read what is there, decide row by row in memory, write."""

    def __init__(self, ctx: Context, unit: Unit, run: Run, tree: Tree) -> None:
        self._ctx = ctx
        self._unit = unit
        self._run = run
        self._tree = tree
        self._targets: dict[Key, _Target] = {}
        self._spellings: dict[str, str] = {}  # by key; the first one of the file counts
        self._tags: dict[str, TagEntry] = {}  # what the file says of tags themselves, by key
        self._met: list[tuple[Spot, _Target | None]] = []  # folders, and bookmarks in folders, as the file has them

    async def take(self, rows: Sequence[Row]) -> list[Trouble]:
        """Take the rows in their order."""
        entries = [row for row in rows if isinstance(row, Entry)]
        columns = {(row.url, row.kind): address_columns(row.url, row.kind) for row in entries}
        await self._load([str(made["href_hash"]) for made in columns.values() if made["href_hash"]])
        await self._load_texts([row for row in entries if row.kind in kinds.TEXTS])
        troubles: list[Trouble] = []
        tally = self._run.tally
        for row in rows:
            match row:
                case FolderEntry():
                    self._met.append((self._tree.reach(self._run.pointer.enter(row.path, row.id), row), None))
                case TagEntry():
                    self._tags[tag_key(row.name)] = row
                    self._spellings.setdefault(tag_key(row.name), row.name)
                case Entry():
                    reason = self._refusal(row)
                    if reason is None:
                        self._take_link(row, columns[row.url, row.kind])
                    else:
                        troubles.append(Refused(row.position, reason, row.url))
                case _:
                    troubles.append(row)
        tally.refused += sum(isinstance(trouble, Refused) for trouble in troubles)
        tally.folders += await self._tree.store(self._ctx, self._unit)
        await self._store()
        if self._run.graft is not None:
            self._tell(self._run.graft)
        return troubles

    def _tell(self, graft: Graft) -> None:
        for spot, target in self._met:
            if target is None:
                graft.put_folder(spot)
            else:
                graft.put(spot, target.bookmark.id)

    def _refusal(self, entry: Entry) -> str | None:
        if entry.kind in kinds.TEXTS:
            return "A note or code must not have a script for an address." if urls.is_script(entry.url) else None
        if self._ctx.ports.limits.validate_urls and not _SCHEME.match(entry.url):
            return "The address has no scheme, such as https:."
        return None

    async def _load(self, hashes: list[str]) -> None:
        """Read the bookmarks of these addresses with their tags and places: three statements."""
        if not hashes:
            return
        stored = (
            await Bookmark.of(self._unit.owner_id).filter(href_hash__in=list(dict.fromkeys(hashes))).order_by("-id")
        )
        by_id = {row.id: _Target(row, is_new=False) for row in stored}
        if self._ctx.door.revives:
            missing = set(hashes) - {str(row.href_hash) for row in stored}
            by_id |= {row.id: _Target(row, is_new=False, revived=True) for row in await self._trashed(missing)}
        lowest: dict[Key, _Target] = {}
        for target in by_id.values():
            self._targets[(target.bookmark.href_hash, target.bookmark.copy)] = target
            lowest[(target.bookmark.href_hash, 0)] = target
        self._targets = lowest | self._targets
        await self._load_links(by_id)

    async def _load_texts(self, entries: Sequence[Entry]) -> None:
        """Read the notes and code that these may be, with their tags and places: three statements."""
        if not entries:
            return
        titles, moments = {entry.title for entry in entries}, {entry.created_at for entry in entries}
        rows = Bookmark.of(self._unit.owner_id).filter(kind__in=sorted(kinds.TEXTS), title__in=list(titles))
        if None not in moments:
            rows = rows.filter(created_at__in=list(moments))
        by_id = {row.id: _Target(row, is_new=False) for row in await rows.order_by("-id")}
        for target in by_id.values():
            self._targets[_text_key(target.bookmark, target.bookmark.created_at)] = target
            self._targets[_text_key(target.bookmark, None)] = target
        await self._load_links(by_id)

    async def _load_links(self, by_id: dict[int, _Target]) -> None:
        """Read tags and places."""
        if not by_id:
            return
        taggings = await BookmarkTag.filter(bookmark_id__in=list(by_id)).values_list(
            "bookmark_id", "tag__name_key", "tag__name"
        )
        for id, key, name in taggings:
            by_id[id].tags.add(key)
            by_id[id].image_tags.append(name)
        places = await Placement.filter(bookmark_id__in=list(by_id)).values_list(
            "id", "bookmark_id", "folder_id", "deleted_at"
        )
        for place_id, id, folder_id, deleted_at in places:
            spot = self._tree.by_id.get(folder_id)
            if spot is not None and deleted_at is None:
                by_id[id].spots.add(spot)
            elif spot is not None:
                by_id[id].asleep[spot] = place_id

    async def _trashed(self, hashes: Iterable[str]) -> list[Bookmark]:
        """The bookmarks of the trash that the door knows and that have these addresses; of several the last deleted."""
        deleted = Bookmark.filter(
            owner_id=self._unit.owner_id, deleted_at__not_isnull=True, kind__in=sorted(self._ctx.door.kinds)
        )
        found = {row.id: row for row in await deleted.filter(href_hash__in=list(hashes)).order_by("deleted_at", "id")}
        ids = list(found)
        known: dict[str, Bookmark] = {}
        for start in range(0, len(ids), BATCH):
            chunk = ids[start : start + BATCH]
            for id in await queries.matching(self._ctx.mine(trash=True), self._ctx.door.trash, chunk):
                known[str(found[id].href_hash)] = found[id]
        return list(known.values())

    def _take_link(self, entry: Entry, columns: dict[str, Any]) -> None:
        places = self._places(entry)
        key = _text_key(entry, entry.created_at) if entry.kind in kinds.TEXTS else (columns["href_hash"], entry.copy)
        target = self._targets.get(key)
        is_known = target is not None
        if target is None:
            target = self._targets[key] = _Target(self._new(entry, columns), is_new=True)
        self._met.extend((spot, target) for spot, _, _ in places)
        if not is_known:
            self._add_tags(target, entry.tags)
            for place in places:
                self._add_place(target, *place)
            self._run.tally.created += 1
            return
        if target.before is None and not target.is_new:
            target.before = _image(target)
        revives = self._revive(target)
        changes = (
            revives,
            self._fill(target.bookmark, entry) if self._run.graft is None else self._rewrite(target.bookmark, entry),
            self._add_tags(target, entry.tags),
            *[self._add_place(target, *place) for place in places],
        )
        if any(changes):
            target.is_changed = True
            if not target.is_new and target.bookmark.id not in self._run.made:
                target.bookmark.updated_at = self._unit.now
            self._run.tally.updated += 1
        else:
            self._run.tally.unchanged += 1

    def _places(self, entry: Entry) -> list[tuple[Spot, int | None, datetime | None]]:
        """The folders that the file has it in, with its rank there and since when."""
        if not entry.places:
            return [(self._tree.reach(self._run.pointer.find(entry.folder)), None, None)]
        pointer = self._run.pointer
        return [(self._tree.reach(pointer.named(place.folder)), place.rank, place.created_at) for place in entry.places]

    def _new(self, entry: Entry, columns: dict[str, Any]) -> Bookmark:
        created_at = entry.created_at or entry.updated_at or self._unit.now
        updated_at = entry.updated_at or created_at
        return Bookmark(
            uid=self._ctx.ports.clock.uuid(),
            owner_id=self._unit.owner_id,
            source=entry.source or self._ctx.door.source,
            title=entry.title,
            description=entry.description,
            notes=entry.notes,
            summary=entry.summary,
            is_title_provisional=entry.is_title_provisional,
            click_count=entry.click_count,
            copy=entry.copy,
            is_archived=entry.is_archived,
            is_favorite=entry.is_favorite,
            is_public=entry.is_public,
            read_at=None if entry.to_read else entry.read_at or updated_at,
            created_at=created_at,
            updated_at=updated_at,
            **columns,
        )

    def _fill(self, bookmark: Bookmark, entry: Entry) -> bool:
        """Fill what is empty; a title that a door made up counts as empty. Says whether anything changed."""
        before = (*(getattr(bookmark, name) for name in FILLED), bookmark.is_favorite)
        for name in FILLED:
            if text := getattr(entry, name):
                if name == "title" and bookmark.is_title_provisional:
                    bookmark.title, bookmark.is_title_provisional = text, False
                elif not getattr(bookmark, name):
                    setattr(bookmark, name, text)
        bookmark.is_favorite = bookmark.is_favorite or entry.is_favorite
        return before != (*(getattr(bookmark, name) for name in FILLED), bookmark.is_favorite)

    def _rewrite(self, bookmark: Bookmark, entry: Entry) -> bool:
        """Give it the texts that the file has. Says whether anything changed."""
        before = [getattr(bookmark, name) for name in (*TEXTS, "is_title_provisional", "is_favorite")]
        if entry.title or self._ctx.door.keeps_empty:
            bookmark.title, bookmark.is_title_provisional = entry.title, False
        bookmark.description = entry.description or bookmark.description
        bookmark.notes = entry.notes or bookmark.notes
        bookmark.is_favorite = bookmark.is_favorite or entry.is_favorite
        return before != [getattr(bookmark, name) for name in (*TEXTS, "is_title_provisional", "is_favorite")]

    @staticmethod
    def _revive(target: _Target) -> bool:
        """Bring it out of the trash, if it is there."""
        if target.bookmark.deleted_at is None:
            return False
        target.bookmark.deleted_at = None
        target.bookmark.copy = 0  # nothing live has the address
        return True

    def _add_tags(self, target: _Target, names: Iterable[str]) -> bool:
        fresh = False
        for name in names:
            key = tag_key(name)
            if key not in target.tags:
                target.tags.add(key)
                target.fresh_tags.append(key)
                self._spellings.setdefault(key, name)
                fresh = True
        return fresh

    def _add_place(
        self, target: _Target, spot: Spot, rank: int | None = None, created_at: datetime | None = None
    ) -> bool:
        root = self._tree.root
        if spot is root:
            target.in_root = True
        if spot in target.spots:
            self._remember_root(target)
            return False
        only_in_root = target.spots == {root} and not target.in_root and target.bookmark.id not in self._run.rooted
        if only_in_root and not target.is_new and not self._ctx.door.root_is_folder:
            target.leaves_root = True
            target.spots.clear()
        target.spots.add(spot)
        if spot is root and target.leaves_root:  # the file has it in the root after all, where it still is
            target.leaves_root = False
        else:
            target.fresh_spots.append((spot, spot.take_position(rank), created_at))
        self._remember_root(target)
        return True

    def _remember_root(self, target: _Target) -> None:
        if target.in_root and not target.is_new:
            self._run.rooted.add(target.bookmark.id)

    async def _store(self) -> None:
        """Write tags, bookmarks, taggings and places, and log it."""
        tag_ids = await self._tag_ids()
        targets = list(dict.fromkeys(self._targets.values()))  # one may be known by several keys
        fresh = [target for target in targets if target.is_new]
        changed = [target for target in targets if target.is_changed and not target.is_new]
        for target in (*fresh, *changed):
            _derive(target.bookmark)
        await self._insert(fresh)
        await self._update(changed)
        touched = [*fresh, *changed]
        taggings = [
            BookmarkTag(bookmark_id=target.bookmark.id, tag_id=tag_ids[key])
            for target in touched
            for key in target.fresh_tags
        ]
        if taggings:
            await BookmarkTag.bulk_create(taggings, batch_size=PARAMETERS)
        await self._place(touched)

    async def _tag_ids(self) -> dict[str, int]:
        """The ids of all tags that are put on something or that the file speaks of, by key; missing ones are made."""
        ids: dict[str, int] = {}
        plain: list[Tag] = []
        keys = list(self._spellings)
        for start in range(0, len(keys), PARAMETERS):
            chunk = keys[start : start + PARAMETERS]
            for tag in await Tag.of(self._unit.owner_id).filter(name_key__in=chunk):
                ids[tag.name_key] = tag.id
                if tag.color is None and tag.name_key in self._tags and self._tags[tag.name_key].color:
                    plain.append(tag)
        missing = {key: name for key, name in self._spellings.items() if key not in ids}
        made = await make_tags(self._ctx, self._unit, missing) if missing else {}
        await self._describe_tags(plain, made)
        return ids | made

    async def _describe_tags(self, plain: Sequence[Tag], made: dict[str, int]) -> None:
        """Give new tags what the file says of them, and a colour to those that have none."""
        now = self._unit.now
        for tag in plain:
            self._unit.record("tag", tag.id, "update", {"name": tag.name, "color": None})
            tag.color, tag.updated_at = self._tags[tag.name_key].color, now
        if plain:
            await Tag.bulk_update(plain, ["color", "updated_at"], batch_size=100)
        described = []
        for key, id in made.items():
            if (entry := self._tags.get(key)) is not None:
                created_at = entry.created_at or now
                updated_at = entry.updated_at or created_at
                described.append(Tag(id=id, color=entry.color, created_at=created_at, updated_at=updated_at))
        if described:
            await Tag.bulk_update(described, ["color", "created_at", "updated_at"], batch_size=100)

    async def _insert(self, targets: Sequence[_Target]) -> None:
        if not targets:
            return
        await Bookmark.bulk_create([target.bookmark for target in targets], batch_size=1000)
        uids = [target.bookmark.uid for target in targets]
        ids = {str(uid): id for uid, id in await Bookmark.filter(uid__in=uids).values_list("uid", "id")}
        for target in targets:
            target.bookmark.id = ids[str(target.bookmark.uid)]
            self._unit.record("bookmark", target.bookmark.id, "create")
            self._run.made.add(target.bookmark.id)
            if target.in_root:
                self._run.rooted.add(target.bookmark.id)
            if self._run.fetch and _WEB.match(target.bookmark.url or ""):
                ask_scrape(self._unit, target.bookmark.id)

    async def _update(self, targets: Sequence[_Target]) -> None:
        if not targets:
            return
        names = [*FILLED, "is_title_provisional", "is_favorite", "updated_at", "sort_key", "search_text"]
        if any(target.revived for target in targets):
            names += ["deleted_at", "copy"]
        await Bookmark.bulk_update([target.bookmark for target in targets], names, batch_size=100)
        for target in targets:
            operation = "restore" if target.revived else "update"
            self._unit.record("bookmark", target.bookmark.id, operation, target.before)

    async def _place(self, targets: Sequence[_Target]) -> None:
        waking: list[Placement] = []
        fresh: list[Placement] = []
        for target in targets:
            if any(spot is not self._tree.root for spot, _, _ in target.fresh_spots):
                self._unit.refile([target.bookmark.id])
            for spot, position, created_at in target.fresh_spots:
                place = Placement(
                    bookmark_id=target.bookmark.id,
                    folder_id=spot.id,
                    position=position,
                    created_at=created_at or self._unit.now,
                )
                if spot in target.asleep:
                    place.id = target.asleep[spot]
                    waking.append(place)
                else:
                    fresh.append(place)
        if waking:
            await Placement.bulk_update(waking, ["position", "deleted_at"], batch_size=100)
        if fresh:
            await Placement.bulk_create(fresh, batch_size=PARAMETERS)
        leaving = [target.bookmark.id for target in targets if target.leaves_root]
        if leaving:
            self._unit.touch_folder(self._tree.root.id)
            await Placement.filter(folder_id=self._tree.root.id, bookmark_id__in=leaving).delete()


def _text_key(row: Entry | Bookmark, created_at: datetime | None) -> Key:
    """What makes notes and code the same."""
    return (row.kind, row.title, row.description, row.notes, created_at)


def _derive(bookmark: Bookmark) -> None:
    derived = text_columns(bookmark.title, bookmark.description, bookmark.url or "", bookmark.notes)
    for name, value in derived.items():
        setattr(bookmark, name, value)


def _image(target: _Target) -> dict[str, Any]:
    """The stored bookmark as it is, for the change log (the same image as saving.before_image makes)."""
    values = {name: getattr(target.bookmark, name) for name in IMAGE}
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    return plain | {"tag_names": sorted(target.image_tags)}
