"""Fixtures of every room: a database, fakes for what is outside, two people."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings as hypothesis_settings
from tortoise.models import MetaInfo, Model

from models.queries.bookmarks import ESTIMATES
from rest_compat import SERVED
from rest_compat.dialect import Dialect
from schema.ports import Ports
from server.database import connected, database_config
from tests.databases import ON_POSTGRES, PostgresDatabases, SqliteDatabases
from tests.factories import Person, make_person
from tests.fakes import fake_ports
from tests.redis_server import RedisServer

TOOLS = {"needs_node": ("node", "npm"), "needs_chromium": ("chromium",), "needs_redis": ("redis-server",)}
ALL = os.environ.get("POLYMARK_TEST_ALL") == "1"

gc.set_threshold(50_000, 20, 100)  # as the server does: thousands of tests leave a large heap to look through

_finalise = MetaInfo.finalise_model
_finalised: dict[type[Model], type] = {}


def _finalise_once(meta: MetaInfo) -> None:
    """Prepare a model for a database of this kind, as Tortoise does anew for each connection: a third of most tests."""
    kind = type(meta.db)
    if _finalised.get(meta._model) is not kind:
        _finalise(meta)
        _finalised[meta._model] = kind


MetaInfo.finalise_model = _finalise_once  # for tests alone: the server does it once

hypothesis_settings.register_profile("polymark", deadline=None, print_blob=True)
hypothesis_settings.load_profile("polymark")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the second database only what asks a database runs again (POLYMARK_TEST_ONLY=database)."""
    if os.environ.get("POLYMARK_TEST_ONLY") != "database":
        return
    chosen = [item for item in items if "databases" in getattr(item, "fixturenames", ())]
    chosen_ids = {item.nodeid for item in chosen}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in chosen_ids])
    items[:] = chosen


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marked test whose tool is missing is left out aloud; where nothing may be left out, it fails."""
    for marker, programs in TOOLS.items():
        missing = [name for name in programs if item.get_closest_marker(marker) and shutil.which(name) is None]
        if missing and ALL:
            pytest.fail(f"{', '.join(missing)} not found, and POLYMARK_TEST_ALL=1 leaves nothing out")
        if missing:
            pytest.skip(f"{', '.join(missing)} not found")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def databases(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteDatabases | PostgresDatabases]:
    """Where this test process gets its databases from."""
    if not ON_POSTGRES:
        yield SqliteDatabases(tmp_path_factory.mktemp("databases"))
        return
    server = PostgresDatabases()
    yield server
    await server.close()


@pytest.fixture
async def database_url(databases: SqliteDatabases | PostgresDatabases) -> AsyncIterator[str]:
    """A migrated, empty database of this test's own."""
    url = await databases.fresh()
    yield url
    await databases.drop(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """The same, with connections that every task of the test can use."""
    ESTIMATES.forget()
    config = database_config(database_url, synchronous="OFF")
    async with connected(config, everywhere=True):
        yield database_url


@pytest.fixture
def doors() -> tuple[Dialect, ...]:
    """What is mounted; the tests of one dialect name theirs alone, for mounting all takes longer than most tests."""
    return SERVED


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """This test process's Redis; who stops it starts it again."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """Fakes for everything outside."""
    return fake_ports(tmp_path)


@pytest.fixture
async def ann(database: str, ports: Ports) -> AsyncIterator[Person]:
    """Somebody with an account."""
    yield await make_person(ports, "ann", admin=True)
    await ports.background.drain()


@pytest.fixture
async def ben(ann: Person, ports: Ports) -> Person:
    """Somebody else with an account."""
    return await make_person(ports, "ben")
