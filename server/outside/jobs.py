"""The worker: takes jobs off the queue while the process runs; what a job does is schema/resolvers/worker.py."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import structlog

from models.queries.jobs import ClaimedJob
from schema.ports import Ports
from schema.resolvers import worker
from schema.resolvers.worker import Calendar

DEADLINE = 0.75  # of the lease: a job must be over before another worker may take it
LAST_CLAIM = 10.0  # seconds that stopping waits for a claim that is on its way

log = structlog.stdlib.get_logger("polymark.jobs")


class Worker:
    """Claims jobs and does them, ``concurrency`` at a time; any number of workers may share one database.

    ``lease`` is how many seconds a job is its worker's, so how long a job rests whose worker was killed; ``poll`` is
    how many seconds pass between two looks when nobody nudges. Nothing that a job does ends the worker, and neither
    does a database that is away for a while. Start it where the database's connections can be reached, outside any
    transaction.
    """

    def __init__(self, ports: Ports, *, concurrency: int = 2, lease: float = 120.0, poll: float = 5.0) -> None:
        self._ports = ports
        self._concurrency = concurrency
        self._lease = lease
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
        while not self._stopping and len(self._running) < self._concurrency:
            job = await worker.claim(self._ports, timedelta(seconds=self._lease))
            if job is None:
                return
            task = asyncio.create_task(self._perform(job), name=f"job {job.id}")
            self._running[task] = job
            task.add_done_callback(self._ended)

    async def _perform(self, job: ClaimedJob) -> None:
        try:
            await worker.perform(self._ports, job, seconds=self._lease * DEADLINE)
        except Exception:  # it could not be written down what came of it: the lease runs out, and it is done again
            log.exception("job's end not written down", job=job.id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._wake.set()
