"""Tuned reads of folders and of what is in them: a fixed number of statements whatever the size of the tree.

In a folder the order is: position, then folders before bookmarks, then id.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from models.folder import STEP
from models.queries.bookmarks import ALL, CHUNK, Wanted, columns_of, maker_of
from models.queries.build import BELOW, Mine, Sql
from models.queries.connection import AnyDialect, Rows, Statement, current
from models.queries.sight import hidden_ids
from models.rows import BookmarkRow, FolderRow

COLUMNS = "f.parent_id, f.name, f.description, f.color, f.icon, f.position, f.created_at, f.updated_at, f.deleted_at"
Segment = tuple[int, int, int]  # a folder, and the first position of it and the first one after it


@dataclass(frozen=True, slots=True)
class Child:
    """Something that lies in a folder, and where; ``place_id`` is the placement's for a bookmark, else the folder's."""

    is_bookmark: bool
    id: int
    position: int
    place_id: int
    is_visible: bool = True


async def one(owner_id: int, id: int, *, counts: Mine | None = None) -> FolderRow | None:
    """The owner's live folder, the root as well; ``counts`` as for ``by_ids``."""
    found = await by_ids(owner_id, [id], counts=counts)
    return found[0] if found else None


async def by_ids(
    owner_id: int, ids: Sequence[int], *, trash: bool = False, counts: Mine | None = None
) -> list[FolderRow]:
    """Those of the ids that are the owner's live folders (with ``trash``: deleted ones), in the order of the ids.

    With ``counts`` each comes with how many bookmarks of that scope are in it, and with its parent's uid.
    """
    wanted = [id for id in ids if 0 < id < 2**31]
    if not wanted:
        return []
    connection, dialect = current()
    sql = Sql(dialect)
    state = "f.deleted_at IS NOT NULL" if trash else "f.deleted_at IS NULL"
    text = (
        f"SELECT f.id, f.{dialect.uid}, {COLUMNS}{_counted(dialect, sql, counts)}"
        f" FROM folder f WHERE f.owner_id = {sql.value(owner_id)} AND {state}"
        f" AND f.id IN ({', '.join(sql.value(id) for id in wanted)})"
    )
    (rows,) = await connection.read([(text, sql.values)])
    found = {row[0]: _with_count(dialect, row) for row in rows}
    return [found[id] for id in wanted if id in found]


async def every(owner_id: int, *, counts: Mine) -> list[FolderRow]:
    """All the owner's live folders but the root, by id; ``counts`` as for ``by_ids``, but for any number of folders.

    What is in each is counted by its index, and what is of a kind out of sight is taken off again: that is little. A
    planner without statistics (PostgreSQL right after an import) would look for all bookmarks anew in each folder.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"WITH hidden AS MATERIALIZED (SELECT p.folder_id, count(*) AS bookmarks FROM placement p"
        f" WHERE p.deleted_at IS NULL AND p.bookmark_id IN ({hidden_ids(dialect, sql, counts)}) GROUP BY p.folder_id)"
        f" SELECT f.id, f.{dialect.uid}, {COLUMNS}, {_parent(dialect)}, (SELECT count(*) FROM placement p"
        " WHERE p.folder_id = f.id AND p.deleted_at IS NULL) - coalesce(hidden.bookmarks, 0)"
        " FROM folder f LEFT JOIN hidden ON hidden.folder_id = f.id"
        f" WHERE f.owner_id = {sql.value(owner_id)} AND f.deleted_at IS NULL AND f.parent_id IS NOT NULL ORDER BY f.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [_with_count(dialect, row) for row in rows]


async def below(owner_id: int, id: int, levels: int | None) -> list[FolderRow]:
    """The owner's live folder with those below it: a parent always before its children, siblings in their order.

    ``levels`` is how many levels below the folder are read, None all. Of a missing or foreign folder nothing is.
    """
    connection, dialect = current()
    (rows,) = await connection.read([_below(dialect, owner_id, id, levels)])
    return [folder_of(dialect, row) for row in rows]


def _below(dialect: AnyDialect, owner_id: int, id: int, levels: int | None) -> Statement:
    sql = Sql(dialect)
    deeper = "" if levels is None else f" AND below.level < {sql.value(levels)}"
    text = (
        "WITH RECURSIVE below (id, level) AS (SELECT id, 0 FROM folder"
        f" WHERE id = {sql.value(id)} AND owner_id = {sql.value(owner_id)} AND deleted_at IS NULL UNION ALL"
        f" SELECT f.id, below.level + 1 FROM folder f JOIN below ON f.parent_id = below.id"
        f" WHERE f.deleted_at IS NULL{deeper})"
        f" SELECT f.id, f.{dialect.uid}, {COLUMNS} FROM below JOIN folder f ON f.id = below.id"
        " ORDER BY below.level, f.position, f.id"
    )
    return text, sql.values


async def above(owner_id: int, id: int) -> list[int]:
    """The ids of the owner's folder and of all that it lies in, itself first."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "WITH RECURSIVE up (id, parent_id, level) AS ("
        f"SELECT id, parent_id, 0 FROM folder WHERE id = {sql.value(id)} AND owner_id = {sql.value(owner_id)} UNION ALL"
        " SELECT f.id, f.parent_id, up.level + 1 FROM folder f JOIN up ON f.id = up.parent_id)"
        " SELECT id FROM up ORDER BY level"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [row[0] for row in rows]


