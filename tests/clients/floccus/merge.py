"""Three trees into one: what both had at the last sync, what the browser has, and what the server has.

An edit wins over a deletion, the browser over the server, and nothing is lost: a folder that one side deleted comes
back when the other side put something into it, and then holds just that. All is decided by the trees alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.clients.floccus.tree import Item


@dataclass(slots=True, eq=False)
class Merged:
    """A folder or bookmark in up to three trees, and what it comes to; the dead are in none of the children."""

    base: Item | None = None
    local: Item | None = None
    server: Item | None = None
    title: str = ""
    url: str | None = None
    parent: Merged | None = None
    children: list[Merged] = field(default_factory=list)
    alive: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return any_of(self).is_folder

    def walk(self) -> Iterator[Merged]:
        """Itself and all below that lives, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


def any_of(node: Merged) -> Item:
    """One of the three."""
    return node.local or node.server or node.base


class Merge:
    """Works the merged tree out. ``nodes`` are all that any tree has, the dead too."""

    def __init__(self, base: Item, ids: dict[int, int], local: Item, server: Item) -> None:
        """``ids`` are the server's ids of what ``base`` has, by the browser's."""
        self.root = Merged(base, local, server, alive=True)
        self.nodes = [self.root]
        self._of: dict[Item, Merged] = dict.fromkeys((base, local, server), self.root)
        self._match_known(base, ids, local, server)
        self._match_new()
        for node in self.nodes[1:]:
            self._decide(node)
        self._open_circles()
        for node in self.nodes:
            above = node.parent
            while node.alive and above is not None:
                above.alive = True
                above = above.parent
        self._drop_doubles()
        self._order()

    def _join(self, node: Merged, **items: Item | None) -> Merged:
        for side, item in items.items():
            if item is not None:
                setattr(node, side, item)
                self._of[item] = node
        return node

    def _new(self, **items: Item | None) -> Merged:
        self.nodes.append(self._join(Merged(), **items))
        return self.nodes[-1]

    def _match_known(self, base: Item, ids: dict[int, int], local: Item, server: Item) -> None:
        """By ids. A bookmark's is its record's and its folder's: what left one folder for another has moved."""
        here = {item.id: item for item in local.walk()}
        folders = {item.id: item for item in server.walk() if item.is_folder}
        records: defaultdict[int, list[Item]] = defaultdict(list)
        for item in server.walk():
            if not item.is_folder:
                records[item.id].append(item)
        astray = []
        for item in base.walk():
            if item is base:
                continue
            node = self._new(base=item, local=here.get(item.id))
            if item.is_folder:
                self._join(node, server=folders.get(ids[item.id]))
                continue
            places = records[ids[item.id]]
            place = next((one for one in places if one.parent.id == ids[item.parent.id]), None)
            if place is None:
                astray.append((node, places))
            else:
                places.remove(place)
                self._join(node, server=place)
        for node, places in astray:
            if places:
                self._join(node, server=places.pop(0))

    def _match_new(self) -> None:
        """By looks, from the top down: in one folder, bookmarks of an address and folders of a title are the same."""
        at = 0
        while at < len(self.nodes):
            folder = self.nodes[at]
            at += 1
            if not folder.is_folder:
                continue
            for child in _children(folder.local):
                if child not in self._of:
                    self._new(local=child)
            inside = dict.fromkeys(self._of[child] for child in _children(folder.local) + _children(folder.base))
            lone = [node for node in inside if node.local and node.server is None]
            for child in _children(folder.server):
                if child in self._of:
                    continue
                same = next((node for node in lone if _look(any_of(node)) == _look(child)), None)
                if same is None:
                    self._new(server=child)
                else:
                    lone.remove(same)
                    self._join(same, server=child)

    def _changed(self, node: Merged, item: Item) -> bool:
        base = node.base
        return (
            (item.title, item.url) != (base.title, base.url)
            or self._of[item.parent] is not self._of[base.parent]
        )  # fmt: skip

    def _decide(self, node: Merged) -> None:
        """What it is called, where it is, and whether it lives."""
        base, local, server = node.base, node.local, node.server
        node.title = _chosen(node, lambda item: item.title)
        node.url = _chosen(node, lambda item: item.url)
        node.parent = _chosen(node, lambda item: self._of[item.parent])
        if base is None or (local and server):
            node.alive = True
        elif left := local or server:
            node.alive = self._changed(node, left)

    def _open_circles(self) -> None:
        """Two moves that put each folder below the other: the browser's stand."""
        for node in self.nodes:
            seen: list[Merged] = []
            above: Merged | None = node
            while above is not None:
                if above in seen:
                    circle = seen[seen.index(above) :]
                    moved = next(one for one in circle if one.local and self._of[one.local.parent] is not one.parent)
                    moved.parent = self._of[moved.local.parent]
                    seen, above = [], node
                    continue
                seen.append(above)
                above = above.parent

    def _drop_doubles(self) -> None:
        """An address is in a folder once; whoever is there on the server already stays."""
        places: defaultdict[tuple[Merged, str], list[Merged]] = defaultdict(list)
        for node in self.nodes:
            if node.alive and node.url is not None:
                places[node.parent, node.url].append(node)
        for (parent, _), nodes in places.items():
            nodes.sort(
                key=lambda node: (
                    node.server is None or self._of[node.server.parent] is not parent,
                    node.server is None,
                    node.local is None,
                )
            )
            for node in nodes[1:]:
                node.alive = False

    def _order(self) -> None:
        """The browser's order if it is another than it was, else the server's; what is added keeps its neighbour."""
        inside: defaultdict[Merged, set[Merged]] = defaultdict(set)
        for node in self.nodes:
            if node.alive and node.parent is not None:
                inside[node.parent].add(node)
        for folder, members in inside.items():
            was, here, there = (
                [self._of[child] for child in _children(item) if self._of[child] in members]
                for item in (folder.base, folder.local, folder.server)
            )
            moved = [one for one in was if one in here] != [one for one in here if one in was]
            first, second = (here, there) if moved or folder.server is None else (there, here)
            order = list(first)
            for at, node in enumerate(second):
                if node not in order:
                    order.insert(order.index(second[at - 1]) + 1 if at else 0, node)

            assert set(order) == members
            folder.children = order


def _children(item: Item | None) -> list[Item]:
    return item.children if item is not None else []


def _look(item: Item) -> tuple[bool, str]:
    return (True, item.title) if item.is_folder else (False, item.url)


def _chosen(node: Merged, of: Callable[[Item], object]) -> object:
    """A property of the three: as one side changed it, and as the browser has it where both did."""
    base, local, server = node.base, node.local, node.server
    if local is None or server is None:
        return of(any_of(node))
    unchanged = base is not None and of(local) == of(base)
    return of(server) if unchanged else of(local)
