"""A child process for strangers' bytes, which the server ends when they take too long.

Why a process of our own making: the parsers are C and Python that no thread can stop (a page of 400,000 attributes
keeps one busy for minutes, one of a million elements takes more than a gigabyte), and ``ProcessPoolExecutor`` in
Python 3.11 can neither end one worker nor go on after one died. The child gets no file descriptors, no environment and
no secrets of the server, a limit of memory, and an alarm that ends it even when the server is gone. It also keeps
trafilatura and Pillow out of the server's own memory.

On the pipes go frames, four bytes of length (big-endian) and as many of MessagePack: a job down, one or more replies
up. MessagePack, not pickle: a child that was taken over can say nothing but a Reply.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import structlog

from schema.ports import PageData, Picture
from server.outside.snapshots.pieces import CleanJob, Document

LENGTH = struct.Struct(">I")
MAX_FRAME = 64 * 1024 * 1024  # bytes of a reply that are believed; 5 MiB of text cannot become more
TIME_LIMIT = 10.0  # seconds for one job
MEMORY_LIMIT = 512 * 1024 * 1024  # bytes of address space; ordinary pages and pictures need a fifth
IDLE_LIMIT = 120.0  # seconds after which a child without work is let go
MOST_JOBS = 500  # of one child: what its libraries remember or leak goes with it

ROOT = Path(__file__).resolve().parents[2]  # where the rooms lie

log = structlog.stdlib.get_logger("polymark.sandbox")


class PageJob(msgspec.Struct, frozen=True, tag="page"):
    """Read a page: the arguments of ``reading.read_page``."""

    html: bytes
    charset: str | None
    url: str
    requested_url: str


class PictureJob(msgspec.Struct, frozen=True, tag="picture"):
    """Shrink a picture: the arguments of ``pictures.shrink``."""

    data: bytes
    max_side: int


Job = PageJob | PictureJob | CleanJob


class Reply(msgspec.Struct, frozen=True):
    """What the child has to say: a result, or in ``failure`` a line of why not; ``last`` ends the job."""

    page: PageData | None = None
    picture: Picture | None = None
    document: Document | None = None
    failure: str | None = None
    last: bool = True


class SandboxFailed(Exception):  # noqa: N818 - a fact about the outside, not a bug
    """The bytes could not be read; the text says why in one line, ``permanent`` that it is their own fault."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class _Child:
    """A running child and what its parent knows of it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.jobs = 0
        self.idle: asyncio.TimerHandle | None = None

    def kill(self) -> None:
        """End it, whatever it is doing; nothing when it has ended."""
        if self.process.returncode is None:
            self.process.kill()

    async def replies(self, job: Job) -> AsyncIterator[Reply]:
        """Send the job and give the replies up to the last; EOFError or OSError when the child is gone."""
        self.jobs += 1
        assert self.process.stdin is not None  # noqa: S101 - both are pipes, see _spawn
        assert self.process.stdout is not None  # noqa: S101
        body = msgspec.msgpack.encode(job)
        self.process.stdin.writelines([LENGTH.pack(len(body)), body])
        await self.process.stdin.drain()
        last = False
        while not last:
            (size,) = LENGTH.unpack(await self.process.stdout.readexactly(LENGTH.size))
            if size > MAX_FRAME:
                raise EOFError("a reply that cannot be")
            reply = msgspec.msgpack.decode(await self.process.stdout.readexactly(size), type=Reply)
            last = reply.last
            yield reply


class Sandbox:
    """Up to ``workers`` children, each started when first needed; more jobs wait for their turn.

    ``time_limit`` is in seconds for one job, ``memory_limit`` in bytes for one child. Close it when done.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        time_limit: float = TIME_LIMIT,
        memory_limit: int = MEMORY_LIMIT,
        idle_limit: float = IDLE_LIMIT,
    ) -> None:
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._idle_limit = idle_limit
        self._turns = asyncio.Semaphore(workers)
        self._idle: list[_Child] = []
        self._children: set[_Child] = set()

    async def read_page(self, job: PageJob) -> PageData:
        """What the page says of itself; the parts that were ready when one takes too long. Raises SandboxFailed."""
        best: PageData | None = None
        try:
            async with self._child() as child, asyncio.timeout(self._time_limit):
                async for reply in child.replies(job):
                    best = reply.page or best
                    if reply.failure:
                        log.info("page_text_not_read", host=urlsplit(job.url).hostname, reason=reply.failure)
        except (TimeoutError, EOFError, OSError, msgspec.DecodeError) as error:
            log.warning("page_reader_ended", host=urlsplit(job.url).hostname, reason=type(error).__name__)
            if best is None:
                raise SandboxFailed("the page takes too long or too much memory to read", permanent=False) from error
        if best is None:
            raise SandboxFailed("the page cannot be read", permanent=True)
        return best

    async def shrink(self, job: PictureJob) -> Picture:
        """The picture, smaller. Raises SandboxFailed."""
        answer = await self._answer(job, "picture_reader_ended", "the picture")
        if answer.picture is None:
            raise SandboxFailed(answer.failure or "the picture cannot be read", permanent=True)
        return answer.picture

    async def clean(self, job: CleanJob) -> Document:
        """The document, made harmless. Raises SandboxFailed."""
        answer = await self._answer(job, "cleaner_ended", "the document")
        if answer.document is None:
            raise SandboxFailed(answer.failure or "the document cannot be read", permanent=True)
        return answer.document

    async def _answer(self, job: Job, event: str, what: str) -> Reply:
        """The last reply to a job; without one ``event`` is logged. Raises SandboxFailed then."""
        answer = Reply()
        try:
            async with self._child() as child, asyncio.timeout(self._time_limit):
                async for reply in child.replies(job):
                    answer = reply
        except (TimeoutError, EOFError, OSError, msgspec.DecodeError) as error:
            log.warning(event, reason=type(error).__name__)
            raise SandboxFailed(f"{what} takes too long or too much memory to read", permanent=False) from error
        return answer

    async def close(self) -> None:
        """End all children and wait until they are gone."""
        children, self._children = self._children, set()
        self._idle.clear()
        for child in children:
            if child.idle is not None:
                child.idle.cancel()
            child.kill()
        for child in children:
            await child.process.wait()

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[_Child]:
        """A child for one job. One whose job did not end well is ended: it may still be at it."""
        async with self._turns:
            child = self._wake() or await self._spawn()
            try:
                yield child
            except BaseException:
                child.kill()
                raise
            self._rest(child)

    def _wake(self) -> _Child | None:
        """An idle child that still lives."""
        while self._idle:
            child = self._idle.pop()
            if child.idle is not None:
                child.idle.cancel()
            if child.process.returncode is None:
                return child
        return None

    def _rest(self, child: _Child) -> None:
        """Keep the child for the next job, for a while."""
        if child.jobs >= MOST_JOBS:
            child.kill()
            return
        child.idle = asyncio.get_running_loop().call_later(self._idle_limit, child.kill)
        self._idle.append(child)

    async def _spawn(self) -> _Child:
        """Start a child; it is ready once it has loaded its libraries, some tenths of a second later."""
        self._children = {child for child in self._children if child.process.returncode is None}
        alarm = ceil(self._time_limit) + 1  # later than our own limit: it is for when nobody is left to end it
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder that the server was started in may hold a schema.py of its own
            "-m",
            "server.outside.sandbox_child",
            str(alarm),
            str(self._memory_limit),
            stdin=PIPE,
            stdout=PIPE,
            env={"PYTHONPATH": str(ROOT)},
            start_new_session=True,  # Ctrl-C is for the server, which then ends its children
        )
        child = _Child(process)
        self._children.add(child)
        return child
