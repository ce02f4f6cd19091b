"""What Nextcloud Bookmarks clients send, byte for byte, and what they need of the answers: one table a client (S20).

The requests are those of NC-15.1 to NC-15.4; each client has a session of its own on an empty library. ``<name>`` in a
path or body stands for what an earlier call kept.
"""

from __future__ import annotations

import http.client
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.conftest import Each, contains, told

REST = "/index.php/apps/bookmarks/public/rest/v2/"
SEED = "/apps/bookmarks/public/rest/v2/"
BOUNDARY = "----WebKitFormBoundaryx0123456789ABCDEF"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
TAGS = "item[tags][]"
OK = {"status": "success"}
ERROR = {"status": "error", "data": [str]}
HEX = re.compile("[0-9a-f]{8}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Call:
    """A request and what its sender needs of the answer, matched as contains() says.

    ``keep`` names the way to a value of the answer that later calls want: keys and positions parted by dots. ``has``
    are headers of the answer.
    """

    method: str
    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    need: Any = None
    keep: dict[str, str] = field(default_factory=dict)
    has: dict[str, str] = field(default_factory=dict)
    anonymous: bool = False


@dataclass(frozen=True)
class Client:
    """A program: what it always sends, where it calls, and the calls of a session; ``basic`` is its word for that."""

    calls: tuple[Call, ...]
    headers: dict[str, str] = field(default_factory=dict)
    root: str = REST
    basic: str = "Basic {}"


def parts(*parts: tuple[str, str]) -> str:
    """A multipart body of texts, as browsers write it."""
    lines = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts]
    return "".join(lines) + f"--{BOUNDARY}--\r\n"


def upload(html: str) -> str:
    """A multipart body with a file of bookmarks."""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="bm_import"; filename="upload.html"\r\n'
        f"Content-Type: text/html\r\n\r\n{html}\r\n--{BOUNDARY}--\r\n"
    )


CAPABILITIES = {
    "ocs": {
        "meta": {"status": "ok", "statuscode": 200, "message": "OK"},
        "data": {
            "version": {"major": int, "minor": int, "micro": int, "string": str, "edition": str},
            "capabilities": {"bookmarks": {"javascript-bookmarks": True, "hash-functions": Each(str)}},
        },
    }
}

# What floccus reads of a bookmark; it identifies one by id and folder.
MARK = {"id": int, "title": str, "target": str, "url": str, "folders": Each(int), "tags": Each(str)}
IMPORT = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<DL><p>
<DT><A HREF="https://a.example/?x=1&#38;y=2" TAGS="" ID="31">&#60;A&#62; &#38; &#34;b&#34; &#39;c&#39; Ü</A>
<DT><H3 ID="32">Inner &#38; more</H3>
<DL><p>
  <DT><A HREF="https://b.example/" TAGS="" ID="33"></A>
