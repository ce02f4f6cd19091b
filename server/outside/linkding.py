"""A running linkding, read through its REST API; only ever with GET.

The operator names the address, so nothing guards against private ones; but the token goes to that server alone, and the
answers are those of a stranger: bounded in size, strict in form, tried again when the server is busy.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, Self, TypeVar

import aiohttp
import tenacity
from aiohttp import hdrs
from yarl import URL

from schema.formats import linkding
from schema.formats.linkding import AssetEntry, Page, decode

PAGE: Final = 500  # rows of one answer
MOST_ROWS: Final = 5_000_000  # of one list; who says that they have more does not mean it
MAX_ANSWER: Final = 64 * 1024 * 1024  # bytes of one answer, unpacked
CHUNK: Final = 256 * 1024
CONNECTIONS: Final = 6
TRIES: Final = 6
LONGEST_WAIT: Final = 60.0  # seconds between two tries, whatever the server asks for
CONNECT_SECONDS: Final = 20.0
SILENCE_SECONDS: Final = 60.0
PACKING: Final = 9  # the level at which linkding packs
LONGEST_NAME: Final = 192 + 1  # bytes in a packed file's head: its name, cut by linkding, and their end
MAX_REDIRECTS: Final = 5
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
WAIT: Final = tenacity.wait_exponential_jitter(multiplier=0.5, max=LONGEST_WAIT)
BUSY: Final = frozenset({429, 500, 502, 503, 504})

T = TypeVar("T")


class LinkdingFailed(Exception):  # noqa: N818 - a fact about the outside, not a bug
    """What was asked for could not be had; the message is a short English line without what the server said."""


class Gone(LinkdingFailed):
    """The address answers 404; ``is_json`` says whether linkding itself knew of no such row."""

    def __init__(self, *, is_json: bool) -> None:
        super().__init__("it answers 404: is this the address of a linkding?")
        self.is_json = is_json


class _TooLong(LinkdingFailed):
    """One answer has more bytes than are read."""


class _Again(Exception):  # noqa: N818 - the same as above
    """Worth another try; ``after`` is how many seconds the server asks for."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


def base_of(address: str) -> URL:
    """The address at which linkding's pages are, from what a person says. Raises LinkdingFailed for no such address.

    A path is kept, a final slash and a final ``/api`` go.
    """
    try:
        url = URL(address.strip())
    except ValueError:
        raise LinkdingFailed("that is no address") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise LinkdingFailed("an address begins with http:// or https://")
    if url.user is not None or url.password is not None or url.query_string or url.fragment:
        raise LinkdingFailed("an address has no name, password, query or fragment here")
    path = url.raw_path.rstrip("/").removesuffix("/api").rstrip("/")
    return url.with_path(f"{path}/", encoded=True)


