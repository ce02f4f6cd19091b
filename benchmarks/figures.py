"""One line of the table: a request under load, beside a hello-world that is measured around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.load import Measured, load, request
from benchmarks.serving import cpu_seconds

HEADING = f"{'':38}{'req/s':>9}{'of hello':>10}{'of bare':>10}{'p50 ms':>8}{'p99 ms':>8}{'CPU ms':>8}{'bytes':>9}"


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    make: Callable[[], bytes]
    status: int = 200


async def one(scenario: Scenario, port: int, bare_port: int, seconds: float, pid: int) -> None:
    """Hello before and after the scenario: a ratio is to the mean of the two.

    ``of hello`` is a route of the same server, through the same middlewares; ``of bare`` an aiohttp application that
    does nothing else.
    """
    hello = request("GET", "/hello")
    await load(port, scenario.make, seconds=seconds / 4, status=scenario.status)
    before = [await load(one, lambda: hello, seconds=seconds / 4) for one in (port, bare_port)]
    cpu = cpu_seconds(pid)
    shown: Measured = await load(port, scenario.make, seconds=seconds, status=scenario.status)
    cpu = (cpu_seconds(pid) - cpu) / shown.requests * 1000
    after = [await load(one, lambda: hello, seconds=seconds / 4) for one in (port, bare_port)]
    of_hello, of_bare = ((one.rps + two.rps) / 2 / shown.rps for one, two in zip(before, after, strict=True))
    print(
        f"{scenario.name:38}{shown.rps:9.0f}{f'1/{of_hello:.1f}':>10}{f'1/{of_bare:.1f}':>10}"
        f"{shown.p50:8.2f}{shown.p99:8.2f}{cpu:8.2f}{shown.size:9,}",
        flush=True,
    )
