"""Speed and memory as ratios to a hello-world route that is measured in the same run, in turn with everything.

``make bench`` measures 10,000 and 100,000 bookmarks with three tags each, on SQLite and, where
POLYMARK_TEST_POSTGRES_URL (or 127.0.0.1:5432) answers, on PostgreSQL: one serving process, 8 connections. Then it
measures what floccus does (benchmarks/nextcloud.py) and a walk by cursor (benchmarks/bkmark.py).
``python -m benchmarks --sizes 10000 --synced --walked --databases sqlite --seconds 1`` measures less.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import HEADING, Scenario, one
from benchmarks.load import load, request
from benchmarks.seed import RARE, WORDS
from benchmarks.serving import answering, database, free_port, prepare, private_memory, process, serving
from server.settings import Settings

LIST = "query { bookmarks(first: 100, orderBy: ADDED_DESC) { nodes { id title href description tags { name } } } }"
TAG = f"{WORDS[0]}-0"


def scenarios(token: str, some_id: int) -> list[Scenario]:
    """What is measured; each request is the same every time, but for the creates."""
    numbers = itertools.count(1)
    run = time.time_ns()

    def create() -> bytes:
        url = f"https://bench.example/{run}/{next(numbers)}"
        body = json.dumps({"url": url, "title": "A new one", "tag_names": [TAG, "bench-a", "bench-b"]}).encode()
        return request("POST", "/api/bookmarks/?disable_scraping", token, body)

    def fixed(made: bytes) -> Callable[[], bytes]:
        return lambda: made

    graphql = request("POST", "/graphql", token, json.dumps({"query": LIST}).encode())
    return [
        Scenario("linkding: list of 100", fixed(request("GET", "/api/bookmarks/?limit=100", token))),
        Scenario("GraphQL: list of 100 with tags", fixed(graphql)),
        Scenario("linkding: one bookmark", fixed(request("GET", f"/api/bookmarks/{some_id}/", token))),
        Scenario("linkding: list of 100 by tag", fixed(request("GET", f"/api/bookmarks/?q=%23{TAG}", token))),
        Scenario("linkding: search, 1 in 100 holds it", fixed(request("GET", f"/api/bookmarks/?q={RARE}", token))),
        Scenario("linkding: create with 3 tags", create, 201),
    ]


async def measure(kind: str, number: int, seconds: float, hello_port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with database(kind, Path(folder)) as url:
            settings = Settings(data_dir=folder, database_url=url, fetch_timeout=0)
            begun = time.perf_counter()
            token, some_id = await prepare(settings, number)
            print(f"\n{kind}, {number:,} bookmarks (seeded in {time.perf_counter() - begun:.0f} s)")
            print(HEADING)
            async with serving(url, folder) as (port, server):
                for scenario in scenarios(token, some_id):
                    await one(scenario, port, hello_port, seconds, server.pid)
                print(f"private memory of the server (RssAnon): {private_memory(server.pid):.0f} MiB")


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument(
        "--synced", type=int, nargs="*", default=[0, 5_000, 50_000],
        help="bookmarks of the libraries that floccus syncs with; 0 is an empty one that it fills",
    )  # fmt: skip
    parser.add_argument("--walked", type=int, nargs="*", default=[100_000], help="bookmarks of a walk by cursor")
    parser.add_argument("--searched", type=int, nargs="*", default=[100_000], help="bookmarks of ranked searches")
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"])
    parser.add_argument("--seconds", type=float, default=4.0, help="load for each figure")
    parser.add_argument("--hello-port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.hello_port:
        await measure(chosen.databases[0], chosen.sizes[0], chosen.seconds, chosen.hello_port)
        return
    hello_port = free_port()
    with process("-m", "benchmarks.hello", str(hello_port)):
        await answering(hello_port)
        hello = await load(hello_port, lambda: request("GET", "/hello"), seconds=2)
        print(
            f"hello-world JSON, bare aiohttp, one process, 8 connections: {hello.rps:.0f} requests a second", flush=True
        )
        doors = itertools.product(["benchmarks"], chosen.databases, chosen.sizes)
        syncs = itertools.product(["benchmarks.nextcloud"], chosen.databases, chosen.synced)
        searches = itertools.product(["benchmarks.search"], chosen.databases, chosen.searched)
        walks = itertools.product(["benchmarks.bkmark"], chosen.databases, chosen.walked)
        for module, kind, number in [*doors, *syncs, *walks, *searches]:
            # A process each: Tortoise keeps the SQL it made for the first database it met.
            arguments = ["--databases", kind, "--sizes", str(number), "--seconds", str(chosen.seconds)]
            await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-m", module, *arguments, "--hello-port", str(hello_port)],
                check=True,
            )


asyncio.run(main())
