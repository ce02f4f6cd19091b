"""Section 4: what may be done how often, and the headers that say so."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from rest_compat.bkmark import allowances, tags
from rest_compat.bkmark.calls import Call, Nothing, Record, handles
from rest_compat.bkmark.counting import headers_of
from rest_compat.bkmark.routes import BKMARK
from rest_compat.dialect import Endpoint, Place
from schema.ports import Allowance, Standing
from tests.factories import Person, make_token
from tests.fakes import START

SOME = "/api/v1/some"
BODY = {"error": "rate_limited", "message": "Too many requests. Try again later.", "statusCode": 429}
NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
FIELDS = (*NAMES, "RateLimit-Policy", "RateLimit")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Draft(Record):
    name: str


@handles(scopes=("bookmarks:write",), body=Draft, answer=Draft, allowance=Allowance("some", 3, 3600))
async def some(call: Call[Nothing, Draft]) -> Draft:
    """Give back what came; crash when asked to."""
    if call.body.name == "crash":
        raise RuntimeError
    return call.body


@pytest.fixture
def serve_some(serve, ann):
    """Start a door with an address that is limited to three an hour; gives Ann's client."""
    place = Place(("/api/v1",), (Endpoint("/some", {"POST": some}), Endpoint("/tags", {"GET": tags.find})))
    start = partial(serve, dialects=(dataclasses.replace(BKMARK, places=(place,)),))

    async def client(**given):
        return (await start(**given)).as_(ann.secret, "Bearer")

    return client


@pytest.fixture
async def client(serve_some):
    return await serve_some()


def limits(answer):
    """The three numbers, the last one in seconds from the start."""
    limit, remaining, reset = (int(answer.headers[name]) for name in NAMES)
    return limit, remaining, reset - int(START.timestamp())


def test_the_allowances_are_those_of_section_4():
    """And one of ours, for introspection."""
    seen = [(one.name, one.tries, one.seconds) for one in vars(allowances).values() if isinstance(one, Allowance)]

    assert seen == [
        ("token", 60, 60), ("consent", 20, 60), ("revoke", 30, 60), ("introspect", 600, 60),
        ("import", 5, 3600), ("import-pocket", 5, 3600), ("import-raindrop", 5, 3600), ("summarize", 10, 86_400),
    ]  # fmt: skip


def test_the_headers_name_every_limit_and_show_the_one_with_the_least_left():
    met = [
        (Allowance("all", 600, 60), Standing(600, 598, NOW + timedelta(seconds=30.2))),
        (Allowance("import", 5, 3600), Standing(5, 4, NOW + timedelta(seconds=3600))),
    ]

    assert headers_of(met, NOW) == {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "4",
        "X-RateLimit-Reset": str(int(NOW.timestamp()) + 3600),
        "RateLimit-Policy": '"all";q=600;w=60, "import";q=5;w=3600',
        "RateLimit": '"all";r=598;t=31, "import";r=4;t=3600',
    }


def test_of_two_that_are_used_up_the_later_one_is_shown():
    met = [
        (Allowance("all", 6, 60), Standing(6, 0, NOW + timedelta(seconds=5))),
        (Allowance("import", 5, 3600), Standing(5, 0, NOW + timedelta(seconds=9))),
        (Allowance("past", 5, 60), Standing(5, 1, NOW - timedelta(seconds=9))),
    ]
    headers = headers_of(met, NOW)

    assert ("5", str(int(NOW.timestamp()) + 9)) == (headers["X-RateLimit-Limit"], headers["X-RateLimit-Reset"])
    assert '"all";r=0;t=5, "import";r=0;t=9, "past";r=1;t=0' == headers["RateLimit"]


