"""The PostgreSQL side: ``pg_dump`` in a snapshot that we look around in too, and ``pg_restore``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import asyncpg

from models.queries.assets import EVERY_NAME, PICTURE
from server.backup import programs
from server.backup.manifest import Facts, only_sha256
from server.backup.trouble import BackupError, Damaged
from server.database import POOL_OPTIONS, database_config

# What a database that somebody made and nothing else has none of; extensions bring tables of their own.
TABLES = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
)
NAMING = {"asset": ("sha256",), "bookmark": ("favicon", "preview_image"), "account": (), "tortoise_migrations": ()}


async def dump(url: str, target: Path) -> Facts:
    """Dump the database as it is at this moment, and say what it holds then. Raises BackupError."""
    async with _connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        program = programs.dumper(connection.get_server_version().major)
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        newest = await connection.fetchval("SELECT max(name) FROM tortoise_migrations")
        if newest is None:
            raise BackupError(f"{programs.database_name(url)}: this is no database of Polymark.")
        users, bookmarks, assets = [
            await connection.fetchval(f"SELECT count(*) FROM {table}") for table in ("account", "bookmark", "asset")
        ]
        names = only_sha256(row[0] for row in await connection.fetch(EVERY_NAME))
        await programs.run(program, "--format=custom", f"--snapshot={snapshot}", f"--file={target}", url=url)
        return Facts(newest, users, bookmarks, assets, names)


async def check_empty(url: str) -> None:
    """Pass a database that can be reached and has nothing in it, where a restore can be done. Raises BackupError."""
    async with _connected(url) as connection:
        programs.restorer(connection.get_server_version().major)
    if not await is_empty(url):
        raise BackupError(
            f"The database {programs.database_name(url)} is not empty: drop it and create it anew, or name another."
        )


async def is_empty(url: str) -> bool:
    """Whether there is nothing in the database. Raises BackupError when it cannot be reached."""
    async with _connected(url) as connection:
        return not await connection.fetchval(TABLES)


async def restore(url: str, source: Path) -> None:
    """Fill an empty database from a dump: all of it or nothing. Raises BackupError."""
    async with _connected(url) as connection:
        program = programs.restorer(connection.get_server_version().major)
    with NamedTemporaryFile("wb", dir=source.parent, prefix="contents.") as chosen:
        # Who may not own the extension may not comment on it either, and an extension's comment is its own.
        for line in programs.lines_of(program, "--list", source):
            if b" COMMENT - EXTENSION " not in line:
                chosen.write(line)
        chosen.flush()
        await programs.run(
            program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
            f"--use-list={chosen.name}", f"--dbname={programs.environment(url)['PGDATABASE']}", url=url, given=source,
        )  # fmt: skip


def look(path: Path) -> Facts:
    """What a dump holds, read from its rows without a server. Raises BackupError, Damaged for one that has no rows."""
    tables = [f"--table={table}" for table in NAMING]
    program = programs.reader()
    counts, names, newest = dict.fromkeys(NAMING, 0), set[str](), ""
    for table, row in _rows(programs.lines_of(program, "--data-only", "--file=-", *tables, path)):
        counts[table] += 1
        names.update(row[column].removesuffix(PICTURE) for column in NAMING[table])
        if table == "tortoise_migrations":
            newest = max(newest, row["name"])
    if not newest:
        raise Damaged("its database is none of Polymark")
    return Facts(newest, counts["account"], counts["bookmark"], counts["asset"], only_sha256(names))


def check(path: Path) -> None:
    """Read all of a dump. Raises Damaged."""
    try:
        for _ in programs.lines_of(programs.reader(), "--list", path):
            pass
        for _ in programs.lines_of(programs.reader(), "--file=-", path):
            pass
    except BackupError as error:
        raise Damaged(f"its database is damaged ({str(error).rstrip('.')})") from error


def _rows(lines: Iterator[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of ``COPY`` in a script: their table, and their columns as they stand there, escaped."""
    table, columns = "", list[str]()
    for line in lines:
        text = line.decode().rstrip("\n")
        if table and text == "\\.":
            table = ""
        elif table:
            yield table, dict(zip(columns, text.split("\t"), strict=True))
        elif text.startswith("COPY ") and text.endswith(" FROM stdin;"):
            name, _, listed = text.removeprefix("COPY ").partition(" (")
            table = name.rpartition(".")[2].strip('"')
            columns = [column.strip('"') for column in listed.partition(")")[0].split(", ")]


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """One connection, and what the server refuses in one line. Raises BackupError."""
    credentials = database_config(url)["connections"]["default"]["credentials"]
    own = {name: value for name, value in credentials.items() if name not in {"minsize", "maxsize"} | POOL_OPTIONS}
    try:
        connection = await asyncpg.connect(**own)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        line = (str(error) or type(error).__name__).partition("\n")[0].rstrip(".")
        raise BackupError(f"The database cannot be reached: {line}.") from error
    try:
        yield connection
    except asyncpg.PostgresError as error:
        raise BackupError(f"The database refused: {str(error).partition(chr(10))[0].rstrip('.')}.") from error
    finally:
        await connection.close()
