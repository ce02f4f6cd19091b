"""Between Bkmark's JSON and the canonical rows; nothing here asks a database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar

import msgspec

from rest_compat.bkmark.calls import Record

T = TypeVar("T")

Kind = Literal["link", "note", "code", "image"]
Source = Literal["web", "extension", "api", "import", "slack"]
Truth = Literal["true", "false"]  # a yes or no of the address


class Listed(msgspec.Struct, Generic[T], rename="camel"):
    """The envelope of every list (section 1.3)."""

    data: list[T]
    next_cursor: str | None


class Deleted(Record):
    """What a DELETE answers (section 1.7)."""

    id: str
    deleted: bool = True


def yes(truth: Truth | None) -> bool | None:
    """A yes or no of the address as a bool; None when it was left out."""
    return None if truth is None else truth == "true"


def moment(value: datetime) -> str:
    """A moment as ``2025-02-03T04:05:06.789Z``."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_or_none(value: datetime | None) -> str | None:
    """The same, or None."""
    return None if value is None else moment(value)
