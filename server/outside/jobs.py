"""The worker: takes jobs off the queue while the process runs; what a job does is schema/resolvers/worker.py."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta

import structlog

from models.queries.jobs import ClaimedJob, Kinds
from schema.ports import Ports
from schema.resolvers import worker
from schema.resolvers.jobs import SLOW
from schema.resolvers.worker import Calendar

DEADLINE = 0.75  # of the lease: a job must be over before another worker may take it
LAST_CLAIM = 10.0  # seconds that stopping waits for a claim that is on its way
SLOWER = 2.0  # leases for a slow job, so 180 s: a snapshot may take 90 s, and has to be packed after that

log = structlog.stdlib.get_logger("polymark.jobs")


@dataclass(frozen=True, slots=True)
class Lane:
    """Jobs that wait for each other and for no others: so many of these kinds at once, each for a lease in seconds."""

    kinds: Kinds
    at_once: int
    lease: float


class Worker:
    """Claims jobs and does them, ``concurrency`` at a time; any number of workers may share one database.

    Of each slow kind it does one at a time, beside those. ``lease`` is how many seconds a job is its worker's (twice as
    many for a slow one), so how long a job rests whose worker was killed; ``poll`` is how many seconds pass between two
    looks when nobody nudges. Nothing that a job does ends the worker, and neither does a database that is away for a
    while. Start it where the database's connections can be reached, outside any transaction.
    """

    def __init__(self, ports: Ports, *, concurrency: int = 2, lease: float = 120.0, poll: float = 5.0) -> None:
        self._ports = ports
        self._lanes = (
            Lane(Kinds(but=SLOW), concurrency, lease),
            *(Lane(Kinds(only=(kind,)), 1, lease * SLOWER) for kind in SLOW),
        )
        self._poll = poll
        self._calendar = Calendar()
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[None], ClaimedJob] = {}
        self._claiming: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to look for jobs, in the background."""
        self._stopping = False
        self._claiming = asyncio.create_task(self._claim_for_ever(), name="jobs")

    def nudge(self) -> None:
        """Look now: there may be a job. Never blocks; call it on the event loop, after the commit."""
        self._wake.set()

    async def stop(self) -> None:
        """Interrupt what is running and give the unfinished jobs back, so that another worker takes them at once."""
        self._stopping = True
        self._wake.set()
        if self._claiming is not None:  # not cancelled at once: a claim cut off would hold its job for a whole lease
            await asyncio.wait([self._claiming], timeout=LAST_CLAIM)
            self._claiming.cancel()
            self._claiming = None
        interrupted = dict(self._running)
        if not interrupted:
            return
        for task in interrupted:
            task.cancel()
        await asyncio.wait(interrupted)
        for job in interrupted.values():
            try:
                await worker.let_go(job)
            except Exception:  # the others must be given back all the same; this one's lease runs out
                log.exception("job not given back", job=job.id)

    async def _claim_for_ever(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                await self._claim_what_is_due()
            except Exception:  # whatever keeps the database from answering may pass
                log.exception("jobs cannot be claimed")
            if not self._stopping:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll):
                        await self._wake.wait()

    async def _claim_what_is_due(self) -> None:
        await worker.ask_periodic(self._ports, self._calendar)
        for lane in self._lanes:
            while not self._stopping and self._has_room(lane):
                job = await worker.claim(self._ports, timedelta(seconds=lane.lease), lane.kinds)
                if job is None:
                    break
                task = asyncio.create_task(self._perform(job, lane.lease), name=f"job {job.id}")
                self._running[task] = job
                task.add_done_callback(self._ended)

    def _has_room(self, lane: Lane) -> bool:
        return sum(job.kind in lane.kinds for job in self._running.values()) < lane.at_once

    async def _perform(self, job: ClaimedJob, lease: float) -> None:
        try:
            await worker.perform(self._ports, job, seconds=lease * DEADLINE)
        except Exception:  # it could not be written down what came of it: the lease runs out, and it is done again
            log.exception("job's end not written down", job=job.id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._wake.set()
