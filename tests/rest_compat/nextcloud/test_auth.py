"""Who a Nextcloud client is: Basic, and Bearer with a ticket or a token (NC-2.1 to NC-2.4)."""

from __future__ import annotations

from base64 import b64encode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from models import User
from rest_compat.dialect import Dialect, Endpoint, Place, mount
from rest_compat.house import House, context_of
from rest_compat.nextcloud.auth import believe, ticket_for
from schema.door import Door
from schema.errors import RateLimited, Unauthenticated
from tests.factories import PASSWORD

STATUS = {Unauthenticated: 401, RateLimited: 429}


async def who(request):
    ctx = context_of(request)
    return web.json_response({"who": ctx.viewer.user and ctx.viewer.user.username, "ticket": ticket_for(request)})


def word(trouble):
    return web.json_response({"reason": getattr(trouble, "reason", None)}, status=STATUS.get(type(trouble), 500))


DOOR = Dialect(
    name="who",
    places=(
        Place(("/who",), (Endpoint("", {"GET": who}), Endpoint("/open", {"GET": who}, public=frozenset({"GET"})))),
    ),
    door=Door("who"),
    check=lambda request, endpoint: None,
    believe=believe,
    encode_error=word,
    finish=lambda response, endpoint: None,
)


def basic(text, scheme="Basic"):
    """The header's value for ``name:secret``."""
    return f"{scheme} {b64encode(text if isinstance(text, bytes) else text.encode()).decode()}"


@pytest.fixture
async def ask(ann, ports):
    """Ask with the header's value, or without; status and body."""
    root = web.Application()
    house = House(ports, lambda _: "http://links.example", sender=lambda request: request.headers.get("X-From", "here"))
    mount(root, DOOR, house)
    async with TestClient(TestServer(root)) as client:

        async def send(value=None, path="/who", **headers):
            sent = headers if value is None else headers | {"Authorization": value}
            async with client.get(path, headers=sent) as answer:
                return answer.status, await answer.json()

        yield send
        await ports.background.drain()


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "Basic "])
@pytest.mark.parametrize("end", ["", " ", "\t ", "   "])
async def test_name_and_password_are_believed(ask, scheme, end):
    status, body = await ask(basic(f"ann:{PASSWORD}", scheme) + end)

    assert (200, "ann") == (status, body["who"])


async def test_a_token_is_a_password(ask, ann):
    """App passwords are tokens."""
    assert (200, "ann") == ((answer := await ask(basic(f"ann:{ann.secret}")))[0], answer[1]["who"])


@pytest.mark.parametrize("password", ["with:colons::", "päss wörd 🐴", " blanks "])
async def test_a_password_is_any_text_behind_the_first_colon(ask, password):
    await User.filter(username="ann").update(password_hash=f"fake${password}")

    assert 200 == (await ask(basic(f"ann:{password}")))[0]


async def test_a_long_value_may_be_broken_into_groups(ask, ann):
    value = basic(f"ann:{ann.secret}")

    assert 200 == (await ask(f"{value[:30]} {value[30:]}"))[0]


@pytest.mark.parametrize(
    "value",
    [
        "Basic",
        "Basic ",
        "Basic %%%",
        "Basic YW5u",
        "Basic YW5uOg==",
        "Basic OnNlY3JldA==",
        "Basic YW5uOmE",
        "Basic YW5uOmE=YQ==",
        "Basic äöü",
        basic(b"ann:\xff\xfe"),
        "Digest username=ann",
        "Bearer ",
        "Bearer",
        "nonsense",
        "Bearer wrong",
        "Bearer tk_wrong",
        "Bearer tk_",
        "Bearer ü",
        basic("ann:wrong"),
        basic("nobody:wrong"),
        basic("a\0n:wrong"),
    ],
)
@pytest.mark.parametrize("path", ["/who", "/who/open"])
async def test_a_wrong_or_malformed_credential_is_401_everywhere(ask, value, path):
    """Never 500 (NC-2.2)."""
    assert 401 == (await ask(value, path))[0]


async def test_without_a_credential_one_is_nobody(ask):
    """Cookies are not looked at."""
    assert [(401, {"reason": "missing"})] * 2 == [await ask(), await ask(Cookie="session=abc")]
    assert (200, {"who": None, "ticket": None}) == await ask(path="/who/open")


async def test_who_sent_name_and_secret_gets_a_ticket_that_works_in_their_place(ask, ports):
    """C06: for an hour; who sent the ticket gets no other."""
    _, body = await ask(basic(f"ann:{PASSWORD}"))
    bearer = f"Bearer {body['ticket']}"

    assert (200, {"who": "ann", "ticket": None}) == await ask(bearer)

    ports.clock.forward(hours=1)

    assert (401, {"reason": "expired"}) == await ask(bearer)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_any_token_may_come_as_bearer(ask, ann, scheme):
    assert (200, {"who": "ann", "ticket": None}) == await ask(f"{scheme} {ann.secret}")


async def test_a_revoked_app_password_ends_its_tickets(ask, ann):
    _, body = await ask(basic(f"ann:{ann.secret}"))
    user = await User.get(username="ann")
    await user.tokens.all().delete()

    assert [401, 401] == [(await ask(f"Bearer {body['ticket']}"))[0], (await ask(basic(f"ann:{ann.secret}")))[0]]


async def test_wrong_passwords_are_counted_by_where_they_come_from(ask):
    statuses = [(await ask(basic(f"ann:wrong {number}")))[0] for number in range(11)]

    assert [401] * 10 + [429] == statuses
    assert 429 == (await ask(basic(f"ann:{PASSWORD}")))[0]
    assert 200 == (await ask(basic(f"ann:{PASSWORD}"), **{"X-From": "elsewhere"}))[0]
