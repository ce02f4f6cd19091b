"""Snapshots from asking to the end: complete, or a failure that its owner can see."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from strawberry import Some

from models import Asset, Bookmark, Change, Job
from models.queries import jobs as queue
from schema.context import Context
from schema.door import GRAPHQL
from schema.errors import Forbidden, Invalid, NotConfigured, NotFound
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy
from schema.ports import FetchFailed
from schema.resolvers import accounts, archives, asset_bytes, assets, bookmarks, saving, snapshots, trash, worker
from schema.types.kind import BookmarkKind
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token
from tests.fakes import START

PAGE = "https://a.example/page"
HTML = ("text/html", b"<html>" + b"kept " * 1000)
LEASE = timedelta(minutes=4)


@pytest.fixture
async def row(ann, ports):
    """A bookmark whose page can be taken."""
    ports.snapshots.pages[PAGE] = HTML
    return await make_bookmark(ann, url=PAGE)


async def perform_next(ports, *, seconds=5):
    job = await worker.claim(ports, LEASE)
    await worker.perform(ports, job, seconds=seconds)
    return job


async def original(ports, asset):
    return b"".join([chunk async for chunk in asset_bytes.read_asset(ports, asset)])


async def wish(person, **preferences):
    await accounts.set_preferences(await person.ctx(), preferences)


async def save(person, url=PAGE, policy=ConflictPolicy.ERROR, door=GRAPHQL, **options):
    ctx = await person.ctx(door)
    return (await saving.save(ctx, BookmarkDraft(url=url, title="A"), policy, fetch=False, **options)).bookmark


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/html", "HTML snapshot from 02/03/2026"), ("application/pdf", "PDF download from 02/03/2026"),
        ("image/png", "Image download from 02/03/2026"),
    ],
)  # fmt: skip
def test_a_snapshot_is_named_after_its_kind_and_the_day(content_type, name):
    """LD-AST-10 and LD-SF-5: linkding's words, the month first."""
    assert name == snapshots.snapshot_name(datetime(2026, 2, 3, 23, 59, tzinfo=UTC), content_type)


async def test_a_snapshot_is_pending_until_its_job_has_brought_it(ann, ports, row):
    """The bookmark counts as changed then, as after an upload; the bytes lie packed, and are read as they were."""
    asset = await snapshots.create(await ann.ctx(), row.id)
    asked = await bookmarks.get(await ann.ctx(), row.id)
    await perform_next(ports)
    ctx = await ann.ctx()
    kept, after = await assets.get(ctx, asset.id), await bookmarks.get(ctx, row.id)
    log = await Change.filter(entity="asset").order_by("seq").values_list("entity_id", "operation")

    assert ("snapshot", "pending", "", "New snapshot", None) == (
        asset.kind, asset.status, asset.content_type, asset.display_name, asset.size,
    )  # fmt: skip
    assert ("complete", "text/html", f"HTML snapshot from {START:%m/%d/%Y}", len(HTML[1]), "gzip") == (
        kept.status, kept.content_type, kept.display_name, kept.size, kept.encoding,
    )  # fmt: skip
    assert HTML[1] == await original(ports, kept) == gzip.decompress(ports.files.path(kept.sha256).read_bytes())
    assert row.updated_at == asked.updated_at < after.updated_at
    assert [(asset.id, "create"), (asset.id, "update")] == log
    assert not await Job.exists()
    assert not ports.snapshots.open


@pytest.mark.parametrize("content_type", ["application/pdf", "image/png"])
async def test_what_is_packed_in_itself_is_kept_as_it_is(ann, ports, row, content_type):
    ports.snapshots.pages[PAGE] = (content_type, b"%PDF or so")
    asset = await snapshots.create(await ann.ctx(), row.id)
    await perform_next(ports)
    kept = await assets.get(await ann.ctx(), asset.id)

    assert (content_type, "", 10) == (kept.content_type, kept.encoding, kept.size)
    assert b"%PDF or so" == ports.files.path(kept.sha256).read_bytes()


