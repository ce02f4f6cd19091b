"""Under which names is counted."""

from __future__ import annotations

import hashlib

from limits import RateLimitItemPerSecond

from schema.ports import Allowance

LONGEST = 100  # characters of a key that is kept as it is


def item_of(allowance: Allowance) -> RateLimitItemPerSecond:
    """The allowance in the library's words."""
    return RateLimitItemPerSecond(allowance.tries, allowance.seconds)


def plain(key: str) -> str:
    """The key as any storage can have it: what strangers send can be long, or no text at all."""
    if len(key) <= LONGEST and key.isascii() and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
