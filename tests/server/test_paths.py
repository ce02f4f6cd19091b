"""Paths below that of a proxy, and with doubled slashes: answered as the usual ones, never redirected (NC-1.4, S17)."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server.addresses import Addresses
from server.app import make_routes
from server.settings import SettingsError, load_settings
from server.signing import Signer
from tests.factories import make_bookmark

BASE = "https://links.example/my/cloud"


@pytest.fixture
async def start(ann, ports, aiohttp_client):
    async def serve(**given):
        signer = Signer(b"k" * 32, ports.clock)
        client = await aiohttp_client(make_routes(load_settings(None, **given), ports, signer))

        async def send(path, *, method="GET", token=ann.secret, body=b"", headers=()):
            """Send the path as it stands, byte for byte; status, headers, body."""
            lines = [f"{method} {path} HTTP/1.1", "Host: inside", "Connection: close", f"Content-Length: {len(body)}"]
            lines += [f"Authorization: Bearer {token}"] if token else []
            lines += [f"{name}: {value}" for name, value in dict(headers).items()]
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            head, _, sent = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            first, *rest = head.decode().split("\r\n")
            return int(first.split()[1]), CIMultiDict(line.split(": ", 1) for line in rest), sent

        return send

    return serve


GRAPHQL = {"method": "POST", "body": b'{"query": "{ __typename }"}', "headers": {"Content-Type": "application/json"}}


@pytest.mark.parametrize("prefix", ["", "/my/cloud", "//my/cloud", "/my//cloud/"])
@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("/health", {}, b'"healthy"'),
        ("/api/tags", {}, b'"results":[]'),
        ("/api//tags//?limit=3", {}, b'"results":[]'),
        ("/graphql", GRAPHQL, b"Query"),
        ("/graphql", {"headers": {"Accept": "text/html"}}, b'src="graphql/static/'),
    ],
)
async def test_everything_answers_below_the_base_path_and_without_it(start, prefix, path, options, expected):
    send = await start(base_url=BASE)
    status, headers, body = await send(prefix + path, **options)

    assert (200, False) == (status, "Location" in headers)
    assert expected in body


@pytest.mark.parametrize("path", ["//health", "///health", "/api/bookmarks//check/?url=http://a.example//b"])
async def test_doubled_slashes_are_one_and_those_of_a_query_are_its_own(start, path):
    send = await start()
    status, _, body = await send(path)

    assert 200 == status
    assert body.startswith(b'{"version"') or b'"http://a.example//b"' in body


async def test_an_encoded_slash_is_no_slash(start):
    assert 404 == (await (await start())("/api/bookmarks%2F%2Fcheck"))[0]


@pytest.mark.parametrize("path", ["/my/cloudy/health", "/my", "/cloud/health", "/my/cloud/my/cloud/health"])
async def test_what_is_beside_the_base_path_is_not_there(start, path):
    assert 404 == (await (await start(base_url=BASE))(path))[0]


@pytest.mark.parametrize("path", ["/my/cloud/api/nothing", "/api//nothing", "/my/cloud//api/nothing/"])
async def test_an_unknown_address_below_is_worded_by_its_door(start, path):
    send = await start(base_url=BASE)
    status, headers, body = await send(path)
    usual = await send("/api/nothing")

    assert (404, usual[1]["Content-Type"], usual[2]) == (status, headers["Content-Type"], body)
    assert usual[2] != (await send("/nothing"))[2]


@pytest.mark.parametrize("path", ["/my/cloud/api/tags/", "//api/tags"])
@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("DELETE", 405), ("PROPFIND", 405)])
async def test_every_method_is_the_same_below(start, path, method, status):
    """Those too for which there is no route."""
    sent, headers, _ = await (await start(base_url=BASE))(path, method=method)

    assert (status, "GET, POST, HEAD, OPTIONS") == (sent, headers["Allow"])


@pytest.mark.parametrize("path", ["/api/tags", "/api/api/tags", "/api/health", "/health"])
async def test_a_base_path_may_look_like_a_door(start, path):
    """Whether the proxy takes it off or not."""
    assert 200 == (await (await start(base_url="https://links.example/api"))(path))[0]


@pytest.mark.parametrize("path", ["/api/bookmarks", "/my/cloud/api/bookmarks", "/my/cloud//api//bookmarks"])
async def test_addresses_in_answers_have_the_base_path_once(start, ann, path):
    for _ in range(2):
        await make_bookmark(ann)
    _, _, body = await (await start(base_url=BASE))(f"{path}?limit=1")

    assert f"{BASE}/api/bookmarks?limit=1&offset=1" == orjson.loads(body)["next"]


async def test_a_page_is_found_below_the_base_path(start):
    send = await start(base_url=BASE)
    answers = [await send(path) for path in ("/", "/my/cloud", "/my/cloud/")]

    assert [True] * 3 == [headers["Location"].startswith("/my/cloud/") for _, headers, _ in answers]


@pytest.mark.parametrize("path", ["/api/bookmarks", "/cloud/api/bookmarks"])
async def test_a_trusted_proxy_may_name_the_path(start, ann, path):
    for _ in range(2):
        await make_bookmark(ann)
    send = await start(trusted_proxies="127.0.0.0/8")
    status, _, body = await send(f"{path}?limit=1", headers={"X-Forwarded-Prefix": "/cloud/"})

    assert 200 == status
    assert "http://inside/cloud/api/bookmarks?limit=1&offset=1" == orjson.loads(body)["next"]


@pytest.mark.parametrize(
    ("named", "prefix"),
    [
        (["/cloud"], "/cloud"),
        (["/a/", "/b"], "/a/b"),
        (["/a, /b/c"], "/a/b/c"),
        (["/"], ""),
        ([""], ""),
        (["cloud"], ""),
        (["//evil.example"], ""),
        (["/a/../b"], ""),
        (["/a?b"], ""),
        (['/a"><script>'], ""),
    ],
)
def test_only_a_path_is_believed(named, prefix):
    headers = CIMultiDict(("X-Forwarded-Prefix", name) for name in named)
    request = make_mocked_request("GET", "/", headers=headers).clone(remote="127.0.0.1")
    trusting = Addresses(load_settings(None, trusted_proxies="127.0.0.1"))

    assert prefix == trusting.prefix(request)
    assert "" == Addresses(load_settings(None)).prefix(request)


@pytest.mark.parametrize("path", ["/a//b", "/a/./b", "/..", "/a b", "/ü", "/a;b?c"])
def test_a_base_address_with_an_odd_path_is_refused(path):
    with pytest.raises(SettingsError, match="POLYMARK_BASE_URL"):
        load_settings(None, base_url=f"https://links.example{path}")


@pytest.mark.parametrize("path", ["", "/", "/cloud", "/cloud/", "/a/b.c/~d", "/%C3%BC", "/..a"])
def test_a_base_address_may_have_a_path(path):
    given = f"https://links.example{path}"

    assert given.rstrip("/") == load_settings(None, base_url=given).base_url
