"""Take from a quota as a serving process would: ``python tests/programs/take_all.py DATABASE-URL TIMES [REDIS-URL]``.

The allowance is 50 an hour. Waits for a line on stdin first, so that several start together. Prints how often it was
let through.
"""

from __future__ import annotations

# ruff: noqa: T201 - a program speaks by printing
import asyncio
import sys

from schema.errors import RateLimited
from schema.ports import Allowance
from server.database import connected, database_config
from server.outside.clock import SystemClock
from server.outside.counters.redis import RedisCounters
from server.outside.counters.table import TableCounters
from server.outside.quotas import Windows


async def main(database_url: str, times: int, redis_url: str | None = None) -> None:
    """Take so many times, eight at a time."""
    clock = SystemClock()
    counters = RedisCounters(redis_url) if redis_url else TableCounters(clock)
    quotas = Windows(counters, clock)
    taken = 0

    async def take(times: int) -> None:
        nonlocal taken
        for _ in range(times):
            try:
                await quotas.take(Allowance("race", 50, 3600), "1")
            except RateLimited:
                continue
            taken += 1

    async with connected(database_config(database_url), everywhere=True):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(take(times // 8) for _ in range(8)))
        print(taken, flush=True)
    if isinstance(counters, RedisCounters):
        await counters.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
