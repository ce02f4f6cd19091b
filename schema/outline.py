"""A tree of folders in document order: what a walk meets. Pure, and without recursion, for trees may be deep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.queries.folders import Segment
from models.rows import BookmarkRow, FolderRow

FIRST, LAST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Enter:
    """A folder; when it is ``expanded``, all that is in it follows, up to its Leave."""

    folder: FolderRow
    expanded: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """The end of an expanded folder."""

    folder: FolderRow


Step = Enter | Leave | BookmarkRow | int  # a bare number is a bookmark's id


@dataclass(slots=True)
class Plan:
    """The way through a tree: folders, and the numbers of the segments of bookmarks between them."""

    way: list[Enter | Leave | int] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)

    def pause(self, folder_id: int, low: int, high: int) -> None:
        """Between two folders come the bookmarks of this part of the folder that they are in."""
        if low < high:
            self.way.append(len(self.segments))
            self.segments.append((folder_id, low, high))


def plan(folders: Sequence[FolderRow], depth: int | None) -> Plan:
    """The way through what is in the first of the folders, which is not met itself.

    ``folders`` are those below it, siblings in their order; ``depth`` is how many levels below the first are expanded,
    None all. In a folder, what has the same position comes folders first.
    """
    result = Plan()
    if not folders:
        return result
    below: dict[int | None, list[FolderRow]] = {}
    for folder in folders[1:]:
        below.setdefault(folder.parent_id, []).append(folder)
    top = folders[0]
    stack = [(top, iter(below.get(top.id, ())), FIRST)]
    while stack:
        parent, children, low = stack.pop()
        child = next(children, None)
        if child is None:
            result.pause(parent.id, low, LAST)
            if stack:
                result.way.append(Leave(parent))
            continue
        result.pause(parent.id, low, child.position)
        stack.append((parent, children, child.position))
        expanded = depth is None or len(stack) <= depth
        result.way.append(Enter(child, expanded))
        if expanded:
            stack.append((child, iter(below.get(child.id, ())), FIRST))
    return result
