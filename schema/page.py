"""Windows in, pages out: where offset, page number and cursor meet.

Cursors are keyset positions in base64, and name the sort they were made for: a cursor of another list is Invalid, not
a wrong page. They are not secret and not signed; a made-up one only asks for another part of one's own list.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import orjson

from models.queries.window import Place, Position, Slice
from schema.errors import Fault, Invalid

T = TypeVar("T")

LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that a caller wants: an offset (linkding) or positions (everybody else)."""

    limit: int = 100
    offset: int = 0
    after: Position | None = None
    before: Position | None = None
    backwards: bool = False

    def slice(self, *, extra: int = 0) -> Slice:
        """The same for the queries, with ``extra`` rows more, by which one knows whether the list goes on."""
        limit = min(self.limit + extra, LARGEST)
        return Slice(limit, min(self.offset, LARGEST), self.after, self.before, backwards=self.backwards)


FIRST = Window()


@dataclass(slots=True)
class Page(Generic[T]):
    """Some rows of a list; ``has_next`` and ``has_previous``: whether it goes on; ``count`` counts all when asked."""

    items: list[T]
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]


def cut(rows: list[T], window: Window) -> tuple[list[T], bool, bool]:
    """Take away the one row too many; tells whether there are more after and before."""
    more = len(rows) > window.limit
    if window.backwards:
        return (rows[1:] if more else rows), window.before is not None, more
    return rows[: window.limit], more, window.after is not None or window.offset > 0


def encode_cursor(sort: str, position: Position) -> str:
    """A position of the list sorted by ``sort`` as opaque text."""
    value = position.value
    if isinstance(value, datetime):
        kind, text = "t", value.isoformat()
    elif isinstance(value, bytes):
        kind, text = "b", value.hex()
    elif isinstance(value, int):
        kind, text = "p" if isinstance(value, Place) else "i", str(int(value))
    else:
        kind, text = "s", value
    return base64.urlsafe_b64encode(orjson.dumps([sort, kind, text, position.id])).rstrip(b"=").decode()


def decode_cursor(
    sort: str, cursor: str, kind: type[datetime | bytes | str | int], *, path: tuple[str, ...] = ("after",)
) -> Position:
    """The position that the text stands for; ``kind`` is what that list is sorted by.

    Raises Invalid when it is none, or one of a list sorted otherwise.
    """
    try:
        position = _decode(sort, cursor)
    except (ValueError, TypeError, binascii.Error, UnicodeError, OverflowError):
        raise Invalid(Fault(path, "cursor")) from None
    if not isinstance(position.value, kind):
        raise Invalid(Fault(path, "cursor"))
    return position


def _decode(sort: str, cursor: str) -> Position:
    padded = cursor.encode() + b"=" * (-len(cursor) % 4)
    made_for, kind, text, id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    most = 2**32 if kind == "p" else 2**31  # the upper half: bookmarks among folders
    if made_for != sort or not isinstance(text, str) or type(id) is not int or not 0 <= id < most:
        raise ValueError
    return Position(_decode_value(kind, text), id)


def _decode_value(kind: object, text: str) -> datetime | bytes | int | str:
    match kind:
        case "t":
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(UTC)
        case "b":
            return bytes.fromhex(text)
        case "i":
            number = int(text)
            if abs(number) >= 2**31:  # only ids; a larger one is an error to PostgreSQL
                raise ValueError
            return number
        case "p":
            place = Place(text)
            if not -LARGEST - 1 <= place <= LARGEST:
                raise ValueError
            return place
        case "s" if "\0" not in text:
            text.encode()  # lone surrogates raise here, not in the database
            return text
        case _:
            raise ValueError
