"""Scalars that GraphQL lacks, and moments without doubt about their zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

import strawberry
from strawberry.schema.config import StrawberryConfig

BigInt = NewType("BigInt", int)


def parse_moment(text: object) -> datetime:
    """The moment, in UTC, that an ISO 8601 text with an offset names. Raises ValueError for any other value."""
    if not isinstance(text, str):
        raise ValueError("a moment is a text such as 2026-01-31T12:00:00Z")  # noqa: TRY004 - what GraphQL understands
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("not a moment such as 2026-01-31T12:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset: Z, or one such as +01:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment lies outside of the years 1 to 9999") from None


def parse_big(value: object) -> int:
    """A whole number, as it came. Raises ValueError for any other value."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("not a whole number")  # noqa: TRY004 - what GraphQL understands
    return value


def parse_uuid(text: object) -> UUID:
    """The UUID of a text. Raises ValueError for any other value."""
    if not isinstance(text, str):
        raise ValueError("a UUID is a text")  # noqa: TRY004 - what GraphQL understands
    return UUID(text)


MOMENT = strawberry.scalar(
    name="DateTime",
    description="A moment in ISO 8601 with an offset; always in UTC and to the microsecond when we say it.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    serialize=datetime.isoformat,
    parse_value=parse_moment,
)
BIG = strawberry.scalar(
    name="BigInt",
    description="A whole number that may need more than 32 bits, as a JSON number.",
    serialize=int,
    parse_value=parse_big,
)
IDENTIFIER = strawberry.scalar(
    name="UUID",
    description="A UUID as 36 characters of text.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
    serialize=str,
    parse_value=parse_uuid,
)

CONFIG = StrawberryConfig(scalar_map={datetime: MOMENT, BigInt: BIG, UUID: IDENTIFIER})
