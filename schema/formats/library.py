"""Our own JSON: a whole library, which an empty account that takes it in has again.

``{"polymark": 1, "account": {…}, "tags": […], "folders": […], "bundles": […], "bookmarks": […]}`` as
``schema/resolvers/exports.py`` writes it, in this order; the number is the form's, and one that is not known is
refused. Members that are not known are passed over, and so is what belongs to the server that wrote it: ids, passwords,
pictures. Folders and bookmarks of the trash are left out. Of files it has the names only: their bytes stand beside it
in an archive (``schema/formats/archive.py``).

Reading streams: ``ijson`` tells what comes next, and one row at a time is built of it, within limits, so that neither a
large file nor a hostile one fills the memory. Only the folders stay there, of which there is a limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, TypeAlias

import ijson

from models.asset import COMPLETE, SNAPSHOT, UPLOAD
from models.kinds import KINDS, SOURCES, TEXTS
from models.text import mend_text
from schema.errors import Fault, Invalid
from schema.formats.charsets import decoded_plain
from schema.formats.entries import (
    AccountEntry,
    BundleEntry,
    Entry,
    FileEntry,
    FolderEntry,
    PageEntry,
    Place,
    Refused,
    Remark,
    Row,
    TagEntry,
)
from schema.formats.moments import read_moment
from schema.formats.netscape import MAX_DEPTH
from schema.formats.tags import MAX_TAG, take_tags

VERSION: Final = 1
MAX_FOLDERS: Final = 100_000
MAX_TEXT: Final = 16 * 1024 * 1024
"""Characters; no door takes more in one body."""

MAX_VALUES: Final = 10_000
"""Texts, numbers and the like in one row."""

MAX_FILE_VALUES: Final = 100_000
"""The same in what a row says of its files: some 10,000 of them."""

MAX_ROW: Final = 64 * 1024 * 1024
"""Bytes of one row: a parser has each of its texts whole in the memory."""

MAX_PAGE: Final = 8 * 1024 * 1024
"""Characters of what a page says."""

MAX_NESTING: Final = 4
MAX_LANGUAGE: Final = 35
MAX_RANK: Final = 2**60
MAX_COPY: Final = 1_000
MAX_COUNT: Final = 2**31 - 1

OPENING: Final = frozenset({"start_map", "start_array"})
CLOSING: Final = frozenset({"end_map", "end_array"})
SECTIONS: Final = ("tags", "folders", "bundles", "bookmarks")

_COLOR: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE | re.ASCII)
_FIELDS: Final = frozenset({"url", "title", "description", "notes", "summary", "icon", "name"})
_BUNDLE: Final = ("name", "search", "any_tags", "all_tags", "excluded_tags", "filter_unread", "filter_shared")
_PAGE: Final = ("text", "html", "author", "site_name", "language", "published_at")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)
_KINDS: Final = frozenset({UPLOAD, SNAPSHOT})
_ENCODINGS: Final = frozenset({"", "gzip"})
_SHARING: Final = ("enable_sharing", "enable_public_sharing")

Event: TypeAlias = tuple[str, Any]


def read(source: BinaryIO) -> Iterator[Row]:
    """Yield what the file holds while it is read; ``position`` counts the rows of its list.

    A bookmark that cannot be used is a Refused, a part of a kept row that cannot be kept a Remark before that row.
    Where the file breaks off or is no JSON any more, the last row is a Refused that says so.

    Raises Invalid (``file``: ``format``), before anything is yielded, when it does not begin as such a file or has
    another version.
    """
    text = _AsUtf8(source)
    yield from _Reader(text, ijson.basic_parse(text, use_float=True)).rows()


class _AsUtf8:
    """A source in whatever encoding, for a parser that reads UTF-8."""

    def __init__(self, source: BinaryIO) -> None:
        self._pieces = decoded_plain(source)
        self._rest = b""
        self.row = 0  # bytes since somebody said that another row begins

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes; none at the end. ijson asks for none first, to learn of what type they are."""
        while not self._rest and size:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece.encode()
        size = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:size], self._rest[size:]
        self.row += len(taken)
        if self.row > MAX_ROW:
            message = f"a row is longer than {MAX_ROW:,} bytes"
            raise ValueError(message)
        return taken


@dataclass(slots=True)
class _Folder:
    """A folder of the file, with those below it."""

    row: dict[str, Any]
    position: int
    below: list[_Folder] = field(default_factory=list)


