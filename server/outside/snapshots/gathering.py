"""Brings what a page shows, and what that shows: a few at a time, sheets first, until enough has come or time is up."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from schema.ports import FetchFailed
from server.outside.fetch import MAX_BYTES, Fetched, Fetcher
from server.outside.sandbox import Sandbox, SandboxFailed
from server.outside.snapshots.assembling import Resource
from server.outside.snapshots.kinds import SNIFFED, SVG, sniff
from server.outside.snapshots.pieces import DOCUMENTS, CleanJob, CleanKind, Document, Kind

AT_ONCE = 6
MOST_RESOURCES = 500
MAX_RESOURCE = 10 * 1024 * 1024  # bytes of a picture, a font or a film
MAX_TEXT = 40 * 1024 * 1024  # characters of all documents together; the server holds them
RESOURCE_SECONDS = 15.0
DEEPEST_FRAME = 3

_ACCEPT: dict[Kind, str] = {
    "style": "text/css,*/*;q=0.1",
    "frame": "text/html,application/xhtml+xml,*/*;q=0.1",
    "sprite": "image/svg+xml,*/*;q=0.1",
    "image": "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "font": "*/*",
    "media": "*/*",
}
_ORDER: dict[Kind, int] = {"style": 0, "sprite": 1, "font": 2, "image": 2, "frame": 3, "media": 4}
_FRAMES = frozenset({None, "text/html", "application/xhtml+xml", "image/svg+xml"})


@dataclass(slots=True)
class Gathering:
    """What has come of one page, in ``folder``. ``bytes_wanted`` is how many of files are worth having."""

    fetcher: Fetcher
    sandbox: Sandbox
    folder: Path
    bytes_wanted: int
    taken: int = 0
    characters: int = 0
    _known: dict[tuple[str, str, str | None], Resource] = field(default_factory=dict)
    _queue: asyncio.PriorityQueue[tuple[int, int, Resource]] = field(default_factory=asyncio.PriorityQueue)
    _letters: str = ""

    async def gather(self, page: Resource, seconds: float) -> None:
        """Bring what the page shows, as ``shows`` then names it; what is not there in time stays out."""
        assert page.document is not None  # noqa: S101 - it is a page
        self._letters = page.document.characters
        self._ask(page, page.document)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)), asyncio.TaskGroup() as group:
                workers = [group.create_task(self._work()) for _ in range(AT_ONCE)]
                await self._queue.join()
                for worker in workers:
                    worker.cancel()

    def _ask(self, resource: Resource, document: Document) -> None:
        """Queue what the document shows, each address once."""
        self.characters += sum(len(piece) for piece in document.pieces if isinstance(piece, str))
        if self.characters > MAX_TEXT:
            return
        resource.document = document
        for want in document.wants:
            key = (want.kind, want.url, want.text)
            shown = self._known.get(key)
            if shown is None:
                shown = Resource(want, resource.depth + (want.kind == "frame"))
                if len(self._known) < MOST_RESOURCES and shown.depth <= DEEPEST_FRAME:
                    self._known[key] = shown
                    self._queue.put_nowait((_ORDER[want.kind], len(self._known), shown))
            resource.shows.append(shown)

    async def _work(self) -> None:
        while True:
            _, number, resource = await self._queue.get()
            try:
                with contextlib.suppress(FetchFailed, SandboxFailed):  # the page is shown without it
                    if resource.want.kind in DOCUMENTS:
                        await self._bring_document(resource, number)
                    elif self.taken < self.bytes_wanted:
                        await self._bring_file(resource, number)
            finally:
                if resource.file is None:  # the disk holds what is shown, and not what was refused
                    (self.folder / str(number)).unlink(missing_ok=True)
                self._queue.task_done()

    async def _bring_document(self, resource: Resource, number: int) -> None:
        """A sheet, a frame's page or a drawing, cleaned; what it shows is asked for in turn."""
        want = resource.want
        if want.text is not None:
            self._ask(resource, await self._clean(want.kind, want.text.encode(), "utf-8", want.url))
            return
        path = self.folder / str(number)
        fetched = await self._fetch(want.kind, want.url, path, MAX_BYTES)
        is_html = fetched.content_type in {"text/html", "application/xhtml+xml"}
        if (is_html and want.kind == "style") or (want.kind == "frame" and fetched.content_type not in _FRAMES):
            raise FetchFailed("something else than it is taken for")
        url = want.url if want.kind == "sprite" else fetched.url  # a sprite's ids are known by the address it had
        self._ask(resource, await self._clean(want.kind, path.read_bytes(), fetched.charset, url))

    async def _clean(self, kind: Kind, data: bytes, charset: str | None, url: str) -> Document:
        how: CleanKind = "style" if kind == "style" else "frame" if kind == "frame" else "sprite"
        return await self.sandbox.clean(CleanJob(how, data, charset, url, characters=self._letters))

    async def _bring_file(self, resource: Resource, number: int) -> None:
        """A picture, a font or a film that is what it is taken for by its first bytes."""
        want = resource.want
        path = self.folder / str(number)
        await self._fetch(want.kind, want.url, path, MAX_RESOURCE)
        with path.open("rb") as file:
            content_type = sniff(file.read(SNIFFED), want.kind)
        if content_type is None:
            raise FetchFailed("something else than it is taken for")
        if content_type == SVG:
            document = await self.sandbox.clean(CleanJob("picture", path.read_bytes(), None, want.url))
            path.write_text("".join(piece for piece in document.pieces if isinstance(piece, str)), encoding="utf-8")
        resource.size = path.stat().st_size
        resource.content_type, resource.file = content_type, path
        self.taken += resource.size

    async def _fetch(self, kind: Kind, url: str, path: Path, most: int) -> Fetched:
        """Have a whole good answer in the file."""
        with path.open("wb") as into:
            fetched = await self.fetcher.save(
                url, into, room=lambda _: most, accept=_ACCEPT[kind], seconds=RESOURCE_SECONDS
            )
        if fetched.status != 200 or fetched.truncated:
            raise FetchFailed(f"status {fetched.status}, cut {fetched.cut}")
        return fetched
