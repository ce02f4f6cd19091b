"""What clients send that cannot run here, word for word, and what they need of the answers: one table a client.

The requests are those of the clients' published sources; each client has a session of its own on an empty library.
Those on PyPI run unmodified beside this: test_aiolinkding.py, test_linkding_cli.py. No other is in a registry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.clients.conftest import contains, told

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
PAGE = {"count": int, "next": None, "previous": None, "results": list}
BOOKMARK = {
    "id": int, "url": str, "title": str, "description": str, "notes": str, "web_archive_snapshot_url": str,
    "is_archived": bool, "unread": bool, "shared": bool, "tag_names": list,
    "date_added": MOMENT, "date_modified": MOMENT, "website_title": None, "website_description": None,
    "favicon_url": None, "preview_image_url": None,
}  # fmt: skip
TAG = {"id": int, "name": str, "date_added": MOMENT}
PROFILE = {"theme": str, "tag_search": str, "enable_sharing": bool, "search_preferences": dict, "version": str}
WRONG = {"Authorization": "Token " + "0" * 40}
BOUNDARY = "----dio-0123456789"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class File:
    """A part of a multipart body that has a file name."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Call:
    """A request and what its sender needs of the answer.

    ``{name}`` in the path stands for what an earlier call kept. ``form`` is sent as multipart. ``need`` is matched as
    contains() says, ``raw`` is the whole body; ``keep`` names the keys of the answer that later calls want.
    """

    method: str
    path: str
    status: int = 200
    need: Any = None
    json: Any = None
    form: dict[str, str | File] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    keep: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Client:
    """A program: how it signs in, what it always sends, and the calls of a session."""

    calls: tuple[Call, ...]
    scheme: str = "Token"
    headers: dict[str, str] = field(default_factory=dict)


KEEP_ID = {"id": "id"}

EXTENSION = Client(
    (
        Call("GET", "bookmarks/?limit=1", need=PAGE | {"count": 0, "results": []}),
        Call("GET", "user/profile/", need=PROFILE),
        Call("GET", "tags/?limit=5000", need=PAGE | {"results": []}),
        Call(
            "GET",
            "bookmarks/check/?url=https%3A%2F%2Fa.example%2Fx%3Fy%3Dz%26%C3%BC%23f",
            need={
                "bookmark": None,
                "metadata": {"url": "https://a.example/x?y=z&ü#f", "title": None, "description": None},
                "auto_tags": [],
            },
        ),
        Call(
            "POST",
            "bookmarks/?disable_scraping&disable_html_snapshot",
            201,
            json={
                "url": "https://a.example/x?y=z&ü#f", "title": "Ä page", "description": "d", "notes": "n",
                "tag_names": ["one", "Two"], "unread": True, "shared": False,
            },
            headers=JSON,
            need=BOOKMARK
            | {"url": "https://a.example/x?y=z&ü#f", "title": "Ä page", "tag_names": ["Two", "one"], "unread": True},
            keep=KEEP_ID,
        ),
        Call(
            "GET",
            "bookmarks/check/?url=https%3A%2F%2Fa.example%2Fx%3Fy%3Dz%26%C3%BC%23f",
            need={"bookmark": BOOKMARK | {"title": "Ä page", "notes": "n"}, "auto_tags": []},
        ),
        Call("GET", "bookmarks/{id}/", need=BOOKMARK | {"title": "Ä page"}),
        Call("GET", "bookmarks/?q=%C3%A4%20page&limit=5", need=PAGE | {"count": 1, "results": [BOOKMARK]}),
        Call("GET", "bookmarks/?q=%23two&limit=100", need=PAGE | {"results": [BOOKMARK]}),
        Call("GET", "tags/?limit=5000", need=PAGE | {"count": 2, "results": [TAG, TAG]}),
        Call("POST", "bookmarks/?disable_scraping", 400, json={"url": "nothing"}, need={"url": ["Enter a valid URL."]}),
        Call("DELETE", "bookmarks/{id}/", 204, raw=b""),
        Call("GET", "bookmarks/{id}/", 404, need={"detail": str}),
    )
)  # fmt: skip

