"""Marking folders: whoever changes what is in a folder adds 1 to its marks and to those of all folders above it.

A kept hash names the marks it was made at, so marking in the same transaction makes it void at the moment the change is
seen (docs/decisions/0011-kept-folder-hashes.md).
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby, product
from operator import itemgetter
from typing import Any, cast

from tortoise.connection import get_connection

from models.queries.build import Sql
from models.queries.connection import current

PARAMETERS = 5_000  # of one statement; SQLite takes 32,766
STARTS = {
    "folder": "SELECT id FROM folder WHERE id IN",
    "placement": "SELECT folder_id FROM placement WHERE bookmark_id IN",
}


async def mark(folder_ids: Collection[int], bookmark_ids: Collection[int] = ()) -> None:
    """Mark these folders, those that the bookmarks have a placement in (live or not), and all above them.

    One statement for up to 5,000 ids; with more, folders above several are marked more than once, which is harmless.
    It belongs into the transaction of the change itself.
    """
    sources = [*product(["folder"], sorted(folder_ids)), *product(["placement"], sorted(bookmark_ids))]
    for start in range(0, len(sources), PARAMETERS):
        await _mark(sources[start : start + PARAMETERS])


async def _mark(sources: list[tuple[str, int]]) -> None:
    """The way up is a subquery: PostgreSQL reads a small table whole for each step of a join."""
    _, dialect = current()
    sql = Sql(dialect)
    starts = [
        f"{STARTS[source]} ({', '.join(sql.value(id) for _, id in group)})"
        for source, group in groupby(sources, key=itemgetter(0))
    ]
    text = (
        f"WITH RECURSIVE up(id) AS ({' UNION '.join(starts)}"
        " UNION SELECT (SELECT f.parent_id FROM folder f WHERE f.id = up.id) FROM up WHERE up.id IS NOT NULL)"
        " UPDATE folder SET marks = marks + 1 WHERE id IN (SELECT id FROM up)"
    )
    await cast("Any", get_connection("default")).execute_query_dict(text, sql.values)
