"""Lists that are sent while the database is read take nothing from anybody else, however slow their readers are."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing

import pytest
from tortoise.connection import get_connection

from models.queries import bookmarks
from models.queries.build import Mine
from rest_compat.linkding import pages
from rest_compat.streams import AT_ONCE, Streams
from schema.resolvers import accounts
from tests.factories import PASSWORD, make_bookmark

PATIENCE = 20.0  # seconds until a test gives up
LONG = 12_000_000  # bytes; more than the buffers of a connection hold, so that its sender has to wait
STREAMED = "/api/bookmarks/?limit=100000"


@pytest.fixture
async def long_list(ann, monkeypatch):
    """A list of few rows that is sent as one of many, and is too long for anybody's buffers."""
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    for _ in range(3):
        await make_bookmark(ann, notes="n" * (LONG // 3))


class Dawdlers:
    """Readers who ask for a list, look at the first line of the answer and read no further."""

    def __init__(self, client):
        self._client = client
        self._stack = contextlib.ExitStack()
        self._kept = []  # asyncio closes a connection whose reader or writer nobody keeps

    async def status(self):
        reader = await self.ask()
        return int((await reader.readline()).split()[1])

    async def ask(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._client.http.port)
        self._kept.append((reader, writer))
        self._stack.callback(writer.transport.abort)
        head = f"GET {STREAMED} HTTP/1.1\r\nHost: links.example\r\nAuthorization: Token {self._client.token}\r\n\r\n"
        writer.write(head.encode())
        return reader

    def leave(self):
        self._stack.close()


@pytest.fixture
def dawdlers():
    with contextlib.ExitStack() as stack:

        def of(client):
            made = Dawdlers(client)
            stack.callback(made.leave)
            return made

        yield of


async def test_lists_that_nobody_reads_keep_nobody_else_waiting(serve, ann, long_list, dawdlers):
    """A dozen of them, more than there are connections to PostgreSQL: reading, writing and signing in go on."""
    client = (await serve(streams=Streams(patience=0))).as_(ann.secret)
    readers = dawdlers(client)
    async with asyncio.timeout(PATIENCE):
        statuses = [await readers.status() for _ in range(12)]
        short = await client.get("/api/bookmarks/?limit=1")
        written = await client.post("/api/bookmarks/?disable_scraping", json={"url": "https://new.example/"})
        signed_in = await accounts.believe_password(ann.ports, "ann", PASSWORD)

    assert [200] * AT_ONCE + [503] * (12 - AT_ONCE) == statuses
    assert 200 == short.status
    assert 201 == written.status
    assert "ann" == signed_in.username


async def test_one_list_too_many_is_refused_in_the_dialects_words(serve, ann, long_list, dawdlers):
    """The refusal comes before anything of the answer; once the others have gone there is a place again."""
    client = (await serve(streams=Streams(at_once=1, patience=0))).as_(ann.secret)
    readers = dawdlers(client)
    async with asyncio.timeout(PATIENCE):
        await readers.status()
        refused = await client.get(STREAMED)
        readers.leave()
        while (answer := await client.get(STREAMED)).status == 503:
            pass

    assert (503, {"detail": "Not available at the moment: long lists, for too many are being sent."}) == refused.seen
    assert (200, 3) == (answer.status, len(answer.body["results"]))


async def test_a_list_whose_reader_stops_reading_is_broken_off_and_the_next_gets_its_place(
    serve, ann, long_list, dawdlers
):
    client = (await serve(streams=Streams(at_once=1, patience=PATIENCE, reader_seconds=1.0))).as_(ann.secret)
    readers = dawdlers(client)
    async with asyncio.timeout(PATIENCE):
        reader = await readers.ask()
        await reader.readline()
        waited = await client.get(STREAMED)  # for the place of the one above
        with contextlib.suppress(ConnectionResetError):
            while await reader.read(1 << 20):
                pass

    assert (200, 3) == (waited.status, len(waited.body["results"]))
    assert reader.at_eof() or reader.exception() is not None


async def test_a_head_of_a_long_list_takes_no_place_for_good(serve, ann, long_list):
    client = (await serve(streams=Streams(at_once=1, patience=0))).as_(ann.secret)

    assert [200, 200, 200] == [(await client.request("HEAD", STREAMED)).status for _ in range(3)]


async def test_a_list_that_is_left_early_lets_go_of_the_database_at_once(ann, monkeypatch):
    """Also when somebody still holds the stream of the database, so that it is not merely collected."""
    await make_bookmark(ann)
    connection = get_connection("default")
    stream, held = connection.stream, []
    monkeypatch.setattr(connection, "stream", lambda *args, **options: held.append(stream(*args, **options)) or held[0])
    async with aclosing(bookmarks.stream(Mine(ann.user.id))) as chunks:
        await anext(chunks)

    assert [None] == [one.ag_frame for one in held]
