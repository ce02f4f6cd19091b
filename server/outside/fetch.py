"""One guarded GET or POST: public addresses, few redirects, few bytes, little time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NoReturn, Self

import ada_url
import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from schema.ports import FetchFailed
from server.outside.guard import Guard, GuardedResolver, RefusedAddress, is_address

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TIMEOUT = 10.0  # seconds for all of it, redirects and the name look-ups included (LD-SCR-1)
MAX_BYTES = 5 * 1024 * 1024  # of the body, on the wire and unpacked
MAX_REDIRECTS = 5
CONNECTIONS = 32
LONGEST_HEADER = 32 * 1024  # real sites send policies and cookies longer than aiohttp's 8 KiB
MOST_HEADERS = 256

# Any port is a web server's at somebody's home, so all are open but those that no browser talks to, because a
# request there could be mistaken for another protocol: "bad port" of https://fetch.spec.whatwg.org/#port-blocking.
BAD_PORTS = frozenset(
    {
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
        109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526,
        530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045,
        4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    }
)  # fmt: skip

REDIRECTS = frozenset({301, 302, 303, 307, 308})

Cut = Literal["size", "time", "connection"]
Wants = Callable[[str | None], bool]
Room = Callable[[str | None], int]


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: ``url`` is where it came from in the end, with the fragment that a browser would show.

    ``content_type`` is lower case and without parameters, ``charset`` the header's own word for it; both None when
    the server does not say. ``body`` is unpacked. ``cut`` says what ended a body before its end, None for a whole one.
    """

    url: str
    status: int
    content_type: str | None
    charset: str | None
    body: bytes
    cut: Cut | None = None

    @property
    def truncated(self) -> bool:
        """Whether bytes are missing at the end."""
        return self.cut is not None


@dataclass(frozen=True, slots=True)
class Hop:
    """An answer without its body: ``url`` is what was asked, ``location`` where a redirect leads, both in full."""

    url: str
    status: int
    headers: Mapping[str, str]
    location: str | None


@dataclass(slots=True)
class _Download:
    """What has arrived so far; it outlives a deadline, so that a page's head is not lost with its tail.

    The body goes ``into`` a file if there is one. ``room`` says how many bytes are taken of an answer of a content
    type; 0 refuses it.
    """

    room: Room
    into: BinaryIO | None = None
    size: int = 0
    url: str = ""
    status: int = 0
    content_type: str | None = None
    charset: str | None = None
    body: bytearray = field(default_factory=bytearray)
    cut: Cut | None = None

    def take(self, part: bytes) -> None:
        """Add to the body."""
        self.size += len(part)
        if self.into is None:
            self.body += part
            return
        try:
            self.into.write(part)
        except OSError as error:  # of the disk, not of the network
            raise FetchFailed(f"no room for what arrived: {error.strerror}") from error

    def result(self) -> Fetched:
        """The same, finished."""
        return Fetched(self.url, self.status, self.content_type, self.charset, bytes(self.body), self.cut)


