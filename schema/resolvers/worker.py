"""The worker's side of jobs: claiming one, doing what its kind asks, and what follows when that fails.

A job is done at least once, so what it does must bear being done again. It is an operation like any other, with the
job's owner as viewer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from models import Asset, Bookmark, Change, Folder, Job, Placement, ranking
from models.queries import accounts, assets, counters, jobs
from models.queries.jobs import ANY_KIND, QUEUED, ClaimedJob, Kinds
from models.text import mend_text
from schema.context import ALL_SCOPES, Context, Viewer
from schema.door import WORKER
from schema.operation import writing
from schema.ports import FetchFailed, Ports
from schema.resolvers import (
    archives,
    capture,
    deliveries,
    folder_trash,
    login_flows,
    oauth_tokens,
    sessions,
    snapshots,
    trash,
)
from schema.resolvers import jobs as kinds
from schema.resolvers.assets import PENDING, SNAPSHOT, UPLOAD

PERIODIC = frozenset({kinds.PURGE, kinds.SWEEP})
MOST_ATTEMPTS = 6
FIRST_DELAY = timedelta(seconds=30)  # doubled with every attempt: the sixth comes about a quarter of an hour later
LONGEST_DELAY = timedelta(days=1)  # whatever somebody asks us to wait
ENDED_KEPT = timedelta(days=7)  # failed and done jobs stay that long for people to look at
UPLOAD_KEPT = timedelta(days=1)  # an upload's address is good for ten minutes; nobody brings the bytes after a day
SNAPSHOT_KEPT = timedelta(days=1)  # one that pends so long, and has no job, is somebody's restored rows
WORDS_KEPT = timedelta(days=2)  # the purge comes once a day; one that fails has its words go with the next
FILE_KEPT = timedelta(hours=1)  # bytes may be on the disk that long before their row is committed
STEP = 500  # rows deleted in one transaction, so that other writers get their turn
REASON_LENGTH = 500

log = structlog.stdlib.get_logger("polymark.jobs")


@dataclass(slots=True)
class Calendar:
    """Which periods' work this process has asked for already, so that it asks once a period."""

    asked: dict[str, str] = field(default_factory=dict)


async def ask_periodic(ports: Ports, calendar: Calendar) -> None:
    """Ask for the day's purge and the hour's sweep; every process does, and the unique key makes it one job."""
    now = ports.clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    for kind, start in ((kinds.PURGE, hour.replace(hour=0)), (kinds.SWEEP, hour)):
        key = f"{kind}:{start:%Y-%m-%dT%H}"
        if calendar.asked.get(kind) != key:
            await jobs.ask_once(kind, key, now, start)
            calendar.asked[kind] = key


async def claim(ports: Ports, lease: timedelta, kinds: Kinds = ANY_KIND) -> ClaimedJob | None:
    """Take the next job of these kinds that is due, for as long as the lease; None when there is none."""
    now = ports.clock.now()
    return await jobs.claim(now, now + lease, ports.clock.uuid().hex, kinds)


async def let_go(job: ClaimedJob) -> None:
    """Give an interrupted job back, so that another worker takes it over at once."""
    await jobs.let_go(job)


async def perform(ports: Ports, job: ClaimedJob, *, seconds: float) -> None:
    """Do the job within so many seconds, and write down what came of it: done, to be tried again, or failed.

    Never raises for what the job itself does; a database that does not answer is the caller's to log.
    """
    with structlog.contextvars.bound_contextvars(job=job.id, kind=job.kind, attempt=job.attempts):
        if job.attempts > MOST_ATTEMPTS:  # its workers died of it, or it would have been given up by them
            await _give_up(ports, job, "every worker that had it went away")
            return
        try:
            async with asyncio.timeout(seconds):
                await _do(ports, job)
        except FetchFailed as failure:  # the outside's trouble, not ours: no traceback
            log.info("job failed", reason=failure.reason)
            if failure.permanent:
                await _give_up(ports, job, failure.reason)
            else:
                await _fail(ports, job, failure.reason, retry_after=failure.retry_after)
        except TimeoutError:
            log.warning("job took too long", seconds=seconds)
            await _fail(ports, job, f"took longer than {seconds:g} s")
        except Exception as error:
            log.exception("job failed")
            await _fail(ports, job, f"{type(error).__name__}: {error}")
        else:
            if not await _end(ports, job):
                log.warning("job was done, but its lease had run out")


