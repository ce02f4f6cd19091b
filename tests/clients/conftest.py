"""A live server, and the programs of other people that are let loose on it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.live import ROOT, LiveServer, serving
from tests.server.graphql.conftest import node_packages as node_packages  # noqa: PLC0414 - a fixture, handed on

HERE = Path(__file__).parent
WANTED = HERE / "requirements.txt"
INSTALLED = ROOT / ".venv-clients"
PYTHONS = ((3, 13), (3, 12), (3, 11))  # what aiolinkding 2025.2.0 takes


@pytest.fixture
def live(tmp_path, database_url) -> Iterator[LiveServer]:
    """A server with an empty library. A traceback, an error or a 5xx in its log fails the test."""
    with serving(tmp_path / "server", database_url) as server:
        yield server
        code = server.end()

    assert [] == server.faults()
    assert 0 == code


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lasting(databases, tmp_path_factory) -> AsyncIterator[LiveServer]:
    """The same for all tests of a module that change nothing; a fault fails the last of them."""
    url = await databases.fresh()
    with serving(tmp_path_factory.mktemp("server"), url) as server:
        yield server
        code = server.end()
    await databases.drop(url)

    assert [] == server.faults()
    assert 0 == code


@pytest.fixture(scope="session")
def clients_venv() -> Path:
    """The ``bin`` of an environment with the clients of requirements.txt, made once for each list of versions.

    Without PyPI the tests that want it are left out aloud; where nothing may be left out, they fail.
    """
    wanted = hashlib.sha256(WANTED.read_bytes()).hexdigest()
    INSTALLED.mkdir(exist_ok=True)
    environment = INSTALLED / "environment"
    stamp = INSTALLED / "installed"
    with (INSTALLED / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # parallel test processes install once
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            pip = [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", WANTED]
            for command in ([_python(), "-m", "venv", "--clear", environment], pip):
                made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
                if made.returncode:
                    _leave_out(f"the environment of the clients cannot be made: {made.stderr.strip()[-500:]}")
            stamp.write_text(wanted)
    return environment / "bin"


def _python() -> str:
    """A Python that the clients run on; they stop before 3.14."""
    if sys.version_info[:2] in PYTHONS:
        return sys.executable
    found = [program for version in PYTHONS if (program := shutil.which("python{}.{}".format(*version)))]
    if not found:
        _leave_out("no Python from 3.11 to 3.13 found")
    return found[0]


def _leave_out(reason: str) -> None:
    if os.environ.get("POLYMARK_TEST_ALL") == "1":
        pytest.fail(f"{reason}; POLYMARK_TEST_ALL=1 leaves nothing out")
    pytest.skip(reason)


@pytest.fixture
def run_in_clients_venv(clients_venv, tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program of the clients' environment with nothing of ours in its own; its output and exit code."""

    def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the clients, on purpose
            [clients_venv / program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(tmp_path)} | environment,
            timeout=120,
        )

    return run


@pytest.fixture
async def chromium() -> AsyncIterator[Any]:
    """The system's Chromium, in which every name but those of this machine leads nowhere."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        yield browser
        await browser.close()


@dataclass(frozen=True)
class Each:
    """A list of any length, every item of which has this."""

    need: Any


def contains(expected: Any, actual: Any) -> bool:
    """Whether an answer has what a client needs: a dict at least these keys, a list just these items (or see Each).

    A type stands for any value of it, a compiled pattern for any text that it matches as a whole.
    """
    match expected:
        case dict():
            return isinstance(actual, dict) and all(
                key in actual and contains(value, actual[key]) for key, value in expected.items()
            )
        case list():
            return (
                isinstance(actual, list)
                and len(expected) == len(actual)
                and all(contains(one, other) for one, other in zip(expected, actual, strict=True))
            )
        case Each():
            return isinstance(actual, list) and all(contains(expected.need, one) for one in actual)
        case type():
            return type(actual) is expected
        case re.Pattern():
            return isinstance(actual, str) and expected.fullmatch(actual) is not None
        case _:
            return type(expected) is type(actual) and expected == actual


def told(expected: Any, actual: Any) -> str:
    """Both, for the message of a failed test."""
    return f"wanted {expected!r}\nin {json.dumps(actual, indent=1, default=str)}"
