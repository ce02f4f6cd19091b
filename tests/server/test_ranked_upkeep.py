"""The ranked index from an operator's side: doctor notices what is wrong with it, reindex mends it."""

from __future__ import annotations

import asyncio
from contextvars import copy_context

import pytest
from tortoise.connection import get_connection

from schema.inputs import BookmarkDraft
from schema.ports import PageData
from schema.resolvers import saving, search
from server import upkeep
from server.doctor import Level, examine
from server.settings import load_settings
from server.signing import load_key
from tests.databases import ON_POSTGRES
from tests.factories import make_bookmark


@pytest.fixture
async def settings(tmp_path, database, ann):
    """A set-up without a fault, and three bookmarks, the page of one of them read."""
    data = tmp_path / "data"
    data.mkdir()
    load_key(data)
    made = [await make_bookmark(ann, title=f"Kettle {number}", tag_names=["pots"]) for number in range(3)]
    async with saving.writing(await ann.ctx()) as unit:
        await saving.keep_content(unit, made[0].id, PageData("https://x.example/", text="samovar"))
    return load_settings(None, data_dir=data, database_url=database)


async def findings(settings):
    found = [one async for one in examine(settings) if one.level is not Level.OK]
    return [(one.level, one.check, one.text) for one in found]


async def found(ann, text):
    return len((await search.find(await ann.ctx(), text)).items)


BROKEN = {
    "DELETE FROM ranked_text WHERE bookmark_id = 2": "1 rows differ",
    "UPDATE ranked_text SET tags = ''": "3 rows differ",
    "UPDATE ranked_text SET title = '', spelled = '' WHERE bookmark_id = 3": "1 rows differ",
    "DROP INDEX ix_ranked_word_end": "missing: ix_ranked_word_end",
}
if ON_POSTGRES:
    BROKEN |= {
        "DROP TRIGGER ranked_stale_texts ON bookmark": "missing: ranked_stale_texts",
        "DROP TRIGGER ranked_stale_insert_bookmark_tag ON bookmark_tag": "missing: ranked_stale_insert_bookmark_tag",
        "DROP INDEX ix_ranked_words": "missing: ix_ranked_words",
        "DROP TABLE ranked_stale": "missing: ix_ranked_stale_owner, ranked_stale",
    }
else:
    BROKEN |= {
        "DROP TRIGGER ranked_stale_texts": "missing: ranked_stale_texts",
        "DROP TRIGGER ranked_search_update": "missing: ranked_search_update",
        "INSERT INTO ranked_search (ranked_search, rowid, title) VALUES ('delete', 1, 'x')": "is not what it is made",
        "DROP TABLE ranked_search": "missing: ranked_search",
        "DROP TABLE ranked_stale": "missing: ix_ranked_stale_owner, ranked_stale",
    }


@pytest.mark.parametrize("statement", BROKEN)
async def test_what_is_broken_is_told_and_mended(settings, ann, statement):
    await get_connection("default").execute_query(statement)
    told = await findings(settings)
    await upkeep.reindex()

    [(level, check, text)] = told
    assert (Level.FAIL, "ranked search") == (level, check)
    assert BROKEN[statement] in text
    assert [] == await findings(settings)
    assert [3, 3, 1, 3] == [await found(ann, text) for text in ("kettles", "pots", "samovar", "ketlte")]
    await make_bookmark(ann, title="Kettle again")
    assert 4 == await found(ann, "kettle")


async def test_what_waits_for_a_worker_is_a_warning(settings):
    connection = get_connection("default")
    flag = "FALSE" if ON_POSTGRES else "0"
    await connection.execute_query(
        f"INSERT INTO ranked_stale (bookmark_id, owner_id, has_content) SELECT id, owner_id, {flag} FROM bookmark"
    )

    assert [(Level.WARN, "ranked search", "3 bookmarks wait for a worker")] == await findings(settings)


async def test_a_healthy_index_is_counted(settings):
    (finding,) = [one async for one in examine(settings) if one.check == "ranked search"]

    assert (Level.OK, "3 bookmarks, ") == (finding.level, finding.text[:13])


async def test_making_it_anew_forgets_words_that_nobody_has(settings, ann):
    await get_connection("default").execute_query(
        "INSERT INTO ranked_word (owner_id, word, reversed, length) SELECT id, 'nowhere', 'erehwon', 7 FROM account"
    )
    await upkeep.reindex()
    words = await get_connection("default").execute_query_dict("SELECT word FROM ranked_word ORDER BY word")

    assert {"kettle", "pots"} < {row["word"] for row in words}
    assert "nowhere" not in {row["word"] for row in words}


async def test_a_write_that_is_under_way_is_waited_for(settings, ann, monkeypatch):
    """Both lock several tables, in another order: on PostgreSQL one would be the other's deadlock."""

    async def nothing():
        """The part before it, which would wait for the same write, though that could begin behind it."""

    monkeypatch.setattr(upkeep, "_rebuild_index", nothing)
    outside = copy_context()  # without the connection of the write's transaction
    ctx = await ann.ctx()
    async with saving.writing(ctx):
        await saving.save(ctx, BookmarkDraft(url="https://teapot.example/"), fetch=False)
        anew = asyncio.create_task(upkeep.reindex(), context=outside)
        await asyncio.wait([anew], timeout=0.3)
    await anew

    assert [] == await findings(settings)
    assert 1 == await found(ann, "teapot")
