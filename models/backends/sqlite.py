"""SQLite for a server: one writer that never fails half-way, and readers that never wait for it.

Tortoise's client has one connection, one lock and deferred transactions. Deferred ones fail with "database is locked"
when they first read and then write beside another process; here every transaction begins IMMEDIATE. Reads outside a
transaction go to a pool of read-only connections, so a long write does not stop them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper, translate_exceptions
from tortoise.connection import get_connections

READERS = 4
READER_CACHE_KIB = 4_000

Statement = tuple[str, Sequence[Any]]
Rows = list[tuple[Any, ...]]
Then = Callable[[Rows], Statement]
T = TypeVar("T")


class Readers:
    """A few threads, each with a read-only connection of its own."""

    def __init__(self, filename: str, pragmas: dict[str, Any]) -> None:
        self._uri = f"file:{quote(str(Path(filename).absolute()))}?mode=ro"
        self._pragmas = {key: pragmas[key] for key in ("busy_timeout", "mmap_size") if key in pragmas}
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, check_same_thread=False)
        for pragma, value in self._pragmas.items():
            connection.execute(f"PRAGMA {pragma}={value}")
        connection.execute(f"PRAGMA cache_size=-{READER_CACHE_KIB}")
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._open.append(connection)
        return connection

    def _run(self, statements: Sequence[Statement]) -> list[Rows]:
        connection = self._connection()
        if len(statements) == 1:
            sql, values = statements[0]
            return [connection.execute(sql, values).fetchall()]
        connection.execute("BEGIN")  # several statements see one snapshot
        try:
            return [connection.execute(sql, values).fetchall() for sql, values in statements]
        finally:
            connection.execute("COMMIT")

    async def run(self, statements: Sequence[Statement]) -> list[Rows]:
        """Execute the statements in one thread and one snapshot; their rows, in order."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, statements)

    async def stream(
        self, sql: str, values: Sequence[Any], chunk: int, then: Then | None
    ) -> AsyncGenerator[Rows, None]:
        """Step through one statement on a connection of its own, so that its snapshot is nobody else's."""
        connection = self._connect()  # 50 µs: a thread would cost more
        try:
            if then is not None:
                connection.execute("BEGIN")  # waits for nobody: the first read takes the snapshot
                cursor = await self._in_thread(connection.execute, sql, values)
                sql, values = then(await self._in_thread(cursor.fetchall))
            cursor = await self._in_thread(connection.execute, sql, values)
            while rows := await self._in_thread(cursor.fetchmany, chunk):
                yield rows
        finally:
            connection.close()

    async def _in_thread(self, work: Callable[..., T], *values: Any) -> T:
        """Run work on a connection that the caller will close; a caller that is cancelled waits for the thread."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, work, *values)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    def close(self) -> None:
        """Wait for running reads and close the connections."""
        self._pool.shutdown(wait=True)
        for connection in self._open:
            connection.close()
        self._open.clear()


class ImmediateTransaction(TransactionContext):
    """Holds the process's write lock and a transaction that began IMMEDIATE; lets go of both whatever happens."""

    def __init__(self, wrapper: TransactionWrapper, lock: asyncio.Lock) -> None:
        self.client = wrapper
        self._wrapper = wrapper
        self._lock = lock

    async def __aenter__(self) -> TransactionalDBClient:
        await self._lock.acquire()
        try:
            if self._wrapper._connection is None:
                await self._wrapper._parent.create_connection(with_db=True)
                self._wrapper._connection = self._wrapper._parent._connection
            await self._wrapper.begin()
        except BaseException:
            self._lock.release()
            raise
        self._token = get_connections().set(self._wrapper.connection_name, self._wrapper)
        return self._wrapper

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if not self._wrapper._finalized:
                await (self._wrapper.rollback() if exc_type else self._wrapper.commit())
        finally:
            get_connections().reset(self._token)
            self._lock.release()


