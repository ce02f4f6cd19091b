"""Every door behind a proxy that shows this server below a path: what it tells of itself leads back to it.

linkding's ``LD_CONTEXT_PATH`` and ``LD_USE_X_FORWARDED_HOST`` (LD section 24, LD-HTTP-13): the path comes from the base
address or from a trusted proxy, and the proxy may keep it or take it off. What others say in such headers is not looked
at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html import unescape

import orjson
import pytest
from aiohttp import DummyCookieJar

from models import Bookmark
from schema.execution.fields import global_id
from schema.resolvers import assets, feed_keys
from server.app import make_routes
from server.outside.signing import SignedPaths
from server.settings import load_settings
from server.signing import Signer
from tests.factories import PASSWORD, make_bookmark

BASE = "https://links.example/my/cloud"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "links.example", "X-Forwarded-Prefix": "/my/cloud"}
PROXY = {"trusted_proxies": "127.0.0.0/8"}
KEY = b"k" * 32
PICTURE = f"{'0' * 64}.webp"


@dataclass(frozen=True)
class Way:
    """How requests reach the server: the settings, the headers on the way, whether the path is taken off."""

    settings: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    is_kept: bool = True
    base: str = BASE

    @property
    def prefix(self):
        return self.base.removeprefix("https://links.example").removeprefix("http://inside")


WAYS = {
    "by the base address, path kept": Way({"base_url": BASE}),
    "by the base address, path taken off": Way({"base_url": BASE}, is_kept=False),
    "by the base address, whatever a trusted proxy says": Way(
        {"base_url": BASE} | PROXY, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    ),
    "by a trusted proxy, path kept": Way(PROXY, FORWARDED),
    "by a trusted proxy, path taken off": Way(PROXY, FORWARDED, is_kept=False),
    "not by somebody else's headers": Way({}, FORWARDED, base="http://inside"),
    "not by those of a proxy that is another one": Way(
        {"trusted_proxies": "10.0.0.0/8"}, FORWARDED, base="http://inside"
    ),
}


class Outside:
    """Somebody beyond the proxy, who knows addresses as they are seen from there."""

    def __init__(self, client, way, token):
        self.client, self.way, self.token = client, way, token
        self.base, self.prefix = way.base, way.prefix
        self.cookies = {}

    async def ask(self, path, method="GET", *, token=True, headers=(), **body):
        """Ask for a path as the outside sees it; status, headers, bytes."""
        assert path.startswith(f"{self.prefix}/"), path
        sent = path if self.way.is_kept else path.removeprefix(self.prefix)
        given = {"Host": "inside"} | self.way.headers | ({"Authorization": f"Bearer {self.token}"} if token else {})
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.client.request(method, sent, headers=given | dict(headers), allow_redirects=False, **body)
        self.cookies |= {cookie.key: cookie.value for cookie in answer.cookies.values()}
        return answer.status, answer.headers, await answer.read()

    async def read(self, path, **options):
        """The JSON at a path of ours."""
        status, _, body = await self.ask(self.prefix + path, **options)
        assert status < 300, body
        return orjson.loads(body)

    async def page(self, path, **options):
        """The page at a path of ours, as text."""
        return (await self.ask(self.prefix + path, token=False, **options))[2].decode()


@pytest.fixture
def ports(ports):
    return replace(ports, signing=SignedPaths(Signer(KEY, ports.clock), ports.clock))


@pytest.fixture(params=WAYS)
async def outside(request, ann, ports, aiohttp_client):
    way = WAYS[request.param]
    app = make_routes(load_settings(None, **way.settings), ports, Signer(KEY, ports.clock))
    return Outside(await aiohttp_client(app, cookie_jar=DummyCookieJar()), way, ann.secret)


@pytest.fixture
async def bookmark(ann):
    for number in range(2):
        bookmark = await make_bookmark(ann, url=f"https://a.example/{number}", tag_names=[f"t{number}"])
    await Bookmark.all().update(favicon=PICTURE, preview_image=PICTURE)
    return bookmark


async def chunks():
    yield b"bytes"


async def test_linkding(outside, bookmark):
    """LD-HTTP-13, and section 24, LD_CONTEXT_PATH: ``next``, ``previous``, ``favicon_url``, ``preview_image_url``."""
    base, pictures = outside.base, [f"{outside.base}/static/{PICTURE}"] * 2
    first = await outside.read("/api/bookmarks/?limit=1")
    last = await outside.read("/api/bookmarks/?limit=1&offset=1")
    one = await outside.read(f"/api/bookmarks/{bookmark.id}/")
    check = await outside.read("/api/bookmarks/check/?url=https://a.example/0")
    document = await outside.read("/api/openapi.json")

    assert (f"{base}/api/bookmarks/?limit=1&offset=1", f"{base}/api/bookmarks/?limit=1") == (
        first["next"],
        last["previous"],
    )
    for row in (first["results"][0], one, check["bookmark"]):
        assert pictures == [row["favicon_url"], row["preview_image_url"]]
    assert f"{base}/api/tags/?limit=1&offset=1" == (await outside.read("/api/tags/?limit=1"))["next"]
    assert [{"url": f"{base}/api"}] == document["servers"]


async def test_feeds(outside, bookmark, ann):
    """LD section 22: the channel's own link."""
    made = await feed_keys.renew(await ann.ctx())
    status, _, body = await outside.ask(f"{outside.prefix}/feeds/{made.secret}/all", token=False)

    assert 200 == status
    assert f"<link>{outside.base}/</link>".encode() in body


