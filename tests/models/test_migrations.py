"""The database's history: it leads everybody to the same place, and loses nothing on the way.

A database is filled right after the first migration, with one row in every table of then, and brought to the newest;
whatever migrations are added later are walked by the same tests. See docs/migrations.md.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from sqlite3 import DatabaseError

import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import IntegrityError
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.transactions import in_transaction

from models.folder import STEP
from models.queries.tree import Occurs
from schema.resolvers import bookmarks, trash
from server.database import TORTOISE_ORM, connected, database_config, migrate
from tests.databases import ON_POSTGRES, SqliteDatabases
from tests.factories import make_bookmark, make_person

FIRST = "models.0001_initial"
NOW = "'2026-01-02 03:04:05.600000+00:00'"
HASH = "a" * 64

# One row a table, as the first migration made them: plain SQL, for the models of today may know columns that were not
# there yet. Ids are given, so that rows may name each other; 7 shows that they are kept.
FIRST_ROWS = {
    "account": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000001'", "username": "'ann'", "password_hash": "'x'",
        "is_admin": "TRUE", "is_active": "TRUE", "enable_sharing": "FALSE", "enable_public_sharing": "FALSE",
        "preferences": """'{"theme": "dark"}'""", "auto_tagging_rules": "''", "change_seq": 3, "created_at": NOW,
    },
    "token": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000002'", "owner_id": 7, "digest": f"'{HASH}'",
        "prefix": "'aaaaaaa'", "name": "'t'", "kind": "'personal'", "scopes": "'bookmarks:read'", "created_at": NOW,
    },
    "bookmark": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000003'", "owner_id": 7, "kind": "'link'", "source": "'api'",
        "url": "'https://a.example'", "url_href": "'https://a.example/'", "href_hash": f"'{HASH}'",
        "key_hash": f"'{HASH}'", "copy": 0, "title": "'Tïtle'", "description": "'d'", "notes": "'n'",
        "is_title_provisional": "FALSE", "is_archived": "FALSE", "is_favorite": "TRUE", "is_public": "FALSE",
        "click_count": 5, "favicon": "'f.webp'", "created_at": NOW, "updated_at": NOW, "sort_key": "''",
        "search_text": "'needle in the text'",
    },
    "page_content": {"id": 7, "bookmark_id": 7, "text": "'words'", "fetched_at": NOW},
    "asset": {
        "id": 7, "bookmark_id": 7, "kind": "'upload'", "status": "'complete'", "content_type": "'a/b'",
        "display_name": "'a'", "size": 1, "sha256": f"'{HASH}'", "created_at": NOW,
    },
    "tag": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000004'", "owner_id": 7, "name": "'Tag'", "name_key": "'tag'",
        "created_at": NOW, "updated_at": NOW,
    },
    "bookmark_tag": {"id": 7, "bookmark_id": 7, "tag_id": 7},
    "folder": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000005'", "owner_id": 7, "name": "''", "description": "''",
        "position": 0, "created_at": NOW, "updated_at": NOW,
    },
    "placement": {"id": 7, "bookmark_id": 7, "folder_id": 7, "position": 2, "created_at": NOW},
    "change": {
        "id": 7, "owner_id": 7, "seq": 3, "entity": "'bookmark'", "entity_id": 7, "operation": "'create'",
        "created_at": NOW,
    },
    "job": {
        "id": 7, "owner_id": 7, "kind": "'scrape'", "payload": """'{"bookmark": 7}'""", "dedupe_key": "'scrape:7'",
        "status": "'queued'", "attempts": 0, "run_at": NOW, "last_error": "''", "created_at": NOW,
    },
}  # fmt: skip

# One row of each table that came later.
LATER_ROWS = {
    "folder_hash": {"id": 7, "folder_id": 7, "function": "'sha256'", "marks": 0, "value": f"'{HASH}'"},
    "folder_link": {"id": 7, "folder_id": 7, "token": "'abcdefg'", "created_at": NOW},
    "sync_lock": {"id": 7, "owner_id": 7, "expires_at": NOW},
    "session": {
        "id": 7, "owner_id": 7, "digest": f"'{HASH}'", "user_agent": "'b'", "created_at": NOW, "last_used_at": NOW,
        "expires_at": NOW,
    },
    "login_flow": {
        "id": 7, "poll_digest": f"'{HASH}'", "flow_digest": f"'{'c' * 64}'", "client": "'c'", "owner_id": 7,
        "created_at": NOW, "expires_at": NOW,
    },
    "oauth_client": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000006'", "owner_id": 7, "client_id": "'bk_c'", "name": "'c'",
        "redirect_uris": "'https://c.example/'", "scopes": "'bookmarks:read'", "created_at": NOW,
    },
    "oauth_grant": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000007'", "owner_id": 7, "client_id": 7,
        "scopes": "'bookmarks:read'", "redirect_uri": "'https://c.example/'", "code_digest": f"'{HASH}'",
        "code_expires_at": NOW, "created_at": NOW,
    },
    "webhook": {
        "id": 7, "uid": "'00000000-0000-7000-8000-000000000008'", "owner_id": 7, "name": "'wh_a'",
        "url": "'https://h.example/'", "secret": "'s'", "events": "'tag.created'", "scopes": "'tags:read'",
        "dialect": "'bkmark'", "is_active": "TRUE", "failures": 0, "created_at": NOW, "updated_at": NOW,
    },
    "delivery": {
        "id": 7, "webhook_id": 7, "name": "'evt_a'", "event": "'tag.created'", "subject": "'tag:7'", "facts": "'{}'",
        "status": "'pending'", "attempts": 0, "last_error": "''", "created_at": NOW,
    },
    "bundle": {
        "id": 7, "owner_id": 7, "name": "'b'", "search": "''", "any_tags": "''", "all_tags": "''",
        "excluded_tags": "''", "filter_unread": "'off'", "filter_shared": "'off'", "position": 0, "created_at": NOW,
        "updated_at": NOW,
    },
    "counter": {"id": 7, "key": "'k'", "count": 1, "expires_at": NOW},
}  # fmt: skip
OWNERLESS = {"counter"}
ROWS = FIRST_ROWS | LATER_ROWS


@pytest.fixture
async def empty_url(databases):
    """A database without any table."""
    url = await databases.empty()
    yield url
    await databases.drop(url)


async def migrate_to(url, target):
    """Bring a database to a migration, not further."""
    with TortoiseContext():
        try:
            await run_migrations(config=database_config(url), target=target)
        finally:
            await Tortoise.close_connections()


async def rows_of(statement):
    """The rows of a statement, as tuples."""
    return [tuple(row.values()) for row in await get_connection("default").execute_query_dict(statement)]


async def insert(table, **values):
    """Insert a row whose values are SQL."""
    columns = ", ".join(f'"{name}"' for name in values)
    text = f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join(str(value) for value in values.values())})'
    async with in_transaction("default") as connection:  # PostgreSQL would refuse all that follows a refusal
        await connection.execute_query(text)


@asynccontextmanager
async def filled_at_the_first(url):
    """A connection to a database that is at its first migration and has a row in every table."""
    await migrate_to(url, FIRST)
    async with connected(database_config(url)):
        for table, row in FIRST_ROWS.items():
            await insert(table, **row)
        yield


async def contents():
    """Every row that was there at the first migration, by the columns of then."""
    return {
        table: await rows_of(
            f'SELECT {", ".join(f"CAST({column} AS TEXT)" for column in map(quoted, row))} FROM "{table}"'
        )
        for table, row in FIRST_ROWS.items()
    }


def quoted(name):
    return f'"{name}"'


async def structure():
    """Everything the database has: tables with their columns, constraints, indexes, triggers."""
    if ON_POSTGRES:
        return {
            "columns": await rows_of(
                "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text"
                " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
            ),
            "indexes": await rows_of(
                "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
            ),
            "constraints": await rows_of(
                "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
            ),
            "triggers": await rows_of("SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"),
        }
    tables = [name for (name,) in await rows_of("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    return {
        "columns": {
            table: sorted(row[1:] for row in await rows_of(f"SELECT * FROM pragma_table_info('{table}')"))
            for table in tables
        },
        "foreign keys": {
            table: sorted(row[2:] for row in await rows_of(f"SELECT * FROM pragma_foreign_key_list('{table}')"))
            for table in tables
        },
        "unique": {table: await unique_columns(table) for table in tables},
        # Tables that were rebuilt have another text than new ones; what they have is compared above.
        "rest": await rows_of(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY type, name, tbl_name"
        ),
        "virtual": await rows_of("SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' ORDER BY name"),
    }


async def unique_columns(table):
    """The sets of columns that a table of SQLite keeps unique."""
    indexes = await rows_of(f"SELECT name FROM pragma_index_list('{table}') WHERE \"unique\"")
    return sorted(
        [
            tuple(name for (name,) in await rows_of(f"SELECT name FROM pragma_index_info('{index}')"))
            for (index,) in indexes
        ]
    )


async def unique_sets():
    """All sets of columns that the database keeps unique, as ``table(column, …)``; primary keys left out."""
    if ON_POSTGRES:
        definitions = await rows_of(
            "SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%UNIQUE%'"
        )
        found = [(table, re.search(r"\(([^)]*)\)", text)[1].replace('"', "")) for table, text in definitions]
    else:
        tables = [name for (name,) in await rows_of("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = [(table, ", ".join(columns)) for table in tables for columns in await unique_columns(table)]
    return {f"{table}({columns})" for table, columns in found if columns != "id" and table in ROWS}


async def test_the_models_ask_for_no_further_migration():
    """What ``tortoise makemigrations`` would write is nothing."""
    with TortoiseContext():
        await Tortoise.init(config=TORTOISE_ORM, init_connections=False)
        writers = await MigrationAutodetector(Tortoise.apps, TORTOISE_ORM["apps"]).changes()

    assert [] == [operation for writer in writers for operation in writer.operations]


async def test_a_database_of_the_first_migration_reaches_the_newest_with_every_row(empty_url):
    """Nothing but the positions changes: 0003 puts room between neighbours."""
    async with filled_at_the_first(empty_url):
        before = await contents()
    await migrate(database_config(empty_url))
    async with connected(database_config(empty_url)):
        after = await contents()

    assert set(FIRST_ROWS) == {table for table, rows in before.items() if len(rows) == 1}
    [placement] = before.pop("placement")
    assert [tuple(str(2 * STEP) if value == "2" else value for value in placement)] == after.pop("placement")
    assert before == after


async def test_a_database_that_was_migrated_is_like_one_that_was_made_today(empty_url, database_url):
    """Same columns, defaults, foreign keys, unique constraints, indexes, triggers."""
    async with filled_at_the_first(empty_url):
        pass
    await migrate(database_config(empty_url))
    async with connected(database_config(empty_url)):
        walked = await structure()
    async with connected(database_config(database_url)):
        fresh = await structure()

    assert all(fresh[part] for part in ("columns", "unique" if "unique" in fresh else "constraints"))
    assert fresh == walked


async def test_rows_of_before_the_search_index_are_found_after_it(empty_url):
    """The index of 0002 is built over what was there, and kept in step from then on."""
    async with filled_at_the_first(empty_url):
        pass
    await migrate(database_config(empty_url))
    async with connected(database_config(empty_url)):
        if not ON_POSTGRES:
            await check_search_index()
        found = await rows_of(
            "SELECT id FROM bookmark WHERE search_text LIKE '%needle%'"
            if ON_POSTGRES
            else "SELECT rowid FROM bookmark_search WHERE search_text MATCH '\"needle\"'"
        )

    assert [(7,)] == found


async def test_rows_of_before_the_ranked_index_are_in_it(empty_url):
    """What 0005 makes it also fills: words, the page's too, and the vocabulary."""
    async with filled_at_the_first(empty_url):
        pass
    await migrate(database_config(empty_url))
    async with connected(database_config(empty_url)):
        columns = await rows_of(
            "SELECT bookmark_id, owner_id, spelled, title, tags, description, address, notes, content FROM ranked_text"
        )
        vocabulary = await rows_of("SELECT owner_id, word FROM ranked_word ORDER BY word")
        waiting = await rows_of("SELECT bookmark_id FROM ranked_stale")

    assert [(7, 7, "7wtitle", "7stitl", "7stag z", "7sd", "7sa 7sexampl", "7sn", "7sword")] == columns
    assert [(7, "example"), (7, "tag"), (7, "title")] == vocabulary
    assert [] == waiting


