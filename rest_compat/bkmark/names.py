"""Names of tags and groups: what may be sent (BK sections 6.3 and 7.3), and the order of what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeVar

from models.rows import FolderRow, TagRow
from models.text import collation_key
from schema.errors import Fault, Invalid

Named = TypeVar("Named", TagRow, FolderRow)


def checked_name(name: str, most: int) -> str:
    """The name without white space around it. Raises Invalid for an empty one, and for over ``most`` characters."""
    name = name.strip()
    if not name:
        raise Invalid(Fault(("name",), "blank"))
    if len(name) > most:
        raise Invalid(Fault(("name",), "too_long", most))
    return name


def by_name(rows: Iterable[Named]) -> list[Named]:
    """The rows by name, as Unicode sorts text (``models/text.py``), which is how titles are sorted as well."""
    return sorted(rows, key=lambda row: (_order(row.name), row.id))


@lru_cache(maxsize=10_000)
def _order(name: str) -> bytes:
    """Remembered, for the same names come with every bookmark."""
    return collation_key(name, "")
