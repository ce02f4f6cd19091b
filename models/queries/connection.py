"""The database that the current task reads from: its transaction if it is in one, else the pool of readers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Protocol, cast

from tortoise.connection import get_connection

from models.queries.postgres import PostgresDialect
from models.queries.sqlite import SqliteDialect

Rows = list[tuple[Any, ...]]
Statement = tuple[str, Sequence[Any]]
Then = Callable[[Rows], Statement]
AnyDialect = SqliteDialect | PostgresDialect

SQLITE = SqliteDialect()
POSTGRES = PostgresDialect()


class Reading(Protocol):
    """What both database clients of ``models/backends/`` offer for tuned reads."""

    capabilities: Any

    async def read(self, statements: Sequence[Statement]) -> list[Rows]:
        """Execute reading statements in one snapshot."""
        ...

    def stream(
        self, sql: str, values: Sequence[Any], *, chunk: int, then: Then | None = None
    ) -> AsyncGenerator[Rows, None]:
        """Execute one reading statement and yield its rows in chunks, all of one snapshot.

        With ``then`` all its rows are read at once, and streamed is, in the same snapshot, the statement made of them.
        """
        ...


def current() -> tuple[Reading, AnyDialect]:
    """The reading side of the current connection, and how its database speaks."""
    connection = cast("Reading", get_connection("default"))
    return connection, SQLITE if connection.capabilities.dialect == "sqlite" else POSTGRES
