"""The doctor: each trouble is found, named and given an advice; a healthy set-up has none."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from tortoise.connection import get_connection

from models import Asset
from server.database import connected, database_config
from server.doctor import Level, examine
from server.outside.files import DiskFiles
from server.settings import load_settings
from server.signing import load_key
from server.upkeep import reindex
from tests.databases import ON_POSTGRES
from tests.factories import make_bookmark

CHECKS = [
    "settings", "data directory", "secret key", "disk", "database", "migrations", "search index", "ranked search",
    "assets",
]  # fmt: skip


@pytest.fixture
def settings(tmp_path, database_url):
    """A set-up without a fault."""
    data = tmp_path / "data"
    data.mkdir()
    load_key(data)
    return load_settings(None, data_dir=data, database_url=database_url)


async def findings(settings):
    return [finding async for finding in examine(settings)]


async def troubles(settings):
    """What is not ok: level, check and advice."""
    return [(one.level, one.check, one.advice) for one in await findings(settings) if one.level is not Level.OK]


async def execute(settings, *statements):
    async with connected(database_config(settings.database)):
        for statement in statements:
            await get_connection("default").execute_script(statement)


async def test_a_healthy_set_up_passes_every_check(settings):
    found = await findings(settings)

    assert CHECKS == [finding.check for finding in found]
    assert {Level.OK} == {finding.level for finding in found}


async def test_a_key_that_others_can_read_is_a_failure(settings):
    path = settings.data_path / "secret.key"
    path.chmod(0o644)

    assert [(Level.FAIL, "secret key", f"run `chmod 600 {path}`")] == await troubles(settings)


async def test_a_missing_key_is_only_a_warning(settings):
    (settings.data_path / "secret.key").unlink()

    assert [(Level.WARN, "secret key", "nothing: the server makes it when it starts")] == await troubles(settings)


async def test_a_key_that_is_too_short_is_a_failure(settings):
    (settings.data_path / "secret.key").write_text("short")

    assert [(Level.FAIL, "secret key", "remove it: the server makes a new one")] == await troubles(settings)


@pytest.mark.needs_redis
async def test_a_redis_that_answers_is_found(settings, redis_url):
    settings = load_settings(None, **settings.model_dump(exclude={"redis_url"}), redis_url=redis_url)

    assert [*CHECKS[:4], "redis", *CHECKS[4:]] == [finding.check for finding in await findings(settings)]
    assert [] == await troubles(settings)


async def test_a_redis_that_does_not_answer_is_a_warning(settings):
    with socket.socket() as silent:  # bound, but nobody listens
        silent.bind(("127.0.0.1", 0))
        url = f"redis://:hush@127.0.0.1:{silent.getsockname()[1]}/0"
        settings = load_settings(None, **settings.model_dump(exclude={"redis_url"}), redis_url=url)
        found = [finding for finding in await findings(settings) if finding.level is not Level.OK]

    assert [(Level.WARN, "redis")] == [(finding.level, finding.check) for finding in found]
    assert "hush" not in str(found)


async def test_a_missing_data_directory_is_a_failure(settings, tmp_path):
    settings = settings.model_copy(update={"data_dir": tmp_path / "nowhere"})

    assert (Level.FAIL, "data directory") == (await troubles(settings))[0][:2]


async def test_a_data_directory_that_cannot_be_written_is_a_failure(settings, monkeypatch):
    """Root may write anywhere, so the refusal is made up."""

    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    (trouble,) = await troubles(settings)

    assert (Level.FAIL, "data directory") == trouble[:2]


@pytest.mark.parametrize(("free", "level"), [(600, None), (100, Level.WARN), (10, Level.FAIL)])
async def test_a_disk_that_is_nearly_full_is_told(settings, monkeypatch, free, level):
    """MiB that are free."""
    usage = SimpleNamespace(free=free * 1024 * 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    assert ([level] if level else []) == [trouble[0] for trouble in await troubles(settings)]


async def test_a_database_that_cannot_be_reached_ends_the_examination(settings, tmp_path):
    url = "postgres://ann:very-secret@127.0.0.1:1/none" if ON_POSTGRES else f"sqlite://{tmp_path / 'none.db'}"
    found = await findings(settings.model_copy(update={"database_url": url}))

    assert (Level.FAIL, "database") == (found[-1].level, found[-1].check)
    assert "very-secret" not in str(found)


async def test_migrations_that_are_missing_end_the_examination(settings, databases):
    url = await databases.empty()
    if not ON_POSTGRES:
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    found = await findings(settings.model_copy(update={"database_url": url}))
    await databases.drop(url)

    assert (Level.FAIL, "migrations", "run `polymark migrate`") == (
        found[-1].level,
        found[-1].check,
        found[-1].advice,
    )
    assert "0001_initial" in found[-1].text


async def test_a_missing_asset_is_named(settings, database, ann):
    async def chunks():
        yield b"bytes"

    kept = await make_bookmark(ann)
    files = DiskFiles(settings.data_path)
    stored = await files.store(chunks())
    now = datetime.now(UTC)
    await Asset.create(bookmark_id=kept.id, size=5, sha256=stored.sha256, created_at=now)
    assert [] == await troubles(settings)

    files.path(stored.sha256).unlink()
    (finding,) = [one for one in await findings(settings) if one.level is not Level.OK]

    assert (Level.FAIL, "assets") == (finding.level, finding.check)
    assert stored.sha256 in finding.text


if ON_POSTGRES:

    @pytest.mark.parametrize(
        ("statement", "checks"),
        [
            ("DROP INDEX ix_bookmark_search", ["search index"]),
            ("DROP EXTENSION pg_trgm CASCADE", ["search index", "ranked search"]),
        ],
    )
    async def test_a_search_index_that_is_gone_is_a_failure(settings, statement, checks):
        await execute(settings, statement)
        found = await troubles(settings)
        async with connected(database_config(settings.database)):
            await reindex()

        assert [(Level.FAIL, check, "run `polymark reindex`") for check in checks] == found
        assert [] == await troubles(settings)

else:

    @pytest.mark.parametrize(
        "statements",
        [
            ["DROP TRIGGER bookmark_search_update"],
            ["DROP TABLE bookmark_search"],
            ["INSERT INTO bookmark_search (bookmark_search) VALUES ('delete-all')"],
            [
                "INSERT INTO bookmark_search (bookmark_search, rowid, search_text) VALUES ('delete', 1, 'a title')",
                "INSERT INTO bookmark_search (rowid, search_text) SELECT id, 'other' FROM bookmark",
            ],
        ],
    )
    async def test_a_search_index_that_is_out_of_step_is_a_failure(settings, database, ann, statements):
        """A trigger, rows, or the words of a row are missing."""
        await make_bookmark(ann)
        sound = await troubles(settings)
        await execute(settings, *statements)
        broken = await troubles(settings)
        await reindex()

        assert [(Level.FAIL, "search index", "run `polymark reindex`")] == broken
        assert [] == sound == await troubles(settings)


async def test_a_singlefile_that_cannot_be_run_is_a_failure(settings):
    advice = "run `npm install --global single-file-cli` and install Chromium, or unset POLYMARK_SINGLEFILE"
    found = await troubles(settings.model_copy(update={"singlefile": "no-such-program"}))

    assert [(Level.FAIL, "singlefile", advice)] == found