class Linkding:
    """A client; use it as an async context. ``patience`` stretches the waits between tries, which tests do not want."""

    def __init__(self, base: URL, token: str, *, patience: float = 1.0) -> None:
        self._base = base
        self._token = token
        self._patience = patience
        self._is_known = False  # whether it has ever answered
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def version(self) -> str:
        """The release that it says it is, empty where it does not say. Raises LinkdingFailed when nobody answers."""
        try:
            return decode(await self._read("health", {}, with_token=False), linkding.Health).version
        except (LinkdingFailed, ValueError):
            if not self._is_known:
                raise
            return ""

    async def profile(self) -> dict[str, Any]:
        """The account's settings, none where it does not tell them. Raises LinkdingFailed."""
        try:
            return await self._decoded("api/user/profile/", {}, dict[str, Any])
        except Gone:
            return {}

    async def pages(self, path: str, kind: type[T], **query: str) -> AsyncIterator[Page[T]]:
        """The pages of a list below ``api/``, for as long as it says that there is more. Raises LinkdingFailed.

        Where one answer would be too long, shorter pages are asked for.
        """
        limit, offset, count = PAGE, 0, 1
        while offset < count:
            parts = query | {"limit": str(limit), "offset": str(offset)}
            try:
                page = await self._decoded(f"api/{path}", parts, Page[kind])  # type: ignore[valid-type]
            except _TooLong:
                if limit == 1:
                    raise
                limit = max(1, limit // 8)
                continue
            if page.count > MOST_ROWS or len(page.results) > limit:
                raise LinkdingFailed("its lists are not those of a linkding")
            if not page.results and offset < page.count:
                raise LinkdingFailed(f"it counts {page.count} rows in {path} and shows {offset}")
            yield page
            count = page.count
            offset += len(page.results)

    async def glimpse(self, path: str, kind: type[T], **query: str) -> Page[T]:
        """A list's count and its first row. Raises LinkdingFailed."""
        return await self._decoded(f"api/{path}", query | {"limit": "1"}, Page[kind])  # type: ignore[valid-type]

    @asynccontextmanager
    async def download(self, bookmark_id: int, asset: AssetEntry) -> AsyncGenerator[AsyncIterator[bytes]]:
        """An asset's bytes as they come; for ``patiently``, which tries again what may. Raises LinkdingFailed.

        linkding says no length (LD-AST-9), so a file that breaks off may end like a whole one. Unless its size says
        that it is whole, it is therefore read twice, and what comes twice is believed.
        """
        path = f"api/bookmarks/{bookmark_id}/assets/{asset.position}/download/"
        async with self._answer(path, {}, accept="*/*") as response:
            chunks = self._chunks(response)
            yield chunks if response.content_length is not None else self._proven(chunks, path, asset.kept_size)

    async def _proven(self, chunks: AsyncIterator[bytes], path: str, kept_size: int | None) -> AsyncIterator[bytes]:
        """The same chunks. Raises _Again when they end too early."""
        measure = Measure()
        async for chunk in chunks:
            await asyncio.to_thread(measure.add, chunk)
            yield chunk
        if measure.is_of(kept_size):
            return
        again = hashlib.sha256()
        async with self._answer(path, {}, accept="*/*") as response:
            async for chunk in self._chunks(response):
                again.update(chunk)
        if again.digest() != measure.digest:
            raise _Again("a file breaks off before its end")

    async def patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what asks the server, again and later when it is busy or the way is broken. Raises LinkdingFailed.

        One that has never answered is more likely the wrong address, and is asked once.
        """
        tries = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, _Again) and self._is_known),
            wait=self._wait,
            stop=tenacity.stop_after_attempt(TRIES),
            reraise=True,
        )

        async def attempt() -> T:  # a lambda would not be seen to be asynchronous
            return await work()

        try:
            return await tries(attempt)
        except _Again as error:
            raise LinkdingFailed(str(error)) from error

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _Again) else 0.0
        return self._patience * min(LONGEST_WAIT, max(asked, WAIT(state)))

    async def _decoded(self, path: str, query: dict[str, str], kind: type[T]) -> T:
        data = await self._read(path, query)
        try:
            return decode(data, kind)
        except ValueError as error:
            if data.lstrip()[:1] == b"<":
                raise LinkdingFailed("it answers with a web page: is this the address of a linkding?") from None
            raise LinkdingFailed(f"its answer is not a linkding's: {str(error)[:200]}") from None

    async def _read(self, path: str, query: dict[str, str], *, with_token: bool = True) -> bytes:
        return await self.patiently(lambda: self._read_once(path, query, with_token=with_token))

    async def _read_once(self, path: str, query: dict[str, str], *, with_token: bool) -> bytes:
        body = bytearray()
        async with self._answer(path, query, with_token=with_token) as response:
            async for chunk in self._chunks(response):
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise _TooLong(f"one answer has more than {MAX_ANSWER // 2**20} MiB")
        return bytes(body)

    @asynccontextmanager
    async def _answer(
        self, path: str, query: dict[str, str], *, accept: str = "application/json", with_token: bool = True
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """The answer of a GET, whose status is 200. Raises LinkdingFailed, and _Again when it may be so later."""
        url = self._base.joinpath(path, encoded=True).with_query(query)
        headers = {hdrs.ACCEPT: accept} | ({hdrs.AUTHORIZATION: f"Token {self._token}"} if with_token else {})
        try:
            for _ in range(MAX_REDIRECTS + 1):
                async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                    self._is_known = True
                    if response.status in REDIRECTS:
                        url = self._redirected(url, response.headers.get(hdrs.LOCATION, ""))
                        continue
                    await _check(response)
                    yield response
                    return
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _trouble(error) from error
        raise LinkdingFailed(f"it redirects more than {MAX_REDIRECTS} times")

    @staticmethod
    async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.content.iter_chunked(CHUNK):
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _trouble(error) from error

    @staticmethod
    def _redirected(url: URL, location: str) -> URL:
        """Where a redirect leads; never away from the host that the token is for, nor out of TLS."""
        try:
            target = url.join(URL(location))
        except ValueError:
            raise LinkdingFailed("it redirects to nowhere") from None
        ours, theirs = (url.scheme, url.host, url.port), (target.scheme, target.host, target.port)
        is_safer = target.host == url.host and (url.scheme, target.scheme) == ("http", "https")
        if (ours != theirs and not is_safer) or target.user is not None or target.password is not None:
            raise LinkdingFailed("it redirects to another server, which must not have the token; name that one")
        return target


class Measure:
    """How long bytes are, as they are and packed as linkding packs them (LD section 15)."""

    def __init__(self) -> None:
        self._size = self._packed = 0
        self._packer = zlib.compressobj(PACKING, wbits=zlib.MAX_WBITS | 16)
        self._hash = hashlib.sha256()

    def add(self, data: bytes) -> None:
        """Go on with these."""
        self._hash.update(data)
        self._size += len(data)
        self._packed += len(self._packer.compress(data))

    @property
    def digest(self) -> bytes:
        """Their SHA-256."""
        return self._hash.digest()

    def is_of(self, kept_size: int | None) -> bool:
        """Whether they are as many as linkding's file has, or would be in one that is packed and knows its name."""
        if kept_size is None or kept_size == self._size:
            return kept_size is not None
        return 0 <= kept_size - self._packed - len(self._packer.flush()) <= LONGEST_NAME


async def _check(response: aiohttp.ClientResponse) -> None:
    """Pass an answer of 200."""
    status = response.status
    if status == 200:
        return
    if status == 401:
        raise LinkdingFailed("it does not accept the token")
    if status == 403:
        raise LinkdingFailed("it does not let this token read (403)")
    if status == 404:
        raise Gone(is_json=response.content_type == "application/json")
    if status in BUSY:
        raise _Again(f"it answers {status}", _seconds(response.headers.get(hdrs.RETRY_AFTER, "")))
    raise LinkdingFailed(f"it answers {status}: is this the address of a linkding?")


def _seconds(text: str) -> float:
    """Retry-After in seconds (RFC 9110, 10.2.3); a date is not waited for."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _trouble(error: Exception) -> Exception:
    """What went wrong on the way, in a few words; not in the server's."""
    found: Exception
    match error:
        case aiohttp.ClientConnectorCertificateError():
            found = LinkdingFailed(f"its certificate is not trusted ({_one_line(error.certificate_error)})")
        case aiohttp.ClientSSLError():
            found = LinkdingFailed("no TLS connection can be made: is it http:// instead of https://?")
        case aiohttp.ClientConnectorDNSError():
            found = _Again("its name is not known")
        case aiohttp.ClientConnectorError():
            found = _Again(f"no connection ({_one_line(error.os_error)})")
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            found = LinkdingFailed("its answer is not proper HTTP")
        case TimeoutError():
            found = _Again("no answer in time")
        case _:
            found = _Again("the connection broke off")
    return found


def _one_line(error: BaseException) -> str:
    text = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or type(error).__name__
    return str(text).partition("\n")[0][:200]