INJECTOR = Client(
    (
        Call("GET", "bookmarks/?limit=1", need={"results": []}),
        Call("POST", "bookmarks/", 201, json={"url": "https://a.example/", "title": "A cat"}, headers=JSON),
        Call("GET", "bookmarks/?q=cat&limit=10", need={"results": [BOOKMARK | {"url": "https://a.example/"}]}),
        # What was typed into a search engine is no search language: odd text must find nothing, not fail.
        Call("GET", "bookmarks/?q=(cat%20and&limit=10", need={"results": []}),
        Call("GET", "bookmarks/?q=it's%20a%20%22cat&limit=10", need={"results": []}),
        Call("GET", "bookmarks/?limit=1", 401, headers=WRONG, need={"detail": "Invalid token."}),
    ),
    headers={"Origin": "moz-extension://0c1d", "Accept": "*/*"},
)  # fmt: skip

MINIFLUX_ENTRY = {
    "url": "https://a.example/feed?x=1",
    "title": "An entry",
    "tag_names": ["news", "rss"],
    "unread": True,
}
MINIFLUX = Client(
    (
        Call("POST", "bookmarks/", 201, json=MINIFLUX_ENTRY, headers=JSON, need=MINIFLUX_ENTRY, keep=KEEP_ID),
        Call("POST", "bookmarks/", 201, json=MINIFLUX_ENTRY, headers=JSON, need=MINIFLUX_ENTRY),
        Call("POST", "bookmarks/", 201, json={"url": "https://b.example/"}, headers=JSON, need={"tag_names": []}),
        Call("GET", "bookmarks/?limit=1&offset=1", need={"count": 2, "results": [MINIFLUX_ENTRY]}),
    ),
    headers={"User-Agent": "Miniflux/2.2.14", "Accept": "application/json"},
)

LINKDY_FORM = {
    "url": "https://a.example/", "title": "A", "description": "d", "is_archived": "false", "unread": "true",
    "shared": "false", "tag_names": "one,two words",
}  # fmt: skip
LINKDY = Client(
    (
        Call("GET", "", 401, headers={"Authorization": ""}, need={"detail": str}),  # any answer means "there it is"
        Call("GET", "bookmarks/?limit=1"),
        # Without its slash; linkding redirects it, here it is the same address.
        Call(
            "GET",
            "bookmarks/check?url=https%3A%2F%2Fa.example%2F",
            need={
                "bookmark": None,
                "metadata": {"url": "https://a.example/", "title": None, "description": None, "preview_image": None},
                "auto_tags": [],
            },
        ),
        Call(
            "POST",
            "bookmarks/",
            201,
            form=LINKDY_FORM,
            need=BOOKMARK | {"unread": True, "shared": False, "tag_names": ["one", "two-words"]},
            keep=KEEP_ID,
        ),
        Call("GET", "bookmarks/check?url=https%3A%2F%2Fa.example", need={"bookmark": BOOKMARK}),
        Call("GET", "bookmarks/?q&limit=100&offset=0", need=PAGE | {"count": 1}),
        Call(
            "PUT",
            "bookmarks/{id}/",
            form=LINKDY_FORM | {"title": "B", "unread": "false", "is_archived": "true", "tag_names": "three"},
            need=BOOKMARK | {"title": "B", "unread": False, "is_archived": True, "tag_names": ["three"]},
        ),
        # Without tags it sends no tag_names at all, which leaves them.
        Call(
            "PUT",
            "bookmarks/{id}/",
            form={key: value for key, value in LINKDY_FORM.items() if key != "tag_names"},
            need=BOOKMARK | {"title": "A", "is_archived": False, "tag_names": ["three"]},
        ),
        Call("PATCH", "bookmarks/{id}/", form={"unread": "true"}, need={"unread": True, "title": "A"}),
        Call(
            "PATCH",
            "bookmarks/{id}/",
            form={"notes": "n", "notag_namestes": "typo"},
            need={"notes": "n", "unread": True},
        ),
        Call("POST", "bookmarks/{id}/archive/", 204, raw=b""),
        Call("GET", "bookmarks/archived/?q=&limit=100&offset=0", need=PAGE | {"results": [BOOKMARK]}),
        Call("POST", "bookmarks/{id}/unarchive/", 204, raw=b""),
        Call("GET", "bookmarks/shared/?limit=100&offset=0", need=PAGE | {"results": []}),
        Call("POST", "tags/", 201, form={"name": "fresh"}, need=TAG | {"name": "fresh"}, keep={"tag": "id"}),
        Call("GET", "tags/{tag}/", need=TAG | {"name": "fresh"}),
        Call("GET", "tags/?q=fre&limit=20&offset=0", need=PAGE | {"count": 4}),
        Call("DELETE", "bookmarks/{id}/", 204, raw=b""),
    ),
    headers={"User-Agent": "Dart/3.5 (dart:io)", "Accept-Encoding": "gzip"},
)