async def purge(ports: Ports) -> None:
    """Delete for good what has been in the trash, in a log, pending or ended for longer than it is kept.

    Sessions, login flows, counters and what clients of OAuth were given go whose time is over.
    """
    now = ports.clock.now()
    await _purge_trash(ports, now - timedelta(days=ports.limits.trash_days))
    await _purge_uploads(ports, now - UPLOAD_KEPT)
    await _fail_forgotten(ports, now - SNAPSHOT_KEPT)
    await _forget_words(ports, now - WORDS_KEPT)
    before = now - timedelta(days=ports.limits.change_days)
    while ids := await Change.filter(created_at__lt=before).limit(STEP).values_list("id", flat=True):
        await Change.filter(id__in=ids).delete()
    while await jobs.forget(now - ENDED_KEPT, STEP) == STEP:
        pass
    await sessions.purge(now)
    await login_flows.purge(now)
    await oauth_tokens.purge(now)
    await counters.purge(now)
    await deliveries.purge(now)


async def sweep(ports: Ports) -> int:
    """Unlink the files that no asset and no bookmark's picture names any more. Returns how many went."""
    return await ports.files.sweep(assets.named, older_than=ports.clock.now() - FILE_KEPT)


async def _forget_words(ports: Ports, since: datetime) -> None:
    """Take words out of the vocabulary of whoever deleted bookmarks for good, where no other bookmark has them."""
    erased = Change.filter(entity="bookmark", operation="purge", created_at__gte=since)
    for owner_id in await erased.distinct().values_list("owner_id", flat=True):
        ctx = await _context(ports, int(str(owner_id)))
        last: int | None = 0
        while ctx is not None and last is not None:
            async with writing(ctx):
                last = await ranking.forget_unused(ctx.owner_id, last)


async def rank(ports: Ports, owner_id: int | None) -> None:
    """Bring the owner's rows of the ranked index into step, a few hundred in one transaction."""
    ctx = await _context(ports, owner_id)
    while ctx is not None and ctx.owner_id in await ranking.owners_behind():
        async with writing(ctx):
            pass  # every write ends with doing so


async def _wake_rank(ports: Ports) -> None:
    """Ask again for what the ranked index lacks: a write may have asked while a job that saw nothing was ending."""
    for owner_id in await ranking.owners_behind():
        ctx = await _context(ports, owner_id)
        if ctx is not None:
            async with writing(ctx):
                pass  # every write ends with some of it, and asks for the rest


async def _do(ports: Ports, job: ClaimedJob) -> None:
    match job.kind:
        case kinds.SCRAPE | kinds.PICTURES | kinds.SNAPSHOT | kinds.ARCHIVE:
            await _capture(ports, job)
        case kinds.RANK:
            await rank(ports, job.owner_id)
        case kinds.PURGE:
            await purge(ports)
        case kinds.SWEEP:
            await sweep(ports)
            await deliveries.wake(ports)
            await _wake_rank(ports)
        case kinds.DELIVER:
            await deliveries.send(ports, job.payload["webhook"])
        case _:
            message = "no such kind of job"  # a newer process may know it, so it is tried again
            raise LookupError(message)


async def _end(ports: Ports, job: ClaimedJob) -> bool:
    """Take the job off the queue, unless it has more to do; whether it was still ours."""
    if job.kind == kinds.DELIVER:
        return await deliveries.settle(ports, job)
    return await jobs.finish(job, keep=job.kind in PERIODIC)


async def _capture(ports: Ports, job: ClaimedJob) -> None:
    ctx = await _context(ports, job.owner_id)
    if ctx is None:
        return
    match job.kind:
        case kinds.SCRAPE:
            await capture.read_page(ctx, job.payload["bookmark"])
        case kinds.PICTURES:
            pictures = {name: job.payload[name] for name in ("favicon", "preview")}
            await capture.fetch_pictures(ctx, job.payload["bookmark"], **pictures)
        case kinds.SNAPSHOT:
            await snapshots.take(ctx, job.payload["asset"])
        case kinds.ARCHIVE:
            await archives.keep(ctx, job.payload["bookmark"])


