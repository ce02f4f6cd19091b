"""The real time, ids and randomness."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from threading import Lock
from uuid import UUID

import uuid6

_TICK = timedelta(microseconds=1)


class SystemClock:
    """The machine's clock, as schema.ports.Clock; usable from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Tell the moment: aware, in UTC, with microseconds, later than every answer before.

        That holds when the clock is set back too, so the rows that one process writes sort by their times.
        """
        with self._lock:
            self._last = max(datetime.now(UTC), self._last + _TICK)
            return self._last

    def uuid(self) -> UUID:
        """Make a new UUIDv7 (RFC 9562), as the standard library's plain UUID."""
        with self._lock:  # the package keeps its last timestamp in a global
            return UUID(int=uuid6.uuid7().int)

    def secret(self, nbytes: int) -> bytes:
        """Draw ``nbytes`` unguessable bytes from the operating system."""
        return secrets.token_bytes(nbytes)
