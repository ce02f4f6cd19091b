"""Pocket's exports: a table of ``title,url,time_added,tags,status`` (2025), or a page with two lists (before that).

The page, ``ril_export.html``, is a sister of browsers' bookmark files and read by their reader (``netscape.py``).
Pocket has no folders. Tags have vertical bars between them; what was read is in its archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from schema.formats.entries import Entry, Refused, Remark, Row
from schema.formats.netscape import decode_time
from schema.formats.tables import Record, read_table
from schema.formats.tags import take_tags

COLUMNS: Final = ("url", "time_added")
"""What tells Pocket's table from others."""


def read(source: BinaryIO) -> Iterator[Row]:
    """Yield the links of the table; ``position`` is the line. Raises Invalid when it is no such table."""
    for record in read_table(source, COLUMNS):
        if isinstance(record, Record):
            yield from _rows(record)
        else:
            yield record


def _rows(record: Record) -> Iterator[Entry | Refused | Remark]:
    url = record.text("url").strip()
    if not url:
        yield Refused(record.line, "The row has no address.")
        return
    tags, remarks = take_tags(record.text("tags").split("|"), record.line, url)
    yield from remarks
    yield Entry(
        url=url,
        title=record.text("title"),
        tags=tags,
        created_at=decode_time(record.text("time_added")),
        to_read=record.word("status") == "unread",
        is_archived=record.word("status") == "archive",
        is_favorite=record.word("favorite") in {"1", "true"},
        position=record.line,
    )
