"""Small writes that nobody waits for, such as when a token was last used."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

LOGGER = logging.getLogger("schema.background")


class Background:
    """Runs coroutines beside the requests; what fails is logged and forgotten, so nothing that matters belongs here.

    Never start one inside a transaction: the task would take its connection along.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin with the work and come back at once."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop itself keeps no hold of its tasks
        task.add_done_callback(self._done)

    async def drain(self) -> None:
        """Wait until all that was started has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOGGER.warning("Background work failed: %s", error)
