"""Snapshots as schema.ports.Snapshots: a page with all that it shows in one file, or a PDF or picture as it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from schema.ports import Clock, FetchFailed, TakenPage
from server.outside.fetch import MAX_BYTES, Fetched, Fetcher
from server.outside.guard import Guard
from server.outside.sandbox import Sandbox, SandboxFailed
from server.outside.snapshots.assembling import Resource, assemble
from server.outside.snapshots.gathering import Gathering
from server.outside.snapshots.kinds import KEPT, PDF, SNIFFED, is_pdf, sniff
from server.outside.snapshots.pieces import CleanJob, Want
from server.outside.snapshots.singlefile import SingleFile
from server.outside.websites import GONE

AT_ONCE = 2  # snapshots of one process
SECONDS = 60.0  # for the page and all that it shows
CLEANING_SECONDS = 20.0  # for one document
MEMORY = 1024 * 1024 * 1024  # bytes of address space of a child: a million elements need half of it

_HTML = frozenset({None, "text/html", "application/xhtml+xml", "image/svg+xml"})
_ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"

log = structlog.stdlib.get_logger("polymark.snapshots")


class PageSnapshots:
    """Takes snapshots; close it when done.

    ``max_size`` is in bytes for a file, ``seconds`` for all that is fetched for it. ``guard`` replaces the rule that
    ``allow_private`` makes (tests do). ``singlefile`` is a command that takes pages in place of this.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        max_size: int,
        allow_private: bool = False,
        singlefile: str | None = None,
        seconds: float = SECONDS,
        guard: Guard | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        guard = guard or Guard(allow_private=allow_private)
        self._clock = clock
        self._max_size = max_size
        self._seconds = seconds
        self._fetcher = Fetcher(guard=guard)
        self._sandbox = sandbox or Sandbox(workers=AT_ONCE, time_limit=CLEANING_SECONDS, memory_limit=MEMORY)
        self._singlefile = SingleFile(singlefile, guard, max_size=max_size, seconds=seconds) if singlefile else None
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """Close connections and end the child processes."""
        await self._fetcher.close()
        await self._sandbox.close()

    @asynccontextmanager
    async def take(self, url: str) -> AsyncIterator[TakenPage]:
        """The page as it is now; the file goes when the block ends. Raises FetchFailed on entering."""
        async with self._turns:
            with TemporaryDirectory(prefix="polymark-", ignore_cleanup_errors=True) as folder:
                try:
                    taken = await self._take(url, Path(folder))
                except SandboxFailed as error:
                    raise FetchFailed(str(error), permanent=error.permanent) from error
                except OSError as error:
                    raise FetchFailed(f"the snapshot cannot be written: {error.strerror}") from error
                yield taken

    async def _take(self, url: str, folder: Path) -> TakenPage:
        """What ``take`` does, in a folder of its own."""
        began = time.monotonic()
        path = folder / "page"
        with path.open("wb") as into:
            fetched = await self._fetcher.save(url, into, room=self._room, accept=_ACCEPT, seconds=self._seconds)
        size = path.stat().st_size
        _check(fetched, size)
        with path.open("rb") as file:
            kept = _kept(fetched, file.read(SNIFFED))
        if kept is not None:
            return TakenPage(kept, path)
        if self._singlefile is not None:
            return await self._singlefile.take(fetched.url, folder)
        taken = await self._inline(fetched, path, began)
        log.info("snapshot_taken", size=taken.path.stat().st_size, seconds=round(time.monotonic() - began, 1))
        return taken

    async def _inline(self, fetched: Fetched, path: Path, began: float) -> TakenPage:
        """An HTML page with all that it shows."""
        moment = self._clock.now().isoformat(timespec="seconds")
        url = fetched.url
        job = CleanJob("page", await asyncio.to_thread(path.read_bytes), fetched.charset, url, moment)
        page = Resource(Want("frame", url), document=await self._sandbox.clean(job))
        gathering = Gathering(self._fetcher, self._sandbox, path.parent, self._max_size)
        await gathering.gather(page, self._seconds - (time.monotonic() - began))
        left_out = await asyncio.to_thread(assemble, page, whole := path.with_name("whole.html"), self._max_size)
        if left_out:
            log.info("snapshot_not_whole", left_out=left_out)
        return TakenPage("text/html", whole)

    def _room(self, content_type: str | None) -> int:
        """Bytes that are taken of an answer of the type; a few of what we do not keep, for its status comes first."""
        if content_type in _HTML:
            return min(MAX_BYTES, self._max_size)
        return self._max_size if _is_kept(content_type) else SNIFFED


def _is_kept(content_type: str | None) -> bool:
    return content_type == PDF or content_type in KEPT


def _check(fetched: Fetched, size: int) -> None:
    """Pass a good answer that is all there, and something that is kept. Raises FetchFailed."""
    if not 200 <= fetched.status < 300:
        raise FetchFailed(f"status {fetched.status}", permanent=fetched.status in GONE)
    if fetched.content_type not in _HTML and not _is_kept(fetched.content_type):
        raise FetchFailed(f"neither a page nor a PDF nor a picture: {fetched.content_type}", permanent=True)
    if fetched.cut == "size":
        raise FetchFailed(f"the page is larger than {size} bytes", permanent=True)
    if fetched.truncated:
        raise FetchFailed(f"the page did not arrive: {fetched.cut}")
    if not size:
        raise FetchFailed("the page is empty", permanent=True)


def _kept(fetched: Fetched, head: bytes) -> str | None:
    """The content type of what is kept as it is; None for a page. Raises FetchFailed for what is not what it says."""
    if fetched.content_type in _HTML and not (fetched.content_type is None and is_pdf(head)):
        return None
    found = PDF if is_pdf(head) else sniff(head, "image")
    if found is None or not _is_kept(found) or (found == PDF) != (fetched.content_type in {PDF, None}):
        raise FetchFailed(f"not what it says it is: {fetched.content_type}", permanent=True)
    return found