async def test_asking_while_one_is_pending_is_asking_once_and_at_once(ann, ports, row):
    """One that was put off is taken now, and one whose job has gone has another."""
    ports.snapshots.pages[PAGE] = FetchFailed("timed out")
    first = await snapshots.create(await ann.ctx(), row.id)
    await perform_next(ports)
    put_off = await worker.claim(ports, LEASE)
    again = await snapshots.create(await ann.ctx(), row.id)
    ports.snapshots.pages[PAGE] = HTML
    await perform_next(ports)
    other = await snapshots.create(await ann.ctx(), row.id)
    await Job.all().delete()
    asked_anew = await snapshots.create(await ann.ctx(), row.id)

    assert put_off is None
    assert first.id == again.id != other.id == asked_anew.id
    assert 1 == await Job.all().count()
    assert "complete" == (await assets.get(await ann.ctx(), first.id)).status


@pytest.mark.parametrize(
    "draft",
    [
        {"url": "javascript:alert(1)"}, {"url": "ftp://a.example/x"},
        {"url": None, "kind": BookmarkKind.NOTE}, {"url": PAGE, "kind": BookmarkKind.CODE},
    ],
)  # fmt: skip
async def test_what_has_no_page_has_no_snapshot(ann, ports, draft):
    """Neither when somebody asks, nor by itself."""
    await wish(ann, automatic_snapshots=True, web_archive_integration="enabled")
    row = await make_bookmark(ann, **draft)
    with pytest.raises(Invalid) as refused:
        await snapshots.create(await ann.ctx(), row.id)

    assert [("bookmark_id",), "no_page"] == [refused.value.faults[0].path, refused.value.faults[0].rule]
    assert (0, 0) == (await Asset.all().count(), await Job.all().count())


async def test_only_the_owner_with_the_scope_asks_and_only_where_snapshots_are_taken(ann, ben, ports, row):
    narrow = replace(ann, secret=await make_token(ann, "bookmarks:read"))
    off = replace(ports, snapshots=None)
    with pytest.raises(NotFound):
        await snapshots.create(await ben.ctx(), row.id)
    with pytest.raises(NotFound):
        await snapshots.create(await ann.ctx(), row.id + 1)
    with pytest.raises(Forbidden):
        await snapshots.create(await narrow.ctx(), row.id)
    with pytest.raises(NotConfigured):
        await snapshots.create(Context(off, GRAPHQL, (await ann.ctx()).viewer), row.id)

    assert not await Asset.exists()


async def test_what_fails_is_tried_again_and_a_failure_in_the_end(ann, ports, row):
    """Six times as any job, and pending all the while; then it says so, and the bookmark is as it was."""
    ports.snapshots.pages[PAGE] = FetchFailed("timed out")
    asset = await snapshots.create(await ann.ctx(), row.id)
    statuses = []
    for _ in range(6):
        await perform_next(ports)
        statuses.append((await Asset.get(id=asset.id)).status)
        ports.clock.forward(hours=1)
    job = await Job.get()

    assert ["pending"] * 5 + ["failure"] == statuses
    assert ("failed", 6, "timed out", None) == (job.status, job.attempts, job.last_error, job.dedupe_key)
    assert row.updated_at == (await bookmarks.get(await ann.ctx(), row.id)).updated_at
    assert "update" == (await Change.filter(entity="asset").order_by("-seq").first()).operation
    with pytest.raises(NotFound):
        await assets.open_for_download(await ann.ctx(), asset.id)


async def test_what_can_never_be_taken_is_a_failure_at_once_and_may_be_asked_for_anew(ann, ports, row):
    ports.snapshots.pages[PAGE] = FetchFailed("too large", permanent=True)
    asset = await snapshots.create(await ann.ctx(), row.id)
    await perform_next(ports)
    again = await snapshots.create(await ann.ctx(), row.id)

    assert "failure" == (await Asset.get(id=asset.id)).status
    assert asset.id != again.id
    assert "pending" == again.status


