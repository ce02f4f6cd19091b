"""The database clients: what runs beside what, and that nothing stays open or locked, however it ends."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, closing, suppress
from pathlib import Path

import asyncpg
import pytest
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from models import Tag, User
from models.backends import postgres, sqlite
from server.database import connected, database_config
from tests.databases import ON_POSTGRES, SqliteDatabases
from tests.fakes import START, FakeClock

ROOT = Path(__file__).parents[2]
COUNTER = ROOT / "tests" / "programs" / "count_up.py"
IN_TIME = 10  # seconds: whoever waits for a lock that is not let go of waits longer
ALL_NAMES = "SELECT name FROM tag ORDER BY id"
OPEN_TRANSACTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
)
clock = FakeClock()


@pytest.fixture
async def owner(database):
    """An account that owns the rows."""
    return await User.create(uid=clock.uuid(), username="ann", password_hash="x", created_at=START)


@pytest.fixture
async def sqlite_url(tmp_path):
    """A database of SQLite, whatever the other tests run on, with one account."""
    url = await SqliteDatabases(tmp_path).fresh()
    async with connected(database_config(url), everywhere=True):
        await User.create(uid=clock.uuid(), username="ann", password_hash="x", created_at=START)
        yield url


async def add(*names):
    """Insert tags, in whatever transaction this is."""
    (owner_id,) = await User.all().limit(1).values_list("id", flat=True)
    for name in names:
        await Tag.create(
            uid=clock.uuid(), owner_id=owner_id, name=name, name_key=name, created_at=START, updated_at=START
        )


async def names():
    """The tags by the readers' connection, or the transaction's own."""
    (rows,) = await get_connection("default").read([(ALL_NAMES, [])])
    return [row[0] for row in rows]


async def streamed(chunk=10):
    return [row[0] async for rows in get_connection("default").stream(ALL_NAMES, [], chunk=chunk) for row in rows]


@asynccontextmanager
async def open_write(*added):
    """Somebody else's transaction, which has written and not yet committed while the block runs."""
    written, go_on = asyncio.Event(), asyncio.Event()

    async def write():
        async with in_transaction("default"):
            await add(*added)
            written.set()
            await go_on.wait()

    task = asyncio.create_task(write())
    await written.wait()
    try:
        yield
    finally:
        go_on.set()
        await task


async def check_that_writing_goes_on():
    """The next transaction begins, writes and commits, and nobody's is left open."""
    async with asyncio.timeout(IN_TIME):
        async with in_transaction("default"):
            await add("next")

        assert "next" in await names()
    await check_that_nothing_is_open()


async def check_that_nothing_is_open():
    """No transaction is left on any connection."""
    client = get_connection("default")
    if isinstance(client, postgres.Client):
        (rows,) = await client.read([(OPEN_TRANSACTIONS, [])])

        assert 0 == rows[0][0]
    else:  # a reader with a snapshot keeps the log from being taken back to the start
        (checkpoint,) = await client.execute_query_dict("PRAGMA wal_checkpoint(TRUNCATE)")

        assert 0 == checkpoint["busy"]


async def test_reads_neither_wait_for_an_open_write_nor_see_it(owner):
    await add("before")
    async with open_write("open"), asyncio.timeout(IN_TIME):
        read, walked = await names(), await streamed()

    assert ["before"] == read == walked
    assert ["before", "open"] == await names()


async def test_a_read_straight_after_a_commit_sees_it(owner):
    """Every time, whichever of the readers' connections it goes to."""
    seen = []
    for number in range(40):
        await add(f"{number:02}")
        seen.append(len(await names()))

    assert list(range(1, 41)) == seen


async def test_a_read_inside_a_transaction_sees_its_own_writes(owner):
    async with in_transaction("default"):
        await add("mine")
        inside, walked = await names(), await streamed(chunk=1)
        async with in_transaction("default"):  # a savepoint
            await add("nested")
            nested = await names()

    assert ["mine"] == inside == walked
    assert ["mine", "nested"] == nested


async def test_a_savepoint_that_failed_takes_only_its_own_writes_with_it(owner):
    """On PostgreSQL too, where an error would spoil a transaction without one."""
    async with in_transaction("default"):
        await add("kept")
        with suppress(ZeroDivisionError):
            async with in_transaction("default"):
                await add("lost")
                raise ZeroDivisionError
        await add("kept too")

    assert ["kept", "kept too"] == await names()


