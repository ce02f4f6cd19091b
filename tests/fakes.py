"""A fake for each port: quick, without network, and the same on every run."""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from rest_compat.bkmark.events import BkmarkWording
from schema.errors import NotFound, RateLimited, TooLarge, Unavailable
from schema.ports import (
    Allowance,
    FetchFailed,
    Limits,
    PageData,
    Payloads,
    Picture,
    Ports,
    SignedPath,
    StoredFile,
    SweepCheck,
    TakenPage,
)
from server.outside.counters.memory import MemoryCounters
from server.outside.quotas import Windows
from server.signing import Signer

START = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
CHUNK = 256 * 1024

T = TypeVar("T")


class FakeClock:
    """Starts at a fixed moment and moves one microsecond a look; ``seed`` fixes ids and secrets."""

    def __init__(self, start: datetime = START, *, seed: int = 0) -> None:
        self._moment = start
        self._random = random.Random(seed)  # noqa: S311 - the same secrets on every run are the point
        self._made = 0

    def now(self) -> datetime:
        """The moment, one microsecond after the last one."""
        self._moment += timedelta(microseconds=1)
        return self._moment

    def forward(self, **span: float) -> None:
        """Let time pass: ``forward(minutes=10)``."""
        self._moment += timedelta(**span)

    def uuid(self) -> UUID:
        """A UUIDv7 of the moment (without moving it); later ones sort later, 4096 of them in a millisecond."""
        self._made += 1
        milliseconds = int(self._moment.timestamp() * 1000)
        head = milliseconds << 80 | 7 << 76 | self._made % 4096 << 64
        return UUID(int=head | 2 << 62 | self._random.getrandbits(62))

    def secret(self, nbytes: int) -> bytes:
        """The next bytes of the seed's sequence."""
        return self._random.randbytes(nbytes)


class FakeSummaries:
    """Says how the text begins; ``calls`` are the texts it was shown."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str | None]] = []

    async def make(self, title: str, text: str, language: str | None) -> str:
        """The first 40 characters."""
        self.calls.append((title, text, language))
        return f"In short: {text[:40].strip()}"


class FakePasswords:
    """Recognisable "hashes" that cost nothing."""

    async def hash(self, password: str) -> str:
        """The password itself, marked."""
        return f"fake${password}"

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether ``hash`` would give it."""
        return hashed == f"fake${password}"


@dataclass(frozen=True, slots=True)
class Delivered:
    """Something that was posted."""

    url: str
    body: bytes
    headers: dict[str, str]