async def count(scope: Mine, id: int) -> int:
    """How many bookmarks of the scope lie in the folder and below it, each counted once."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"{BELOW.format(folder=sql.value(id))} SELECT count(DISTINCT p.bookmark_id) FROM below"
        " JOIN placement p ON p.folder_id = below.id AND p.deleted_at IS NULL"
        f" JOIN bookmark b ON b.id = p.bookmark_id WHERE {sql.scope(scope, by_id=True)}"
    )
    ((row,),) = await connection.read([(text, sql.values)])
    return int(row[0])


async def children(folder_id: int, kinds: frozenset[str]) -> list[Child]:
    """All that lies in the folder, in its order; bookmarks of other kinds than these are not visible."""
    connection, dialect = current()
    folders, places = Sql(dialect), Sql(dialect)
    folder_text = f"SELECT id, position FROM folder WHERE parent_id = {folders.value(folder_id)} AND deleted_at IS NULL"
    place_text = (
        "SELECT p.bookmark_id, p.position, p.id, b.kind FROM placement p JOIN bookmark b ON b.id = p.bookmark_id"
        f" WHERE p.folder_id = {places.value(folder_id)} AND p.deleted_at IS NULL"
    )
    found, placed = await connection.read([(folder_text, folders.values), (place_text, places.values)])
    result = [Child(False, id, position, id) for id, position in found]
    result += [Child(True, id, position, place, kind in kinds) for id, position, place, kind in placed]
    result.sort(key=lambda child: (child.position, child.is_bookmark, child.id))
    return result


async def stream_below(
    scope: Mine,
    id: int,
    levels: int | None,
    segments_of: Callable[[list[FolderRow]], Sequence[Segment]],
    *,
    wanted: Wanted = ALL,
    ids_only: bool = False,
) -> AsyncGenerator[list[tuple[int, BookmarkRow | int]], None]:
    """The scope's bookmarks in a tree of folders, in the order of segments and in each by position, in chunks.

    ``segments_of`` makes the segments of what ``below`` would give; folders and bookmarks are of one snapshot. A
    bookmark comes with the number of its segment, and is its bare id where those are all that is asked for.
    """
    connection, dialect = current()
    make = None if ids_only else maker_of(dialect, wanted)

    def then(rows: Rows) -> Statement:
        segments = segments_of([folder_of(dialect, row) for row in rows])
        return _in_segments(dialect, scope, segments, "b.id" if ids_only else columns_of(dialect, wanted))

    first = _below(dialect, scope.owner_id, id, levels)
    async with aclosing(connection.stream(*first, chunk=CHUNK, then=then)) as chunks:
        async for rows in chunks:
            yield [(row[-1], make(row[:-1]) if make else row[0]) for row in rows]


def _in_segments(dialect: AnyDialect, scope: Mine, segments: Sequence[Segment], columns: str) -> Statement:
    sql = Sql(dialect)
    source = dialect.segments(sql, segments)
    text = (
        "WITH part AS MATERIALIZED (SELECT s.number, p.position, p.bookmark_id AS id"
        f" FROM {source} CROSS JOIN placement p WHERE p.folder_id = s.folder_id AND p.position >= s.low"
        " AND p.position < s.high AND p.deleted_at IS NULL ORDER BY s.number, p.position, p.bookmark_id)"
        f" SELECT {columns}, part.number FROM part CROSS JOIN bookmark b"
        f" WHERE b.id = part.id AND {sql.scope(scope, by_id=True)}{dialect.in_order_of_part}"
    )
    return text, sql.values


async def only_in(owner_id: int, folder_ids: Collection[int]) -> list[tuple[int, str]]:
    """Ids and kinds of the owner's live bookmarks that lie in these folders and in no other."""
    connection, dialect = current()
    sql = Sql(dialect)
    listed = dialect.listed(sql, folder_ids)
    text = (
        f"SELECT b.id, b.kind FROM bookmark b WHERE {sql.scope(Mine(owner_id), by_id=True)}"
        f" AND b.id IN (SELECT p.bookmark_id FROM placement p WHERE p.folder_id IN {listed} AND p.deleted_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.bookmark_id = b.id AND p.deleted_at IS NULL"
        f" AND p.folder_id NOT IN {listed}) ORDER BY b.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [(row[0], row[1]) for row in rows]


async def trashed_with(owner_id: int, id: int) -> list[FolderRow]:
    """The owner's deleted folder, and those below it that went into the trash at the same moment, parents first."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "WITH RECURSIVE below (id, deleted_at, level) AS (SELECT id, deleted_at, 0 FROM folder"
        f" WHERE id = {sql.value(id)} AND owner_id = {sql.value(owner_id)} AND deleted_at IS NOT NULL UNION ALL"
        " SELECT f.id, f.deleted_at, below.level + 1 FROM folder f JOIN below ON f.parent_id = below.id"
        " WHERE f.deleted_at = below.deleted_at)"
        f" SELECT f.id, f.{dialect.uid}, {COLUMNS} FROM below JOIN folder f ON f.id = below.id"
        " ORDER BY below.level, f.position, f.id"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [folder_of(dialect, row) for row in rows]


async def trashed(owner_id: int) -> list[FolderRow]:
    """The owner's deleted folders, the last first, without those that went with one above them."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        f"SELECT f.id, f.{dialect.uid}, {COLUMNS} FROM folder f JOIN folder above ON above.id = f.parent_id"
        f" WHERE f.owner_id = {sql.value(owner_id)} AND f.deleted_at IS NOT NULL"
        " AND (above.deleted_at IS NULL OR above.deleted_at <> f.deleted_at) ORDER BY f.deleted_at DESC, f.id DESC"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return [folder_of(dialect, row) for row in rows]


async def next_position(folder_id: int) -> int:
    """The position after everything in the folder, bookmarks and folders alike; 0 in an empty one."""
    return (await next_positions([folder_id]))[folder_id]


async def next_positions(folder_ids: Sequence[int]) -> dict[int, int]:
    """The same for several folders, up to a few hundred, in one statement."""
    connection, dialect = current()
    sql = Sql(dialect)
    ends = []
    for id in folder_ids:
        folder = sql.value(id)
        ends.append(f"(SELECT max(position) FROM placement WHERE folder_id = {folder})")
        ends.append(f"(SELECT max(position) FROM folder WHERE parent_id = {folder})")
    ((row,),) = await connection.read([(f"SELECT {', '.join(ends)}", sql.values)])
    result = {}
    for number, id in enumerate(folder_ids):
        last = [end for end in row[2 * number : 2 * number + 2] if end is not None]
        result[id] = max(last) + STEP if last else 0
    return result


def folder_of(dialect: AnyDialect, row: Sequence[Any]) -> FolderRow:
    """A folder from its id, uid and COLUMNS."""
    id, uid, parent_id, name, description, color, icon, position, created_at, updated_at, deleted_at = row[:11]
    moment = dialect.moment
    return FolderRow(
        id, uid, parent_id, name, description, color, icon, position,
        moment(created_at), moment(updated_at), moment(deleted_at) if deleted_at else None,
    )  # fmt: skip


def _counted(dialect: AnyDialect, sql: Sql, counts: Mine | None) -> str:
    """Two columns more: the parent's uid, and how many bookmarks are in the folder."""
    if counts is None:
        return ", NULL, NULL"
    return (
        f", {_parent(dialect)}, (SELECT count(*) FROM placement p WHERE p.folder_id = f.id"
        " AND p.deleted_at IS NULL"
        f" AND (SELECT {sql.scope(counts, by_id=True)} FROM bookmark b WHERE b.id = p.bookmark_id))"
    )


def _parent(dialect: AnyDialect) -> str:
    return f"(SELECT up.{dialect.uid} FROM folder up WHERE up.id = f.parent_id AND up.parent_id IS NOT NULL)"


def _with_count(dialect: AnyDialect, row: Sequence[Any]) -> FolderRow:
    result = folder_of(dialect, row)
    result.parent_uid, result.bookmark_count = row[-2:]
    return result
