"""A browser's bookmark tree, and the trees that are compared with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ada_url


@dataclass(slots=True, eq=False)
class Item:
    """A folder, or with ``url`` a bookmark, in one tree; equal to itself alone.

    ``id`` is that tree's own: the browser's for folders and bookmarks together, the server's for each kind apart.
    ``loaded`` is false for a folder whose contents were not asked for.
    """

    id: int
    title: str
    url: str | None = None
    children: list[Item] = field(default_factory=list, repr=False)
    parent: Item | None = field(default=None, repr=False)
    loaded: bool = True

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return self.url is None

    def add(self, child: Item, at: int | None = None) -> Item:
        """Put an item into the folder, at the end unless told where; the item."""
        child.parent = self
        self.children.insert(len(self.children) if at is None else at, child)
        return child

    def walk(self) -> Iterator[Item]:
        """Itself and everything below, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def holds(self, other: Item | None) -> bool:
        """Whether the other one is itself or below."""
        while other is not None and other is not self:
            other = other.parent
        return other is self

    def copy(self) -> Item:
        """The same, and copies of everything below."""
        made = Item(self.id, self.title, self.url, loaded=self.loaded)
        for child in self.children:
            made.add(child.copy())
        return made

    @property
    def plain(self) -> list[Any]:
        """What can be seen of what is in the folder, for comparing whole trees: no ids."""
        return [(one.title, one.plain) if one.is_folder else (one.title, one.url) for one in self.children]


def normal(url: str) -> str:
    """An address as browsers write it; scripts stay as they are."""
    return url if url.startswith("javascript:") else ada_url.URL(url).href


class Browser:
    """A tree that a person edits; ids are never given twice."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self.root = Item(next(self._ids), "")

    def new_id(self) -> int:
        """An id that nothing has."""
        return next(self._ids)

    def folder(self, parent: Item, title: str, at: int | None = None) -> Item:
        """Make a folder."""
        return parent.add(Item(self.new_id(), title), at)

    def bookmark(self, parent: Item, title: str, url: str, at: int | None = None) -> Item:
        """Make a bookmark; its address is kept as browsers write addresses."""
        return parent.add(Item(self.new_id(), title, normal(url)), at)

    @staticmethod
    def remove(item: Item) -> None:
        """Take an item away, with all below."""
        item.parent.children.remove(item)
        item.parent = None

    @staticmethod
    def move(item: Item, parent: Item, at: int | None = None) -> None:
        """Put an item elsewhere, or to another place in its folder."""
        item.parent.children.remove(item)
        parent.add(item, at)
