"""How often people may do what they do: fixed windows of the ``limits`` library, wherever they are counted."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Protocol

from schema.errors import RateLimited
from schema.ports import Allowance, Clock, Quotas, Standing
from server.outside.counters.keys import item_of, plain

SHORT = 60  # seconds; longer windows outlive the process


class Counters(Protocol):
    """A storage of the library that can count and tell the window's end in one step, and count less, too."""

    async def add(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """Count, in a window of so many seconds that begins now unless one is open.

        Says how many there are, and when the window ends, in Unix seconds.
        """
        ...

    async def decr(self, key: str, amount: int = 1) -> None:
        """Count so many less in the window that is open."""
        ...


class Windows:
    """Fixed windows as schema.ports.Quotas.

    The library's strategy says only whether something passes; this one keeps the count that its storage gave, so that
    those who ask at the same time are each told their own.
    """

    def __init__(self, counters: Counters, clock: Clock) -> None:
        self._counters = counters
        self._clock = clock

    async def take(self, allowance: Allowance, key: str) -> Standing:
        """Count one. Raises RateLimited, and counts nothing, when none is left."""
        limit, name = allowance.tries, _name(allowance, key)
        count, ends = await self._counters.add(name, allowance.seconds)
        standing = Standing(limit, max(0, limit - count), datetime.fromtimestamp(ends, UTC))
        if count > limit:
            await self._counters.decr(name)  # or what is given back later would still find no room
            wait = math.ceil(ends - self._clock.now().timestamp())
            raise RateLimited(max(1, wait), standing)
        return standing

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Count one less in the window that is open."""
        await self._counters.decr(_name(allowance, key))


class ByLength:
    """Short windows in one place, those that a restart must not end in another, as schema.ports.Quotas."""

    def __init__(self, short: Quotas, long: Quotas) -> None:
        self._short = short
        self._long = long

    async def take(self, allowance: Allowance, key: str) -> Standing:
        """Count one. Raises RateLimited, and counts nothing, when none is left."""
        return await self._place(allowance).take(allowance, key)

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Count one less in the window that is open."""
        await self._place(allowance).give_back(allowance, key)

    def _place(self, allowance: Allowance) -> Quotas:
        return self._short if allowance.seconds <= SHORT else self._long


def _name(allowance: Allowance, key: str) -> str:
    return item_of(allowance).key_for(allowance.name, plain(key))
