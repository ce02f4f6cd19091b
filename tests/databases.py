"""Databases for tests: the same tests run on SQLite and on PostgreSQL, chosen by one variable.

``POLYMARK_TEST_DATABASE`` is ``sqlite`` (the default) or ``postgres``; then ``POLYMARK_TEST_POSTGRES_URL`` names the
server, 127.0.0.1:5432 if it is not set. A database is migrated once a test process; every test then starts empty.
"""

from __future__ import annotations

import os
import shutil
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


class PostgresDatabases:
    """Databases of one server, made from one that was migrated once."""

    def __init__(self) -> None:
        self._template: str | None = None

    async def fresh(self) -> str:
        """The address of a new, migrated, empty database."""
        if self._template is None:
            template = f"polymark_template_{uuid.uuid4().hex}"
            await self._run(f'CREATE DATABASE "{template}"')
            await migrate(database_config(self._url(template)))
            self._template = template
        name = f"polymark_{uuid.uuid4().hex}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        return self._url(name)

    async def empty(self) -> str:
        """The address of a new database without any table."""
        name = f"polymark_{uuid.uuid4().hex}"
        await self._run(f'CREATE DATABASE "{name}"')
        return self._url(name)

    async def drop(self, url: str) -> None:
        """Delete the database, whoever is still connected."""
        await self._run(f'DROP DATABASE IF EXISTS "{urlsplit(url).path.lstrip("/")}" WITH (FORCE)')

    async def close(self) -> None:
        """Delete the template."""
        if self._template is not None:
            await self.drop(self._url(self._template))

    def _url(self, name: str) -> str:
        return urlsplit(POSTGRES_URL)._replace(path=f"/{name}").geturl()

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(POSTGRES_URL)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def statements_counted(into: list[str]) -> AsyncIterator[list[str]]:
    """Collect the text of every SQL statement that runs inside the block, transactions' own words left out."""
    import logging  # noqa: PLC0415 - only counting needs it

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
