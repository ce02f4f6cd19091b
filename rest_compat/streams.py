"""Answers that are sent while the database is read: how many at once, and how long a reader may dawdle.

Each holds a connection and a snapshot until its last row is out, so readers who stop reading could take every
connection there is, and keep a snapshot open for as long as they like.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from schema.errors import Unavailable

AT_ONCE = 3  # of a process; PostgreSQL's pool has ten connections
PATIENCE = 3.0  # seconds that one more waits for a place
READER_SECONDS = 30.0  # for each piece
PIECE = 128 * 1024  # bytes; aiohttp waits for the reader once in 64 KiB


class Streams:
    """The places of a process. ``patience`` and ``reader_seconds`` are in seconds; the latter is for 128 KiB."""

    def __init__(
        self, *, at_once: int = AT_ONCE, patience: float = PATIENCE, reader_seconds: float = READER_SECONDS
    ) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._patience = patience
        self._reader_seconds = reader_seconds

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places. Raises Unavailable when none becomes free in time."""
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable("long lists, for too many are being sent") from None
        try:
            yield
        finally:
            self._places.release()

    async def send(self, response: web.StreamResponse, data: bytes) -> None:
        """Write to an answer that has begun. Raises ConnectionAbortedError when its reader takes no piece in time."""
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            try:
                async with asyncio.timeout(self._reader_seconds):
                    await response.write(view[start : start + PIECE])
            except TimeoutError:
                raise ConnectionAbortedError("the reader has stopped reading") from None
