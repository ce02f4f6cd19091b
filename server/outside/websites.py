"""The way to the web, as schema.ports.Websites: the guarded client, then a child process that reads what it brought."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import astuple

from schema.ports import FetchFailed, PageData, Picture
from server.outside import web_archive
from server.outside.fetch import MAX_BYTES, TIMEOUT, USER_AGENT, Fetched, Fetcher
from server.outside.guard import Guard
from server.outside.sandbox import PageJob, PictureJob, Sandbox, SandboxFailed

WEB_ARCHIVE = "https://web.archive.org"
AT_ONCE = 16  # fetches of one process; each may hold its 5 MiB
READERS = 2  # child processes: one hostile page then holds up nobody else's
REMEMBERED_SECONDS = 300.0
REMEMBERED_PAGES = 64
REMEMBERED_TEXT = 100_000  # characters of all its parts; a page with more is fetched again. 6.4 million of all pages

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_HEAD_IS_OVER = re.compile(rb"</head\b|<body\b", re.IGNORECASE)
GONE = frozenset({400, 401, 403, 404, 405, 406, 410, 451})  # answers that tomorrow's are likely to repeat


class GuardedWebsites:
    """Fetches and reads pages and pictures; close it when done.

    ``web_archive`` is the address of the Internet Archive, or of what stands in for it.
    ``timeout`` is in seconds for a whole fetch, ``max_bytes`` how much of a body is read. ``guard`` replaces the rule
    that ``allow_private`` makes (tests do). ``clock`` is in seconds, for what is remembered.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        web_archive: str = WEB_ARCHIVE,
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        user_agent: str = USER_AGENT,
        guard: Guard | None = None,
        sandbox: Sandbox | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = Fetcher(
            guard=guard or Guard(allow_private=allow_private),
            timeout=timeout,
            max_bytes=max_bytes,
            user_agent=user_agent,
        )
        self._sandbox = sandbox or Sandbox(workers=READERS)
        self._web_archive = web_archive
        self._memory = _Memory(clock)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """Close connections and end the child process."""
        await self._fetcher.close()
        await self._sandbox.close()

    async def read(self, url: str, *, fresh: bool = False) -> PageData:
        """What the page at ``url`` says of itself, whatever its status code (LD-SCR-1).

        A page read within the last five minutes is answered from memory unless ``fresh``. A body that is too long
        counts as far as it came; one that is too slow or breaks off only when its head is there. Raises FetchFailed.
        """
        if not fresh and (known := self._memory.get(url)) is not None:
            return known
        async with self._turns:
            fetched = await self._fetcher.get(url, accept="text/html,application/xhtml+xml,*/*;q=0.1", wants=_is_html)
            if fetched.cut in {"time", "connection"} and not _HEAD_IS_OVER.search(fetched.body):
                raise FetchFailed(f"the page did not arrive: {fetched.cut}")
            try:
                page = await self._sandbox.read_page(PageJob(fetched.body, fetched.charset, fetched.url, url))
            except SandboxFailed as error:
                raise FetchFailed(str(error), permanent=error.permanent) from error
        if fetched.cut in {None, "size"}:
            self._memory.put(url, page)
        return page

    async def read_copy(self, html: bytes, url: str) -> PageData:
        """What the page says of itself in a copy of it; nothing is fetched or remembered. Raises FetchFailed."""
        return await _read_copy(self._sandbox, html, url)

    async def picture(self, url: str, *, max_side: int) -> Picture:
        """The picture at ``url`` as WebP, fitting a square of ``max_side`` pixels. Raises FetchFailed."""
        async with self._turns:
            fetched = await self._fetcher.get(url, accept="image/webp,image/png,image/*;q=0.8", wants=_is_picture)
            _check_whole(fetched)
            try:
                return await self._sandbox.shrink(PictureJob(fetched.body, max_side))
            except SandboxFailed as error:
                raise FetchFailed(str(error), permanent=error.permanent) from error

    def check(self, url: str) -> None:
        """Pass an address that nothing speaks against before it is connected to. Raises FetchFailed."""
        self._fetcher.check(url)

    async def deliver(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
        """POST the bytes, under the same rules; the answer's status. Raises FetchFailed."""
        return await self._fetcher.post(url, body, headers, seconds=seconds)

    async def archive(self, url: str) -> str:
        """Have the Internet Archive keep the page; where it has it. Raises FetchFailed."""
        return await web_archive.keep(self._fetcher, self._web_archive, url)


class NoWebsites:
    """Fetches nothing at all, which is what ``POLYMARK_FETCH_TIMEOUT=0`` asks for; webhooks are sent all the same."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._fetcher = Fetcher(guard=Guard(allow_private=allow_private))
        self._sandbox = Sandbox(workers=1)  # for copies that are brought

    async def close(self) -> None:
        """Close connections and end the child process."""
        await self._fetcher.close()
        await self._sandbox.close()

    async def read_copy(self, html: bytes, url: str) -> PageData:
        """As above."""
        return await _read_copy(self._sandbox, html, url)

    def check(self, url: str) -> None:
        """As above."""
        self._fetcher.check(url)

    async def deliver(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
        """As above."""
        return await self._fetcher.post(url, body, headers, seconds=seconds)

    async def read(self, url: str, *, fresh: bool = False) -> PageData:  # noqa: ARG002 - the port's signature
        """Raises FetchFailed, permanent."""
        raise FetchFailed("fetching is switched off", permanent=True)

    async def picture(self, url: str, *, max_side: int) -> Picture:  # noqa: ARG002 - the port's signature
        """Raises FetchFailed, permanent."""
        raise FetchFailed("fetching is switched off", permanent=True)

    async def archive(self, url: str) -> str:  # noqa: ARG002 - the port's signature
        """Raises FetchFailed, permanent."""
        raise FetchFailed("fetching is switched off", permanent=True)


class _Memory:
    """The last few pages, for a few minutes: an extension asks about a page, and saves it a moment later."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pages: OrderedDict[str, tuple[float, PageData]] = OrderedDict()

    def get(self, url: str) -> PageData | None:
        """The page, while it is fresh enough."""
        until, page = self._pages.get(url, (0.0, None))
        return page if self._clock() < until else None

    def put(self, url: str, page: PageData) -> None:
        """Remember the page in place of an older one, unless it is too long; forget the oldest ones."""
        self._pages.pop(url, None)
        if len(url) + sum(len(part or "") for part in astuple(page)) <= REMEMBERED_TEXT:
            self._pages[url] = (self._clock() + REMEMBERED_SECONDS, page)
        while len(self._pages) > REMEMBERED_PAGES:
            self._pages.popitem(last=False)


async def _read_copy(sandbox: Sandbox, html: bytes, url: str) -> PageData:
    try:
        return await sandbox.read_page(PageJob(html, None, url, url))
    except SandboxFailed as error:
        raise FetchFailed(str(error), permanent=error.permanent) from error


def _is_html(content_type: str | None) -> bool:
    """Whether to read on; without a type the bytes themselves decide later."""
    return content_type is None or content_type in _HTML


def _is_picture(content_type: str | None) -> bool:
    """Whether to read on: servers call icons all sorts of things, but SVG and text are never what we take."""
    return content_type is None or not ("svg" in content_type or content_type.startswith("text/"))


def _check_whole(fetched: Fetched) -> None:
    """A picture must be a good answer and all there. Raises FetchFailed."""
    if fetched.status != 200:
        raise FetchFailed(f"status {fetched.status}", permanent=fetched.status in GONE)
    if fetched.cut == "size":
        raise FetchFailed("the picture is too large", permanent=True)
    if fetched.truncated:
        raise FetchFailed(f"the picture did not arrive: {fetched.cut}")
