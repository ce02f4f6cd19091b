"""Tuned reads of what lies in folders, for many folders at once: one statement for whatever a page of folders shows.

Each folder's part is a SELECT of its own with its own limit, put together by UNION ALL: a large folder is not read
whole for its first twenty. So at most ``MOST`` folders at once. The CROSS JOINs are for SQLite, which walks them as
they are written: left to itself it starts from all of the owner's bookmarks.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.queries.bookmarks import ALL, Wanted, columns_of, maker_of
from models.queries.build import Mine, Sql
from models.queries.connection import current
from models.queries.folders import COLUMNS, folder_of
from models.queries.window import Order, Slice, Sort
from models.rows import BookmarkRow, FolderRow

MOST = 100
BY_PLACE = Sort(Order.PLACE, descending=False)
FIRST = Slice(MOST)
AFTER_FOLDERS = 2**31  # added to a bookmark's id, so that ``(position, id)`` sorts folders before bookmarks
NEAREST = 100  # folders above one that are told: a chain may be thousands long


async def folders_in(owner_id: int, folder_ids: Sequence[int], part: Slice) -> dict[int, list[FolderRow]]:
    """The same part of each folder's live folders, in their order, by the ids of the folders that they are in.

    ``part`` may have no offset; its positions are those of ``tie_of``.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    owner, limit = sql.value(owner_id), sql.value(part.limit)
    direction = "DESC" if part.backwards else "ASC"
    bounds = _bounds(sql, BY_PLACE, part, "f.position, CAST(f.id AS BIGINT)")
    parts = [
        f"SELECT * FROM (SELECT f.id, f.parent_id, f.position FROM folder f WHERE f.parent_id = {sql.value(id)}"
        f" AND f.owner_id = {owner} AND f.deleted_at IS NULL{bounds}"
        f" ORDER BY f.position {direction}, f.id {direction} LIMIT {limit}) AS one"
        for id in folder_ids
    ]
    text = (
        f"SELECT f.id, f.{dialect.uid}, {COLUMNS} FROM ({' UNION ALL '.join(parts)}) AS part"
        " CROSS JOIN folder f WHERE f.id = part.id ORDER BY f.parent_id, f.position, f.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    found: dict[int, list[FolderRow]] = {}
    for row in rows:
        found.setdefault(row[2], []).append(folder_of(dialect, row))
    return found


async def bookmarks_in(
    scope: Mine, folder_ids: Sequence[int], sort: Sort = BY_PLACE, part: Slice = FIRST, wanted: Wanted = ALL
) -> dict[int, list[tuple[int, BookmarkRow]]]:
    """The same part of each folder's list of bookmarks of the scope, each with its position in the folder.

    ``part`` may have no offset; sorted by PLACE, its positions are those of ``tie_of``.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    condition, limit = sql.scope(scope, by_id=True), sql.value(part.limit)
    by_place = sort.order is Order.PLACE
    key = "p.position" if by_place else f"b.{sort.order.value}"
    bounds = _bounds(sql, sort, part, f"{key}, CAST(b.id AS BIGINT) + {AFTER_FOLDERS if by_place else 0}")
    direction = "DESC" if sort.descending != part.backwards else "ASC"
    parts = [
        "SELECT * FROM (SELECT b.id, p.folder_id, p.position FROM placement p CROSS JOIN bookmark b"
        f" WHERE p.folder_id = {sql.value(id)} AND p.deleted_at IS NULL AND b.id = p.bookmark_id"
        f" AND {condition}{bounds} ORDER BY {key} {direction}, b.id {direction} LIMIT {limit}) AS one"
        for id in folder_ids
    ]
    order = "DESC" if sort.descending else "ASC"
    text = (
        f"SELECT {columns_of(dialect, wanted, sort)}, part.folder_id, part.position"
        f" FROM ({' UNION ALL '.join(parts)}) AS part CROSS JOIN bookmark b WHERE b.id = part.id"
        f" ORDER BY part.folder_id, {'part.position' if by_place else key} {order}, b.id {order}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    make = maker_of(dialect, wanted)
    found: dict[int, list[tuple[int, BookmarkRow]]] = {}
    for row in rows:
        found.setdefault(row[-2], []).append((row[-1], make(row[:-2])))
    return found


async def folder_counts(owner_id: int, folder_ids: Sequence[int]) -> dict[int, int]:
    """How many live folders are in each of the folders; those without any are missing from the answer."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT parent_id, count(*) FROM folder WHERE owner_id = {sql.value(owner_id)} AND deleted_at IS NULL"
        f" AND parent_id IN ({', '.join(map(sql.value, folder_ids))}) GROUP BY parent_id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return dict(map(tuple, rows))


async def bookmark_counts(scope: Mine, folder_ids: Sequence[int], *, recursive: bool = False) -> dict[int, int]:
    """How many bookmarks of the scope are in each of the folders, with ``recursive`` also below it, each once.

    Folders without any are missing from the answer.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    listed = ", ".join(map(sql.value, folder_ids))
    if recursive:
        text = (
            f"WITH RECURSIVE below (top, id) AS (SELECT id, id FROM folder WHERE id IN ({listed}) UNION ALL"
            " SELECT below.top, f.id FROM folder f JOIN below ON f.parent_id = below.id WHERE f.deleted_at IS NULL)"
            " SELECT below.top, count(DISTINCT p.bookmark_id) FROM below CROSS JOIN placement p CROSS JOIN bookmark b"
            " WHERE p.folder_id = below.id AND p.deleted_at IS NULL AND b.id = p.bookmark_id"
            f" AND {sql.scope(scope, by_id=True)} GROUP BY below.top"
        )
    else:
        text = (
            "SELECT p.folder_id, count(*) FROM placement p CROSS JOIN bookmark b"
            f" WHERE p.folder_id IN ({listed}) AND p.deleted_at IS NULL AND b.id = p.bookmark_id"
            f" AND {sql.scope(scope, by_id=True)} GROUP BY p.folder_id"
        )
    (rows,) = await connection.read([(text, sql.values)])
    return dict(map(tuple, rows))


async def folders_of(owner_id: int, bookmark_ids: Sequence[int]) -> dict[int, list[FolderRow]]:
    """The owner's live folders that each of the bookmarks is in, without the root; in no promised order."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT f.id, f.{dialect.uid}, {COLUMNS}, p.bookmark_id FROM placement p CROSS JOIN folder f"
        f" WHERE p.bookmark_id IN ({', '.join(map(sql.value, bookmark_ids))}) AND p.deleted_at IS NULL"
        f" AND f.id = p.folder_id AND f.owner_id = {sql.value(owner_id)} AND f.deleted_at IS NULL"
        " AND f.parent_id IS NOT NULL"
    )
    (rows,) = await connection.read([(text, sql.values)])
    found: dict[int, list[FolderRow]] = {}
    for row in rows:
        found.setdefault(row[-1], []).append(folder_of(dialect, row))
    return found


