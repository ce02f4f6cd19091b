"""A library with everything a backup must not lose, and places to restore it to."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models import Asset, Bookmark
from schema.ports import Ports
from schema.resolvers.asset_bytes import store_packed
from server.backup.making import Made, back_up
from server.backup.restoring import restore
from server.backup.verifying import Verified, verify
from server.database import connected, database_config
from server.outside.files import DiskFiles
from server.settings import Settings, load_settings
from server.signing import load_key
from tests.databases import ON_POSTGRES, TABLES
from tests.factories import make_bookmark, make_person
from tests.postgres import path_with_clients


@pytest.fixture(autouse=True)
def clients(monkeypatch):
    """``pg_dump`` and ``pg_restore`` are at hand."""
    monkeypatch.setenv("PATH", path_with_clients())


@pytest.fixture
def settings(tmp_path, database_url) -> Settings:
    """A server's, with a secret key."""
    load_key(tmp_path / "data")
    return load_settings(None, data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
async def elsewhere(tmp_path, databases) -> AsyncIterator[Settings]:
    """Those of a server that is yet to be: no data directory, and an empty database."""
    url = await databases.empty() if ON_POSTGRES else None
    yield load_settings(None, data_dir=tmp_path / "elsewhere", database_url=url)
    if url is not None:
        await databases.drop(url)


@dataclass
class Library:
    """A server's data: bytes by the names of their files, and what hangs on what."""

    ports: Ports
    settings: Settings
    files: dict[str, bytes] = field(default_factory=dict)
    bookmarks: list[int] = field(default_factory=list)
    assets: list[int] = field(default_factory=list)

    @property
    def disk(self) -> DiskFiles:
        return DiskFiles(self.settings.data_path)

    def path(self, name: str) -> Path:
        """Where a file lies; it is there."""
        found = self.disk.path(name)
        assert found is not None
        return found

    async def store(self, data: bytes) -> str:
        """Bytes on the disk; their name."""
        name = (await self.disk.store(chunks_of(data))).sha256
        self.files[name] = data
        return name

    async def attach(self, bookmark_id: int, data: bytes) -> int:
        """An asset with these bytes; its id."""
        name = await self.store(data)
        row = await Asset.create(
            bookmark_id=bookmark_id, kind="upload", status="complete", display_name="one.bin", sha256=name,
            content_type="application/octet-stream", size=len(data), created_at=datetime.now(UTC),
        )  # fmt: skip
        self.assets.append(row.id)
        return row.id


async def chunks_of(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture
async def library(settings, ports) -> Library:
    """Two people's: uploads, one in the trash, one of nothing, one twice, a packed snapshot, pictures."""
    made = Library(replace(ports, files=DiskFiles(settings.data_path)), settings)
    async with connected(database_config(settings.database)):
        for name in ("ann", "ben"):
            person = await make_person(made.ports, name)
            row = await make_bookmark(person, title=f"Of {name}", description="Zebra", tag_names=["one", "two"])
            gone = await make_bookmark(person)
            await Bookmark.filter(id=gone.id).update(deleted_at=datetime.now(UTC))
            icon, preview = await made.store(f"icon of {name}".encode()), await made.store(b"preview")
            await Bookmark.filter(id=row.id).update(favicon=f"{icon}.webp", preview_image=f"{preview}.webp")
            for data in (b"", b"the same", f"own of {name}".encode() * 50_000):
                await made.attach(row.id, data)
            await made.attach(gone.id, b"in the trash")
            made.bookmarks += [row.id, gone.id]
        packed = await store_packed(made.ports, chunks_of(b"<p>" * 100_000), limit=None)
        made.files[packed.sha256] = made.path(packed.sha256).read_bytes()
        await Asset.create(
            bookmark_id=made.bookmarks[0], kind="snapshot", status="complete", display_name="page.html",
            sha256=packed.sha256, content_type="text/html", size=packed.size, encoding=packed.encoding,
            created_at=datetime.now(UTC),
        )  # fmt: skip
        await made.ports.background.drain()
    (nameless,) = [(await made.disk.store(chunks_of(b"of no row"))).sha256]
    assert nameless not in made.files
    return made


@dataclass
class Told:
    """What a run told."""

    lines: list[str] = field(default_factory=list)
    doing: list[str] = field(default_factory=list)

    def tell(self, doing: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        self.doing.append(doing)

    def warn(self, line: str) -> None:
        self.lines.append(line)


async def make(settings: Settings, file: Path, *, force: bool = False, told: Told | None = None) -> Made:
    """Back up in a thread, as it has a loop of its own."""
    told = told or Told()
    return await asyncio.to_thread(back_up, settings, str(file), force=force, tell=told.tell, warn=told.warn)


async def put(settings: Settings, file: Path) -> None:
    """Restore, the same way."""
    await asyncio.to_thread(restore, settings, file, tell=Told().tell)


async def checked(file: Path) -> Verified:
    """Verify, the same way."""
    return await asyncio.to_thread(verify, file, tell=Told().tell)


async def rows_of(url: str) -> dict[str, list[tuple]]:
    """Everything in a database, table by table."""
    tables = [*TABLES.split(", "), "tortoise_migrations", "ranked_text", "ranked_word"]
    async with connected(database_config(url)) as context:
        connection = context.connections.get("default")
        return {
            table: sorted(map(repr, (await connection.read([(f"SELECT * FROM {table}", [])]))[0])) for table in tables
        }


def files_of(settings: Settings) -> dict[str, bytes]:
    """The bytes of every file below the data directory's assets, by name; each is where its name says."""
    root = settings.data_path / "assets"
    found = {path.name: path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"}
    for name, path in found.items():
        assert DiskFiles(settings.data_path).path(name) == path
        assert name == hashlib.sha256(path.read_bytes()).hexdigest()
    return {name: path.read_bytes() for name, path in found.items()}


def names_in(folder: Path) -> list[str]:
    """Everything below a folder that is not there for a while only."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []
