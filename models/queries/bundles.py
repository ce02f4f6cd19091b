"""Tuned reads of bundles, and their numbering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from tortoise.connection import get_connection

from models.queries.build import Sql
from models.queries.connection import AnyDialect, current
from models.queries.window import Place, Position, Slice
from models.rows import BundleRow

COLUMNS = (
    "u.id, u.name, u.search, u.any_tags, u.all_tags, u.excluded_tags, u.filter_unread, u.filter_shared, u.position,"
    " u.created_at, u.updated_at"
)


async def page(owner_id: int, part: Slice) -> list[BundleRow]:
    """The asked-for part of the owner's bundles in their order; equal positions by id (LD-BUN-1)."""
    connection, dialect = current()
    sql = Sql(dialect)
    conditions = [f"u.owner_id = {sql.value(owner_id)}"]
    for position, sign in ((part.after, ">"), (part.before, "<")):
        if position is not None:
            conditions.append(f"(u.position, u.id) {sign} ({sql.value(position.value)}, {sql.value(position.id)})")
    direction = "DESC" if part.backwards else "ASC"
    text = (
        f"SELECT {COLUMNS} FROM bundle u WHERE {' AND '.join(conditions)}"
        f" ORDER BY u.position {direction}, u.id {direction}"
        f" LIMIT {sql.value(part.limit)} OFFSET {sql.value(part.offset)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    result = [_bundle(dialect, row) for row in rows]
    if part.backwards:
        result.reverse()
    return result


async def count(owner_id: int) -> int:
    """How many bundles the owner has."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = f"SELECT count(*) FROM bundle u WHERE u.owner_id = {sql.value(owner_id)}"
    ((row,),) = await connection.read([(text, sql.values)])
    return int(row[0])


async def by_ids(owner_id: int, ids: Sequence[int]) -> list[BundleRow]:
    """Those of the ids that are the owner's, in the order of the ids."""
    wanted = [id for id in ids if 0 < id < 2**31]
    if not wanted:
        return []
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    markers = ", ".join(sql.value(id) for id in wanted)
    text = f"SELECT {COLUMNS} FROM bundle u WHERE u.owner_id = {owner} AND u.id IN ({markers})"
    (rows,) = await connection.read([(text, sql.values)])
    found = {row[0]: _bundle(dialect, row) for row in rows}
    return [found[id] for id in wanted if id in found]


async def one(owner_id: int, id: int) -> BundleRow | None:
    """The owner's bundle, or None when it is missing or somebody else's."""
    found = await by_ids(owner_id, [id])
    return found[0] if found else None


async def last(owner_id: int) -> int:
    """The highest position among the owner's bundles, -1 when there are none."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = f"SELECT max(u.position) FROM bundle u WHERE u.owner_id = {sql.value(owner_id)}"
    ((row,),) = await connection.read([(text, sql.values)])
    return -1 if row[0] is None else int(row[0])


async def renumber(owner_id: int) -> list[int]:
    """Give the owner's bundles the positions 0, 1, 2 and so on in their order; the ids of those that moved (LD-BUN-4).

    One statement, however many. It belongs into the transaction of the change itself.
    """
    _, dialect = current()
    sql = Sql(dialect)
    ranked = (
        "SELECT u.id AS bundle_id, row_number() OVER (ORDER BY u.position, u.id) - 1 AS place"
        f" FROM bundle u WHERE u.owner_id = {sql.value(owner_id)}"
    )
    text = (
        f"UPDATE bundle SET position = ranked.place FROM ({ranked}) AS ranked"
        " WHERE bundle.id = ranked.bundle_id AND bundle.position <> ranked.place RETURNING id"
    )
    rows = await cast("Any", get_connection("default")).execute_query_dict(text, sql.values)
    return sorted(int(row["id"]) for row in rows)


def position_of(row: BundleRow) -> Position:
    """Where the row stands in the list of all."""
    return Position(Place(row.position), row.id)


def _bundle(dialect: AnyDialect, row: Sequence[Any]) -> BundleRow:
    *columns, created_at, updated_at = row
    return BundleRow(*columns, dialect.moment(created_at), dialect.moment(updated_at))  # type: ignore[call-arg]  # as many as COLUMNS
