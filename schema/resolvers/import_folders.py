"""The folders of a library while a file is taken in: what is there, what the file means, what must be made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tortoise.functions import Max

from models import Folder, Placement
from models.folder import STEP
from models.ordering import LARGEST
from schema.context import Context
from schema.formats.entries import FolderEntry
from schema.unit import Unit

FILLED = ("description", "color", "icon")
BELOW_ZERO = 2**40  # room for a file's negative ranks behind what is in a folder already


@dataclass(slots=True, eq=False)
class Spot:
    """A folder; ``id`` is 0 until it is stored, ``next_position`` is after everything in it.

    ``base`` is behind all that was in it before the file; what the file has in an order of its own comes there.
    """

    id: int = 0
    name: str = ""
    description: str = ""
    position: int = 0
    color: str | None = None
    icon: str | None = None
    base: int | None = None
    next_position: int = 0
    parent: Spot | None = None
    source: FolderEntry | None = None
    children: dict[str, list[Spot]] = field(default_factory=dict)

    def take_position(self, rank: int | None = None) -> int:
        """The next position in the folder, or the one of that rank in the file; it is then taken.

        In a folder that was empty ranks are positions, so that what comes back is as it was.
        """
        if self.base is None:
            self.base = self.next_position + BELOW_ZERO if self.next_position else 0
        taken = self.next_position if rank is None else self.base + rank
        if not -LARGEST < taken < LARGEST:
            taken = self.next_position
        self.next_position = max(self.next_position, taken + STEP)
        return taken


@dataclass(slots=True, eq=False)
class Mark:
    """A folder that the file means: its name, and which one of that name it is among its siblings, from 0.

    ``seen`` counts the folders of each name that the file has had below this one so far.
    """

    parent: Mark | None = None
    name: str = ""
    number: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    below: dict[tuple[str, int], Mark] = field(default_factory=dict)

    def child(self, name: str) -> Mark:
        """The folder of that name which came last, else the first that the library has."""
        which = (name, max(self.seen.get(name, 0) - 1, 0))
        if which not in self.below:
            self.below[which] = Mark(self, *which)
        return self.below[which]


class Pointer:
    """Where a file's paths lead: two folders of one path in the file are two of that name in the library as well."""

    def __init__(self) -> None:
        self._root = Mark()
        self._last: tuple[tuple[str, ...], Mark] = ((), self._root)
        self._named: dict[str, Mark] = {"": self._root}

    def enter(self, path: tuple[str, ...], id: str = "") -> Mark:
        """The next folder of that path; what follows with this path is in it. ``id`` is the file's name for it."""
        parent = self.find(path[:-1])
        parent.seen[path[-1]] = parent.seen.get(path[-1], 0) + 1
        self._last = (path, parent.child(path[-1]))
        if id:
            self._named[id] = self._last[1]
        return self._last[1]

    def named(self, id: str) -> Mark:
        """The folder that the file calls so, the root for an empty name and for one that was not entered."""
        return self._named.get(id, self._root)

    def find(self, path: tuple[str, ...]) -> Mark:
        """The folder of that path which was entered last, else the first of the library."""
        known, mark = self._last
        if path != known:
            mark = self._root
            for name in path:
                mark = mark.child(name)
            self._last = (path, mark)
        return mark


@dataclass(slots=True, eq=False)
class Graft:
    """What a file becomes that is taken in below one folder: folders and ids of bookmarks, each in the file's order.

    Something that the file has twice in one folder is there once.
    """

    folder_id: int
    inside: dict[Spot, dict[Spot | int, None]] = field(default_factory=dict)

    def put(self, spot: Spot, bookmark_id: int) -> None:
        """The bookmark is in that folder."""
        self.put_folder(spot)
        self.inside.setdefault(spot, {})[bookmark_id] = None

    def put_folder(self, spot: Spot) -> None:
        """The folder is there, and those that it lies in."""
        while spot.parent is not None and spot.id != self.folder_id:
            siblings = self.inside.setdefault(spot.parent, {})
            if spot in siblings:
                return
            siblings[spot] = None
            spot = spot.parent

    def walk(self) -> Iterator[tuple[Spot, bool] | int]:
        """In document order: each folder with True before what is in it and with False behind, and bookmarks' ids."""
        top = next((spot for spot in self.inside if spot.id == self.folder_id), None)
        if top is None:
            return
        stack = [(top, iter(self.inside[top]))]
        while stack:  # without recursion, folders may nest deeply
            spot, items = stack[-1]
            item = next(items, None)
            match item:
                case None:
                    stack.pop()
                    if stack:
                        yield spot, False
                case Spot():
                    yield item, True
                    stack.append((item, iter(self.inside.get(item, ()))))
                case _:
                    yield item


