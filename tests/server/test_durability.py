"""What was acknowledged is there after kill -9, whole; what was not is either whole or not there.

A real server is killed in the middle of a stream of creates, tags and uploads, and started again over the same data,
``POLYMARK_TEST_KILLS`` times (3 unless told; ``make durability`` makes it 20).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from models import Asset, Bookmark, Change, Job, Placement, Tag, User
from server.database import connected, database_config
from server.outside.clock import SystemClock
from server.outside.files import DiskFiles
from tests.processes import ServerProcess

KILLS = int(os.environ.get("POLYMARK_TEST_KILLS", "3"))
WRITERS = 6
IN_TIME = 60  # seconds
SETTINGS = {"POLYMARK_ALLOW_PRIVATE_FETCH": "true", "POLYMARK_FETCH_TIMEOUT": "0.2"}

pytestmark = pytest.mark.slow


class Site:
    """Pages of 127.0.0.1: ``/page/…`` answers at once, ``/held/…`` only after ``let_go``."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.gate = asyncio.Event()
        self.base = ""

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text="<title>A page</title><p>Words of a page.", content_type="text/html")

    async def held(self, request: web.Request) -> web.Response:
        self.asked.put_nowait(request.path)
        await self.gate.wait()
        return web.Response(text=f"<title>Title of {request.path}</title>", content_type="text/html")


@pytest.fixture
async def site(aiohttp_server):
    site = Site()
    app = web.Application()
    app.router.add_get("/page/{name}", site.page)
    app.router.add_get("/held/{name}", site.held)
    server = await aiohttp_server(app)
    site.base = f"http://127.0.0.1:{server.port}"
    yield site
    site.gate.set()


@pytest.fixture
async def live(database_url, tmp_path):
    """A server that is started by the test; whatever the test leaves running is ended."""
    server = ServerProcess(tmp_path, database_url, SETTINGS)
    yield server
    await server.stop()


@dataclass
class Acknowledged:
    """What the server said it has: bookmarks by id, tags, and the SHA-256 of assets by (bookmark, asset)."""

    bookmarks: dict[int, dict] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    assets: dict[tuple[int, int], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.bookmarks) + len(self.tags) + len(self.assets)


async def answer(session, method, path, status, **options):
    """The body of an answer that must have this status."""
    async with session.request(method, path, **options) as response:
        body = await response.read()

        assert status == response.status, body[:500]
        return await response.json()


async def write(session, site, acknowledged, dice, name, kill):
    """Save, tag and upload until the server is gone; note what it acknowledges, and ring when it is time to kill."""
    with suppress(aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError):
        number = 0
        while True:
            number += 1
            unique = f"{name}-{number}"
            draft = {
                "url": f"{site.base}/page/{unique}", "title": f"Title {unique}", "description": "given", "notes": "n",
                "tag_names": ["all", f"tag-{unique}"],
            }  # fmt: skip
            made = await answer(session, "POST", "/api/bookmarks/", 201, json=draft)
            acknowledged.bookmarks[made["id"]] = draft
            tag = await answer(session, "POST", "/api/tags/", 201, json={"name": f"alone-{unique}"})
            acknowledged.tags.add(tag["name"])
            data = dice.randbytes(dice.choice([0, 100, 70_000, 700_000]))
            form = aiohttp.FormData()
            form.add_field("file", data, filename=f"{unique}.bin")
            asset = await answer(session, "POST", f"/api/bookmarks/{made['id']}/assets/upload/", 201, data=form)
            acknowledged.assets[made["id"], asset["id"]] = hashlib.sha256(data).hexdigest()
            if len(acknowledged) >= kill.after:
                kill.now.set()


@dataclass
class Kill:
    """When to kill: as soon as so many things are acknowledged."""

    after: int
    now: asyncio.Event = field(default_factory=asyncio.Event)


async def write_until_killed(live, site, acknowledged, dice, kills):
    """Several writers at once, with the server killed under them while they wait for answers."""
    kill = Kill(len(acknowledged) + dice.randrange(20, 120))
    async with aiohttp.ClientSession(live.base, headers=live.headers) as session:
        writers = [
            asyncio.create_task(write(session, site, acknowledged, dice, f"{kills}-{writer}", kill))
            for writer in range(WRITERS)
        ]
        ringing = asyncio.create_task(kill.now.wait())
        async with asyncio.timeout(IN_TIME):
            await asyncio.wait([ringing, *writers], return_when=asyncio.FIRST_COMPLETED)
            await live.kill()
            await asyncio.gather(*writers, ringing)


async def check_acknowledged(live, acknowledged):
    """Everything that was acknowledged can be had through the door that acknowledged it."""
    async with aiohttp.ClientSession(live.base, headers=live.headers) as session:
        for id, draft in acknowledged.bookmarks.items():
            found = await answer(session, "GET", f"/api/bookmarks/{id}/", 200)

            assert draft | {"tag_names": sorted(draft["tag_names"])} == {
                name: sorted(found[name]) if name == "tag_names" else found[name] for name in draft
            }
        tags = await answer(session, "GET", "/api/tags/?limit=100000", 200)

        assert acknowledged.tags <= {tag["name"] for tag in tags["results"]}
        for (bookmark, asset), sha256 in acknowledged.assets.items():
            async with session.get(f"/api/bookmarks/{bookmark}/assets/{asset}/download/") as response:
                assert 200 == response.status
                assert sha256 == hashlib.sha256(await response.read()).hexdigest()