async def test_several_statements_of_one_read_see_one_snapshot(owner):
    """A write that commits between them is in none of them."""
    slow = "SELECT count(*) FROM generate_series(1, 2000000)" if ON_POSTGRES else SLOW
    await add("before")
    reading = asyncio.create_task(get_connection("default").read([(ALL_NAMES, []), (slow, []), (ALL_NAMES, [])]))
    await asyncio.sleep(0)
    await add("meanwhile")
    first, _, second = await reading

    assert [tuple(row) for row in first] == [tuple(row) for row in second]


SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n"


async def test_processes_that_read_and_then_write_never_find_the_database_locked(owner, database):
    """Three of them, 150 times each: no failure, and no count lost."""
    counters = [
        await asyncio.create_subprocess_exec(
            sys.executable, COUNTER, database, "150", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
        )
        for _ in range(3)
    ]  # fmt: skip
    for counter in counters:
        assert b"ready\n" == await counter.stdout.readline()
    outputs = await asyncio.gather(*(counter.communicate(b"go\n") for counter in counters))

    assert [(b"", None)] * 3 == outputs
    assert 450 == (await User.get(id=owner.id)).change_seq


@pytest.fixture
async def one_connection(owner, database):
    """The client, with a pool of just one connection on PostgreSQL: one that is lost is missed at once."""
    client = get_connection("default")
    if ON_POSTGRES:
        await client.close()
        client.pool_minsize = client.pool_maxsize = 1
    return client


WRAPPER = postgres.TransactionWrapper if ON_POSTGRES else sqlite.TransactionWrapper


@pytest.mark.parametrize("trouble", [RuntimeError, asyncio.CancelledError])
@pytest.mark.parametrize("step", ["begin", "commit", "rollback"])
async def test_a_transaction_that_breaks_at_its_ends_holds_nothing(one_connection, monkeypatch, step, trouble):
    """Whether it cannot begin, commit or roll back, or its caller is cancelled just then."""
    real = getattr(WRAPPER, step)

    async def broken(self):
        if step != "begin":  # a begin that did nothing; ends that did their work, and whose caller is gone
            await real(self)
        raise trouble

    async def write():
        async with in_transaction("default"):
            if step == "rollback":
                raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(WRAPPER, step, broken)
        with pytest.raises(trouble):
            await write()

    await check_that_writing_goes_on()


async def test_a_begin_that_went_through_without_its_caller_is_undone(one_connection):
    """The caller is cancelled while the database works on it."""
    async with asyncio.timeout(IN_TIME):
        for turns in range(6):

            async def write():
                async with in_transaction("default"):
                    await asyncio.Event().wait()

            task = asyncio.create_task(write())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    await check_that_writing_goes_on()


async def test_a_transaction_whose_task_is_cancelled_is_rolled_back(one_connection):
    written = asyncio.Event()

    async def write():
        async with in_transaction("default"):
            await add("lost")
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await written.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    await check_that_writing_goes_on()
    assert ["next"] == await names()


async def test_a_commit_that_the_database_refuses_is_rolled_back(one_connection):
    """A constraint that is checked at the commit only, as a full disk would be noticed."""
    await one_connection.execute_query(
        "CREATE TABLE child (parent INT REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED)"
    )

    async def write():
        async with in_transaction("default") as connection:
            await add("lost")
            await connection.execute_query("INSERT INTO child VALUES (12345)")

    try:
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await write()

        await check_that_writing_goes_on()
        assert ["next"] == await names()
    finally:
        await one_connection.execute_query("DROP TABLE child")  # the database is another test's next


async def test_a_database_that_another_process_holds_for_too_long_leaves_no_lock_behind(sqlite_url):
    """``busy_timeout`` over: the one transaction fails, and the next one begins."""
    client = get_connection("default")
    await client.execute_query("PRAGMA busy_timeout = 10")
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite://"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            async with in_transaction("default"):
                pass
        waiting = asyncio.create_task(begin_and_wait())
        await asyncio.sleep(0)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting

    await check_that_writing_goes_on()


async def begin_and_wait():
    async with in_transaction("default"):
        await asyncio.Event().wait()


