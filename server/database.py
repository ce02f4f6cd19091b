"""Tortoise's configuration, connections and migrations."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.migrations.api import migrate as run_migrations

APP = "models"
WRITER_CACHE_KIB = 32_000
MMAP_BYTES = 256 * 1024 * 1024
POOL_OPTIONS = {"minsize", "maxsize", "statement_cache_size", "command_timeout", "max_queries"}
POSTGRES_SCHEMES = ("postgres", "postgresql", "asyncpg")


def database_config(url: str, *, synchronous: str = "FULL") -> dict[str, Any]:
    """Tortoise's configuration for ``sqlite://PATH`` or ``postgres://…`` (query options become asyncpg's).

    ``synchronous`` is SQLite's: FULL keeps an acknowledged write through a power cut. Raises ValueError for another
    kind of database.
    """
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        connection: dict[str, Any] = {
            "engine": "models.backends.sqlite",
            "credentials": {
                "file_path": _file_of(url),
                "synchronous": synchronous,
                "busy_timeout": 30_000,
                "cache_size": -WRITER_CACHE_KIB,
                "mmap_size": MMAP_BYTES,
            },
        }
    elif scheme in POSTGRES_SCHEMES:
        parts = urlsplit(url)
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        credentials: dict[str, Any] = {
            "host": unquote(options.pop("host", "") or parts.hostname or "localhost"),
            "port": parts.port or int(options.pop("port", 5432)),
            "user": unquote(parts.username or "postgres"),
            "password": unquote(parts.password or "") or None,
            "database": unquote(parts.path.lstrip("/")) or "postgres",
            "minsize": 1,
            "maxsize": 10,
            **options,
        }
        for name in POOL_OPTIONS & credentials.keys():
            credentials[name] = int(credentials[name])
        connection = {"engine": "models.backends.postgres", "credentials": credentials}
    else:
        msg = f"Not a database this server knows: {scheme}:"
        raise ValueError(msg)
    return {
        "connections": {"default": connection},
        "apps": {APP: {"models": ["models"], "default_connection": "default", "migrations": "models.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


def sqlite_path(url: str) -> Path | None:
    """The database file of a ``sqlite://`` address, or None for other databases."""
    return Path(_file_of(url)) if url.startswith("sqlite:") else None


def _file_of(url: str) -> str:
    """Two slashes at the path's beginning, as others' addresses have them, are a host's name to SQLite."""
    return re.sub("^//+", "/", url.removeprefix("sqlite://"))


@asynccontextmanager
async def connected(config: dict[str, Any], *, everywhere: bool = False) -> AsyncIterator[TortoiseContext]:
    """Connections for as long as the block runs; always closed, for an open one keeps the process from ending.

    ``everywhere`` lets tasks that were started elsewhere use them too; one context a process may say so.
    """
    context = TortoiseContext()
    with context:
        try:
            await context.init(config=config, _enable_global_fallback=everywhere)
            yield context
        finally:
            await context.close_connections()


async def migrate(config: dict[str, Any]) -> None:
    """Bring the database to the newest migration; nothing happens when it is there already."""
    context = TortoiseContext()
    with context:
        try:
            await run_migrations(config=config)
        finally:
            await Tortoise.close_connections()


# What `make migration` compares the models with: only the apps matter, no database is opened.
TORTOISE_ORM = database_config("sqlite://:memory:")
