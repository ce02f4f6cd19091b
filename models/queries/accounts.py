"""Tuned reads of accounts and credentials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.queries.build import Sql
from models.queries.connection import AnyDialect, current
from models.rows import TokenRow, UserRow

USER_COLUMNS = (
    "u.username, u.is_admin, u.is_active, u.enable_sharing, u.enable_public_sharing, u.preferences,"
    " u.auto_tagging_rules, u.change_seq, u.created_at,"
    " (SELECT f.id FROM folder f WHERE f.owner_id = u.id AND f.parent_id IS NULL)"
)
KEY_COLUMNS = "k.name, k.prefix, k.kind, k.scopes, k.grant_id, k.created_at, k.expires_at, k.last_used_at"


@dataclass(slots=True)
class Credential:
    """A token that was found by its digest, with its owner."""

    token: TokenRow
    user: UserRow


@dataclass(slots=True)
class Account:
    """An account with the hash of its password, and that token of its own that was asked for, if there is one."""

    user: UserRow
    password_hash: str
    token: TokenRow | None


async def by_digest(digest: str) -> Credential | None:
    """The token with that SHA-256 and its owner, in one statement: every request's first."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT k.id, k.{dialect.uid}, {KEY_COLUMNS}, u.id, u.{dialect.uid}, {USER_COLUMNS}"
        f" FROM token k JOIN account u ON u.id = k.owner_id WHERE k.digest = {sql.value(digest)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    if not rows:
        return None
    return Credential(_token(dialect, rows[0][:10]), user_of(dialect, rows[0][10:]))


async def account_by_name(username: str, digest: str) -> Account | None:
    """The account of that exact name, with its token of that SHA-256, in one statement."""
    return await _account("u.username", username, "k.digest", digest)


async def account_by_id(id: int, token_id: int) -> Account | None:
    """The account of that id, with its token of that id, in one statement."""
    return await _account("u.id", id, "k.id", token_id)


async def user(id: int) -> UserRow | None:
    """The account with that id."""
    return await _one_user("u.id", id)


async def user_by_name(username: str) -> UserRow | None:
    """The account of that exact name."""
    return await _one_user("u.username", username)


async def users() -> list[UserRow]:
    """All accounts by id."""
    connection, dialect = current()
    (rows,) = await connection.read(
        [(f"SELECT u.id, u.{dialect.uid}, {USER_COLUMNS} FROM account u ORDER BY u.id", [])]
    )
    return [user_of(dialect, row) for row in rows]


async def tokens(owner_id: int) -> list[TokenRow]:
    """The owner's tokens by id, without those that clients of OAuth hold: those go by their grant."""
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    text = (
        f"SELECT k.id, k.{dialect.uid}, {KEY_COLUMNS} FROM token k"
        f" WHERE k.owner_id = {owner} AND k.kind NOT LIKE 'oauth-%' ORDER BY k.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [_token(dialect, row) for row in rows]


async def _account(column: str, value: int | str, key_column: str, key: int | str) -> Account | None:
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT k.id, k.{dialect.uid}, {KEY_COLUMNS}, u.password_hash, u.id, u.{dialect.uid}, {USER_COLUMNS}"
        f" FROM account u LEFT JOIN token k ON k.owner_id = u.id AND {key_column} = {sql.value(key)}"
        f" WHERE {column} = {sql.value(value)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    if not rows:
        return None
    token = None if rows[0][0] is None else _token(dialect, rows[0][:10])
    return Account(user_of(dialect, rows[0][11:]), rows[0][10], token)


async def _one_user(column: str, value: int | str) -> UserRow | None:
    connection, dialect = current()
    sql = Sql(dialect)
    text = f"SELECT u.id, u.{dialect.uid}, {USER_COLUMNS} FROM account u WHERE {column} = {sql.value(value)}"
    (rows,) = await connection.read([(text, sql.values)])
    return user_of(dialect, rows[0]) if rows else None


def user_of(dialect: AnyDialect, row: Sequence[Any]) -> UserRow:
    """The account from its id, its uid and USER_COLUMNS."""
    flag = dialect.flag
    created_at: datetime = dialect.moment(row[10])
    return UserRow(
        row[0], row[1], row[2], flag(row[3]), flag(row[4]), flag(row[5]), flag(row[6]),
        dialect.json(row[7]), row[8], row[9], created_at, row[11] or 0,
    )  # fmt: skip


def _token(dialect: AnyDialect, row: Sequence[Any]) -> TokenRow:
    id, uid, name, prefix, kind, scopes, grant_id, *moments = row
    created_at, expires_at, last_used_at = (dialect.moment(moment) if moment else None for moment in moments)
    return TokenRow(
        id,
        uid,
        name,
        prefix,
        kind,
        tuple(scopes.split()),
        created_at,  # type: ignore[arg-type]  # never null
        expires_at,
        last_used_at,
        grant_id,
    )
