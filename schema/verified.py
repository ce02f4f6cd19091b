"""Passwords that were right a moment ago, so that a program which sends one with every request costs one slow hash.

What is remembered is a keyed digest of account, sender, password and stored hash, never the password. The account is
read from the database with every request all the same, so a changed password or a deactivated account is noticed at
once.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from schema.errors import RateLimited

if TYPE_CHECKING:
    from schema.ports import Clock

KEPT = 1_000
LIFETIME = timedelta(minutes=5)


class Verified:
    """A bounded memory of one process; the key of its digests is made when it is first needed, and never leaves it."""

    def __init__(self, kept: int = KEPT) -> None:
        self._size = kept
        self._key = b""
        self._until: OrderedDict[bytes, datetime] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[bool]] = {}
        self._resting: OrderedDict[str, datetime] = OrderedDict()

    async def check(
        self, clock: Clock, name: str, password: str, hashed: str, verify: Callable[[], Coroutine[Any, Any, bool]]
    ) -> bool:
        """Whether the password is that of the stored hash; ``verify`` is asked when nothing is remembered for ``name``.

        Only a yes is remembered, for five minutes from its last use. Who asks the same while ``verify`` is under way
        shares its answer, or its exception.
        """
        fact = self._digest(clock, name, password, hashed)
        now = clock.now()
        until = self._until.get(fact)
        if until is not None and now < until:
            self._keep(fact, now)
            return True
        task = self._running.get(fact)
        if task is None:
            task = self._running[fact] = asyncio.get_running_loop().create_task(verify())
            task.add_done_callback(partial(self._done, clock, fact))
        return await asyncio.shield(task)  # one who goes away does not take the answer from the others

    def rest(self, clock: Clock, name: str, seconds: int) -> None:
        """Tell nothing about a name for so many seconds."""
        self._resting[name] = clock.now() + timedelta(seconds=seconds)
        if len(self._resting) > self._size:
            self._resting.popitem(last=False)

    def check_rest(self, clock: Clock, name: str) -> None:
        """Pass a name that may be asked about. Raises RateLimited for one that rests."""
        until = self._resting.get(name)
        if until is None:
            return
        left = (until - clock.now()).total_seconds()
        if left > 0:
            raise RateLimited(math.ceil(left))
        del self._resting[name]

    def _digest(self, clock: Clock, name: str, password: str, hashed: str) -> bytes:
        self._key = self._key or clock.secret(32)
        facts = f"{name}\0{hashed}\0{password}"  # of these only the last may hold a NUL
        return hmac.digest(self._key, facts.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def _done(self, clock: Clock, fact: bytes, task: asyncio.Task[bool]) -> None:
        del self._running[fact]
        if not task.cancelled() and task.exception() is None and task.result():
            self._keep(fact, clock.now())

    def _keep(self, fact: bytes, now: datetime) -> None:
        self._until[fact] = now + LIFETIME
        self._until.move_to_end(fact)
        if len(self._until) > self._size:
            self._until.popitem(last=False)
