"""What the database's planner knows of the tables."""

from __future__ import annotations

from tortoise.connection import get_connection

from models.queries.connection import current
from models.queries.postgres import PostgresDialect

TABLES = ("bookmark", "bookmark_tag", "folder", "placement", "tag")


async def renew() -> None:
    """Have PostgreSQL look at the tables now, with what this transaction has written; some tenths of a second.

    Its own workers do so within a minute of a commit. Until then it takes the rows of an import for one: the hash of
    20,000 fresh bookmarks took nine seconds, and each batch of a file went through all rows before it, so that 50,000
    links took two minutes. SQLite's plans are written to need no such knowledge.
    """
    _, dialect = current()
    if isinstance(dialect, PostgresDialect):  # a table that somebody else is just looking at is passed over
        await get_connection("default").execute_query(f"ANALYZE (SKIP_LOCKED) {', '.join(TABLES)}")
