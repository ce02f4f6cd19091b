"""Tuned reads of signed-in browsers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.queries.accounts import USER_COLUMNS, user_of
from models.queries.build import Sql
from models.queries.connection import AnyDialect, current
from models.rows import SessionRow, UserRow

COLUMNS = "s.id, s.user_agent, s.created_at, s.last_used_at, s.expires_at"


@dataclass(slots=True)
class SignedIn:
    """A browser that was found by its cookie's digest, with its owner."""

    session: SessionRow
    user: UserRow


async def by_digest(digest: str) -> SignedIn | None:
    """The session with that SHA-256 and its owner, in one statement."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT {COLUMNS}, u.id, u.{dialect.uid}, {USER_COLUMNS}"
        f" FROM session s JOIN account u ON u.id = s.owner_id WHERE s.digest = {sql.value(digest)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    if not rows:
        return None
    return SignedIn(_session(dialect, rows[0][:5]), user_of(dialect, rows[0][5:]))


async def sessions(owner_id: int) -> list[SessionRow]:
    """The owner's sessions, the last used first."""
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    text = f"SELECT {COLUMNS} FROM session s WHERE s.owner_id = {owner} ORDER BY s.last_used_at DESC, s.id DESC"
    (rows,) = await connection.read([(text, sql.values)])
    return [_session(dialect, row) for row in rows]


def _session(dialect: AnyDialect, row: Sequence[Any]) -> SessionRow:
    return SessionRow(row[0], row[1], *(dialect.moment(moment) for moment in row[2:]))