async def test_a_full_disk_is_tried_again(ann, ports, row):
    ports.files.broken = True
    asset = await snapshots.create(await ann.ctx(), row.id)
    await perform_next(ports)
    status = (await Asset.get(id=asset.id)).status
    ports.files.broken = False
    ports.clock.forward(hours=1)
    await perform_next(ports)

    assert ("pending", "complete") == (status, (await Asset.get(id=asset.id)).status)


async def test_one_that_takes_too_long_is_tried_again_and_a_failure_in_the_end(ann, ports, row):
    ports.snapshots.gate = asyncio.Event()  # never set
    asset = await snapshots.create(await ann.ctx(), row.id)
    for _ in range(6):
        await perform_next(ports, seconds=0.01)
        ports.clock.forward(hours=1)

    assert ("failure", "failed") == ((await Asset.get(id=asset.id)).status, (await Job.get()).status)


async def test_one_that_kills_its_workers_is_a_failure_in_the_end(ann, ports, row):
    asset = await snapshots.create(await ann.ctx(), row.id)
    for _ in range(6):
        await worker.claim(ports, LEASE)
        ports.clock.forward(minutes=5)
    await perform_next(ports)

    assert "failure" == (await Asset.get(id=asset.id)).status
    assert [] == ports.snapshots.calls


async def test_a_worker_that_has_lost_its_job_calls_nothing_a_failure(ann, ports, row):
    """Another has it by now, and may still succeed."""
    ports.snapshots.pages[PAGE] = FetchFailed("refused", permanent=True)
    asset = await snapshots.create(await ann.ctx(), row.id)
    late = await worker.claim(ports, LEASE)
    ports.clock.forward(minutes=5)
    await worker.claim(ports, LEASE)
    await worker.perform(ports, late, seconds=5)

    assert ("pending", "queued") == ((await Asset.get(id=asset.id)).status, (await Job.get()).status)


async def test_a_job_that_is_done_again_makes_nothing_twice(ann, ports, row):
    """Its worker was killed after the commit, before the job was taken off the queue."""
    await snapshots.create(await ann.ctx(), row.id)
    job = await worker.claim(ports, LEASE)
    await snapshots.take(await ann.ctx(), job.payload["asset"])
    first = await Asset.all().values()
    ports.clock.forward(minutes=5)
    await perform_next(ports)

    assert first == await Asset.all().values()
    assert 1 == len(ports.snapshots.calls)
    assert not await Job.exists()


async def during(ports, taking, what):
    """Do something while the snapshot is being taken."""
    ports.snapshots.gate = asyncio.Event()
    task = asyncio.create_task(taking)
    await ports.snapshots.asked.wait()
    await what
    ports.snapshots.gate.set()
    await task


@pytest.mark.parametrize("when", ["before", "during"])
@pytest.mark.parametrize("what", ["asset", "bookmark", "account"])
async def test_what_went_meanwhile_is_no_trouble(ann, ben, ports, when, what):
    ports.snapshots.pages[PAGE] = HTML
    row = await make_bookmark(ben, url=PAGE)
    ctx = await ben.ctx()
    asset = await snapshots.create(ctx, row.id)
    job = await worker.claim(ports, LEASE)
    gone = {
        "asset": lambda: assets.delete(ctx, asset.id),
        "bookmark": lambda: trash.delete(ctx, [row.id], permanent=True),
        "account": lambda: accounts.remove("ben"),
    }[what]()
    performing = worker.perform(ports, job, seconds=5)
    if when == "before":
        await gone
        await performing
    else:
        await during(ports, performing, gone)

    assert not await Asset.exists()
    assert not await Job.filter(status="queued").exists()
    assert not ports.snapshots.open


@pytest.mark.parametrize("when", ["before", "during"])
async def test_a_bookmark_in_the_trash_has_no_snapshot_taken_and_comes_back_with_a_failure(ann, ports, row, when):
    asset = await snapshots.create(await ann.ctx(), row.id)
    job = await worker.claim(ports, LEASE)
    performing = worker.perform(ports, job, seconds=5)
    deleting = trash.delete(await ann.ctx(), [row.id])
    if when == "before":
        await deleting
        await performing
    else:
        await during(ports, performing, deleting)

    assert "failure" == (await Asset.get(id=asset.id)).status


