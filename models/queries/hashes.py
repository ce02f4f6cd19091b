"""Kept folder hashes, and what must be read to make them (docs/decisions/0011-kept-folder-hashes.md).

A kept hash is good while the marks it was made at are the folder's. It is that of what a client that synchronises
bookmarks sees (links, images and bookmarklets; not notes and code), whichever door asks.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, cast

from tortoise.connection import get_connection

from models.hashing import FolderNode, TreeHash
from models.kinds import SYNCED
from models.queries.build import Sql
from models.queries.connection import AnyDialect, Rows, current

CHUNK = 1_000  # rows that are read at once; of a chunk only the hashes stay in memory
STORED_AT_ONCE = 1_000  # hashes a statement, four parameters each

Read = Callable[[AnyDialect, Any], Any]


def _plain(_dialect: AnyDialect, value: Any) -> Any:
    return value


def _text(_dialect: AnyDialect, value: Any) -> str:
    return value or ""


def _flag(dialect: AnyDialect, value: Any) -> int:
    return int(dialect.flag(value))


def _seconds(dialect: AnyDialect, value: Any) -> int:
    return int(dialect.moment(value).timestamp())


def _names(dialect: AnyDialect, value: Any) -> list[str]:
    return sorted(dialect.json(value))


FIELDS: dict[str, tuple[str, Read]] = {
    "id": ("b.id", _plain),
    "title": ("b.title", _text),
    "url": ("b.url_href", _text),  # the real link, also a script's
    "target": ("b.url_href", _text),
    "description": ("b.description", _text),
    "tags": ("", _names),  # each database has its own words
    "public": ("b.is_public", _flag),
    "added": ("b.created_at", _seconds),
    "lastmodified": ("b.updated_at", _seconds),
    "clickcount": ("b.click_count", _plain),
}


async def kept(owner_id: int, folder_id: int, function: str) -> tuple[bool, str | None]:
    """Whether the owner has such a live folder, and its kept hash if that is good. One indexed read."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT h.value FROM folder f LEFT JOIN folder_hash h"
        f" ON h.folder_id = f.id AND h.function = {sql.value(function)} AND h.marks = f.marks"
        f" WHERE f.id = {sql.value(folder_id)} AND f.owner_id = {sql.value(owner_id)} AND f.deleted_at IS NULL"
    )
    (rows,) = await connection.read([(text, sql.values)])
    return bool(rows), rows[0][0] if rows else None


def below(owner_id: int, folder_id: int, function: str | None, fields: Sequence[str]) -> AsyncGenerator[Rows, None]:
    """What the folder's hash is made of, for ``feed``: folders and bookmarks in chunks, all of one snapshot.

    It goes down as far as no good hash of ``function`` is kept (None: asks for no kept ones), and brings the bookmarks
    of those folders only. Nothing when the owner has no such live folder.
    """
    connection, dialect = current()
    sql = Sql(dialect)
    columns = [FIELDS[field][0] or dialect.tag_names for field in fields]
    found = "CAST(NULL AS text)"
    if function is not None:
        made_by = sql.value(function)
        found = (
            f"(SELECT h.value FROM folder_hash h"
            f" WHERE h.folder_id = f.id AND h.function = {made_by} AND h.marks = f.marks)"
        )
    node = f"f.id, f.parent_id, f.position, f.name, f.marks, {found}"
    kinds = ", ".join(map(sql.value, sorted(SYNCED)))
    text = (
        f"WITH RECURSIVE node(id, parent_id, position, name, marks, value) AS ("
        f"SELECT {node} FROM folder f"
        f" WHERE f.id = {sql.value(folder_id)} AND f.owner_id = {sql.value(owner_id)} AND f.deleted_at IS NULL"
        f" UNION ALL SELECT {node} FROM node n JOIN folder f ON f.parent_id = n.id"
        f" WHERE n.value IS NULL AND f.deleted_at IS NULL)"
        f" SELECT 0, id, parent_id, position, name, marks, value{', NULL' * len(columns)} FROM node"
        f" UNION ALL SELECT 1, b.id, n.id, p.position, NULL, NULL, NULL{''.join(f', {one}' for one in columns)}"
        f" FROM node n JOIN placement p ON p.folder_id = n.id JOIN bookmark b ON b.id = p.bookmark_id"
        f" WHERE n.value IS NULL AND p.deleted_at IS NULL AND b.deleted_at IS NULL AND b.kind IN ({kinds})"
    )
    return connection.stream(text, sql.values, chunk=CHUNK)


def feed(tree: TreeHash, rows: Rows, fields: Sequence[str]) -> None:
    """Tell the tree of the rows that ``below`` brought; milliseconds of work for a thread."""
    _, dialect = current()
    readers = [(field, FIELDS[field][1]) for field in fields]
    for is_bookmark, id, parent_id, position, name, marks, value, *texts in rows:
        if is_bookmark:
            record = {field: read(dialect, text) for (field, read), text in zip(readers, texts, strict=True)}
            tree.add_bookmark(parent_id, position, id, record)
        else:
            title = None if parent_id is None else name
            tree.add_folder(FolderNode(id, parent_id, position, title, marks, value))


async def keep(function: str, folders: Sequence[FolderNode]) -> None:
    """Keep the hashes of those folders that have not been marked since; for inside a transaction.

    Ordered by id, as every writer of many rows does.
    """
    _, dialect = current()
    rows = sorted((folder.id, folder.marks, folder.value) for folder in folders)
    for start in range(0, len(rows), STORED_AT_ONCE):
        sql = Sql(dialect)
        made = ", ".join(
            f"(CAST({sql.value(id)} AS bigint), CAST({sql.value(marks)} AS bigint), CAST({sql.value(value)} AS text))"
            for id, marks, value in rows[start : start + STORED_AT_ONCE]
        )
        text = (
            f"WITH made(folder_id, marks, value) AS (VALUES {made})"
            f" INSERT INTO folder_hash (folder_id, function, marks, value)"
            f" SELECT f.id, CAST({sql.value(function)} AS text), f.marks, m.value"
            f" FROM made m JOIN folder f ON f.id = m.folder_id WHERE f.marks = m.marks"
            f" ON CONFLICT (folder_id, function) DO UPDATE SET marks = excluded.marks, value = excluded.value"
        )
        await cast("Any", get_connection("default")).execute_query_dict(text, sql.values)
