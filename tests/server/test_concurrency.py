"""Many callers at once: no double, nothing lost, no gap in the log; through the operations and over HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import pytest

from models import Bookmark, BookmarkTag, Change, Placement, Tag, User
from schema.door import GRAPHQL
from schema.errors import Conflict
from schema.inputs import BookmarkDraft, ConflictPolicy
from schema.resolvers import saving, trash
from server.database import connected, database_config
from tests.factories import make_bookmark
from tests.processes import ServerProcess

CALLERS = 50
WRITERS, EACH = 8, 25
ONE_ADDRESS = "https://a.example/one"


async def save(person, door=GRAPHQL, policy=ConflictPolicy.ERROR, **draft):
    return await saving.save(await person.ctx(door), BookmarkDraft(**draft), policy, fetch=False)


async def check_the_log(owner_id):
    """The owner's numbers are 1, 2, 3 …, in the order of the rows, and the account knows the last one."""
    seqs = await Change.filter(owner_id=owner_id).order_by("id").values_list("seq", flat=True)

    assert list(range(1, len(seqs) + 1)) == sorted(seqs)
    assert len(seqs) == (await User.get(id=owner_id)).change_seq


async def check_the_rows(owner_id):
    """No address twice, no tag twice, one place a bookmark and one position a place."""
    live = Bookmark.of(owner_id)
    addresses = Counter(await live.values_list("href_hash", "copy"))
    tags = Counter(await Tag.of(owner_id).values_list("name_key", flat=True))
    positions = Counter(await Placement.filter(bookmark__owner_id=owner_id).values_list("folder_id", "position"))

    assert {1} >= set(addresses.values())
    assert {1} >= set(tags.values())
    assert {1} >= set(positions.values())
    assert await live.count() == positions.total()


@pytest.mark.parametrize("policy", [ConflictPolicy.MERGE, ConflictPolicy.REPLACE, ConflictPolicy.RETURN_EXISTING])
async def test_an_address_saved_by_fifty_at_once_is_one_bookmark(ann, policy):
    saved = await asyncio.gather(
        *(save(ann, policy=policy, url=ONE_ADDRESS, tag_names=["all", f"t{n}"]) for n in range(CALLERS))
    )

    assert 1 == len({one.bookmark.id for one in saved})
    assert [True] == [one.created for one in saved if one.created]
    assert 1 == await Bookmark.all().count()
    await check_the_rows(ann.user.id)
    await check_the_log(ann.user.id)


async def test_of_fifty_who_insist_on_a_new_bookmark_one_gets_it(ann):
    """The others are told which one is there."""
    answers = await asyncio.gather(*(save(ann, url=ONE_ADDRESS) for _ in range(CALLERS)), return_exceptions=True)
    (made,) = [one for one in answers if not isinstance(one, Exception)]
    refusals = [one for one in answers if isinstance(one, Conflict)]

    assert CALLERS - 1 == len(refusals)
    assert {made.bookmark.id} == {refusal.existing for refusal in refusals}
    await check_the_log(ann.user.id)


async def test_writers_beside_each_other_lose_nothing(ann, ben):
    """Eight of them for two people, who share addresses and tags; every bookmark and tagging is there once."""

    async def write(writer):
        person = (ann, ben)[writer % 2]
        for number in range(EACH):
            await save(person, url=f"https://a.example/{writer}/{number}", tag_names=["all", f"t{number}"])

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))

    for person in (ann, ben):
        assert WRITERS * EACH // 2 == await Bookmark.of(person.user.id).count()
        assert EACH + 1 == await Tag.of(person.user.id).count()
        await check_the_rows(person.user.id)
        await check_the_log(person.user.id)
    assert 2 * WRITERS * EACH == await BookmarkTag.all().count()


async def test_saving_and_deleting_one_address_at_once_leaves_at_most_one(ann):
    """Whatever the order, every deleted row is in the trash, and at most one is live."""

    async def save_and_delete():
        made = await save(ann, policy=ConflictPolicy.RETURN_EXISTING, url=ONE_ADDRESS)
        await trash.delete(await ann.ctx(), [made.bookmark.id])

    await asyncio.gather(*(save_and_delete() for _ in range(20)))

    assert 0 == await Bookmark.of(ann.user.id).count()
    assert await Bookmark.all().count() == await Change.filter(operation="create", entity="bookmark").count()
    await check_the_log(ann.user.id)


async def test_restoring_an_address_from_the_trash_twice_at_once_gives_one_live_bookmark(ann):
    first = await make_bookmark(ann, url=ONE_ADDRESS)
    await trash.delete(await ann.ctx(), [first.id])
    second = await make_bookmark(ann, url=ONE_ADDRESS)
    await trash.delete(await ann.ctx(), [second.id])

    async def restore(id):
        return await trash.restore(await ann.ctx(), [id])

    answers = await asyncio.gather(*(restore(id) for id in (first.id, second.id)), return_exceptions=True)

    assert ["Conflict", "list"] == sorted(type(answer).__name__ for answer in answers)
    assert 1 == await Bookmark.of(ann.user.id).count()


@pytest.fixture
async def live(database_url, tmp_path):
    """A real server over an empty database, with a second process beside this one; nothing is fetched."""
    server = ServerProcess(tmp_path, database_url, {"POLYMARK_FETCH_TIMEOUT": "0", "POLYMARK_WORKERS": "2"})
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def session(live):
    """A client of the linkding door with as many connections as it likes."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(live.base, headers=live.headers, connector=connector) as session:
        yield session


async def post(session, **bookmark):
    async with session.post("/api/bookmarks/", json=bookmark) as response:
        return response.status, await response.json()


async def test_over_http_an_address_posted_by_fifty_at_once_is_one_bookmark(live, session, database_url):
    answers = await asyncio.gather(
        *(post(session, url=ONE_ADDRESS, title=f"T{number}", tag_names=["all"]) for number in range(CALLERS))
    )
    async with connected(database_config(database_url)):
        owner_id = (await User.get()).id

        assert [201] * CALLERS == [status for status, _ in answers]
        assert 1 == len({body["id"] for _, body in answers})
        assert 1 == await Bookmark.all().count()
        await check_the_rows(owner_id)
        await check_the_log(owner_id)


async def test_over_http_writers_beside_each_other_lose_nothing(live, session, database_url):
    """Eight connections, two serving processes: every answer is 201, every bookmark there once."""

    async def write(writer):
        return [
            await post(session, url=f"https://a.example/{writer}/{number}", title="T", tag_names=["all", f"t{number}"])
            for number in range(EACH)
        ]

    answers = [answer for part in await asyncio.gather(*map(write, range(WRITERS))) for answer in part]
    async with connected(database_config(database_url)):
        owner_id = (await User.get()).id

        assert {201} == {status for status, _ in answers}
        assert WRITERS * EACH == len({body["id"] for _, body in answers}) == await Bookmark.all().count()
        assert EACH + 1 == await Tag.all().count()
        assert 2 * WRITERS * EACH == await BookmarkTag.all().count()
        await check_the_rows(owner_id)
        await check_the_log(owner_id)