async def test_another_address_meanwhile_is_taken_instead(ann, ports, row):
    ports.snapshots.pages["https://b.example/"] = ("text/html", b"the other")
    asset = await snapshots.create(await ann.ctx(), row.id)
    job = await worker.claim(ports, LEASE)
    patch = BookmarkPatch(url=Some("https://b.example/"))
    await during(ports, worker.perform(ports, job, seconds=5), saving.update(await ann.ctx(), row.id, patch))
    ports.clock.forward(hours=1)
    await perform_next(ports)

    assert b"the other" == await original(ports, await assets.get(await ann.ctx(), asset.id))


async def test_a_server_that_takes_none_any_more_calls_what_is_pending_a_failure(ann, ports, row):
    asset = await snapshots.create(await ann.ctx(), row.id)
    await perform_next(replace(ports, snapshots=None))

    assert "failure" == (await Asset.get(id=asset.id)).status


async def test_nobody_brings_the_bytes_of_a_pending_snapshot(ann, ports, row):
    async def chunks():
        yield b"x"

    asset = await snapshots.create(await ann.ctx(), row.id)
    with pytest.raises(NotFound):
        await assets.complete(await ann.ctx(), asset.id, chunks())

    assert "pending" == (await Asset.get(id=asset.id)).status


async def test_the_purge_takes_uploads_that_never_came_and_calls_forgotten_snapshots_failures(ann, ports, row):
    """One that still has its job is left to it."""
    ctx = await ann.ctx()
    upload = await assets.announce(ctx, row.id, "a", "text/plain")
    forgotten = await snapshots.create(ctx, row.id)
    await Job.all().delete()
    waiting = await snapshots.create(ctx, (await make_bookmark(ann)).id)
    ports.clock.forward(days=2)
    young = await snapshots.create(ctx, (await make_bookmark(ann)).id)
    await Job.filter(payload={"asset": young.id}).delete()
    await worker.purge(ports)

    statuses = dict(await Asset.all().values_list("id", "status"))
    assert {forgotten.id: "failure", waiting.id: "pending", young.id: "pending"} == statuses
    assert upload.id not in statuses


@pytest.mark.parametrize("policy", list(ConflictPolicy))
async def test_a_new_bookmark_has_one_taken_by_itself_and_no_other_save_has(ann, ports, policy):
    """LD-NEW-7: pending at once, whatever is done to an address that is kept already."""
    await wish(ann, automatic_snapshots=True)
    first = await save(ann)
    if policy not in {ConflictPolicy.ERROR, ConflictPolicy.COPY}:
        await save(ann, policy=policy)
    pending = await Asset.all().values_list("bookmark_id", "kind", "status", "display_name")

    assert [(first.id, "snapshot", "pending", "New snapshot")] == pending
    assert {f"snapshot:{(await Asset.get()).id}"} == set(await Job.all().values_list("dedupe_key", flat=True))
    assert first.created_at == first.updated_at


async def test_none_is_taken_for_who_has_not_asked_nor_against_the_callers_word_nor_where_none_are(ann, ports):
    """LD-NEW-7."""
    await save(ann)
    await wish(ann, automatic_snapshots=True)
    await save(ann, "https://b.example/", snapshot=False)
    off = replace(ann, ports=replace(ports, snapshots=None))
    await save(off, "https://c.example/")

    assert (0, 0) == (await Asset.all().count(), await Job.all().count())


async def test_a_bookmark_that_comes_out_of_the_trash_is_not_new(ann, ports):
    row = await save(ann)
    await trash.delete(await ann.ctx(), [row.id])
    await wish(ann, automatic_snapshots=True, web_archive_integration="enabled")
    again = await save(ann, policy=ConflictPolicy.MERGE, door=replace(GRAPHQL, revives=True))

    assert row.id == again.id
    assert (0, 0) == (await Asset.all().count(), await Job.all().count())


