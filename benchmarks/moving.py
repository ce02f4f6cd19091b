"""How long a large linkding takes to move over, killed half-way and run again: time and memory, on each database.

    python -m benchmarks.moving /work/data/*.html --assets 200

The files are bookmark files; a first server takes them in, and gets flags, archived ones, bundles and files of mixed
sizes. A second one imports from it through the linkding door.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

import aiohttp

from tests.databases import PostgresDatabases, SqliteDatabases
from tests.live import LiveServer, log_of, serving

SIZES = (0, 100, 5_000, 80_000, 1_000_000, 20_000_000)


async def furnish(server: LiveServer, assets: int) -> int:
    """Flags, notes, bundles and files, through the linkding door; how many bookmarks there are."""
    dice = random.Random(7)
    headers = {"Authorization": f"Token {server.token}"}
    async with aiohttp.ClientSession(f"{server.base}/api/", headers=headers) as session:
        async with session.get("bookmarks/", params={"limit": "100000"}) as answer:
            rows = (await answer.json())["results"]
        for row in dice.sample(rows, min(600, len(rows))):
            names = [name for name in row["tag_names"] if len(name) <= 64]  # what the door takes
            change = {
                "is_archived": dice.random() < 0.5, "shared": dice.random() < 0.5, "unread": dice.random() < 0.5,
                "notes": f"# {row['id']}\n\nñ 日本", "tag_names": [*names, f"Tag-{dice.randrange(300)}"],
            }  # fmt: skip
            async with session.patch(f"bookmarks/{row['id']}/", json=change) as answer:
                answer.raise_for_status()
        for number in range(20):
            async with session.post(
                "bundles/", json={"name": f"B{number}", "search": "go", "any_tags": "a b"}
            ) as answer:
                answer.raise_for_status()
        for number in range(assets):
            data = dice.randbytes(SIZES[number % len(SIZES)] if number % 60 else 40_000_000)
            form = aiohttp.FormData()
            form.add_field("file", data, filename=f"file {number}.bin", content_type="application/octet-stream")
            path = f"bookmarks/{dice.choice(rows)['id']}/assets/upload/"
            if number % 3 == 0:
                form.add_field("url", dice.choice(rows)["url"])
                path = "bookmarks/singlefile/"
            async with session.post(path, data=form) as answer:
                answer.raise_for_status()
        async with session.get("bookmarks/archived/", params={"limit": "1"}) as answer:
            archived = (await answer.json())["count"]
        async with session.get("bookmarks/", params={"limit": "1"}) as answer:
            return archived + (await answer.json())["count"]


def memory_of(pid: int) -> int:
    """Private bytes of a process (RssAnon), 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)


def half_of_the_bookmarks(here: LiveServer, there: LiveServer, _: int) -> bool:
    """Whether the second server has half of what the first one has."""
    return 2 * bookmarks_of(here) >= bookmarks_of(there) > 0


def some_files(here: LiveServer, there: LiveServer, before: int) -> bool:
    """Whether files have begun to come in this run."""
    del here
    return downloads_of(there) > before + 20


def downloads_of(server: LiveServer) -> int:
    """How many files it was asked for."""
    return log_of(server.folder).read_text(encoding="utf-8").count("/download/")


def bookmarks_of(server: LiveServer) -> int:
    """How many bookmarks there are outside the archive."""
    request = urllib.request.Request(f"{server.base}/api/bookmarks/?limit=1")
    request.add_header("Authorization", f"Token {server.token}")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["count"]


def run(here: LiveServer, there: LiveServer, kill: Callable[[LiveServer, LiveServer, int], bool] | None = None) -> None:
    """One run of the command, killed when that is so: its words, its time and the most memory that it had."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "import", "--user", here.username, "--from-linkding", there.base],
        cwd=here.folder,
        env=here.environment | {"POLYMARK_LINKDING_TOKEN": there.token},
        stderr=subprocess.PIPE,
        text=True,
    )
    most, before = 0, downloads_of(there)
    while process.poll() is None:
        most = max(most, memory_of(process.pid))
        if kill is not None and kill(here, there, before):
            process.send_signal(signal.SIGKILL)
            process.wait()
        time.sleep(0.05)
    seconds = time.perf_counter() - begun
    print(f"-- exit {process.returncode}, {seconds:.1f} s, {most / 1e6:.0f} MB private memory at most")
    print(process.stderr.read(), flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--assets", type=int, default=200)
    options = parser.parse_args()
    os.environ["POLYMARK_TEST_DATABASE"] = "sqlite"
    with tempfile.TemporaryDirectory() as folder:
        files, postgres = SqliteDatabases(Path(folder)), PostgresDatabases()
        with serving(Path(folder) / "there", await files.fresh()) as there:
            for file in options.files:
                there.polymark("import", str(file.resolve()), "--user", there.username)
            print(f"{await furnish(there, options.assets)} bookmarks in the first server", flush=True)
            for name, url in (("SQLite", await files.fresh()), ("PostgreSQL", await postgres.fresh())):
                print(f"\n{name}", flush=True)
                with serving(Path(folder) / uuid.uuid4().hex, url, "--no-worker") as here:
                    for kill in (half_of_the_bookmarks, some_files, None, None):
                        run(here, there, kill)
                    print(json.dumps({"faults": len(here.faults()) + len(there.faults())}))
        await postgres.close()


if __name__ == "__main__":
    asyncio.run(main())