</DL><p>
<DT><A HREF="https://c.example/" TAGS="" ID="34"> spaced  </A>
</DL><p>
"""

FLOCCUS = Client(
    (
        # The form in which a server is set up.
        Call("POST", "/index.php/login/v2", anonymous=True, keep={"poll": "poll.token"},
             need={"poll": {"token": str, "endpoint": str}, "login": str}),
        Call("POST", "/index.php/login/v2/poll", "token=<poll>", FORM, 404, anonymous=True),
        # The first sync, into a folder that is not there yet.
        Call("GET", "/ocs/v2.php/cloud/capabilities?format=json", headers={"OCS-APIRequest": "true"},
             need=CAPABILITIES),
        Call("POST", "lock", need=OK),
        Call("POST", "lock", status=423, need=ERROR),
        Call("GET", "folder?root=-1&layers=0", need=OK | {"data": []}),
        Call("POST", "folder", '{"parent_folder":-1,"title":"Brow/ser"}', JSON, keep={"root": "item.id"},
             need=OK | {"item": {"id": int, "title": "Brow/ser", "parent_folder": -1}}),
        Call("GET", "folder/<root>/hash?hashFn=xxh32", need=OK | {"data": re.compile("[0-9a-f]{8}")}),
        Call("GET", "folder/<root>/children?layers=-1", need=OK | {"data": []}),
        Call("GET", "bookmark?url=https%3A%2F%2Fa.example%2F%3Fx%3D1%26y%3D2", need=OK | {"data": []}),
        Call("POST", "bookmark", '{"url":"https://a.example/?x=1&y=2","title":"Ä \\"1\\"","folders":["<root>"]}', JSON,
             need=OK | {"item": MARK | {"title": 'Ä "1"', "target": "https://a.example/?x=1&y=2", "tags": []}},
             keep={"id": "item.id"}),
        Call("GET", "bookmark?page=-1&search[]=javascript%3A", need=OK | {"data": []}),
        Call("POST", "bookmark", '{"url":"javascript:void(\'ü\')","title":"","folders":[<root>]}', JSON,
             need=OK | {"item": MARK | {"title": "", "target": "javascript:void('ü')", "url": ""}},
             keep={"script": "item.id"}),
        Call("GET", "bookmark?page=-1&search[]=javascript%3A",
             need=OK | {"data": [MARK | {"target": "javascript:void('ü')"}]}),
        # A new folder with something in it.
        Call("POST", "folder", '{"parent_folder":<root>,"title":"New"}', JSON, keep={"new": "item.id"}),
        Call("POST", "folder/<new>/import", upload(IMPORT), MULTIPART,
             need=OK | {
                 "data": [
                     {"type": "bookmark", "id": int, "title": "<A> & \"b\" 'c' Ü", "url": "https://a.example/?x=1&y=2"},
                     {"type": "folder", "id": int, "title": "Inner & more", "children": [
                         {"type": "bookmark", "id": int, "title": "", "url": "https://b.example/"},
                     ]},
                     {"type": "bookmark", "id": int, "title": " spaced  ", "url": "https://c.example/"},
                 ]
             },
             keep={"again": "data.0.id", "inner": "data.1.id", "b": "data.1.children.0.id", "c": "data.2.id"}),
        Call("PATCH", "folder/<new>/childorder",
             '{"data":[{"id":"<inner>","type":"folder"},{"id":"<c>","type":"bookmark"},{"id":"<id>","type":"bookmark"}]}',
             JSON, need=OK),
        Call("DELETE", "lock", need=OK),
        # A sync that finds out what changed.
        Call("POST", "lock", need=OK),
        Call("GET", "folder?root=-1&layers=0",
             need=OK | {"data": [{"id": int, "title": "Brow/ser", "parent_folder": -1}]}),
        Call("GET", "folder/<root>/hash?hashFn=sha256", need=OK | {"data": re.compile("[0-9a-f]{64}")}),
        Call("GET", "folder/<root>/children?layers=1",
             need=OK | {
                 "data": [
                     {"type": "bookmark", "id": int, "title": "<A> & \"b\" 'c' Ü", "target": "https://a.example/?x=1&y=2"},
                     {"type": "bookmark", "id": int, "title": "", "target": "javascript:void('ü')"},
                     {"type": "folder", "id": int, "title": "New", "children": [
                         {"type": "folder", "id": int, "title": "Inner & more"},
                         {"type": "bookmark", "id": int, "title": " spaced  ", "target": "https://c.example/"},
                         {"type": "bookmark", "id": int, "target": "https://a.example/?x=1&y=2"},
                     ]},
                 ]
             }),
        Call("GET", "folder/<inner>/hash?hashFn=xxh32", need=OK | {"data": re.compile("[0-9a-f]{8}")}),
        # One record in two folders is moved from one of them and renamed; then taken out of the other.
        Call("GET", "bookmark/<id>", need=OK | {"item": MARK}),
        Call("PUT", "bookmark/<id>",
             '{"url":"https://a.example/?x=1&y=2","title":"A","folders":["<new>",<inner>],"tags":[]}', JSON,
             need=OK | {"item": MARK | {"title": "A"}}),
        Call("DELETE", "folder/<new>/bookmarks/<id>", need=OK),
        Call("GET", "bookmark?page=0&limit=300", need=OK | {"data": [MARK, MARK, MARK, MARK]}),
        Call("GET", "bookmark/<id>", need=OK | {"item": MARK | {"title": "A"}}),
        Call("DELETE", "folder/<root>/bookmarks/<script>", need=OK),
        # A folder is renamed and moved.
        Call("PUT", "folder/<inner>", '{"parent_folder":<root>,"title":"Outer"}', JSON,
             need=OK | {"item": {"title": "Outer"}}),
        Call("PUT", "folder/<root>", '{"parent_folder":<inner>,"title":"Brow/ser"}', JSON, status=400, need=ERROR),
        Call("GET", "folder/<root>/children?layers=-1",
             need=OK | {
                 "data": [
                     {"type": "folder", "title": "New", "children": [{"type": "bookmark", "target": "https://c.example/"}]},
                     {"type": "folder", "title": "Outer", "children": [
                         {"type": "bookmark", "title": "", "target": "https://b.example/"},
                         {"type": "bookmark", "title": "A"},
                     ]},
                 ]
             }),
        Call("DELETE", "folder/<inner>", need=OK),
        Call("POST", "bookmark/click", '{"url":"https://c.example/"}', JSON, need=OK),
        Call("GET", "bookmark?page=0&limit=300", need=OK | {"data": [MARK | {"target": "https://c.example/"}]}),
        Call("DELETE", "lock", need=OK),
    )
)  # fmt: skip

FLOCCUS_4 = Client(
    (
        Call("GET", "folder/-1/hash", need={"status": str}),
        Call("POST", "folder", '{"parent_folder":"-1","title":"F"}', JSON, keep={"folder": "item.id"}),
        Call("POST", "bookmark", '{"url":"https://a.example/","title":"A","folders":["<folder>"]}', JSON,
             need=OK | {"item": MARK}, keep={"id": "item.id"}),
        Call("GET", "folder", need=OK | {"data": [{"id": int, "title": "F", "parent_folder": -1, "children": []}]}),
        Call("GET", "folder/-1/childorder", need=OK | {"data": [{"type": "folder", "id": int}]}),
        Call("GET", "folder/-1/childorder?layers=-1",
             need=OK | {"data": [{"type": "folder", "id": int, "children": [{"type": "bookmark", "id": int}]}]}),
        Call("GET", "bookmark?folder=<folder>&page=-1", need=OK | {"data": [MARK]}),
        Call("GET", "bookmark?folder=-1&page=-1", need=OK | {"data": []}),
    )
)  # fmt: skip

FLOCCUS_LEGACY = Client(
    (
        Call("GET", "bookmark?page=0", need=OK | {"data": []}),
        Call("POST", "bookmark",
             parts(("url", "https://a.example/"), ("title", "Ä"), (TAGS, "floccus:>Bar"), (TAGS, "t")),
             MULTIPART, need=OK | {"item": {"id": int, "url": "https://a.example/", "tags": ["floccus:>Bar", "t"]}},
             keep={"id": "item.id"}),
        Call("PUT", "bookmark/<id>",
             parts(("record_id", "<id>"), ("url", "https://a.example/"), ("title", "B"), (TAGS, "floccus:>Bar")),
             MULTIPART, need=OK | {"item": {"title": "B", "tags": ["floccus:>Bar"]}}),
        Call("GET", "bookmark/<id>", need=OK | {"item": {"id": int, "url": str, "title": "B", "tags": [str]}}),
        Call("DELETE", "bookmark/<id>", need=OK),
    )
)  # fmt: skip

# Android v1 reads ``public`` with a getter for integers.
OLD_ANDROID = {
    "id": int, "url": str, "title": str, "user_id": str, "description": str, "public": int, "added": int,
    "lastmodified": int, "clickcount": int, "tags": Each(str),
}  # fmt: skip
OC_BOOKMARKS = Client(
    (
        Call("GET", "bookmark?page=-1", need=OK | {"data": []}),
        Call("POST", "bookmark?url=http%3A%2F%2Fa.example%2Fx&title=A+title&description=Some%20text&is_public=1"
             "&item%5Btags%5D%5B%5D=one&item%5Btags%5D%5B%5D=two", need=OK, keep={"id": "item.id"}),
        Call("GET", "bookmark?page=-1",
             need=OK | {"data": [OLD_ANDROID | {"title": "A title", "public": 1, "tags": ["one", "two"]}]}),
        Call("GET", "tag", need=["one", "two"]),
        Call("PUT", "bookmark/<id>?url=http%3A%2F%2Fa.example%2Fx&title=B&description=&record_id=<id>"
             "&item%5Btags%5D%5B%5D=two",
             need=OK | {"item": OLD_ANDROID | {"title": "B", "description": "", "public": 0, "tags": ["two"]}}),
        Call("POST", "tag?old_name=two&new_name=th%C3%BC+ree", need=OK),
        Call("GET", "tag", need=["thü ree"]),
        Call("DELETE", "tag?old_name=th%C3%BC+ree", need=OK),
        Call("GET", "bookmark?page=-1", need=OK | {"data": [OLD_ANDROID | {"tags": []}]}),
        Call("DELETE", "bookmark/<id>", need=OK),
        Call("GET", "tag", need=[]),
    ),
    headers=JSON | {"User-Agent": "Dalvik/2.1.0 (Linux; U; Android 9)", "Accept-Encoding": "gzip"},
    basic="Basic {} ",  # its encoder ends with a line break, which reaches the wire as white space
)  # fmt: skip

ANDROID = {
    "id": int, "url": str, "title": str, "userId": str, "description": str, "added": int, "lastmodified": int,
    "clickcount": int, "tags": Each(str), "folders": Each(int),
}  # fmt: skip
NEXTCLOUD_ANDROID = Client(
    (
        Call("GET", "bookmark?page=1&limit=10", need=OK | {"data": []}),
        Call("GET", "folder", need=OK | {"data": []}),
        Call("POST", "folder?title=F&parent_folder=-1", need=OK | {"item": {"id": int}}, keep={"folder": "item.id"}),
        Call("POST", "bookmark?url=https%3A%2F%2Fa.example%2F&title=A&description=D"
             "&tags%5B%5D=one&folders%5B%5D=<folder>",
             need=OK | {"item": ANDROID | {"tags": ["one"]}}, keep={"id": "item.id"}),
        Call("PUT", "bookmark/<id>?record_id=<id>&url=https%3A%2F%2Fa.example%2F&title=B&description=D"
             "&tags%5B%5D=one&tags%5B%5D=two&folders%5B%5D=<folder>&folders%5B%5D=-1",
             need=OK | {"item": ANDROID | {"title": "B", "tags": ["one", "two"], "folders": [-1, int]}}),
        Call("GET", "bookmark?page=0&limit=300", need=OK | {"data": [ANDROID]}),
        Call("GET", "bookmark?page=1&limit=300", need=OK | {"data": []}),
        Call("GET", "folder", need=OK | {"data": [{"id": int, "title": "F", "parent_folder": -1}]}),
        Call("GET", "tag", need=["one", "two"]),
        Call("DELETE", "bookmark/<id>", need=OK),
    ),
    headers=JSON | {"User-Agent": "Mozilla/5.0 (Android) Nextcloud-android/3.30.0"},
)  # fmt: skip

NCBOOKMARK = Client(
    (
        Call("POST", "bookmark", "url=https%3A%2F%2Fa.example%2F&title=A&item%5Btags%5D%5B%5D=one", FORM,
             keep={"id": "item.id"}),
        Call("GET", "bookmark?sortby=tags&page=-1&tags%5B%5D=one", need=OK | {"data": [MARK | {"tags": ["one"]}]}),
        Call("PUT", "bookmark/<id>",
             "url=https%3A%2F%2Fa.example%2F&record_id=<id>&title=B+C&description=D%26E"
             "&item%5Btags%5D%5B%5D=two&item%5Btags%5D%5B%5D=thr%C3%A9e",
             FORM, need=OK | {"item": {"title": "B C", "description": "D&E", "tags": ["thrée", "two"]}}),
        Call("GET", "bookmark?sortby=tags&page=-1&tags%5B%5D=one", need=OK | {"data": []}),
        Call("DELETE", "bookmark/<id>", need=OK),
    )
)  # fmt: skip

# Decoded strictly: a null or a text where a number belongs ends the whole list.
SWIFT = {
    "id": int, "added": int, "lastmodified": int, "folders": Each(int), "tags": Each(str), "url": str, "title": str,
    "description": str,
}  # fmt: skip
NEXTBOOKMARK = Client(
    (
        Call("GET", "bookmark?page=-1", need=OK | {"data": []}),
        Call("POST", "bookmark", '{"url":"http:\\/\\/a.example"}', JSON,
             need=OK | {"item": SWIFT | {"url": "http://a.example/", "title": "http://a.example/", "folders": [-1]}},
             keep={"id": "item.id"}),
        Call("POST", "folder", '{"title":"F","parent_folder":-1}', JSON, need=OK, keep={"folder": "item.id"}),
        Call("PUT", "bookmark/<id>",
             '{"title":"A","url":"http:\\/\\/a.example\\/","description":"",'
             '"tags":["one two","a,b"],"folders":[<folder>]}',
             JSON, need=OK | {"item": SWIFT | {"tags": ["a,b", "one two"]}}),
        Call("GET", "bookmark?page=-1", need=OK | {"data": [SWIFT | {"tags": ["a,b", "one two"]}]}),
        Call("GET", "bookmark?folder=<folder>&page=-1", need=OK | {"data": [SWIFT]}),
        Call("GET", "bookmark?folder=-1&page=-1", need=OK | {"data": []}),
        Call("GET", "folder", need=OK | {"data": [{"id": int, "title": "F", "parent_folder": -1, "children": []}]}),
        Call("DELETE", "tag/one%20two", need=OK),
        Call("GET", "tag", need=["a,b"]),
        Call("DELETE", "bookmark/<id>", need=OK),
    ),
    headers={"User-Agent": "nextBookmark/1 CFNetwork/1494.0.7 Darwin/23.4.0", "Accept": "*/*"},
)  # fmt: skip

ORIGIN = {"Origin": "app://nextcloud-bookmark-manager"}
MANAGER = Client(
    (
        Call("OPTIONS", "bookmark", status=200, anonymous=True,
             headers={"Access-Control-Request-Method": "GET",
                      "Access-Control-Request-Headers": "authorization,content-type"},
             has={"Access-Control-Max-Age": "1728000"}),
        Call("GET", "bookmark?page=-1", need=OK | {"data": []}, has={"Access-Control-Allow-Origin": ORIGIN["Origin"]}),
        Call("POST", "folder?title=Gr%C3%BCn&parent_folder=-1", need=OK | {"item": {"title": "Grün"}},
             keep={"folder": "item.id"}),
        Call("POST", "bookmark?url=https%3A%2F%2Fa.example%2F&title=A&description=&tags[]=one&tags[]=two&folders[]=-1",
             need=OK | {"item": MARK | {"tags": ["one", "two"], "folders": [-1]}}, keep={"id": "item.id"}),
        Call("POST", "folder/<folder>/bookmarks/<id>", need=OK),
        Call("DELETE", "folder/-1/bookmarks/<id>", need=OK),
        Call("PUT", "bookmark/<id>?title=B&item[tags][]=three&page=-1",
             need=OK | {"item": {"title": "B", "tags": ["three"]}}),
        Call("GET", "bookmark?folder=<folder>&page=-1", need=OK | {"data": [MARK]}),
        Call("DELETE", "bookmark/<id>", need=OK),
    ),
    headers=JSON | ORIGIN | {"Accept": "*/*"},
)  # fmt: skip

QUTEBROWSER = Client(
    (
        Call("GET", "bookmark?url=https%3A%2F%2Fa.example%2F", need=OK | {"data": []}),
        Call("POST", "bookmark",
             '{"url": "https://a.example", "title": "A", "description": "", "tags": [""], "folders": ["-1"], "id": -1}',
             need=OK | {"item": {"id": int, "tags": []}}),
        Call("GET", "bookmark?url=https%3A%2F%2Fa.example", need=OK | {"data": [{"id": int}]},
             keep={"id": "data.0.id"}),
        Call("PUT", "bookmark/<id>", '{"url": "https://a.example", "title": "A", "tags": ["x", " "], "id": <id>}',
             need=OK | {"item": {"tags": ["x"]}}),
        Call("DELETE", "bookmark/<id>", need=OK),
    ),
    headers=JSON | {"Accept-Encoding": "gzip, deflate", "User-Agent": "python-requests/2.32.3", "Accept": "*/*"},
)  # fmt: skip

FREEDOMMARKS = Client(
    (
        Call(
            "POST",
            "bookmark",
            "url=https%3A%2F%2Fa.example%2F&title=A&description=D&is_public=true&item%5B%5D=one&item%5B%5D=%20",
            FORM,
            need=OK | {"item": {"public": 1, "tags": ["one"]}},
            keep={"id": "item.id"},
        ),
        Call(
            "GET",
            "bookmark?page=-1&conjunction=and&tags[]=one&tags[]=%20",
            need=OK | {"data": [{"id": int, "url": str, "title": "A", "description": "D", "tags": ["one"]}]},
        ),
        Call("GET", "bookmark?page=-1&conjunction=or&search[]=nothing&search[]=%20", need=OK | {"data": []}),
        Call("GET", "bookmark?page=-1&conjunction=or&search[]=%20", need=OK | {"data": [{"id": int}]}),
        Call("DELETE", "bookmark/<id>", "id=<id>", FORM, need=OK),
        Call("GET", "bookmark/<id>", status=404, need=ERROR),
    )
)

SHELL = Client(
    (
        Call("POST", "bookmark",
             "url=https%3A%2F%2Fa.example&title=A%20b&item%5Btags%5D%5B%5D=one&item%5Btags%5D%5B%5D=t%26wo", FORM,
             need=OK | {"item": {"id": re.compile("[0-9]+"), "title": "A b", "tags": ["one", "t&wo"]}},
             keep={"id": "item.id"}),
        Call("GET", "bookmark/<id>", need=OK | {"item": {"id": re.compile("[0-9]+")}}),
        Call("POST", "folder", "title=Some%20folder&parent_folder=-1", FORM,
             need=OK | {"item": {"id": int, "title": "Some folder"}}, keep={"folder": "item.id"}),
        Call("PUT", "bookmark/<id>", "folders[]=<folder>", FORM, need=OK | {"item": {"title": "A b"}}),
        Call("GET", "bookmark?page=-1&folder=<folder>",
             need=OK | {"data": [{"title": "A b", "tags": ["one", "t&wo"]}]}),
        Call("DELETE", "tag", "old_name=one", FORM, need=OK),
        Call("GET", "tag", need=["t&wo"]),
    ),
    headers={"User-Agent": "curl/8.5.0", "Accept": "*/*"},
    root=SEED,
)  # fmt: skip

CLIENTS = {
    "floccus 5.9": FLOCCUS,
    "floccus 4": FLOCCUS_4,
    "floccus 2": FLOCCUS_LEGACY,
    "OCBookmarks 1": OC_BOOKMARKS,
    "Nextcloud Bookmarks for Android 2": NEXTCLOUD_ANDROID,
    "NCBookmark": NCBOOKMARK,
    "nextBookmark": NEXTBOOKMARK,
    "Nextcloud Bookmark Manager": MANAGER,
    "qutebrowser": QUTEBROWSER,
    "FreedomMarks": FREEDOMMARKS,
    "curl": SHELL,
}


def filled(text: str, kept: dict[str, str]) -> str:
    """The text with what was kept in the places of its names."""
    for name, value in kept.items():
        text = text.replace(f"<{name}>", value)
    return text


def found(way: str, answer: Any) -> str:
    """The value at the end of a way of keys and positions."""
    for step in way.split("."):
        answer = answer[int(step) if isinstance(answer, list) else step]
    return str(answer)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_nextcloud_client_gets_what_it_needs(live, name):
    """S20, and M04 where a client names JSON as the type of a body that is empty: every call of a session, in order.

    All goes over one connection, with no header but those of the table, Host and the length of the body.
    """
    client = CLIENTS[name]
    secret = b64encode(f"{live.username}:{live.password}".encode()).decode()
    kept: dict[str, str] = {}
    address = urlsplit(live.base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    for call in client.calls:
        path = filled(call.path, kept)
        body = filled(call.body, kept).encode()
        headers = client.headers | call.headers
        if not call.anonymous:
            headers |= {"Authorization": client.basic.format(secret)}
        if body or call.method in {"POST", "PUT", "PATCH"}:
            headers |= {"Content-Length": str(len(body))}
        connection.putrequest(
            call.method, path if path.startswith("/") else client.root + path, skip_accept_encoding=True
        )
        for header, value in headers.items():
            connection.putheader(header, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        raw = answer.read()
        where = f"{name}: {call.method} {path} {body!r}"

        assert call.status == answer.status, f"{where}: {raw!r}"
        read = json.loads(raw) if raw and answer.headers.get_content_type() == "application/json" else None

        assert call.need is None or contains(call.need, read), f"{where}: {told(call.need, read)}"
        assert contains(call.has, dict(answer.headers)), f"{where}: {dict(answer.headers)}"
        kept |= {word: found(way, read) for word, way in call.keep.items()}
    connection.close()