async def test_migrating_what_is_newest_already_changes_nothing(empty_url):
    await migrate(database_config(empty_url))
    async with connected(database_config(empty_url)):
        before = await structure()
    await migrate(database_config(empty_url))
    async with connected(database_config(empty_url)):
        after = await structure()

    assert before == after


async def test_ids_of_rows_deleted_before_a_migration_do_not_come_back_after_it(empty_url):
    """Clients remember them; a table of SQLite that is rebuilt must take its counter along."""
    others = [
        {
            name: value
            for name, value in row(
                "bookmark", href_hash=f"'{letter * 64}'", uid=f"'00000000-0000-7000-8000-{letter * 12}'"
            ).items()
            if name != "id"
        }
        for letter in "cde"
    ]
    async with filled_at_the_first(empty_url):
        for other in others[:2]:
            await insert("bookmark", **other)
        ((last,),) = await rows_of("SELECT max(id) FROM bookmark WHERE id <> 7")
        await get_connection("default").execute_query("DELETE FROM bookmark WHERE id <> 7")
    await migrate(database_config(empty_url))
    async with connected(database_config(empty_url)):
        await insert("bookmark", **others[2])
        ((new,),) = await rows_of("SELECT id FROM bookmark WHERE id <> 7")

    assert new > last


async def test_an_id_is_never_used_again(database, ann):
    """Not even that of the last row, deleted for good."""
    first = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [first.id], permanent=True)
    second = await make_bookmark(ann)

    assert second.id > first.id


