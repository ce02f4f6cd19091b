"""Memory: what large files cost the server and the programs beside it, which should be nothing to speak of.

``python -m benchmarks.memory`` starts a server over a small library, sends it files of 300 MiB through every way in,
gets them back through every way out, backs all of it up, verifies and restores it, and exports and imports it as one
file. Each line has the private memory (RssAnon) of who does it: before, at its peak and afterwards, and the peak of all
of its memory (RSS), where pages of files that are mapped count too. ``--megabytes 50 --databases sqlite`` takes less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from benchmarks.serving import database, prepare, serving
from server.settings import Settings

MIB = 1024 * 1024
LIBRARY = 1_000  # bookmarks
EVERY = 0.02  # seconds between two looks
FLAT = 40  # MiB of private memory that a large file may cost at the most
HEADING = f"{'':44}{'seconds':>9}{'before':>9}{'peak':>9}{'after':>9}{'peak RSS':>10}"


def memory(pid: int) -> tuple[float, float]:
    """RssAnon and RSS of a process and its children in MiB; nothing of those that have gone."""
    private = shared = 0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0, 0
    for one in [pid, *map(int, children)]:
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        found = dict(re.findall(r"^(RssAnon|VmRSS):\s+(\d+)", status, re.MULTILINE))
        private += int(found.get("RssAnon", 0))
        shared += int(found.get("VmRSS", 0))
    return private / 1024, shared / 1024


class Watch:
    """Looks at a process now and then, and remembers the most that it saw."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self.before, _ = memory(pid)
        self.peak = self.peak_rss = 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while True:
            private, rss = memory(self._pid)
            self.peak, self.peak_rss = max(self.peak, private), max(self.peak_rss, rss)
            if self._ended.wait(EVERY):
                return

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Watch while the block runs, and print the line."""
        begun = time.perf_counter()
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()
            seconds, (after, _) = time.perf_counter() - begun, memory(self._pid)
            cost = self.peak - self.before
            note = f"  + {cost:.0f}" if self.before > FLAT and cost > FLAT else ""
            print(
                f"{name:44}{seconds:9.1f}{self.before:9.0f}{self.peak:9.0f}{after:9.0f}{self.peak_rss:10.0f}{note}",
                flush=True,
            )


async def random_bytes(megabytes: int) -> AsyncIterator[bytes]:
    """Bytes that cannot be packed, other ones each time."""
    block = os.urandom(MIB)
    for number in range(megabytes):
        yield block[number % 1000 :] + block[: number % 1000]


async def html(megabytes: int) -> AsyncIterator[bytes]:
    """A page, with the pictures inside that make such pages large."""
    yield b"<!doctype html><title>A large page</title><p>Words of it.<img src='data:image/png;base64,"
    for number in range(megabytes):
        yield os.urandom(32).hex().encode() * (MIB // 64 - number % 2)
    yield b"'>"


class Client:
    """Sends and gets through the doors, in pieces."""

    def __init__(self, session: aiohttp.ClientSession, pid: int, megabytes: int) -> None:
        self.session = session
        self.pid = pid
        self.megabytes = megabytes

    async def send(self, name: str, method: str, path: str, **body: object) -> dict:
        """One request with its answer, watched."""
        with Watch(self.pid).on(name):
            async with self.session.request(method, path, **body) as response:
                text = await response.text()
                if response.status not in {200, 201}:
                    raise RuntimeError(f"{name}: {response.status} {text[:500]}")
        return json.loads(text)

    async def get(self, name: str, path: str) -> int:
        """One download, thrown away as it comes; its bytes."""
        size = 0
        with Watch(self.pid).on(name):
            async with self.session.get(path) as response:
                if response.status != 200:
                    raise RuntimeError(f"{name}: {response.status}")
                async for chunk in response.content.iter_chunked(MIB):
                    size += len(chunk)
        return size

    async def ask(self, query: str, **variables: object) -> dict:
        """The data of a GraphQL operation."""
        async with self.session.post("/graphql", json={"query": query, "variables": variables}) as response:
            answer = await response.json()
        if answer.get("errors"):
            raise RuntimeError(answer["errors"])
        return answer["data"]

    def form(self, data: AsyncIterator[bytes], name: str, **fields: str) -> aiohttp.MultipartWriter:
        """A form with a file; what is small comes first, as browsers send it."""
        form = aiohttp.MultipartWriter("form-data")
        for field, value in fields.items():
            form.append(value).set_content_disposition("form-data", name=field)
        part = form.append(data, {"Content-Type": "text/html"})
        part.set_content_disposition("form-data", name="file", filename=name)
        return form


async def through_the_doors(client: Client, bookmark: int) -> None:
    """Every way in, and every way out again."""
    size = client.megabytes
    form = client.form(random_bytes(size), "one.bin")
    made = await client.send("linkding: upload", "POST", f"/api/bookmarks/{bookmark}/assets/upload/", data=form)
    got = await client.get("linkding: download", f"/api/bookmarks/{bookmark}/assets/{made['id']}/download/")
    assert got == size * MIB

    found = await client.ask("{ bookmarks(first: 1) { nodes { id } } }")
    id = found["bookmarks"]["nodes"][0]["id"]
    mutation = """mutation($id: ID!) { createAssetUpload(bookmarkId: $id, name: "two.bin") {
        ... on AssetUpload { uploadUrl asset { id } } } }"""
    upload = (await client.ask(mutation, id=id))["createAssetUpload"]
    await client.send("/uploads: upload", "PUT", upload["uploadUrl"], data=random_bytes(size))
    query = "query($id: ID!) { node(id: $id) { ... on Asset { downloadUrl } } }"
    address = (await client.ask(query, id=upload["asset"]["id"]))["node"]["downloadUrl"]
    assert await client.get("/files: download", address) == size * MIB

    form = client.form(html(1), "small.html", url="https://small.example/")  # a process that reads pages starts once
    await client.send("linkding: a small SingleFile page", "POST", "/api/bookmarks/singlefile/", data=form)
    form = client.form(html(size), "page.html", url="https://large.example/")
    await client.send("linkding: SingleFile page", "POST", "/api/bookmarks/singlefile/", data=form)
    async with client.session.get("/api/bookmarks/?q=large.example") as response:
        (page,) = (await response.json())["results"]
    async with client.session.get(f"/api/bookmarks/{page['id']}/assets/") as response:
        (asset,) = (await response.json())["results"]
    path = f"/api/bookmarks/{page['id']}/assets/{asset['id']}/download/"
    assert await client.get("linkding: download of a packed page", path) > (size - 1) * MIB


def command(environment: dict[str, str], name: str, *arguments: str, out: Path | None = None) -> None:
    """A command in a process of its own, watched."""
    with out.open("wb") if out is not None else Path(os.devnull).open("wb") as target:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *arguments],
            env={**os.environ, **environment}, stdout=target, stderr=subprocess.PIPE,
        )  # fmt: skip
        with Watch(process.pid).on(name):
            _, said = process.communicate()
    if process.returncode:
        print(f"{'':4}{said.decode().strip().splitlines()[-1] if said else process.returncode}")


async def measure(kind: str, megabytes: int) -> None:
    """One table."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        async with database(kind, Path(one)) as url:
            settings = Settings(data_dir=one, database_url=url, fetch_timeout=0)
            token, bookmark = await prepare(settings, LIBRARY)
            print(f"\n{kind}, files of {megabytes} MiB; MiB of private memory\n{HEADING}")
            own = {"POLYMARK_DATA_DIR": one, "POLYMARK_DATABASE_URL": url, "POLYMARK_FETCH_TIMEOUT": "0"}
            file, library = Path(two) / "backup.zip", Path(two) / "library.zip"
            async with serving(url, one, POLYMARK_MAX_SNAPSHOT_SIZE=f"{megabytes * 2}MiB") as (port, server):
                base, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Token {token}"}
                timeout = aiohttp.ClientTimeout(total=None)
                async with aiohttp.ClientSession(base, headers=headers, timeout=timeout) as session:
                    await through_the_doors(Client(session, server.pid, megabytes), bookmark)
                await asyncio.to_thread(command, own, "polymark backup", "backup", str(file))
                exporting = ("export", "--user", "bench", "--format", "json")
                await asyncio.to_thread(command, own, "polymark export --format json", *exporting, out=library)
            await asyncio.to_thread(command, own, "polymark backup --verify", "backup", "--verify", str(file))
        async with database(kind, Path(two)) as url:
            there = own | {"POLYMARK_DATA_DIR": f"{two}/restored", "POLYMARK_DATABASE_URL": url}
            await asyncio.to_thread(command, there, "polymark restore", "restore", str(file))
            await asyncio.to_thread(command, there, "polymark user add", "user", "add", "other")
            importing = ("import", str(library), "--user", "other")
            await asyncio.to_thread(command, there, "polymark import of that", *importing)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300, help="the size of each file")
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"])
    chosen = parser.parse_args()
    if len(chosen.databases) == 1:
        await measure(chosen.databases[0], chosen.megabytes)
        return
    for kind in chosen.databases:
        # A process each: Tortoise keeps the SQL it made for the first database it met.
        arguments = ["--databases", kind, "--megabytes", str(chosen.megabytes)]
        await asyncio.to_thread(subprocess.run, [sys.executable, "-m", "benchmarks.memory", *arguments], check=True)


asyncio.run(main())
