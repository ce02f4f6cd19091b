"""A small web server for tests that does what it is told, however badly behaved: raw bytes on 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from server.outside.guard import Guard

DOOR = "127.0.0.2"  # the one address that OneDoor takes for public

Misbehave = Callable[[asyncio.StreamWriter], Awaitable[None]]


class OneDoor(Guard):
    """The real rule, and one address of the machine more: a public page, as far as a test can have one."""

    def allows(self, address: str) -> bool:
        return address == DOOR or super().allows(address)


class Pages:
    """Answers by path.

    ``requests`` holds the heads of all requests, ``sent`` the number of bytes written by ``pour``, ``left`` tells of
    a client that went away while it was being answered.
    """

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[str] = []
        self.sent = 0
        self.left = asyncio.Event()
        self._answers: dict[str, bytes | Misbehave] = {}

    def url(self, path: str = "/", host: str = DOOR) -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.split(" ")[1] for request in self.requests]

    def put(
        self,
        path: str,
        body: bytes | str,
        *,
        status: str = "200 OK",
        content_type: str | None = "text/html; charset=utf-8",
        **headers: str,
    ) -> None:
        """Answer the path with a well-formed response; ``_`` in a header's name becomes ``-``."""
        body = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"Content-Type: {content_type}"] if content_type else []
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.put_raw(path, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def redirect(self, path: str, location: str, status: str = "302 Found") -> None:
        self.put(path, "", status=status, Location=location)

    def put_raw(self, path: str, answer: bytes | Misbehave) -> None:
        """Answer the path with these bytes, or let the function write whatever it likes."""
        self._answers[path] = answer

    async def pour(self, writer: asyncio.StreamWriter, chunk: bytes, times: int) -> None:
        """Write the chunk many times, no faster than it is read, and count it."""
        for _ in range(times):
            writer.write(chunk)
            await writer.drain()
            self.sent += len(chunk)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request; a client that goes away ends it and is noted in ``left``."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            answer = self._answers[head.split(" ")[1]]
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await self._misbehave(answer, reader, writer)
        writer.close()

    async def _misbehave(self, answer: Misbehave, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writing = asyncio.ensure_future(answer(writer))
        leaving = asyncio.ensure_future(reader.read())
        done, rest = await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if leaving in done:
            self.left.set()
        for task in rest:
            task.cancel()
        await asyncio.gather(*done, *rest, return_exceptions=True)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Pages]:
    """A server on one free port of both 127.0.0.1 and DOOR."""
    pages = Pages()
    server = await asyncio.start_server(pages.serve, "127.0.0.1")
    pages.port = server.sockets[0].getsockname()[1]
    other = await asyncio.start_server(pages.serve, DOOR, pages.port)
    try:
        yield pages
    finally:
        server.close()
        other.close()
