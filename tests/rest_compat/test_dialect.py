"""The frame, with a dialect that is nobody's: what holds for linkding holds for the next one."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer

from rest_compat.dialect import Dialect, Endpoint, mount
from rest_compat.house import House, base_of, begin, context_of
from rest_compat.refusals import Crash, Malformed, NotAcceptable, UnknownAddress, WrongMethod
from rest_compat.wire import read_body
from schema.context import ANONYMOUS
from schema.door import Door
from schema.errors import Conflict, NotFound, TooLarge, Unauthenticated
from schema.resolvers import tokens
from server.request_log import install_request_log


async def hello(request):
    viewer = context_of(request).viewer
    return web.json_response({"door": context_of(request).door.name, "who": viewer.user and viewer.user.username})


async def raising(request):
    error = {"problem": Conflict("thing", "rule"), "http": web.HTTPBadRequest(), "crash": ZeroDivisionError("secret")}
    raise error[request.match_info["what"]]


async def half(request):
    response = web.StreamResponse()
    if await begin(request, response):
        await response.write(b"half")
        raise ZeroDivisionError
    return response


async def echo(request):
    return web.Response(body=await read_body(request))


async def where(request):
    return web.Response(text=base_of(request))


def check(request, endpoint):
    if request.headers.get("Accept") == "nothing/at-all":
        raise NotAcceptable


async def believe(request, ports):
    key = request.headers.get("X-Key")
    return await tokens.believe(ports, key) if key else ANONYMOUS


def word(trouble):
    return web.json_response({"toy": type(trouble).__name__, "words": str(trouble)}, status=STATUS[type(trouble)])


STATUS = {
    Conflict: 409, Malformed: 400, TooLarge: 413, Unauthenticated: 401, UnknownAddress: 404, WrongMethod: 405,
    NotAcceptable: 406, Crash: 500, NotFound: 404,
}  # fmt: skip


def finish(response, endpoint):
    response.headers["X-Toy"] = endpoint.allow


TOY = Dialect(
    name="toy",
    prefixes=("/toy/v1", "/index.php/toy/v1"),
    door=Door("toy"),
    endpoints=(
        Endpoint("", {"GET": hello}),
        Endpoint("/open", {"GET": hello, "POST": echo}, public=frozenset({"GET", "POST"})),
        Endpoint("/raise/{what}", {"GET": raising}, public=frozenset({"GET"})),
        Endpoint("/half", {"GET": half}, public=frozenset({"GET", "HEAD"})),
        Endpoint("/where", {"GET": where}, public=frozenset({"GET"})),
        Endpoint("/{id}", {"PUT": hello}),
    ),
    check=check,
    believe=believe,
    encode_error=word,
    finish=finish,
)


@pytest.fixture
async def toy(database, ports):
    root = web.Application()
    install_request_log(root)
    mount(root, TOY, House(ports, lambda request: f"http://{request.host}", max_body_size=100))
    async with TestClient(TestServer(root)) as client:
        yield client


@pytest.mark.parametrize("prefix", ["/toy/v1", "/index.php/toy/v1"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_dialect_lives_under_all_its_prefixes(toy, ann, prefix, slash):
    async with toy.get(prefix + slash, headers={"X-Key": ann.secret}) as answer:
        assert {"door": "toy", "who": "ann"} == await answer.json()
        assert "GET, HEAD, OPTIONS" == answer.headers["X-Toy"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "toy_word"),
    [
        ("GET", "/nothing/here", {}, 404, "UnknownAddress"),
        ("GET", "/nothing/here", {"Accept": "nothing/at-all"}, 404, "UnknownAddress"),
        ("DELETE", "/open", {"Accept": "nothing/at-all"}, 406, "NotAcceptable"),
        ("DELETE", "/open", {}, 401, "Unauthenticated"),
        ("PUT", "/open", {}, 401, "Unauthenticated"),
        ("GET", "/open", {"X-Key": "wrong-key"}, 401, "Unauthenticated"),
        ("OPTIONS", "/open", {}, 401, "Unauthenticated"),
        ("OPTIONS", "/open", {"Access-Control-Request-Method": "GET"}, 405, "WrongMethod"),
        ("GET", "/raise/problem", {}, 409, "Conflict"),
        ("GET", "/raise/http", {}, 400, "Malformed"),
        ("GET", "/raise/crash", {}, 500, "Crash"),
    ],
)
async def test_every_trouble_has_the_dialects_words(toy, method, path, headers, status, toy_word):
    """In the order: address, form of the answer, credential, method, handler."""
    async with toy.request(method, f"/toy/v1{path}", headers=headers) as answer:
        assert (status, toy_word) == (answer.status, (await answer.json())["toy"])


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PROPFIND"])
async def test_a_method_that_a_fixed_address_has_not_does_not_end_at_a_pattern(toy, ann, method):
    """``PUT /open`` is no ``PUT /{id}``."""
    async with toy.request(method, "/toy/v1/open", headers={"X-Key": ann.secret}) as answer:
        assert (405, "GET, POST, HEAD, OPTIONS") == (answer.status, answer.headers["X-Toy"])
        assert {"toy": "WrongMethod", "words": method} == await answer.json()


async def test_a_crash_tells_its_request_id_and_nothing_else(toy, caplog):
    """The log has the rest."""
    async with toy.get("/toy/v1/raise/crash", headers={"X-Request-Id": "id-7"}) as answer:
        assert {"toy": "Crash", "words": "id-7"} == await answer.json()
        assert "id-7" == answer.headers["X-Request-Id"]


async def test_half_an_answer_is_broken_off(toy):
    """Nothing is put behind what has been sent, and the client sees that it is not whole."""
    async with toy.get("/toy/v1/half") as answer:
        with pytest.raises(ClientPayloadError):
            await answer.read()
    async with toy.head("/toy/v1/half") as answer:
        assert (200, b"") == (answer.status, await answer.read())


@pytest.mark.parametrize(("size", "status"), [(0, 200), (100, 200), (101, 413)])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_has_a_limit(toy, size, status, chunked):
    async def chunks():
        yield b"x" * size

    async with toy.post("/toy/v1/open", data=chunks() if chunked else b"x" * size) as answer:
        assert status == answer.status


async def test_a_client_that_goes_away_in_its_body_is_no_crash(toy, capsys):
    _, writer = await asyncio.open_connection("127.0.0.1", toy.port)
    writer.write(b"POST /toy/v1/open HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with toy.get("/toy/v1/open") as answer:
        assert 200 == answer.status
    assert "unexpected" not in capsys.readouterr().out


async def test_a_host_of_strange_bytes_is_mended(toy):
    reader, writer = await asyncio.open_connection("127.0.0.1", toy.port)
    writer.write(b"GET /toy/v1/where HTTP/1.1\r\nHost: caf\xe9\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400"))
    assert b"\xe9" not in answer.partition(b"\r\n\r\n")[2]
