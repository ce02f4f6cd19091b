"""The program as a person runs it: in this process where that is enough, in one of its own where it must be."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.cli import run

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """No setting but a data directory of this test's own, cheap passwords, and no file of the working directory."""
    for name in [name for name in os.environ if name.startswith("POLYMARK_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("POLYMARK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("POLYMARK_ARGON2_TIME_COST", "1")
    monkeypatch.setenv("POLYMARK_ARGON2_MEMORY", "8")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def house(bare, monkeypatch, database_url):
    """The same with a migrated, empty database."""
    monkeypatch.setenv("POLYMARK_DATABASE_URL", database_url)
    return database_url


@pytest.fixture
def polymark(bare, capsys, monkeypatch) -> Callable[..., Result]:
    """Run a command in this process; ``given`` is its standard input."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def command(*arguments: str, given: bytes = b"") -> Result:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            capsys.readouterr()
            code = run(list(arguments))
        said = capsys.readouterr()
        root.handlers, root.level = handlers[:], level  # serve and worker set up logs on what is captured here
        logging.captureWarnings(capture=False)
        return Result(code, said.out, said.err)

    return command


@pytest.fixture
def spawn(bare) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a command in a process of its own; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **options) -> subprocess.Popen[bytes]:
        # A run in the background ignores Ctrl+C, and what it starts would do so too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "server", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
