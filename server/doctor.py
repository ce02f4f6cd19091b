"""What is wrong with a set-up, and what to do about it: one finding a check, none of which changes anything."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any
from uuid import uuid4

import asyncpg
from tortoise.connection import get_connection
from tortoise.exceptions import BaseORMException
from tortoise.migrations.executor import MigrationExecutor

from models import Asset, ranking
from server.database import TORTOISE_ORM, connected, database_config, sqlite_path
from server.outside.files import DiskFiles
from server.settings import Settings
from server.signing import KEY_BYTES, KEY_FILE

LEAST_FREE = 500 * 1024 * 1024  # bytes; below that a warning
NEARLY_FULL = 50 * 1024 * 1024  # bytes; below that nothing will go well
OLDEST_POSTGRES = 130_000  # server_version_num; older ones get no fixes any more
SEARCH_PARTS = 4  # a table and three triggers keep SQLite's search index
COMPARED = 1_000  # bookmarks whose words are made again, to be compared
RANKED, REINDEX = "ranked search", "run `polymark reindex`"
MADE = re.compile(r"CREATE (?:VIRTUAL TABLE|TABLE|TRIGGER|UNIQUE INDEX|INDEX|FUNCTION) (\w+)")
SHOWN = 3  # names of missing files that a finding repeats
TROUBLE = (BaseORMException, sqlite3.Error, asyncpg.PostgresError, OSError)


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; ``advice`` is what to do, empty when all is well."""

    level: Level
    check: str
    text: str
    advice: str = ""


Check = Callable[[Settings, Any], Awaitable[Finding]]


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything that a server needs, in the order in which it needs it.

    A database that cannot be reached ends the examination, for the rest is about what is in it.
    """
    yield Finding(Level.OK, "settings", "all can be used")
    yield check_data_directory(settings)
    yield check_key(settings)
    yield check_space(settings)
    if settings.singlefile is not None:
        yield await check_singlefile(settings.singlefile)
    if settings.redis_url is not None:
        yield await check_redis(settings.redis_url.get_secret_value())
    path = sqlite_path(settings.database)
    if path is not None and not path.exists():
        yield Finding(Level.FAIL, "database", f"there is none at {path}", "run `polymark migrate`")
        return
    try:
        async with connected(database_config(settings.database, synchronous=settings.sqlite_synchronous)):
            connection = get_connection("default")
            is_sqlite = path is not None
            checks: tuple[Check, ...] = (
                _sqlite_version if is_sqlite else _postgres_version,
                _migrations,
                _sqlite_search if is_sqlite else _postgres_search,
                _sqlite_ranked if is_sqlite else _postgres_ranked,
                _assets,
            )
            for check in checks:
                finding = await check(settings, connection)
                yield finding
                if finding.level is Level.FAIL and check in {_sqlite_version, _postgres_version, _migrations}:
                    return
    except TROUBLE as error:
        line = (str(error) or type(error).__name__).partition("\n")[0]
        yield Finding(Level.FAIL, "database", line, "see that it runs and that POLYMARK_DATABASE_URL names it")


def check_data_directory(settings: Settings) -> Finding:
    """It is there and can be written."""
    name, path = "data directory", settings.data_path
    if not path.is_dir():
        return Finding(Level.FAIL, name, f"{path} is not there", "run `polymark serve`, or set POLYMARK_DATA_DIR")
    probe = path / f".doctor.{uuid4().hex}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = f"{path} cannot be written ({error.strerror})"
        return Finding(Level.FAIL, name, reason, "make it this user's, or set POLYMARK_DATA_DIR")
    return Finding(Level.OK, name, str(path))


def check_key(settings: Settings) -> Finding:
    """The secret is there, long enough, and nobody else's to read."""
    name, path = "secret key", settings.data_path / KEY_FILE
    if not path.is_file():
        return Finding(Level.WARN, name, f"{path} is not there", "nothing: the server makes it when it starts")
    try:
        key = path.read_bytes().strip()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return Finding(Level.FAIL, name, f"{path} cannot be read ({error.strerror})", "make it this user's")
    if len(key) < KEY_BYTES:
        return Finding(Level.FAIL, name, f"{path} is too short", "remove it: the server makes a new one")
    if mode & 0o077:
        return Finding(Level.FAIL, name, f"{path} can be read by others (mode {mode:04o})", f"run `chmod 600 {path}`")
    return Finding(Level.OK, name, f"{path}, mode {mode:04o}")


