"""Folder hashes: one short text that tells whether two trees of bookmarks are the same (NC-9). Pure.

A bookmark's hash is that of a JSON object with the asked fields in the asked order; a folder's is that of an object
with its title and the list of its children's hashes, in their order. The JSON has no blanks, and nothing is escaped but
quotation marks, backslashes and control characters: as PHP writes it with its unescaped flags, floccus with
``JSON.stringify``, and orjson here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final

import mmh3
import orjson
import xxhash

Function = Callable[[bytes], str]


def _sha256(text: bytes) -> str:
    return sha256(text).hexdigest()


def _murmur3a(text: bytes) -> str:
    """MurmurHash3, x86, 32 bits, seed 0, the highest byte first."""
    return f"{mmh3.mmh3_32_uintdigest(text, 0):08x}"


FUNCTIONS: Final[Mapping[str, Function]] = {
    "sha256": _sha256,
    "murmur3a": _murmur3a,
    "xxh32": xxhash.xxh32_hexdigest,  # seed 0, padded to 8 digits
}


def bookmark_text(record: Mapping[str, Any]) -> bytes:
    """What is hashed of a bookmark: the fields that were asked for, in that order."""
    return orjson.dumps(record)


def folder_text(title: str | None, children: Sequence[str]) -> bytes:
    """What is hashed of a folder: its title (the owner's root is hashed without, None) and its children's hashes."""
    return orjson.dumps({"children": children} if title is None else {"title": title, "children": children})


@dataclass(slots=True)
class FolderNode:
    """A folder to be hashed; ``value`` is its hash where that is known. ``marks`` come back with the result."""

    id: int
    parent_id: int | None
    position: int
    title: str | None
    marks: int
    value: str | None = None


class TreeHash:
    """Hashes a tree of which folders and bookmarks are told in any order.

    Of a bookmark only the hash is held, and a folder whose hash is known needs none of what is below it. ``made`` are
    the folders that had to be worked out.
    """

    def __init__(self, function: str, top_id: int) -> None:
        self._hash = FUNCTIONS[function]
        self._top_id = top_id
        self.made: list[FolderNode] = []
        self._folders: dict[int, FolderNode] = {}
        self._bookmarks: dict[int, list[tuple[int, int, int, str]]] = {}  # by folder: position, 1, id, hash

    def add_folder(self, folder: FolderNode) -> None:
        """Tell of a folder; the top one, or one whose parent is told of as well."""
        self._folders[folder.id] = folder

    def add_bookmark(self, folder_id: int, position: int, id: int, record: Mapping[str, Any]) -> None:
        """Tell of a bookmark in a folder."""
        self._bookmarks.setdefault(folder_id, []).append((position, 1, id, self._hash(bookmark_text(record))))

    @property
    def is_known(self) -> bool:
        """Whether the top folder was told of."""
        return self._top_id in self._folders

    @property
    def value(self) -> str:
        """The hash of the whole tree, once it is finished."""
        return self._folders[self._top_id].value or ""

    def finish(self) -> None:
        """Work out the folders whose hash was not known.

        Children are hashed in the order clients see: by position, then folders before bookmarks, then by id.
        """
        below: dict[int | None, list[FolderNode]] = {}
        for folder in self._folders.values():
            below.setdefault(folder.parent_id, []).append(folder)
        self.made = [folder for folder in self._downwards(below) if folder.value is None]
        for folder in reversed(self.made):
            children = self._bookmarks.pop(folder.id, [])
            children += [(child.position, 0, child.id, child.value or "") for child in below.get(folder.id, [])]
            children.sort()
            folder.value = self._hash(folder_text(folder.title, list(map(itemgetter(3), children))))

    def _downwards(self, below: Mapping[int | None, list[FolderNode]]) -> Iterator[FolderNode]:
        """The folders, each before those below it; a tree may be a thousand deep, so no recursion."""
        waiting = [self._folders[self._top_id]]
        while waiting:
            folder = waiting.pop()
            yield folder
            waiting += below.get(folder.id, [])