async def test_a_caller_that_is_cancelled_while_another_process_holds_the_database_leaves_no_transaction(sqlite_url):
    """The statement runs on in its thread and begins after all; that must not outlive its caller."""
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite://"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(begin_and_wait())
    for _ in range(5):  # into the statement, which waits for the holder
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    holder.execute("ROLLBACK")
    holder.close()
    with suppress(asyncio.CancelledError):
        await task

    await check_that_writing_goes_on()


async def test_readers_of_sqlite_cannot_write(sqlite_url):
    with pytest.raises(Exception, match="readonly"):
        await get_connection("default").read([("DELETE FROM account", [])])

    assert 1 == await User.all().count()


async def test_a_stream_holds_one_snapshot_while_writes_go_on(owner):
    """What is deleted or added after its first chunk changes nothing in it, and it does not stop the writers."""
    expected = [f"{number:02}" for number in range(30)]
    await add(*expected)
    walked = []
    async with asyncio.timeout(IN_TIME), aclosing(get_connection("default").stream(ALL_NAMES, [], chunk=7)) as chunks:
        async for rows in chunks:
            if not walked:
                await Tag.filter(name__gte="10").delete()
                await add("new")
            walked.append([row[0] for row in rows])

    assert [7, 7, 7, 7, 2] == [len(part) for part in walked]
    assert expected == [name for part in walked for name in part]
    assert [*expected[:10], "new"] == await names()
    await check_that_nothing_is_open()


def forget_tags(url):
    """Delete all tags, as another process would, while this one waits."""
    if not ON_POSTGRES:
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection, connection:
            connection.execute("DELETE FROM tag")
        return

    async def delete():
        connection = await asyncpg.connect(url)
        await connection.execute("DELETE FROM tag")
        await connection.close()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, delete()).result(IN_TIME)


async def test_a_stream_made_of_what_was_read_is_of_the_same_snapshot(owner, database):
    """A write that commits between the two statements is in neither of them."""
    expected = [f"{number:02}" for number in range(30)]
    await add(*expected)
    read = []

    def then(rows):
        read.extend(row[0] for row in rows)
        forget_tags(database)
        return ALL_NAMES, []

    async with aclosing(get_connection("default").stream(ALL_NAMES, [], chunk=7, then=then)) as chunks:
        walked = [row[0] async for rows in chunks for row in rows]

    assert expected == read == walked
    assert [] == await names()
    await check_that_nothing_is_open()


async def test_a_stream_for_which_nothing_can_be_made_leaves_nothing_open(one_connection):
    async with aclosing(one_connection.stream(ALL_NAMES, [], chunk=7, then=lambda rows: rows[0])) as chunks:
        with pytest.raises(IndexError):
            await anext(chunks)

    await check_that_writing_goes_on()


async def test_a_stream_in_a_transaction_sees_its_own_writes_in_both_statements(owner):
    read = []
    async with in_transaction("default"):
        await add("mine")
        stream = get_connection("default").stream(
            ALL_NAMES, [], chunk=7, then=lambda rows: read.extend(rows) or (ALL_NAMES, [])
        )
        walked = [row[0] async for rows in stream for row in rows]

    assert ["mine"] == walked == [row[0] for row in read]


async def test_a_stream_that_is_left_early_leaves_nothing_open(one_connection):
    await add(*[f"{number:02}" for number in range(30)])
    async with aclosing(one_connection.stream(ALL_NAMES, [], chunk=7)) as chunks:
        first = await anext(chunks)

    assert 7 == len(first)
    await check_that_writing_goes_on()


async def test_a_stream_whose_reader_is_cancelled_leaves_nothing_open(one_connection):
    """In the middle of a chunk as well as between two."""
    await add(*[f"{number:02}" for number in range(30)])

    async def walk():
        async with aclosing(one_connection.stream(ALL_NAMES, [], chunk=1)) as chunks:
            async for _ in chunks:
                await asyncio.sleep(0)

    for turns in range(0, 40, 3):
        task = asyncio.create_task(walk())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    await check_that_writing_goes_on()


async def test_a_stream_that_fails_leaves_nothing_open(one_connection):
    with pytest.raises(Exception, match=r"(?i)no such table|does not exist"):
        async with aclosing(one_connection.stream("SELECT * FROM nowhere", [], chunk=1)) as chunks:
            await anext(chunks)

    await check_that_writing_goes_on()
