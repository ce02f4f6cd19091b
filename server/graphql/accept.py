"""Which media type an answer is to have (RFC 9110, 12.5.1; GraphQL over HTTP, "Accept")."""

from __future__ import annotations

from email.message import Message

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"


def parse_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, names in lower case: ``text/html; charset=UTF-8``."""
    message = Message()
    message["Content-Type"] = text.strip()
    parameters = message.get_params([], unquote=True)
    if not parameters:
        return "", {}
    return parameters[0][0].lower(), {name.lower(): value for name, value in parameters[1:]}


def is_utf8(parameters: dict[str, str]) -> bool:
    """Whether the charset is UTF-8; it is when none is named."""
    return parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8"}


def quality_of(parameters: dict[str, str]) -> float:
    """The weight of a media range between 0 and 1; one that is no number counts as 1."""
    try:
        return min(1.0, max(0.0, float(parameters.get("q", "1"))))
    except ValueError:
        return 1.0


def choose(accept: str | None, *, html: bool = False) -> str | None:
    """The media type to answer with, or None when the header accepts none that there is (406).

    ``accept`` is the header's value, None when it was not sent. ``html`` says whether a page may be the answer too.
    The most specific range decides about a type, the highest weight wins, then the range that stands first. Where
    one range with a wildcard stands for both JSON types, the older one is sent, since a client that does not name
    the new type may not know it; without the header it is the new one, as the specification says.
    """
    if accept is None:
        return GRAPHQL
    ranges = [parse_type(part) for part in accept.split(",") if part.strip()]
    best: tuple[float, int, int] | None = None
    chosen = None
    for preference, offered in enumerate([JSON, GRAPHQL, *([HTML] if html else [])]):
        matching = [
            (specificity(name, offered), -place, quality_of(parameters))
            for place, (name, parameters) in enumerate(ranges)
            if is_utf8(parameters) and specificity(name, offered) > 0
        ]
        if not matching:
            continue
        _, place, quality = max(matching)
        rank = (quality, place, -preference)
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, offered
    return chosen


def specificity(media_range: str, offered: str) -> int:
    """How exactly a range names a type: 3 for itself, 2 for ``application/*``, 1 for ``*/*``, 0 for another."""
    if media_range == offered:
        return 3
    if media_range == f"{offered.partition('/')[0]}/*":
        return 2
    return 1 if media_range == "*/*" else 0