async def check_the_rest(database_url, files):
    """What nobody was told of is whole too: every row of it, and no file with other bytes than its name says."""
    async with connected(database_config(database_url)):
        owner = await User.get()
        seqs = await Change.all().order_by("seq").values_list("seq", flat=True)
        created = await Change.filter(operation="create", entity="bookmark").values_list("entity_id", flat=True)
        rows = await Bookmark.all().prefetch_related("taggings__tag")

        assert list(range(1, owner.change_seq + 1)) == seqs
        assert sorted(created) == sorted(row.id for row in rows)
        assert len(rows) == await Placement.all().count()
        for row in rows:
            name = row.url.rpartition("/")[2]
            if "/page/" in row.url:
                assert ["all", f"tag-{name}"] == sorted(tagging.tag.name for tagging in row.taggings)
        assert await Tag.all().count() == await Change.filter(operation="create", entity="tag").count()
        for asset in await Asset.all():
            path = files.path(asset.sha256)

            assert ("complete", asset.size) == (asset.status, path.stat().st_size)
            assert asset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


async def test_what_was_acknowledged_survives_kill_9_and_nothing_is_there_by_half(live, site, database_url, tmp_path):
    """Bookmarks with tags, lone tags and asset bytes; looked at after every kill, through the door and in the rows."""
    dice = random.Random(20260101)  # noqa: S311 - the same kills on every run
    acknowledged, files = Acknowledged(), DiskFiles(tmp_path / "data")
    await live.start()
    for kills in range(KILLS):
        before = len(acknowledged)
        await write_until_killed(live, site, acknowledged, dice, kills)
        await check_the_rest(database_url, files)
        await live.start()
        await check_acknowledged(live, acknowledged)

        assert len(acknowledged) >= before + 20

    print(f"{KILLS} kills: {len(acknowledged.bookmarks)} bookmarks, {len(acknowledged.assets)} assets")  # noqa: T201 - a figure for -s


ASK_SNAPSHOT = """mutation M($id: ID!) { createSnapshot(bookmarkId: $id) { asset { databaseId } } }"""


async def test_a_snapshot_that_was_being_taken_when_the_server_was_killed_is_taken_again(
    live, site, database_url, tmp_path
):
    """Pending all the while, and never two; what the sweep would take is all that is left of the first try."""
    query = "?disable_scraping"
    draft = {"url": f"{site.base}/held/one", "title": "A", "description": "B"}
    await live.start()
    async with aiohttp.ClientSession(live.base, headers=live.headers) as session:
        made = await answer(session, "POST", f"/api/bookmarks/{query}", 201, json=draft)
        variables = {"id": base64.b64encode(f"Bookmark:{made['id']}".encode()).decode()}
        body = {"query": ASK_SNAPSHOT, "variables": variables}
        asked = await answer(session, "POST", "/graphql", 200, json=body)
    async with asyncio.timeout(IN_TIME):
        await site.asked.get()  # it is being taken
        await live.kill()
    async with connected(database_config(database_url)):
        pending = await Asset.all().values_list("id", "status", "sha256")
        now = SystemClock().now()
        await Job.filter(kind="snapshot").update(lease_until=now - timedelta(seconds=1))
    site.gate.set()
    await live.start()
    asset, path = {}, f"/api/bookmarks/{made['id']}/assets/"
    async with asyncio.timeout(IN_TIME), aiohttp.ClientSession(live.base, headers=live.headers) as session:
        while asset.get("status") != "complete":  # what another process commits can only be looked for
            (asset,) = (await answer(session, "GET", path, 200))["results"]
            await asyncio.sleep(0.05)
        async with session.get(f"{path}{asset['id']}/download/") as response:
            kept = await response.read()
    stopped = await live.stop()
    async with connected(database_config(database_url)):
        left = await Job.filter(kind="snapshot").count()
        (row,) = await Asset.all()

    assert [(asked["data"]["createSnapshot"]["asset"]["databaseId"], "pending", None)] == pending
    assert b"Title of /held/one" in kept
    assert len(kept) == asset["file_size"]
    assert DiskFiles(tmp_path / "data").path(row.sha256) is not None
    assert (0, 0) == (left, stopped)


async def test_a_job_that_was_running_when_the_server_was_killed_runs_again(live, site, database_url):
    """Its lease is made to run out in the rows, rather than waited for; then the next server does the job."""
    await live.start()
    async with aiohttp.ClientSession(live.base, headers=live.headers) as session:
        made = await answer(session, "POST", "/api/bookmarks/", 201, json={"url": f"{site.base}/held/one"})
    async with asyncio.timeout(IN_TIME):
        await site.asked.get()  # the create asked, and went on without an answer
        await site.asked.get()  # the job asked: it is running
        await live.kill()
    async with connected(database_config(database_url)):
        job = await Job.get(kind="scrape")
        now = SystemClock().now()
        leased = job.lease_until
        await Job.filter(id=job.id).update(lease_until=now - timedelta(seconds=1))
    site.gate.set()
    await live.start()
    async with asyncio.timeout(IN_TIME), aiohttp.ClientSession(live.base, headers=live.headers) as session:
        await site.asked.get()  # it runs again
        title = ""
        while not title:  # what another process commits can only be looked for
            title = (await answer(session, "GET", f"/api/bookmarks/{made['id']}/", 200))["title"]
            await asyncio.sleep(0.05)
    stopped = await live.stop()
    async with connected(database_config(database_url)):
        left = await Job.filter(kind="scrape").values_list("attempts", "status")

    assert ("", 1) == (made["title"], job.attempts)
    assert leased > now
    assert "Title of /held/one" == title
    assert [] == left
    assert 0 == stopped
