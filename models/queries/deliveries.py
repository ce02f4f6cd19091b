"""Tuned reads of webhooks and of what they are told: whose turn it is, and the log.

Of a webhook's deliveries about one subject only the oldest pending one may go out; the others wait behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.queries.build import Sql
from models.queries.connection import AnyDialect, current
from models.queries.window import Slice
from models.rows import DeliveryRow, WebhookRow

PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"

_WEBHOOK = "w.id, w.name, w.url, w.events, w.scopes, w.dialect, w.query, w.is_active, w.created_at, w.updated_at"
_DELIVERY = (
    "d.id, d.webhook_id, d.name, d.event, d.subject, d.status, d.attempts, d.response_status, d.last_error,"
    " d.next_attempt_at, d.created_at, d.ended_at"
)
_FIRST = (
    "NOT EXISTS (SELECT 1 FROM delivery e WHERE e.webhook_id = d.webhook_id AND e.subject = d.subject"
    f" AND e.status = '{PENDING}' AND e.id < d.id)"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A delivery whose turn it is: ``body`` are the words that went out before, None with the first attempt."""

    id: int
    name: str
    event: str
    subject: str
    facts: dict[str, Any]
    body: str | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """An event that a webhook was or will be told, with its facts."""

    name: str
    event: str
    facts: dict[str, Any]
    created_at: datetime


async def webhooks(owner_id: int, names: Sequence[str] | None = None) -> list[WebhookRow]:
    """The owner's webhooks in the order in which they were made; with ``names`` those of them."""
    connection, dialect = current()
    sql = Sql(dialect)
    conditions = [f"w.owner_id = {sql.value(owner_id)}"]
    if names is not None:
        conditions.append(f"w.name IN ({', '.join(sql.value(name) for name in names)})")
    text = f"SELECT {_WEBHOOK} FROM webhook w WHERE {' AND '.join(conditions)} ORDER BY w.id"
    (rows,) = await connection.read([(text, sql.values)])
    return [_webhook(dialect, row) for row in rows]


async def webhooks_by_ids(owner_id: int, ids: Sequence[int]) -> list[WebhookRow]:
    """Those of the ids that are the owner's webhooks."""
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    markers = ", ".join(sql.value(id) for id in ids)
    text = f"SELECT {_WEBHOOK} FROM webhook w WHERE w.owner_id = {owner} AND w.id IN ({markers})"
    (rows,) = await connection.read([(text, sql.values)])
    return [_webhook(dialect, row) for row in rows]


async def due(webhook_id: int, now: datetime, most: int) -> list[Turn]:
    """The deliveries of the webhook whose turn it is, the oldest first, each about another subject."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT d.id, d.name, d.event, d.subject, d.facts, d.body, d.attempts, d.created_at FROM delivery d"
        f" WHERE d.webhook_id = {sql.value(webhook_id)} AND d.status = '{PENDING}'"
        f" AND d.next_attempt_at <= {sql.value(dialect.stored(now))} AND {_FIRST} ORDER BY d.id LIMIT {sql.value(most)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [
        Turn(id, name, event, subject, dialect.json(facts), body, attempts, dialect.moment(created_at))
        for id, name, event, subject, facts, body, attempts, created_at in rows
    ]


async def next_turn(webhook_id: int) -> datetime | None:
    """When the next delivery of the webhook is due; None when it is not told anything, or nothing is left."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT min(d.next_attempt_at) FROM delivery d JOIN webhook w ON w.id = d.webhook_id"
        " JOIN account a ON a.id = w.owner_id"
        f" WHERE w.id = {sql.value(webhook_id)} AND w.is_active AND a.is_active"
        f" AND d.status = '{PENDING}' AND {_FIRST}"
    )
    ((row,),) = await connection.read([(text, sql.values)])
    return dialect.moment(row[0]) if row[0] else None


async def waiting() -> list[tuple[int, int]]:
    """Owner and id of every webhook that is told of things and has deliveries pending."""
    connection, _ = current()
    text = (
        "SELECT w.owner_id, w.id FROM webhook w JOIN account a ON a.id = w.owner_id"
        " WHERE w.is_active AND a.is_active"
        f" AND EXISTS (SELECT 1 FROM delivery d WHERE d.webhook_id = w.id AND d.status = '{PENDING}') ORDER BY w.id"
    )
    (rows,) = await connection.read([(text, [])])
    return [(owner_id, id) for owner_id, id in rows]


async def deliveries(webhook_id: int, part: Slice) -> list[DeliveryRow]:
    """The asked-for part of the webhook's log, the newest first."""
    connection, dialect = current()
    sql = Sql(dialect)
    conditions = [f"d.webhook_id = {sql.value(webhook_id)}"]
    if part.after is not None:
        conditions.append(f"d.id < {sql.value(part.after.id)}")
    if part.before is not None:
        conditions.append(f"d.id > {sql.value(part.before.id)}")
    text = (
        f"SELECT {_DELIVERY} FROM delivery d WHERE {' AND '.join(conditions)}"
        f" ORDER BY d.id {'ASC' if part.backwards else 'DESC'} LIMIT {sql.value(part.limit)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    result = [_delivery(dialect, row) for row in rows]
    if part.backwards:
        result.reverse()
    return result


async def count(webhook_id: int) -> int:
    """How long the webhook's log is."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = f"SELECT count(*) FROM delivery d WHERE d.webhook_id = {sql.value(webhook_id)}"
    ((row,),) = await connection.read([(text, sql.values)])
    return int(row[0])


async def deliveries_by_ids(owner_id: int, ids: Sequence[int]) -> list[DeliveryRow]:
    """Those of the ids that are deliveries of the owner's webhooks."""
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    text = (
        f"SELECT {_DELIVERY} FROM delivery d JOIN webhook w ON w.id = d.webhook_id"
        f" WHERE w.owner_id = {owner} AND d.id IN ({', '.join(sql.value(id) for id in ids)})"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [_delivery(dialect, row) for row in rows]


async def events(webhook_id: int, names: Sequence[str], after: int, since: datetime, most: int) -> list[Told]:
    """What the webhook is told of the named events since a moment, the oldest first, from above an id on."""
    if not names:
        return []
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT d.name, d.event, d.facts, d.created_at FROM delivery d"
        f" WHERE d.webhook_id = {sql.value(webhook_id)} AND d.id > {sql.value(after)}"
        f" AND d.created_at >= {sql.value(dialect.stored(since))}"
        f" AND d.event IN ({', '.join(sql.value(name) for name in names)}) ORDER BY d.id LIMIT {sql.value(most)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [
        Told(name, event, dialect.json(facts), dialect.moment(created_at)) for name, event, facts, created_at in rows
    ]


def _webhook(dialect: AnyDialect, row: Sequence[Any]) -> WebhookRow:
    id, name, url, events, scopes, wording, query, is_active, created_at, updated_at = row
    return WebhookRow(
        id, name, url, tuple(events.split()), tuple(scopes.split()), wording, query, is_active == 1,
        dialect.moment(created_at), dialect.moment(updated_at),
    )  # fmt: skip


def _delivery(dialect: AnyDialect, row: Sequence[Any]) -> DeliveryRow:
    id, webhook_id, name, event, subject, status, attempts, answered, error, next_at, created_at, ended_at = row
    return DeliveryRow(
        id, webhook_id, name, event, subject, status, attempts, answered, error,
        dialect.moment(next_at) if next_at and status == PENDING else None,
        dialect.moment(created_at),
        dialect.moment(ended_at) if ended_at else None,
    )  # fmt: skip
