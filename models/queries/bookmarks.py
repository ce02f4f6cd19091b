"""Tuned reads of bookmarks: a fixed number of statements whatever the length, light rows out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from models.queries.build import Mine, Scope, Sql, leaves
from models.queries.connection import AnyDialect, current
from models.queries.sqlite import SqliteDialect
from models.queries.tree import Everything, Tree
from models.queries.window import Order, Position, Slice, Sort
from models.rows import BookmarkRow, ContentRow, TagRow

CHUNK = 500  # rows a step when a list has no cap
COMMON = 3_000  # a leaf with more rows than this is looked at row by row: the sorted walk meets it soon enough


class TagDetail(Enum):
    """How much of each bookmark's tags a list brings along."""

    NONE = "none"
    NAMES = "names"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which wide parts a list brings along; what is left out costs nothing."""

    description: bool = True
    notes: bool = True
    tags: TagDetail = TagDetail.NAMES


ALL = Wanted()
EVERYTHING = Everything()
NEWEST = Sort()
FIRST = Slice(100)


async def page(
    scope: Scope,
    tree: Tree = EVERYTHING,
    sort: Sort = NEWEST,
    part: Slice = FIRST,
    wanted: Wanted = ALL,
) -> list[BookmarkRow]:
    """The asked-for part of the sorted list, in the list's own order."""
    connection, dialect = current()
    scan = await _common(scope, tree)
    sql = Sql(dialect)
    text = _select(sql, scope, tree, sort, part, wanted, scan)
    (rows,) = await connection.read([(text, sql.values)])
    make = _maker(dialect, wanted)
    result = [make(row) for row in rows]
    if part.backwards:
        result.reverse()
    return result


async def stream(
    scope: Scope,
    tree: Tree = EVERYTHING,
    sort: Sort = NEWEST,
    part: Slice = FIRST,
    wanted: Wanted = ALL,
) -> AsyncIterator[list[BookmarkRow]]:
    """The same list in chunks of one snapshot, for callers that promise no cap."""
    connection, dialect = current()
    scan = await _common(scope, tree)
    sql = Sql(dialect)
    text = _select(sql, scope, tree, sort, part, wanted, scan)
    make = _maker(dialect, wanted)
    async for rows in connection.stream(text, sql.values, chunk=CHUNK):
        yield [make(row) for row in rows]


async def count(scope: Scope, tree: Tree = EVERYTHING) -> int:
    """How many rows the whole list has."""
    connection, dialect = current()
    sql = Sql(dialect)
    condition = f"{sql.scope(scope)} AND {sql.where(tree, scope)}"
    ((row,),) = await connection.read([(f"SELECT count(*) FROM bookmark b WHERE {condition}", sql.values)])
    return int(row[0])


async def one(scope: Mine, id: int, *, wanted: Wanted = ALL) -> BookmarkRow | None:
    """The owner's bookmark, or None when it is missing or somebody else's."""
    found = await by_ids(scope, [id], wanted=wanted)
    return found[0] if found else None


async def by_ids(scope: Mine, ids: Sequence[int], *, wanted: Wanted = ALL) -> list[BookmarkRow]:
    """Those of the ids that are in the scope, in the order of the ids; at most a few hundred at once."""
    wanted_ids = [id for id in ids if 0 < id < 2**31]
    if not wanted_ids:
        return []
    connection, dialect = current()
    sql = Sql(dialect)
    columns = _columns(dialect, Sort(), wanted)
    condition = sql.scope(scope)
    markers = ", ".join(sql.value(id) for id in wanted_ids)
    text = f"SELECT {columns} FROM bookmark b WHERE {condition} AND b.id IN ({markers})"
    (rows,) = await connection.read([(text, sql.values)])
    make = _maker(dialect, wanted)
    by_id = {row[0]: row for row in rows}
    return [make(by_id[id]) for id in wanted_ids if id in by_id]


