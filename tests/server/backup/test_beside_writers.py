"""A backup while a server is written to by many: what comes of it is that server at one moment, whole.

Two people's writers save, tag, upload and delete through HTTP; backups are made meanwhile; each is restored elsewhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sys
from dataclasses import dataclass, field

import aiohttp
import pytest

from models import Asset, Bookmark, Change, User
from server.database import connected, database_config
from server.doctor import Level, examine
from server.outside.files import DiskFiles
from server.settings import load_settings
from tests.databases import ON_POSTGRES
from tests.live import ROOT
from tests.processes import ServerProcess
from tests.server.backup.conftest import checked, put

WRITERS = 3  # a person
ENOUGH = 12  # writes of each writer before the backup begins
IN_TIME = 120  # seconds
KINDS = (("create", "bookmark"), ("create", "asset"), ("delete", "asset"))

pytestmark = pytest.mark.slow


@dataclass
class Written:
    """What one writer was told is there: bookmarks, and assets by their bookmarks."""

    token: str
    bookmarks: list[int] = field(default_factory=list)
    assets: list[tuple[int, int]] = field(default_factory=list)
    enough: asyncio.Event = field(default_factory=asyncio.Event)


async def write(base, written, name, ended):
    """Save and upload, delete the oldest asset every third time, until it is time to end."""
    dice, number = random.Random(name), 0  # noqa: S311 - the same bytes on every run
    async with aiohttp.ClientSession(base, headers={"Authorization": f"Token {written.token}"}) as session:
        while not ended.is_set():
            number += 1
            bookmark = await save(session, f"https://{name}.example/{number}")
            written.bookmarks.append(bookmark)
            data = dice.randbytes(dice.choice([0, 50, 20_000, 200_000]))
            written.assets.append((bookmark, await upload(session, bookmark, data)))
            if number % 3 == 0:
                bookmark, asset = written.assets.pop(0)
                async with session.delete(f"/api/bookmarks/{bookmark}/assets/{asset}/") as response:
                    assert 204 == response.status
            if number >= ENOUGH:
                written.enough.set()


async def save(session, url):
    """A bookmark with two tags; its id."""
    draft = {"url": url, "title": f"Title of {url}", "tag_names": ["all", "more"]}
    async with session.post("/api/bookmarks/", json=draft) as response:
        assert 201 == response.status
        return (await response.json())["id"]


async def upload(session, bookmark, data):
    """An asset; its id."""
    form = aiohttp.FormData()
    form.add_field("file", data, filename="one.bin")
    async with session.post(f"/api/bookmarks/{bookmark}/assets/upload/", data=form) as response:
        assert 201 == response.status
        return (await response.json())["id"]


async def polymark(settings, *arguments):
    """Run a command in a process of its own; its exit code and what it said."""
    given = {"POLYMARK_DATA_DIR": str(settings.data_path), "POLYMARK_DATABASE_URL": settings.database}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *arguments, env={**os.environ, "PYTHONPATH": str(ROOT), **given},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=settings.data_path.parent,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode().strip(), err.decode()


async def log_of(settings):
    """Each person's changes by their numbers, and the rows they are about: what a moment can be known by."""
    async with connected(database_config(settings.database)):
        people = await User.all().order_by("id").values_list("id", "username", "change_seq")
        changes = {
            (owner, seq): rest
            for owner, seq, *rest in await Change.all().values_list(
                "owner_id", "seq", "operation", "entity", "entity_id", "created_at"
            )
        }
        bookmarks = {row["id"]: row for row in await Bookmark.all().values()}
        assets = dict(await Asset.all().values_list("id", "sha256"))
    return people, changes, bookmarks, assets


async def test_a_backup_beside_writers_is_one_moment(settings, elsewhere, tmp_path):
    """All that was acknowledged before it began, a prefix of each person's changes, and every file that is named."""
    server = ServerProcess(tmp_path, settings.database)
    await server.start()
    try:
        await polymark(settings, "user", "add", "ben")
        _, secret, _ = await polymark(settings, "token", "add", "ben")
        written = [Written(token) for token in (server.token, secret) for _ in range(WRITERS)]
        ended = asyncio.Event()
        async with asyncio.timeout(IN_TIME), asyncio.TaskGroup() as group:
            for number, one in enumerate(written):
                group.create_task(write(server.base, one, f"writer-{number}", ended))
            await asyncio.gather(*(one.enough.wait() for one in written))
            before = {id for one in written for id in one.bookmarks}
            code, _, said = await polymark(settings, "backup", str(tmp_path / "b.zip"))
            ended.set()
    finally:
        await server.stop()

    assert 0 == code, said
    assert [] == (await checked(tmp_path / "b.zip")).troubles
    await put(elsewhere, tmp_path / "b.zip")
    people, changes, bookmarks, assets = await log_of(elsewhere)
    last_people, last_changes, last_bookmarks, last_assets = await log_of(settings)

    assert before <= bookmarks.keys()
    for (id, _, seq), (_, _, last) in zip(people, last_people, strict=True):
        assert seq < last  # they did write on meanwhile
        numbers = [number for owner, number in changes if owner == id]
        assert list(range(1, seq + 1)) == sorted(numbers)
    assert changes == {key: value for key, value in last_changes.items() if key in changes}
    told = {kind: {id for *what, id, _ in changes.values() if what == list(kind)} for kind in KINDS}
    assert told["create", "bookmark"] == bookmarks.keys()
    assert told["create", "asset"] - told["delete", "asset"] == assets.keys()
    assert {id: last_bookmarks[id]["url"] for id in bookmarks} == {id: row["url"] for id, row in bookmarks.items()}
    assert {id: name for id, name in last_assets.items() if id in assets} == {
        id: name for id, name in assets.items() if id in last_assets
    }
    files = DiskFiles(elsewhere.data_path)
    for name in assets.values():
        assert name == hashlib.sha256(files.path(name).read_bytes()).hexdigest()
    assert {Level.OK} == {finding.level async for finding in examine(elsewhere)}


if not ON_POSTGRES:  # what differs there is restored above

    async def test_a_server_on_a_restored_backup_answers_to_the_old_token(settings, tmp_path):
        """Made and restored by the program, with the data directory of the server that starts then."""
        server, again = ServerProcess(tmp_path, settings.database), tmp_path / "again"
        again.mkdir()
        url = f"sqlite://{again / 'data' / 'polymark.db'}"
        target = load_settings(None, data_dir=again / "data", database_url=url)
        await server.start()
        async with aiohttp.ClientSession(server.base, headers=server.headers) as session:
            bookmark = await save(session, "https://one.example/")
            asset = await upload(session, bookmark, b"bytes")
            made = await polymark(settings, "backup", str(tmp_path / "b.zip"))
        await server.stop()
        restored = await polymark(target, "restore", str(tmp_path / "b.zip"))
        later = ServerProcess(again, url)
        await later.start()
        try:
            address = f"/api/bookmarks/{bookmark}/assets/{asset}/download/"
            async with (
                aiohttp.ClientSession(later.base, headers=server.headers) as session,
                session.get(address) as answer,
            ):
                data = await answer.read()
        finally:
            await later.stop()

        assert (0, 0) == (made[0], restored[0]), (made, restored)
        assert b"bytes" == data
