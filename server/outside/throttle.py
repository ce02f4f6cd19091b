"""How often somebody may try, counted in this process's memory."""

from __future__ import annotations

import math
import time

from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from schema.errors import RateLimited
from schema.ports import Allowance
from server.outside.counters.keys import item_of

MOST_KEYS = 10_000  # beyond these, keys whose window is empty are let go of; the library keeps them


class MemoryThrottle:
    """Moving windows as schema.ports.Throttle. Each serving process counts for itself."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._most = MOST_KEYS

    async def take(self, allowance: Allowance, key: str) -> None:
        """Count one try. Raises RateLimited when the window has no room for it."""
        if len(self._storage.events) > self._most:
            self._let_go()
        item = item_of(allowance)
        if not self._limiter.hit(item, allowance.name, key):
            free_at = self._limiter.get_window_stats(item, allowance.name, key).reset_time
            raise RateLimited(max(1, math.ceil(free_at - time.time())))

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Forget one try of the key."""
        name = item_of(allowance).key_for(allowance.name, key)
        if name in self._storage.events:
            with self._storage.locks[name]:  # the library lets old tries go in a thread of its own
                del self._storage.events[name][:1]

    async def clear(self, allowance: Allowance, key: str) -> None:
        """Forget the tries of the key."""
        self._limiter.clear(item_of(allowance), allowance.name, key)

    def _let_go(self) -> None:
        for key in [key for key, events in list(self._storage.events.items()) if not events]:
            self._storage.clear(key)
        self._most = max(MOST_KEYS, 2 * len(self._storage.events))  # not all of them again with every try