PINKT = {
    "id": None, "url": "https://a.example/", "title": "A", "description": "", "notes": "", "is_archived": False,
    "unread": True, "shared": False, "tag_names": ["x"],
}  # fmt: skip
PINKBOARD = Client(
    (
        Call("GET", "bookmarks/?limit=1", need=PAGE),
        Call("POST", "bookmarks/", 201, json=PINKT, headers=JSON, need=BOOKMARK | {"tag_names": ["x"]}, keep=KEEP_ID),
        Call(
            "PUT",
            "bookmarks/{id}/",
            json=PINKT | {"id": 1, "title": "B", "unread": False, "tag_names": []},
            headers=JSON,
            need=BOOKMARK | {"title": "B", "unread": False, "tag_names": []},
        ),
        Call("GET", "bookmarks/{id}/", need=BOOKMARK | {"title": "B"}),
        Call("POST", "bookmarks/{id}/archive/", 204, raw=b""),
        Call("GET", "bookmarks/archived/?offset=0&limit=1000", need=PAGE | {"results": [BOOKMARK | {"title": "B"}]}),
        Call("POST", "bookmarks/{id}/unarchive/", 204, raw=b""),
        Call("GET", "bookmarks/?offset=0&limit=1000", need=PAGE | {"count": 1}),
        Call("GET", "tags/?offset=0&limit=1000", need=PAGE | {"results": [TAG]}),
        Call("DELETE", "bookmarks/{id}/", 204, raw=b""),
    ),
    headers={"User-Agent": "okhttp/4.12.0", "Accept": "application/json", "Accept-Encoding": "gzip"},
)

