"""What a Bkmark client waits for that reads everything: a walk by cursor, a hundred a page, while others write.

Run by ``python -m benchmarks``; ``--walked`` says for which sizes of a library. Two writers save new bookmarks and
delete old ones for good all the while; every bookmark that stayed must be met once.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import orjson

from benchmarks.serving import database, prepare, serving
from models import Bookmark
from models.queries.bookmarks import EVERYTHING
from models.queries.window import Sort
from rest_compat.bkmark.routes import BKMARK
from schema.context import Context
from schema.page import Window
from schema.resolvers import bookmarks, tokens
from server.database import connected, database_config
from server.outside.ports import make_outside
from server.settings import Settings

PATH = "/api/v1/bookmarks"
LIMIT = 100
ORDERS = {"newest first": "", "by title": "&sortField=title&sortDir=asc", "by address": "&sortField=url&sortDir=asc"}
EACH = 50  # readings of the ends of a walk
WRITERS = 2
DOOMED = 50  # one in so many is deleted


class Walker:
    """A client that reads pages and keeps their milliseconds."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.times: list[float] = []
        self.queries: list[str] = []

    async def page(self, query: str) -> dict:
        begun = time.perf_counter()
        async with self.session.get(f"{PATH}?limit={LIMIT}{query}") as answer:
            raw = await answer.read()
        self.times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{query}: {raw[:300]!r}")
        return orjson.loads(raw)

    async def walk(self, query: str) -> Counter[str]:
        """How often each id was met from the first page to the last."""
        seen: Counter[str] = Counter()
        following = query
        while True:
            self.queries.append(following)
            shown = await self.page(following)
            seen.update(one["id"] for one in shown["data"])
            if shown["nextCursor"] is None:
                return seen
            following = f"{query}&cursor={shown['nextCursor']}"


async def write(session: aiohttp.ClientSession, doomed: list[str], ended: asyncio.Event) -> int:
    """Save a bookmark and delete one, again and again; how many of each."""
    for number, uid in enumerate(doomed):
        if ended.is_set():
            return number
        body = {"url": f"https://new.example/{uid}", "title": f"Mi {uid}", "description": "A new one"}
        async with session.post(PATH, json=body) as made:
            await made.read()
        async with session.delete(f"{PATH}/{uid}?permanent=true") as gone:
            await gone.read()
        if (made.status, gone.status) != (201, 200):
            raise RuntimeError(f"{made.status} {gone.status}")
    return len(doomed)


async def measure_walk(
    session: aiohttp.ClientSession, name: str, query: str, uids: list[str], doomed: list[str]
) -> None:
    """A walk, and then its first and its last page in turn, while others write."""
    ended = asyncio.Event()
    walker, ends = Walker(session), Walker(session)

    async def walk() -> Counter[str]:
        try:
            seen = await walker.walk(query)
            for _ in range(EACH):
                await ends.page(query)
                await ends.page(walker.queries[-2])  # the last that is full
        finally:
            ended.set()
        return seen

    shares = [doomed[place::WRITERS] for place in range(WRITERS)]
    seen, *written = await asyncio.gather(walk(), *(write(session, share, ended) for share in shares))
    stayed = set(uids) - set(doomed)
    walked = sum(walker.times) / 1000
    missed, twice = len(stayed - seen.keys()), sum(count > 1 for count in seen.values())
    first, last = statistics.median(ends.times[::2]), statistics.median(ends.times[1::2])
    print(
        f"{name:14}{len(walker.times):6,} pages {walked:6.1f} s; {sum(written):5,} saved and deleted; "
        f"stayed {len(stayed):,}, missed {missed}, met twice {twice}\n"
        f"{'':14}first and last page in turn, {EACH} times: {first:.1f} and {last:.1f} ms, ratio {last / first:.2f}",
        flush=True,
    )
    if missed or twice:
        raise RuntimeError("a walk must meet every bookmark that stays, and once")


@contextmanager
def statements():
    """Count the SQL statements of a block."""
    found: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger, handler = logging.getLogger("tortoise.db_client"), Collect()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.WARNING)


async def count_statements(settings: Settings, token: str) -> tuple[int, int]:
    """What the first and a later page cost: the credential and the list."""
    outside = make_outside(settings)
    window, costs = Window(LIMIT), []
    async with connected(database_config(settings.database)):
        for _ in range(2):
            await tokens.believe(outside.ports, token)  # notes its use, once a while
            await outside.ports.background.drain()
            with statements() as found:
                ctx = Context(outside.ports, BKMARK.door, await tokens.believe(outside.ports, token))
                page = await bookmarks.find(ctx, EVERYTHING, Sort(), window, BKMARK.door.wanted)
            costs.append(len(found))
            window = Window(LIMIT, after=bookmarks.queries.position_of(page.items[-1], Sort().order))
    await outside.close()
    return costs[0], costs[1]


async def measure(kind: str, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with database(kind, Path(folder)) as url:
            settings = Settings(data_dir=folder, database_url=url, fetch_timeout=0)
            token, _ = await prepare(settings, number)
            async with connected(database_config(settings.database)):
                uids = [str(uid) for uid in await Bookmark.all().order_by("id").values_list("uid", flat=True)]
            costs = await count_statements(settings, token)
            print(
                f"\n{kind}, a walk of {number:,} by cursor, {LIMIT} a page; statements a page: {costs[0]}, "
                f"then {costs[1]}"
            )
            async with serving(url, folder, "--no-worker", POLYMARK_BKMARK_RATE_LIMIT="0") as (port, _):
                headers = {"Authorization": f"Bearer {token}"}
                async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:
                    for place, (name, query) in enumerate(ORDERS.items()):
                        doomed = uids[place::DOOMED]
                        await measure_walk(session, name, query, uids, doomed)
                        uids = await everything(session)


async def everything(session: aiohttp.ClientSession) -> list[str]:
    """What there is now."""
    return list(await Walker(session).walk(""))


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bkmark", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", required=True)
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgres"], required=True)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--hello-port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    for kind, number in itertools.product(chosen.databases, chosen.sizes):
        await measure(kind, number)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
