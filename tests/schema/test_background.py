"""Background work: started once, waited for at the end, never a trouble to anybody."""

from __future__ import annotations

import asyncio

from schema.background import Background


async def test_work_of_one_key_is_under_way_once():
    background, gate, done = Background(), asyncio.Event(), []

    async def work():
        await gate.wait()
        done.append(1)

    for key in ("a", "a", "b"):
        background.start(key, work)
    gate.set()
    await background.drain()
    background.start("a", work)
    await background.drain()

    assert [1, 1, 1] == done


async def test_work_that_fails_is_logged_and_forgotten(caplog):
    async def work():
        raise OSError("the disk is full")

    background = Background()
    background.start("a", work)
    await background.drain()

    assert "the disk is full" in caplog.text
