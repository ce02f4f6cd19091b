"""A receiver that fails, hangs and recovers, and a server that is killed in between: every event arrives, in order.

The server is real, and so is the web between both; only time is moved, in the rows, while the server is dead.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections import defaultdict
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from models import Delivery, Job
from server.database import connected, database_config
from server.outside.clock import SystemClock
from tests.processes import ServerProcess

BOOKMARKS = 4
IN_TIME = 60  # seconds
SETTINGS = {"POLYMARK_ALLOW_PRIVATE_FETCH": "true", "POLYMARK_FETCH_TIMEOUT": "0"}

pytestmark = pytest.mark.slow


class Receiver:
    """Takes what is posted to it, in the mood it is in: ``well``, ``ill`` (500), ``moody`` or ``asleep``."""

    def __init__(self) -> None:
        self.mood = "well"
        self.seen: list[tuple[str, bytes, dict[str, str], bool]] = []
        self.news = asyncio.Condition()
        self.gate = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        is_taken = self.mood == "well" or (self.mood == "moody" and len(self.seen) % 3 > 0)
        async with self.news:
            self.seen.append((request.headers["X-Bkmark-Delivery"], body, dict(request.headers), is_taken))
            self.news.notify_all()
        if self.mood == "asleep":
            await self.gate.wait()
        return web.Response(status=204 if is_taken else 500)

    @property
    def taken(self) -> list[tuple[str, str]]:
        """Bookmark and event of what was taken, each thing once, in the order of arrival."""
        found = {id: json.loads(body) for id, body, _, is_taken in self.seen if is_taken}
        return [(one["data"]["id"], one["event"]) for one in found.values()]

    async def until(self, enough) -> None:
        async with asyncio.timeout(IN_TIME), self.news:
            await self.news.wait_for(enough)


@pytest.fixture
async def receiver(aiohttp_server):
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    server = await aiohttp_server(app)
    receiver.url = f"http://127.0.0.1:{server.port}/hook"
    yield receiver
    receiver.gate.set()


@pytest.fixture
async def live(database_url, tmp_path):
    server = ServerProcess(tmp_path, database_url, SETTINGS)
    yield server
    await server.stop()


async def send(live, method, path, status, body):
    async with (
        aiohttp.ClientSession(live.base, headers={"Authorization": f"Bearer {live.token}"}) as session,
        session.request(method, f"/api/v1{path}", json=body) as response,
    ):
        assert status == response.status, await response.text()
        return await response.json()


async def kill_and_let_time_pass(live, database_url):
    """What was under way is anybody's again, and what was put off is due; says what was pending."""
    await live.kill()
    async with connected(database_config(database_url)):
        now = SystemClock().now()
        await Job.filter(kind="deliver").update(run_at=now, lease_until=now - timedelta(seconds=1))
        pending = Delivery.filter(status="pending")
        await pending.update(next_attempt_at=now)
        return await pending.count()


def signature(body, secret, folder):
    """What OpenSSL, which knows nothing of ours, makes of the received bytes."""
    path = folder / "body"
    path.write_bytes(body)
    said = subprocess.run(  # noqa: S603 - our own arguments
        [shutil.which("openssl"), "dgst", "-sha256", "-hmac", secret, "-hex", str(path)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return "sha256=" + said.rpartition("= ")[2].strip()


async def test_every_event_arrives_in_order_whatever_happens_to_either_side(live, receiver, database_url, tmp_path):
    """Nothing is lost, and of one bookmark nothing overtakes; what comes twice is the same, byte for byte."""
    await live.start()
    events = ["bookmark.created", "bookmark.updated", "bookmark.archived", "bookmark.favorited"]
    hook = await send(live, "POST", "/webhooks", 201, {"url": receiver.url, "events": events})

    receiver.mood = "ill"
    made = [
        await send(live, "POST", "/bookmarks", 201, {"url": f"https://site-{number}.example/", "title": "First"})
        for number in range(BOOKMARKS)
    ]
    ids = [one["id"] for one in made]
    await receiver.until(lambda: len(receiver.seen) >= BOOKMARKS)
    while_ill = await kill_and_let_time_pass(live, database_url)

    receiver.mood = "asleep"
    await live.start()
    await receiver.until(lambda: len(receiver.seen) > BOOKMARKS)
    for id in ids:
        await send(live, "PATCH", f"/bookmarks/{id}", 200, {"title": "Second", "isArchived": True})
    while_asleep = await kill_and_let_time_pass(live, database_url)
    receiver.gate.set()

    receiver.mood = "moody"
    await live.start()
    for id in ids:
        await send(live, "PATCH", f"/bookmarks/{id}", 200, {"isFavorite": True})
    await receiver.until(lambda: len(receiver.taken) >= 2)
    await kill_and_let_time_pass(live, database_url)

    receiver.mood = "well"
    await live.start()
    await receiver.until(lambda: len(receiver.taken) >= 4 * BOOKMARKS)
    path = f"/webhooks/{hook['id']}/deliveries?limit=100"
    on_the_way = True
    async with asyncio.timeout(IN_TIME):
        while on_the_way:
            log = (await send(live, "GET", path, 200, None))["data"]
            on_the_way = any(one["status"] != "delivered" for one in log)
            await asyncio.sleep(0.05)  # what another process writes down can only be looked for
    await live.stop()
    async with connected(database_config(database_url)):
        left = await Delivery.exclude(status="delivered").count()

    assert BOOKMARKS == while_ill
    assert 3 * BOOKMARKS == while_asleep
    assert 0 == left
    wanted = ["bookmark.created", "bookmark.archived", "bookmark.updated", "bookmark.favorited"]
    assert dict.fromkeys(ids, wanted) == {id: [event for one, event in receiver.taken if one == id] for id in ids}
    attempts = defaultdict(list)
    for _, body, _, _ in receiver.seen:
        one = json.loads(body)
        attempts[one["data"]["id"]].append(wanted.index(one["event"]))
    assert all(numbers == sorted(numbers) for numbers in attempts.values())
    assert len({id for id, *_ in receiver.seen}) == len({(id, body) for id, body, *_ in receiver.seen})
    assert len(receiver.seen) > 4 * BOOKMARKS
    for _, body, headers, _ in receiver.seen:
        assert signature(body, hook["secret"], tmp_path) == headers["X-Bkmark-Signature"]
