"""Tuned reads of assets; always through the bookmark's owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.queries.build import Mine, Shared, Sql
from models.queries.connection import AnyDialect, current
from models.queries.window import Slice
from models.rows import AssetRow

COLUMNS = (
    "a.id, a.bookmark_id, a.kind, a.status, a.content_type, a.display_name, a.size, a.sha256, a.created_at, a.encoding"
)
PICTURE = ".webp"  # favicons and preview images are named after their bytes and this
EVERY_NAME = (  # the SHA-256 of every file that a row of anybody names, each once
    "SELECT sha256 FROM asset WHERE sha256 IS NOT NULL"
    f" UNION SELECT replace(favicon, '{PICTURE}', '') FROM bookmark WHERE favicon IS NOT NULL"
    f" UNION SELECT replace(preview_image, '{PICTURE}', '') FROM bookmark WHERE preview_image IS NOT NULL"
)
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


async def of_bookmarks(owner_id: int, bookmark_ids: Sequence[int], part: Slice) -> dict[int, list[AssetRow]]:
    """The same part of each bookmark's assets, by the bookmarks' ids, in one statement.

    Bookmarks that have none, are missing or somebody else's are missing from the answer; ``part`` may have no offset.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    condition = f"{OWNED} {sql.value(owner_id)} AND a.bookmark_id IN ({', '.join(map(sql.value, bookmark_ids))})"
    for position, sign in ((part.after, ">"), (part.before, "<")):
        if position is not None:
            condition += f" AND a.id {sign} {sql.value(position.id)}"
    place = f"row_number() OVER (PARTITION BY a.bookmark_id ORDER BY a.id {'DESC' if part.backwards else 'ASC'})"
    text = (
        f"SELECT * FROM (SELECT {COLUMNS}, {place} AS place {condition}) AS ranked"
        f" WHERE place <= {sql.value(part.limit)} ORDER BY bookmark_id, id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    found: dict[int, list[AssetRow]] = {}
    for row in rows:
        asset = _asset(dialect, row[:-1])
        found.setdefault(asset.bookmark_id, []).append(asset)
    return found


async def count(owner_id: int, bookmark_id: int) -> int:
    """How many assets the bookmark has."""
    return (await counts(owner_id, [bookmark_id])).get(bookmark_id, 0)


async def counts(owner_id: int, bookmark_ids: Sequence[int]) -> dict[int, int]:
    """How many assets each bookmark has; those without any are missing from the answer."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT a.bookmark_id, count(*) {OWNED} {sql.value(owner_id)}"
        f" AND a.bookmark_id IN ({', '.join(map(sql.value, bookmark_ids))}) GROUP BY a.bookmark_id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return dict(map(tuple, rows))


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


async def visible(viewer_id: int | None, id: int) -> AssetRow | None:
    """The asset of a live bookmark that is the viewer's, or is shared with them, or with the world; None for any other.

    What is shared with whom is what the lists say (build.py): an owner who does not share shares nothing.
    """
    if not 0 < id < 2**31:
        return None
    connection, dialect = current()
    sql = Sql(dialect)
    seen = sql.scope(Shared(viewer_id))
    if viewer_id is not None:
        seen = f"({sql.scope(Mine(viewer_id), by_id=True)} OR {seen})"
    live = f"FROM asset a JOIN bookmark b ON b.id = a.bookmark_id WHERE {seen}"
    text = f"SELECT {COLUMNS} {live} AND a.id = {sql.value(id)}"
    (rows,) = await connection.read([(text, sql.values)])
    return _asset(dialect, rows[0]) if rows else None


async def named(names: Sequence[str]) -> set[str]:
    """Those of the SHA-256 names that a row of anybody still has: an asset, or a bookmark's picture."""
    if not names:
        return set()
    connection, dialect = current()
    sql = Sql(dialect)
    assets = ", ".join(sql.value(name) for name in names)
    pictures = ", ".join(sql.value(name + PICTURE) for name in names)
    text = (
        f"SELECT sha256 FROM asset WHERE sha256 IN ({assets})"
        f" UNION SELECT favicon FROM bookmark WHERE favicon IN ({pictures})"
        f" UNION SELECT preview_image FROM bookmark WHERE preview_image IN ({pictures})"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return {row[0].removesuffix(PICTURE) for row in rows}


async def is_picture(name: str) -> bool:
    """Whether some bookmark has a favicon or a preview image of that name; an upload's name is none."""
    connection, dialect = current()
    sql = Sql(dialect)
    wanted = sql.value(name)
    text = (
        f"SELECT 1 FROM bookmark WHERE favicon = {wanted}"
        f" UNION ALL SELECT 1 FROM bookmark WHERE preview_image = {wanted} LIMIT 1"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return bool(rows)


def _asset(dialect: AnyDialect, row: Sequence[Any]) -> AssetRow:
    *columns, created_at, encoding = row
    return AssetRow(*columns, dialect.moment(created_at), encoding)  # type: ignore[call-arg]  # as many as COLUMNS
