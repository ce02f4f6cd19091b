"""Marking folders: whoever changes what is in a folder adds 1 to its marks and to those of all folders above it.

A kept hash names the marks it was made at, so marking in the same transaction makes it void at the moment the change is
seen (docs/decisions/0011-kept-folder-hashes.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, cast

from tortoise.connection import get_connection

from models.queries.build import Sql
from models.queries.connection import current

PARAMETERS = 5_000  # of one statement; SQLite takes 32,766


async def mark(folder_ids: Collection[int], bookmark_ids: Collection[int] = ()) -> None:
    """Mark these folders, those that the bookmarks have a placement in (live or not), and all above them.

    One statement for up to 5,000 ids; with more, folders above several are marked more than once, which is harmless.
    It belongs into the transaction of the change itself.
    """
    folders, bookmarks = sorted(folder_ids), sorted(bookmark_ids)
    for ids in _chunks(bookmarks):
        await _mark("SELECT folder_id FROM placement WHERE bookmark_id IN", ids)
    for ids in _chunks(folders):
        await _mark("SELECT id FROM folder WHERE id IN", ids)


async def _mark(start: str, ids: list[int]) -> None:
    _, dialect = current()
    sql = Sql(dialect)
    text = (
        f"WITH RECURSIVE up(id) AS ({start} ({', '.join(map(sql.value, ids))})"
        " UNION SELECT f.parent_id FROM up JOIN folder f ON f.id = up.id WHERE f.parent_id IS NOT NULL)"
        " UPDATE folder SET marks = marks + 1 WHERE id IN (SELECT id FROM up)"
    )
    await cast("Any", get_connection("default")).execute_query_dict(text, sql.values)


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), PARAMETERS):
        yield ids[start : start + PARAMETERS]
