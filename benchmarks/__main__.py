"""Speed and memory as ratios to a hello-world route that is measured in the same run, in turn with everything.

``make bench`` measures 10,000 and 100,000 bookmarks with three tags each, on SQLite and, where
POLYMARK_TEST_POSTGRES_URL (or 127.0.0.1:5432) answers, on PostgreSQL: one serving process, 8 connections.
``python -m benchmarks --sizes 10000 --databases sqlite --seconds 1`` measures less.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from tortoise.connection import get_connection

from benchmarks.load import Measured, load, request
from benchmarks.seed import RARE, WORDS, seed
from schema.resolvers import accounts, tokens
from server.database import connected, database_config, migrate
from server.outside.ports import make_outside
from server.settings import Settings

POSTGRES = os.environ.get("POLYMARK_TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
LIST = "query { bookmarks(first: 100, orderBy: ADDED_DESC) { nodes { id title href description tags { name } } } }"
TAG = f"{WORDS[0]}-0"


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    make: Callable[[], bytes]
    status: int = 200


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


@contextmanager
def process(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program beside this one, ended with the block."""
    environment = {**os.environ, **(environment or {})}
    child = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def answering(port: int) -> None:
    """Wait until somebody listens at the port."""
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the server did not start")


def private_memory(pid: int) -> float:
    """The process's RssAnon in MiB, its children's added."""
    total = 0
    for one in [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
        total += int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{one}/status").read_text())[1])
    return total / 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def database(kind: str, folder: Path):
    """The address of an empty database; a PostgreSQL one is dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite://{folder / 'polymark.db'}"
        return
    name = f"polymark_bench_{os.getpid()}"
    admin = await asyncpg.connect(POSTGRES)
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(POSTGRES)._replace(path=f"/{name}").geturl()
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def prepare(settings: Settings, number: int) -> tuple[str, int]:
    """A migrated database with a library of that size; a token, and the id of a bookmark in the middle."""
    config = database_config(settings.database, synchronous="NORMAL")
    await migrate(config)
    outside = make_outside(settings)
    async with connected(config):
        user = await accounts.create(outside.ports, "bench", "benchmark password")
        made = await tokens.issue(outside.ports, user.id, name="bench")
        await seed(user.id, number)
        await get_connection("default").execute_script("ANALYZE")
    await outside.close()
    return made.secret, number // 2


async def measure(kind: str, number: int, seconds: float, hello_port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with database(kind, Path(folder)) as url:
            settings = Settings(data_dir=folder, database_url=url, fetch_timeout=0)
            begun = time.perf_counter()
            token, some_id = await prepare(settings, number)
            print(f"\n{kind}, {number:,} bookmarks (seeded in {time.perf_counter() - begun:.0f} s)")
            print(
                f"{'':38}{'req/s':>9}{'of hello':>10}{'of bare':>10}{'p50 ms':>8}{'p99 ms':>8}{'CPU ms':>8}{'bytes':>9}"
            )
            port = free_port()
            environment = {
                "POLYMARK_DATA_DIR": folder,
                "POLYMARK_DATABASE_URL": url,
                "POLYMARK_FETCH_TIMEOUT": "0",
                "POLYMARK_LOG_LEVEL": "warning",
            }
            with process("-m", "benchmarks.server", "serve", "--port", str(port), environment=environment) as server:
                await answering(port)
                for scenario in scenarios(token, some_id):
                    await one(scenario, port, hello_port, seconds, server.pid)
                print(f"private memory of the server (RssAnon): {private_memory(server.pid):.0f} MiB")


async def one(scenario: Scenario, port: int, bare_port: int, seconds: float, pid: int) -> None:
    """Hello before and after the scenario: a ratio is to the mean of the two.

    ``of hello`` is a route of the same server, through the same middlewares; ``of bare`` an aiohttp application that
    does nothing else.
    """
    hello = request("GET", "/hello")
    await load(port, scenario.make, seconds=seconds / 4, status=scenario.status)
    before = [await load(one, lambda: hello, seconds=seconds / 4) for one in (port, bare_port)]
    cpu = cpu_seconds(pid)
    shown: Measured = await load(port, scenario.make, seconds=seconds, status=scenario.status)
    cpu = (cpu_seconds(pid) - cpu) / shown.requests * 1000
    after = [await load(one, lambda: hello, seconds=seconds / 4) for one in (port, bare_port)]
    of_hello, of_bare = ((one.rps + two.rps) / 2 / shown.rps for one, two in zip(before, after, strict=True))
    print(
        f"{scenario.name:38}{shown.rps:9.0f}{f'1/{of_hello:.1f}':>10}{f'1/{of_bare:.1f}':>10}"
        f"{shown.p50:8.2f}{shown.p99:8.2f}{cpu:8.2f}{shown.size:9,}",
        flush=True,
    )


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
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
        for kind, number in itertools.product(chosen.databases, chosen.sizes):
            # A process each: Tortoise keeps the SQL it made for the first database it met.
            arguments = ["--databases", kind, "--sizes", str(number), "--seconds", str(chosen.seconds)]
            await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-m", "benchmarks", *arguments, "--hello-port", str(hello_port)],
                check=True,
            )


asyncio.run(main())
