"""What a bookmark file is read into and written from, whatever its format.

A reader yields these rows in the order of the file, a folder always before what it holds. ``position`` is the line
in the file (an ordinal where a format has no lines), counted from 1, for messages only: it takes no part in comparing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Entry:
    """One link.

    ``url`` is stripped and not empty, nothing else about it has been checked. ``tags`` keep their order and spelling,
    each once. ``folder`` is the path of names from the root, empty in the root. ``created_at`` and ``updated_at`` are
    UTC, None when the file does not say or says nonsense. All text is free of U+0000 and lone surrogates.
    """

    url: str
    title: str = ""
    description: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    to_read: bool = False
    is_archived: bool = False
    is_public: bool = False
    is_favorite: bool = False
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One folder, empty or not; ``path`` ends with its own name, which a file may leave empty.

    Two of them with the same path are two folders that happen to share a name; what follows is in the later one.
    """

    path: tuple[str, ...]
    description: str = ""
    created_at: datetime | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry of the file that is no usable link; ``reason`` is one short English sentence."""

    position: int
    reason: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that was left out of a row that is kept (a tag, the end of a text), so that nothing is lost in silence.

    ``url`` names the link it belongs to, empty for a folder or for nothing at all.
    """

    position: int
    reason: str
    url: str = ""


Row: TypeAlias = Entry | FolderEntry | Refused | Remark
