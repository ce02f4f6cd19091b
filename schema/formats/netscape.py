"""Netscape bookmark files: what every browser and most bookmark services export and import.

The format has no standard. What it holds is what the programs write: nested ``<DL>`` lists of ``<DT><A HREF=…>`` links
and ``<DT><H3>`` folders, a ``<DD>`` after either for the description, hardly ever a closing tag for ``DT`` and ``DD``.
Attributes and markers beyond the first browser's: ``TAGS`` (commas), ``TOREAD``, ``PRIVATE`` (Pinboard, Shaarli,
linkding), ``DATA-IMPORTANT`` (Raindrop), the tag ``linkding:archived`` and ``[linkding-notes]`` inside ``DD``
(linkding's importer and exporter). Pocket's export is a sister: ``<ul>`` lists under ``<H1>`` headings, and
``time_added``; it is read here too.

Reading streams: the standard library's ``html.parser`` finds the tags, and this module follows the nesting. A file of
103 MB with 308,000 links takes 8 s (40,000 links a second) and no memory that grows with it. selectolax parses and
walks the same file in 1.5 s, but needs 840 MB for its tree. Storing the links is slower than either, so memory decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.entities import html5
from html.parser import HTMLParser
from typing import BinaryIO, Final, TypeAlias

from schema.errors import Fault, Invalid
from schema.formats.charsets import decoded
from schema.formats.entries import Entry, FolderEntry, Refused, Remark, Row
from schema.formats.netscape_writer import ARCHIVED_TAG, NOTES_END, NOTES_START, write
from schema.formats.tags import take_tags

__all__ = ["LOOK", "MAX_DEPTH", "MAX_TEXT", "decode_time", "read", "write"]

MAX_DEPTH: Final = 1_000
"""Folders inside each other; without a limit the paths of a small hostile file could fill the memory."""

MAX_TEXT: Final = 1 << 20
"""Characters of a title or description, and of a single HTML tag: more is never held in memory."""

LOOK: Final = 1 << 20
"""Characters in which a bookmark file must have shown that it is one."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WINDOWS_EPOCH: Final = 11_644_473_600 * 10**6  # microseconds from 1601, where Chrome counts from, to 1970
_NUMBER: Final = re.compile(r"\s*0*([1-9][0-9]{0,17})(?:\.[0-9]*)?\s*")
_AMPERSAND: Final = re.compile(r"&(?!#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};)([A-Za-z][A-Za-z0-9]{1,31};)?")
_LONGEST_REFERENCE: Final = 40  # more than &CounterClockwiseContourIntegral; needs


def read(source: BinaryIO) -> Iterator[Row]:
    """Yield what the bookmark file holds, in its order, while it is read; ``position`` is the line.

    A link that cannot be used is a Refused, a part of a kept row that cannot be kept a Remark before that row.
    Damage (missing end tags, unbalanced lists, unknown bytes) is mended where a browser would mend it.

    Raises Invalid (``file``: ``format``), at the first ``next`` that finds out, when there is neither the doctype of
    a bookmark file nor a ``DL`` or ``DT`` in the first 1,048,576 characters; nothing has been yielded then.
    """
    reader = _Reader()
    seen = 0
    for text in _with_plain_ampersands(decoded(source)):
        seen += len(text)
        reader.feed(text)
        reader.skip_endless_tag()
        yield from reader.take()
        if seen > LOOK and not reader.recognised:
            break
    reader.finish()
    if not reader.recognised:
        raise Invalid(Fault(("file",), "format"))
    yield from reader.take()


def decode_time(text: str | None) -> datetime | None:
    """Read a count of seconds, milliseconds or microseconds since 1970, or of microseconds since 1601, by its size.

    Each range ends in the year 2286, so that they meet without gaps. Anything else, and zero, is None.
    """
    match = _NUMBER.fullmatch(text or "")
    if match is None:
        return None
    number = int(match[1])
    if number < 10**10:
        number *= 10**6
    elif number < 10**13:
        number *= 10**3
    elif number >= 10**16:
        number -= _WINDOWS_EPOCH
    return _EPOCH + timedelta(microseconds=number) if 0 < number < 10**16 else None


def _with_plain_ampersands(pieces: Iterable[str]) -> Iterator[str]:
    """Turn each ``&`` that begins no complete character reference into ``&amp;``, across the borders of the pieces.

    Firefox and linkding write addresses as they are, and html.parser would read ``?a=1&copy=2`` as ``?a=1©=2``. Here a
    reference counts only with its semicolon.
    """
    rest = ""
    for piece in pieces:
        text = rest + piece
        start = text.rfind("&", max(0, len(text) - _LONGEST_REFERENCE))
        cut = len(text) if start < 0 or ";" in text[start:] else start
        rest = text[cut:]
        yield _AMPERSAND.sub(_plain_ampersand, text[:cut])
    yield _AMPERSAND.sub(_plain_ampersand, rest)


def _plain_ampersand(match: re.Match[str]) -> str:
    name = match[1] or ""
    return f"&{name}" if name in html5 else f"&amp;{name}"