class _Reader:
    """Follows the events of one file. ``_folders`` are the ids of folders by which bookmarks may name their places."""

    def __init__(self, source: _AsUtf8, events: Iterator[Event]) -> None:
        self._source = source
        self._events = events
        self._version: object = None
        self._folders: dict[str, str] = {}
        self._have_bookmarks = False
        self._trash = 0
        self._position = 0
        self._section = ""

    def rows(self) -> Iterator[Row]:
        """All rows of the file."""
        try:
            yield from self._document()
        except (ijson.JSONError, ValueError, OverflowError) as error:  # ValueError: a number of thousands of digits
            if self._version is None:
                raise Invalid(Fault(("file",), "format")) from None
            where = f" after row {self._position} of {self._section}" if self._section else ""
            words = mend_text(str(error)).partition("\n")[0][:200]
            yield Refused(self._position, f"The file is damaged{where}: {words}.")
        if self._trash:
            yield Remark(0, f"What the file has in the trash was left out: {self._trash} rows.")

    def _document(self) -> Iterator[Row]:
        if next(self._events, None) != ("start_map", None):
            raise Invalid(Fault(("file",), "format"))
        for event, value in self._events:
            if event != "map_key":
                break
            begins, first = next(self._events)
            if value == "polymark":
                self._version = first
            if self._version != VERSION or isinstance(self._version, bool):
                raise Invalid(Fault(("file",), "format"))
            if value in SECTIONS and begins == "start_array":
                yield from self._list(value)
            elif value == "account" and begins == "start_map":
                yield from self._account((begins, first))
            else:
                self._pass(begins)
        if self._version is None:
            raise Invalid(Fault(("file",), "format"))
        for _ in self._events:  # what follows the document is damage, which ijson tells
            pass

    def _list(self, name: str) -> Iterator[Row]:
        self._section, self._position = name, 0
        if name == "folders" and self._have_bookmarks:
            self._pass("start_array")
            yield Refused(0, "The folders stand behind the bookmarks, which are therefore in none of them.")
            return
        match name:
            case "tags":
                for row in self._dicts():
                    yield from self._tag(row) if isinstance(row, dict) else (row,)
            case "folders":
                yield from self._tree()
            case "bundles":
                for row in self._dicts():
                    yield _bundle(row, self._position) if isinstance(row, dict) else row
            case _:
                self._have_bookmarks = True
                for row in self._dicts():
                    yield from self._bookmark(row) if isinstance(row, dict) else (row,)

    def _dicts(self) -> Iterator[dict[str, Any] | Refused]:
        """The rows of a list whose beginning was read."""
        for event, value in self._events:
            if event == "end_array":
                return
            self._position += 1
            self._source.row = 0
            budget = [MAX_VALUES]
            row = self._build((event, value), budget, 0)
            if not isinstance(row, dict):
                yield Refused(self._position, "There is something else where a row should be.")
            elif budget[0] < 0:
                yield Refused(self._position, f"The row has more than {MAX_VALUES:,} values.")
            elif row.get("deleted_at") is not None:
                self._trash += 1
            else:
                yield row

    def _build(self, first: Event, budget: list[int], depth: int) -> Any:
        """The value that begins with the event; None for what is nested too deeply or beyond the budget."""
        event, value = first
        budget[0] -= 1
        if event not in OPENING:
            return value
        if depth > MAX_NESTING or budget[0] < 0:
            self._pass(event)
            return None
        return self._build_list(budget, depth) if event == "start_array" else self._build_dict(budget, depth)

    def _build_list(self, budget: list[int], depth: int) -> list[Any]:
        items = []
        for event in self._events:
            if event[0] == "end_array":
                break
            item = self._build(event, budget, depth + 1)
            if budget[0] >= 0:
                items.append(item)
        return items

    def _build_dict(self, budget: list[int], depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for event, name in self._events:
            if event == "end_map":
                break
            first = next(self._events)
            if depth == 0 and name == "assets":
                own = [MAX_FILE_VALUES]
                members |= {name: self._build(first, own, depth + 1), "too_many": own[0] < 0}
                continue
            member = self._build(first, budget, depth + 1)
            if budget[0] >= 0:
                members[name] = member
        return members

    def _pass(self, event: str) -> None:
        """Read on behind the value that began with the event."""
        depth = int(event in OPENING)
        while depth:
            event, _ = next(self._events)
            self._source.row = 0
            depth += (event in OPENING) - (event in CLOSING)

    # What rows become.

    def _account(self, first: Event) -> Iterator[Row]:
        budget = [MAX_VALUES]
        row = self._build(first, budget, 0)
        preferences, rules = row.get("preferences"), row.get("auto_tagging_rules")
        if budget[0] < 0 or not isinstance(preferences, dict):
            yield Remark(0, "What the file says of the account cannot be read; it was left out.")
            return
        yield AccountEntry(
            preferences,
            mend_text(rules) if isinstance(rules, str) else "",
            shares=any(row.get(name) is True for name in _SHARING),
        )

    def _tag(self, row: dict[str, Any]) -> Iterator[Row]:
        name = row.get("name")
        name = mend_text(name).strip() if isinstance(name, str) else ""
        if not name or len(name) > MAX_TAG:
            yield Remark(self._position, f"A tag has no name of 1 to {MAX_TAG} characters; it was left out.")
            return
        yield TagEntry(
            name,
            _color(row.get("color")),
            read_moment(row.get("created_at")),
            read_moment(row.get("updated_at")),
            position=self._position,
        )

    def _tree(self) -> Iterator[Row]:
        """The folders from the root downwards, each before what is in it and with all of it before its next sibling."""
        folders: dict[str, _Folder] = {}
        for row in self._dicts():
            uid = row.get("uid") if isinstance(row, dict) else None
            if isinstance(row, Refused) or not isinstance(uid, str) or not uid or uid in folders:
                yield Remark(self._position, "A folder has no id of its own; it was left out.")
            elif len(folders) >= MAX_FOLDERS:
                yield Remark(self._position, f"There are more than {MAX_FOLDERS:,} folders; this one was left out.")
            else:
                folders[uid] = _Folder(row, self._position)
        root = next((folder for folder in folders.values() if folder.row.get("parent") is None), None)
        for folder in folders.values():
            parent = folder.row.get("parent")
            above = root if parent is None else folders.get(parent) if isinstance(parent, str) else None
            if above is not None and folder is not root:
                above.below.append(folder)
        if root is not None:
            yield from self._walk(root)
        for uid, folder in folders.items():
            if uid not in self._folders:
                yield Remark(folder.position, "A folder is in none that the file has; it was left out.")

    def _walk(self, root: _Folder) -> Iterator[Row]:
        self._folders[root.row["uid"]] = ""
        stack: list[tuple[tuple[str, ...], Iterator[_Folder]]] = [((), iter(_ordered(root.below)))]
        while stack:
            path, folders = stack[-1]
            folder = next(folders, None)
            if folder is None:
                stack.pop()
                continue
            entry, remarks = _folder(folder, path)
            yield from remarks
            self._folders[entry.id] = entry.id
            yield entry
            if len(path) + 1 < MAX_DEPTH:
                stack.append((entry.path, iter(_ordered(folder.below))))

    def _bookmark(self, row: dict[str, Any]) -> Iterator[Row]:
        position = self._position
        texts, cut = _texts(row)
        url, kind = texts["url"].strip(), row.get("kind", "link")
        if kind not in KINDS:
            yield Refused(position, "This is no kind of bookmark that there is.", url)
            return
        if not url and kind not in TEXTS:
            yield Refused(position, "The bookmark has no address.")
            return
        names = row.get("tags")
        names = [mend_text(name) for name in names if isinstance(name, str)] if isinstance(names, list) else []
        tags, remarks = take_tags(names, position, url)
        yield from remarks
        if cut:
            yield Remark(position, f"A text is longer than {MAX_TEXT:,} characters; the rest of it was left out.", url)
        files, left_out = _files(row.get("assets"))
        if left_out or row.get("too_many") is True:
            many = "many" if row.get("too_many") is True else str(left_out)
            yield Remark(position, f"What is said of its files cannot be read: {many} of them were left out.", url)
        read_at = read_moment(row.get("read_at"))
        source = row.get("source")
        yield Entry(
            url=url,
            title=texts["title"],
            description=texts["description"],
            notes=texts["notes"],
            tags=tags,
            created_at=read_moment(row.get("created_at")),
            updated_at=read_moment(row.get("updated_at")),
            to_read="read_at" in row and read_at is None,
            is_archived=row.get("is_archived") is True,
            is_public=row.get("is_public") is True,
            is_favorite=row.get("is_favorite") is True,
            kind=str(kind),
            source=source if isinstance(source, str) and source in SOURCES else "",
            read_at=read_at,
            summary=texts["summary"] or None,
            is_title_provisional=row.get("is_title_provisional") is True,
            click_count=_whole(row.get("click_count"), 0, MAX_COUNT) or 0,
            copy=_whole(row.get("copy"), 0, MAX_COPY) or 0,
            places=self._places(row.get("places")),
            web_archive_url=_web_address(row.get("web_archive_url")),
            files=files,
            page=_page(row.get("content")),
            position=position,
        )

    def _places(self, places: object) -> tuple[Place, ...]:
        """Where it is; places in folders that the file does not have, or has in the trash, are none."""
        found: dict[str, Place] = {}
        for place in places if isinstance(places, list) else ():
            if not isinstance(place, dict) or place.get("deleted_at") is not None:
                continue
            folder = place.get("folder")
            if isinstance(folder, str) and folder in self._folders:
                id, rank = self._folders[folder], _whole(place.get("position"), -MAX_RANK, MAX_RANK)
                found.setdefault(id, Place(id, rank, read_moment(place.get("created_at"))))
        return tuple(found.values())


def _folder(folder: _Folder, path: tuple[str, ...]) -> tuple[FolderEntry, list[Remark]]:
    texts, cut = _texts(folder.row)
    reason = f"A text is longer than {MAX_TEXT:,} characters; the rest of it was left out."
    entry = FolderEntry(
        path=(*path, texts["name"]),
        description=texts["description"],
        created_at=read_moment(folder.row.get("created_at")),
        updated_at=read_moment(folder.row.get("updated_at")),
        color=_color(folder.row.get("color")),
        icon=texts["icon"] or None,
        id=folder.row["uid"],
        rank=_whole(folder.row.get("position"), -MAX_RANK, MAX_RANK),
        position=folder.position,
    )
    return entry, [Remark(folder.position, reason)] if cut else []


def _bundle(row: dict[str, Any], position: int) -> BundleEntry:
    return BundleEntry(
        {name: mend_text(value) for name in _BUNDLE if isinstance(value := row.get(name), str)},
        _whole(row.get("position"), -(2**63), 2**63 - 1),
        read_moment(row.get("created_at")),
        read_moment(row.get("updated_at")),
        position=position,
    )


def _files(rows: object) -> tuple[tuple[FileEntry, ...], int]:
    """The files that are said to be whole, and how many others cannot be understood."""
    found: list[FileEntry] = []
    left_out = 0
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("status", COMPLETE) != COMPLETE:
            continue
        file = _file(row) if isinstance(row, dict) else None
        if file is None:
            left_out += 1
        else:
            found.append(file)
    return tuple(found), left_out


def _file(row: dict[str, Any]) -> FileEntry | None:
    kind, sha256, encoding = row.get("kind"), row.get("sha256"), row.get("encoding", "")
    name, content_type = row.get("display_name"), row.get("content_type", "")
    texts = kind, sha256, encoding, name, content_type
    if not all(isinstance(text, str) for text in texts) or not _SHA256.fullmatch(str(sha256)):
        return None
    if kind not in _KINDS or encoding not in _ENCODINGS:
        return None
    size = _whole(row.get("size"), 0, 2**63 - 1) or 0
    moment = read_moment(row.get("created_at"))
    return FileEntry(
        str(kind), mend_text(str(name)), mend_text(str(content_type)), str(sha256), str(encoding), size, moment
    )


def _page(row: object) -> PageEntry | None:
    if not isinstance(row, dict):
        return None
    texts: dict[str, Any] = {
        name: mend_text(value[:MAX_PAGE]) for name in _PAGE if isinstance(value := row.get(name), str)
    }
    if len(texts.get("language", "")) > MAX_LANGUAGE:
        del texts["language"]
    moment = read_moment(row.get("fetched_at"))
    return PageEntry(**texts, fetched_at=moment) if texts or moment else None


def _web_address(value: object) -> str | None:
    """An address that may be shown as a link."""
    return mend_text(value) if isinstance(value, str) and len(value) <= MAX_TEXT and _WEB.match(value) else None


def _ordered(folders: list[_Folder]) -> list[_Folder]:
    """Siblings in their order, those without a rank last."""
    return sorted(folders, key=lambda one: _whole(one.row.get("position"), -MAX_RANK, MAX_RANK) or 0)


def _texts(row: dict[str, Any]) -> tuple[dict[str, str], bool]:
    """The texts of a row, empty where there is none, and whether one had to be cut."""
    texts = {name: value if isinstance(value := row.get(name), str) else "" for name in _FIELDS}
    cut = any(len(text) > MAX_TEXT for text in texts.values())
    return {name: mend_text(text[:MAX_TEXT]) for name, text in texts.items()}, cut


def _color(value: object) -> str | None:
    return value if isinstance(value, str) and _COLOR.fullmatch(value) else None


def _whole(value: object, least: int, most: int) -> int | None:
    """A whole number within bounds, else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if least <= value <= most else None