PICTURE = b"\x89PNG\r\n\x1a\n\x00\xff\xfe" + bytes(range(256)) * 300
ASSET = {
    "id": int, "bookmark": int, "date_created": MOMENT, "file_size": int, "asset_type": "upload",
    "content_type": "image/png", "display_name": "pïcture 1.png", "status": "complete",
}  # fmt: skip
BUNDLE = {
    "id": int, "name": str, "search": str, "any_tags": str, "all_tags": str, "excluded_tags": str,
    "filter_unread": "off", "filter_shared": "off", "order": int, "date_created": MOMENT, "date_modified": MOMENT,
}  # fmt: skip
LINKDING_API = Client(
    (
        Call(
            "POST",
            "bookmarks/",
            201,
            json={"url": "https://a.example/", "title": "A", "tag_names": ["x"]},
            headers=JSON,
            need=BOOKMARK,
            keep=KEEP_ID,
        ),
        Call("GET", "bookmarks/{id}/", need=BOOKMARK),
        Call("GET", "bookmarks/?q=a&limit=10&offset=0", need=PAGE | {"count": 1}),
        Call("PUT", "bookmarks/{id}/", json={"url": "https://b.example/", "title": "B"}, need=BOOKMARK),
        Call("PATCH", "bookmarks/{id}/", json={"title": "C"}, need=BOOKMARK | {"title": "C"}),
        Call("GET", "bookmarks/check/?url=https:%2F%2Fb.example", need={"bookmark": BOOKMARK}),
        Call("POST", "bookmarks/{id}/archive/", 204, raw=b""),
        Call("GET", "bookmarks/archived/", need=PAGE | {"count": 1}),
        Call("POST", "bookmarks/{id}/unarchive/", 204, raw=b""),
        Call("GET", "bookmarks/{id}/assets/", need=PAGE | {"results": []}),
        Call(
            "POST",
            "bookmarks/{id}/assets/upload/",
            201,
            form={"file": File("pïcture 1.png", PICTURE, "image/png")},
            need=ASSET,
            keep={"asset": "id"},
        ),
        Call("GET", "bookmarks/{id}/assets/", need=PAGE | {"count": 1, "results": [ASSET]}),
        Call("GET", "bookmarks/{id}/assets/{asset}/", need=ASSET),
        Call("GET", "bookmarks/{id}/assets/{asset}/download/", raw=PICTURE),
        Call("DELETE", "bookmarks/{id}/assets/{asset}/", 204, raw=b""),
        Call("GET", "bookmarks/{id}/assets/{asset}/download/", 404, need={"detail": str}),
        Call("GET", "bundles/", need=PAGE | {"results": []}),
        Call(
            "POST",
            "bundles/",
            201,
            json={"name": "Mine", "search": "c", "any_tags": "x", "all_tags": "", "excluded_tags": "", "order": 1},
            headers=JSON,
            need=BUNDLE | {"name": "Mine", "order": 1},
            keep={"bundle": "id"},
        ),
        Call("GET", "bundles/{bundle}/", need=BUNDLE | {"search": "c"}),
        Call("GET", "bookmarks/?bundle={bundle}", need=PAGE | {"count": 1}),
        # A text of JSON, where a value is left out a PATCH and else a PUT.
        Call("PATCH", "bundles/{bundle}/", json={"name": "Ours"}, headers=JSON, need=BUNDLE | {"name": "Ours"}),
        Call(
            "PUT",
            "bundles/{bundle}/",
            json={"name": "All", "search": "", "any_tags": "", "all_tags": "", "excluded_tags": "y", "order": 0},
            headers=JSON,
            need=BUNDLE | {"name": "All", "search": "", "excluded_tags": "y", "order": 0},
        ),
        Call("GET", "bundles/?limit=1", need=PAGE | {"results": [BUNDLE]}),
        Call("DELETE", "bundles/{bundle}/", 204, raw=b""),
        Call("GET", "bundles/{bundle}/", 404, need={"detail": "No BookmarkBundle matches the given query."}),
        Call("POST", "tags/", 201, json={"name": "fresh"}, headers=JSON, need=TAG, keep={"tag": "id"}),
        Call("GET", "tags/{tag}/", need=TAG),
        Call("GET", "tags/", need=PAGE | {"count": 2}),
        Call("GET", "user/profile/", need=PROFILE),
        Call("DELETE", "bookmarks/{id}/", 204, raw=b""),
        Call("DELETE", "bookmarks/{id}/", 404, need={"detail": "No Bookmark matches the given query."}),
    ),
    scheme="Bearer",
    headers={
        "Accept": "application/json, text/plain, */*",
        "Access-Control-Allow-Credentials": "true",
        "User-Agent": "axios/1.12.2",
        "Accept-Encoding": "gzip, compress, deflate, br",
    },
)  # fmt: skip

GO_PAYLOAD = {
    "url": "https://a.example/", "title": "A", "description": "", "notes": "", "is_archived": False, "unread": False,
    "shared": False, "tag_names": [],
}  # fmt: skip
GO_LINKDING = Client(
    (
        Call("POST", "bookmarks/", 201, json=GO_PAYLOAD, need=BOOKMARK, keep=KEEP_ID),
        Call(
            "PUT", "bookmarks/{id}/", json=GO_PAYLOAD | {"title": "B", "unread": True}, need=BOOKMARK | {"title": "B"}
        ),
        Call("GET", "bookmarks/?limit=10&q=B&sort=title_asc&unread=yes", need=PAGE | {"count": 1}),
        Call("GET", "bookmarks/?added_since=2020-01-02T03%3A04%3A05%2B02%3A00", need=PAGE | {"count": 1}),
        Call("GET", "bookmarks/?added_since=2999-01-02T03%3A04%3A05Z", need=PAGE | {"count": 0}),
        Call("GET", "bookmarks/?modified_since=0001-01-01T00%3A00%3A00Z", need=PAGE | {"count": 1}),
        Call("GET", "bookmarks/{id}/", need=BOOKMARK),
        Call("GET", "bookmarks/check/?url=https%3A%2F%2Fa.example%2F", need={"bookmark": BOOKMARK, "metadata": dict}),
        Call("POST", "bookmarks/{id}/archive/", 204, headers=JSON, raw=b""),
        Call("GET", "bookmarks/archived/?limit=1", need=PAGE | {"count": 1}),
        Call("POST", "bookmarks/{id}/unarchive/", 204, headers=JSON, raw=b""),
        Call("DELETE", "bookmarks/{id}/", 204, headers=JSON, raw=b""),
        Call("POST", "tags/", 201, json={"name": "fresh"}, need=TAG, keep={"tag": "id"}),
        Call("GET", "tags/?limit=100", need=PAGE | {"results": [TAG]}),
        Call("GET", "tags/{tag}/", need=TAG),
        Call("GET", "user/profile/", need=PROFILE),
    ),
    headers={"User-Agent": "Go-http-client/1.1", "Accept": "application/json", "Accept-Encoding": "gzip"} | JSON,
)