async def test_a_create_costs_two_statements_more_for_who_wants_a_snapshot_and_none_for_who_does_not(ann, ports):
    """The asset, and the job."""
    costs = []
    for number, wanted in enumerate([False, True]):
        await wish(ann, automatic_snapshots=wanted)
        ctx = await ann.ctx()
        draft = BookmarkDraft(url=f"https://a.example/{number}", title="A")
        async with statements_counted([]) as statements:
            await saving.save(ctx, draft, fetch=False)
        costs.append(len(statements))

    assert 2 == costs[1] - costs[0]


async def test_taking_one_costs_a_fixed_number_of_statements(ann, ports, row):
    costs = []
    for others in (0, 20):
        for _ in range(others):
            await make_bookmark(ann)
        await snapshots.create(await ann.ctx(), row.id)
        async with statements_counted([]) as statements:
            await perform_next(ports)
        costs.append(len(statements))

    assert costs[0] == costs[1]


async def archived(person, url=PAGE):
    return (await bookmarks.get(await person.ctx(), (await Bookmark.get(url=url)).id)).web_archive_url


COPY = "https://web.archive.org/web/20260102030405/https://a.example/page"


async def test_a_new_bookmark_is_kept_by_the_internet_archive_for_who_wants_that(ann, ben, ports):
    ports.websites.archived[PAGE] = COPY
    await wish(ann, web_archive_integration="enabled")
    row = await save(ann)
    await save(ben)
    jobs = await Job.all().values_list("kind", "owner_id")
    await perform_next(ports)

    assert [("archive", ann.user.id)] == jobs
    assert COPY == (await bookmarks.get(await ann.ctx(), row.id)).web_archive_url
    assert (await Bookmark.get(owner_id=ben.user.id)).web_archive_url is None
    assert "update" == (await Change.filter(entity="bookmark", entity_id=row.id).order_by("-seq").first()).operation
    assert row.updated_at == (await bookmarks.get(await ann.ctx(), row.id)).updated_at


async def test_nothing_is_archived_where_nothing_is_fetched(ann, ports):
    await wish(ann, web_archive_integration="enabled")
    await save(replace(ann, ports=replace(ports, limits=replace(ports.limits, fetch_timeout=0))))

    assert not await Job.exists()


async def test_another_address_has_no_copy_yet(ann, ports, monkeypatch):
    """Neither by what was known of the old one, nor by what a job brings of it late."""
    ports.websites.archived[PAGE] = COPY
    await wish(ann, web_archive_integration="enabled")
    row = await save(ann)
    await perform_next(ports)
    moved = await saving.update(await ann.ctx(), row.id, BookmarkPatch(url=Some("https://b.example/")))

    async def move_meanwhile(url):
        await saving.update(await ann.ctx(), row.id, BookmarkPatch(url=Some("https://c.example/")))
        return COPY

    monkeypatch.setattr(ports.websites, "archive", move_meanwhile)
    await archives.keep(await ann.ctx(), row.id)

    assert moved.web_archive_url is None
    assert await archived(ann, "https://c.example/") is None


async def test_an_archive_that_asks_to_wait_is_asked_again_no_sooner(ann, ports):
    """Up to a day."""
    await wish(ann, web_archive_integration="enabled")
    await save(ann)
    waits = []
    for seconds in (3600, 10_000_000):
        ports.websites.archived[PAGE] = FetchFailed("busy", retry_after=seconds)
        job = await perform_next(ports)
        waits.append((await Job.get()).run_at - ports.clock.now())
        await queue.postpone(await _again(ports, job), ports.clock.now(), "")

    assert [3600, 86400] == [round(wait.total_seconds()) for wait in waits]


async def _again(ports, job):
    """The job that was put off, claimed as if its time had come."""
    await Job.filter(id=job.id).update(run_at=ports.clock.now())
    return await worker.claim(ports, LEASE)
