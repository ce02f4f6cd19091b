"""One suite for every store of files, then what only the disk promises."""

import asyncio
import hashlib
import os
import resource
import stat
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schema.errors import NotFound, TooLarge, Unavailable
from server.outside.files import DiskFiles
from tests.fakes import FakeFiles, make_old

MIB = 1024 * 1024


async def chunks(*parts):
    for part in parts:
        yield part


async def all_of(files, name, **span):
    return b"".join([chunk async for chunk in files.read(name, **span)])


def leftovers(folder):
    """Every file below the folder, apart from the lock."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


def an_hour_ago():
    return datetime.now(UTC) - timedelta(hours=1)


def naming(*names):
    """Make a check that knows these names and remembers what it was asked."""

    async def is_named(asked):
        is_named.asked += asked
        return set(names) & set(asked)

    is_named.asked = []
    return is_named


@pytest.fixture
def disk(tmp_path):
    return DiskFiles(tmp_path)


@pytest.fixture(params=["disk", "fake"])
def files(request, tmp_path):
    return DiskFiles(tmp_path) if request.param == "disk" else FakeFiles(tmp_path / "fake")


async def test_stored_bytes_have_their_sha256_as_name_and_are_read_back(files):
    stored = await files.store(chunks(b"one ", b"two"))

    assert hashlib.sha256(b"one two").hexdigest() == stored.sha256
    assert 7 == stored.size
    assert b"one two" == await all_of(files, stored.sha256)
    assert b"one two" == files.path(stored.sha256).read_bytes()


async def test_an_empty_file_can_be_stored(files):
    """LD-AST-4: an empty file is a file."""
    stored = await files.store(chunks())

    assert 0 == stored.size
    assert b"" == await all_of(files, stored.sha256)


async def test_the_same_bytes_are_kept_once(files, tmp_path):
    first = await files.store(chunks(b"same"))
    again = await files.store(chunks(b"sa", b"me"))

    assert first == again
    assert 1 == len(leftovers(tmp_path))


async def test_as_many_bytes_as_the_limit_are_taken(files):
    stored = await files.store(chunks(b"12345"), limit=5)

    assert 5 == stored.size


async def test_more_bytes_than_the_limit_are_too_large_and_leave_nothing(files, tmp_path):
    """The source is not read on after the limit is passed."""
    seen = []

    async def endless():
        while True:
            seen.append(1)
            yield b"x" * 300_000

    with pytest.raises(TooLarge) as caught:
        await files.store(endless(), limit=1_000_000)

    assert 1_000_000 == caught.value.limit
    assert 4 == len(seen)
    assert [] == leftovers(tmp_path)


async def test_a_source_that_breaks_off_leaves_nothing(files, tmp_path):
    """What the source raises is passed on as it is, also when it is an OSError of the network."""

    async def broken():
        yield b"x" * 300_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await files.store(broken())

    assert [] == leftovers(tmp_path)


async def test_a_cancelled_store_leaves_nothing(files, tmp_path):
    begun = asyncio.Event()

    async def stuck():
        yield b"x" * 300_000
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(files.store(stuck()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [] == leftovers(tmp_path)


@pytest.mark.parametrize(
    "name", ["", "a" * 64, "..", "../secret.key", "/etc/passwd", "A" * 64, "tmp", "sweep.lock", "é" * 64, "\0"]
)
async def test_a_name_that_is_not_there_has_no_path_and_cannot_be_read(files, name):
    await files.store(chunks(b"something"))

    assert files.path(name) is None
    with pytest.raises(NotFound):
        await all_of(files, name)


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 0), (3, 3), (5, 2), (2, 5), (0, 99), (10, None), (99, None)])
async def test_a_part_is_read_from_start_up_to_end(files, start, end):
    data = b"0123456789"
    stored = await files.store(chunks(data))

    assert data[start:end] == await all_of(files, stored.sha256, start=start, end=end)


async def test_chunks_are_at_most_256_kib(files):
    stored = await files.store(chunks(b"x" * MIB, b"y"))
    sizes = [len(chunk) async for chunk in files.read(stored.sha256)]

    assert MIB + 1 == sum(sizes)
    assert 256 * 1024 == max(sizes)


async def test_a_sweep_takes_what_is_old_and_nameless(files):
    """Young files stay, for their row may come yet; named ones stay, however old."""
    named, nameless, young = [(await files.store(chunks(data))).sha256 for data in (b"a", b"b", b"c")]
    make_old(files.path(named))
    make_old(files.path(nameless))
    is_named = naming(named)

    gone = await files.sweep(is_named, older_than=an_hour_ago())

    assert 1 == gone
    assert sorted([named, nameless]) == sorted(is_named.asked)
    assert files.path(nameless) is None
    assert b"a" == await all_of(files, named)
    assert b"c" == await all_of(files, young)


async def test_a_sweep_of_nothing_takes_nothing(files):
    assert 0 == await files.sweep(naming(), older_than=an_hour_ago())


async def test_a_sweep_spares_bytes_that_are_stored_again_meanwhile(files):
    """The second upload's row is not committed when the sweep asks, so only the new time can save the file."""
    stored = await files.store(chunks(b"again"))
    make_old(files.path(stored.sha256))

    async def is_named(names):
        await files.store(chunks(b"again"))
        return set()

    gone = await files.sweep(is_named, older_than=an_hour_ago())

    assert 0 == gone
    assert b"again" == await all_of(files, stored.sha256)


