"""The bookmarks that a batch of an import is about: those that are there already, read by address or by text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from models import Bookmark, BookmarkTag, Placement, kinds
from models.queries import bookmarks as queries
from schema.context import Context
from schema.formats.entries import Entry
from schema.resolvers.bookmark_rows import IMAGE
from schema.resolvers.import_folders import Spot, Tree

CHUNK: Final = 500  # ids of one statement
Key: TypeAlias = tuple[object, ...]  # what makes two rows of a file the same bookmark, and one that is kept


@dataclass(slots=True, eq=False)
class Target:
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


class Targets:
    """The bookmarks of a batch by what makes them the same; ``made`` are ids of those that the file itself has made.

    A row that tells no number is whichever is there of its address, but none that the file has given another number.
    """

    def __init__(self, ctx: Context, owner_id: int, tree: Tree, made: Collection[int] = ()) -> None:
        self._ctx = ctx
        self._owner_id = owner_id
        self._tree = tree
        self._made = made
        self.by_key: dict[Key, Target] = {}

    async def load(self, hashes: list[str]) -> None:
        """Read the bookmarks of these addresses with their tags and places: three statements."""
        if not hashes:
            return
        stored = await Bookmark.of(self._owner_id).filter(href_hash__in=list(dict.fromkeys(hashes))).order_by("-id")
        by_id = {row.id: Target(row, is_new=False) for row in stored}
        if self._ctx.door.revives:
            missing = set(hashes) - {str(row.href_hash) for row in stored}
            by_id |= {row.id: Target(row, is_new=False, revived=True) for row in await self._trashed(missing)}
        lowest: dict[Key, Target] = {}
        for target in by_id.values():
            self.by_key[(target.bookmark.href_hash, target.bookmark.copy)] = target
            if target.bookmark.id not in self._made:
                lowest[(target.bookmark.href_hash, 0)] = target
        self.by_key = lowest | self.by_key
        await self._load_links(by_id)

    async def load_texts(self, entries: Sequence[Entry]) -> None:
        """Read the notes and code that these may be, with their tags and places: three statements."""
        if not entries:
            return
        titles, moments = {entry.title for entry in entries}, {entry.created_at for entry in entries}
        rows = Bookmark.of(self._owner_id).filter(kind__in=sorted(kinds.TEXTS), title__in=list(titles))
        if None not in moments:
            rows = rows.filter(created_at__in=list(moments))
        by_id = {row.id: Target(row, is_new=False) for row in await rows.order_by("-id")}
        for target in by_id.values():
            self.by_key[text_key(target.bookmark, target.bookmark.created_at)] = target
            self.by_key[text_key(target.bookmark, None)] = target
        await self._load_links(by_id)

    async def _load_links(self, by_id: dict[int, Target]) -> None:
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
            owner_id=self._owner_id, deleted_at__not_isnull=True, kind__in=sorted(self._ctx.door.kinds)
        )
        found = {row.id: row for row in await deleted.filter(href_hash__in=list(hashes)).order_by("deleted_at", "id")}
        ids = list(found)
        known: dict[str, Bookmark] = {}
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            for id in await queries.matching(self._ctx.mine(trash=True), self._ctx.door.trash, chunk):
                known[str(found[id].href_hash)] = found[id]
        return list(known.values())


def text_key(row: Entry | Bookmark, created_at: datetime | None) -> Key:
    """What makes notes and code the same."""
    return (row.kind, row.title, row.description, row.notes, created_at)


def image(target: Target) -> dict[str, Any]:
    """The stored bookmark as it is, for the change log (the same image as bookmark_rows.before_image makes)."""
    values = {name: getattr(target.bookmark, name) for name in IMAGE}
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    return plain | {"tag_names": sorted(target.image_tags)}