@dataclass(slots=True)
class _Open:
    """A link or folder whose text and description are still coming."""

    is_folder: bool
    position: int
    attributes: dict[str, str | None]
    title: str = ""
    description: list[str] = field(default_factory=list)  # the text of each DD
    room: int = MAX_TEXT  # characters that the description may still take
    is_cut: bool = False

    def attribute(self, name: str) -> str:
        """Return the attribute's value, empty when it is missing or has none."""
        return self.attributes.get(name) or ""


Attributes: TypeAlias = list[tuple[str, str | None]]


class _Reader(HTMLParser):
    """Follows the tags of a bookmark file and collects rows, which ``take`` hands out.

    A row is ready only when the next tag shows that no description follows; ``_open`` waits for that. ``_inside`` is
    the tag whose text is being collected. ``_lists`` has the folder path of every open ``DL``.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.recognised = False
        self._rows: list[Row] = []
        self._open: _Open | None = None
        self._inside = ""
        self._text: list[str] = []
        self._length = 0
        self._line = 0  # where the text began
        self._lists: list[tuple[str, ...]] = []
        self._lists_too_deep = 0
        self._next_list: tuple[str, ...] | None = None  # where the DL belongs that follows a folder's name
        self._is_pocket = False
        self._heading = ""
        self._starts: dict[str, Callable[[Attributes], None]] = {
            "dl": self._start_list,
            "dt": self._start_term,
            "dd": self._start_description,
            "a": self._start_link,
            "h3": self._start_folder,
            "h1": self._start_heading,
            "title": lambda _: self._start_text("title"),
            "hr": lambda _: self._end_row(),
            "br": self._break_line,
            "p": self._break_line,
        }

    # What html.parser calls.

    def handle_decl(self, decl: str) -> None:
        """Recognise the doctype."""
        self.recognised |= decl.lower().startswith("doctype netscape-bookmark")

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Follow a start tag; tags that mean nothing here leave the text around them together."""
        start = self._starts.get(tag)
        if start is not None:
            start(attrs)

    def handle_endtag(self, tag: str) -> None:
        """Follow an end tag."""
        if tag == "dl":
            self._end_list()
        elif tag == self._inside:
            self._end_text()

    def handle_data(self, data: str) -> None:
        """Collect text, up to the limit and one character more, which tells that there was too much."""
        if self._inside and self._length <= MAX_TEXT:
            self._text.append(data[: MAX_TEXT + 1 - self._length])
            self._length += len(data)

    def set_cdata_mode(self, elem: str, **_: object) -> None:
        """Read on as usual inside TITLE, SCRIPT and the like: where the end tag is missing, links would be lost."""

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002 - the signature is html.parser's
        """Pass over ``<![…>``, at which older versions of html.parser raise AssertionError."""
        end = self.rawdata.find(">", i)
        return end + 1 if end >= 0 else -1

    # What ``read`` calls.

    def take(self) -> list[Row]:
        """Hand out the rows that are ready."""
        rows, self._rows = self._rows, []
        return rows

    def skip_endless_tag(self) -> None:
        """Give up on a tag or comment that has become longer than any real one.

        html.parser would keep it and search it again with every piece, to the end of the file.
        """
        if len(self.rawdata) > MAX_TEXT:
            self._skip("A tag or comment is longer than 1,048,576 characters; that much of the file was skipped.")

    def finish(self) -> None:
        """End what is open. What is left unread is an unfinished tag: html.parser's own ``close`` makes it text."""
        if len(self.rawdata) > 1 and self.rawdata.startswith("<"):
            self._skip("A tag or comment has no end; the rest of the file was skipped.")
        else:
            self.close()
        self._end_row()

    def _skip(self, reason: str) -> None:
        self._end_row()
        if self.recognised:
            self._rows.append(Refused(self.getpos()[0], reason))
        self.updatepos(0, len(self.rawdata))
        self.rawdata = ""

    # What the tags mean.

    def _start_list(self, _: Attributes) -> None:
        self._end_row()
        self.recognised = True
        if len(self._lists) > MAX_DEPTH:
            self._lists_too_deep += 1
            return
        self._lists.append(self._path if self._next_list is None else self._next_list)
        self._next_list = None

    def _end_list(self) -> None:
        self._end_row()
        self._next_list = None
        if self._lists_too_deep:
            self._lists_too_deep -= 1
        elif self._lists:
            self._lists.pop()

    def _start_term(self, _: Attributes) -> None:
        self._end_row()
        self.recognised = True
        self._start_text("dt")

    def _start_heading(self, _: Attributes) -> None:
        self._end_row()  # Pocket's headings say something of the links before them, or of those after
        self._start_text("h1")

    def _start_description(self, _: Attributes) -> None:
        self._start_text("dd")

    def _start_link(self, attributes: Attributes) -> None:
        self._start_item(attributes, is_folder=False)

    def _start_folder(self, attributes: Attributes) -> None:
        self._start_item(attributes, is_folder=True)

    def _start_item(self, attributes: Attributes, *, is_folder: bool) -> None:
        if self._inside == "dt":
            self._length = 0
            self._text.clear()  # what stands between DT and the link or heading: a number, a bullet
        self._end_row()
        if self.recognised:
            # Of an attribute given twice the first counts, as in HTML.
            self._open = _Open(is_folder, self.getpos()[0], dict(reversed(attributes)))
            self._start_text("h3" if is_folder else "a")

    def _break_line(self, _: Attributes) -> None:
        self.handle_data("\n" if self._inside == "dd" else " ")

    def _start_text(self, tag: str) -> None:
        self._end_text()
        self._inside = tag
        self._line = self.getpos()[0]

    def _end_text(self) -> None:
        """Give the collected text to what it belongs to."""
        inside, text = self._inside, "".join(self._text)
        is_cut = self._length > MAX_TEXT
        self._inside = ""
        self._length = 0
        self._text.clear()
        written = text[:MAX_TEXT]
        text = written.strip()
        if is_cut:
            self._remark_cut()
        match inside:
            case "a" | "h3" if self._open is not None:
                # Programs write a title in one line and as it is (floccus wants its blanks back, NC-15.1); where there
                # are several lines, somebody laid the file out.
                self._open.title = text if "\n" in written or "\r" in written else written
            case "dd" if text:
                self._describe(text)
            case "dt" if text:
                self._rows.append(Refused(self._line, "There is text where a link should be."))
            case "title":
                self._is_pocket = text == "Pocket Export"
                self.recognised |= self._is_pocket
            case "h1":
                self._heading = text

    def _describe(self, text: str) -> None:
        item = self._open
        if item is None:
            if self._lists:  # before the first list it would be a description of the whole file
                self._remark("A description belongs to no link and no folder; it was left out.")
        elif len(text) <= item.room:
            item.description.append(text)
            item.room -= len(text) + 1
        else:
            self._remark_cut()

    def _end_row(self) -> None:
        """The link or folder is complete: make its rows."""
        self._end_text()
        item, self._open = self._open, None
        if item is None:
            return
        if item.is_folder:
            self._end_folder(item)
        else:
            self._next_list = None
            self._rows.extend(_decode_link(item, self._path, self._pocket_state()))

    def _end_folder(self, item: _Open) -> None:
        if len(self._lists) > MAX_DEPTH:
            reason = "A folder lies deeper than 1,000 others; what it holds goes to the one around it."
            self._rows.append(Remark(item.position, reason))
            return
        self._next_list = (*self._path, item.title)
        self._rows.append(
            FolderEntry(
                path=self._next_list,
                description="\n".join(item.description),
                created_at=decode_time(item.attribute("add_date")),
                position=item.position,
            )
        )

    def _pocket_state(self) -> str:
        """Pocket keeps in the heading above the list whether a link was read ("Unread", "Read Archive")."""
        return self._heading.lower() if self._is_pocket else ""

    @property
    def _path(self) -> tuple[str, ...]:
        return self._lists[-1] if self._lists else ()

    def _remark_cut(self) -> None:
        """Say that a text was too long; once is enough for all the texts of a link."""
        if self._open is None or not self._open.is_cut:
            self._remark("A text is longer than 1,048,576 characters; the rest of it was left out.")
        if self._open is not None:
            self._open.is_cut = True

    def _remark(self, reason: str) -> None:
        if self._open is None:
            self._rows.append(Remark(self._line, reason))
        else:
            self._rows.append(Remark(self._open.position, reason, self._open.attribute("href").strip()))


