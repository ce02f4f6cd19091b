"""Files of comma-separated values: rows by the names of their columns, whatever a spreadsheet has made of them.

The standard library's ``csv`` reads them: quoted texts over several lines, doubled quotes, any line ends. A spreadsheet
may have put semicolons or tabs in the place of the commas.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from schema.errors import Fault, Invalid
from schema.formats.charsets import decoded_plain
from schema.formats.entries import Refused
from schema.formats.netscape import MAX_TEXT

DELIMITERS: Final = ",;\t"
GUARDED: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

csv.field_size_limit(MAX_TEXT)  # of the process; nothing else here reads tables


@dataclass(frozen=True, slots=True)
class Record:
    """One row; ``line`` is where it begins. A column that it does not have is empty."""

    line: int
    values: dict[str, str]

    def text(self, name: str) -> str:
        """The column's text as it is."""
        return self.values.get(name, "")

    def word(self, name: str) -> str:
        """The column's text without blanks at its ends, in lower case."""
        return self.text(name).strip().lower()


def read_table(source: BinaryIO, needed: Sequence[str]) -> Iterator[Record | Refused]:
    """Yield the rows below the line that names the columns; empty lines, and that line again, are passed over.

    Raises Invalid (``file``: ``format``) when the first line that is not empty does not name all columns that are
    ``needed``; nothing has been yielded then. What cannot be read as a row is a Refused.
    """
    lines = _lines(decoded_plain(source))
    number = 1
    for first in lines:
        if first.strip():
            break
        number += 1
    else:
        raise Invalid(Fault(("file",), "format"))
    delimiter, names = _header(first)
    if not set(needed) <= set(names):
        raise Invalid(Fault(("file",), "format"))
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = number + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Refused(line, f"A field is longer than {MAX_TEXT:,} characters, or a quotation mark is missing.")
            continue
        if any(cells) and [cell.strip().lower() for cell in cells] != names:
            yield Record(line, dict(zip(names, cells, strict=False)))


def columns_of(text: str) -> list[str]:
    """The names of columns in the first line of a text that is not empty."""
    return _header(text.lstrip().partition("\n")[0])[1]


def guard(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.

    Titles come from other people's pages, so a file that its owner opens in a spreadsheet must not run them
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    return f"'{text}" if text.startswith(GUARDED) else text


def unguard(text: str) -> str:
    """What was guarded."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(GUARDED) else text


def _header(line: str) -> tuple[str, list[str]]:
    """The delimiter that makes the most columns of a line, and their names."""
    line = line[:MAX_TEXT]
    delimiter = max(DELIMITERS, key=line.count)
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    return delimiter, [cell.strip().lower() for cell in cells]


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """The text in lines with their ends; one that is too long is cut into several."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        for line in whole:
            yield f"{line}\n"
        if len(rest) > MAX_TEXT:
            yield f"{rest}\n"
            rest = ""
    if rest:
        yield rest