class Tree:
    """The owner's live folders in memory, with those that are still to be stored.

    A file's paths begin at ``root``, which need not be the owner's. With ``fresh`` none of the folders in it is what a
    path means: all of the file's are made.
    """

    def __init__(self, root: Spot, by_id: dict[int, Spot], *, fresh: bool = False) -> None:
        self.root = root
        self.by_id = by_id
        if fresh:
            root.children = {}
        self._found: dict[Mark, Spot] = {}
        self._unstored: list[Spot] = []
        self._filled: dict[Spot, dict[str, Any]] = {}  # with what they were before

    @classmethod
    async def load(cls, owner_id: int, root_id: int, *, fresh: bool = False) -> Tree:
        """Read the folders and how far each is filled; two statements. ``root_id`` is a live folder of the owner."""
        rows = (
            await Folder.filter(owner_id=owner_id, deleted_at=None)
            .order_by("position", "id")
            .values_list("id", "parent_id", "name", "description", "position", "color", "icon")
        )
        by_id = {id: Spot(id, *texts) for id, _, *texts in rows}
        ends = (
            await Placement.filter(folder__owner_id=owner_id)
            .annotate(last=Max("position"))
            .group_by("folder_id")
            .values_list("folder_id", "last")
        )
        for id, last in ends:
            if id in by_id:
                by_id[id].next_position = last + STEP
        for id, parent_id, name, _, position, *_ in rows:
            parent = by_id.get(parent_id or 0)
            if parent is not None:  # a live folder below a deleted one is out of reach
                by_id[id].parent = parent
                parent.children.setdefault(name, []).append(by_id[id])
                parent.next_position = max(parent.next_position, position + STEP)
        return cls(by_id[root_id], by_id, fresh=fresh)

    def go_on_from(self, tree: Tree) -> None:
        """Keep to the bases of an older tree of the same folders."""
        for id, spot in tree.by_id.items():
            if id in self.by_id:
                self.by_id[id].base = spot.base

    def reach(self, mark: Mark, source: FolderEntry | None = None) -> Spot:
        """The folder that the mark means; missing ones on the way are made, to be stored by ``store``."""
        missing: list[Mark] = []  # a path may be a thousand folders deep, so no recursion
        here: Mark | None = mark
        while here is not None and here.parent is not None and here not in self._found:
            missing.append(here)
            here = here.parent
        spot = self.root if here is None or here.parent is None else self._found[here]
        for step in reversed(missing):
            spot = self._found[step] = self._step(spot, step, source if step is mark else None)
        if source is not None:
            self._fill(spot, source)
        return spot

    def _fill(self, spot: Spot, source: FolderEntry) -> None:
        """Take what the folder does not say from the file."""
        empty = {name: getattr(spot, name) for name in FILLED if not getattr(spot, name) and getattr(source, name)}
        if empty and spot.id:
            self._filled.setdefault(spot, {"name": spot.name}).update(empty)
        for name in empty:
            setattr(spot, name, getattr(source, name))

    def _step(self, parent: Spot, mark: Mark, source: FolderEntry | None) -> Spot:
        siblings = parent.children.setdefault(mark.name, [])
        if mark.number < len(siblings):
            return siblings[mark.number]
        rank = None if source is None else source.rank
        spot = Spot(name=mark.name, position=parent.take_position(rank), parent=parent, source=source)
        siblings.append(spot)
        self._unstored.append(spot)
        return spot

    async def store(self, ctx: Context, unit: Unit) -> int:
        """Write what is new, a level at a time (two statements each), and what was filled; counts new folders."""
        made = 0
        for level in self._levels():
            rows = {str(ctx.ports.clock.uuid()): spot for spot in level}
            await Folder.bulk_create([_row(unit, uid, spot) for uid, spot in rows.items()], batch_size=1000)
            for uid, id in await Folder.filter(uid__in=list(rows)).order_by("id").values_list("uid", "id"):
                rows[str(uid)].id = id
                self.by_id[id] = rows[str(uid)]
                unit.record("folder", id, "create")
            made += len(level)
        for spot, before in self._filled.items():
            unit.record("folder", spot.id, "update", before)
        changed = [
            Folder(id=spot.id, updated_at=unit.now, **{name: getattr(spot, name) for name in FILLED})
            for spot in self._filled
        ]
        if changed:
            await Folder.bulk_update(changed, [*FILLED, "updated_at"], batch_size=100)
        self._filled = {}
        return made

    def _levels(self) -> Iterator[list[Spot]]:
        """The folders to be stored, those first whose parents are stored."""
        waiting, self._unstored = self._unstored, []
        while waiting:
            ready = [spot for spot in waiting if spot.parent is not None and spot.parent.id]
            waiting = [spot for spot in waiting if spot.parent is None or not spot.parent.id]
            yield ready


def _row(unit: Unit, uid: str, spot: Spot) -> Folder:
    created_at = spot.source.created_at if spot.source is not None else None
    updated_at = spot.source.updated_at if spot.source is not None else None
    return Folder(
        uid=uid,
        owner_id=unit.owner_id,
        parent_id=spot.parent.id if spot.parent else None,
        name=spot.name,
        description=spot.description,
        color=spot.color,
        icon=spot.icon,
        position=spot.position,
        created_at=created_at or unit.now,
        updated_at=updated_at or created_at or unit.now,
    )
