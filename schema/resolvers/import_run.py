"""What one pass over a file remembers from batch to batch, and what it counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from schema.formats.entries import Refused, Remark
from schema.ports import StoredFile
from schema.resolvers.import_folders import Graft, Pointer, Tree

MANY: Final = 1_000  # links that were taken in; then, and whenever they are four times as many, the planner hears of it
Trouble = Refused | Remark


@dataclass(slots=True)
class Tally:
    """What became of the links of a file: their sum is the number of links in it. The others count what is new."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    folders: int = 0
    files: int = 0
    bundles: int = 0

    @property
    def links(self) -> int:
        """How many links there were."""
        return self.created + self.updated + self.unchanged + self.refused


@dataclass(slots=True)
class Run:
    """What one pass over a file remembers from batch to batch; of no use after an error.

    ``tree`` is good for as long as nobody else writes, which ``seq`` tells. ``rooted`` are ids of bookmarks that the
    file has in the root, ``made`` are those of new ones: mentioned again, they keep the dates that the file gives.
    ``bundles`` counts those that the file has told of so far, by what they ask for.
    ``shelf`` has the files of a batch that are on the disk, by name and encoding.
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
    bundles: Counter[tuple[object, ...]] = field(default_factory=Counter)
    shelf: dict[tuple[str, str], StoredFile] = field(default_factory=dict)
    graft: Graft | None = None
    next_look: int = MANY
