"""How floccus 5.9 speaks: headers, paths, five requests at a time, and what it takes for an answer (NC-15.1)."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

IN_FLIGHT = 5
TIMEOUT = aiohttp.ClientTimeout(total=300)
REST = "/index.php/apps/bookmarks/public/rest/v2/"
# A browser sends some of these, but the server must not need them.
NOT_SENT = frozenset({"Accept", "Accept-Encoding", "Content-Type", "User-Agent"})
LOST_TICKET = frozenset({401, 403, 404})


class RefusedError(Exception):
    """The server answered with another status than floccus goes on with."""


class BusyError(Exception):
    """Another client is syncing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and the bytes that came with it."""

    status: int
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON object. Raises AssertionError for anything else."""
        body = json.loads(self.raw)

        assert isinstance(body, dict), body
        return body


class Wire:
    """A person's account on a server, and what was asked of it: ``calls`` are method and path, oldest first."""

    def __init__(self, session: aiohttp.ClientSession, base: str, user: str, password: str, *, tickets: bool) -> None:
        self.calls: list[str] = []
        self._session = session
        self._base = base.rstrip("/")
        self._basic = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self._tickets = tickets
        self._ticket: str | None = None
        self._places = asyncio.Semaphore(IN_FLIGHT)

    async def ask(
        self, method: str, path: str, body: Any = None, file: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        """Call the bookmarks API; the JSON object of an answer that says that it worked.

        ``body`` is sent as JSON, ``file`` (the field's name, and HTML) as multipart. Raises RefusedError.
        """
        reply = await self.send(method, REST + path, body, file)
        if reply.status != 200:
            raise RefusedError(f"{method} {path} {body}: {reply.status} {reply.raw[:300]!r}")
        answer = reply.body

        assert "success" == answer["status"], f"{method} {path}: {answer}"
        self._ticket = answer.get("ticket", self._ticket) if self._tickets else None
        return answer

    async def capabilities(self) -> dict[str, Any]:
        """What the server can do with bookmarks."""
        reply = await self.send("GET", "/ocs/v2.php/cloud/capabilities?format=json", extra={"OCS-APIRequest": "true"})
        if reply.status != 200:
            raise RefusedError(f"capabilities: {reply.status}")
        return reply.body["ocs"]["data"]["capabilities"]["bookmarks"]

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the account's lock. Raises BusyError when somebody else does."""
        reply = await self.send("POST", REST + "lock")
        if reply.status == 423:
            raise BusyError

        assert reply.status in {200, 405}, reply
        try:
            yield
        finally:
            await self.send("DELETE", REST + "lock")

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        file: tuple[str, str] | None = None,
        extra: dict[str, str] | None = None,
    ) -> Reply:
        """One request when there is a place for it; any status but a redirect comes back."""
        data: Any = None
        headers = dict(extra or {})
        if body is not None:
            headers["Content-type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        async with self._places:
            self.calls.append(f"{method} {path}")
            ticket = self._ticket
            reply = await self._once(method, path, headers, data if file is None else multipart(*file), ticket)
            if ticket and reply.status in LOST_TICKET:
                self._ticket = None
                reply = await self._once(method, path, headers, data if file is None else multipart(*file), None)
        return reply

    async def _once(self, method: str, path: str, headers: dict[str, str], data: Any, ticket: str | None) -> Reply:
        sent = {"Authorization": f"Bearer {ticket}" if ticket else self._basic} | headers
        skipped = NOT_SENT - {"Content-Type"} if isinstance(data, aiohttp.FormData) else NOT_SENT
        async with self._session.request(
            method, URL(self._base + path, encoded=True), headers=sent, data=data, allow_redirects=False,
            skip_auto_headers=skipped, timeout=TIMEOUT,
        ) as answer:  # fmt: skip
            assert not 300 <= answer.status < 400, f"{method} {path} was redirected"
            return Reply(answer.status, await answer.read())


def multipart(name: str, html: str) -> aiohttp.FormData:
    """A form with a file of bookmarks."""
    form = aiohttp.FormData()
    form.add_field(name, html.encode(), filename="upload.html", content_type="text/html")
    return form
