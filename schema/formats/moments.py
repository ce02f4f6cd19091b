"""Moments as files spell them in ISO 8601; counts of seconds are ``netscape.decode_time``'s."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
LONGEST: Final = 40  # characters of any spelling


def read_moment(text: object) -> datetime | None:
    """The moment in UTC, which a text without an offset means; None for what is none."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST <= moment <= LATEST else None  # all databases and time zones know those
