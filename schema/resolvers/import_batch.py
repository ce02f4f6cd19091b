"""One batch of an import inside an open write; the rules are told in ``schema/resolvers/imports.py``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from models import Bookmark, BookmarkTag, Placement, kinds
from models.text import tag_key
from schema.context import Context
from schema.formats.entries import AccountEntry, BundleEntry, Entry, FolderEntry, TagEntry
from schema.resolvers.addresses import address_columns
from schema.resolvers.bookmark_rows import text_columns
from schema.resolvers.import_account import store_account, store_bundles
from schema.resolvers.import_extras import Extras
from schema.resolvers.import_folders import Graft, Spot, Tree
from schema.resolvers.import_run import Run
from schema.resolvers.import_tags import Names
from schema.resolvers.import_targets import Target, Targets, image, text_key
from schema.resolvers.jobs import ask_scrape
from schema.resolvers.placing import BATCH
from schema.unit import Unit

TEXTS: Final = ("title", "description", "notes")
FILLED: Final = (*TEXTS, "summary", "web_archive_url")
Kept: TypeAlias = Entry | FolderEntry | TagEntry | BundleEntry | AccountEntry  # rows that are not refused

_WEB: Final = re.compile(r"https?:", re.IGNORECASE)


class Batch:
    """One batch: read what is there, decide row by row in memory, write."""

    def __init__(self, ctx: Context, unit: Unit, run: Run, tree: Tree) -> None:
        self._ctx = ctx
        self._unit = unit
        self._run = run
        self._tree = tree
        self._targets = Targets(ctx, unit.owner_id, tree, run.made)
        self._names = Names(ctx, unit)
        self._extras = Extras(ctx, unit, run)
        self._bundles: list[BundleEntry] = []
        self._met: list[tuple[Spot, Target | None]] = []  # folders, and bookmarks in folders, as the file has them

    async def take(self, rows: Sequence[Kept]) -> None:
        """Take the rows in their order."""
        entries = [row for row in rows if isinstance(row, Entry)]
        columns = {(row.url, row.kind): address_columns(row.url, row.kind) for row in entries}
        await self._targets.load([str(made["href_hash"]) for made in columns.values() if made["href_hash"]])
        await self._targets.load_texts([row for row in entries if row.kind in kinds.TEXTS])
        await self._extras.load(entries, self._targets.by_key.values())
        for row in rows:
            match row:
                case AccountEntry():
                    await store_account(self._ctx, self._unit, row)
                case BundleEntry():
                    self._bundles.append(row)
                case FolderEntry():
                    self._met.append((self._tree.reach(self._run.pointer.enter(row.path, row.id), row), None))
                case TagEntry():
                    self._names.describe(row)
                case Entry():
                    self._take_link(row, columns[row.url, row.kind])
        self._run.tally.folders += await self._tree.store(self._ctx, self._unit)
        await self._store()
        await self._extras.store()
        if self._bundles:
            await store_bundles(self._unit, self._run, self._bundles)
        if self._run.graft is not None:
            self._tell(self._run.graft)

    def _tell(self, graft: Graft) -> None:
        for spot, target in self._met:
            if target is None:
                graft.put_folder(spot)
            else:
                graft.put(spot, target.bookmark.id)

    def _take_link(self, entry: Entry, columns: dict[str, Any]) -> None:
        places = self._places(entry)
        key = text_key(entry, entry.created_at) if entry.kind in kinds.TEXTS else (columns["href_hash"], entry.copy)
        target = self._targets.by_key.get(key)
        is_known = target is not None
        if target is None:
            target = self._targets.by_key[key] = Target(self._new(entry, columns), is_new=True)
        self._met.extend((spot, target) for spot, _, _ in places)
        if not is_known:
            self._add_tags(target, entry.tags)
            self._extras.add(target, entry)
            for place in places:
                self._add_place(target, *place)
            self._run.tally.created += 1
            return
        if target.before is None and not target.is_new:
            target.before = image(target)
        revives = self._revive(target)
        changes = (
            revives,
            self._fill(target.bookmark, entry) if self._run.graft is None else self._rewrite(target.bookmark, entry),
            self._add_tags(target, entry.tags),
            self._extras.add(target, entry),
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
            web_archive_url=entry.web_archive_url,
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
    def _revive(target: Target) -> bool:
        """Bring it out of the trash, if it is there."""
        if target.bookmark.deleted_at is None:
            return False
        target.bookmark.deleted_at = None
        target.bookmark.copy = 0  # nothing live has the address
        return True

    def _add_tags(self, target: Target, names: Iterable[str]) -> bool:
        fresh = False
        for name in names:
            key = tag_key(name)
            if key not in target.tags:
                target.tags.add(key)
                target.fresh_tags.append(key)
                self._names.put(key, name)
                fresh = True
        return fresh

    def _add_place(
        self, target: Target, spot: Spot, rank: int | None = None, created_at: datetime | None = None
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

    def _remember_root(self, target: Target) -> None:
        if target.in_root and not target.is_new:
            self._run.rooted.add(target.bookmark.id)

    async def _store(self) -> None:
        """Write tags, bookmarks, taggings and places, and log it."""
        tag_ids = await self._names.store()
        targets = list(dict.fromkeys(self._targets.by_key.values()))  # one may be known by several keys
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
            await BookmarkTag.bulk_create(taggings, batch_size=BATCH)
        await self._place(touched)

    async def _insert(self, targets: Sequence[Target]) -> None:
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

    async def _update(self, targets: Sequence[Target]) -> None:
        if not targets:
            return
        names = [*FILLED, "is_title_provisional", "is_favorite", "updated_at", "sort_key", "search_text"]
        if any(target.revived for target in targets):
            names += ["deleted_at", "copy"]
        await Bookmark.bulk_update([target.bookmark for target in targets], names, batch_size=100)
        for target in targets:
            operation = "restore" if target.revived else "update"
            self._unit.record("bookmark", target.bookmark.id, operation, target.before)

    async def _place(self, targets: Sequence[Target]) -> None:
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
            await Placement.bulk_create(fresh, batch_size=BATCH)
        leaving = [target.bookmark.id for target in targets if target.leaves_root]
        if leaving:
            self._unit.touch_folder(self._tree.root.id)
            await Placement.filter(folder_id=self._tree.root.id, bookmark_id__in=leaving).delete()


def _derive(bookmark: Bookmark) -> None:
    derived = text_columns(bookmark.title, bookmark.description, bookmark.url or "", bookmark.notes)
    for name, value in derived.items():
        setattr(bookmark, name, value)
