"""Raindrop.io's table, and our own, which is the same with more columns.

``id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite``: a folder's path has `` / `` between its
names, ``Unsorted`` is the root, tags have commas between them, moments are ISO 8601. Highlights become a part of the
notes; covers are left out, for pages show their own. Raindrop's other export is a browser's bookmark file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Final

from models.kinds import KINDS, LINK, TEXTS
from schema.formats.entries import Entry, Refused, Remark, Row
from schema.formats.moments import read_moment
from schema.formats.netscape import MAX_DEPTH
from schema.formats.tables import Record, guard, read_table, unguard
from schema.formats.tags import take_tags

COLUMNS: Final = ("url", "folder", "created")
"""What tells Raindrop's table from others."""

OURS: Final = (
    "title", "note", "excerpt", "url", "folder", "tags", "created", "favorite", "type", "source", "archived", "public",
    "read", "updated", "summary",
)  # fmt: skip
"""The columns that we write: Raindrop's, as far as they say something, and then our own."""

UNSORTED: Final = "unsorted"
SEPARATOR: Final = " / "


def read(source: BinaryIO) -> Iterator[Row]:
    """Yield the links of the table; ``position`` is the line. Raises Invalid when it is no such table."""
    for record in read_table(source, COLUMNS):
        if isinstance(record, Record):
            yield from _rows(record)
        else:
            yield record


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the text of a table, line by line, for bookmarks; encode it as UTF-8.

    Every cell is quoted, and what a spreadsheet would take for a formula has an apostrophe before it, which ``read``
    takes off again. Commas in tags become blanks, and a name of a folder loses the blanks around its slashes.
    """
    yield _line(OURS)
    yield from rows_of(entries)


def rows_of(entries: Iterable[Entry]) -> Iterator[str]:
    """The same without the line that names the columns, for entries that come in pieces."""
    for entry in entries:
        yield _line(guard(cell) for cell in _cells(entry))


def _rows(record: Record) -> Iterator[Entry | Refused | Remark]:
    if is_ours := "summary" in record.values:
        record = Record(record.line, {name: unguard(text) for name, text in record.values.items()})
    url, kind = record.text("url").strip(), record.word("type")
    kind = kind if kind in KINDS else LINK
    if not url and kind not in TEXTS:
        yield Refused(record.line, "The row has no address.")
        return
    tags, remarks = take_tags(record.text("tags").split(","), record.line, url)
    yield from remarks
    folder = _path(record.text("folder"))
    if len(folder) > MAX_DEPTH:
        yield Remark(record.line, f"A folder lies deeper than {MAX_DEPTH:,} others; the link goes to that one.", url)
    parts = (record.text("note"), record.text("highlights").strip())
    created_at, read_at = read_moment(record.text("created")), read_moment(record.text("read"))
    yield Entry(
        url=url,
        title=record.text("title"),
        description=record.text("excerpt"),
        notes="\n\n".join(part for part in parts if part),
        tags=tags,
        folder=folder[:MAX_DEPTH],
        created_at=created_at,
        updated_at=read_moment(record.text("updated")),
        to_read=is_ours and read_at is None,
        is_archived=record.word("archived") == "true",
        is_public=record.word("public") == "true",
        is_favorite=record.word("favorite") in {"true", "1"},
        kind=kind,
        read_at=read_at,
        summary=record.text("summary") or None,
        position=record.line,
    )


def _path(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(SEPARATOR) if name.strip())
    return () if len(names) == 1 and names[0].lower() == UNSORTED else names


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        entry.title,
        entry.notes,
        entry.description,
        entry.url,
        SEPARATOR.join(name.replace(SEPARATOR, "/") for name in entry.folder),
        ", ".join(tag.replace(",", " ") for tag in entry.tags),
        _moment(entry.created_at),
        _truth(entry.is_favorite),
        entry.kind,
        entry.source,
        _truth(entry.is_archived),
        _truth(entry.is_public),
        "" if entry.to_read else _moment(entry.read_at),
        _moment(entry.updated_at),
        entry.summary or "",
    )


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow(cells)
    return buffer.getvalue()
