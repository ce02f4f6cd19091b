"""Hierarchies as JSON, written step by step: no recursion, and never more than a chunk in memory.

What a chunk of steps becomes is a chunk of text, so a tree of any depth and length can be sent as it comes from the
database. orjson nests no deeper than 254 levels, and people's folders may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from models.rows import FolderRow
from rest_compat.nextcloud.codec import dump
from schema.outline import Enter, Leave, Step


class TreeWriter:
    """Writes the items between the brackets of a list.

    ``folder`` and ``item`` make an object of a folder and of a bookmark, which is its id where only ids were asked for.
    A folder whose contents follow gets the key ``children`` and no other folder does (NC-8.1): floccus takes an empty
    list for an emptied folder.
    """

    def __init__(
        self, folder: Callable[[FolderRow], Mapping[str, Any]], item: Callable[[Any], Mapping[str, Any]] | None = None
    ) -> None:
        self._folder = folder
        self._item = item
        self._first = True  # in its list: no comma before it

    def write(self, steps: Iterable[Step]) -> bytes:
        """The text of the next steps, which may end anywhere."""
        pieces: list[bytes] = []
        for step in steps:
            if isinstance(step, Leave):
                pieces.append(b"]}")
                self._first = False
                continue
            if self._item is None and not isinstance(step, Enter):
                continue  # only folders were asked for
            if not self._first:
                pieces.append(b",")
            self._first = False
            match step:
                case Enter(folder=folder, expanded=True):
                    pieces.append(dump(self._folder(folder)).removesuffix(b"}") + b',"children":[')
                    self._first = True
                case Enter(folder=folder):
                    pieces.append(dump(self._folder(folder)))
                case _ if self._item is not None:
                    pieces.append(dump(self._item(step)))
        return b"".join(pieces)
