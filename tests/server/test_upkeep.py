"""Upkeep: a copy before a migration, one migrator at a time, and derived columns made anew."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
from contextlib import closing

import pytest
from tortoise.connection import get_connection

from models import Bookmark, User
from models.queries.tree import Occurs
from schema.resolvers import accounts, bookmarks
from server import upkeep
from server.database import connected, database_config
from server.settings import load_settings
from tests.databases import ON_POSTGRES
from tests.factories import make_bookmark


@pytest.fixture
def settings(tmp_path, database_url):
    return load_settings(None, data_dir=tmp_path / "data", database_url=database_url)


async def forget_last_migration(url):
    """Let the database look as if the last migration were still to come (its tables are another matter)."""
    async with connected(database_config(url)):
        connection = get_connection("default")
        await connection.execute_script(
            "DELETE FROM tortoise_migrations WHERE id = (SELECT max(id) FROM tortoise_migrations)"
        )


async def test_what_is_up_to_date_is_left_alone(settings, tmp_path):
    done = await upkeep.bring_up_to_date(settings)

    assert upkeep.Migrated() == done


async def test_servers_that_start_together_migrate_once(databases, tmp_path):
    """Each sees a database that is up to date afterwards, and only one has applied anything."""
    url = await databases.empty()
    settings = load_settings(None, data_dir=tmp_path / "data", database_url=url)
    code = (
        "import asyncio, sys; from server import upkeep; from server.settings import load_settings;"
        f"s = load_settings(None, data_dir={str(tmp_path / 'data')!r}, database_url={url!r});"
        "print(len(asyncio.run(upkeep.bring_up_to_date(s)).applied))"
    )
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    applied = sorted([int((await process.communicate())[0]) for process in processes])
    done = await upkeep.bring_up_to_date(settings)
    await databases.drop(url)

    assert [0, 0] == applied[:2]
    assert applied[2] > 1
    assert upkeep.Migrated() == done


if not ON_POSTGRES:

    async def test_an_sqlite_file_is_copied_before_it_is_migrated(settings, ports, database_url):
        """The copy is whole, nobody else's to read, and beside the database."""
        async with connected(database_config(database_url)):
            await accounts.create(ports, "ann", "correct horse")
        await forget_last_migration(database_url)
        with pytest.raises(Exception, match="already exists"):  # what it would make is there: it fails half-way
            await upkeep.bring_up_to_date(settings)
        path = upkeep.sqlite_path(database_url)
        (copy,) = path.parent.glob(f"{path.name}.before-*")
        with closing(sqlite3.connect(copy)) as connection:
            names = connection.execute("SELECT username FROM account").fetchall()

        assert [("ann",)] == names
        assert 0o600 == stat.S_IMODE(copy.stat().st_mode)

    async def test_a_new_sqlite_file_needs_no_copy(tmp_path):
        settings = load_settings(None, data_dir=tmp_path / "data")
        done = await upkeep.bring_up_to_date(settings)

        assert done.applied
        assert done.copy is None
        assert ["polymark.db", "polymark.db.lock"] == sorted(path.name for path in (tmp_path / "data").iterdir())


async def test_reindexing_mends_what_is_derived_and_nothing_else(ann, ben, monkeypatch):
    """Everybody's rows, in steps; dates stay, and the index finds what it did not."""
    monkeypatch.setattr(upkeep, "STEP", 2)
    made = [await make_bookmark(person, title=f"Zebra {number}") for number, person in enumerate([ann, ann, ben, ann])]
    await Bookmark.all().update(search_text="nothing", sort_key=b"")
    lost = await bookmarks.find(await ann.ctx(), Occurs("zebra"))
    changed = await upkeep.reindex()
    found = await bookmarks.find(await ann.ctx(), Occurs("zebra"))

    assert [] == lost.items
    assert 4 == changed
    assert {made[0].id, made[1].id, made[3].id} == {row.id for row in found.items}
    assert made[0].updated_at == next(row for row in found.items if row.id == made[0].id).updated_at
    assert 0 == await upkeep.reindex()
    assert 2 == await User.all().count()


def test_an_address_of_four_slashes_names_the_file_that_one_of_three_names():
    assert upkeep.sqlite_path("sqlite:////srv/p.db") == upkeep.sqlite_path("sqlite:///srv/p.db")
