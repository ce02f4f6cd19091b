import asyncio
import io
import os
import re
import signal
import time
from pathlib import Path

import pytest
from PIL import Image

from server.outside.sandbox import PageJob, PictureJob, Sandbox, SandboxFailed

URL = "https://a.example/"
MIB = 1024 * 1024

# Documents of up to 5 MiB that keep parsers busy for minutes: attributes of one element are compared each with each,
# nested elements looked through to the bottom, a million of them walked again and again.
ATTRIBUTES = b"<body><p " + b" ".join(b"a%d=1" % number for number in range(400_000)) + b">"
ELEMENTS = b"<head><title>t</title></head><body>" + b"<p>a" * 1_000_000
NESTED = b"<head><title>t</title></head><body>" + b"<div>" * 100_000
BRACKETS = b"<" * (5 * MIB)


def page(html: bytes = b"<title>a</title>") -> PageJob:
    return PageJob(html, None, URL, URL)


@pytest.fixture
async def sandbox():
    sandbox = Sandbox()
    yield sandbox
    await sandbox.close()


@pytest.fixture
async def hasty():
    sandbox = Sandbox(time_limit=2)
    yield sandbox
    await sandbox.close()


def pids(sandbox: Sandbox) -> list[int]:
    return [child.process.pid for child in sandbox._children if child.process.returncode is None]


async def test_a_page_and_a_picture_are_read_by_one_child(sandbox):
    out = io.BytesIO()
    Image.new("RGB", (100, 50), "red").save(out, "PNG")

    read = await sandbox.read_page(page("<title>ü</title>".encode()))
    (pid,) = pids(sandbox)
    picture = await sandbox.shrink(PictureJob(out.getvalue(), 10))

    assert "ü" == read.title
    assert (10, 5, b"RIFF") == (picture.width, picture.height, picture.data[:4])
    assert [pid] == pids(sandbox)


async def test_what_is_no_picture_says_so_and_the_child_goes_on(sandbox):
    with pytest.raises(SandboxFailed, match="UnidentifiedImageError") as failure:
        await sandbox.shrink(PictureJob(b"<svg/>", 10))

    assert failure.value.permanent
    assert "a" == (await sandbox.read_page(page())).title


async def test_a_page_that_cannot_be_finished_ends_in_time(hasty):
    """Its child is ended, and the next page gets another one."""
    started = time.monotonic()

    with pytest.raises(SandboxFailed):
        await hasty.read_page(page(ATTRIBUTES))

    assert time.monotonic() - started < 15
    assert "a" == (await hasty.read_page(page())).title


@pytest.mark.parametrize("html", [ELEMENTS, NESTED], ids=["elements", "nested"])
async def test_a_hostile_body_costs_the_text_only(hasty, html):
    """The head was read before, and stays."""
    started = time.monotonic()

    read = await hasty.read_page(page(html))

    assert time.monotonic() - started < 15
    assert ("t", None) == (read.title, read.text)


async def test_five_mebibytes_of_brackets_end_in_time(hasty):
    started = time.monotonic()

    read = await hasty.read_page(page(BRACKETS))

    assert time.monotonic() - started < 15
    assert read.title is None


async def test_the_event_loop_goes_on_meanwhile(hasty):
    """Nothing of the work is done in the server's own process."""
    longest, last = 0.0, time.monotonic()
    job = asyncio.create_task(hasty.read_page(page(ELEMENTS)))
    while not job.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    await job

    assert longest < 1


async def test_memory_is_limited():
    """A page that needs more than its child may have is read as far as its head, or not at all."""
    sandbox = Sandbox(memory_limit=160 * MIB)
    await sandbox.read_page(page())
    limits = about(pids(sandbox)[0], "limits").decode()

    read = await sandbox.read_page(page(ELEMENTS))
    await sandbox.close()

    assert re.search(rf"Max address space +{160 * MIB} +{160 * MIB} ", limits)
    assert ("t", None) == (read.title, read.text)


async def test_a_child_that_was_killed_is_replaced(sandbox):
    """As the kernel does when memory runs out, between two jobs."""
    await sandbox.read_page(page())
    (pid,) = pids(sandbox)
    os.kill(pid, signal.SIGKILL)
    await next(iter(sandbox._children)).process.wait()

    assert "a" == (await sandbox.read_page(page())).title
    assert [pid] != pids(sandbox)


async def test_a_child_that_is_killed_at_work_is_a_failure_and_replaced(sandbox):
    await sandbox.read_page(page())
    job = asyncio.create_task(sandbox.read_page(page(ATTRIBUTES)))
    await asyncio.sleep(0)  # the job's first step: it takes the idle child and begins to write
    os.kill(pids(sandbox)[0], signal.SIGKILL)

    with pytest.raises(SandboxFailed) as failure:
        await job
    assert not failure.value.permanent
    assert "a" == (await sandbox.read_page(page())).title


async def test_work_that_is_given_up_is_ended(sandbox):
    """The caller is cancelled: its child must not go on for ever, nor give its late answer to the next."""
    await sandbox.read_page(page())
    job = asyncio.create_task(sandbox.read_page(page(ATTRIBUTES)))
    await asyncio.sleep(0)  # the job's first step: it takes the idle child and begins to write
    (child,) = sandbox._children
    job.cancel()

    with pytest.raises(asyncio.CancelledError):
        await job
    assert -signal.SIGKILL == await asyncio.wait_for(child.process.wait(), 5)
    assert "a" == (await sandbox.read_page(page())).title


async def test_no_more_children_than_workers_are_started():
    sandbox = Sandbox(workers=2)

    read = await asyncio.gather(*[sandbox.read_page(page(b"<title>%d</title>" % n)) for n in range(12)])
    running = len(pids(sandbox))
    await sandbox.close()

    assert [str(n) for n in range(12)] == [one.title for one in read]
    assert 2 == running


async def test_closing_leaves_no_child(sandbox):
    await sandbox.read_page(page())
    (pid,) = pids(sandbox)

    await sandbox.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_an_idle_child_is_let_go():
    sandbox = Sandbox(idle_limit=0)
    await sandbox.read_page(page())
    (child,) = sandbox._children

    assert -signal.SIGKILL == await asyncio.wait_for(child.process.wait(), 5)
    assert "a" == (await sandbox.read_page(page())).title
    await sandbox.close()


async def test_the_child_knows_nothing_of_the_server(sandbox, monkeypatch):
    """Neither its environment, where passwords are, nor its open files."""
    monkeypatch.setenv("POLYMARK_ADMIN_PASSWORD", "secret")
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    await sandbox.read_page(page())
    (pid,) = pids(sandbox)
    pipe, files = link_of(Path(f"/proc/self/fd/{reading}")), open_files(pid)
    os.close(reading)
    os.close(writing)

    assert b"secret" not in about(pid, "environ")
    assert pipe not in files
    assert len(files) >= 3


def about(pid: int, what: str) -> bytes:
    """What the kernel knows of a process."""
    return Path(f"/proc/{pid}/{what}").read_bytes()


def link_of(path: Path) -> str:
    return str(path.readlink())


def open_files(pid: int) -> set[str]:
    return {link_of(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
