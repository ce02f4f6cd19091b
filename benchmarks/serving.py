"""Databases with a library in them, and the server that answers over one, each gone with its block."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from tortoise.connection import get_connection

from benchmarks.seed import file_away, seed
from schema.resolvers import accounts, tokens
from server.database import connected, database_config, migrate
from server.outside.ports import make_outside
from server.settings import Settings

POSTGRES = os.environ.get("POLYMARK_TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"


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


PASSWORD = "benchmark password"


async def prepare(settings: Settings, number: int, *, filed: bool = False) -> tuple[str, int]:
    """A migrated database with a library of that size, in folders if asked; a token, and an id from the middle."""
    config = database_config(settings.database, synchronous="NORMAL")
    await migrate(config)
    outside = make_outside(settings)
    async with connected(config):
        user = await accounts.create(outside.ports, "bench", PASSWORD)
        made = await tokens.issue(outside.ports, user.id, name="bench")
        await seed(user.id, number)
        if filed:
            await file_away(user.id)
        await get_connection("default").execute_script("ANALYZE")
    await outside.close()
    return made.secret, number // 2


@asynccontextmanager
async def serving(url: str, folder: str, *options: str, **settings: str):
    """The server over a database, with options of ``serve`` and settings of the environment; its port and process."""
    port = free_port()
    environment = {
        "POLYMARK_DATA_DIR": folder,
        "POLYMARK_DATABASE_URL": url,
        "POLYMARK_FETCH_TIMEOUT": "0",
        "POLYMARK_LOG_LEVEL": "warning",
        **settings,
    }
    with process("-m", "benchmarks.server", "serve", "--port", str(port), *options, environment=environment) as server:
        await answering(port)
        yield port, server
