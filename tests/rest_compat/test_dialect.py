"""The frame, with a dialect that is nobody's: what holds for linkding holds for the next one."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer

from rest_compat.dialect import Cors, Dialect, Endpoint, Place, mount
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


async def word_of(request):
    return web.Response(text=request.match_info["word"])


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
    places=(
        Place(
            ("/toy/v1", "/index.php/toy/v1"),
            (
                Endpoint("", {"GET": hello}),
                Endpoint("/open", {"GET": hello, "POST": echo}, public=frozenset({"GET", "POST"})),
                Endpoint("/raise/{what}", {"GET": raising}, public=frozenset({"GET"})),
                Endpoint("/half", {"GET": half}, public=frozenset({"GET", "HEAD"})),
                Endpoint("/where", {"GET": where}, public=frozenset({"GET"})),
                Endpoint("/{id}", {"PUT": hello}),
            ),
        ),
        Place(("/toy", "/index.php/toy"), (Endpoint("/{word}", {"GET": word_of}, public=frozenset({"GET"})),)),
        Place(("/toy.php",), (Endpoint("", {"POST": echo}, public=frozenset({"POST"})),)),
    ),
    door=Door("toy"),
    check=check,
    believe=believe,
    encode_error=word,
    finish=finish,
)


@pytest.fixture
async def start(database, ports):
    async with AsyncExitStack() as stack:

        async def serve(dialect):
            root = web.Application()
            install_request_log(root)
            mount(root, dialect, House(ports, lambda request: f"http://{request.host}", max_body_size=100))
            return await stack.enter_async_context(TestClient(TestServer(root)))

        yield serve


@pytest.fixture
async def toy(start):
    return await start(TOY)


@pytest.mark.parametrize("prefix", ["/toy/v1", "/index.php/toy/v1"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_dialect_lives_under_all_its_prefixes(toy, ann, prefix, slash):
    async with toy.get(prefix + slash, headers={"X-Key": ann.secret}) as answer:
        assert {"door": "toy", "who": "ann"} == await answer.json()
        assert "GET, HEAD, OPTIONS" == answer.headers["X-Toy"]


@pytest.mark.parametrize("prefix", ["/toy", "/index.php/toy"])
async def test_a_place_inside_another_has_its_own_addresses(toy, prefix):
    """The longest prefix decides; what only the shorter one has is there, and not below the longer one."""
    async with toy.get(f"{prefix}/sun/") as short, toy.get(f"{prefix}/v1/sun") as long, toy.get(prefix) as bare:
        assert (200, "sun") == (short.status, await short.text())
        assert (401, "Unauthenticated") == (long.status, (await long.json())["toy"])
        assert (404, "UnknownAddress") == (bare.status, (await bare.json())["toy"])


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_address_may_be_a_file_of_its_own(toy, slash):
    async with toy.post(f"/toy.php{slash}", data=b"hello", allow_redirects=False) as answer:
        assert (200, "hello") == (answer.status, await answer.text())
    async with toy.get("/toy.phpx") as answer:
        assert (404, False) == (answer.status, "X-Toy" in answer.headers)


@pytest.mark.parametrize("path", ["/toy/v1/open", "/index.php/toy/v1/42/", "/toy/v1/nothing/here", "/toy.php"])
@pytest.mark.parametrize("headers", [{}, {"X-Key": "wrong-key"}, {"Access-Control-Request-Method": "PUT"}])
async def test_a_dialect_with_cors_rules_answers_every_options_so(start, path, headers):
    """Without looking at the credential, and wherever; the origins are the server's to name."""
    rules = Cors(methods=("PUT", "GET"), headers=("Authorization", "Accept"), max_age=60)
    client = await start(dataclasses.replace(TOY, cors=rules))
    async with client.options(path, headers=headers) as answer:
        said = {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}

    expected = {"Allow-Methods": "PUT, GET", "Allow-Headers": "Authorization, Accept", "Max-Age": "60"}
    assert 200 == answer.status
    assert {
        f"Access-Control-{name}": value for name, value in (expected | {"Allow-Credentials": "false"}).items()
    } == said


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
