"""What the operations need from outside, as Protocols; ``server/outside/`` makes them real, tests fake them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from models.rows import BookmarkRow, FolderRow, TagRow
from schema.background import Background
from schema.counts import Counts
from schema.errors import Unavailable
from schema.verified import Verified

if TYPE_CHECKING:
    from schema.context import Viewer  # which needs the ports


@dataclass(frozen=True, slots=True)
class PageData:
    """What a web page says of itself; every part is None when the page does not say it.

    ``title`` and ``description`` follow linkding's contract (LD-SCR-2, LD-SCR-3). ``preview_image`` and ``favicon``
    are absolute addresses, not yet fetched. ``text`` is the readable main text, ``html`` the same as an article for a
    browser: nothing in it runs, and its addresses are absolute.
    ``published_at`` is an ISO date as the page gives it.
    """

    url: str
    title: str | None = None
    description: str | None = None
    preview_image: str | None = None
    favicon: str | None = None
    site_name: str | None = None
    author: str | None = None
    published_at: str | None = None
    language: str | None = None
    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A small WebP image that is ready to be served."""

    data: bytes
    width: int
    height: int


class FetchFailed(Exception):  # noqa: N818 - a fact about the outside, not a bug
    """The page or picture could not be had; ``reason`` is one short English line for logs and job rows.

    ``permanent`` tells a job that trying again is useless (refused address, not HTML, too large), ``retry_after`` that
    it is before so many seconds have passed.
    """

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


Facts = BookmarkRow | FolderRow | TagRow


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a webhook is told: ``id`` names it for good, ``event`` says what happened, ``row`` to what.

    ``row`` is what it was like then; what was deleted is as it was before.
    """

    id: str
    event: str
    created_at: datetime
    row: Facts


class Wording(Protocol):
    """A dialect's words for events."""

    def body(self, event: Event, base: str) -> bytes:
        """The JSON that is sent; ``base`` begins addresses of this server."""
        ...

    def headers(self, id: str, event: str, body: bytes, secret: str, moment: datetime) -> Mapping[str, str]:
        """The headers that go with any body, signed with the webhook's secret."""
        ...


class StoredQueries(Protocol):
    """GraphQL documents that are kept, and executed when something happens."""

    def check(self, query: str) -> None:
        """Pass one query that may be stored. Raises Invalid for anything else."""
        ...

    async def answer(self, viewer: Viewer, query: str, variables: dict[str, Any], extensions: dict[str, Any]) -> bytes:
        """The answer in JSON, as the viewer gets it, with these extensions. Raises Unavailable when it fails here."""
        ...


class NoQueries:
    """Where there is no graph."""

    def check(self, query: str) -> None:
        """Raise Unavailable."""
        del query
        raise Unavailable("stored queries")

    async def answer(self, viewer: Viewer, query: str, variables: dict[str, Any], extensions: dict[str, Any]) -> bytes:
        """Raise Unavailable."""
        del viewer, query, variables, extensions
        raise Unavailable("stored queries")


@dataclass(slots=True)
class Payloads:
    """What webhooks are sent is worded by rooms that this one does not know: ``server/webhooks.py`` fills it in."""

    base: str = ""
    wordings: dict[str, Wording] = field(default_factory=dict)
    queries: StoredQueries = field(default_factory=NoQueries)


