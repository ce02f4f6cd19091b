"""A forward proxy for one browser: plain requests and tunnels, each connection through the guard.

It listens on a port of 127.0.0.1 that the system chooses, while one snapshot is taken, and is gone afterwards. The
browser's own debugging port is on that address too, so nothing is connected to there, whatever the guard allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Self, cast
from urllib.parse import unquote

import ada_url
import structlog
from aiohttp.connector import AddrInfoType

from schema.ports import FetchFailed
from server.outside.fetch import BAD_PORTS, Fetcher
from server.outside.guard import Guard, GuardedResolver, RefusedAddress

MAX_BYTES = 200 * 1024 * 1024  # that come through it, all together
MAX_RESOURCE = 10 * 1024 * 1024  # of one that is fetched at the gate
LONGEST_HEAD = 64 * 1024
SECONDS = 15.0  # for a connection, a head, a resource
CONNECTIONS = 64
CHUNK = 64 * 1024

_OURS = frozenset({b"proxy-connection", b"proxy-authorization", b"connection", b"keep-alive", b"upgrade"})
_CLOSED = b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

log = structlog.stdlib.get_logger("polymark.snapshots")


class _Refused(Exception):  # noqa: N818 - a decision of ours, not a fault
    """The request is answered with this status line."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a connection is to lead."""

    host: str
    port: int


class _Elsewhere(Guard):
    """What another guard allows, but for the address of the browser's debugging port."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(allow_private=guard.allow_private)
        self._guard = guard

    def allows(self, address: str) -> bool:
        """Whether the IP address (text) may be connected to."""
        return not _is_here(address) and self._guard.allows(address)


class Proxy:
    """An async context in which the proxy listens at ``port``.

    ``gate`` begins an address, and the web address to be fetched, percent-encoded, ends it: for a program that fetches
    by itself. What it fetches goes through the same guard, redirects too. Nobody else knows its secret.
    """

    def __init__(self, guard: Guard, *, max_bytes: int = MAX_BYTES) -> None:
        self._guard = _Elsewhere(guard)
        self._resolver = GuardedResolver(self._guard)
        self._fetcher = Fetcher(guard=self._guard)
        self._left = max_bytes
        self._secret = f"/{secrets.token_urlsafe(16)}/"
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.refused = 0

    @property
    def gate(self) -> str:
        """The beginning of addresses that are fetched here."""
        return f"http://127.0.0.1:{self.port}{self._secret}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._resolver.close()
        await self._fetcher.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the browser's, to its end."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        try:
            async with self._turns:
                await self._answer(reader, writer)
        except _Refused as refusal:
            self.refused += 1
            with contextlib.suppress(OSError):
                writer.write(b"HTTP/1.1 " + str(refusal).encode() + _CLOSED)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # either side went away
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        match first.split(b" "):
            case [b"CONNECT", place, _]:
                target, begin, greeting = _of_tunnel(place), b"", b"HTTP/1.1 200 Connected\r\n\r\n"
            case [b"GET", path, _] if path.startswith(self._secret.encode()):
                await self._fetch(unquote(path[len(self._secret) :].decode("latin-1")), writer)
                return
            case [method, address, version]:
                target, path = _of_request(address)
                kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in _OURS]
                begin = b"\r\n".join([b" ".join([method, path, version]), *kept, b"Connection: close", b"", b""])
                greeting = b""
            case _:
                raise _Refused("400 Bad Request")
        there, away = await self._connect(target)
        try:
            away.write(begin)
            writer.write(greeting)
            await asyncio.gather(self._pipe(reader, away), self._pipe(there, writer))
        finally:
            away.close()

    async def _connect(self, target: _Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the first address that is allowed and answers. Raises _Refused."""
        if target.port in BAD_PORTS:
            raise _Refused("403 Forbidden")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(SECONDS):
                for found in await self._resolver.resolve(target.host, target.port, socket.AF_UNSPEC):
                    place = (found["host"], found["port"])
                    info: AddrInfoType = (found["family"], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place)
                    made = self._guard.socket(info)
                    try:
                        await loop.sock_connect(made, place)
                    except OSError:
                        made.close()
                        continue
                    return await asyncio.open_connection(sock=made)
        except RefusedAddress as error:
            log.info("snapshot_address_refused", reason=str(error))
            raise _Refused("403 Forbidden") from error
        except (OSError, TimeoutError) as error:
            raise _Refused("502 Bad Gateway") from error
        raise _Refused("502 Bad Gateway")

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what comes, until it ends or too much has come."""
        while chunk := await reader.read(CHUNK):
            self._left -= len(chunk)
            if self._left < 0:
                raise ConnectionAbortedError("too much has come")
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def _fetch(self, url: str, writer: asyncio.StreamWriter) -> None:
        """Answer with what our own client gets."""
        with tempfile.TemporaryFile() as file:
            into = cast("BinaryIO", file)
            try:
                fetched = await self._fetcher.save(url, into, room=lambda _: MAX_RESOURCE, seconds=SECONDS)
            except FetchFailed as error:
                raise _Refused("403 Forbidden" if error.permanent else "502 Bad Gateway") from error
            if fetched.truncated:
                raise _Refused("502 Bad Gateway")
            size = file.seek(0, 2)
            file.seek(0)
            kind = (fetched.content_type or "application/octet-stream").encode("latin-1", "replace")
            head = b"HTTP/1.1 %d OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            writer.write(head % (fetched.status, kind, size))
            await self._spend(size, lambda: file.read(CHUNK), writer)

    async def _spend(self, size: int, read: Callable[[], bytes], writer: asyncio.StreamWriter) -> None:
        """Write a file, when there is still as much to be had."""
        self._left -= size
        if self._left < 0:
            raise ConnectionAbortedError("too much has come")
        while chunk := read():
            writer.write(chunk)
            await writer.drain()


def _of_tunnel(place: bytes) -> _Target:
    """``host:port``. Raises _Refused."""
    host, _, port = place.decode("latin-1").rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise _Refused("400 Bad Request")
    return _Target(host.strip("[]"), int(port))


def _of_request(address: bytes) -> tuple[_Target, bytes]:
    """``http://host:port/path``, and the path. Raises _Refused."""
    try:
        url = ada_url.URL(address.decode("latin-1"))
    except (ValueError, UnicodeError) as error:
        raise _Refused("400 Bad Request") from error
    if url.protocol != "http:" or url.username or url.password:
        raise _Refused("403 Forbidden")
    return _Target(url.hostname.strip("[]"), int(url.port or 80)), (url.pathname + url.search).encode()


def _is_here(address: str) -> bool:
    """Whether it is the one address at which a browser's debugging port listens, in any spelling."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found) in {"127.0.0.1", "::1", "0.0.0.0", "::"}  # noqa: S104 - compared, not listened at
