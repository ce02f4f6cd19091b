"""Under which names is counted."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from limits import RateLimitItemPerSecond

from schema.ports import Allowance

LONGEST = 100  # characters of a key that is kept as it is


@lru_cache(maxsize=100)  # there are a dozen, asked for with every request
def item_of(allowance: Allowance) -> RateLimitItemPerSecond:
    """The allowance in the library's words."""
    return RateLimitItemPerSecond(allowance.tries, allowance.seconds)


def plain(key: str) -> str:
    """The key as any storage can have it: what strangers send can be long, or no text at all."""
    if len(key) <= LONGEST and key.isascii() and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
