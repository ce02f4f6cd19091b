"""What floccus waits for: filling an account one bookmark at a time, and finding out that nothing has changed.

Run by ``python -m benchmarks``; ``--synced`` says for which sizes of a library.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from benchmarks.figures import HEADING, Scenario, one
from benchmarks.load import LENGTH, load, request
from benchmarks.serving import PASSWORD, cpu_seconds, database, prepare, private_memory, serving
from server.settings import Settings

REST = "/index.php/apps/bookmarks/public/rest/v2/"
BASIC = b64encode(f"bench:{PASSWORD}".encode()).decode()
CREATES = 5_000
IN_FLIGHT = 5
FOLDERS = 50
SYNCS = 50


class Connection:
    """One of floccus' connections: a request, its answer, the next."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, method: str, path: str, body: object = None) -> dict:
        """The JSON of an answer that must be a success."""
        sent = b"" if body is None else json.dumps(body).encode()
        self.writer.write(request(method, path, BASIC, sent, scheme="Basic"))
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length:
            raw = await self.reader.readexactly(int(length[1]))
        else:  # streamed in chunks
            raw = b""
            while size := int(await self.reader.readline(), 16):
                raw += await self.reader.readexactly(size)
                await self.reader.readline()
            await self.reader.readline()
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{method} {path}: {head[:40]!r} {raw[:300]!r}")
        return json.loads(raw)


async def connections(port: int, number: int) -> list[Connection]:
    """So many, all open."""
    return [Connection(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(number)]


async def fill(port: int, pid: int) -> None:
    """Folders, then bookmarks one by one, each asked for before it is made: what floccus does when it cannot upload."""
    open_ones = await connections(port, IN_FLIGHT)
    folders = [
        (await open_ones[0].ask("POST", REST + "folder", {"parent_folder": -1, "title": f"F{number}"}))["item"]["id"]
        for number in range(FOLDERS)
    ]
    numbers = iter(range(CREATES))
    moments = []

    async def create(connection: Connection) -> None:
        for number in numbers:
            url = f"https://bench.example/{number}"
            await connection.ask("GET", f"{REST}bookmark?url={quote(url, safe='')}")
            body = {"url": url, "title": f"Bookmark {number}", "folders": [folders[number % FOLDERS]]}
            await connection.ask("POST", REST + "bookmark", body)
            moments.append(time.perf_counter())

    hello = await load(port, lambda: request("GET", "/hello"), seconds=1, connections=IN_FLIGHT)
    cpu = cpu_seconds(pid)
    begun = time.perf_counter()
    await asyncio.gather(*map(create, open_ones))
    seconds = moments[-1] - begun
    cpu = (cpu_seconds(pid) - cpu) / CREATES * 1000
    each = hello.rps * seconds / CREATES
    tenth = CREATES // 10
    growth = (moments[-1] - moments[-tenth]) / (moments[tenth - 1] - begun)
    print(
        f"{CREATES:,} creates at {IN_FLIGHT} in flight, each after a look-up: {seconds:.0f} s, "
        f"{CREATES / seconds:.0f} a second\n"
        f"a create with its look-up: as long as {each:.0f} hellos, {cpu:.1f} ms CPU; "
        f"the last tenth took {growth:.2f} times as long as the first",
        flush=True,
    )


async def sync(connection: Connection) -> float:
    """A sync that finds nothing to do; its milliseconds."""
    begun = time.perf_counter()
    await connection.ask("GET", "/ocs/v2.php/cloud/capabilities?format=json")
    await connection.ask("POST", REST + "lock")
    await connection.ask("GET", REST + "folder/-1/hash?hashFn=xxh32")
    await connection.ask("DELETE", REST + "lock")
    return (time.perf_counter() - begun) * 1000


async def timed(connection: Connection, method: str, path: str, body: object = None) -> float:
    """The milliseconds of one call."""
    begun = time.perf_counter()
    await connection.ask(method, REST + path, body)
    return (time.perf_counter() - begun) * 1000


async def watch(port: int, number: int, some_id: int) -> None:
    """Syncs without a change, and what a change far down costs."""
    [connection] = await connections(port, 1)
    await connection.ask("GET", "/ocs/v2.php/cloud/capabilities?format=json")
    question = "folder/-1/hash?hashFn=xxh32"
    signed_in = await timed(connection, "GET", "folder?layers=0")
    first = await timed(connection, "GET", question)
    syncs = sorted([await sync(connection) for _ in range(SYNCS)])
    writes, questions = [], []
    for title in map(str, range(SYNCS)):
        writes.append(await timed(connection, "PUT", f"bookmark/{some_id}", {"title": title, "tags": []}))
        questions.append(await timed(connection, "GET", question))
    print(
        f"no-change sync (4 calls): {statistics.median(syncs):.1f} ms, at worst {syncs[-1]:.1f}; "
        f"first call with a password {signed_in:.0f} ms\n"
        f"hash of the root of {number:,}: never asked for {first:.0f} ms; one change deep down: the write "
        f"{statistics.median(writes):.1f} ms, the next question {statistics.median(questions):.1f} ms",
        flush=True,
    )


def scenarios(token: str) -> list[Scenario]:
    """The calls of a sync without a change, and one of them with either credential."""

    def fixed(made: bytes) -> Callable[[], bytes]:
        return lambda: made

    question = REST + "folder/-1/hash?hashFn=xxh32"
    capabilities = request("GET", "/ocs/v2.php/cloud/capabilities?format=json", BASIC, scheme="Basic")
    return [
        Scenario("Nextcloud: capabilities", fixed(capabilities)),
        Scenario("Nextcloud: hash of the root, password", fixed(request("GET", question, BASIC, scheme="Basic"))),
        Scenario("Nextcloud: hash of the root, token", fixed(request("GET", question, token))),
        Scenario("Nextcloud: children, layers=1", fixed(request("GET", REST + "folder/-1/children?layers=1", token))),
    ]


async def measure(kind: str, number: int, seconds: float, hello_port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with database(kind, Path(folder)) as url:
            settings = Settings(data_dir=folder, database_url=url, fetch_timeout=0)
            token, some_id = await prepare(settings, number, filed=True)
            print(f"\n{kind}, floccus and {number:,} bookmarks in folders" if number else f"\n{kind}, floccus")
            async with serving(url, folder) as (port, server):
                if number:
                    await watch(port, number, some_id)
                    print(HEADING)
                    for scenario in scenarios(token):
                        await one(scenario, port, hello_port, seconds, server.pid)
                else:
                    await fill(port, server.pid)
                print(f"private memory of the server (RssAnon): {private_memory(server.pid):.0f} MiB")


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nextcloud", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", required=True)
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgres"], required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--hello-port", type=int, required=True)
    chosen = parser.parse_args()
    for kind, number in itertools.product(chosen.databases, chosen.sizes):
        await measure(kind, number, chosen.seconds, chosen.hello_port)


if __name__ == "__main__":
    asyncio.run(main())