async def test_nextcloud(outside, bookmark):
    """NC section 14, NC-12: the login flow's addresses, feeds, and what a program is told that its server is."""
    begun = await outside.read("/index.php/login/v2", method="POST", token=False)
    flow = begun["login"].removeprefix(outside.base)
    shown = await outside.ask(outside.prefix + flow, token=False)
    feed = await outside.ask(f"{outside.prefix}/apps/bookmarks/public/rest/v2/bookmark?format=rss")
    poll = await outside.ask(
        begun["poll"]["endpoint"].removeprefix(outside.base.removesuffix(outside.prefix)),
        "POST",
        token=False,
        data={"token": begun["poll"]["token"]},
    )

    assert begun["login"].startswith(f"{outside.base}/login/v2/flow/")
    assert f"{outside.base}/login/v2/poll" == begun["poll"]["endpoint"]
    assert (303, f"{outside.prefix}/login?next={flow}") == (shown[0], shown[1]["Location"])
    assert 404 == poll[0]
    assert f"<link>{outside.base}/</link>".encode() in feed[2]
    assert 200 == (await outside.ask(f"{outside.prefix}/status.php", token=False))[0]


async def test_bkmark(outside, bookmark):
    """BK: pictures, and the addresses of OAuth (RFC 8414)."""
    rows = await outside.read("/api/v1/bookmarks")
    metadata = await outside.read("/.well-known/oauth-authorization-server", token=False)
    document = await outside.read("/api/v1/openapi.json")

    pictures = {row[name] for row in rows["data"] for name in ("faviconUrl", "imageUrl")}
    assert {f"{outside.base}/static/{PICTURE}"} == pictures
    assert outside.base == metadata["issuer"]
    addresses = {value for key, value in metadata.items() if key.endswith("_endpoint")}
    assert {f"{outside.base}/oauth/{name}" for name in ("authorize", "token", "revoke", "introspect")} == addresses
    assert [{"url": f"{outside.base}/api/v1"}] == document["servers"]


