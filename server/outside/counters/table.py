"""Counts in the database: they outlive the process, and all processes share them."""

from __future__ import annotations

from datetime import timedelta

from limits.aio.storage import Storage
from tortoise.exceptions import BaseORMException

from models import Counter
from models.queries import counters as queries
from schema.ports import Clock


class TableCounters(Storage):
    """Fixed windows in the table ``counter``, by a clock that is given."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the database raises."""
        return BaseORMException

    async def add(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """Count, in a window of so many seconds that begins now unless one is open.

        Says how many there are, and when the window ends, in Unix seconds.
        """
        now = self._clock.now()
        count, ends = await queries.add(key, amount, now, now + timedelta(seconds=expiry))
        return count, ends.timestamp()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; says how many there are."""
        count, _ = await self.add(key, expiry, amount)
        return count

    async def decr(self, key: str, amount: int = 1) -> None:
        """Count so many less in the window that is open."""
        await queries.take_back(key, amount, self._clock.now())

    async def get(self, key: str) -> int:
        """How many there are in the window that is open."""
        count, _ = await queries.find(key, self._clock.now())
        return count

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in Unix seconds; now for none."""
        _, ends = await queries.find(key, self._clock.now())
        return ends.timestamp()

    async def check(self) -> bool:
        """Whether the database answers."""
        try:
            await Counter.all().limit(1).count()
        except BaseORMException:
            return False
        return True

    async def reset(self) -> int:
        """Forget everything; says how many windows there were."""
        return await Counter.all().delete()

    async def clear(self, key: str) -> None:
        """Forget one window."""
        await Counter.filter(key=key).delete()
