"""A linkding that a test makes up: its rows as they are answered, and answers that no linkding gives.

It serves in a thread, so that a command in this process or another may ask it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "0123456789abcdef0123456789abcdef01234567"
Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}
NOT_FOUND: Answer = (404, HTML, b"<!doctype html><h1>Not Found</h1>")


def bookmark(id: int, url: str = "", **fields: Any) -> dict[str, Any]:
    """A bookmark as linkding answers it, the sixteen keys of LD-BM-5."""
    url = url or f"https://site-{id}.example/page"
    return {
        "id": id,
        "url": url,
        "title": f"Title {id}",
        "description": "",
        "notes": "",
        "web_archive_snapshot_url": f"https://web.archive.org/web/20200101000000/{url}",
        "favicon_url": None,
        "preview_image_url": None,
        "is_archived": False,
        "unread": False,
        "shared": False,
        "tag_names": [],
        "date_added": "2020-01-01T00:00:00Z",
        "date_modified": "2020-01-02T03:04:05.000006Z",
        "website_title": None,
        "website_description": None,
    } | fields


def asset(id: int, bookmark_id: int, data: bytes, **fields: Any) -> dict[str, Any]:
    """An asset as linkding answers it; ``data`` are its bytes."""
    return {
        "id": id,
        "bookmark": bookmark_id,
        "date_created": f"2020-02-01T00:00:{id % 60:02}.5Z",
        "file_size": 7,  # of the packed file: nothing to rely on
        "asset_type": "upload",
        "content_type": "text/plain",
        "display_name": f"file {id}.txt",
        "status": "complete",
        "data": data,
    } | fields


def said(content: Any) -> Answer:
    """An answer of JSON; text with lone surrogates is written as JSON can."""
    return 200, JSON, json.dumps(content).encode()


@dataclass(slots=True)
class FakeLinkding:
    """The rows, and what stands in for an answer: ``odd`` maps the beginning of a path to a function of the query.

    Below ``moved`` everything redirects to where it is. ``asked`` are the paths with their queries, ``tokens`` what
    came as Authorization.
    """

    bookmarks: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)
    bundles: list[dict[str, Any]] | None = field(default_factory=list)
    assets: list[dict[str, Any]] | None = field(default_factory=list)
    profile: dict[str, Any] = field(default_factory=dict)
    version: str = "1.46.2"
    odd: dict[str, Callable[[dict[str, str]], Answer | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    base: str = ""
    moved: str = "/old"

    def answer(self, target: str, token: str | None) -> Answer:
        """Answer a GET."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.asked.append(target)
        if parts.path.startswith(f"{self.moved}/"):
            return 301, {"Location": target.removeprefix(self.moved)}, b""
        for start, make in self.odd.items():
            if parts.path.startswith(start) and (made := make(query)) is not None:
                return made
        if parts.path == "/health":
            return said({"version": self.version, "status": "healthy"})
        self.tokens.add(token)
        if token != f"Token {TOKEN}":
            return 401, JSON, b'{"detail":"Invalid token."}'
        return self._api(parts.path, query)

    def _api(self, path: str, query: dict[str, str]) -> Answer:
        lists = {
            "/api/bookmarks/": [row for row in self.bookmarks if not row["is_archived"]],
            "/api/bookmarks/archived/": [row for row in self.bookmarks if row["is_archived"]],
            "/api/tags/": self.tags,
            "/api/bundles/": self.bundles,
        }
        if path == "/api/user/profile/":
            return said(self.profile)
        if lists.get(path) is not None:
            return said(_page(lists[path], query))
        if self.assets is not None and (found := re.fullmatch(r"/api/bookmarks/(\d+)/assets/", path)):
            shown = [row for row in self.assets if row["bookmark"] == int(found[1])]
            return said(_page([{name: row[name] for name in row if name != "data"} for row in shown], query))
        if found := re.fullmatch(r"/api/bookmarks/\d+/assets/(\d+)/download/", path):
            (row,) = [row for row in self.assets if row["id"] == int(found[1])]
            return 200, {"Content-Type": row["content_type"]}, row["data"]
        return NOT_FOUND


def _page(rows: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    sort = query.get("sort", "")
    if sort and rows and "date_added" in rows[0]:
        name = "date_modified" if "modified" in sort else "date_added"
        rows = sorted(rows, key=lambda row: row[name], reverse=sort.endswith("desc"))
    start = int(query.get("offset", 0))
    limit = int(query.get("limit", 100))
    return {"count": len(rows), "next": None, "previous": None, "results": rows[start : start + limit]}


@contextmanager
def serving_linkding(linkding: FakeLinkding) -> Iterator[FakeLinkding]:
    """Serve it for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = linkding.answer(self.path, self.headers.get("Authorization"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if not headers.keys() & {"Content-Length", "Connection"}:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            if headers.keys() & {"Content-Length", "Connection"}:  # a lie, or none, as linkding's own: LD-AST-9
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Somebody who asked was killed."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    linkding.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield linkding
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