def check_space(settings: Settings) -> Finding:
    """There is room on the disk of the data directory."""
    place = settings.data_path
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1024**3:.1f} GiB free"
    if free < NEARLY_FULL:
        return Finding(Level.FAIL, "disk", text, "make room; writes will fail")
    if free < LEAST_FREE:
        return Finding(Level.WARN, "disk", text, "make room soon")
    return Finding(Level.OK, "disk", text)


async def check_singlefile(command: str) -> Finding:
    """It can be run, and there are a Node and a browser for it; without it no page's snapshot is taken."""
    from server.outside.snapshots.singlefile import Unusable, version

    try:
        said = await version(command)
    except Unusable as error:
        advice = "run `npm install --global single-file-cli` and install Chromium, or unset POLYMARK_SINGLEFILE"
        return Finding(Level.FAIL, "singlefile", str(error), advice)
    return Finding(Level.OK, "singlefile", f"single-file-cli {said}")


async def check_redis(url: str) -> Finding:
    """It answers; without it the server counts by itself."""
    from server.outside.counters.redis import TROUBLE as SILENCE
    from server.outside.counters.redis import RedisCounters

    counters = RedisCounters(url)
    try:
        await counters.ping()
    except SILENCE as error:
        line = (str(error) or type(error).__name__).partition("\n")[0]
        advice = "see that it runs and that POLYMARK_REDIS_URL names it; each process counts by itself meanwhile"
        return Finding(Level.WARN, "redis", line, advice)
    finally:
        await counters.close()
    return Finding(Level.OK, "redis", "it answers")


async def _value(connection: Any, statement: str) -> Any:
    """The first column of the only row."""
    ((row,),) = await connection.read([(statement, [])])
    return row[0]


async def _sqlite_version(settings: Settings, connection: Any) -> Finding:
    version = await _value(connection, "SELECT sqlite_version()")
    journal = await _value(connection, "PRAGMA journal_mode")
    text = f"SQLite {version}, {journal}, synchronous {settings.sqlite_synchronous}"
    if journal != "wal":
        return Finding(Level.WARN, "database", text, "put it on a local disk: WAL needs one, and readers wait without")
    return Finding(Level.OK, "database", text)


async def _postgres_version(_: Settings, connection: Any) -> Finding:
    number = int(await _value(connection, "SELECT current_setting('server_version_num')"))
    text = f"PostgreSQL {await _value(connection, 'SHOW server_version')}"
    encoding = await _value(connection, "SHOW server_encoding")
    if encoding != "UTF8":
        return Finding(Level.FAIL, "database", f"{text}, encoding {encoding}", "make the database with ENCODING 'UTF8'")
    if number < OLDEST_POSTGRES:
        return Finding(Level.WARN, "database", text, "update it: this version gets no fixes any more")
    return Finding(Level.OK, "database", text)


async def _migrations(_: Settings, connection: Any) -> Finding:
    pending = await pending_migrations(connection)
    if pending:
        return Finding(Level.FAIL, "migrations", f"not applied: {', '.join(pending)}", "run `polymark migrate`")
    return Finding(Level.OK, "migrations", "all applied")


async def pending_migrations(connection: Any) -> list[str]:
    """The names of the migrations that the connected database has not seen, oldest first."""
    executor = MigrationExecutor(connection, TORTOISE_ORM["apps"])
    return [step.migration.name for step in await executor.plan()]


async def _sqlite_search(_: Settings, connection: Any) -> Finding:
    name = "search index"
    parts = await _value(
        connection,
        "SELECT count(*) FROM sqlite_master WHERE name = 'bookmark_search'"
        " OR type = 'trigger' AND tbl_name = 'bookmark' AND name LIKE 'bookmark_search_%'",
    )
    if parts != SEARCH_PARTS:
        text = f"{SEARCH_PARTS - parts} of its {SEARCH_PARTS} parts are missing"
        return Finding(Level.FAIL, name, text, "run `polymark reindex`")
    rows = await _value(connection, "SELECT count(*) FROM bookmark")
    indexed = await _value(connection, "SELECT count(*) FROM bookmark_search_docsize")
    if rows != indexed:
        text = f"{indexed} rows for {rows} bookmarks"
        return Finding(Level.FAIL, name, text, "run `polymark reindex`")
    try:  # a writing statement by its form, though it changes nothing: 1 compares with the bookmarks' own texts
        await connection.execute_query(
            "INSERT INTO bookmark_search (bookmark_search, rank) VALUES ('integrity-check', 1)"
        )
    except (BaseORMException, sqlite3.DatabaseError) as error:
        return Finding(Level.FAIL, name, f"differs from the bookmarks ({error})", "run `polymark reindex`")
    return Finding(Level.OK, name, f"{rows} bookmarks")