async def test_graphql(outside, bookmark, ann, ports):
    """Paths in the graph are those that the asker must ask for; the signed ones do work there."""
    await assets.upload(await ann.ctx(), bookmark.id, "a", "text/plain", chunks())
    read = (
        "query($id: ID!) { node(id: $id) { ... on Bookmark { faviconUrl previewImageUrl"
        " assets(first: 1) { nodes { downloadUrl } } } } }"
    )
    announce = 'mutation($id: ID!) { createAssetUpload(bookmarkId: $id, name: "b") { uploadUrl } }'
    variables = {"id": global_id("Bookmark", bookmark.id)}

    async def graph(query):
        return (await outside.read("/graphql", method="POST", json={"query": query, "variables": variables}))["data"]

    node = (await graph(read))["node"]
    download = node["assets"]["nodes"][0]["downloadUrl"]
    upload = (await graph(announce))["createAssetUpload"]["uploadUrl"]

    assert [f"{outside.prefix}/static/{PICTURE}"] * 2 == [node["faviconUrl"], node["previewImageUrl"]]
    assert (200, b"bytes") == (await outside.ask(download, token=False))[::2]
    assert 201 == (await outside.ask(upload, "PUT", token=False, data=b"sent"))[0]


async def test_graphiql(outside):
    """Its files are named relatively to where it is."""
    page = await outside.page("/graphql", headers={"Accept": "text/html"})
    files = re.findall(r'(?:src|href)="(graphql/static/[^"]+)"', page)

    assert 6 == len(files)
    for path in files:
        assert 200 == (await outside.ask(f"{outside.prefix}/{path}", token=False))[0]


async def test_pages(outside, bookmark, ann):
    """Every address in every page, every redirect, and the cookies."""
    prefix = outside.prefix
    for path in ("/", "/settings", "/settings/developer"):
        _, headers, _ = await outside.ask(prefix + path, token=False)
        assert headers["Location"].startswith(f"{prefix}/login")
    login = await outside.page("/login?next=/settings/developer")
    share = await outside.page("/bookmarks/new?url=https://b.example&auto_close")
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', login).group(1)
    form = {"csrf": csrf, "username": "ann", "password": PASSWORD, "next": "/settings/developer"}
    own, evil = ({"Origin": origin} for origin in (re.match("https?://[^/]+", outside.base)[0], "https://evil.example"))
    refused = await outside.ask(f"{prefix}/login", "POST", token=False, data=form, headers=evil)
    status, headers, _ = await outside.ask(f"{prefix}/login", "POST", token=False, data=form, headers=own)
    asset = await assets.upload(await ann.ctx(), bookmark.id, "a", "text/html", chunks())
    shown = await outside.ask(f"{prefix}/assets/{asset.id}", token=False)
    pages = [login, share, await outside.page("/settings"), await outside.page("/bookmarks/new?url=https://b.example")]

    assert (403, 303, f"{prefix}/settings/developer") == (refused[0], status, headers["Location"])
    cookie = headers.getall("Set-Cookie")[0]
    assert (outside.base.startswith("https"), True) == ("Secure" in cookie, "Path=/;" in f"{cookie};")
    assert (200, b"bytes") == (shown[0], shown[2])
    for page in pages:
        addresses = {unescape(one) for one in re.findall(r'(?:src|href|action)="(/[^"]*)"', page)}
        assert addresses
        assert {True} == {one.startswith(f"{prefix}/") for one in addresses}, addresses
        for one in addresses:
            assert 404 != (await outside.ask(one, token=False))[0], one


async def test_what_names_no_address_answers_all_the_same(outside):
    """In its own words, which are those that it has without a path."""
    for path in ("/health", "/static/none.webp", "/files/none", "/feeds/none/all", "/api/none"):
        status, headers, body = await outside.ask(outside.prefix + path, token=False)
        usual = await outside.client.get(path, headers={"Host": "inside"} | outside.way.headers)

        assert (usual.status, usual.headers["Content-Type"], await usual.read()) == (
            status,
            headers["Content-Type"],
            body,
        )


async def test_untrusted_senders_find_nothing_below_the_path_that_they_name(ann, ports, aiohttp_client):
    """LD-HTTP-13: section 24, LD_USE_X_FORWARDED_HOST."""
    client = await aiohttp_client(make_routes(load_settings(None), ports, Signer(KEY, ports.clock)))

    assert 404 == (await client.get("/my/cloud/health", headers=FORWARDED)).status
