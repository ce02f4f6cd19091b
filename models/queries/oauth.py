"""Tuned reads of programs of others, and of what people have let them do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.queries.build import Sql
from models.queries.connection import AnyDialect, current
from models.rows import OAuthClientRow, OAuthGrantRow

COLUMNS = "c.client_id, c.name, c.redirect_uris, c.scopes, c.secret_digest, c.created_at"


@dataclass(slots=True)
class FoundClient:
    """A client that was found by its ``client_id``, with the digest of its secret; None for a public one."""

    client: OAuthClientRow
    secret_digest: str | None


async def by_client_id(client_id: str) -> FoundClient | None:
    """The client of that ``client_id``, unless the account that registered it is deactivated."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT c.id, c.{dialect.uid}, {COLUMNS} FROM oauth_client c JOIN account u ON u.id = c.owner_id"
        f" WHERE c.client_id = {sql.value(client_id)} AND u.is_active"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return FoundClient(_client(dialect, rows[0]), rows[0][6]) if rows else None


async def clients(owner_id: int) -> list[OAuthClientRow]:
    """The clients that the owner registered, by id."""
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    text = f"SELECT c.id, c.{dialect.uid}, {COLUMNS} FROM oauth_client c WHERE c.owner_id = {owner} ORDER BY c.id"
    (rows,) = await connection.read([(text, sql.values)])
    return [_client(dialect, row) for row in rows]


async def grants(owner_id: int, now: datetime) -> list[OAuthGrantRow]:
    """What the owner has let clients do and still holds, by id."""
    connection, dialect = current()
    sql = Sql(dialect)
    owner, moment = sql.value(owner_id), sql.value(dialect.stored(now))
    used = "(SELECT max(k.last_used_at) FROM token k WHERE k.grant_id = g.id)"
    text = (
        f"SELECT g.id, g.{dialect.uid}, c.name, c.client_id, g.scopes, g.created_at, g.last_used_at, {used}"
        f" FROM oauth_grant g JOIN oauth_client c ON c.id = g.client_id"
        f" WHERE g.owner_id = {owner} AND {_lives(moment)} ORDER BY g.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [_grant(dialect, row) for row in rows]


async def ended(now: datetime, most: int) -> list[int]:
    """Some of the grants that can bring no token any more: their code has run out, and so have all their tokens."""
    connection, dialect = current()
    sql = Sql(dialect)
    moment = sql.value(dialect.stored(now))
    text = (
        f"SELECT g.id FROM oauth_grant g WHERE g.code_expires_at <= {moment} AND NOT {_lives(moment)}"
        f" ORDER BY g.id LIMIT {sql.value(most)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [row[0] for row in rows]


def _lives(moment: str) -> str:
    """Whether the grant has a token that is good for something."""
    return f"EXISTS (SELECT 1 FROM token k WHERE k.grant_id = g.id AND k.spent_at IS NULL AND k.expires_at > {moment})"


def _client(dialect: AnyDialect, row: Sequence[Any]) -> OAuthClientRow:
    id, uid, client_id, name, redirect_uris, scopes, secret_digest, created_at = row
    return OAuthClientRow(
        id,
        str(uid),
        client_id,
        name,
        tuple(redirect_uris.split("\n")),
        tuple(scopes.split()),
        secret_digest is None,
        dialect.moment(created_at),
    )


def _grant(dialect: AnyDialect, row: Sequence[Any]) -> OAuthGrantRow:
    id, uid, client_name, client_id, scopes, created_at, *used = row
    return OAuthGrantRow(
        id,
        str(uid),
        client_name,
        client_id,
        tuple(scopes.split()),
        dialect.moment(created_at),
        max((dialect.moment(moment) for moment in used if moment), default=None),
    )
