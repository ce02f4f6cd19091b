"""A Redis of the tests' own, which a test may stop and start again: nobody else's keys are touched."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

PATIENCE = 10  # seconds


class RedisServer:
    """``redis-server`` on a free port of 127.0.0.1, which writes nothing to the disk."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What POLYMARK_REDIS_URL takes."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A client that waits for a server that is just starting."""
        retry = Retry(ConstantBackoff(0.02), int(PATIENCE / 0.02))
        return redis.Redis.from_url(self.url, retry=retry, retry_on_error=[redis.exceptions.ConnectionError])

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self._folder}
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._process = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)  # noqa: S603, S607 - the system's own, found as a shell would
        with self.client() as client:
            client.ping()

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None
