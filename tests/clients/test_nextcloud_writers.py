"""Five clients write into one account at once: nothing fails, nothing is doubled, the order is whole (S16).

POLYMARK_TEST_SECONDS says for how long (3 unless set); run with -s to see how many calls that were.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from random import Random
from typing import Any

import aiohttp
import pytest

from tests.clients.floccus.adapter import bookmark_file
from tests.clients.floccus.hashes import FUNCTIONS, hashes
from tests.clients.floccus.tree import Item
from tests.clients.floccus.wire import REST, Reply, Wire
from tests.databases import KIND

WRITERS = 5
SECONDS = float(os.environ.get("POLYMARK_TEST_SECONDS", "3"))
ADDRESSES = 60  # that all writers create, move and delete
ROOT = -1
# What somebody else may have done in between makes these answers right: it is gone, moved, or has company.
FINE = {200, 400, 404}


class Writer:
    """A client that does one thing after another; it knows a few folders, and addresses that others know, too."""

    def __init__(self, number: int, wire: Wire, folders: list[int]) -> None:
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []
        self._wire = wire
        self._folders = folders
        self._dice = Random(number)  # noqa: S311 - about the same load on every run

    async def work(self, until: float) -> None:
        """Write until that moment of the clock of ``time.monotonic``."""
        acts = [
            *[self._create] * 6,
            *[self._move] * 3,
            *[self._reorder] * 3,
            *[self._hash] * 2,
            self._file,
            self._take_out,
            self._delete,
            self._make_folder,
            self._move_folder,
            self._delete_folder,
            self._upload,
        ]
        while time.monotonic() < until:
            await self._dice.choice(acts)()

    async def _call(self, method: str, path: str, body: Any = None, file: tuple[str, str] | None = None) -> Reply:
        reply = await self._wire.send(method, REST + path, body, file)
        self.statuses[reply.status] += 1
        if reply.status not in FINE:
            self.faults.append(f"{method} {path} {body}: {reply.status} {reply.raw[:200]!r}")
        return reply

    def _folder(self) -> int:
        return self._dice.choice([ROOT, *self._folders])

    def _address(self) -> str:
        return f"https://site.example/{self._dice.randrange(ADDRESSES)}"

    async def _some_bookmark(self) -> dict[str, Any] | None:
        reply = await self._call("GET", f"bookmark?url={self._address()}")
        found = reply.body["data"] if reply.status == 200 else []
        if len(found) > 1:
            self.faults.append(f"{len(found)} bookmarks of one address: {found}")
        return found[0] if found else None

    async def _create(self) -> None:
        await self._call("POST", "bookmark", {"url": self._address(), "title": "A", "folders": [self._folder()]})

    async def _move(self) -> None:
        if item := await self._some_bookmark():
            words = {"url": item["target"], "title": f"B{self._dice.randrange(9)}", "tags": item["tags"]}
            await self._call("PUT", f"bookmark/{item['id']}", words | {"folders": [self._folder(), self._folder()]})

    async def _file(self) -> None:
        if item := await self._some_bookmark():
            await self._call("POST", f"folder/{self._folder()}/bookmarks/{item['id']}")

    async def _take_out(self) -> None:
        if item := await self._some_bookmark():
            await self._call("DELETE", f"folder/{item['folders'][0]}/bookmarks/{item['id']}")

    async def _delete(self) -> None:
        if item := await self._some_bookmark():
            await self._call("DELETE", f"bookmark/{item['id']}")

    async def _reorder(self) -> None:
        folder = self._folder()
        reply = await self._call("GET", f"folder/{folder}/childorder")
        if reply.status != 200:
            return
        order = reply.body["data"]
        if len(order) != len({(entry["type"], entry["id"]) for entry in order}):
            self.faults.append(f"a child is listed twice: {order}")
        self._dice.shuffle(order)
        entries = [{"id": str(entry["id"]), "type": entry["type"]} for entry in order]
        await self._call("PATCH", f"folder/{folder}/childorder", {"data": entries})

    async def _hash(self) -> None:
        await self._call("GET", f"folder/{self._folder()}/hash?hashFn={self._dice.choice(list(FUNCTIONS))}")

    async def _make_folder(self) -> None:
        reply = await self._call("POST", "folder", {"parent_folder": self._folder(), "title": "F"})
        if reply.status == 200:
            self._folders.append(reply.body["item"]["id"])

    async def _move_folder(self) -> None:
        await self._call("PUT", f"folder/{self._dice.choice(self._folders)}", {"parent_folder": self._folder()})

    async def _delete_folder(self) -> None:
        if len(self._folders) > 3 * WRITERS:
            await self._call("DELETE", f"folder/{self._folders.pop(self._dice.randrange(len(self._folders)))}")

    async def _upload(self) -> None:
        top = Item(0, "")
        inner = top.add(Item(0, "Uploaded"))
        for url in {self._address() for _ in range(5)}:
            inner.add(Item(0, "C", url))
        await self._call("POST", f"folder/{self._folder()}/import", file=("bm_import", bookmark_file(top)))


@pytest.fixture
async def http():
    """Connections without a memory for cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def without_words(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """An order, or the same out of a tree with contents: types, ids and what is below."""
    return [(one["type"], one["id"], without_words(one.get("children", []))) for one in entries]


def placed(entries: list[dict[str, Any]], folder: int = ROOT) -> list[tuple[int, int]]:
    """Which bookmark is in which folder, as a tree shows it."""
    found = []
    for one in entries:
        found += placed(one["children"], one["id"]) if one["type"] == "folder" else [(one["id"], folder)]
    return found


def as_items(entries: list[dict[str, Any]], root: Item) -> Item:
    """The tree as a client keeps it."""
    for one in entries:
        item = root.add(Item(one["id"], one["title"], one.get("target")))
        as_items(one.get("children", []), item)
    return root


async def test_five_clients_write_at_once(live, http, capsys):
    """S16: creates, moves, orders, deletions, uploads and hashes of five clients, each waiting for its answers.

    No answer is of 500 or more (nor has the log a fault). Afterwards no address is there twice, every order lists every
    child once, a bookmark says that it is in the folders that show it, and the hashes are those of the tree as it is.
    """
    wires = [Wire(http, live.base, live.username, live.password, tickets=False) for _ in range(WRITERS)]
    one = wires[0]
    folders = [(await one.ask("POST", "folder", {"title": "F", "parent_folder": ROOT}))["item"]["id"] for _ in wires]
    writers = [Writer(number, wire, folders) for number, wire in enumerate(wires)]
    until = time.monotonic() + SECONDS
    await asyncio.gather(*[writer.work(until) for writer in writers])
    statuses = sum((writer.statuses for writer in writers), Counter[int]())
    with capsys.disabled():
        print(f"\n{KIND}: {statuses.total() / SECONDS:.0f} calls a second, {dict(statuses)}")  # noqa: T201 - a figure for -s

    assert [] == [fault for writer in writers for fault in writer.faults]
    assert statuses[200] > statuses.total() / 2

    tree = (await one.ask("GET", "folder/-1/children?layers=-1"))["data"]
    order = (await one.ask("GET", "folder/-1/childorder?layers=-1"))["data"]
    marks = (await one.ask("GET", "bookmark?page=-1"))["data"]
    root = as_items(tree, Item(ROOT, ""))
    mine = {name: hashes(root, name) for name in FUNCTIONS}

    assert marks
    assert len({mark["target"] for mark in marks}) == len(marks)
    assert without_words(tree) == without_words(order)
    assert max(Counter(placed(tree)).values()) == 1
    assert sorted(placed(tree)) == sorted((mark["id"], folder) for mark in marks for folder in mark["folders"])
    for item in root.walk():
        if item.is_folder and item is not root:
            for name in FUNCTIONS:
                theirs = (await one.ask("GET", f"folder/{item.id}/hash?hashFn={name}"))["data"]

                assert (item.id, name, mine[name][item]) == (item.id, name, theirs)
    for name in FUNCTIONS:
        assert mine[name][root] == (await one.ask("GET", f"folder/-1/hash?hashFn={name}"))["data"]


async def test_parallel_creates_of_one_address_in_many_folders_are_one_bookmark(live, http):
    """Two hundred creates at five in flight: forty addresses, each into five folders, of which each keeps its place."""
    wire = Wire(http, live.base, live.username, live.password, tickets=False)
    folders = [
        (await wire.ask("POST", "folder", {"title": f"F{number}", "parent_folder": ROOT}))["item"]["id"]
        for number in range(5)
    ]
    await asyncio.gather(
        *[
            wire.ask("POST", "bookmark", {"url": f"https://a.example/{number}", "title": "A", "folders": [folder]})
            for number in range(40)
            for folder in folders
        ]
    )
    marks = (await wire.ask("GET", "bookmark?page=-1"))["data"]
    orders = [(await wire.ask("GET", f"folder/{folder}/childorder"))["data"] for folder in folders]

    assert {f"https://a.example/{number}" for number in range(40)} == {mark["target"] for mark in marks}
    assert 40 == len(marks)
    assert all(sorted(folders) == mark["folders"] for mark in marks)
    assert all({mark["id"] for mark in marks} == {entry["id"] for entry in order} for order in orders)
    assert [40] * 5 == [len(order) for order in orders]
