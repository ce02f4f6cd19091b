"""Dates and times as linkding clients write them: strictly in bodies (LD-BM-2), loosely in filters (LD-LIST-4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ZONE = r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_SECONDS = r"[0-9]{2}(?:[.,][0-9]+)?"
_TIME = rf"(?:[0-9]{{2}}:[0-9]{{2}}(?::{_SECONDS})?|[0-9]{{4}}(?:{_SECONDS})?)"
_WEEK_DATE = r"[0-9]{4}-?W[0-9]{2}(?:-?[1-7])?"

# 24:00 is a time for newer versions of Python, but not for linkding.
_STRICT = re.compile(
    rf"(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{8}}(?=[T ])|{_WEEK_DATE})(?:[T ](?!24){_TIME}{_ZONE})?"
)
_LOOSE = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})(?:[T ](?P<hour>[0-9]{2})(?P<rest>\D.*)?)?",
)


class NotAMoment(ValueError):  # noqa: N818 - a fact about what was sent, as the Problems are
    """The text is no date and time."""


class OutOfRange(ValueError):  # noqa: N818 - the same
    """In UTC the moment lies outside of the years 1 to 9999."""


def read(text: str) -> datetime:
    """Return the moment, aware and in UTC, that a body's field names (LD-BM-2).

    Without an offset it is UTC already, a bare date is its midnight, and what follows the sixth digit of a fraction is
    cut. Raises NotAMoment or OutOfRange.
    """
    if _STRICT.fullmatch(text) is None:
        raise NotAMoment
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:  # well formed, but no such day or time
        raise NotAMoment from error
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise OutOfRange from error


def read_filter(text: str) -> datetime | None:
    """Return the moment (aware, UTC) that a list filter names, or None when it names none and is to be ignored.

    Besides the forms of ``read``: ``t`` and ``z``, an hour without minutes, a month or day of one digit, and blanks
    around (LD-LIST-4).
    """
    text = text.strip().upper()
    if loose := _LOOSE.fullmatch(text):
        text = f"{loose['year']}-{loose['month']:0>2}-{loose['day']:0>2}"
        if loose["hour"]:
            rest = loose["rest"] or ""
            text += f"T{loose['hour']}{rest if rest.startswith(':') else f':00{rest}'}"
    try:
        return read(text)
    except (NotAMoment, OutOfRange):
        return None