def row(table, **changes):
    """The table's first row with another id and these changes."""
    unchanged = {"id": 8, "uid": "'00000000-0000-7000-8000-000000000099'"}
    return ROWS[table] | {name: value for name, value in unchanged.items() if name in ROWS[table]} | changes


# For each set of columns that is unique: a second row that differs in everything else, and so breaks just this one.
OTHER_HASH = f"'{'b' * 64}'"
BREAKS = {
    "account(uid)": row("account", uid=FIRST_ROWS["account"]["uid"], username="'ben'"),
    "account(username)": row("account"),
    "token(uid)": row("token", uid=FIRST_ROWS["token"]["uid"], digest=OTHER_HASH),
    "token(digest)": row("token"),
    "bookmark(uid)": row("bookmark", uid=FIRST_ROWS["bookmark"]["uid"], href_hash=OTHER_HASH),
    "bookmark(owner_id, href_hash, copy)": row("bookmark"),
    "page_content(bookmark_id)": row("page_content"),
    "tag(uid)": row("tag", uid=FIRST_ROWS["tag"]["uid"], name_key="'other'"),
    "tag(owner_id, name_key)": row("tag", name="'TAG'"),
    "bookmark_tag(bookmark_id, tag_id)": row("bookmark_tag"),
    "folder(uid)": row("folder", uid=FIRST_ROWS["folder"]["uid"], parent_id=7),
    "folder(owner_id)": row("folder"),
    "placement(bookmark_id, folder_id)": row("placement"),
    "change(owner_id, seq)": row("change"),
    "job(dedupe_key)": row("job"),
    "folder_hash(folder_id, function)": row("folder_hash", marks=1),
    "folder_link(folder_id)": row("folder_link", token="'hijklmn'"),
    "folder_link(token)": row("folder_link", folder_id=9),
    "sync_lock(owner_id)": row("sync_lock"),
    "session(digest)": row("session"),
    "login_flow(poll_digest)": row("login_flow", flow_digest=OTHER_HASH),
    "login_flow(flow_digest)": row("login_flow", poll_digest=OTHER_HASH),
    "oauth_client(uid)": row("oauth_client", uid=LATER_ROWS["oauth_client"]["uid"], client_id="'bk_d'"),
    "oauth_client(client_id)": row("oauth_client"),
    "oauth_grant(uid)": row("oauth_grant", uid=LATER_ROWS["oauth_grant"]["uid"], code_digest=OTHER_HASH),
    "oauth_grant(code_digest)": row("oauth_grant"),
    "webhook(uid)": row("webhook", uid=LATER_ROWS["webhook"]["uid"], name="'wh_b'"),
    "webhook(name)": row("webhook"),
    "delivery(name)": row("delivery"),
    "counter(key)": row("counter"),
}


