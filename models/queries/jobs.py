"""The queue of jobs: claiming one, and what becomes of it. Only who holds a job's lease may end it.

Moments are aware and in UTC. A claim's name is new each time, so a claim that has lost its job cannot end what another
made of it (docs/decisions/0008-jobs-are-rows.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from models.job import Job
from models.queries.build import Sql
from models.queries.connection import current

QUEUED, DONE, FAILED = "queued", "done", "failed"


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds of jobs: ``only`` those, unless it is empty, and none of ``but``."""

    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    def __contains__(self, kind: str) -> bool:
        return kind not in self.but and (not self.only or kind in self.only)


ANY_KIND = Kinds()


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that is ours until its lease runs out; ``attempts`` counts this one, ``claim`` is what we hold it by."""

    id: int
    owner_id: int | None
    kind: str
    payload: dict[str, Any]
    attempts: int
    claim: str


async def claim(now: datetime, until: datetime, name: str, kinds: Kinds = ANY_KIND) -> ClaimedJob | None:
    """Take the job of these kinds that has been due longest, until a moment and under a name; None when none is due.

    Of any number of workers exactly one gets a job. An idle worker only reads, so it never takes SQLite's write lock.
    """
    connection, dialect = current()
    moment = dialect.stored(now)
    look = Sql(dialect)
    (rows,) = await connection.read([(f"SELECT 1 FROM job WHERE {_due(look, moment, kinds)} LIMIT 1", look.values)])
    if not rows:
        return None
    sql = Sql(dialect)
    text = (
        f"UPDATE job SET lease_until = {sql.value(dialect.stored(until))}, lease_by = {sql.value(name)},"
        f" attempts = attempts + 1 WHERE id = (SELECT id FROM job WHERE {_due(sql, moment, kinds)}"
        f" ORDER BY run_at, id LIMIT 1{dialect.skip_locked}) RETURNING id, owner_id, kind, payload, attempts"
    )
    async with in_transaction("default") as writer:  # on SQLite the write lock, so two claims cannot meet
        found = await writer.execute_query_dict(text, sql.values)
    if not found:
        return None
    row = found[0]
    return ClaimedJob(row["id"], row["owner_id"], row["kind"], dialect.json(row["payload"]), row["attempts"], name)


async def finish(job: ClaimedJob, *, keep: bool = False) -> bool:
    """Take a job that is done off the queue; with ``keep`` it stays as done, so that it is not asked for again.

    Returns whether the job was still ours, as the three below do.
    """
    if keep:
        return bool(await _held(job).update(status=DONE, lease_until=None, lease_by=None))
    return bool(await _held(job).delete())


async def postpone(job: ClaimedJob, run_at: datetime, error: str) -> bool:
    """Let a job that failed be tried again at a later moment."""
    return bool(await _held(job).update(run_at=run_at, last_error=error, lease_until=None, lease_by=None))


async def rest(job: ClaimedJob, run_at: datetime) -> bool:
    """Let a job that went well do more at a later moment; its attempts are counted anew."""
    return bool(await _held(job).update(run_at=run_at, attempts=0, last_error="", lease_until=None, lease_by=None))


async def give_up(job: ClaimedJob, error: str, *, keep_key: bool = False) -> bool:
    """End a job that failed for good; unless ``keep_key``, the same may be asked for anew."""
    free = {} if keep_key else {"dedupe_key": None}
    return bool(await _held(job).update(status=FAILED, last_error=error, lease_until=None, lease_by=None, **free))


async def let_go(job: ClaimedJob) -> bool:
    """Give back a job that was interrupted: anybody may claim it at once, and the attempt does not count."""
    return bool(await _held(job).update(attempts=job.attempts - 1, lease_until=None, lease_by=None))


async def ask_once(kind: str, key: str, now: datetime, period_start: datetime) -> None:
    """Ask for periodic work under the period's key, unless somebody has; what earlier periods left done goes."""
    await Job.bulk_create(
        [Job(kind=kind, payload={}, dedupe_key=key, run_at=now, created_at=now)], ignore_conflicts=True
    )
    await Job.filter(kind=kind, status=DONE, run_at__lt=period_start).delete()


async def forget(before: datetime, most: int) -> int:
    """Delete at most so many ended jobs that were last due before a moment; how many went."""
    ended = Job.filter(status__in=[DONE, FAILED], run_at__lt=before)
    ids = await ended.order_by("id").limit(most).values_list("id", flat=True)
    return await Job.filter(id__in=ids).delete() if ids else 0


def _held(job: ClaimedJob) -> QuerySet[Job]:
    return Job.filter(id=job.id, lease_by=job.claim)


def _due(sql: Sql, now: Any, kinds: Kinds) -> str:
    """The condition: queued, its moment has come, and nobody holds it; ``now`` is as the database stores it."""
    moment = sql.value(now)
    due = f"status = '{QUEUED}' AND run_at <= {moment} AND (lease_until IS NULL OR lease_until <= {moment})"
    for names, word in ((kinds.only, "IN"), (kinds.but, "NOT IN")):
        if names:
            due += f" AND kind {word} ({', '.join(map(sql.value, names))})"
    return due
