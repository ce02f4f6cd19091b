"""A load of a few connections from this process: raw sockets, so that the load costs less than what it measures."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a stretch of load showed: requests a second, latencies in milliseconds, the size of an answer."""

    rps: float
    p50: float
    p99: float
    size: int
    requests: int


class _Connection(asyncio.Protocol):
    """Sends one request after the other and counts answers; every answer must have the expected status."""

    def __init__(self, make: Callable[[], bytes], status: int, until: float, done: asyncio.Future[None]) -> None:
        self.make, self.until, self.done = make, until, done
        self.expected = b"HTTP/1.1 %d " % status
        self.latencies: list[float] = []
        self.size = 0
        self.buffer = b""
        self.wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.started = time.perf_counter()
        self.transport.write(self.make())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.wanted:
            head, end, _ = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(self.expected):
                self._finish(RuntimeError(f"unexpected answer: {self.buffer[:600]!r}"))
                return
            length = LENGTH.search(head)
            self.wanted = len(head) + 4 + int(length[1] if length else 0)
        if len(self.buffer) < self.wanted:
            return
        self.latencies.append(time.perf_counter() - self.started)
        self.size, self.buffer, self.wanted = self.wanted, b"", 0
        if time.perf_counter() < self.until:
            self._send()
        else:
            self._finish(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(exc or RuntimeError("the server closed the connection"))

    def _finish(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)
        self.transport.close()


async def load(
    port: int, make: Callable[[], bytes], *, seconds: float, connections: int = 8, status: int = 200
) -> Measured:
    """Keep ``connections`` busy for ``seconds`` with the requests that ``make`` makes."""
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    until = begun + seconds
    protocols: list[_Connection] = []
    waiting = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        protocol = _Connection(make, status, until, done)
        protocols.append(protocol)
        waiting.append(done)
        await loop.create_connection(lambda protocol=protocol: protocol, "127.0.0.1", port)
    await asyncio.gather(*waiting)
    elapsed = time.perf_counter() - begun
    latencies = sorted(one for protocol in protocols for one in protocol.latencies)
    return Measured(
        rps=len(latencies) / elapsed,
        p50=latencies[len(latencies) // 2] * 1000,
        p99=latencies[int(len(latencies) * 0.99)] * 1000,
        size=protocols[0].size,
        requests=len(latencies),
    )


def request(
    method: str,
    path: str,
    token: str | None = None,
    body: bytes = b"",
    accept: str = "application/json",
    scheme: str = "Bearer",
) -> bytes:
    """One HTTP request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: polymark-benchmarks", f"Accept: {accept}"]
    if token:
        lines.append(f"Authorization: {scheme} {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
