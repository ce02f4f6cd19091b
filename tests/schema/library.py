"""A library in plain Python: what the operations on folders promise, without a database.

Each folder is a list of entries in their order, those of the trash among them, for they may come back to their place.
Where these are after what is live was put into another order is not promised: ``vague`` names such folders.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from models.kinds import BOOKMARKLET, IMAGE, LINK
from models.queries.bookmarks import Wanted
from models.queries.tree import Placed
from schema.door import Door

SYNC = Door(
    "sync",
    kinds=frozenset({LINK, IMAGE, BOOKMARKLET}),
    wanted=Wanted(folders=True),
    root_is_folder=True,
    keeps_empty=True,
    revives=True,
    trash=Placed(),
)  # as a client sees it that synchronises bookmarks in folders


class Refused(Exception):  # noqa: N818 - the model's word for every Problem
    """The library would not do that."""


@dataclass
class Node:
    """A folder; ``gone`` is when it went into the trash."""

    id: int
    parent: int | None
    gone: int | None = None


@dataclass
class Mark:
    """A bookmark."""

    id: int
    url: str | None
    kind: str = "link"
    gone: int | None = None


@dataclass
class Entry:
    """Something in a folder. ``since`` says at which step a bookmark came, ``gone`` when it was taken out."""

    kind: str
    id: int
    since: int = 0
    gone: int | None = None


@dataclass
class Library:
    """All that somebody has. Every operation is told the door, and the number of its step in ``now``."""

    root: int
    folders: dict[int, Node] = field(default_factory=dict)
    bookmarks: dict[int, Mark] = field(default_factory=dict)
    lists: dict[int, list[Entry]] = field(default_factory=dict)
    vague: set[int] = field(default_factory=set)
    now: int = 0

    def __post_init__(self) -> None:
        self.folders[self.root] = Node(self.root, None)
        self.lists[self.root] = []

    # what is there

    def live_folder(self, id: int) -> Node:
        node = self.folders.get(id)
        if node is None or node.gone is not None:
            raise Refused
        return node

    def live_bookmark(self, door: Door, id: int) -> Mark:
        mark = self.bookmarks.get(id)
        if mark is None or mark.gone is not None or mark.kind not in door.kinds:
            raise Refused
        return mark

    def children(self, id: int) -> list[Entry]:
        """The live entries of a folder."""
        return [
            entry
            for entry in self.lists[id]
            if (entry.gone is None if entry.kind == "bookmark" else self.folders[entry.id].gone is None)
        ]

    def below(self, id: int) -> list[int]:
        """The folder and all live ones below it, parents first."""
        found = [id]
        for one in found:
            found += [entry.id for entry in self.children(one) if entry.kind == "folder"]
        return found

    def places(self, id: int) -> dict[int, Entry]:
        """The bookmark's entries by folder, those of the trash as well."""
        return {
            folder: entry
            for folder, entries in self.lists.items()
            for entry in entries
            if (entry.kind, entry.id) == ("bookmark", id)
        }

    def live_places(self, id: int) -> dict[int, Entry]:
        return {folder: entry for folder, entry in self.places(id).items() if entry.gone is None}

    def outline(self, door: Door, id: int) -> list[object]:
        """Nested lists of the door's view: a bookmark's id, or a folder's id with what is in it."""
        return [
            (entry.id, self.outline(door, entry.id)) if entry.kind == "folder" else entry.id
            for entry in self.children(id)
            if entry.kind == "folder" or self.bookmarks[entry.id].kind in door.kinds
        ]

    def count(self, door: Door, id: int) -> int:
        ids = {entry.id for one in self.below(id) for entry in self.children(one) if entry.kind == "bookmark"}
        return sum(self.bookmarks[one].kind in door.kinds for one in ids)

    def holder(self, url: str | None) -> Mark | None:
        """Who has the address."""
        live = [mark for mark in self.bookmarks.values() if mark.url == url and mark.gone is None]
        return live[0] if url is not None and live else None

    # the parts of operations

    def append(self, folder: int, kind: str, id: int) -> None:
        self.lists[folder] = [one for one in self.lists[folder] if (one.kind, one.id) != (kind, id)]
        self.lists[folder].append(Entry(kind, id, self.now))

    def drop(self, folder: int, kind: str, id: int) -> None:
        self.lists[folder] = [one for one in self.lists[folder] if (one.kind, one.id) != (kind, id)]

    def erase_bookmark(self, id: int) -> None:
        for folder in self.places(id):
            self.drop(folder, "bookmark", id)
        del self.bookmarks[id]

    def erase_folders(self, ids: list[int]) -> None:
        orphans = [node.id for node in self.folders.values() if node.parent in ids and node.id not in ids]
        for id in ids:
            parent = self.folders[id].parent
            if parent in self.lists:
                self.drop(parent, "folder", id)
        for id in ids:
            del self.folders[id], self.lists[id]
        for id in sorted(orphans):
            self.folders[id].parent = self.root
            self.append(self.root, "folder", id)

    def add(self, door: Door, id: int, wanted: list[int]) -> bool:
        here = self.live_places(id)
        fresh = [one for one in wanted if one not in here]
        if not door.root_is_folder and (here or fresh != [self.root]):
            fresh = [one for one in fresh if one != self.root]
        for one in fresh:
            self.append(one, "bookmark", id)
        if fresh and not door.root_is_folder and set(here) == {self.root}:
            self.drop(self.root, "bookmark", id)
        return bool(fresh)

    def leave_root(self, door: Door, id: int, moment: int | None) -> None:
        here = self.live_places(id)
        if set(here) == {self.root} and (not door.root_is_folder or here[self.root].since == moment):
            self.drop(self.root, "bookmark", id)

    # operations on folders

    def create_folder(self, id: int, parent: int) -> None:
        self.folders[id], self.lists[id] = Node(id, parent), []
        self.append(parent, "folder", id)

    def move_folder(self, id: int, parent: int) -> None:
        node = self.live_folder(id)
        self.live_folder(parent)
        if id == self.root or (parent != node.parent and parent in self.below(id)):
            raise Refused
        if parent != node.parent:
            self.drop(node.parent or 0, "folder", id)
            node.parent = parent
            self.append(parent, "folder", id)

    def delete_folder(self, door: Door, id: int, *, keep: bool, permanent: bool) -> None:
        node = self.live_folder(id)
        if id == self.root:
            raise Refused
        going = [id] if keep else self.below(id)
        if keep:
            for entry in [one for one in self.children(id) if one.kind == "folder"]:
                self.drop(id, "folder", entry.id)
                self.folders[entry.id].parent = node.parent
                self.append(node.parent or 0, "folder", entry.id)
        alone = sorted(
            mark.id
            for mark in self.bookmarks.values()
            if mark.gone is None and (here := self.live_places(mark.id)) and set(here) <= set(going)
        )
        doomed = [one for one in alone if not keep and self.bookmarks[one].kind in door.kinds]
        for one in alone:
            if one not in doomed:
                self.append(self.root, "bookmark", one)
        if permanent:
            for one in doomed:
                self.erase_bookmark(one)
            self.erase_folders(going)
            return
        for one in going:
            for entry in self.children(one):
                if entry.kind == "bookmark":
                    entry.gone = self.now
        for one in going:
            self.folders[one].gone = self.now
        for one in doomed:
            self.bookmarks[one].gone = self.now

    def restore_folder(self, door: Door, id: int) -> None:
        node = self.folders.get(id)
        if node is None or node.gone is None:
            raise Refused
        moment, back = node.gone, [id]
        for one in back:
            back += [other.id for other in self.folders.values() if other.parent == one and other.gone == moment]
        coming: list[tuple[int, int, int]] = []  # who, into which folder, in whose place
        for one in back:
            for entry in self.lists[one]:
                mark = self.bookmarks.get(entry.id) if entry.kind == "bookmark" else None
                if mark is None or entry.gone != moment or mark.gone not in {None, moment}:
                    continue
                heir = self.holder(mark.url) if mark.gone is not None else None
                coming.append((heir.id if heir else mark.id, one, mark.id))
        for who in {who for who, _, _ in coming}:
            self.leave_root(door, who, moment)
        for who, folder, instead in coming:
            self.bookmarks[who].gone = None
            if who == instead:
                self.places(who)[folder].gone = None
            elif folder not in self.live_places(who):
                self.drop(folder, "bookmark", who)
                at = [one.id for one in self.lists[folder] if one.kind == "bookmark"].index(instead)
                at = [number for number, one in enumerate(self.lists[folder]) if one.kind == "bookmark"][at]
                self.lists[folder].insert(at + (who > instead), Entry("bookmark", who, self.now))
        for one in back:
            self.folders[one].gone = None
        if node.parent is None or self.folders[node.parent].gone is not None:
            self.drop(node.parent or 0, "folder", id)
            node.parent = self.root
            self.append(self.root, "folder", id)

    def reorder(self, door: Door, id: int, order: list[tuple[str, int]]) -> None:
        """The order names what the door shows; what it does not show stays where it is in the row of all."""
        if len(self.children(id)) < len(self.lists[id]):
            self.vague.add(id)
        shown = {("folder", one) for one in self.folders} | {
            ("bookmark", mark.id) for mark in self.bookmarks.values() if mark.kind in door.kinds
        }
        following = iter(order)
        live = self.children(id)
        by_name = {(one.kind, one.id): one for one in live}
        arranged = [by_name[next(following)] if (one.kind, one.id) in shown else one for one in live]
        ids = {(one.kind, one.id) for one in live}
        refill = iter(arranged)
        self.lists[id] = [next(refill) if (one.kind, one.id) in ids else one for one in self.lists[id]]

    def empty(self) -> None:
        self.erase_folders([node.id for node in self.folders.values() if node.gone is not None])

    # operations on bookmarks

    def save(self, door: Door, url: str, wanted: list[int], policy: str, made: itertools.count[int]) -> None:
        """``made`` gives the id of a new one."""
        mark = self.holder(url)
        if mark is None and door.revives:
            trashed = [one for one in self.bookmarks.values() if one.url == url and self.places(one.id)]
            if trashed:
                mark = max(trashed, key=lambda one: (one.gone or 0, one.id))
                mark.gone, policy = None, "merge"
                wanted = wanted or [self.root]
        if mark is None:
            mark = self.bookmarks.setdefault(id := next(made), Mark(id, url))
            self.add(door, mark.id, wanted or [self.root])
        elif policy == "error":
            raise Refused
        elif policy == "merge":
            self.add(door, mark.id, wanted)

    def refile(self, door: Door, id: int, wanted: list[int]) -> None:
        self.live_bookmark(door, id)
        here = self.live_places(id)
        if not door.root_is_folder:
            wanted = [one for one in wanted if one != self.root]
            if self.root in here and len(here) > 1:
                wanted = [*wanted, self.root]
        wanted = wanted or [self.root]
        for folder in here:
            if folder not in wanted:
                self.drop(folder, "bookmark", id)
        for folder in wanted:
            if folder not in here:
                self.append(folder, "bookmark", id)

    def file(self, door: Door, folder: int, id: int) -> None:
        self.live_folder(folder)
        self.live_bookmark(door, id)
        self.add(door, id, [folder])

    def take_out(self, door: Door, folder: int, id: int, *, permanent: bool) -> None:
        self.live_folder(folder)
        mark = self.bookmarks.get(id)
        if mark is None or mark.gone is not None or mark.kind not in door.kinds:
            return
        here = self.live_places(id)
        if folder not in here or (folder == self.root and not door.root_is_folder):
            return
        if len(here) == 1 and door.root_is_folder:
            if permanent:
                self.erase_bookmark(id)
                return
            mark.gone = self.now
        here[folder].gone = self.now
        if len(here) == 1 and not door.root_is_folder:
            self.append(self.root, "bookmark", id)
        if permanent:
            self.drop(folder, "bookmark", id)

    def put_back(self, door: Door, folder: int, id: int) -> None:
        self.live_folder(folder)
        mark, place = self.bookmarks.get(id), self.places(id).get(folder)
        if mark is None or mark.kind not in door.kinds or place is None or place.gone is None:
            raise Refused
        if mark.gone is not None and self.holder(mark.url) is not None:
            raise Refused
        self.leave_root(door, id, place.gone)
        mark.gone = place.gone = None

    def delete(self, door: Door, id: int, *, permanent: bool, leave: bool) -> None:
        try:
            mark = self.live_bookmark(door, id)
        except Refused:
            return
        if permanent:
            self.erase_bookmark(id)
            return
        mark.gone = self.now
        for folder, entry in self.places(id).items():
            if leave:
                self.drop(folder, "bookmark", id)
            elif entry.gone is None:
                entry.gone = self.now

    def restore(self, door: Door, id: int) -> None:
        mark = self.bookmarks.get(id)
        if mark is None or mark.gone is None or mark.kind not in door.kinds:
            return
        places = self.places(id)
        if door.revives and not places:  # its trash does not know it
            return
        if self.holder(mark.url) is not None:
            raise Refused
        back = [
            entry for folder, entry in places.items() if entry.gone == mark.gone and self.folders[folder].gone is None
        ]
        for entry in back:
            entry.gone = None
        if not back:
            for folder in places:
                self.drop(folder, "bookmark", id)
            self.append(self.root, "bookmark", id)
        mark.gone = None
