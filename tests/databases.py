"""Databases for tests: the same tests run on SQLite and on PostgreSQL, chosen by one variable.

``POLYMARK_TEST_DATABASE`` is ``sqlite`` (the default) or ``postgres``; then ``POLYMARK_TEST_POSTGRES_URL`` names the
server, 127.0.0.1:5432 if it is not set. A database is migrated once a test process; every test then starts empty.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from server.database import database_config, migrate

KIND = os.environ.get("POLYMARK_TEST_DATABASE", "sqlite")
POSTGRES_URL = os.environ.get("POLYMARK_TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
ON_POSTGRES = KIND == "postgres"


class SqliteDatabases:
    """Files, copied from one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"

    async def fresh(self) -> str:
        """The address of a new, migrated, empty database."""
        if not self._template.exists():
            await migrate(database_config(f"sqlite://{self._template}"))
        path = self._folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(self._template, path)
        return f"sqlite://{path}"

    async def empty(self) -> str:
        """The address of a new database without any table."""
        return f"sqlite://{self._folder / f'{uuid.uuid4().hex}.db'}"

    async def drop(self, url: str) -> None:
        """Delete the database."""
        for path in self._folder.glob(Path(url.removeprefix("sqlite://")).name + "*"):
            path.unlink()


TABLES = (
    "change, job, asset, bundle, folder_hash, folder_link, placement, folder, page_content, bookmark_tag, tag,"
    " bookmark, token, oauth_grant, oauth_client, delivery, webhook, counter, sync_lock, session, login_flow, account"
)


class PostgresDatabases:
    """Databases of one server; one that a test gave back is emptied and used again, which is quicker than a new one."""

    def __init__(self) -> None:
        self._free: list[str] = []
        self._made: list[str] = []
        self._reusable: set[str] = set()
        self._cleaner = _Cleaner()

    async def fresh(self) -> str:
        """The address of a migrated, empty database."""
        if self._free:
            url = self._free.pop()
            await self._empty(url)
            return url
        url = await self.empty()
        await migrate(database_config(url))
        self._reusable.add(url)
        return url

    async def empty(self) -> str:
        """The address of a new database without any table."""
        url = urlsplit(POSTGRES_URL)._replace(path=f"/polymark_test_{uuid.uuid4().hex}").geturl()
        name = urlsplit(url).path.lstrip("/")
        await _run(POSTGRES_URL, f"CREATE DATABASE {name}")
        # No test pulls the server's plug, and waiting for the disk is a third of what a small write takes.
        await _run(POSTGRES_URL, f"ALTER DATABASE {name} SET synchronous_commit = off")
        self._made.append(url)
        return url

    async def drop(self, url: str) -> None:
        """Take a database of ``fresh`` back for the next test, or delete one of ``empty``."""
        if url in self._reusable:
            self._free.append(url)
        else:
            await self._delete(url)

    async def close(self) -> None:
        """Delete all databases, whoever is still connected."""
        await self._cleaner.close()
        for url in self._made:
            await self._delete(url)

    async def _delete(self, url: str) -> None:
        await _run(POSTGRES_URL, f"DROP DATABASE IF EXISTS {urlsplit(url).path.lstrip('/')} WITH (FORCE)")

    async def _empty(self, url: str) -> None:
        """Delete all rows (truncating costs ten times as much for so few) and start all ids at 1 again."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        deletes = "".join(f"DELETE FROM {table};" for table in TABLES.split(", "))
        restart = "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences;"
        await self._cleaner.run(url, f"{others} AND pid <> pg_backend_pid(); {deletes} {restart}")


class _Cleaner:
    """Connections that outlive tests, in a loop of their own: a new one takes ten times as long as the deleting.

    What a new connection spends is PostgreSQL reading its catalogue for every table anew.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._connections: dict[str, asyncpg.Connection] = {}
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    async def run(self, url: str, statements: str) -> None:
        """Execute the statements in that database."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._run(url, statements), self._loop))

    async def close(self) -> None:
        """Close all connections; nothing can be run after this."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._close(), self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _run(self, url: str, statements: str) -> None:
        connection = self._connections.get(url)
        if connection is None or connection.is_closed():
            connection = self._connections[url] = await asyncpg.connect(url)
        await connection.execute(statements)

    async def _close(self) -> None:
        for connection in self._connections.values():
            await connection.close()


async def _run(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


@asynccontextmanager
async def statements_counted(into: list[str]) -> AsyncIterator[list[str]]:
    """Collect the text of every SQL statement that runs inside the block, transactions' own words left out."""
    logger = logging.getLogger("tortoise.db_client")

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.args:
                into.append(str(record.args[0] if isinstance(record.args, tuple) else record.args))
            elif record.msg:
                into.append(str(record.msg))

    handler, level = Collect(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield into
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