class Fetcher:
    """A client for other people's pages; close it when done, or use it as an async context.

    ``timeout`` is in seconds for a whole fetch, ``max_bytes`` the most of a body that is kept. ``resolver`` is for
    tests: what it answers is checked by the guard at connect time all the same.
    """

    def __init__(
        self,
        *,
        guard: Guard | None = None,
        resolver: AbstractResolver | None = None,
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        user_agent: str = USER_AGENT,
    ) -> None:
        self._guard = guard or Guard()
        self._resolver = resolver
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None
        self._own_resolver: GuardedResolver | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; a later ``get`` opens new ones."""
        session, self._session = self._session, None
        resolver, self._own_resolver = self._own_resolver, None
        if session is not None:
            await session.close()
        if resolver is not None:  # a session closes no resolver that it was handed
            await resolver.close()

    async def get(self, url: str, *, accept: str = "*/*", wants: Wants | None = None) -> Fetched:
        """Fetch ``url`` with one GET. The status is not looked at, a redirect's apart.

        ``wants`` is shown the content type before the body is read; False ends the fetch as a permanent failure. A
        body that is too long, too slow or breaks off is given as far as it came, with ``cut`` saying so. Raises
        FetchFailed when there is no answer to speak of.
        """
        download = _Download(lambda kind: self._max_bytes if wants is None or wants(kind) else 0)
        return await self._fetch(url, download, accept, self._timeout)

    async def save(self, url: str, into: BinaryIO, *, room: Room, accept: str = "*/*", seconds: float) -> Fetched:
        """The same with the body in a file, and so not in the answer, for what may be large.

        ``room`` is shown the content type before the body is read, and says how many bytes of it are taken; 0 ends the
        fetch as a permanent failure. ``seconds`` are for all of it. Raises FetchFailed as above.
        """
        return await self._fetch(url, _Download(room, into), accept, seconds)

    async def _fetch(self, url: str, download: _Download, accept: str, seconds: float) -> Fetched:
        """What both do."""
        try:
            async with asyncio.timeout(seconds):
                await self._follow(_parse(url), download, accept)
        except TimeoutError as error:
            if not download.status:
                raise FetchFailed(f"no answer within {seconds:g} s") from error
            download.cut = "time"
        except (aiohttp.ClientError, OSError, zlib.error) as error:
            if not download.size:
                _fail(error)
            download.cut = "connection"
        return download.result()

    async def hop(self, url: str) -> Hop:
        """Send one GET, whose body is not read and whose redirect is not followed; the deadline is the caller's.

        Raises FetchFailed when there is no answer.
        """
        parsed = _parse(url)
        self._check(parsed)
        try:
            async with self._open().get(_target(parsed), allow_redirects=False) as response:
                location = response.headers.get("Location") if response.status in REDIRECTS else None
                onward = None if location is None else _parse(location, parsed).href
                return Hop(parsed.href, response.status, response.headers, onward)
        except (aiohttp.ClientError, OSError) as error:
            _fail(error)

    def check(self, url: str) -> None:
        """Pass an address that nothing speaks against before it is connected to. Raises FetchFailed."""
        parsed = _parse(url)
        self._check(parsed)
        host = parsed.hostname.strip("[]")
        if host == "localhost" or host.rstrip(".").endswith(".localhost"):  # the machine itself, RFC 6761 section 6.3
            host = "127.0.0.1"
        if is_address(host) and not self._guard.allows(host):
            raise FetchFailed(f"address not allowed: {host}", permanent=True)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
        """Send ``body`` with one POST; the status of the answer, whatever it is: no redirect is followed.

        The answer's body is not read, so it cannot be too long. Raises FetchFailed when there is no answer in time.
        """
        try:
            self.check(url)
            async with asyncio.timeout(seconds):
                target = _target(_parse(url))
                async with self._open().post(target, data=body, headers=headers, allow_redirects=False) as response:
                    return response.status
        except TimeoutError as error:
            raise FetchFailed(f"no answer within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            _fail(error)

    async def _follow(self, url: ada_url.URL, download: _Download, accept: str) -> None:
        """Go where redirects lead, by hand, so that every hop's address is looked at like the first."""
        headers = {"Accept": accept}
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            async with self._open().get(_target(url), headers=headers, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if response.status not in REDIRECTS or location is None:
                    await self._receive(response, url, download)
                    return
            url = _parse(location, url)
        raise FetchFailed(f"more than {MAX_REDIRECTS} redirects", permanent=True)

    def _check(self, url: ada_url.URL) -> None:
        """Refuse what can be told from the address alone; the rest is seen when connecting."""
        if url.protocol not in {"http:", "https:"}:
            raise FetchFailed(f"not a web address: {url.protocol}", permanent=True)
        if url.username or url.password:
            raise FetchFailed("the address holds a user name or password", permanent=True)
        if url.port and int(url.port) in BAD_PORTS:
            raise FetchFailed(f"port {url.port} is not a web server's", permanent=True)

    async def _receive(self, response: aiohttp.ClientResponse, url: ada_url.URL, download: _Download) -> None:
        """Read the body into ``download``, unpacking it, at most as much as it has room for on either side."""
        kind = response.content_type.lower() if "Content-Type" in response.headers else None
        most = download.room(kind)
        if not most:
            raise FetchFailed(f"unwanted content type: {kind or 'none'}", permanent=True)
        unpacker = _Unpacker(response.headers.get("Content-Encoding", ""))
        download.url = url.href
        download.content_type = kind
        download.charset = response.charset
        download.status = response.status  # last: from here on the download counts as begun
        received = 0
        async for chunk in response.content.iter_any():
            received += len(chunk)
            # One byte more than fits tells "exactly full" from "too long".
            part = unpacker.feed(chunk, most + 1 - download.size)
            full = len(part) > most - download.size
            download.take(part[: most - download.size])
            # A stream of empty blocks unpacks to nothing for ever: what comes over the wire is counted as well.
            if full or received > most:
                download.cut = "size"
                return
            if unpacker.done:
                return

    def _open(self) -> aiohttp.ClientSession:
        """The session, made on first use because it needs a running loop."""
        if self._session is None:
            if self._resolver is None:
                self._own_resolver = GuardedResolver(self._guard)
            connector = aiohttp.TCPConnector(
                resolver=self._resolver or self._own_resolver,
                socket_factory=self._guard.socket,
                use_dns_cache=False,
                force_close=True,  # a connection that is used again would not be looked at again
                limit=CONNECTIONS,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": self._user_agent,
                    "Accept-Language": "en-US,en;q=0.9",
                    "Accept-Encoding": "gzip, deflate",  # what _Unpacker can bound
                },
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the deadline is ours
                trust_env=False,
                auto_decompress=False,
                max_line_size=LONGEST_HEADER,
                max_field_size=LONGEST_HEADER,
                max_headers=MOST_HEADERS,
            )
        return self._session


