"""Tuned reads of tags."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from models.queries.build import Mine, Sql
from models.queries.connection import AnyDialect, current
from models.queries.sight import hidden_ids
from models.queries.window import Position, Slice
from models.rows import TagRow
from models.text import tag_key


class TagOrder(Enum):
    """What a list of tags is sorted by; names without regard to case."""

    ID = "id"
    NAME = "name_key"


async def page(
    owner_id: int,
    part: Slice,
    *,
    order: TagOrder = TagOrder.ID,
    descending: bool = False,
    counts: Mine | None = None,
    search: str = "",
) -> list[TagRow]:
    """The asked-for part of the owner's tags; ``search`` keeps names that hold the text, without regard to case.

    With ``counts`` each comes with how many bookmarks of that scope have it.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    conditions = [f"t.owner_id = {sql.value(owner_id)}", *_matching(sql, search)]
    column = f"t.{order.value}"
    forwards, back = ("<", ">") if descending else (">", "<")
    for position, sign in ((part.after, forwards), (part.before, back)):
        if position is not None:
            conditions.append(f"({column}, t.id) {sign} ({sql.value(position.value)}, {sql.value(position.id)})")
    direction = "DESC" if descending != part.backwards else "ASC"
    text = (
        f"SELECT {_columns(dialect, sql, counts)} FROM tag t WHERE {' AND '.join(conditions)}"
        f" ORDER BY {column} {direction}, t.id {direction}"
        f" LIMIT {sql.value(part.limit)} OFFSET {sql.value(part.offset)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    result = [_tag(dialect, row) for row in rows]
    if part.backwards:
        result.reverse()
    return result


async def count(owner_id: int, *, search: str = "") -> int:
    """How many tags the owner has that match."""
    connection, dialect = current()
    sql = Sql(dialect)
    conditions = [f"t.owner_id = {sql.value(owner_id)}", *_matching(sql, search)]
    ((row,),) = await connection.read([(f"SELECT count(*) FROM tag t WHERE {' AND '.join(conditions)}", sql.values)])
    return int(row[0])


async def every(owner_id: int, *, counts: Mine) -> list[TagRow]:
    """All the owner's tags, by id, with how many bookmarks of the scope have each.

    All that have a tag are counted by its index, and those that are out of sight are taken off again. They are few,
    mostly, and looking at every bookmark takes forty times as long.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "WITH hidden AS MATERIALIZED (SELECT bt.tag_id, count(*) AS bookmarks FROM bookmark_tag bt"
        f" WHERE bt.bookmark_id IN ({hidden_ids(dialect, sql, counts, trash=True)}) GROUP BY bt.tag_id)"
        f" SELECT t.id, t.name, t.color, t.{dialect.uid}, t.created_at, t.updated_at,"
        " (SELECT count(*) FROM bookmark_tag bt WHERE bt.tag_id = t.id) - coalesce(hidden.bookmarks, 0)"
        " FROM tag t LEFT JOIN hidden ON hidden.tag_id = t.id"
        f" WHERE t.owner_id = {sql.value(owner_id)} ORDER BY t.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [_tag(dialect, row) for row in rows]


async def by_ids(owner_id: int, ids: Sequence[int], *, counts: Mine | None = None) -> list[TagRow]:
    """Those of the ids that are the owner's, in the order of the ids; ``counts`` as for a page."""
    wanted = [id for id in ids if 0 < id < 2**31]
    if not wanted:
        return []
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    markers = ", ".join(sql.value(id) for id in wanted)
    text = f"SELECT {_columns(dialect, sql, counts)} FROM tag t WHERE t.owner_id = {owner} AND t.id IN ({markers})"
    (rows,) = await connection.read([(text, sql.values)])
    found = {row[0]: _tag(dialect, row) for row in rows}
    return [found[id] for id in wanted if id in found]


async def one(owner_id: int, id: int, *, counts: Mine | None = None) -> TagRow | None:
    """The owner's tag, or None when it is missing or somebody else's."""
    found = await by_ids(owner_id, [id], counts=counts)
    return found[0] if found else None


async def by_name(owner_id: int, name: str) -> TagRow | None:
    """The owner's tag of that name, without regard to case."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT {_columns(dialect, sql, None)} FROM tag t"
        f" WHERE t.owner_id = {sql.value(owner_id)} AND t.name_key = {sql.value(tag_key(name))}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return _tag(dialect, rows[0]) if rows else None


async def used(scope: Mine) -> list[TagRow]:
    """The tags of the scope's bookmarks with how many of them have each, the most used first, then by name."""
    connection, dialect = current()
    sql = Sql(dialect)
    columns = f"t.id, t.name, t.color, t.{dialect.uid}, t.created_at, t.updated_at"
    text = (
        f"SELECT {columns}, c.bookmarks FROM (SELECT bt.tag_id, count(*) AS bookmarks FROM bookmark b"
        f" JOIN bookmark_tag bt ON bt.bookmark_id = b.id WHERE {sql.scope(scope)} GROUP BY bt.tag_id) c"
        " JOIN tag t ON t.id = c.tag_id ORDER BY c.bookmarks DESC, t.name_key, t.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [_tag(dialect, row) for row in rows]


async def bookmark_counts(owner_id: int, ids: Sequence[int]) -> dict[int, int]:
    """How many live bookmarks of the owner have each tag; tags that none has are missing from the answer."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT bt.tag_id, count(*) FROM bookmark_tag bt JOIN bookmark b ON b.id = bt.bookmark_id"
        f" WHERE b.owner_id = {sql.value(owner_id)} AND b.deleted_at IS NULL"
        f" AND bt.tag_id IN ({', '.join(map(sql.value, ids))}) GROUP BY bt.tag_id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return dict(map(tuple, rows))


def position_of(row: TagRow, order: TagOrder) -> Position:
    """Where the row stands in a list of that order."""
    return Position(row.id if order is TagOrder.ID else tag_key(row.name), row.id)


def _matching(sql: Sql, search: str) -> list[str]:
    if not search:
        return []
    return [sql.dialect.contains(sql, "t.name_key", tag_key(search))]


def _columns(dialect: AnyDialect, sql: Sql, counts: Mine | None) -> str:
    count = "NULL"
    if counts is not None:  # no join: a planner without statistics would walk all bookmarks for each tag
        count = (
            "(SELECT count(*) FROM bookmark_tag bt WHERE bt.tag_id = t.id"
            f" AND (SELECT {sql.scope(counts, by_id=True)} FROM bookmark b WHERE b.id = bt.bookmark_id))"
        )
    return f"t.id, t.name, t.color, t.{dialect.uid}, t.created_at, t.updated_at, {count}"


def _tag(dialect: AnyDialect, row: Sequence[Any]) -> TagRow:
    id, name, color, uid, created_at, updated_at, bookmark_count = row
    return TagRow(id, name, color, uid, dialect.moment(created_at), dialect.moment(updated_at), bookmark_count)