async def test_one_too_many_is_refused_to_the_letter_until_the_window_ends(client, ports):
    """The window begins with the first counted request, whatever the clock on the wall says."""
    answers = [await client.post(SOME, json={"name": "n"})]
    ports.clock.forward(minutes=50)
    answers += [await client.post(SOME, json={"name": "n"}) for _ in range(3)]
    refusal = answers.pop()

    assert [(200, (3, left, 3601)) for left in (2, 1, 0)] == [(one.status, limits(one)) for one in answers]
    assert (429, BODY) == refusal.seen
    assert (3, 0, 3601) == limits(refusal)
    assert "600" == refusal.headers["Retry-After"]
    assert '"all";q=600;w=60, "some";q=3;w=3600' == refusal.headers["RateLimit-Policy"]
    assert '"all";r=597;t=60, "some";r=0;t=600' == refusal.headers["RateLimit"]
    assert "application/json; charset=utf-8" == refusal.headers["Content-Type"]
    ports.clock.forward(minutes=9, seconds=59)
    assert 429 == (await client.post(SOME, json={"name": "n"})).status
    ports.clock.forward(seconds=1)
    anew = await client.post(SOME, json={"name": "n"})
    assert (200, (3, 2)) == (anew.status, limits(anew)[:2])


async def test_counted_is_who_may_before_what_they_send_is_looked_at(client, ann, anonymous, ports):
    bad = [{"data": b"{"}, {"json": {"name": 1}}, {"json": {"name": "crash"}}]
    reader = Person(ports, ann.user, await make_token(ann, "bookmarks:read"))
    for stranger in (client.as_(None), client.as_("wrong", "Bearer"), client.as_(reader.secret, "Bearer")):
        answer = await stranger.post(SOME, json={"name": "n"})
        assert answer.status in {401, 403}
        assert not set(FIELDS) & set(answer.headers)
    answers = [await client.post(SOME, **body) for body in bad]

    assert [400, 400, 500] == [one.status for one in answers]
    assert [(3, left) for left in (2, 1, 0)] == [limits(one)[:2] for one in answers]
    assert all(set(FIELDS) <= set(one.headers) for one in answers)
    refusal = await client.post(SOME, data=b"{")
    assert (429, BODY) == refusal.seen


async def test_two_credentials_of_one_user_share_a_counter_and_two_users_do_not(client, ann, ben):
    second = client.as_(await make_token(ann, "bookmarks:write"), "Bearer")
    for one in (client, second, client):
        assert 200 == (await one.post(SOME, json={"name": "n"})).status

    assert 429 == (await second.post(SOME, json={"name": "n"})).status
    assert 200 == (await client.as_(ben.secret, "Bearer").post(SOME, json={"name": "n"})).status
    assert 200 == (await client.get("/api/v1/tags")).status


async def test_who_come_at_the_same_time_are_counted_exactly(client):
    answers = await asyncio.gather(*(client.post(SOME, json={"name": "n"}) for _ in range(12)))

    assert [200] * 3 + [429] * 9 == sorted(one.status for one in answers)
    assert {2, 1, 0} == {limits(one)[1] for one in answers if one.status == 200}


async def test_all_requests_of_a_user_have_a_ceiling(serve_some, ben, ports):
    client = await serve_some(bkmark_rate_limit=2)
    answers = [await client.get("/api/v1/tags"), await client.post(SOME, data=b""), await client.get("/api/v1/tags")]

    assert [200, 400, 429] == [one.status for one in answers]
    assert BODY == answers[2].body
    assert [(2, 1), (2, 0), (2, 0)] == [limits(one)[:2] for one in answers]
    assert '"all";q=2;w=60' == answers[0].headers["RateLimit-Policy"]
    assert "60" == answers[2].headers["Retry-After"]
    refusal = await client.post(SOME, json={"name": "n"})
    assert '"all";q=2;w=60' == refusal.headers["RateLimit-Policy"]
    assert 200 == (await client.as_(ben.secret, "Bearer").get("/api/v1/tags")).status
    ports.clock.forward(seconds=60)
    again = await client.post(SOME, json={"name": "n"})
    assert '"all";r=1;t=60, "some";r=1;t=3540' == again.headers["RateLimit"]


async def test_without_a_ceiling_only_limited_addresses_say_so(serve_some):
    client = await serve_some(bkmark_rate_limit=0)
    free = await client.get("/api/v1/tags")
    limited = await client.post(SOME, json={"name": "n"})

    assert 200 == free.status
    assert not set(FIELDS) & set(free.headers)
    assert '"some";q=3;w=3600' == limited.headers["RateLimit-Policy"]


async def test_the_ceiling_is_600_a_minute(client):
    assert (600, 599, 61) == limits(await client.get("/api/v1/tags"))