def _decode_link(item: _Open, folder: tuple[str, ...], pocket_state: str) -> Iterator[Row]:
    url = item.attribute("href").strip()
    if not url:
        yield Refused(item.position, "The link has no address.")
        return
    if url[:6].lower() == "place:":
        yield Refused(item.position, "This is a saved search of Firefox, not a link.", url)
        return
    tags, remarks = take_tags(item.attribute("tags").split(","), item.position, url)
    yield from remarks
    is_archived = ARCHIVED_TAG in tags or pocket_state == "read archive"
    description, notes = _split_notes("\n".join(item.description))
    yield Entry(
        url=url,
        title=item.title,
        description=description,
        notes=notes,
        tags=tuple(tag for tag in tags if tag != ARCHIVED_TAG),
        folder=folder,
        created_at=decode_time(item.attribute("add_date") or item.attribute("time_added")),
        updated_at=decode_time(item.attribute("last_modified")),
        to_read=item.attribute("toread") == "1" or pocket_state == "unread",
        is_archived=is_archived,
        is_public=item.attribute("private") == "0",
        is_favorite=item.attribute("data-important").lower() == "true",
        position=item.position,
    )


def _split_notes(text: str) -> tuple[str, str]:
    """Take linkding's notes out of a description."""
    before, marker, rest = text.partition(NOTES_START)
    if not marker:
        return text, ""
    notes, marker, after = rest.rpartition(NOTES_END)
    if not marker:  # cut off: all of it is notes
        return before.strip(), rest
    return f"{before}{after}".strip(), notes
