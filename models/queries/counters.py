"""Counts in windows of time, each step one statement, so that any number of processes count exactly.

A window begins with the first that is counted; one that has ended, or from which all was taken back, is as none.
Moments are aware and in UTC.
"""

from __future__ import annotations

from datetime import datetime

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from models.counter import Counter
from models.queries.build import Sql
from models.queries.connection import current


async def add(key: str, amount: int, now: datetime, until: datetime) -> tuple[int, datetime]:
    """Count under the key; a window that begins with this lasts until then. How many there are, and when it ends."""
    _, dialect = current()
    sql = Sql(dialect)
    moment, ends = sql.value(dialect.stored(now)), sql.value(dialect.stored(until))
    name, number = sql.value(key), sql.value(amount)
    over = f"(counter.expires_at <= {moment} OR counter.count = 0)"
    text = (
        f"INSERT INTO counter (key, count, expires_at) VALUES ({name}, {number}, {ends})"
        f" ON CONFLICT (key) DO UPDATE SET"
        f" count = CASE WHEN {over} THEN excluded.count ELSE counter.count + excluded.count END,"
        f" expires_at = CASE WHEN {over} THEN excluded.expires_at ELSE counter.expires_at END"
        " RETURNING count, expires_at"
    )
    async with in_transaction("default") as writer:
        (row,) = await writer.execute_query_dict(text, sql.values)
    return int(row["count"]), dialect.moment(row["expires_at"])


async def take_back(key: str, amount: int, now: datetime) -> None:
    """Count so many less in the key's window, if it is open and has them."""
    await Counter.filter(key=key, count__gte=amount, expires_at__gt=now).update(count=F("count") - amount)


async def find(key: str, now: datetime) -> tuple[int, datetime]:
    """How many there are in the key's window, and when it ends; 0 and now for none."""
    row = await Counter.filter(key=key, count__gt=0, expires_at__gt=now).first()
    return (0, now) if row is None else (row.count, row.expires_at)


async def purge(now: datetime) -> None:
    """Delete the windows that have ended."""
    await Counter.filter(expires_at__lte=now).delete()