class FakeWebsites:
    """A web of the given pages and pictures; anything else fails for good.

    A FetchFailed in place of a page or a status is raised. ``calls`` counts every attempt to read, ``gate`` (an
    asyncio.Event) keeps all of them waiting until it is set. ``delivered`` is what was posted.
    """

    def __init__(
        self,
        pages: dict[str, PageData | FetchFailed] | None = None,
        pictures: dict[str, Picture | FetchFailed] | None = None,
    ) -> None:
        self.pages = dict(pages or {})
        self.pictures = dict(pictures or {})
        self.calls: list[str] = []
        self.gate: asyncio.Event | None = None
        self.private: set[str] = set()
        self.statuses: dict[str, list[int | FetchFailed]] = {}
        self.delivered: list[Delivered] = []
        self.archived: dict[str, str | FetchFailed] = {}

    async def read(self, url: str, *, fresh: bool = False) -> PageData:
        """The page as given, or FetchFailed."""
        return await self._answer(url, self.pages)

    async def read_copy(self, html: bytes, url: str) -> PageData:
        """What stands between the first ``<title>`` and its end."""
        title = html.partition(b"<title>")[2].partition(b"</title>")[0].decode()
        return PageData(url=url, title=title or None)

    async def picture(self, url: str, *, max_side: int) -> Picture:
        """The picture as given, whatever its size, or FetchFailed."""
        return await self._answer(url, self.pictures)

    def check(self, url: str) -> None:
        """Pass all addresses but those in ``private`` and what is none."""
        if url in self.private or "://" not in url:
            raise FetchFailed("refused", permanent=True)

    async def deliver(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
        """Note what was sent; answer with the next of the address's ``statuses``, 200 when there is none."""
        self.delivered.append(Delivered(url, body, dict(headers)))
        answers = self.statuses.get(url)
        answer = answers.pop(0) if answers else 200
        if isinstance(answer, FetchFailed):
            raise answer
        return answer

    async def archive(self, url: str) -> str:
        """Where ``archived`` says that the page is kept, or FetchFailed."""
        return await self._answer(url, self.archived)

    async def _answer(self, url: str, known: dict[str, T | FetchFailed]) -> T:
        self.calls.append(url)
        if self.gate is not None:
            await self.gate.wait()
        answer = known.get(url, FetchFailed("no such page", permanent=True))
        if isinstance(answer, FetchFailed):
            raise answer
        return answer


class FakeSnapshots:
    """Takes the given snapshots (content type and bytes, by address); anything else fails for good.

    A FetchFailed in place of a snapshot is raised. ``calls`` counts every attempt, ``asked`` rings with each, ``gate``
    (an asyncio.Event) keeps all of them waiting until it is set, and ``open`` are the files not let go of yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pages: dict[str, tuple[str, bytes] | FetchFailed] = {}
        self.calls: list[str] = []
        self.asked = asyncio.Event()
        self.gate: asyncio.Event | None = None
        self.open: set[Path] = set()

    @asynccontextmanager
    async def take(self, url: str) -> AsyncIterator[TakenPage]:
        """The snapshot as given, in a file that goes afterwards, or FetchFailed."""
        self.calls.append(url)
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        answer = self.pages.get(url, FetchFailed("no such page", permanent=True))
        if isinstance(answer, FetchFailed):
            raise answer
        content_type, data = answer
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self.calls)}.snapshot"
        path.write_bytes(data)
        self.open.add(path)
        try:
            yield TakenPage(content_type, path)
        finally:
            path.unlink()
            self.open.remove(path)


class FakeFiles:
    """Files in one flat folder, written at once; ``broken`` makes storing fail as a full disk would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.broken = False

    async def store(self, chunks: AsyncIterator[bytes], *, limit: int | None = None) -> StoredFile:
        """Keep the bytes in memory until all have come, then write them."""
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if limit is not None and len(data) > limit:
                raise TooLarge(limit)
        if self.broken:
            raise Unavailable("storage")
        name = hashlib.sha256(data).hexdigest()
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_bytes(data)
        return StoredFile(sha256=name, size=len(data))

    def path(self, sha256: str) -> Path | None:
        """The file of that name, if it is there."""
        known = {path.name: path for path in self._folder.glob("*")}
        return known.get(sha256)

    async def read(self, sha256: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """A slice of the bytes, in chunks."""
        path = self.path(sha256)
        if path is None:
            raise NotFound("asset")
        data = path.read_bytes()[start:end]
        for first in range(0, len(data), CHUNK):
            yield data[first : first + CHUNK]

    async def sweep(self, is_named: SweepCheck, *, older_than: datetime) -> int:
        """Unlink what is old and nameless."""
        cutoff = older_than.timestamp()
        old = [path.name for path in self._folder.glob("*") if path.stat().st_mtime < cutoff]
        named = await is_named(old) if old else set()
        gone = [path for name in old if name not in named and (path := self._folder / name).stat().st_mtime < cutoff]
        for path in gone:
            path.unlink()
        return len(gone)


class FakeNudge:
    """Counts how often the worker would have been woken."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


class FakeSigning:
    """Readable addresses, good for ten minutes by the given clock."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def sign(self, owner_id: int, asset_id: int, method: str) -> SignedPath:
        """A path that says what it allows."""
        room = "uploads" if method == "PUT" else "files"
        return SignedPath(f"/{room}/{owner_id}-{asset_id}-{method}", self._clock.now() + timedelta(minutes=10))

    def seal(self, purpose: str, facts: list[Any]) -> str:
        """Sealed with a key that everybody knows."""
        return Signer(b"fake", self._clock).seal(purpose, facts)

    def unseal(self, purpose: str, sealed: str) -> list[Any]:
        """The facts again."""
        return Signer(b"fake", self._clock).unseal(purpose, sealed)


class FakeThrottle:
    """A moving window by the given clock."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._taken: dict[tuple[str, str], list[datetime]] = {}

    async def take(self, allowance: Allowance, key: str) -> None:
        """Count one try, or raise RateLimited."""
        now = self._clock.now()
        window = timedelta(seconds=allowance.seconds)
        taken = [moment for moment in self._taken.get((allowance.name, key), []) if now - moment < window]
        if len(taken) >= allowance.tries:
            raise RateLimited(math.ceil((taken[0] + window - now).total_seconds()))
        self._taken[allowance.name, key] = [*taken, now]

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Forget one try of the key."""
        if taken := self._taken.get((allowance.name, key)):
            taken.pop()

    async def clear(self, allowance: Allowance, key: str) -> None:
        """Forget the tries of the key."""
        self._taken.pop((allowance.name, key), None)


def fake_ports(folder: Path, limits: Limits | None = None) -> Ports:
    """All fakes together; ``folder`` takes the files."""
    clock = FakeClock()
    return Ports(
        websites=FakeWebsites(),
        files=FakeFiles(folder / "fake-files"),
        clock=clock,
        passwords=FakePasswords(),
        nudge=FakeNudge(),
        limits=limits or Limits(),
        payloads=Payloads(base="https://links.example", wordings={"bkmark": BkmarkWording()}),
        signing=FakeSigning(clock),
        throttle=FakeThrottle(clock),
        quotas=Windows(MemoryCounters(clock), clock),
        summaries=FakeSummaries(),
        snapshots=FakeSnapshots(folder / "fake-snapshots"),
        sanitize=lambda html: html.replace("<script>", "") or None,
    )


def make_old(path: Path, *, hours: float = 2) -> None:
    """Set a file's time back, for sweeps."""
    moment = path.stat().st_mtime - hours * 3600
    os.utime(path, (moment, moment))