class Websites(Protocol):
    """The guarded way to the web."""

    async def read(self, url: str, *, fresh: bool = False) -> PageData:
        """Fetch the page and say what it is about; ``fresh`` passes by what is remembered. Raises FetchFailed."""
        ...

    async def read_copy(self, html: bytes, url: str) -> PageData:
        """Say what the page at ``url`` is about by a copy that somebody has brought. Raises FetchFailed."""
        ...

    async def picture(self, url: str, *, max_side: int) -> Picture:
        """Fetch an image and shrink it to fit a square of ``max_side`` pixels. Raises FetchFailed."""
        ...

    def check(self, url: str) -> None:
        """Pass an address that may be sent something, as far as its text tells. Raises FetchFailed."""
        ...

    async def deliver(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
        """POST the bytes; the status of the answer, which no redirect is followed for. Raises FetchFailed.

        ``seconds`` are for all of it, until the answer's headers are there.
        """
        ...

    async def archive(self, url: str) -> str:
        """Have the Internet Archive keep the page; where it has it. Raises FetchFailed."""
        ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes that are safe on disk: the name of the file (its SHA-256, hex) and their number.

    With an ``encoding`` (``gzip``) the file holds them packed, while ``size`` counts them as they came.
    """

    sha256: str
    size: int
    encoding: str = ""


class Files(Protocol):
    """Content-addressed bytes, streamed in and out, never whole in memory."""

    async def store(self, chunks: AsyncIterator[bytes], *, limit: int | None = None) -> StoredFile:
        """Write to a temporary name, flush, rename. Raises TooLarge over ``limit`` bytes, and leaves nothing then."""
        ...

    def path(self, sha256: str) -> Path | None:
        """Where the bytes lie for reading, or None when they are not there."""
        ...

    def read(self, sha256: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes ``start`` to ``end`` (exclusive) in chunks of at most 256 KiB."""
        ...

    async def sweep(self, is_named: SweepCheck, *, older_than: datetime) -> int:
        """Unlink files that no row names and that are older; only this ever unlinks. Returns how many went."""
        ...


class SweepCheck(Protocol):
    """Asks which of the given SHA-256 names are still named by a row."""

    async def __call__(self, names: list[str]) -> set[str]:
        """Those of the names that are still in use."""
        ...


class Clock(Protocol):
    """Time, ids and randomness in one place, so that tests can fix them."""

    def now(self) -> datetime:
        """The moment, aware, in UTC, with microseconds."""
        ...

    def uuid(self) -> UUID:
        """A new UUIDv7."""
        ...

    def secret(self, nbytes: int) -> bytes:
        """Unguessable bytes."""
        ...


class Nudge(Protocol):
    """Wakes the job worker once the transaction that wrote a job is committed."""

    def __call__(self) -> None:
        """Wake the worker; never blocks."""
        ...


class Passwords(Protocol):
    """Slow password hashing, off the event loop."""

    async def hash(self, password: str) -> str:
        """An Argon2id hash with its parameters."""
        ...

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether the password is the one; takes as long for a wrong one."""
        ...


@dataclass(frozen=True, slots=True)
class SignedPath:
    """A path of this server that carries its own permission, and the moment (aware, UTC) at which that ends."""

    path: str
    expires_at: datetime


class Signing(Protocol):
    """Signs with the server's secret: addresses of asset bytes, and facts that somebody else keeps for us."""

    def sign(self, owner_id: int, asset_id: int, method: str) -> SignedPath:
        """Allow one method on the asset's bytes for a short time: ``PUT`` to bring them, ``GET`` to have them."""
        ...

    def seal(self, purpose: str, facts: list[Any]) -> str:
        """Write JSON values as a text of letters, digits, ``_-.``: anybody can read it, nobody else can make one."""
        ...

    def unseal(self, purpose: str, sealed: str) -> list[Any]:
        """The facts of a text that was sealed for this purpose. Raises Unauthenticated("unknown") for any other."""
        ...


class NoSigning:
    """Where nobody is asked over HTTP: the shell and the worker."""

    def sign(self, owner_id: int, asset_id: int, method: str) -> SignedPath:
        """Raise Unavailable."""
        del owner_id, asset_id, method
        raise Unavailable("signed addresses")

    def seal(self, purpose: str, facts: list[Any]) -> str:
        """Raise Unavailable."""
        del purpose, facts
        raise Unavailable("seals")

    def unseal(self, purpose: str, sealed: str) -> list[Any]:
        """Raise Unavailable."""
        del purpose, sealed
        raise Unavailable("seals")


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many tries in any so many seconds, for each key; ``name`` keeps the keys of different allowances apart."""

    name: str
    tries: int
    seconds: int


class Throttle(Protocol):
    """Counts tries, so that nobody guesses passwords at the speed of the machine."""

    async def take(self, allowance: Allowance, key: str) -> None:
        """Count one try. Raises RateLimited, and counts nothing, when the window has no room for it."""
        ...

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Forget one try of the key: it was right, which says nothing of the others."""
        ...

    async def clear(self, allowance: Allowance, key: str) -> None:
        """Forget the tries of the key."""
        ...


class NoThrottle:
    """Where nobody guesses: the shell and the worker."""

    async def take(self, allowance: Allowance, key: str) -> None:
        """Let everything pass."""

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """There is nothing to forget."""

    async def clear(self, allowance: Allowance, key: str) -> None:
        """There is nothing to forget."""


@dataclass(frozen=True, slots=True)
class TakenPage:
    """A page as one file that needs nothing from anywhere: ``path`` is a temporary file, to be read and then left.

    ``content_type`` is ``text/html``, or for what is kept as it is ``application/pdf`` or that of an image.
    """

    content_type: str
    path: Path


class Snapshots(Protocol):
    """Takes snapshots of pages, with all that they show and without anything that runs."""

    def take(self, url: str) -> AbstractAsyncContextManager[TakenPage]:
        """The page as it is now; the file goes when the block ends. Raises FetchFailed on entering."""
        ...


class Summaries(Protocol):
    """Says in a few sentences what a text says."""

    async def make(self, title: str, text: str, language: str | None) -> str:
        """The summary, empty where there is nothing to say; ``language`` is a tag such as ``en`` or ``de-AT``."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands: ``remaining`` of ``limit`` until the window ends at ``reset_at`` (aware, UTC)."""

    limit: int
    remaining: int
    reset_at: datetime


class Quotas(Protocol):
    """Counts what people may do so often: a window begins with the first that is counted, and ends as a whole."""

    async def take(self, allowance: Allowance, key: str) -> Standing:
        """Count one. Raises RateLimited, which has the Standing too, and counts nothing, when none is left."""
        ...

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """Count one less in the window that is open: what failed takes nothing."""
        ...


class NoQuotas:
    """Where nothing is counted: the shell and the worker."""

    async def take(self, allowance: Allowance, key: str) -> Standing:
        """Let everything pass."""
        del key
        return Standing(allowance.tries, allowance.tries, datetime.max.replace(tzinfo=UTC))

    async def give_back(self, allowance: Allowance, key: str) -> None:
        """There is nothing to count less."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures of the settings that operations keep to.

    ``fetch_timeout`` is how many seconds a create waits for its page (0: nothing is ever fetched), ``max_asset_size``
    bytes or None, ``trash_days``/``change_days`` how long the trash and the change log are kept, ``session_days`` how
    long a browser stays signed in that does not come back. ``private_web``: webhooks may be told by http, and in the
    server's own network.
    """

    fetch_timeout: float = 5.0
    max_asset_size: int | None = None
    asset_upload: bool = True
    trash_days: int = 30
    change_days: int = 90
    session_days: int = 30
    validate_urls: bool = True
    private_web: bool = False


def _nothing(html: str) -> None:
    """What is left of HTML where nobody can say what of it could run."""
    del html


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that an operation may reach for; made once, in ``server/app.py``."""

    websites: Websites
    files: Files
    clock: Clock
    passwords: Passwords
    nudge: Nudge
    limits: Limits = field(default_factory=Limits)
    counts: Counts = field(default_factory=Counts)
    background: Background = field(default_factory=Background)
    signing: Signing = field(default_factory=NoSigning)
    issued: dict[tuple[object, ...], tuple[datetime, str]] = field(default_factory=dict)  # tickets of the last minute
    throttle: Throttle = field(default_factory=NoThrottle)
    quotas: Quotas = field(default_factory=NoQuotas)
    summaries: Summaries | None = None  # where they are switched off
    snapshots: Snapshots | None = None  # the same
    sanitize: Callable[[str], str | None] = _nothing  # any HTML, without what could run
    verified: Verified = field(default_factory=Verified)
    payloads: Payloads = field(default_factory=Payloads)