async def _postgres_search(_: Settings, connection: Any) -> Finding:
    name = "search index"
    if not await _value(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"):
        return Finding(Level.FAIL, name, "the extension pg_trgm is missing", "run `polymark reindex`")
    valid = await _value(
        connection,
        "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relname = 'ix_bookmark_search' AND c.relnamespace = current_schema()::regnamespace AND i.indisvalid",
    )
    if not valid:
        return Finding(Level.FAIL, name, "ix_bookmark_search is missing or not valid", "run `polymark reindex`")
    return Finding(Level.OK, name, f"{await _value(connection, 'SELECT count(*) FROM bookmark')} bookmarks")


async def _sqlite_ranked(_: Settings, connection: Any) -> Finding:
    made = import_module("models.migrations.0005_ranked_search")
    wanted = _names(made.SQLITE_TABLES, made.SQLITE_SEARCH, made.SQLITE_TRIGGERS, made.INDEXES)
    (rows,) = await connection.read([("SELECT name FROM sqlite_master WHERE name LIKE '%ranked%'", [])])
    found = await _ranked(connection, wanted - {name for (name,) in rows})
    for table in ("ranked_search", "ranked_word_search") if found.level is Level.OK else ():
        try:
            await connection.execute_query(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
        except (BaseORMException, sqlite3.DatabaseError) as error:
            return Finding(Level.FAIL, RANKED, f"{table} is not what it is made from ({error})", REINDEX)
    return found


async def _postgres_ranked(_: Settings, connection: Any) -> Finding:
    made = import_module("models.migrations.0005_ranked_search")
    wanted = _names(made.POSTGRES_TABLES, made.POSTGRES_SEARCH, made.POSTGRES_TRIGGERS, made.INDEXES)
    names = (
        "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " UNION ALL SELECT tgname::text FROM pg_trigger"
        " UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    )
    (rows,) = await connection.read([(names, [])])
    return await _ranked(connection, wanted - {name for (name,) in rows})


def _names(*groups: Sequence[str]) -> set[str]:
    """What these statements make."""
    return {found[1] for group in groups for statement in group if (found := MADE.match(statement))}


async def _ranked(connection: Any, missing: set[str]) -> Finding:
    """The tables have a row a bookmark, and the last ones say what their bookmarks say."""
    if missing:
        return Finding(Level.FAIL, RANKED, f"missing: {', '.join(sorted(missing))}", REINDEX)
    without = await _value(
        connection,
        "SELECT count(*) FROM bookmark b WHERE NOT EXISTS (SELECT 1 FROM ranked_text r WHERE r.bookmark_id = b.id)"
        " AND NOT EXISTS (SELECT 1 FROM ranked_stale s WHERE s.bookmark_id = b.id)",
    )
    if wrong := without + await ranking.differing(COMPARED):
        return Finding(Level.FAIL, RANKED, f"{wrong} rows differ from their bookmarks", REINDEX)
    if waiting := await _value(connection, "SELECT count(*) FROM ranked_stale"):
        return Finding(Level.WARN, RANKED, f"{waiting} bookmarks wait for a worker", "see that one runs")
    rows = await _value(connection, "SELECT count(*) FROM ranked_text")
    words = await _value(connection, "SELECT count(*) FROM ranked_word")
    return Finding(Level.OK, RANKED, f"{rows} bookmarks, {words} words")


async def _assets(settings: Settings, _: Any) -> Finding:
    """Every asset's bytes are there; their contents are not read."""
    names = await Asset.filter(sha256__isnull=False).distinct().values_list("sha256", "size", "encoding")
    missing = await asyncio.to_thread(_missing, DiskFiles(settings.data_path), names)
    if missing:
        shown = ", ".join(missing[:SHOWN]) + ("…" if len(missing) > SHOWN else "")
        text = f"{len(missing)} of {len(names)} files are missing or of the wrong size: {shown}"
        return Finding(Level.FAIL, "assets", text, f"restore {settings.data_path / 'assets'} from a backup")
    return Finding(Level.OK, "assets", f"{len(names)} files")


def _missing(files: DiskFiles, names: Sequence[tuple[str, int, str]]) -> list[str]:
    """Those of the names whose bytes are not on the disk, all of them; of packed ones the size is not known."""
    return [
        name
        for name, size, encoding in names
        if (path := files.path(name)) is None or (not encoding and path.stat().st_size != size)
    ]