@pytest.fixture
async def filled(database):
    """The newest database with a row in every table."""
    for table, values in ROWS.items():
        await insert(table, **values)


@pytest.mark.parametrize("unique", BREAKS)
async def test_what_must_be_unique_cannot_be_written_twice(filled, unique):
    table = unique.partition("(")[0]
    if BREAKS[unique].get("folder_id") == 9:  # another folder for what a folder has once
        await insert("folder", **row("folder", id=9, parent_id=7))

    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await insert(table, **BREAKS[unique])


async def test_every_unique_constraint_of_the_database_is_tried(database):
    """So a migration that adds one, or loses one, is noticed here."""
    assert set(BREAKS) == await unique_sets()


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("bookmark", {"copy": 1}),  # linkding's second spelling of one address
        ("bookmark", {"deleted_at": NOW}),  # the trash frees the address
        ("bookmark", {"href_hash": "NULL"}),  # notes have no address
        ("folder", {"parent_id": 7}),  # only the root is alone
        ("job", {"dedupe_key": "NULL"}),
        ("folder_hash", {"function": "'xxh32'"}),
        ("session", {"digest": OTHER_HASH}),
        ("login_flow", {"poll_digest": OTHER_HASH, "flow_digest": f"'{'d' * 64}'"}),
    ],
)
async def test_what_only_looks_like_a_double_may_be_written(filled, table, changes):
    await insert(table, **row(table, **changes))

    assert 2 == len(await rows_of(f"SELECT id FROM {table}"))


