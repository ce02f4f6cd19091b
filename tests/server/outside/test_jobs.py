"""The worker: it does every job, none of them twice at once, and nothing ends it but stopping it."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from tortoise.exceptions import OperationalError

from models import Asset, Job
from schema.operation import writing
from schema.ports import PageData
from schema.resolvers import snapshots
from schema.resolvers import worker as operations
from schema.resolvers.jobs import ask_archive, ask_scrape
from server.outside.clock import SystemClock
from server.outside.jobs import Worker
from server.outside.ports import Bell
from tests.factories import make_bookmark
from tests.fakes import FakeWebsites

ROOT = Path(__file__).parents[3]
CLAIMER = ROOT / "tests" / "programs" / "claim_jobs.py"
NEVER = 3600.0  # seconds: a poll that no test waits for


class Watched(Worker):
    """Says when a job has ended, whatever came of it."""

    def __init__(self, *args, ends, **options):
        super().__init__(*args, **options)
        self.ends = ends

    def _ended(self, task):
        job = self._running[task]
        super()._ended(task)
        self.ends.put_nowait(job)


class Crew:
    """Workers that tell one queue what ended."""

    def __init__(self, ports):
        self.ports = ports
        self.workers = []
        self.ends = asyncio.Queue()

    async def start(self, ports=None, **options):
        options.setdefault("poll", NEVER)
        worker = Watched(ports or self.ports, ends=self.ends, **options)
        self.workers.append(worker)
        await worker.start()
        return worker

    async def end_of(self, kind):
        """The next job of the kind that ended."""
        while True:
            job = await asyncio.wait_for(self.ends.get(), 20)
            if job.kind == kind:
                return job


@pytest.fixture
async def crew(ports, database):
    """A crew that is stopped at the end."""
    crew = Crew(ports)
    yield crew
    for worker in crew.workers:
        await worker.stop()


class GatedWebsites(FakeWebsites):
    """Says when a reader has come to the gate, which is closed."""

    def __init__(self):
        super().__init__()
        self.arrivals = asyncio.Queue()
        self.gate = asyncio.Event()

    async def read(self, url, *, fresh=False):
        self.arrivals.put_nowait(url)
        return await super().read(url, fresh=fresh)


class CountingWebsites(FakeWebsites):
    """Counts how often each page is read, and how many reads of one page there are at one time."""

    def __init__(self):
        super().__init__()
        self.reading = Counter()
        self.most_at_once = Counter()

    async def read(self, url, *, fresh=False):
        self.reading[url] += 1
        self.most_at_once[url] = max(self.most_at_once[url], self.reading[url])
        self.most_at_once["all"] = max(self.most_at_once["all"], self.reading.total())
        await asyncio.sleep(0.001)  # lets the others run
        try:
            return await super().read(url, fresh=fresh)
        finally:
            self.reading[url] -= 1


async def ask(person, *bookmarks):
    async with writing(await person.ctx()) as unit:
        for bookmark in bookmarks:
            ask_scrape(unit, bookmark.id)


async def page(person, name):
    url = f"https://a.example/{name}"
    person.ports.websites.pages[url] = PageData(url, title=f"Title {name}")
    return await make_bookmark(person, url=url, title="")


async def test_a_nudge_after_the_commit_has_the_job_done_at_once(ann, ports, crew):
    """The nudge of the operation is all it takes: nobody polls here."""
    bell = Bell()
    ann.ports = replace(ports, nudge=bell)
    worker = await crew.start()
    bell.ring = worker.nudge
    bookmark = await page(ann, 1)
    await crew.end_of("sweep")  # what it found to do when it started
    await ask(ann, bookmark)
    await crew.end_of("scrape")

    assert ["https://a.example/1"] == ports.websites.calls
    assert not await Job.filter(kind="scrape").exists()


async def test_without_a_nudge_the_job_is_found_by_looking_again(ann, crew):
    await crew.start(poll=0.01)
    await crew.end_of("sweep")
    await ask(ann, await page(ann, 1))
    await crew.end_of("scrape")

    assert not await Job.filter(kind="scrape").exists()


async def test_workers_together_lose_no_job_and_do_none_twice(ann, ben, ports, crew):
    """A hundred jobs, four workers with twelve hands: every page is read once, and several at the same time."""
    people = (ann, ben)
    websites = CountingWebsites()
    for person in people:
        person.ports = replace(ports, websites=websites)
        await ask(person, *[await page(person, f"{person.user.username}-{number}") for number in range(50)])
    for _ in range(4):
        await crew.start(replace(ports, websites=websites, clock=SystemClock()), concurrency=3)
    ended = [(await crew.end_of("scrape")).id for _ in range(100)]

    assert 100 == len(set(ended))
    assert Counter(websites.pages.keys()) == Counter(websites.calls)
    assert {1} == {most for url, most in websites.most_at_once.items() if url != "all"}
    assert websites.most_at_once["all"] > 1
    assert not await Job.filter(kind="scrape").exists()


async def test_processes_together_lose_no_job_and_claim_none_twice(ann, database):
    """Each with connections of its own, as ``serve --workers`` has them; half of the jobs stay leased."""
    async with writing(await ann.ctx()) as unit:
        for number in range(60):
            unit.enqueue("scrape", {"bookmark": number})
    claimers = [
        await asyncio.create_subprocess_exec(
            sys.executable, CLAIMER, database, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )
        for _ in range(3)
    ]  # fmt: skip
    for claimer in claimers:
        assert b"ready\n" == await claimer.stdout.readline()
    outputs = await asyncio.gather(*(claimer.communicate(b"go\n") for claimer in claimers))
    claimed = [int(line) for output, _ in outputs for line in output.split()]
    left = await Job.all().values_list("id", "attempts")

    assert [0] * 3 == [claimer.returncode for claimer in claimers]
    assert 60 == len(claimed) == len(set(claimed))
    assert sorted((id, 1) for id in claimed if id % 2 == 0) == sorted(left)


async def test_as_many_jobs_run_at_once_as_the_worker_has_hands(ann, ports, crew):
    websites = GatedWebsites()
    ann.ports = replace(ports, websites=websites)
    await ask(ann, *[await page(ann, number) for number in range(4)])
    await crew.start(ann.ports, concurrency=3)
    for _ in range(3):
        await websites.arrivals.get()
    leased = await Job.filter(lease_by__not_isnull=True).count()
    websites.gate.set()
    for _ in range(4):
        await crew.end_of("scrape")

    assert 3 == leased
    assert 4 == len(websites.calls)


async def test_a_job_that_explodes_ends_neither_the_worker_nor_other_jobs(ann, ports, crew, monkeypatch):
    first, second = await page(ann, 1), await page(ann, 2)
    ports.websites.pages["https://a.example/1"] = None  # not a page: reading its title is an AttributeError
    await ask(ann, first, second)
    await crew.start(concurrency=1)
    ended = [(await crew.end_of("scrape")).payload["bookmark"] for _ in range(2)]
    left = await Job.get(kind="scrape")

    assert [first.id, second.id] == ended
    assert {"bookmark": first.id} == left.payload
    assert left.last_error.startswith("AttributeError")


async def test_a_database_that_is_away_for_a_while_does_not_end_the_worker(ann, crew, monkeypatch):
    """Neither while it looks for jobs, nor when it would write down how one ended: then the lease runs out."""
    claim, finish, troubles = operations.claim, operations.jobs.finish, []

    async def no_claim(ports, lease, kinds):
        if len(troubles) < 2:
            troubles.append("claim")
            raise OperationalError("the database system is shutting down")
        return await claim(ports, lease, kinds)

    async def no_finish(job, *, keep=False):
        if len(troubles) < 3 and job.kind == "scrape":
            troubles.append("finish")
            raise OSError("connection refused")
        return await finish(job, keep=keep)

    monkeypatch.setattr(operations, "claim", no_claim)
    monkeypatch.setattr(operations.jobs, "finish", no_finish)
    await ask(ann, await page(ann, 1))
    await crew.start(poll=0.01)
    first = await crew.end_of("scrape")
    crew.ports.clock.forward(minutes=2)
    second = await crew.end_of("scrape")

    assert ["claim", "claim", "finish"] == troubles
    assert (first.id, 1) == (second.id, first.attempts)
    assert not await Job.filter(kind="scrape").exists()


async def test_stopping_gives_unfinished_jobs_back_and_another_worker_does_them_at_once(ann, ports, crew):
    """No lease has to run out first, and the interruption does not count as an attempt."""
    websites = GatedWebsites()
    ann.ports = replace(ports, websites=websites)
    await ask(ann, *[await page(ann, number) for number in range(2)])
    first = await crew.start(ann.ports, concurrency=2)
    for _ in range(2):
        await websites.arrivals.get()
    await first.stop()
    given_back = await Job.filter(kind="scrape").values_list("attempts", "lease_by", "lease_until", "last_error")
    interrupted = [(await crew.end_of("scrape")).id for _ in range(2)]
    websites.gate.set()
    await crew.start(ann.ports)
    done = [(await crew.end_of("scrape")).id for _ in range(2)]

    assert [(0, None, None, "")] * 2 == given_back
    assert sorted(interrupted) == sorted(done)
    assert not await Job.filter(kind="scrape").exists()


async def test_a_stopped_worker_claims_nothing_more_and_may_be_started_again(ann, crew):
    worker = await crew.start(poll=0.001)
    for _ in ("purge", "sweep"):
        await crew.ends.get()
    await worker.stop()
    await ask(ann, await page(ann, 1))
    worker.nudge()
    looking = [task for task in asyncio.all_tasks() if task.get_name() == "jobs"]
    untouched = await Job.get(kind="scrape")
    await worker.start()
    await crew.end_of("scrape")

    assert [] == looking
    assert 0 == untouched.attempts


async def test_stopping_while_a_claim_is_on_its_way_leaves_nothing_leased(ann, crew, monkeypatch):
    """The claim is let through, and what it brought is given back."""
    claim, claiming, go_on = operations.claim, asyncio.Event(), asyncio.Event()

    async def slow_claim(ports, lease, kinds):
        claiming.set()
        await go_on.wait()
        return await claim(ports, lease, kinds)

    monkeypatch.setattr(operations, "claim", slow_claim)
    await ask(ann, await page(ann, 1))
    worker = await crew.start(concurrency=1)
    await claiming.wait()
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping

    assert not await Job.filter(lease_by__not_isnull=True).exists()
    assert await Job.filter(kind="scrape", status="queued", attempts=0).exists()


async def test_a_snapshot_keeps_only_other_snapshots_waiting(ann, ports, crew):
    """One is taken at a time, a page is archived meanwhile, and everything else is done beside them."""
    ports.snapshots.gate = asyncio.Event()
    made = [await snapshots.create(await ann.ctx(), (await page(ann, name)).id) for name in "ab"]
    ports.snapshots.pages |= {f"https://a.example/{name}": ("text/html", b"kept") for name in "ab"}
    await ask(ann, *[await page(ann, name) for name in "cde"])
    bookmark = await page(ann, "f")
    async with writing(await ann.ctx()) as unit:
        ask_archive(unit, bookmark.id)
    await crew.start(concurrency=1)
    beside = Counter()
    while not beside >= Counter(scrape=3, archive=1):
        beside[(await asyncio.wait_for(crew.ends.get(), 20)).kind] += 1
    taking = list(ports.snapshots.calls)
    ports.snapshots.gate.set()
    ended = [(await crew.end_of("snapshot")).payload["asset"] for _ in range(2)]

    assert ["https://a.example/a"] == taking
    assert [asset.id for asset in made] == ended
    assert {"complete"} == set(await Asset.all().values_list("status", flat=True))


async def test_two_workers_take_one_snapshot_once(ann, ports, crew):
    ports.snapshots.pages["https://a.example/a"] = ("text/html", b"kept")
    await snapshots.create(await ann.ctx(), (await page(ann, "a")).id)
    await crew.start()
    await crew.start()
    await crew.end_of("snapshot")

    assert ["https://a.example/a"] == ports.snapshots.calls
    assert ["complete"] == await Asset.all().values_list("status", flat=True)


async def test_stopping_lets_go_of_a_snapshot_that_is_being_taken_and_another_worker_takes_it(ann, ports, crew):
    ports.snapshots.gate = asyncio.Event()
    ports.snapshots.pages["https://a.example/a"] = ("text/html", b"kept")
    await snapshots.create(await ann.ctx(), (await page(ann, "a")).id)
    first = await crew.start()
    await ports.snapshots.asked.wait()
    await first.stop()
    ports.snapshots.gate.set()
    await crew.start()
    job = await crew.end_of("snapshot")
    while job.attempts != 1 or await Job.filter(kind="snapshot").exists():
        job = await crew.end_of("snapshot")

    assert ["complete"] == await Asset.all().values_list("status", flat=True)
    assert 1 == await Asset.all().count()