class TransactionWrapper(SqliteTransactionWrapper):
    """The one writing connection while a transaction is open on it."""

    async def begin(self) -> None:
        """Take the database's write lock at once, waiting for other processes up to ``busy_timeout``."""
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except asyncio.CancelledError:
            # The statement runs on in aiosqlite's thread; whatever it began must not outlive the caller.
            await self._connection.rollback()
            raise

    async def commit(self) -> None:
        """Commit; a commit that fails (disk full, busy) is rolled back, so that the next transaction can begin.

        A caller that is cancelled meanwhile cannot know which of the two it was; the thread may commit all the same.
        """
        try:
            await super().commit()
        except (sqlite3.Error, asyncio.CancelledError):
            await self._connection.rollback()  # after a commit that went well it does nothing
            raise

    async def read(self, statements: Sequence[Statement]) -> list[Rows]:
        """Execute the statements inside this transaction; their rows, in order."""
        results = []
        for sql, values in statements:
            self.log.debug("%s: %s", sql, values)
            rows = await self._connection.execute_fetchall(sql, [_adapt(value) for value in values])
            results.append([tuple(row) for row in rows])
        return results

    async def stream(
        self, sql: str, values: Sequence[Any], *, chunk: int, then: Then | None = None
    ) -> AsyncGenerator[Rows, None]:
        """Execute one statement inside this transaction and yield its rows in chunks."""
        (rows,) = await self.read([(sql, values)])
        if then is not None:
            (rows,) = await self.read([then(rows)])
        for start in range(0, len(rows), chunk):
            yield rows[start : start + chunk]


class Client(SqliteClient):
    """Tortoise's SQLite client with IMMEDIATE transactions and a pool of readers."""

    _readers: Readers | None = None

    async def create_connection(self, with_db: bool) -> None:
        """Open the writing connection; the readers open theirs when first asked."""
        await super().create_connection(with_db)
        if self._readers is None and self.filename != ":memory:":
            self._readers = Readers(self.filename, self.pragmas)

    async def close(self) -> None:
        """Close writer and readers."""
        if self._readers is not None:
            readers, self._readers = self._readers, None
            await asyncio.get_running_loop().run_in_executor(None, readers.close)
        await super().close()

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransaction(TransactionWrapper(self), self._lock)

    @translate_exceptions
    async def read(self, statements: Sequence[Statement]) -> list[Rows]:
        """Execute reading statements in one snapshot beside any writer; their rows, in order."""
        if self._connection is None:
            async with self._lock:
                await self.create_connection(with_db=True)
        if self.log.isEnabledFor(10):
            for sql, values in statements:
                self.log.debug("%s: %s", sql, values)
        adapted = [_adapted(one) for one in statements]
        if self._readers is None:  # :memory: has no second connection
            async with self._lock:
                fetched = [await self._connection.execute_fetchall(*one) for one in adapted]  # type: ignore[union-attr]  # connected above
            return [[tuple(row) for row in rows] for rows in fetched]
        return await self._readers.run(adapted)

    async def stream(
        self, sql: str, values: Sequence[Any], *, chunk: int, then: Then | None = None
    ) -> AsyncGenerator[Rows, None]:
        """Execute one statement beside any writer and yield its rows in chunks of one snapshot."""
        if self._connection is None:
            async with self._lock:
                await self.create_connection(with_db=True)
        if self._readers is None:  # :memory: has no second connection
            (rows,) = await self.read([(sql, values)])
            if then is not None:
                (rows,) = await self.read([then(rows)])
            yield rows
            return
        following = None if then is None else lambda rows: self._logged(then(rows))
        async for rows in self._readers.stream(*self._logged((sql, values)), chunk, following):
            yield rows

    def _logged(self, statement: Statement) -> Statement:
        self.log.debug("%s: %s", *statement)
        return _adapted(statement)


def _adapted(statement: Statement) -> Statement:
    sql, values = statement
    return sql, [_adapt(value) for value in values]


def _adapt(value: Any) -> Any:
    """Write moments the way Tortoise stores them, so that text order is time order."""
    return value.isoformat(" ") if isinstance(value, datetime) else value


client_class = Client