LONG_TEXTS = {
    "username", "digest", "dedupe_key", "href_hash", "name_key", "token", "poll_digest", "code_digest",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table, values in ROWS.items()
        for column in values
        if column.endswith("_id") and column != "entity_id" and (table, column) != ("oauth_client", "client_id")
    ],
)
async def test_no_row_hangs_on_one_that_is_not_there(filled, table, column):
    """Every foreign key is one for the database too."""
    values = row(table, **{column: 12345})
    for unique in BREAKS:
        name, _, columns = unique.rstrip(")").partition("(")
        for other in columns.split(", ") if name == table else ():
            if other in LONG_TEXTS:
                values[other] = OTHER_HASH
            elif other in {"name", "client_id"} and other != column:
                values[other] = "'other'"
            elif other == "flow_digest":
                values[other] = f"'{'d' * 64}'"

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await insert(table, **values)


async def test_an_account_takes_all_it_owns_with_it(filled):
    await get_connection("default").execute_query("DELETE FROM account")

    owned = ROWS.keys() - OWNERLESS
    assert {table: [] for table in owned} == {table: await rows_of(f"SELECT id FROM {table}") for table in owned}


async def test_every_table_is_among_those_that_are_tried(database):
    """So that a migration that adds one is noticed here."""
    if ON_POSTGRES:
        found = await rows_of("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    else:
        found = await rows_of("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    derived = ("bookmark_search", "ranked_")  # search indexes, which tests/models/test_ranking.py tries
    tables = {name for (name,) in found if not name.startswith(derived)}

    assert {*ROWS, "tortoise_migrations"} == tables


async def check_search_index():
    """FTS5's own comparison of its index with the table; it raises when they differ."""
    statement = "INSERT INTO bookmark_search (bookmark_search, rank) VALUES ('integrity-check', 1)"
    await get_connection("default").execute_query(statement)


async def found_by(person, word):
    page = await bookmarks.find(await person.ctx(), Occurs(word))
    return [row.title for row in page.items]


async def test_the_search_index_follows_every_write(ann):
    """Insert, update, trash, restore, delete: each is found, or not, at once."""
    steps = []
    made = await make_bookmark(ann, title="Zebra crossing")
    steps.append((await found_by(ann, "zebra"), await found_by(ann, "giraffe")))
    await get_connection("default").execute_query(
        f"UPDATE bookmark SET title = 'Giraffe', search_text = 'giraffe house' WHERE id = {made.id}"
    )
    steps.append((await found_by(ann, "zebra"), await found_by(ann, "giraffe")))
    await trash.delete(await ann.ctx(), [made.id])
    steps.append((await found_by(ann, "zebra"), await found_by(ann, "giraffe")))
    await trash.restore(await ann.ctx(), [made.id])
    steps.append((await found_by(ann, "zebra"), await found_by(ann, "giraffe")))
    await trash.delete(await ann.ctx(), [made.id], permanent=True)
    steps.append((await found_by(ann, "zebra"), await found_by(ann, "giraffe")))

    assert [(["Zebra crossing"], []), ([], ["Giraffe"]), ([], []), ([], ["Giraffe"]), ([], [])] == steps


@pytest.fixture
async def sqlite_ann(tmp_path, ports):
    """Somebody whose bookmarks lie in SQLite, whatever the other tests run on: PostgreSQL needs no triggers."""
    url = await SqliteDatabases(tmp_path).fresh()
    async with connected(database_config(url), everywhere=True):
        yield await make_person(ports, "ann")


async def test_the_triggers_keep_the_index_equal_to_the_table(sqlite_ann):
    """Checked by FTS5 itself, after writes of each kind and many at once."""
    made = [await make_bookmark(sqlite_ann, title=f"Number {n}", notes="wörds " * n) for n in range(20)]
    connection = get_connection("default")
    await check_search_index()
    await connection.execute_query("UPDATE bookmark SET search_text = search_text || ' more' WHERE id % 2")
    await connection.execute_query("UPDATE bookmark SET title = 'same text'")
    await check_search_index()
    await trash.delete(await sqlite_ann.ctx(), [row.id for row in made[:5]])
    await trash.empty(await sqlite_ann.ctx())
    await check_search_index()
    await connection.execute_query("DELETE FROM account")
    await check_search_index()

    assert [] == await rows_of("SELECT id FROM bookmark")


async def test_an_index_out_of_step_is_noticed(sqlite_ann):
    """What the tests above rely on can fail."""
    made = await make_bookmark(sqlite_ann, title="Zebra")
    connection = get_connection("default")
    await connection.execute_query("DROP TRIGGER bookmark_search_update")
    await connection.execute_query(f"UPDATE bookmark SET search_text = 'giraffe' WHERE id = {made.id}")

    with pytest.raises(DatabaseError, match="malformed"):
        await check_search_index()
