"""From the ids that the outside knows to those that the tables use."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.queries.build import Sql
from models.queries.connection import current

TABLES = frozenset({"bookmark", "tag", "folder", "token"})
BATCH = 500


async def ids_of(owner_id: int, table: str, uids: Sequence[UUID]) -> dict[UUID, int]:
    """The ids of the owner's rows with these uids, live or not; the root folder is nobody's to name."""
    if table not in TABLES:
        message = f"rows of {table} are not named by uid"
        raise ValueError(message)
    connection, dialect = current()
    found: dict[UUID, int] = {}
    below_root = " AND parent_id IS NOT NULL" if table == "folder" else ""
    for start in range(0, len(uids), BATCH):
        sql = Sql(dialect)
        markers = ", ".join(sql.value(str(uid)) for uid in uids[start : start + BATCH])
        text = (
            f"SELECT id, {dialect.uid} FROM {table}"
            f" WHERE uid IN ({markers}) AND owner_id = {sql.value(owner_id)}{below_root}"
        )
        (rows,) = await connection.read([(text, sql.values)])
        found |= {UUID(uid): id for id, uid in rows}
    return found
