"""What a file is, by how it begins, so that people need not say."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from enum import Enum
from typing import BinaryIO, Final

from schema.formats import library, netscape, pocket, raindrop
from schema.formats.charsets import decoded_plain
from schema.formats.entries import Row
from schema.formats.tables import columns_of

LOOK: Final = 1 << 16
"""Bytes in which a file must have shown what it is."""


class Format(Enum):
    """What is read."""

    NETSCAPE = "netscape"
    JSON = "json"
    POCKET = "pocket"
    RAINDROP = "raindrop"


READERS: Final[dict[Format, Callable[[BinaryIO], Iterator[Row]]]] = {
    Format.NETSCAPE: netscape.read,
    Format.JSON: library.read,
    Format.POCKET: pocket.read,
    Format.RAINDROP: raindrop.read,
}


def sniff(head: bytes) -> Format:
    """The format of a file that begins so; a bookmark file for what is none of them, whose reader then says so.

    Pocket's and Raindrop's pages are bookmark files as well.
    """
    start = "".join(decoded_plain(io.BytesIO(head[:LOOK]))).lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        return Format.JSON
    columns = set() if start.startswith("<") else set(columns_of(start))
    if columns.issuperset(pocket.COLUMNS):
        return Format.POCKET
    return Format.RAINDROP if columns.issuperset(raindrop.COLUMNS) else Format.NETSCAPE


def read(source: BinaryIO, format: Format | None = None) -> Iterator[Row]:
    """Yield what the file holds, of that format or of whichever it looks like. Raises Invalid as that one's reader.

    What a table's reader cannot read may be a page of the same service.
    """
    head = source.read(LOOK)
    seen = sniff(head)
    if format is None or (seen is Format.NETSCAPE and format in TABLES):
        format = seen
    return READERS[format](_Rejoined(head, source))  # type: ignore[arg-type]  # readers call read() only


TABLES: Final = frozenset({Format.POCKET, Format.RAINDROP})


class _Rejoined:
    """A source of which the beginning was read already."""

    def __init__(self, head: bytes, source: BinaryIO) -> None:
        self._head = head
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        if not self._head:
            return self._source.read(size)
        size = len(self._head) if size < 0 else size
        taken, self._head = self._head[:size], self._head[size:]
        return taken
