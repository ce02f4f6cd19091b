"""Tuned reads of bookmarks: a fixed number of statements whatever the length, light rows out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from models.queries.build import Mine, Scope, Sql, leaves
from models.queries.connection import AnyDialect, current
from models.queries.estimates import Estimates
from models.queries.sqlite import SqliteDialect
from models.queries.tree import And, Everything, Nothing, Tree
from models.queries.window import Order, Position, Slice, Sort
from models.rows import BookmarkRow, ContentRow, TagRow

PROBES = 1_500  # leaves that one statement counts: SQLite takes 2,000 columns
CHUNK = 500  # rows a step when a list has no cap
COMMON = 3_000  # a leaf with more rows than this is looked at row by row: the sorted walk meets it soon enough


class TagDetail(Enum):
    """How much of each bookmark's tags a list brings along."""

    NONE = "none"
    NAMES = "names"
    LABELS = "labels"  # whole tags, but only id, name and colour of each
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which wide parts a list brings along; what is left out costs nothing. ``groups`` are the folders' uids."""

    description: bool = True
    notes: bool = True
    tags: TagDetail = TagDetail.NAMES
    folders: bool = False
    summary: bool = False
    groups: bool = False


ALL = Wanted()
ESTIMATES = Estimates()
EVERYTHING = Everything()
NOTHING = Nothing()
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
    scan = await common_leaves(scope, tree)
    sql = Sql(dialect)
    source, order, limit = _select(sql, scope, tree, sort, part, scan)
    text = dialect.page(columns_of(dialect, wanted, sort), source, order, limit, indexed=bool(leaves(tree)))
    (rows,) = await connection.read([(text, sql.values)])
    make = maker_of(dialect, wanted)
    result = [make(row) for row in dialect.unpack(rows)]
    if part.backwards:
        result.reverse()
    return result


