"""The ids that Bkmark's clients know: UUIDs, which may be spelt as the 26 characters of a ULID too (BK section 1.8)."""

from __future__ import annotations

import re
from uuid import UUID

from aiohttp import web

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FORMAT = "X-Bkmark-Id-Format"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_ULID = re.compile(rf"[0-7][{ALPHABET}]{{25}}", re.IGNORECASE | re.ASCII)


def read_uid(text: str) -> UUID | None:
    """The identity that either spelling stands for; None for a text that is neither, and so nobody's id.

    The version and variant digits of a UUID are not looked at.
    """
    if _UUID.fullmatch(text):
        return UUID(text)
    if not _ULID.fullmatch(text):
        return None
    number = 0
    for letter in text.upper():
        number = number * 32 + ALPHABET.index(letter)
    return UUID(int=number)


def write_ulid(uid: str) -> str:
    """The 26-character spelling of a UUID's text."""
    number = UUID(uid).int
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def wants_ulids(request: web.Request) -> bool:
    """Whether the caller asks for ids of 26 characters."""
    return request.headers.get(FORMAT, "").strip().lower() == "ulid"
