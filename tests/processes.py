"""A real server that a test may kill and start again over the same data; tests/live.py has one that just serves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.live import ROOT, SETTINGS

START_SECONDS = 60


class ServerProcess:
    """``polymark serve`` on a free port of 127.0.0.1, over a data directory and a database that outlive it.

    ``token`` is the first user's, known after the first start on an empty database. What the server writes to standard
    error is in ``log``.
    """

    def __init__(self, folder: Path, database_url: str, settings: Mapping[str, str] | None = None) -> None:
        self.log = folder / "server.log"
        self.token = ""
        self.base = ""
        self._folder = folder
        own = {"POLYMARK_DATA_DIR": str(folder / "data"), "POLYMARK_DATABASE_URL": database_url}
        self._settings = SETTINGS | own | dict(settings or {})
        self._process: asyncio.subprocess.Process | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The first user's credential."""
        return {"Authorization": f"Token {self.token}"}

    async def start(self) -> None:
        """Start it, and return when it listens. Raises AssertionError with its log when it does not."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith("POLYMARK_")}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server", "serve", cwd=self._folder, stderr=log,
                stdout=asyncio.subprocess.PIPE, env=outside | {"PYTHONPATH": str(ROOT)} | self._settings,
            )  # fmt: skip
        async with asyncio.timeout(START_SECONDS):
            async for line in self._process.stdout:
                text = line.decode()
                if found := re.match(r"\s+token\s+(\w+)$", text):
                    self.token = found[1]
                if found := re.match(r"Polymark serves on (http://\S+?)/ ", text):
                    self.base = found[1]
                    await self._until_it_answers()
                    return
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    async def _until_it_answers(self) -> None:
        """Of several processes behind one port the first may listen a moment after the address is announced."""
        host, _, port = self.base.removeprefix("http://").partition(":")
        while self._process.returncode is None:
            with contextlib.suppress(ConnectionError):
                _, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                return
            await asyncio.sleep(0.05)  # another process cannot set an event of ours
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    async def kill(self) -> None:
        """End it by SIGKILL: nothing is flushed, nothing closed."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """Ask it to end, as an operator does, and wait for it; the exit code."""
        if self._process is None or self._process.returncode is not None:
            return 0
        self._process.terminate()
        return await self._process.wait()