async def pages(
    scope: Mine, trees: Sequence[Tree], sort: Sort = NEWEST, part: Slice = FIRST, wanted: Wanted = ALL
) -> list[list[BookmarkRow]]:
    """The same part of several lists, each of what one of the trees is true of, in one statement."""
    connection, dialect = current()
    scan = await common_leaves(scope, And(tuple(trees)))
    sql = Sql(dialect)
    lists = []
    for number, tree in enumerate(trees):
        source, order, limit = _select(sql, scope, tree, sort, part, scan)
        lists.append(f"SELECT * FROM (SELECT {number} AS number, b.id AS id {source} {order} {limit}) AS list_{number}")
    direction = "DESC" if sort.descending != part.backwards else "ASC"
    text = (
        f"WITH part AS MATERIALIZED ({' UNION ALL '.join(lists)})"
        f" SELECT {columns_of(dialect, wanted, sort)}, part.number FROM part JOIN bookmark b ON b.id = part.id"
        f" ORDER BY part.number, {_key(sql, sort)} {direction}, b.id {direction}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    make = maker_of(dialect, wanted)
    found: list[list[BookmarkRow]] = [[] for _ in trees]
    for row in rows:
        found[row[-1]].append(make(row[:-1]))
    return [rows[::-1] for rows in found] if part.backwards else found


async def stream(
    scope: Scope,
    tree: Tree = EVERYTHING,
    sort: Sort = NEWEST,
    part: Slice = FIRST,
    wanted: Wanted = ALL,
) -> AsyncGenerator[list[BookmarkRow], None]:
    """The same list in chunks of one snapshot, for callers that promise no cap."""
    connection, dialect = current()
    scan = await common_leaves(scope, tree)
    sql = Sql(dialect)
    source, order, limit = _select(sql, scope, tree, sort, part, scan)
    text = f"SELECT {columns_of(dialect, wanted, sort)} {source} {order} {limit}"
    make = maker_of(dialect, wanted)
    # Closed with this one, not when it is collected: it holds a connection.
    async with aclosing(connection.stream(text, sql.values, chunk=CHUNK)) as chunks:
        async for rows in chunks:
            yield [make(row) for row in rows]


async def count(scope: Scope, tree: Tree = EVERYTHING) -> int:
    """How many rows the whole list has."""
    connection, dialect = current()
    sql = Sql(dialect)
    condition = f"{sql.scope(scope)} AND {sql.where(tree, scope)}"
    table = _table(sql, scope, tree, frozenset())
    ((row,),) = await connection.read([(f"SELECT count(*) FROM {table} WHERE {condition}", sql.values)])
    return int(row[0])


async def counts(scope: Mine, trees: Sequence[Tree]) -> list[int]:
    """How many rows several such lists have, in one statement."""
    connection, dialect = current()
    sql = Sql(dialect)
    lists = []
    for tree in trees:
        condition = f"{sql.scope(scope)} AND {sql.where(tree, scope)}"
        lists.append(f"(SELECT count(*) FROM {_table(sql, scope, tree, frozenset())} WHERE {condition})")
    ((row,),) = await connection.read([(f"SELECT {', '.join(lists)}", sql.values)])
    return list(map(int, row))


async def clicks(scope: Scope) -> tuple[int, int]:
    """How often the scope's bookmarks were followed altogether, and how many of them ever were."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT coalesce(sum(b.click_count), 0), count(CASE WHEN b.click_count > 0 THEN 1 END)"
        f" FROM bookmark b WHERE {sql.scope(scope)}"
    )
    ((row,),) = await connection.read([(text, sql.values)])
    return int(row[0]), int(row[1])


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
    columns = columns_of(dialect, wanted)
    condition = sql.scope(scope, by_id=True)
    markers = ", ".join(sql.value(id) for id in wanted_ids)
    text = f"SELECT {columns} FROM bookmark b WHERE {condition} AND b.id IN ({markers})"
    (rows,) = await connection.read([(text, sql.values)])
    make = maker_of(dialect, wanted)
    by_id = {row[0]: row for row in rows}
    return [make(by_id[id]) for id in wanted_ids if id in by_id]


async def matching(scope: Mine, tree: Tree, ids: Sequence[int]) -> list[int]:
    """Those of the ids that are in the scope and that the tree is true of, in their order; a few hundred at once."""
    connection, dialect = current()
    sql = Sql(dialect)
    markers = ", ".join(sql.value(id) for id in ids)
    condition = f"{sql.scope(scope, by_id=True)} AND {sql.where(tree, scope)}"
    text = f"SELECT b.id FROM bookmark b WHERE {condition} AND b.id IN ({markers})"
    (rows,) = await connection.read([(text, sql.values)])
    found = {row[0] for row in rows}
    return [id for id in ids if id in found]


async def trashed(scope: Mine, tree: Tree, before: datetime | None, most: int) -> list[int]:
    """Ids of the scope's deleted bookmarks that the tree is true of, of those from before a moment, by id."""
    connection, dialect = current()
    sql = Sql(dialect)
    conditions = [sql.scope(scope), sql.where(tree, scope)]
    if before is not None:
        conditions.append(f"b.deleted_at < {sql.value(before)}")
    limit = sql.value(most)
    text = f"SELECT b.id FROM bookmark b WHERE {' AND '.join(conditions)} ORDER BY b.id LIMIT {limit}"
    (rows,) = await connection.read([(text, sql.values)])
    return [row[0] for row in rows]


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
    conditions = [f"bt.tag_id IN ({', '.join(sql.value(id) for id in tag_ids)})", sql.scope(scope, by_id=True)]
    conditions += _between(sql, sort, part)
    text = (
        f"SELECT {columns_of(dialect, wanted, sort)}, ranked.tag_id FROM ("
        "SELECT bt.tag_id, b.id, row_number()"
        f" OVER (PARTITION BY bt.tag_id ORDER BY {column} {direction}, b.id {direction}) AS place"
        f" FROM bookmark_tag bt JOIN bookmark b ON b.id = bt.bookmark_id WHERE {' AND '.join(conditions)}"
        f") AS ranked JOIN bookmark b ON b.id = ranked.id WHERE ranked.place <= {sql.value(part.limit)}"
        f" ORDER BY ranked.tag_id, ranked.place {'DESC' if part.backwards else 'ASC'}"
    )
    (rows,) = await connection.read([(text, sql.values)])
    make = maker_of(dialect, wanted)
    found: dict[int, list[BookmarkRow]] = {}
    for row in rows:
        found.setdefault(row[-1], []).append(make(row[:-1]))
    return found


async def by_address(scope: Mine, column: str, digest: str) -> BookmarkRow | None:
    """The bookmark with the lowest id whose ``href_hash`` or ``key_hash`` is the digest."""
    connection, dialect = current()
    sql = Sql(dialect)
    columns = columns_of(dialect, ALL)
    text = (
        f"SELECT {columns} FROM bookmark b WHERE {sql.scope(scope)} AND b.{column} = {sql.value(digest)}"
        " ORDER BY b.id LIMIT 1"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return maker_of(dialect, ALL)(rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an address: the live bookmark that has it, the first free copy number, and one in the trash."""

    id: int | None
    free_copy: int
    trashed_id: int | None


async def kept(scope: Mine, column: str, digest: str, href_hash: str, trash: Tree = NOTHING) -> Kept:
    """What a save must know of an address, in one statement.

    The live bookmark in the scope with the lowest id whose ``href_hash`` or ``key_hash`` is the digest; the copy number
    that a new one with this ``href_hash`` takes; and of those in the trash that ``trash`` is true of the last deleted.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    same = f"b.{column} = {sql.value(digest)}"
    owner, href, bin = sql.value(scope.owner_id), sql.value(href_hash), replace(scope, trash=True)
    text = (
        f"SELECT (SELECT min(b.id) FROM bookmark b WHERE {sql.scope(scope)} AND {same}),"
        f" (SELECT max(b.copy) FROM bookmark b WHERE b.owner_id = {owner} AND b.deleted_at IS NULL"
        f" AND b.href_hash = {href}),"
        f" (SELECT b.id FROM bookmark b WHERE {sql.scope(bin)} AND {same} AND {sql.where(trash, bin)}"
        " ORDER BY b.deleted_at DESC, b.id DESC LIMIT 1)"
    )
    (((id, copy, trashed_id),),) = await connection.read([(text, sql.values)])
    return Kept(id, 0 if copy is None else copy + 1, trashed_id)


async def content(scope: Mine, bookmark_id: int) -> ContentRow | None:
    """What the page of a bookmark in the scope said."""
    return (await contents(scope, [bookmark_id])).get(bookmark_id)


async def contents(
    scope: Mine, bookmark_ids: Sequence[int], *, text: bool = True, html: bool = True
) -> dict[int, ContentRow]:
    """What the pages of those of the bookmarks that are in the scope and were read said, by the bookmarks' ids.

    Without ``text`` or ``html``, which may be a megabyte each, those are empty.
    """
    wanted = [id for id in bookmark_ids if 0 < id < 2**31]
    if not wanted:
        return {}
    connection, dialect = current()
    sql = Sql(dialect)
    large = [f"c.{name}" if is_wanted else "''" for name, is_wanted in (("text", text), ("html", html))]
    query = (
        f"SELECT c.bookmark_id, {', '.join(large)}, c.author, c.site_name, c.language, c.published_at, c.fetched_at"
        f" FROM bookmark b JOIN page_content c ON c.bookmark_id = b.id"
        f" WHERE {sql.scope(scope, by_id=True)} AND b.id IN ({', '.join(sql.value(id) for id in wanted)})"
    )
    (rows,) = await connection.read([(query, sql.values)])
    return {row[0]: ContentRow(*row[:-1], dialect.moment(row[-1])) for row in rows}  # type: ignore[call-arg]  # as many as above


async def common_leaves(scope: Scope, tree: Tree) -> frozenset[Tree]:
    """The leaves that so many rows hold that SQLite had better not collect them all before it sorts.

    PostgreSQL's planner knows such things by itself. One statement for as many leaves as a search can have.
    """
    connection, dialect = current()
    found = leaves(tree)
    if not found or not isinstance(dialect, SqliteDialect) or not isinstance(scope, Mine):
        return frozenset()
    known = ESTIMATES.of(scope.owner_id, found)
    if unknown := [leaf for leaf in found if leaf not in known]:
        for start in range(0, len(unknown), PROBES):
            some = unknown[start : start + PROBES]
            sql = Sql(dialect)
            probes = [dialect.probe(sql, leaf, scope.owner_id, COMMON) for leaf in some]
            ((found_hits,),) = await connection.read([(f"SELECT {', '.join(probes)}", sql.values)])
            for leaf, hits in zip(some, found_hits, strict=True):
                known[leaf] = hits >= COMMON
                ESTIMATES.remember(scope.owner_id, leaf, common=known[leaf])
    return frozenset(leaf for leaf in found if known[leaf])


def _select(sql: Sql, scope: Scope, tree: Tree, sort: Sort, part: Slice, scan: frozenset[Tree]) -> tuple[str, str, str]:
    """Where the rows come from, their order, and which part of it, as SQL."""
    conditions = [sql.scope(scope), sql.where(tree, scope, scan=scan), *_between(sql, sort, part)]
    direction = "DESC" if sort.descending != part.backwards else "ASC"
    return (
        f"FROM {_table(sql, scope, tree, scan)} WHERE {' AND '.join(conditions)}",
        f"ORDER BY {_key(sql, sort)} {direction}, b.id {direction}",
        f"LIMIT {sql.value(part.limit)} OFFSET {sql.value(part.offset)}",
    )


def _key(sql: Sql, sort: Sort) -> str:
    """What the list is sorted by."""
    if sort.order is Order.PLACE:
        folder = sql.value(sort.folder_id if 0 < (sort.folder_id or 0) < 2**31 else 0)
        place = f"FROM placement p WHERE p.bookmark_id = b.id AND p.folder_id = {folder} AND p.deleted_at IS NULL"
        return f"coalesce((SELECT p.position {place}), {sql.value(2**63 - 1)})"  # last, what is not in it: NULL is not
    if sort.order is Order.ADDRESS:
        return sql.dialect.address
    bytewise = sql.dialect.bytewise if sort.order in {Order.URL, Order.DESCRIPTION} else ""
    return f"b.{sort.order.value}{bytewise}"


def _table(sql: Sql, scope: Scope, tree: Tree, scan: frozenset[Tree]) -> str:
    """The table, so written that SQLite starts from the rows that a rare leaf's index proposes.

    Left to itself it walks the whole sorted index instead, unless somebody has run ANALYZE.
    """
    parts = tree.parts if isinstance(tree, And) else (tree,)
    driven = isinstance(scope, Mine) and any(part not in scan and sql.dialect.is_indexed(part) for part in parts)
    return "bookmark b NOT INDEXED" if driven else "bookmark b"


def _between(sql: Sql, sort: Sort, part: Slice) -> list[str]:
    """The conditions that keep a list to what lies after and before the positions of its part."""
    forwards, back = (">", "<") if not sort.descending else ("<", ">")
    conditions = []
    for position, sign in ((part.after, forwards), (part.before, back)):
        if position is None:
            continue
        key, value, id = _key(sql, sort), sql.value(position.value), sql.value(position.id)
        if sort.order is Order.ADDRESS:  # SQLite finds its place in an index of an expression only so
            conditions.append(f"{key} {sign}= {value} AND ({key} {sign} {value} OR b.id {sign} {id})")
        else:
            conditions.append(f"({key}, b.id) {sign} ({value}, {id})")
    return conditions


def columns_of(dialect: AnyDialect, wanted: Wanted, sort: Sort = NEWEST) -> str:
    """The columns of ``bookmark b`` from which ``maker_of`` makes a row."""
    tags = {
        TagDetail.NONE: "NULL",
        TagDetail.NAMES: dialect.tag_names,
        TagDetail.LABELS: dialect.tag_labels,
        TagDetail.FULL: dialect.tags,
    }[wanted.tags]
    return ", ".join(
        (
            "b.id",
            f"b.{dialect.uid}",
            "b.owner_id, b.kind, b.source, b.url, b.url_href, b.title",
            "b.description" if wanted.description else "''",
            "b.notes" if wanted.notes else "''",
            "b.is_title_provisional, b.is_archived, b.is_favorite, b.is_public, b.read_at, b.click_count",
            "b.favicon, b.preview_image, b.created_at, b.updated_at, b.deleted_at",
            {Order.TITLE: dialect.sort_key, Order.ADDRESS: dialect.address}.get(sort.order, "NULL"),
            tags,
            dialect.folder_ids if wanted.folders else "NULL",
            "b.summary" if wanted.summary else "NULL",
            dialect.folder_uids if wanted.groups else "NULL",
            "b.web_archive_url",
        )
    )


def maker_of(dialect: AnyDialect, wanted: Wanted) -> Callable[[Sequence[Any]], BookmarkRow]:
    """A function from a database row to ours, with everything it needs close at hand."""
    moment, json = dialect.moment, dialect.json
    names = wanted.tags is TagDetail.NAMES
    folders, groups = wanted.folders, wanted.groups
    tag = {TagDetail.LABELS: _label, TagDetail.FULL: _tag}.get(wanted.tags)

    def make(row: Sequence[Any]) -> BookmarkRow:
        (
            id, uid, owner_id, kind, source, url, url_href, title, description, notes,
            provisional, archived, favorite, public, read_at, click_count, favicon, preview_image,
            created_at, updated_at, deleted_at, sort_key, tags, folder_ids, summary, folder_uids,
            web_archive_url,
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
            [tag(one) for one in json(tags) or ()] if tag else [],
            json(folder_ids) if folders else [],
            summary,
            json(folder_uids) if groups else [],
            web_archive_url,
        )  # fmt: skip

    return make


def _label(tag: list[Any]) -> TagRow:
    """One tag of the aggregated JSON, the part of it that lists show."""
    return TagRow(tag[0], tag[1], tag[2])


def _tag(tag: list[Any]) -> TagRow:
    """One tag of the aggregated JSON; its moments are text on both databases."""
    id, name, color, uid, created_at, updated_at = tag
    return TagRow(id, name, color, str(uid), datetime.fromisoformat(created_at), datetime.fromisoformat(updated_at))


def position_of(row: BookmarkRow, order: Order) -> Position:
    """Where the row stands in a list of that order, from which it came."""
    if order in {Order.TITLE, Order.ADDRESS}:
        key = row.sort_key or ""
        return Position(bytes.fromhex(key) if order is Order.TITLE else key, row.id)
    return Position(getattr(row, order.value), row.id)