async def _context(ports: Ports, owner_id: int | None) -> Context | None:
    """A context with the owner as viewer, who may do everything; None when the account has gone."""
    user = None if owner_id is None else await accounts.user(owner_id)
    return None if user is None else Context(ports, WORKER, Viewer(user, ALL_SCOPES))


async def _purge_trash(ports: Ports, before: datetime) -> None:
    """Delete for good what went into the trash before the moment: bookmarks, folders, and places in folders."""
    owners = {
        *await Bookmark.filter(deleted_at__lt=before).distinct().values_list("owner_id", flat=True),
        *await Folder.filter(deleted_at__lt=before).distinct().values_list("owner_id", flat=True),
        *await Placement.filter(deleted_at__lt=before).distinct().values_list("folder__owner_id", flat=True),
    }
    for owner_id in sorted(int(str(id)) for id in owners):
        ctx = await _context(ports, owner_id)
        for empty in (trash.empty, folder_trash.empty, folder_trash.forget_places):
            while ctx is not None and await empty(ctx, deleted_before=before, most=STEP) == STEP:
                pass


async def _purge_uploads(ports: Ports, before: datetime) -> None:
    """Delete the announcements of uploads whose bytes never came."""
    stale = Asset.filter(kind=UPLOAD, status=PENDING, created_at__lt=before).order_by("bookmark__owner_id", "id")
    stale = stale.limit(STEP)
    while found := await stale.values_list("bookmark__owner_id", "id"):
        for owner_id, group in groupby(found, key=lambda row: row[0]):
            ids = [id for _, id in group]
            ctx = await _context(ports, owner_id)
            if ctx is None:
                continue  # the account's rows went with it
            async with writing(ctx) as unit:
                # Bytes may have come since the look above; under the owner's lock none can.
                pending = await Asset.filter(id__in=ids, status=PENDING).only("id").order_by("id")
                await Asset.filter(id__in=[asset.id for asset in pending]).delete()
                for asset in pending:
                    unit.record("asset", asset.id, "delete")


async def _fail_forgotten(ports: Ports, before: datetime) -> None:
    """Say of pending snapshots that no job is to take any more that they will not come."""
    stale = Asset.filter(kind=SNAPSHOT, status=PENDING, created_at__lt=before).order_by("id").limit(STEP)
    last = 0
    while found := await stale.filter(id__gt=last).values_list("id", "bookmark__owner_id"):
        last = found[-1][0]
        keys = [kinds.snapshot_key(id) for id, _ in found]
        jobs_left = await Job.filter(dedupe_key__in=keys, status=QUEUED).only("id", "dedupe_key")
        asked = {job.dedupe_key for job in jobs_left}
        for id, owner_id in found:
            ctx = None if kinds.snapshot_key(id) in asked else await _context(ports, owner_id)
            if ctx is not None:
                await snapshots.fail(ctx, id)


async def _fail(ports: Ports, job: ClaimedJob, reason: str, *, retry_after: float = 0.0) -> None:
    """Put the job off, twice as long each time and no less than so many seconds, or give it up."""
    if job.attempts >= MOST_ATTEMPTS:
        await _give_up(ports, job, reason)
        return
    share = int.from_bytes(ports.clock.secret(2), "big") / 2**16  # jitter: what failed together comes back apart
    delay = FIRST_DELAY * 2 ** (job.attempts - 1) * (0.5 + share)
    delay = max(delay, min(timedelta(seconds=retry_after), LONGEST_DELAY))
    await jobs.postpone(job, ports.clock.now() + delay, _short(reason))


async def _give_up(ports: Ports, job: ClaimedJob, reason: str) -> None:
    """End the job as failed, and in the same transaction say so where its owner sees it.

    A periodic job keeps its key, for its period has had its tries; any other may be asked for anew.
    """
    log.warning("job given up", reason=reason)
    ctx = await _context(ports, job.owner_id) if job.kind == kinds.SNAPSHOT else None
    if ctx is None:
        await jobs.give_up(job, _short(reason), keep_key=job.kind in PERIODIC)
        return
    async with writing(ctx):
        if await jobs.give_up(job, _short(reason)):  # else another worker has it by now
            await snapshots.fail(ctx, job.payload["asset"])


def _short(reason: str) -> str:
    return mend_text(reason)[:REASON_LENGTH]
