"""Counts in this process's memory."""

from __future__ import annotations

from limits.aio.storage import Storage

from schema.ports import Clock

MOST_KEYS = 10_000  # beyond these, windows that have ended are let go of


class MemoryCounters(Storage):
    """Fixed windows by a clock that is given.

    The library's own storage looks through all its keys each time it counts; this one only now and then.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._windows: dict[str, tuple[int, float]] = {}  # how many, and when it ends
        self._most = MOST_KEYS

    @property
    def base_exceptions(self) -> type[Exception]:
        """What can go wrong outside: nothing."""
        return OSError

    async def add(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """Count, in a window of so many seconds that begins now unless one is open.

        Says how many there are, and when the window ends, in Unix seconds.
        """
        now = self._now()
        if len(self._windows) > self._most:
            self._let_go(now)
        count, ends = self._windows.get(key, (0, now))
        if ends <= now:
            count, ends = 0, now + expiry
        self._windows[key] = (count + amount, ends)
        return count + amount, ends

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; says how many there are."""
        count, _ = await self.add(key, expiry, amount)
        return count

    async def decr(self, key: str, amount: int = 1) -> None:
        """Count so many less in the window that is open; from an empty one, the next begins anew."""
        count, ends = self._windows.get(key, (0, 0.0))
        if count > amount:
            self._windows[key] = (count - amount, ends)
        else:
            self._windows.pop(key, None)

    async def get(self, key: str) -> int:
        """How many there are in the window that is open."""
        count, ends = self._windows.get(key, (0, 0.0))
        return count if ends > self._now() else 0

    async def get_expiry(self, key: str) -> float:
        """When the window ends, or ended, in Unix seconds; now for none."""
        window = self._windows.get(key)
        return self._now() if window is None else window[1]

    async def check(self) -> bool:
        """Memory is always there."""
        return True

    async def reset(self) -> int:
        """Forget everything; says how many windows there were."""
        number = len(self._windows)
        self._windows.clear()
        return number

    async def clear(self, key: str) -> None:
        """Forget one window."""
        self._windows.pop(key, None)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _let_go(self, now: float) -> None:
        self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        self._most = max(MOST_KEYS, 2 * len(self._windows))  # not all of them again with every one that is counted
