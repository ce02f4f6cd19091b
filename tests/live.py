"""A real server for tests: the program in a process of its own, on a free port, with its own folder and database.

    with serving(folder, database_url) as server:
        ...  # ask server.base with server.token

The fixture ``live`` (tests/clients/conftest.py) does this for a test, and fails it when the server had a fault.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 60  # seconds until a server that does not come up, or does not end, is killed

# Nothing is fetched from the web unless a test asks for it, passwords cost little, and nobody is asked to be slow.
SETTINGS = {
    "POLYMARK_HOST": "127.0.0.1",
    "POLYMARK_PORT": "0",
    "POLYMARK_LOG_FORMAT": "json",
    "POLYMARK_FETCH_TIMEOUT": "0",
    "POLYMARK_BKMARK_RATE_LIMIT": "0",
    "POLYMARK_ARGON2_TIME_COST": "1",
    "POLYMARK_ARGON2_MEMORY": "8",
}


@dataclass(slots=True)
class LiveServer:
    """A server that runs: where it is, its first user's credentials, and what it wrote to its log."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    folder: Path
    base: str
    username: str
    password: str
    token: str

    @property
    def graphql(self) -> str:
        """The address of the GraphQL door."""
        return f"{self.base}/graphql"

    def polymark(self, *arguments: str) -> str:
        """Run another command on the same database; what it printed. Raises CalledProcessError when it fails."""
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "server", *arguments],
            cwd=self.folder,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout.strip()

    def make_user(self, name: str) -> str:
        """Make an account; a token that may do everything."""
        self.polymark("user", "add", name)
        return self.polymark("token", "add", name)

    def faults(self) -> list[str]:
        """The log lines that tell of a fault of the server's: an error, a traceback, an answer of 500 or more."""
        lines = log_of(self.folder).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if is_fault(line)]

    def end(self) -> int:
        """Ask the server to end as an operator would; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)


def log_of(folder: Path) -> Path:
    """Where a server in this folder writes its log."""
    return folder / "log"


def is_fault(line: str) -> bool:
    """Whether a log line tells of a fault; one that is not from the log at all does (Python's own last words)."""
    if not line.startswith("{"):
        return True
    entry = json.loads(line)
    return entry["level"] in {"error", "critical"} or "exception" in entry or entry.get("status", 0) >= 500


@contextmanager
def serving(folder: Path, database_url: str, *arguments: str, **settings: str) -> Iterator[LiveServer]:
    """Start a server in a folder of its own, as ``polymark serve`` with these arguments, and end it with the block.

    ``settings`` are environment variables beside, or instead of, SETTINGS. A folder that had a server before gets the
    same data again; the first user's credentials are empty then, for they are told only once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLYMARK_")}
    own = {"POLYMARK_DATABASE_URL": database_url, "POLYMARK_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    environment = {**kept, **SETTINGS, **own, **settings}
    with log_of(folder).open("a", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "server", "serve", *arguments],
            cwd=folder,  # where there is no .env
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        greeting = _greeting(process, folder)
        server = LiveServer(process, environment, folder, *_read(greeting))
        with urllib.request.urlopen(f"{server.base}/health", timeout=PATIENCE) as answer:  # noqa: S310 - our own
            health = json.load(answer)
            assert "healthy" == health["status"], health
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        finally:
            process.kill()  # does nothing to one that has ended
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _greeting(process: subprocess.Popen[str], folder: Path) -> str:
    """All that a server prints until it serves. Raises AssertionError with its log when it ends before."""
    assert process.stdout is not None
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    text = ""
    try:
        for line in process.stdout:
            text += line
            if line.startswith("  Nextcloud "):
                return text
    finally:
        watch.cancel()
    raise AssertionError(f"The server did not come up:\n{log_of(folder).read_text(encoding='utf-8')}")


def _read(greeting: str) -> tuple[str, str, str, str]:
    """Address, name, password and token; the last three are empty on any start but the first."""

    def word(pattern: str) -> str:
        found = re.search(pattern, greeting, re.MULTILINE)
        return found.group(1) if found else ""

    return (
        word(r"^Polymark serves on (\S+)/ "),
        word(r"^  name +(\S+)$"),
        word(r"^  password +(\S+)$"),
        word(r"^  token +(\S+)$"),
    )
