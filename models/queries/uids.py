"""From the ids that the outside knows to those that the tables use."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.queries.build import Sql
from models.queries.connection import current

TABLES = frozenset({"bookmark", "tag", "folder", "token"})
TRASHED = frozenset({"bookmark", "folder"})  # those that may be in the trash
BATCH = 500


async def ids_of(owner_id: int, table: str, uids: Sequence[UUID], *, live: bool = False) -> dict[UUID, int]:
    """The ids of the owner's rows with these uids, with ``live`` outside the trash; nobody names the root folder."""
    if table not in TABLES:
        message = f"rows of {table} are not named by uid"
        raise ValueError(message)
    connection, dialect = current()
    found: dict[UUID, int] = {}
    narrower = " AND parent_id IS NOT NULL" if table == "folder" else ""
    if live and table in TRASHED:
        narrower += " AND deleted_at IS NULL"
    for start in range(0, len(uids), BATCH):
        sql = Sql(dialect)
        markers = ", ".join(sql.value(str(uid)) for uid in uids[start : start + BATCH])
        text = (
            f"SELECT id, {dialect.uid} FROM {table}"
            f" WHERE uid IN ({markers}) AND owner_id = {sql.value(owner_id)}{narrower}"
        )
        (rows,) = await connection.read([(text, sql.values)])
        found |= {UUID(uid): id for id, uid in rows}
    return found
