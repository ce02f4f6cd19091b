"""Sending webhooks what is pending: the worker's side of BK section 9.4.

One job a webhook (its key sees to that) sends what is due, several at once but never two of one subject, of which the
older must be delivered or given up before the next one goes out. What was sent is written down afterwards, so a process
that is killed in between sends it again: at least once, the very same words under the same name.

A write asks for the job of its webhook in its own transaction. Whether the job may end is looked up under the owner's
lock, which every write holds from its beginning to its commit: so no delivery can be written between the look and the
end, and none is left behind (docs/decisions/0019-webhooks.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from tortoise.transactions import in_transaction

from models import Delivery, User, Webhook
from models.queries import accounts, jobs
from models.queries import deliveries as queries
from models.queries.deliveries import DELIVERED, FAILED, PENDING, Turn
from models.queries.jobs import ClaimedJob
from models.rows import UserRow
from models.text import mend_text
from schema.context import Context, Viewer
from schema.door import WORKER
from schema.errors import Problem
from schema.events import ask_deliver, read_event
from schema.execution.fields import global_id
from schema.ids import Kind
from schema.operation import writing
from schema.ports import FetchFailed, Ports
from schema.resolvers.webhooks import KEPT, keep_flag
from schema.unit import Unit

RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))  # after the first failure, the second …
SECONDS = 10.0  # that a receiver has for its answer
AT_ONCE = 8  # deliveries to one webhook
ROUND = 30.0  # seconds of one run of the job, so that a slow receiver leaves the worker to others in between
MOST_FAILURES = 20  # deliveries given up in a row, before the webhook is told nothing more
STEP = 500
REASON_LENGTH = 500
KINDS = {"bookmark": Kind.BOOKMARK, "group": Kind.FOLDER, "tag": Kind.TAG}

log = structlog.stdlib.get_logger("polymark.webhooks")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: the answer's status, or why there was none."""

    turn: Turn
    status: int | None
    reason: str = ""

    @property
    def is_success(self) -> bool:
        """Any 2xx."""
        return self.status is not None and 200 <= self.status < 300


async def send(ports: Ports, webhook_id: int) -> None:
    """Send what is due of the webhook, for half a minute or until nothing is; the job's end is ``settle``."""
    started = monotonic()
    while monotonic() - started < ROUND:
        hook = await Webhook.get_or_none(id=webhook_id, is_active=True)
        user = None if hook is None else await accounts.user(hook.owner_id)
        if hook is None or user is None or not user.is_active:
            return
        turns = await queries.due(webhook_id, ports.clock.now(), AT_ONCE)
        if not turns:
            return
        bodies = await _word(ports, hook, user, turns)
        outcomes = await asyncio.gather(*(_attempt(ports, hook, turn, bodies.get(turn.id)) for turn in turns))
        await _write_down(Context(ports, WORKER, Viewer(user)), hook, outcomes)


async def settle(ports: Ports, job: ClaimedJob) -> bool:
    """End the job, or put it off until the next delivery is due; whether it was still ours."""
    async with in_transaction("default"):
        await User.filter(id=job.owner_id).select_for_update(no_key=True).only("id").first()
        moment = await queries.next_turn(job.payload["webhook"])
        if moment is None:
            return await jobs.finish(job)
        return await jobs.rest(job, max(moment, ports.clock.now()))


async def wake(ports: Ports) -> None:
    """Ask again for the jobs of webhooks with something pending: one may have been given up, or its owner been away."""
    for owner_id, webhook_id in await queries.waiting():
        user = await accounts.user(owner_id)
        if user is not None:
            async with writing(Context(ports, WORKER, Viewer(user))) as unit:
                ask_deliver(unit, webhook_id, urgent=False)


async def purge(now: datetime) -> None:
    """Forget deliveries and their events after 30 days."""
    while ids := await Delivery.filter(created_at__lt=now - KEPT).limit(STEP).values_list("id", flat=True):
        await Delivery.filter(id__in=ids).delete()


