"""Counts in Redis for as long as it is well, and at home meanwhile.

A Redis that is down must not take the server down, nor let everybody try for ever: what is counted then is counted
where it would be without Redis. Both changes are logged once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from limits.aio.strategies import MovingWindowRateLimiter

from schema.errors import RateLimited
from schema.ports import Allowance, Clock, Quotas, Standing, Throttle
from server.outside.counters.keys import item_of, plain
from server.outside.counters.redis import TROUBLE, RedisCounters
from server.outside.quotas import Windows

T = TypeVar("T")

TRIES = "tries"  # keeps these names apart from those of quotas, which are kept in another way
PAUSE = timedelta(seconds=5)  # after a failure; requests must not each wait for a Redis that hangs

log = structlog.stdlib.get_logger("polymark.redis")


@dataclass(frozen=True, slots=True)
class Shared:
    """What counts in Redis, and the connections to it."""

    throttle: Throttle
    quotas: Quotas
    counters: RedisCounters

    async def close(self) -> None:
        """Let go of the connections."""
        await self.counters.close()


def share(url: str, clock: Clock, throttle: Throttle, quotas: Quotas) -> Shared:
    """Count in the Redis at that address; the given ones take over while it is down. Nothing is connected yet."""
    counters = RedisCounters(url)
    health = Health(clock)
    return Shared(
        SharedThrottle(health, RedisThrottle(counters), throttle),
        SharedQuotas(health, Windows(counters, clock), quotas),
        counters,
    )


class Health:
    """Whether Redis is to be asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_well = True
        self._ask_again = datetime.min.replace(tzinfo=UTC)

    async def ask(self, there: Callable[[], Awaitable[T]], here: Callable[[], Awaitable[T]]) -> T:
        """What Redis answers, or the answer from here when it does not. Raises what they raise."""
        if not self._is_well:
            now = self._clock.now()
            if now < self._ask_again:
                return await here()
            self._ask_again = now + PAUSE  # this one finds out for all
        try:
            answer = await there()
        except TROUBLE as error:
            self._ask_again = self._clock.now() + PAUSE
            if self._is_well:
                log.warning("redis does not answer, counting without it", error=str(error) or type(error).__name__)
            self._is_well = False
            return await here()
        except RateLimited:
            self._note_answer()
            raise
        self._note_answer()
        return answer

    def _note_answer(self) -> None:
        if not self._is_well:
            log.warning("redis answers again, counting there")
        self._is_well = True


class RedisThrottle:
    """Moving windows as schema.ports.Throttle; all processes that use the same Redis count together."""

    def __init__(self, counters: RedisCounters) -> None:
        self._counters = counters
        self._limiter = MovingWindowRateLimiter(counters)

    async def take(self, allowance: Allowance, key: str) -> None:
        """Count one try. Raises RateLimited when the window has no room for it."""
        item, names = item_of(allowance), (TRIES, allowance.name, plain(key))
        if not await self._limiter.hit(item, *names):
            free_at = (await self._limiter.get_window_stats(item, *names)).reset_time
            raise RateLimited(max(1, math.ceil(free_at - time.time())))

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Forget one try of the key."""
        await self._counters.take_out(item_of(allowance).key_for(TRIES, allowance.name, plain(key)))

    async def clear(self, allowance: Allowance, key: str) -> None:
        """Forget the tries of the key."""
        await self._limiter.clear(item_of(allowance), TRIES, allowance.name, plain(key))


class SharedQuotas:
    """Quotas in Redis, as schema.ports.Quotas."""

    def __init__(self, health: Health, there: Quotas, here: Quotas) -> None:
        self._health = health
        self._there = there
        self._here = here

    async def take(self, allowance: Allowance, key: str) -> Standing:
        """Count one. Raises RateLimited, and counts nothing, when none is left."""
        return await self._health.ask(lambda: self._there.take(allowance, key), lambda: self._here.take(allowance, key))

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Count one less in the window that is open."""
        await self._health.ask(
            lambda: self._there.give_back(allowance, key), lambda: self._here.give_back(allowance, key)
        )


class SharedThrottle:
    """Tries counted in Redis, as schema.ports.Throttle."""

    def __init__(self, health: Health, there: Throttle, here: Throttle) -> None:
        self._health = health
        self._there = there
        self._here = here

    async def take(self, allowance: Allowance, key: str) -> None:
        """Count one try. Raises RateLimited when the window has no room for it."""
        await self._health.ask(lambda: self._there.take(allowance, key), lambda: self._here.take(allowance, key))

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Forget one try of the key."""
        await self._health.ask(
            lambda: self._there.give_back(allowance, key), lambda: self._here.give_back(allowance, key)
        )

    async def clear(self, allowance: Allowance, key: str) -> None:
        """Forget the tries of the key."""
        await self._health.ask(lambda: self._there.clear(allowance, key), lambda: self._here.clear(allowance, key))
