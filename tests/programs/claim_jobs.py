"""Claim jobs as a worker process of its own would: ``python tests/programs/claim_jobs.py DATABASE-URL``.

Waits for a line on stdin, so that several start together; then claims until nothing is due and prints the ids.
"""

from __future__ import annotations

# ruff: noqa: T201 - a program speaks by printing
import asyncio
import sys
import uuid
from datetime import UTC, datetime, timedelta

from models.queries import jobs
from server.database import connected, database_config


async def main(url: str) -> None:
    """Claim and finish every second one; leave the others leased."""
    async with connected(database_config(url)):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        now = datetime.now(UTC)
        while (job := await jobs.claim(now, now + timedelta(hours=1), uuid.uuid4().hex)) is not None:
            if job.id % 2:
                await jobs.finish(job)
            print(job.id, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
