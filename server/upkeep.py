"""Keeping the database as this version needs it: migrations with a copy before them, and derived columns made anew."""

from __future__ import annotations

import asyncio
import fcntl
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from models import Bookmark, User, ranking
from schema.resolvers.bookmark_rows import text_columns
from server.backup.marks import check_finished
from server.database import database_config, migrate, sqlite_path
from server.doctor import pending_migrations
from server.settings import Settings

ADVISORY_LOCK = 0x706F6C796D61726B  # "polymark"; PostgreSQL's advisory locks are numbers of the database
_CREATE = re.compile(r"CREATE (?:VIRTUAL TABLE|TABLE|TRIGGER|UNIQUE INDEX|INDEX) ")
_TRIGGER = re.compile(r"CREATE TRIGGER (\w+)\s.*?\sON (\w+)", re.DOTALL)
STEP = 500  # bookmarks in one transaction, so that other writers get their turn


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was applied, and where the copy of the database lies that was made before."""

    applied: list[str] = field(default_factory=list)
    copy: Path | None = None


async def bring_up_to_date(settings: Settings) -> Migrated:
    """Apply what is missing; when nothing is, nothing is written.

    An SQLite file that has tables already is copied first (``VACUUM INTO``), next to itself, named after the moment.
    Raises what the database raises; it is as it was then, or as far as the last whole migration. Raises BackupError
    where a restore was interrupted.
    """
    check_finished(settings.data_path)
    settings.data_path.mkdir(parents=True, exist_ok=True)
    config = database_config(settings.database, synchronous=settings.sqlite_synchronous)
    path = sqlite_path(settings.database)
    is_new = path is not None and not path.exists()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    async with _alone(settings, config):
        pending = await _pending(config)
        if not pending:
            return Migrated()
        copy = None if path is None or is_new else await asyncio.to_thread(copy_sqlite, path)
        await migrate(config)
        return Migrated(pending, copy)


@asynccontextmanager
async def _alone(settings: Settings, config: dict[str, Any]) -> AsyncIterator[None]:
    """Keep servers that start together from migrating together; the lock goes with the process that holds it."""
    path = sqlite_path(settings.database)
    if path is not None:
        with path.with_name(f"{path.name}.lock").open("ab") as held:
            await asyncio.to_thread(fcntl.flock, held, fcntl.LOCK_EX)
            yield
        return
    credentials = config["connections"]["default"]["credentials"]
    own = {name: value for name, value in credentials.items() if name not in {"minsize", "maxsize"}}
    connection = await asyncpg.connect(**own)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        yield
    finally:
        await connection.close()


async def _pending(config: dict[str, Any]) -> list[str]:
    context = TortoiseContext()
    with context:
        try:
            await context.init(config=config, init_connections=False)
            return await pending_migrations(get_connection("default"))
        finally:
            await context.close_connections()


def copy_sqlite(path: Path) -> Path | None:
    """Copy the database, whoever is using it, to ``NAME.before-MOMENT`` beside it; None for one without tables."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = path.with_name(f"{path.name}.before-{moment}")
    with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, timeout=30)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None
        connection.execute("VACUUM INTO ?", [str(target)])
    target.chmod(0o600)  # it holds everything, and nobody's umask was asked
    return target


async def reindex() -> int:
    """Derive every bookmark's sort key and search text from its texts, then make both search indexes anew.

    Everybody's bookmarks, those in the trash too; ``updated_at`` stays, for nothing that anybody wrote has changed.
    Returns how many rows were not as they should be.
    """
    changed = last = 0
    while True:
        async with in_transaction("default"):
            rows = await Bookmark.filter(id__gt=last).order_by("id").limit(STEP).select_for_update()
            stale = [row for row in rows if _derive(row)]
            if stale:
                await Bookmark.bulk_update(stale, ["sort_key", "search_text"], batch_size=100)
        if not rows:
            break
        changed += len(stale)
        last = rows[-1].id
    await _rebuild_index()
    await _rank_anew()
    return changed


def _derive(row: Bookmark) -> bool:
    """Set the derived columns; says whether they were others."""
    derived = text_columns(row.title, row.description, row.url or "", row.notes)
    is_stale = (bytes(row.sort_key), row.search_text) != (derived["sort_key"], derived["search_text"])
    row.sort_key, row.search_text = derived["sort_key"], derived["search_text"]
    return is_stale


async def _rebuild_index() -> None:
    """Fill the search index again, and make what is missing of it."""
    connection = get_connection("default")
    made = import_module("models.migrations.0002_indexes")  # whose name no import statement can say
    async with in_transaction("default") as transaction:
        if connection.capabilities.dialect == "sqlite":
            for statement in made.SQLITE:
                if statement.startswith("CREATE "):
                    part = statement.replace(" bookmark_search", " IF NOT EXISTS bookmark_search", 1)
                    await transaction.execute_query(part)
            await transaction.execute_query("INSERT INTO bookmark_search (bookmark_search) VALUES ('rebuild')")
        else:
            await transaction.execute_query("DROP INDEX IF EXISTS ix_bookmark_search")
            for statement in made.POSTGRES:
                await transaction.execute_query(statement)


async def _rank_anew() -> None:
    """Make what is missing of the ranked index, and its rows and vocabulary anew, some hundred in one transaction."""
    made = import_module("models.migrations.0005_ranked_search")
    connection = get_connection("default")
    is_sqlite = connection.capabilities.dialect == "sqlite"
    async with in_transaction("default") as transaction:
        if not is_sqlite:  # every write locks its account first: none is under way now, so none gets into a deadlock
            await transaction.execute_query("LOCK TABLE account IN EXCLUSIVE MODE")
        for statement in parts_of(made, is_sqlite=is_sqlite):
            await transaction.execute_query(statement)
        await ranking.doubt()
    for owner_id in await ranking.owners_behind():
        behind = True
        while behind:
            async with in_transaction("default"):
                await User.filter(id=owner_id).select_for_update(no_key=True).only("id").first()
                behind = await ranking.catch_up(owner_id)


def parts_of(made: Any, *, is_sqlite: bool) -> Iterator[str]:
    """The statements of the migration that makes the ranked index, so worded that they may be said again."""
    if is_sqlite:
        for statement in (*made.SQLITE_TABLES, *made.INDEXES, *made.SQLITE_SEARCH, *made.SQLITE_TRIGGERS):
            yield _CREATE.sub(r"\g<0>IF NOT EXISTS ", statement, count=1)
        return
    for statement in (*made.POSTGRES_TABLES, *made.INDEXES, *made.POSTGRES_SEARCH, *made.POSTGRES_TRIGGERS):
        if statement.startswith("CREATE FUNCTION"):
            yield statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
        elif trigger := _TRIGGER.match(statement):
            yield f"DROP TRIGGER IF EXISTS {trigger[1]} ON {trigger[2]}"
            yield statement
        else:
            yield _CREATE.sub(r"\g<0>IF NOT EXISTS ", statement, count=1)
