"""PostgreSQL through asyncpg, with the same ``read`` as the SQLite client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.asyncpg.client import TransactionWrapper as AsyncpgTransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections

Statement = tuple[str, Sequence[Any]]
Rows = list[tuple[Any, ...]]
Then = Callable[[Rows], Statement]


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Save a round trip a release: no statement of ours leaves state on a session."""


class _Reading:
    """What pool and transaction share."""

    log: Any
    acquire_connection: Any

    @translate_exceptions
    async def read(self, statements: Sequence[Statement]) -> list[Rows]:
        """Execute reading statements in one snapshot, or inside this transaction; their rows, in order."""
        async with self.acquire_connection() as connection, AsyncExitStack() as snapshot:
            if len(statements) > 1 and not connection.is_in_transaction():
                await snapshot.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            results = []
            for sql, values in statements:
                self.log.debug("%s: %s", sql, values)
                results.append(await connection.fetch(sql, *values))
            return results

    async def stream(
        self, sql: str, values: Sequence[Any], *, chunk: int, then: Then | None = None
    ) -> AsyncGenerator[Rows, None]:
        """Execute one statement with a server-side cursor and yield its rows in chunks of one snapshot."""
        async with self.acquire_connection() as connection:
            isolation = None if then is None or connection.is_in_transaction() else "repeatable_read"
            async with connection.transaction(isolation=isolation, readonly=True):
                self.log.debug("%s: %s", sql, values)
                if then is not None:
                    sql, values = then(await connection.fetch(sql, *values))
                    self.log.debug("%s: %s", sql, values)
                cursor = await connection.cursor(sql, *values)
                while rows := await cursor.fetch(chunk):
                    yield rows


class PooledTransaction(TransactionContextPooled):
    """Tortoise's, but a transaction that cannot begin gives its connection back to the pool."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool
        self.client._connection = await pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await pool.release(self.client._connection)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class TransactionWrapper(_Reading, AsyncpgTransactionWrapper):
    """A transaction, or a savepoint in one."""

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(TransactionWrapper(self))


class Client(_Reading, AsyncpgDBClient):
    """Tortoise's asyncpg client."""

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        """Make the pool; small queries gain nothing from the just-in-time compiler."""
        kwargs["server_settings"] = {"jit": "off", **(kwargs.get("server_settings") or {})}
        return await asyncpg.create_pool(None, reset=_nothing_to_reset, **kwargs)

    def _in_transaction(self) -> TransactionContext:
        return PooledTransaction(TransactionWrapper(self), self._pool_init_lock)


client_class = Client
