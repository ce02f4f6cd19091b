"""Tuned reads of folders."""

from __future__ import annotations

from models.queries.build import Sql
from models.queries.connection import current


async def next_position(folder_id: int) -> int:
    """The position after everything in the folder, bookmarks and folders alike; 0 in an empty one."""
    connection, dialect = current()
    sql = Sql(dialect)
    text = (
        "SELECT max(last) FROM ("
        f"SELECT max(position) AS last FROM placement WHERE folder_id = {sql.value(folder_id)} UNION ALL "
        f"SELECT max(position) FROM folder WHERE parent_id = {sql.value(folder_id)}) AS ends"
    )
    ((row,),) = await connection.read([(text, sql.values)])
    return 0 if row[0] is None else int(row[0]) + 1
