"""Each request has an id and a line."""

import asyncio

import aiohttp
import pytest
import structlog
from aiohttp import web
from yarl import URL

from server.request_log import install_request_log


async def hello(request):
    structlog.stdlib.get_logger("inner").info("inside")
    return web.json_response({"id": request["request_id"]})


async def missing(request):
    raise web.HTTPNotFound


async def broken(request):
    raise RuntimeError("a secret thing broke")


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"streamed")
    return response


async def stuck(request):
    raise asyncio.CancelledError


@pytest.fixture
def events():
    """What is logged, as a list of dictionaries."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


@pytest.fixture
async def client(aiohttp_client, events):
    inner = web.Application()
    inner.router.add_get("/bookmarks/{id}/", hello)
    app = web.Application()
    app.router.add_get("/files/{token}", hello)
    app.router.add_get("/missing", missing)
    app.router.add_get("/broken", broken)
    app.router.add_get("/stream", stream)
    app.router.add_get("/stuck", stuck)
    app.add_subapp("/api/", inner)
    install_request_log(app)
    return await aiohttp_client(app)


def lines(events):
    return [event for event in events if event["event"] == "request"]


@pytest.mark.parametrize("given", ["abc", "A-b_c.9", "x" * 64])
async def test_a_good_id_of_the_caller_is_kept(client, given):
    response = await client.get("/files/x", headers={"X-Request-Id": given})

    assert given == response.headers["X-Request-Id"]
    assert {"id": given} == await response.json()


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a/b", "é", "a\u2028b", "{}"])
async def test_another_id_is_replaced_by_a_new_one(client, given):
    headers = {} if given is None else {"X-Request-Id": given}
    first = (await client.get("/files/x", headers=headers)).headers["X-Request-Id"]
    again = (await client.get("/files/x", headers=headers)).headers["X-Request-Id"]

    assert given != first
    assert 32 == len(first)
    assert first != again


@pytest.mark.parametrize(("path", "status"), [("/missing", 404), ("/nowhere", 404), ("/stream", 200), ("/broken", 500)])
async def test_every_answer_carries_the_id(client, path, status):
    response = await client.get(path, headers={"X-Request-Id": "abc"})

    assert status == response.status
    assert "abc" == response.headers["X-Request-Id"]


async def test_the_line_has_method_pattern_status_and_duration(client, events):
    """The pattern, not the address: the address carries a signature."""
    await client.get("/files/signed-and-secret?token=secret", headers={"X-Request-Id": "abc"})
    [line] = lines(events)

    assert line.pop("ms") >= 0
    assert {
        "event": "request",
        "log_level": "info",
        "request_id": "abc",
        "method": "GET",
        "route": "/files/{token}",
        "status": 200,
    } == line


async def test_lines_in_between_carry_the_id_too(client, events):
    await client.get("/files/x", headers={"X-Request-Id": "abc"})

    assert ["abc"] == [event["request_id"] for event in events if event["event"] == "inside"]
    assert {} == structlog.contextvars.get_contextvars()


async def test_a_sub_application_is_logged_with_its_prefix(client, events):
    await client.get("/api/bookmarks/7/")

    assert ["/api/bookmarks/{id}/"] == [line["route"] for line in lines(events)]


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere"])
async def test_an_address_without_a_route_is_named(client, events, path):
    """So an operator sees what an unknown client misses."""
    await client.get(path)
    [line] = lines(events)

    assert (None, path, 404) == (line["route"], line["path"], line["status"])


async def test_an_address_cannot_command_the_terminal_that_shows_the_log(client, events):
    await client.get(URL("/x%1b%5b2J%07", encoded=True))
    [line] = lines(events)

    assert line["path"].isprintable()


async def test_an_unexpected_exception_is_a_bare_500_and_logged_with_its_traceback(client, events):
    response = await client.get("/broken", headers={"X-Request-Id": "abc"})

    assert {"error": "Internal server error", "request_id": "abc"} == await response.json()
    [unexpected] = [event for event in events if event["event"] == "unexpected"]
    assert ("abc", True) == (unexpected["request_id"], unexpected["exc_info"])
    [line] = lines(events)
    assert ("error", 500) == (line["log_level"], line["status"])


async def test_a_caller_who_went_away_is_logged_as_499(client, events):
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.get("/stuck")

    assert [499] == [line["status"] for line in lines(events)]