async def id_of(scope: Mine, uid: UUID) -> int | None:
    """The id of the bookmark in the scope that has this uid."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = f"SELECT b.id FROM bookmark b WHERE {sql.scope(scope)} AND b.uid = {sql.value(str(uid))}"
    (rows,) = await connection.read([(text, sql.values)])
    return int(rows[0][0]) if rows else None


async def tagged(
    scope: Mine, tag_ids: Sequence[int], sort: Sort = NEWEST, part: Slice = FIRST, wanted: Wanted = ALL
) -> dict[int, list[BookmarkRow]]:
    """The same part of each tag's list of bookmarks in the scope, by the tags' ids, in one statement.

    Tags without such bookmarks are missing from the answer; ``part`` may have no offset.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    direction = "DESC" if sort.descending != part.backwards else "ASC"
    column = f"b.{sort.order.value}"
    conditions = [f"bt.tag_id IN ({', '.join(sql.value(id) for id in tag_ids)})", sql.scope(scope)]
    conditions += _between(sql, sort, part)
    text = (
        f"SELECT {_columns(dialect, sort, wanted)}, ranked.tag_id FROM ("
        "SELECT bt.tag_id, b.id, row_number()"
        f" OVER (PARTITION BY bt.tag_id ORDER BY {column} {direction}, b.id {direction}) AS place"
        f" FROM bookmark_tag bt JOIN bookmark b ON b.id = bt.bookmark_id WHERE {' AND '.join(conditions)}"
        f") AS ranked JOIN bookmark b ON b.id = ranked.id WHERE ranked.place <= {sql.value(part.limit)}"
        f" ORDER BY ranked.tag_id, ranked.place {'DESC' if part.backwards else 'ASC'}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    make = _maker(dialect, wanted)
    found: dict[int, list[BookmarkRow]] = {}
    for row in rows:
        found.setdefault(row[-1], []).append(make(row[:-1]))
    return found


async def by_address(scope: Mine, column: str, digest: str) -> BookmarkRow | None:
    """The bookmark with the lowest id whose ``href_hash`` or ``key_hash`` is the digest."""
    connection, dialect = current()
    sql = Sql(dialect)
    columns = _columns(dialect, Sort(), ALL)
    text = (
        f"SELECT {columns} FROM bookmark b WHERE {sql.scope(scope)} AND b.{column} = {sql.value(digest)}"
        " ORDER BY b.id LIMIT 1"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return _maker(dialect, ALL)(rows[0]) if rows else None


async def content(scope: Mine, bookmark_id: int) -> ContentRow | None:
    """What the page of a bookmark in the scope said."""
    return (await contents(scope, [bookmark_id])).get(bookmark_id)


async def contents(scope: Mine, bookmark_ids: Sequence[int]) -> dict[int, ContentRow]:
    """What the pages of those of the bookmarks that are in the scope and were read said, by the bookmarks' ids."""
    wanted = [id for id in bookmark_ids if 0 < id < 2**31]
    if not wanted:
        return {}
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT c.bookmark_id, c.text, c.html, c.author, c.site_name, c.language, c.published_at, c.fetched_at"
        f" FROM bookmark b JOIN page_content c ON c.bookmark_id = b.id"
        f" WHERE {sql.scope(scope)} AND b.id IN ({', '.join(sql.value(id) for id in wanted)})"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return {row[0]: ContentRow(*row[:-1], dialect.moment(row[-1])) for row in rows}  # type: ignore[call-arg]  # as many as above


async def _common(scope: Scope, tree: Tree) -> frozenset[Tree]:
    """The leaves that so many rows hold that SQLite had better not collect them all before it sorts.

    PostgreSQL's planner knows such things by itself. One statement, however many leaves.
    """
    connection, dialect = current()
    found = leaves(tree)
    if not found or not isinstance(dialect, SqliteDialect) or not isinstance(scope, Mine):
        return frozenset()
    sql = Sql(dialect)
    probes = [dialect.probe(sql, leaf, scope.owner_id, COMMON) for leaf in found]
    ((counts,),) = await connection.read([(f"SELECT {', '.join(probes)}", sql.values)])
    return frozenset(leaf for leaf, hits in zip(found, counts, strict=True) if hits >= COMMON)


def _select(sql: Sql, scope: Scope, tree: Tree, sort: Sort, part: Slice, wanted: Wanted, scan: frozenset[Tree]) -> str:
    columns = _columns(sql.dialect, sort, wanted)  # type: ignore[arg-type]  # both dialects have the texts
    column = f"b.{sort.order.value}"
    conditions = [sql.scope(scope), sql.where(tree, scope, scan=scan), *_between(sql, sort, part)]
    direction = "DESC" if sort.descending != part.backwards else "ASC"
    source = f"FROM bookmark b WHERE {' AND '.join(conditions)}"
    order = f"ORDER BY {column} {direction}, b.id {direction}"
    limit = f"LIMIT {sql.value(part.limit)} OFFSET {sql.value(part.offset)}"
    if not leaves(tree):
        return f"SELECT {columns} {source} {order} {limit}"
    # Matches of an index come unsorted: sort bare ids, and read whole rows only for those that are asked for.
    ids = f"WITH part AS MATERIALIZED (SELECT b.id {source} {order} {limit})"
    return f"{ids} SELECT {columns} FROM part JOIN bookmark b ON b.id = part.id {order}"


def _between(sql: Sql, sort: Sort, part: Slice) -> list[str]:
    """The conditions that keep a list to what lies after and before the positions of its part."""
    forwards, back = (">", "<") if not sort.descending else ("<", ">")
    return [
        f"(b.{sort.order.value}, b.id) {sign} ({sql.value(position.value)}, {sql.value(position.id)})"
        for position, sign in ((part.after, forwards), (part.before, back))
        if position is not None
    ]


def _columns(dialect: AnyDialect, sort: Sort, wanted: Wanted) -> str:
    tags = {TagDetail.NONE: "NULL", TagDetail.NAMES: dialect.tag_names, TagDetail.FULL: dialect.tags}[wanted.tags]
    return ", ".join(
        (
            "b.id",
            f"b.{dialect.uid}",
            "b.owner_id, b.kind, b.source, b.url, b.url_href, b.title",
            "b.description" if wanted.description else "''",
            "b.notes" if wanted.notes else "''",
            "b.is_title_provisional, b.is_archived, b.is_favorite, b.is_public, b.read_at, b.click_count",
            "b.favicon, b.preview_image, b.created_at, b.updated_at, b.deleted_at",
            "b.sort_key" if sort.order is Order.TITLE else "NULL",
            tags,
        )
    )


def _maker(dialect: AnyDialect, wanted: Wanted) -> Callable[[Sequence[Any]], BookmarkRow]:
    """A function from a database row to ours, with everything it needs close at hand."""
    moment, json = dialect.moment, dialect.json
    full, names = wanted.tags is TagDetail.FULL, wanted.tags is TagDetail.NAMES

    def make(row: Sequence[Any]) -> BookmarkRow:
        (
            id, uid, owner_id, kind, source, url, url_href, title, description, notes,
            provisional, archived, favorite, public, read_at, click_count, favicon, preview_image,
            created_at, updated_at, deleted_at, sort_key, tags,
        ) = row  # fmt: skip
        return BookmarkRow(  # by position: half the time of keywords, and lists are the hottest thing we do
            id, uid, owner_id, kind, source, url, url_href, title, description, notes,
            provisional == 1, archived == 1, favorite == 1, public == 1,  # 0 and 1 on SQLite, False and True elsewhere
            moment(read_at) if read_at else None,
            click_count, favicon, preview_image,
            moment(created_at),
            moment(updated_at),
            moment(deleted_at) if deleted_at else None,
            sort_key,
            json(tags) if names else [],
            [_tag(tag) for tag in json(tags) or ()] if full else [],
        )  # fmt: skip

    return make


def _tag(tag: list[Any]) -> TagRow:
    """One tag of the aggregated JSON; its moments are text on both databases."""
    id, name, color, uid, created_at, updated_at = tag
    return TagRow(id, name, color, str(uid), datetime.fromisoformat(created_at), datetime.fromisoformat(updated_at))


def position_of(row: BookmarkRow, order: Order) -> Position:
    """Where the row stands in a list of that order, from which it came."""
    value = getattr(row, order.value)
    return Position(bytes(value) if order is Order.TITLE else value, row.id)
