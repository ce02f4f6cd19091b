"""Read, then write, many times: ``python tests/programs/count_up.py DATABASE-URL TIMES``.

Adds 1 to the first account's change_seq in transactions that read before they write, as every operation does. Waits
for a line on stdin first, so that several start together. Prints what went wrong, a line each, and nothing else.
"""

from __future__ import annotations

# ruff: noqa: T201 - a program speaks by printing
import asyncio
import sys

from tortoise.exceptions import BaseORMException
from tortoise.transactions import in_transaction

from models import User
from server.database import connected, database_config


async def main(url: str, times: int) -> None:
    """Count up so many times."""
    async with connected(database_config(url)):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for _ in range(times):
            try:
                async with in_transaction("default"):
                    user = await User.all().select_for_update(no_key=True).only("id", "change_seq").first()
                    await User.filter(id=user.id).update(change_seq=user.change_seq + 1)
            except BaseORMException as error:
                print(error, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