async def _word(ports: Ports, hook: Webhook, user: UserRow, turns: Sequence[Turn]) -> dict[int, str]:
    """The words of each delivery, which are made and kept before they first go out, and never change.

    Those that cannot be had now are missing.
    """
    bodies = {turn.id: turn.body for turn in turns if turn.body is not None}
    fresh: dict[int, str] = {}
    for turn in turns:
        if turn.id not in bodies:
            try:
                fresh[turn.id] = await _body(ports, hook, user, turn)
            except Problem as problem:
                log.warning("no words for a delivery", webhook=hook.name, delivery=turn.name, reason=str(problem))
    if fresh:
        rows = [Delivery(id=id, body=body) for id, body in fresh.items()]
        await Delivery.bulk_update(rows, ["body"], batch_size=100)
    return bodies | fresh


async def _body(ports: Ports, hook: Webhook, user: UserRow, turn: Turn) -> str:
    event = read_event(turn.name, turn.event, turn.facts, turn.created_at)
    if hook.query is None:
        return ports.payloads.wordings[hook.dialect].body(event, ports.payloads.base).decode()
    noun, _, id = turn.subject.partition(":")
    variables = {"event": turn.event, "id": global_id(KINDS[noun].value, int(id)), "uid": event.row.uid}
    viewer = Viewer(user, frozenset(hook.scopes.split()))
    extensions = {"id": turn.name, "event": turn.event, "createdAt": turn.created_at.isoformat()}
    return (await ports.payloads.queries.answer(viewer, hook.query, variables, extensions)).decode()


async def _attempt(ports: Ports, hook: Webhook, turn: Turn, body: str | None) -> Outcome:
    if body is None:
        return Outcome(turn, None, "the payload could not be made")
    raw, wording = body.encode(), ports.payloads.wordings[hook.dialect]
    headers = wording.headers(turn.name, turn.event, raw, hook.secret, ports.clock.now())
    try:
        return Outcome(turn, await ports.websites.deliver(hook.url, raw, headers, seconds=SECONDS))
    except FetchFailed as failure:
        return Outcome(turn, None, failure.reason)


async def _write_down(ctx: Context, hook: Webhook, outcomes: Sequence[Outcome]) -> None:
    """Note what came of the attempts, and switch a webhook off that nothing reaches any more."""
    now = ctx.ports.clock.now()
    rows = [_delivery(outcome, now) for outcome in outcomes]
    names = ["status", "attempts", "response_status", "last_error", "next_attempt_at", "ended_at"]
    async with writing(ctx) as unit:  # for the owner's lock: somebody may be changing the webhook
        await Delivery.bulk_update(rows, names, batch_size=100)
        found = await Webhook.get_or_none(id=hook.id)
        if found is not None:
            await _count(unit, found, [row.status for row in rows])
    for outcome in outcomes:
        if not outcome.is_success:
            reason = outcome.reason or f"status {outcome.status}"
            log.info("not delivered", webhook=hook.name, delivery=outcome.turn.name, reason=reason)


def _delivery(outcome: Outcome, now: datetime) -> Delivery:
    """What the row says afterwards."""
    turn = outcome.turn
    attempts = turn.attempts + 1
    failed = PENDING if attempts <= len(RETRIES) else FAILED
    status = DELIVERED if outcome.is_success else failed
    is_pending = status == PENDING
    return Delivery(
        id=turn.id,
        status=status,
        attempts=attempts,
        response_status=outcome.status,
        last_error="" if outcome.is_success else mend_text(outcome.reason)[:REASON_LENGTH],
        next_attempt_at=now + RETRIES[attempts - 1] if is_pending else None,
        ended_at=None if is_pending else now,
    )


async def _count(unit: Unit, hook: Webhook, ends: Sequence[str]) -> None:
    """Count how many deliveries in a row were given up."""
    failures = hook.failures
    for status in ends:
        if status == DELIVERED:
            failures = 0
        elif status == FAILED:
            failures += 1
    is_active = hook.is_active and failures < MOST_FAILURES
    if (failures, is_active) == (hook.failures, hook.is_active):
        return
    await Webhook.filter(id=hook.id).update(failures=failures, is_active=is_active)
    if not is_active:
        log.warning("webhook switched off", webhook=hook.name, failures=failures)
        unit.record("webhook", hook.id, "update", {"is_active": hook.is_active})
        await keep_flag(unit)
