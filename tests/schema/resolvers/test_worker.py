"""Jobs from the worker's side: who gets one, what it does, and what becomes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from models import Asset, Bookmark, Change, Job, User
from models.queries import assets as asset_queries
from models.queries import jobs as queue
from schema.operation import writing
from schema.ports import FetchFailed, PageData, Picture
from schema.resolvers import accounts, assets, bookmarks, capture, jobs, trash, worker
from schema.resolvers.worker import Calendar
from tests.databases import statements_counted
from tests.factories import make_bookmark
from tests.fakes import START, make_old

LEASE = timedelta(minutes=2)
PAGE = "https://a.example/page"


async def ask(person, kind="scrape", *, key=None, **payload):
    """Put a job on the queue as an operation does."""
    async with writing(await person.ctx()) as unit:
        unit.enqueue(kind, payload or {"bookmark": 1}, dedupe_key=key)


async def claim(ports, lease=LEASE):
    return await worker.claim(ports, lease)


async def perform_next(ports, *, seconds=5):
    job = await claim(ports)
    await worker.perform(ports, job, seconds=seconds)
    return job


async def chunks(*parts):
    for part in parts:
        yield part


async def test_an_idle_look_at_the_queue_reads_once_and_writes_nothing(ann, ports):
    async with statements_counted([]) as statements:
        nothing = await claim(ports)

    assert nothing is None
    assert 1 == len(statements)
    assert statements[0].startswith("SELECT")


async def test_a_claimed_job_is_nobody_elses_until_its_lease_runs_out(ann, ports):
    await ask(ann)
    first = await claim(ports)
    meanwhile = await claim(ports)
    ports.clock.forward(minutes=2)
    second = await claim(ports)

    assert meanwhile is None
    assert (first.id, 1) == (second.id, first.attempts)
    assert 2 == second.attempts
    assert first.claim != second.claim


async def test_what_has_been_due_longest_comes_first(ann, ports):
    for number in (1, 2, 3):
        await ask(ann, number=number)
    claimed = [await claim(ports) for _ in range(3)]

    assert [{"number": 1}, {"number": 2}, {"number": 3}] == [job.payload for job in claimed]
    assert [ann.user.id] * 3 == [job.owner_id for job in claimed]


async def test_a_job_that_is_due_later_waits_for_its_moment(ann, ports):
    await ask(ann)
    await queue.postpone(await claim(ports), ports.clock.now() + timedelta(minutes=5), "not now")
    before = await claim(ports)
    ports.clock.forward(minutes=5)

    assert before is None
    assert await claim(ports) is not None


@pytest.mark.parametrize("end", ["finish", "postpone", "give_up", "let_go"])
async def test_only_who_holds_the_lease_may_end_a_job(ann, ports, end):
    """A worker that was away for longer than its lease finds its job held by another, and changes nothing."""
    await ask(ann, key="one")
    late = await claim(ports)
    ports.clock.forward(minutes=2)
    holder = await claim(ports)
    before = await Job.get(id=holder.id).values()
    arguments = {"postpone": (ports.clock.now(), "x"), "give_up": ("x",)}.get(end, ())
    ended = await getattr(queue, end)(late, *arguments)

    assert not ended
    assert before == await Job.get(id=holder.id).values()
    assert await queue.finish(holder)


async def test_a_job_that_is_done_leaves_the_queue(ann, ports):
    ports.websites.pages[PAGE] = PageData(PAGE, title="Found", description="Said", text="Words")
    bookmark = await make_bookmark(ann, url=PAGE, title="")
    await ask(ann, bookmark=bookmark.id)
    await perform_next(ports)
    ctx = await ann.ctx()
    after = await bookmarks.get(ctx, bookmark.id)

    assert ("Found", "Said") == (after.title, after.description)
    assert "Words" == (await bookmarks.content(ctx, bookmark.id)).text
    assert not await Job.exists()


async def test_reading_a_page_asks_for_its_pictures_and_they_are_kept(ann, ports):
    await accounts.set_preferences(await ann.ctx(), {"enable_favicons": True, "enable_preview_images": True})
    ports.websites.pages[PAGE] = PageData(PAGE, favicon="https://a.example/i.png", preview_image="https://a.example/p")
    ports.websites.pictures |= {
        "https://a.example/i.png": Picture(b"icon", 16, 16),
        "https://a.example/p": Picture(b"preview", 64, 64),
    }
    bookmark = await make_bookmark(ann, url=PAGE)
    await ask(ann, bookmark=bookmark.id)
    kinds = [(await perform_next(ports)).kind, (await perform_next(ports)).kind]
    row = await bookmarks.get(await ann.ctx(), bookmark.id)

    assert ["scrape", "pictures"] == kinds
    assert b"icon" == ports.files.path(row.favicon.removesuffix(".webp")).read_bytes()
    assert b"preview" == ports.files.path(row.preview_image.removesuffix(".webp")).read_bytes()
    assert not await Job.exists()


async def test_a_job_acts_with_everything_its_owner_may_do_through_the_workers_door(ann, ports, monkeypatch):
    seen = []

    async def look(ctx, bookmark_id):
        seen.append((ctx.owner_id, ctx.door.name, bookmark_id))
        ctx.allow("account")

    monkeypatch.setattr(capture, "read_page", look)
    await ask(ann, bookmark=7)
    await perform_next(ports)

    assert [(ann.user.id, "worker", 7)] == seen
    assert not await Job.exists()


async def test_what_failed_is_tried_again_each_time_about_twice_as_late_and_after_six_times_no_more(ann, ports):
    """Jitter is half the delay either way; the key is free again, so the same may be asked for anew."""
    ports.websites.pages[PAGE] = FetchFailed("timed out")
    bookmark = await make_bookmark(ann, url=PAGE)
    await ask(ann, key="mine", bookmark=bookmark.id)
    delays = []
    for _ in range(5):
        await perform_next(ports)
        job = await Job.get()
        delays.append((job.run_at - ports.clock.now()).total_seconds() / 30)
        ports.clock.forward(hours=1)
    await perform_next(ports)
    failed = await Job.get()
    await ask(ann, key="mine")

    assert all(2**n * 0.4999 <= delay < 2**n * 1.5 for n, delay in enumerate(delays)), delays
    assert len({round(delay / 2**n, 3) for n, delay in enumerate(delays)}) == 5  # not the same jitter each time
    assert ("failed", 6, "timed out", None) == (failed.status, failed.attempts, failed.last_error, failed.dedupe_key)
    assert (None, None) == (failed.lease_by, failed.lease_until)
    assert 6 == len(ports.websites.calls)
    assert 1 == await Job.filter(status="queued", dedupe_key="mine").count()


async def test_what_can_never_succeed_is_given_up_at_once(ann, ports):
    ports.websites.pages[PAGE] = FetchFailed("refused address", permanent=True)
    bookmark = await make_bookmark(ann, url=PAGE)
    await ask(ann, bookmark=bookmark.id)
    await perform_next(ports)
    job = await Job.get()

    assert ("failed", 1, "refused address") == (job.status, job.attempts, job.last_error)


async def test_an_unexpected_error_is_written_down_whatever_its_text(ann, ports, monkeypatch):
    """U+0000 and lone surrogates, which a database refuses, are mended; a long text is cut."""

    async def explode(ctx, bookmark_id):
        raise ValueError("bad\0 text \ud800 " + "x" * 1000)

    monkeypatch.setattr(capture, "read_page", explode)
    await ask(ann)
    await perform_next(ports)
    job = await Job.get()

    assert "queued" == job.status
    assert job.last_error.startswith("ValueError: bad\ufffd text \ufffd xxx")
    assert 500 == len(job.last_error)


async def test_a_job_that_takes_too_long_is_interrupted_and_tried_again(ann, ports):
    ports.websites.gate = asyncio.Event()  # never set
    bookmark = await make_bookmark(ann, url=PAGE)
    await ask(ann, bookmark=bookmark.id)
    await perform_next(ports, seconds=0.01)
    job = await Job.get()

    assert ("queued", "took longer than 0.01 s") == (job.status, job.last_error)
    assert job.run_at > ports.clock.now()


async def test_a_job_that_kills_its_workers_is_given_up_without_being_tried_a_seventh_time(ann, ports):
    bookmark = await make_bookmark(ann, url=PAGE)
    await ask(ann, bookmark=bookmark.id)
    for _ in range(6):
        await claim(ports)
        ports.clock.forward(minutes=2)
    await perform_next(ports)

    assert "failed" == (await Job.get()).status
    assert [] == ports.websites.calls


async def test_a_job_of_a_kind_that_only_a_newer_process_knows_is_left_for_it(ann, ports):
    await ask(ann, kind="webhook")
    await perform_next(ports)
    job = await Job.get()

    assert ("queued", "LookupError: no such kind of job") == (job.status, job.last_error)


async def test_a_job_of_an_account_that_went_meanwhile_is_no_trouble(ann, ben, ports):
    await ask(ben)
    job = await claim(ports)
    await accounts.remove("ben")
    await worker.perform(ports, job, seconds=5)

    assert not await Job.exists()
    assert [] == ports.websites.calls


async def test_an_interrupted_job_can_be_had_at_once_and_its_attempt_does_not_count(ann, ports):
    await ask(ann)
    await worker.let_go(await claim(ports))
    again = await claim(ports)

    assert 1 == again.attempts


async def test_asking_twice_with_one_key_is_asking_once_until_the_job_is_done(ann, ports):
    bookmark = await make_bookmark(ann, url=PAGE)
    for _ in range(2):
        async with writing(await ann.ctx()) as unit:
            jobs.ask_scrape(unit, bookmark.id)
    waiting = await Job.all().count()
    ports.websites.pages[PAGE] = PageData(PAGE)
    await perform_next(ports)
    async with writing(await ann.ctx()) as unit:
        jobs.ask_scrape(unit, bookmark.id)

    assert 1 == waiting
    assert 1 == await Job.all().count()


async def test_a_day_has_one_purge_and_an_hour_one_sweep_however_many_ask(database, ports):
    for calendar in (Calendar(), Calendar()):
        for _ in range(2):
            await worker.ask_periodic(ports, calendar)
    keys = await Job.all().order_by("id").values_list("dedupe_key", flat=True)

    assert ["purge:2026-01-02T00", "sweep:2026-01-02T03"] == keys


async def test_asking_for_a_period_again_costs_its_process_nothing(database, ports):
    calendar = Calendar()
    await worker.ask_periodic(ports, calendar)
    async with statements_counted([]) as statements:
        await worker.ask_periodic(ports, calendar)

    assert [] == statements


async def test_periodic_work_is_done_once_a_period_and_goes_when_the_next_begins(database, ports):
    """A process that starts later in the period finds the work done."""
    await worker.ask_periodic(ports, Calendar())
    for _ in range(2):
        await perform_next(ports)
    await worker.ask_periodic(ports, Calendar())
    same_period = await claim(ports)
    ports.clock.forward(hours=1)
    await worker.ask_periodic(ports, Calendar())
    rows = await Job.all().order_by("dedupe_key").values_list("dedupe_key", "status")

    assert same_period is None
    assert [("purge:2026-01-02T00", "done"), ("sweep:2026-01-02T04", "queued")] == rows


async def test_periodic_work_that_failed_for_good_waits_for_its_next_period(database, ports, monkeypatch):
    async def explode(check, *, older_than):
        raise FetchFailed("no disk", permanent=True)

    monkeypatch.setattr(ports.files, "sweep", explode)
    await worker.ask_periodic(ports, Calendar())
    for _ in range(2):
        await perform_next(ports)
    await worker.ask_periodic(ports, Calendar())
    rows = await Job.filter(kind="sweep").values_list("dedupe_key", "status")

    assert [("sweep:2026-01-02T03", "failed")] == rows


async def test_purging_empties_everybodys_trash_of_what_has_lain_there_too_long(ann, ben, ports, monkeypatch):
    """In steps, so that other writers get their turn; what is live or went to the trash later stays."""
    monkeypatch.setattr(worker, "STEP", 2)
    old = [await make_bookmark(person) for person in (ann, ann, ann, ann, ann, ben)]
    live = await make_bookmark(ann)
    for person in (ann, ben):
        await trash.delete(await person.ctx(), [row.id for row in old])
    ports.clock.forward(days=20)
    young = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [young.id])
    ports.clock.forward(days=10)
    await worker.purge(ports)
    left = await Bookmark.all().order_by("id").values_list("id", flat=True)
    purges = await Change.filter(operation="purge", entity="bookmark").order_by("entity_id")

    assert [live.id, young.id] == left
    assert [row.id for row in old] == [change.entity_id for change in purges]
    assert [ann.user.id] * 5 + [ben.user.id] == [change.owner_id for change in purges]


async def test_purging_follows_the_settings(ann, ports):
    bookmark = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [bookmark.id])
    ports.clock.forward(days=2)
    await worker.purge(replace(ports, limits=replace(ports.limits, trash_days=1, change_days=1)))

    assert not await Bookmark.exists()
    assert ["purge"] == await Change.all().values_list("operation", flat=True)


async def test_purging_shortens_the_change_log_and_its_numbers_go_on(ann, ports, monkeypatch):
    monkeypatch.setattr(worker, "STEP", 2)
    for _ in range(5):
        await make_bookmark(ann)
    last_old = (await User.get(id=ann.user.id)).change_seq
    ports.clock.forward(days=90)
    await make_bookmark(ann)
    await worker.purge(ports)

    assert [last_old + 1] == await Change.filter(entity="bookmark").values_list("seq", flat=True)


async def test_purging_forgets_uploads_whose_bytes_never_came_and_no_others(ann, ben, ports):
    mine, hers = await make_bookmark(ann), await make_bookmark(ben)
    complete = await assets.upload(await ann.ctx(), mine.id, "kept.txt", "text/plain", chunks(b"kept"))
    stale = [
        await assets.announce(await ann.ctx(), mine.id, "a", ""),
        await assets.announce(await ben.ctx(), hers.id, "b", ""),
    ]
    ports.clock.forward(days=1)
    fresh = await assets.announce(await ann.ctx(), mine.id, "c", "")
    await worker.purge(ports)
    logged = await Change.filter(entity="asset", operation="delete").order_by("id").values_list("owner_id", "entity_id")

    assert [complete.id, fresh.id] == await Asset.all().order_by("id").values_list("id", flat=True)
    assert [(ann.user.id, stale[0].id), (ben.user.id, stale[1].id)] == logged


async def test_purging_leaves_an_upload_alone_that_is_completed_while_it_looks(ann, ports, monkeypatch):
    """The bytes come after it was found to be stale and before it is deleted: neither deleted nor logged."""
    bookmark = await make_bookmark(ann)
    completed = await assets.announce(await ann.ctx(), bookmark.id, "a", "")
    stale = await assets.announce(await ann.ctx(), bookmark.id, "b", "")
    ports.clock.forward(days=1, seconds=1)
    context = worker._context

    async def after_the_bytes(ports, owner_id):
        if (await Asset.get(id=completed.id)).status == "pending":
            await assets.complete(await ann.ctx(), completed.id, chunks(b"late"))
        return await context(ports, owner_id)

    monkeypatch.setattr(worker, "_context", after_the_bytes)
    await worker.purge(ports)

    assert [completed.id] == await Asset.all().values_list("id", flat=True)
    assert [stale.id] == await Change.filter(entity="asset", operation="delete").values_list("entity_id", flat=True)


async def test_purging_forgets_jobs_that_ended_a_week_ago(ann, ports):
    for status in ("failed", "done", "queued"):
        await Job.create(kind="x", status=status, run_at=START, created_at=START)
    ports.clock.forward(days=7)
    await Job.create(kind="x", status="failed", run_at=ports.clock.now(), created_at=START)
    await worker.purge(ports)

    assert ["failed", "queued"] == sorted(await Job.all().values_list("status", flat=True))


async def test_sweeping_takes_files_that_nothing_names(ann, ports):
    """An asset, a favicon and a preview image each keep their file, in the trash too; younger than an hour all stay."""
    bookmark, trashed = await make_bookmark(ann), await make_bookmark(ann)
    await assets.upload(await ann.ctx(), bookmark.id, "a", "", chunks(b"asset"))
    names = {}
    for data in (b"favicon", b"preview", b"in the trash", b"nameless", b"young and nameless"):
        names[data] = (await ports.files.store(chunks(data))).sha256
    await Bookmark.filter(id=bookmark.id).update(
        favicon=f"{names[b'favicon']}.webp", preview_image=f"{names[b'preview']}.webp"
    )
    await Bookmark.filter(id=trashed.id).update(favicon=f"{names[b'in the trash']}.webp", deleted_at=START)
    folder = ports.files.path(names[b"favicon"]).parent
    for path in folder.iterdir():
        if path.name != names[b"young and nameless"]:
            make_old(path, hours=24 * 365 * 30)  # older than an hour by the fake clock as well
    gone = await worker.sweep(ports)

    assert 1 == gone
    assert ports.files.path(names[b"nameless"]) is None
    assert 5 == len(list(folder.iterdir()))


async def test_only_pictures_of_bookmarks_are_pictures(ann, ports):
    bookmark = await make_bookmark(ann)
    asset = await assets.upload(await ann.ctx(), bookmark.id, "a", "", chunks(b"asset"))
    await Bookmark.filter(id=bookmark.id).update(favicon="f.webp", preview_image="p.webp")

    assert await asset_queries.is_picture("f.webp")
    assert await asset_queries.is_picture("p.webp")
    assert not await asset_queries.is_picture(f"{asset.sha256}.webp")
    assert not await asset_queries.is_picture(asset.sha256)