CLINKDING = Client(
    (
        Call("GET", "user/profile/", need=PROFILE),
        Call("POST", "bookmarks/", 201, json={"url": "https://a.example/"}, headers=JSON, need=BOOKMARK, keep=KEEP_ID),
        Call("PATCH", "bookmarks/{id}/", json={"title": "T", "unread": True}, headers=JSON, need={"unread": True}),
        Call(
            "GET",
            "bookmarks/?limit=100&modified_since=2020-01-01T00%3A00%3A00Z&offset=0&q=%22t%22",
            need=PAGE | {"count": 1},
        ),
        Call("GET", "bookmarks/check/?url=https%3A%2F%2Fnew.example", need={"bookmark": None, "auto_tags": []}),
        Call("POST", "bookmarks/{id}/archive/", 204),
        Call(
            "POST",
            "bookmarks/{id}/assets/upload/",
            201,
            form={"file": File("notes.txt", b"plain\r\n--words", "application/octet-stream")},
            need=ASSET | {"content_type": "application/octet-stream", "display_name": "notes.txt"},
            keep={"asset": "id"},
        ),
        Call("GET", "bookmarks/{id}/assets/{asset}/download/", raw=b"plain\r\n--words"),
        Call("GET", "bookmarks/{id}/assets/", need=PAGE | {"count": 1}),
        Call("DELETE", "bookmarks/{id}/assets/{asset}/", 204),
        Call("POST", "tags/", 201, json={"name": "fresh"}, headers=JSON, need=TAG),
        # Its bundles have a description, which linkding's do not: what is not known is not minded.
        Call(
            "POST",
            "bundles/",
            201,
            json={"name": "B", "description": "d"},
            headers=JSON,
            need=BUNDLE | {"name": "B"},
            keep={"bundle": "id"},
        ),
        Call("GET", "bundles/", need=PAGE | {"results": [BUNDLE]}),
        Call("GET", "bundles/{bundle}/", need=BUNDLE),
        Call("PATCH", "bundles/{bundle}/", json={"name": "C"}, headers=JSON, need=BUNDLE | {"name": "C"}),
        Call("DELETE", "bundles/{bundle}/", 204, raw=b""),
        Call("DELETE", "bookmarks/{id}/", 204),
    ),
    headers={"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"},
)

SINGLEFILE_PAGE = (
    b"<!DOCTYPE html> <html lang=en><!--\n Page saved with SingleFile \n url: https://a.example/page?x=1 \n-->"
    b"<meta charset=utf-8><title>Kept</title>\n<style>.a{b:c}</style><body>\xc3\xa4" + bytes(range(256))
)
SINGLEFILE_FORM = {
    "file": File("Kept (2026-01-02).html", SINGLEFILE_PAGE, "text/html"),
    "url": "https://a.example/page?x=1",
}
SNAPSHOT = ASSET | {
    "asset_type": "snapshot", "content_type": "text/html", "file_size": len(SINGLEFILE_PAGE),
    "display_name": re.compile(r"HTML snapshot from \d\d/\d\d/\d{4}"),
}  # fmt: skip
SINGLEFILE = Client(
    (
        Call(
            "POST",
            "bookmarks/singlefile/",
            201,
            form=SINGLEFILE_FORM,
            need={"message": "Snapshot uploaded successfully."},
        ),
        Call("POST", "bookmarks/singlefile/", 201, form=SINGLEFILE_FORM),
        # What a person then finds, as the other clients see it.
        Call("GET", "bookmarks/?limit=2", need=PAGE | {"results": [BOOKMARK | {"title": "Kept"}]}),
        Call(
            "GET",
            "bookmarks/check/?url=https%3A%2F%2Fa.example%2Fpage%3Fx%3D1",
            need={"bookmark": BOOKMARK | {"tag_names": [], "unread": False}},
            keep={"id": "bookmark.id"},
        ),
        Call(
            "GET",
            "bookmarks/{id}/assets/",
            need=PAGE | {"results": [SNAPSHOT, SNAPSHOT]},
            keep={"asset": "results.0.id"},
        ),
        Call("GET", "bookmarks/{id}/assets/{asset}/download/", raw=SINGLEFILE_PAGE),
        Call("POST", "bookmarks/singlefile/", 400, form={"url": "https://a.example/"}, need={"error": str}),
        Call("POST", "bookmarks/singlefile/", 401, form=SINGLEFILE_FORM, headers=WRONG),
    ),
    scheme="Bearer",
    headers={"Accept": "application/json", "Origin": "chrome-extension://mpiodijhokgodhhofbcjdecpffjipkle"},
)