async def ancestors(owner_id: int, folder_ids: Sequence[int]) -> dict[int, list[FolderRow]]:
    """The live folders that each of the owner's folders lies in, the topmost first, without the root.

    At most the ``NEAREST`` ones.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "WITH RECURSIVE up (start, id, parent_id, level) AS (SELECT id, id, parent_id, 0 FROM folder"
        f" WHERE owner_id = {sql.value(owner_id)} AND id IN ({', '.join(map(sql.value, folder_ids))}) UNION ALL"
        " SELECT up.start, f.id, f.parent_id, up.level + 1 FROM folder f JOIN up ON f.id = up.parent_id"
        f" WHERE up.level < {NEAREST})"
        f" SELECT f.id, f.{dialect.uid}, {COLUMNS}, up.start FROM up JOIN folder f ON f.id = up.id"
        " WHERE up.level > 0 AND f.parent_id IS NOT NULL AND f.deleted_at IS NULL ORDER BY up.start, up.level DESC"
    )
    (rows,) = await connection.read([(text, sql.values)])
    found: dict[int, list[FolderRow]] = {}
    for row in rows:
        found.setdefault(row[-1], []).append(folder_of(dialect, row))
    return found


async def gap_before(folder_id: int, child: tuple[bool, int], moved: int) -> tuple[int | None, int] | None:
    """The positions between which a folder comes to lie right before a child of a folder.

    ``child`` is whether it is a bookmark, and its id; ``moved`` is the folder that is to go there, and left out of
    account. The first position is None where nothing lies before, and the same as the second where there is no
    telling. None when there is no such live child.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    is_bookmark, id = child
    folder, own, other = sql.value(folder_id), sql.value(id), sql.value(moved)
    if is_bookmark:
        place = f"SELECT position FROM placement WHERE folder_id = {folder} AND bookmark_id = {own}"
    else:
        place = f"SELECT position FROM folder WHERE parent_id = {folder} AND id = {own}"
    text = (
        f"WITH here AS ({place} AND deleted_at IS NULL) SELECT here.position,"
        f" (SELECT max(position) FROM placement WHERE folder_id = {folder} AND position <= here.position"
        f"{f' AND bookmark_id <> {own}' if is_bookmark else ''}),"
        f" (SELECT max(position) FROM folder WHERE parent_id = {folder} AND position <= here.position AND id <> {other}"
        f"{'' if is_bookmark else f' AND id <> {own}'}) FROM here"
    )
    (rows,) = await connection.read([(text, sql.values)])
    if not rows:
        return None
    high, *lows = rows[0]
    return max((low for low in lows if low is not None), default=None), high


def tie_of(row: BookmarkRow | FolderRow) -> int:
    """What breaks ties of position: folders come before bookmarks, then ids decide."""
    return row.id if isinstance(row, FolderRow) else row.id + AFTER_FOLDERS


def _bounds(sql: Sql, sort: Sort, part: Slice, key: str) -> str:
    """The conditions that keep a list to what lies after and before the positions of its part."""
    forwards, back = (">", "<") if not sort.descending else ("<", ">")
    return "".join(
        f" AND ({key}) {sign} ({sql.value(position.value)}, {sql.value(position.id)})"
        for position, sign in ((part.after, forwards), (part.before, back))
        if position is not None
    )
