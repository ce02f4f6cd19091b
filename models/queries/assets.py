"""Tuned reads of assets; always through the bookmark's owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.queries.build import Sql
from models.queries.connection import AnyDialect, current
from models.queries.window import Slice
from models.rows import AssetRow

COLUMNS = "a.id, a.bookmark_id, a.kind, a.status, a.content_type, a.display_name, a.size, a.sha256, a.created_at"
OWNED = "FROM asset a JOIN bookmark b ON b.id = a.bookmark_id WHERE b.deleted_at IS NULL AND b.owner_id ="


async def of_bookmark(owner_id: int, bookmark_id: int, part: Slice) -> list[AssetRow]:
    """The bookmark's assets by id; none when the bookmark is missing or somebody else's."""
    connection, dialect = current()
    sql = Sql(dialect)
    conditions = [f"{OWNED} {sql.value(owner_id)} AND a.bookmark_id = {sql.value(bookmark_id)}"]
    if part.after is not None:
        conditions.append(f"a.id > {sql.value(part.after.id)}")
    if part.before is not None:
        conditions.append(f"a.id < {sql.value(part.before.id)}")
    text = (
        f"SELECT {COLUMNS} {' AND '.join(conditions)} ORDER BY a.id {'DESC' if part.backwards else 'ASC'}"
        f" LIMIT {sql.value(part.limit)} OFFSET {sql.value(part.offset)}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    result = [_asset(dialect, row) for row in rows]
    if part.backwards:
        result.reverse()
    return result


async def count(owner_id: int, bookmark_id: int) -> int:
    """How many assets the bookmark has."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = f"SELECT count(*) {OWNED} {sql.value(owner_id)} AND a.bookmark_id = {sql.value(bookmark_id)}"
    ((row,),) = await connection.read([(text, sql.values)])
    return int(row[0])


async def by_ids(owner_id: int, ids: Sequence[int]) -> list[AssetRow]:
    """Those of the ids that hang on live bookmarks of the owner, in the order of the ids."""
    wanted = [id for id in ids if 0 < id < 2**31]
    if not wanted:
        return []
    connection, dialect = current()
    sql = Sql(dialect)
    owner = sql.value(owner_id)
    markers = ", ".join(sql.value(id) for id in wanted)
    (rows,) = await connection.read([(f"SELECT {COLUMNS} {OWNED} {owner} AND a.id IN ({markers})", sql.values)])
    found = {row[0]: _asset(dialect, row) for row in rows}
    return [found[id] for id in wanted if id in found]


async def one(owner_id: int, id: int) -> AssetRow | None:
    """The owner's asset, or None when it is missing or somebody else's."""
    found = await by_ids(owner_id, [id])
    return found[0] if found else None


async def named(sha256: Sequence[str]) -> set[str]:
    """Those of the file names that some asset of anybody still has."""
    if not sha256:
        return set()
    connection, dialect = current()
    sql = Sql(dialect)
    markers = ", ".join(sql.value(name) for name in sha256)
    (rows,) = await connection.read([(f"SELECT DISTINCT sha256 FROM asset WHERE sha256 IN ({markers})", sql.values)])
    return {row[0] for row in rows}


def _asset(dialect: AnyDialect, row: Sequence[Any]) -> AssetRow:
    *columns, created_at = row
    return AssetRow(*columns, dialect.moment(created_at))  # type: ignore[call-arg]  # as many as COLUMNS
