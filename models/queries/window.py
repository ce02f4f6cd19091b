"""Which part of a list is asked for, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Order(Enum):
    """What a list of bookmarks is sorted by; ties are broken by id in the same direction.

    PLACE is the order in one folder, which ``Sort`` names. ADDRESS minds no case, and the first 400 characters only.
    From URL on there is no index: every row is sorted.
    """

    ADDED = "created_at"
    MODIFIED = "updated_at"
    TITLE = "sort_key"
    DELETED = "deleted_at"
    ID = "id"
    PLACE = "position"
    ADDRESS = "address"
    URL = "url_href"
    DESCRIPTION = "description"
    PUBLIC = "is_public"
    CLICKS = "click_count"


@dataclass(frozen=True, slots=True)
class Sort:
    """An order and its direction; ``folder_id`` belongs to PLACE."""

    order: Order = Order.ADDED
    descending: bool = True
    folder_id: int | None = None


class Place(int):
    """A position in a folder: 64 bits, where ids have 31."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Position:
    """A row's place in a sorted list: what it is sorted by, then its id."""

    value: datetime | bytes | str | int
    id: int


@dataclass(frozen=True, slots=True)
class Slice:
    """At most ``limit`` rows: ``offset`` from the start, or after (``backwards``: before) a position.

    Rows always come in the list's own order. ``backwards`` takes the last ``limit`` rows before ``after``.
    """

    limit: int
    offset: int = 0
    after: Position | None = None
    before: Position | None = None
    backwards: bool = False
