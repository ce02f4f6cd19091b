"""Addresses in strangers' documents: which lead to the web, and what is in those that carry their own bytes."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import ada_url

from server.outside.snapshots.pieces import Kind, Want

LONGEST = 8_192  # characters of an address; a longer one leads nowhere
MOST_WANTS = 2_000  # of one document
MOST_SLOTS = 20_000  # of one document; one picture may stand in it often

_LINKS = frozenset(
    {"http:", "https:", "mailto:", "tel:", "sms:", "ftp:", "geo:", "magnet:", "xmpp:", "matrix:", "irc:"}
)
_HIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]+")  # what browsers pass over, or might
_RUNS = re.compile(r"(?:java|vb|live|j)script:|mocha:|data:text/|data:application/", re.IGNORECASE)
_DATA = re.compile(r"data:([^,;]{0,200})((?:;[^,;]{0,200}){0,8}),", re.IGNORECASE)


def runs(text: str) -> bool:
    """Whether a browser that took the text for an address might run it."""
    return _RUNS.match(_HIDDEN.sub("", text[:LONGEST])) is not None


def resolve(text: str, base: str) -> str | None:
    """The address, seen from ``base``, of something to fetch, without a fragment; None when it is not on the web."""
    found = _join(text, base)
    return found.href.partition("#")[0] if found is not None and found.protocol in {"http:", "https:"} else None


def link(text: str, base: str) -> str | None:
    """Where a link leads, absolute; None for what is no place (``javascript:``, ``data:`` …)."""
    found = _join(text, base)
    return found.href if found is not None and found.protocol in _LINKS else None


def _join(text: str, base: str) -> ada_url.URL | None:
    """As a browser puts the two together."""
    if len(text) > LONGEST:
        return None
    try:
        return ada_url.URL(text, base)
    except (ValueError, UnicodeError):
        return None


class Data(NamedTuple):
    """What a ``data:`` address carries: its content type, lower case, as it says itself, and the bytes."""

    content_type: str
    body: bytes


def data_of(text: str) -> Data | None:
    """The bytes of a ``data:`` address; None for any other, and for one that cannot be read."""
    text = text.strip()
    found = _DATA.match(text)
    if found is None:
        return None
    body = unquote_to_bytes(text[found.end() :].encode("utf-8", "replace"))
    if found[2].lower().replace(" ", "").endswith(";base64"):
        try:
            body = base64.b64decode(re.sub(rb"[^A-Za-z0-9+/]", b"", body) + b"==")
        except binascii.Error:
            return None
    return Data(found[1].strip().lower() or "text/plain", body)


def data_url(content_type: str, body: bytes) -> str:
    """The address that carries these bytes, of letters that no language around it takes for its own."""
    return f"data:{content_type};base64,{base64.b64encode(body).decode()}"


@dataclass(slots=True)
class Wants:
    """What one document shows, each thing once, and how many gaps there are for them."""

    wants: list[Want] = field(default_factory=list)
    slots: int = 0
    _numbers: dict[tuple[str, str, str | None], int] = field(default_factory=dict)

    def number(self, kind: Kind, url: str, text: str | None = None) -> int | None:
        """The number of the thing, new or known; None when there are too many."""
        key = (kind, url, text)
        self.slots += 1
        if self.slots > MOST_SLOTS:
            return None
        if key not in self._numbers:
            if len(self.wants) >= MOST_WANTS:
                return None
            self._numbers[key] = len(self.wants)
            self.wants.append(Want(kind, url, text))
        return self._numbers[key]