OBSIDIAN = Client(
    (
        Call("GET", "bookmarks/?limit=1", need=PAGE | {"results": []}),
        Call(
            "POST",
            "bookmarks/",
            201,
            json={"url": "https://a.example/", "title": "A", "tag_names": ["one two", "ä"]},
            need=BOOKMARK,
        ),
        Call("GET", "bookmarks/?q=%23%C3%A4&limit=100", need=PAGE | {"results": [BOOKMARK]}),
        Call("GET", "bookmarks/?q=%23one-two%20%23%C3%A4&limit=100", need=PAGE | {"results": [BOOKMARK]}),
        Call("GET", "bookmarks/?q=%23none%20%23%C3%A4&limit=100", need=PAGE | {"results": []}),
        Call("GET", "bookmarks/?q=a.example&limit=100", need=PAGE | {"count": 1}),
        Call("GET", "bookmarks/?limit=1", 401, headers=WRONG, need={"detail": str}),
    ),
    headers={"User-Agent": "Mozilla/5.0 obsidian/1.7.7 Electron/32.2.5"} | JSON,  # also with requests that have no body
)  # fmt: skip

MCP = Client(
    (
        Call("GET", "bookmarks/?limit=20", need=PAGE | {"results": []}),
        Call(
            "POST",
            "bookmarks/",
            201,
            json={
                "url": "https://a.example/", "is_archived": False, "unread": True, "shared": False, "title": "A",
                "tag_names": ["x"],
            },
            need=BOOKMARK | {"unread": True},
            keep=KEEP_ID,
        ),
        Call("GET", "bookmarks/?limit=20&offset=0&q=a", need=PAGE | {"count": 1}),
        Call("GET", "bookmarks/{id}/", need=BOOKMARK),
        Call("PATCH", "bookmarks/{id}/", json={"tag_names": ["y"], "unread": False}, need={"tag_names": ["y"]}),
        Call("GET", "bookmarks/check/?url=https%3A%2F%2Fa.example%2F", need={"bookmark": BOOKMARK, "auto_tags": []}),
        Call("POST", "bookmarks/{id}/archive/", 204, raw=b""),
        Call("GET", "bookmarks/archived/?limit=20", need=PAGE | {"count": 1}),
        Call("POST", "bookmarks/{id}/unarchive/", 204, raw=b""),
        Call("GET", "tags/?limit=100&offset=0", need=PAGE | {"count": 2}),
        Call("DELETE", "bookmarks/{id}/", 204, raw=b""),
        Call("DELETE", "bookmarks/{id}/", 404, need={"detail": str}),
    ),
    headers={"User-Agent": "python-httpx/0.28.1", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"},
)  # fmt: skip

MCP_OF_GO = Client(
    (
        Call("GET", "bookmarks/?limit=20", need=PAGE),
        # It puts `disable_scraping` into the body, where linkding does not look for it either (LD-NEW-6).
        Call(
            "POST",
            "bookmarks/",
            201,
            json={"url": "https://a.example/", "tag_names": ["x"], "unread": True, "disable_scraping": True},
            headers=JSON,
            need=BOOKMARK | {"unread": True},
            keep=KEEP_ID,
        ),
        Call(
            "PUT",
            "bookmarks/{id}/",
            json={"url": "https://a.example/", "title": "B"},
            headers=JSON,
            need=BOOKMARK | {"title": "B", "tag_names": ["x"], "unread": True},
        ),
        Call("GET", "bookmarks/?limit=20&q=B", need=PAGE | {"results": [BOOKMARK]}),
        Call("POST", "bookmarks/{id}/archive/", 204, raw=b""),
        Call("POST", "bookmarks/{id}/unarchive/", 204, raw=b""),
        Call("GET", "tags/?limit=50", need=PAGE | {"results": [TAG]}),
        Call("DELETE", "bookmarks/{id}/", 204, raw=b""),
    ),
    headers={"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"},
)

# The addresses are linkding's, below /api/.
CLIENTS = {
    "linkding-extension 1.15.0": EXTENSION,
    "linkding-injector": INJECTOR,
    "Miniflux": MINIFLUX,
    "Linkdy": LINKDY,
    "Pinkt": PINKBOARD,
    "linkding-api": LINKDING_API,
    "go-linkding": GO_LINKDING,
    "clinkding": CLINKDING,
    "SingleFile 1.22": SINGLEFILE,
    "obsidian-linkding": OBSIDIAN,
    "linkding-mcp-server (Python)": MCP,
    "linkding-mcp (Go)": MCP_OF_GO,
}


def encoded(form: dict[str, str | File]) -> bytes:
    """A multipart body as the clients' libraries write it: texts without a type, file names as raw UTF-8."""
    body = b""
    for name, value in form.items():
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, File):
            body += f'; filename="{value.name}"\r\nContent-Type: {value.content_type}\r\n\r\n'.encode() + value.content
        else:
            body += f"\r\n\r\n{value}".encode()
        body += b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def part_of(answer: Any, key: str) -> Any:
    """What stands at ``results.0.id`` and the like."""
    for step in key.split("."):
        answer = answer[int(step) if isinstance(answer, list) else step]
    return answer


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_client_gets_what_it_needs(live, name):
    """Every call of its session, in order."""
    client = CLIENTS[name]
    kept: dict[str, Any] = {}
    signed = {"Authorization": f"{client.scheme} {live.token}"} | client.headers
    async with aiohttp.ClientSession() as http:
        for call in client.calls:
            url = URL(f"{live.base}/api/{call.path.format(**kept)}", encoded=True)
            headers = {key: value for key, value in (signed | call.headers).items() if value}
            body = {} if call.json is None else {"json": call.json}
            if call.form:
                body = {"data": encoded(call.form)}
                headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
            async with http.request(call.method, url, headers=headers, allow_redirects=False, **body) as answer:
                raw = await answer.read()
                read = await answer.json() if answer.content_type == "application/json" and raw else None
            where = f"{name}: {call.method} {call.path}"

            assert call.status == answer.status, f"{where}: {raw!r}"
            assert call.need is None or contains(call.need, read), f"{where}: {told(call.need, read)}"
            assert call.raw is None or call.raw == raw, where
            kept |= {word: part_of(read, key) for word, key in call.keep.items()}


async def test_freshrss_shares_by_a_page(live):
    """Its link (``app/shares.php``) opens the form, after the sign-in for who needs one; the form is filled in."""
    query = "url=https%3A%2F%2Fa.example%2Fx%3Fy%3Dz%26%C3%BC&title=An%20entry%20%26%20more&auto_close"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

        async def read(method: str, path: str, **body: Any) -> tuple[str, str]:
            async with http.request(method, URL(f"{live.base}{path}", encoded=True), **body) as answer:
                assert 200 == answer.status
                return answer.url.raw_path_qs, await answer.text()

        _, asked = await read("GET", f"/bookmarks/new?{query}")
        csrf, to = (unescape(re.search(rf'name="{name}" value="([^"]*)"', asked)[1]) for name in ("csrf", "next"))
        form = {"csrf": csrf, "next": to, "username": live.username, "password": live.password}
        where, shown = await read("POST", "/login", data=form)

    assert f"/bookmarks/new?{query}" == to
    assert (URL(to).path, URL(to).query) == (URL(where).path, URL(where).query)
    assert {"https://a.example/x?y=z&ü", "An entry & more"} <= set(map(unescape, re.findall('value="([^"]*)"', shown)))
