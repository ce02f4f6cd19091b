"""Small writes that nobody waits for, such as when a token was last used."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

LOGGER = logging.getLogger("schema.background")


class Background:
    """Runs coroutines beside the requests; what fails is logged and forgotten, so nothing that matters belongs here.

    Never start one inside a transaction: the task would take its connection along.
    """

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    def start(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin with the work and come back at once; nothing happens while work of the same key is under way."""
        if key in self._tasks:
            return
        task = asyncio.get_running_loop().create_task(work())
        self._tasks[key] = task  # the loop itself keeps no hold of its tasks
        task.add_done_callback(lambda done: self._done(key, done))

    async def drain(self) -> None:
        """Wait until all that was started has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    def _done(self, key: Hashable, task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            LOGGER.warning("Background work failed: %s", error)