def _parse(text: str, base: ada_url.URL | None = None) -> ada_url.URL:
    """The address as a browser reads it (WHATWG), so that ``0x7f.1`` and ``127.0.0.1`` are one before any check.

    A fragment of ``base`` is kept when ``text`` has none, as browsers do on a redirect.
    """
    try:
        url = ada_url.URL(text, base.href if base else None)
    except (ValueError, UnicodeError) as error:
        raise FetchFailed("not an address that can be fetched", permanent=True) from error
    if base is not None and base.hash and not url.hash:
        url.hash = base.hash
    return url


def _target(url: ada_url.URL) -> URL:
    """The address for aiohttp: without its fragment, and in WHATWG's spelling, which is what browsers send."""
    try:
        return URL(url.href.partition("#")[0], encoded=True)
    except ValueError as error:
        raise FetchFailed("not an address that can be fetched", permanent=True) from error


class _Unpacker:
    """Undoes a Content-Encoding bit by bit, so that no chunk ever grows beyond what the caller has room for.

    Raises FetchFailed for encodings that were not asked for.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise FetchFailed("content encoding that was not asked for", permanent=True)
        self._stream: zlib._Decompress | None = None

    @property
    def done(self) -> bool:
        """Whether the packed stream is over. A second member of a gzip file is not read."""
        return self._stream is not None and self._stream.eof

    def feed(self, chunk: bytes, most: int) -> bytes:
        """The next bytes, at most ``most`` (1 or more); what is over is dropped. Raises zlib.error."""
        if self._encoding in {"", "identity"}:
            return chunk[:most]
        if self._stream is None:
            self._stream = zlib.decompressobj(self._window_bits(chunk))
        return self._stream.decompress(chunk, most)

    def _window_bits(self, chunk: bytes) -> int:
        """How zlib is told the format, seeing the first chunk."""
        if self._encoding != "deflate":
            return zlib.MAX_WBITS | 16
        # HTTP's "deflate" is zlib's format (RFC 9110, 8.4.1.2), whose first byte has an 8 in its low half (RFC 1950);
        # servers that send the stream bare are still about.
        return zlib.MAX_WBITS if chunk[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


def _fail(error: Exception) -> NoReturn:
    """Say in one line, without the server's own bytes, why nothing arrived."""
    cause = getattr(error, "os_error", error)
    match cause:
        case RefusedAddress():
            raise FetchFailed(str(cause), permanent=True) from error
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL() | zlib.error():
            raise FetchFailed(f"the answer is not proper HTTP: {type(cause).__name__}", permanent=True) from error
    raise FetchFailed(f"no connection: {type(cause).__name__}") from error
