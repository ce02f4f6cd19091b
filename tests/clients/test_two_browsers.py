"""Two browsers that sync with one account end up alike, whatever their people do to them (NC-15.1, S20).

POLYMARK_TEST_SEEDS says how many random histories are lived through (20 unless set).
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import aiohttp
import pytest

from tests.clients.floccus.people import POOL, Book, Person, mark_of
from tests.clients.floccus.sync import Floccus
from tests.clients.floccus.tree import Item
from tests.clients.floccus.wire import REST, BusyError
from tests.factories import PASSWORD
from tests.rest_compat.conftest import serve as serve  # noqa: PLC0414 - a fixture, handed on

SEEDS = int(os.environ.get("POLYMARK_TEST_SEEDS", "20"))
ROUNDS = 4
MOST_EDITS = 10  # a round and browser
PATIENCE = 8  # syncs until both must have come to rest
NOTHING_TO_DO = ["GET /ocs/v2.php/cloud/capabilities?format=json", f"POST {REST}lock", f"DELETE {REST}lock"]


@pytest.fixture
async def address(serve, ann):
    """Where a server with Ann's empty library listens."""
    return str((await serve()).http.make_url(""))


@pytest.fixture
async def http():
    """Connections without a memory for cookies, as an extension's."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def without_shared_titles(tree: Item) -> list[Any]:
    """What can be seen of a tree, but for the titles of bookmarks in several folders: those follow one sync later."""
    bare = tree.copy()
    for item in bare.walk():
        if mark_of(item).startswith(POOL):
            item.title = ""
    return bare.plain


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_two_browsers_and_the_server_become_one(address, http, seed):
    """Both fill up apart, are edited between syncs, and sync until neither has anything to do.

    After each sync the browser and the server are alike. In the end structure, titles, addresses and order are the same
    in both browsers and on the server; no bookmark and no folder that nobody removed is missing, none is there more
    often than it was made, each has a title that somebody gave it; and the server's hashes, by which the browsers see
    that they are done, are those of the browsers' own.
    """
    dice = Random(seed)  # noqa: S311 - the same histories on every run
    book = Book()
    path = ("Sync", "Grüße / 1") if seed % 4 == 3 else ()
    browsers = [
        Floccus(http, address, "ann", PASSWORD, functions=("xxh32", "sha256"), path=path, tickets=bool(seed % 2)),
        Floccus(http, address, "ann", PASSWORD, functions=("sha256",), path=path),
    ]
    people = [Person(name, one.browser, book, dice) for name, one in zip("ab", browsers, strict=True)]
    for person in people:
        person.begin()
    for _ in range(ROUNDS):
        for person in people:
            for _ in range(dice.randrange(MOST_EDITS)):
                person.edit()
        for one in dice.sample(browsers, dice.randint(1, 2)):
            await one.sync()

            assert without_shared_titles(one.browser.root) == without_shared_titles(await one.look())
    rest = 0
    for turn in range(PATIENCE):
        one = browsers[turn % 2]
        rest = 0 if await one.sync() else rest + 1

        assert without_shared_titles(one.browser.root) == without_shared_titles(await one.look())
        if rest == 2:
            break
    first, second = browsers
    calls_before = len(first.wire.calls)
    busy = await first.sync()
    calls = [call for call in first.wire.calls[calls_before:] if "/folder" not in call]
    hashes = [call for call in first.wire.calls[calls_before:] if "/hash?hashFn=" in call]
    there = await first.look()

    assert (rest, busy) == (2, False)
    assert calls == NOTHING_TO_DO
    assert len(hashes) == 1
    assert first.browser.root.plain == second.browser.root.plain
    assert first.browser.root.plain == there.plain
    assert [] == book.faults(there)


async def test_one_that_finds_the_account_locked_changes_nothing(address, http):
    """The lock tells the second of two clients to wait (NC-11), and it does so before it writes."""
    one, other = (Floccus(http, address, "ann", PASSWORD) for _ in range(2))
    other.browser.bookmark(other.browser.root, "A", "https://a.example/")
    async with one.wire.locked():
        with pytest.raises(BusyError):
            await other.sync()
        empty = await one.look()
    await other.sync()
    full = await one.look()

    assert [] == empty.plain
    assert [("A", "https://a.example/")] == full.plain
