"""What a bookmark file is read into and written from, whatever its format.

A reader yields these rows in the order of the file, a folder always before what it holds. ``position`` is the line
in the file (an ordinal where a format has no lines), counted from 1, for messages only: it takes no part in comparing.
Most formats know links in one folder each; what only our own JSON can say (``library.py``) has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from models.kinds import LINK


@dataclass(frozen=True, slots=True)
class Place:
    """A bookmark in a folder, which is named as its FolderEntry names it (``id``), the root by an empty text.

    ``rank`` orders it among all that is in the folder, None for the end. ``created_at`` is when it was put there.
    """

    folder: str
    rank: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file kept with a bookmark, as a library names it; only its bytes can prove what is said of them.

    ``sha256`` is that of the bytes as they are stored, and ``encoding`` says how: as they are, or packed (``gzip``).
    ``size`` is a hint and nothing else.
    """

    kind: str
    display_name: str
    content_type: str
    sha256: str
    encoding: str = ""
    size: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PageEntry:
    """What a bookmark's page said; ``html`` is nobody's to show before somebody has seen to it (``is_clean``)."""

    text: str = ""
    html: str = ""
    author: str | None = None
    site_name: str | None = None
    language: str | None = None
    published_at: str | None = None
    fetched_at: datetime | None = None
    is_clean: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One bookmark, in most formats a link.

    ``url`` is stripped, and not empty unless ``kind`` is one that needs none; nothing else about it has been checked.
    ``tags`` keep their order and spelling, each once. ``folder`` is the path of names from the root, empty in the root;
    with ``places`` it says nothing. Moments are UTC, None when the file does not say or says nonsense. All text is free
    of U+0000 and lone surrogates. ``copy`` tells bookmarks of one address apart. An empty ``source`` is the door's.
    ``web_archive_url`` is where the Internet Archive has kept the page.
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
    kind: str = LINK
    source: str = ""
    read_at: datetime | None = None
    summary: str | None = None
    is_title_provisional: bool = False
    click_count: int = 0
    copy: int = 0
    places: tuple[Place, ...] = ()
    web_archive_url: str | None = None
    files: tuple[FileEntry, ...] = ()
    page: PageEntry | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One folder, empty or not; ``path`` ends with its own name, which a file may leave empty.

    Two of them with the same path are two folders that happen to share a name; what follows is in the later one, unless
    it names its places by ``id``. ``rank`` orders it among all that is in its parent, None for the end.
    """

    path: tuple[str, ...]
    description: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    color: str | None = None
    icon: str | None = None
    id: str = ""
    rank: int | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class TagEntry:
    """One tag, whether anything has it or not."""

    name: str
    color: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """A saved search, its texts in the words of models/bundle.py and unchecked; ``rank`` orders it among the others."""

    texts: Mapping[str, str]
    rank: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """What the account preferred, unchecked; ``shares`` says that it let others see what is public."""

    preferences: Mapping[str, object]
    auto_tagging_rules: str = ""
    shares: bool = False
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


Row: TypeAlias = Entry | FolderEntry | TagEntry | BundleEntry | AccountEntry | Refused | Remark
