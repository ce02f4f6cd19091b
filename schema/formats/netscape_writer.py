"""Writing Netscape bookmark files, and the words in them that are not the first browser's (see ``netscape.py``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

from schema.formats.entries import Entry, FolderEntry

ARCHIVED_TAG: Final = "linkding:archived"
NOTES_START: Final = "[linkding-notes]"
NOTES_END: Final = "[/linkding-notes]"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write(rows: Iterable[Entry | FolderEntry]) -> Iterator[str]:
    """Yield the text of a bookmark file, piece by piece, for rows in depth-first order; encode it as UTF-8.

    A folder is opened by its FolderEntry, or by the first Entry that names it. ``read`` of the result gives the same
    rows, except for what the format cannot hold: parts of a second, times before 1970 or after 2286, white space
    around a text, a comma in a tag (it becomes a space), a tag with the name that linkding gives to archived links.
    """
    writer = NetscapeWriter()
    yield writer.start()
    yield from writer.write(rows)
    yield writer.end()


class NetscapeWriter:
    """The same for rows that come in pieces: ``start``, ``write`` for each piece, ``end``."""

    def __init__(self) -> None:
        self._open: tuple[str, ...] = ()  # the folder that the text has come to

    def start(self) -> str:
        """What stands before all rows."""
        return (
            "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"
            '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n'
            "<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
        )

    def write(self, rows: Iterable[Entry | FolderEntry]) -> Iterator[str]:
        """Yield the text of the next rows."""
        for row in rows:
            parent = row.folder if isinstance(row, Entry) else row.path[:-1]
            common = _common_length(self._open, parent)
            yield "</DL><p>\n" * (len(self._open) - common)
            for name in parent[common:]:
                yield f"<DT><H3>{_escaped(name)}</H3>\n<DL><p>\n"
            self._open = parent
            if isinstance(row, Entry):
                yield _encode_entry(row)
            else:
                yield _encode_folder(row)
                self._open = row.path

    def end(self) -> str:
        """What stands behind all rows."""
        return "</DL><p>\n" * (len(self._open) + 1)


def _encode_entry(entry: Entry) -> str:
    tags = [tag.replace(",", " ") for tag in entry.tags]
    if entry.is_archived:
        tags.append(ARCHIVED_TAG)
    attributes = [
        f'HREF="{_escaped(entry.url)}"',
        *_encode_time("ADD_DATE", entry.created_at),
        *_encode_time("LAST_MODIFIED", entry.updated_at),
        f'PRIVATE="{int(not entry.is_public)}"',
        f'TOREAD="{int(entry.to_read)}"',
        f'TAGS="{_escaped(",".join(tags))}"',
    ]
    if entry.is_favorite:
        attributes.append('DATA-IMPORTANT="true"')
    description = entry.description
    if entry.notes:
        description += f"{NOTES_START}{entry.notes}{NOTES_END}"
    return f"<DT><A {' '.join(attributes)}>{_escaped(entry.title)}</A>\n{_encode_description(description)}"


def _encode_folder(folder: FolderEntry) -> str:
    attributes = ["H3", *_encode_time("ADD_DATE", folder.created_at)]
    heading = f"<{' '.join(attributes)}>{_escaped(folder.path[-1])}</H3>"
    return f"<DT>{heading}\n{_encode_description(folder.description)}<DL><p>\n"


def _encode_description(text: str) -> str:
    return f"<DD>{_escaped(text)}\n" if text else ""


def _encode_time(name: str, moment: datetime | None) -> list[str]:
    """Write the attribute in seconds; no attribute for a time that would be read back as another one."""
    seconds = 0 if moment is None else (moment - _EPOCH) // timedelta(seconds=1)
    return [f'{name}="{seconds}"'] if 0 < seconds < 10**10 else []


def _escaped(text: str) -> str:
    """Escape for text and quoted attributes alike; a bare carriage return would be read as a line feed."""
    return escape(text).replace("\r", "&#13;")


def _common_length(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    """Count the names with which both paths begin."""
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return index
    return min(len(left), len(right))