async def test_on_disk_files_lie_two_folders_deep(disk, tmp_path):
    name = (await disk.store(chunks(b"deep"))).sha256

    assert tmp_path / "assets" / name[:2] / name[2:4] / name == disk.path(name)


async def test_on_disk_many_uploads_of_the_same_bytes_at_once_are_one_file(tmp_path):
    """Two stores on one folder stand for two processes."""
    stores = [DiskFiles(tmp_path), DiskFiles(tmp_path)] * 8
    stored = await asyncio.gather(*(store.store(chunks(b"x" * MIB, b"y")) for store in stores))

    assert 1 == len(set(stored))
    assert 1 == len(leftovers(tmp_path))


async def test_on_disk_the_bytes_are_flushed_before_the_name_and_the_name_before_the_answer(disk, monkeypatch):
    """A power cut finds either no name, or the name with all of its bytes; new folders are flushed as well."""
    steps = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "bytes")
        fsync(descriptor)

    def watched_replace(path, target):
        steps.append("name")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    await disk.store(chunks(b"the first file of all"))
    first, steps[:] = steps[:], []
    await disk.store(chunks(b"the first file of all"))

    # assets and tmp, then the two levels
    assert ["folder", "folder", "bytes", "folder", "folder", "name", "folder"] == first
    assert ["bytes", "name", "folder"] == steps


async def test_on_disk_a_dead_upload_is_swept_and_a_live_one_is_not(disk, tmp_path):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        yield b"x" * 300_000
        begun.set()
        await go_on.wait()
        yield b"y"

    task = asyncio.create_task(disk.store(slow()))
    await begun.wait()
    dead = tmp_path / "assets" / "tmp" / "dead"
    dead.write_bytes(b"half")
    make_old(dead)
    gone = await disk.sweep(naming(), older_than=datetime.now(UTC) + timedelta(hours=1))
    go_on.set()
    stored = await task

    assert 1 == gone
    assert not dead.exists()
    assert 300_001 == stored.size


async def test_on_disk_a_sweep_leaves_strangers_alone(disk, tmp_path):
    await disk.store(chunks(b"mine"))
    stranger = tmp_path / "assets" / "ab" / "cd" / "notes.txt"
    stranger.parent.mkdir(parents=True, exist_ok=True)
    stranger.write_text("not ours")
    make_old(stranger)

    assert 0 == await disk.sweep(naming(), older_than=an_hour_ago())
    assert stranger.exists()


async def test_on_disk_a_sweep_asks_in_batches(disk):
    """No question has more than 500 names, since a database takes only so many parameters."""
    names = [(await disk.store(chunks(str(number).encode()))).sha256 for number in range(510)]
    for name in names:
        make_old(disk.path(name))
    questions = []

    async def is_named(asked):
        questions.append(len(asked))
        return set()

    gone = await disk.sweep(is_named, older_than=an_hour_ago())

    assert [500, 10] == questions
    assert 510 == gone


async def test_on_disk_a_full_disk_is_unavailable_and_leaves_nothing(disk, tmp_path):
    """A limit on the size of files makes the kernel refuse, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        with pytest.raises(Unavailable) as caught:
            await disk.store(chunks(*[b"x" * MIB] * 3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "storage" == caught.value.what
    assert [] == leftovers(tmp_path)


async def test_on_disk_a_folder_that_cannot_be_written_is_unavailable(disk, tmp_path):
    (tmp_path / "assets").write_text("in the way")

    with pytest.raises(Unavailable):
        await disk.store(chunks(b"x"))


async def test_on_disk_300_mb_pass_without_being_in_memory(disk):
    """Going in and coming out, at most a few chunks are held at once."""
    piece = b"x" * MIB

    async def source():
        for _ in range(300):
            yield piece

    tracemalloc.start()
    try:
        stored = await disk.store(source())
        size = 0
        async for chunk in disk.read(stored.sha256):
            size += len(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 300 * MIB == size
    assert peak < 4 * MIB


async def test_on_disk_storing_again_renews_the_time(disk):
    stored = await disk.store(chunks(b"again"))
    make_old(disk.path(stored.sha256))
    await disk.store(chunks(b"again"))

    assert time.time() - disk.path(stored.sha256).stat().st_mtime < 60


async def test_on_disk_no_sweep_unlinks_while_a_backup_is_made(disk):
    """Nor do sweeps and uploads wait for it; the next sweep takes what there is to take."""
    old = await disk.store(chunks(b"old and nameless"))
    make_old(disk.path(old.sha256))
    with disk.held_for_backup(), disk.held_for_backup():  # two backups, for that matter
        during = await disk.sweep(naming(), older_than=an_hour_ago())
        new = await disk.store(chunks(b"new"))
    after = await disk.sweep(naming(), older_than=an_hour_ago())

    assert (0, 1) == (during, after)
    assert [None, True] == [disk.path(old.sha256), disk.path(new.sha256) is not None]
