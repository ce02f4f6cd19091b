"""Programs of others: how they are registered, and which addresses are theirs (RFC 6749, section 3.1.2; RFC 8252)."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import OAuthClient, OAuthGrant, Token, User
from models.rows import OAuthClientRow
from schema.errors import Forbidden, Invalid, NotFound, Unauthenticated
from schema.resolvers import oauth_clients
from schema.resolvers.oauth_clients import GRANTABLE, check_redirect_uri, is_registered
from tests.fakes import START
from tests.schema.oauth import CALLBACK, enter, make_client

GIVEN = {"name": "Reader", "redirect_uris": [CALLBACK], "scopes": ["tags:read"], "public": False}


def client_at(*uris):
    """A client with these redirect URIs."""
    return OAuthClientRow(1, "", "bk_" + "0" * 24, "Reader", uris, ("tags:read",), is_public=True, created_at=START)


async def test_a_confidential_client_has_a_secret_that_is_kept_hashed(ann):
    made = await oauth_clients.register(await ann.ctx(), **GIVEN)
    stored = await OAuthClient.get(id=made.client.id)

    assert re.fullmatch(r"bk_[0-9a-f]{24}", made.client.client_id)
    assert re.fullmatch(r"bks_[0-9a-f]{64}", made.secret)
    assert made.secret[4:] not in str(dict(stored))
    assert made.client == await oauth_clients.authenticate(made.client.client_id, made.secret)
    assert [made.client] == await oauth_clients.find(await ann.ctx())


async def test_a_public_client_has_no_secret(ann):
    made = await oauth_clients.register(await ann.ctx(), **GIVEN | {"public": True})

    assert (None, True) == (made.secret, made.client.is_public)
    assert made.client == await oauth_clients.authenticate(made.client.client_id, None)


async def test_names_are_one_line_and_lists_have_everything_once(ann):
    given = {"name": " Evil\u202e\n reader ", "redirect_uris": [CALLBACK, CALLBACK], "scopes": ["tags:read"] * 2}
    made = await oauth_clients.register(await ann.ctx(), **given, public=True)

    assert ("Evil reader", (CALLBACK,), ("tags:read",)) == (
        made.client.name,
        made.client.redirect_uris,
        made.client.scopes,
    )


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"name": " "}, [(("name",), "blank")]),
        ({"name": "\u200b"}, [(("name",), "blank")]),
        ({"name": "x" * 101}, [(("name",), "too_long")]),
        ({"name": "a\0"}, [(("name",), "nul")]),
        ({"name": "\ud800"}, [(("name",), "surrogate")]),
        ({"redirect_uris": []}, [(("redirect_uris",), "required")]),
        ({"redirect_uris": [f"{CALLBACK}/{n}" for n in range(21)]}, [(("redirect_uris",), "too_many")]),
        ({"redirect_uris": [CALLBACK, "http://a.example/"]}, [(("redirect_uris", 1), "redirect")]),
        ({"scopes": []}, [(("scopes",), "required")]),
        ({"scopes": ["account"]}, [(("scopes",), "choice")]),
        ({"scopes": ["tags:read", "x"], "name": ""}, [(("name",), "blank"), (("scopes",), "choice")]),
    ],
)
async def test_what_cannot_be_registered(ann, changes, faults):
    with pytest.raises(Invalid) as refusal:
        await oauth_clients.register(await ann.ctx(), **GIVEN | changes)

    assert faults == [(fault.path, fault.rule) for fault in refusal.value.faults]
    assert 0 == await OAuthClient.all().count()


async def test_all_scopes_but_the_account_can_be_asked_for(ann):
    made = await oauth_clients.register(await ann.ctx(), **GIVEN | {"scopes": GRANTABLE})

    assert 7 == len(made.client.scopes)
    assert "account" not in made.client.scopes


async def test_only_who_may_change_the_account_registers_lists_and_removes(ann):
    made = await oauth_clients.register(await ann.ctx(), **GIVEN)
    ctx = await ann.ctx()
    ctx.viewer = dataclasses.replace(ctx.viewer, scopes=frozenset(GRANTABLE))
    for ask in (
        lambda: oauth_clients.register(ctx, **GIVEN),
        lambda: oauth_clients.find(ctx),
        lambda: oauth_clients.remove(ctx, made.client.id),
    ):
        with pytest.raises(Forbidden):
            await ask()

    assert 1 == await OAuthClient.all().count()


@pytest.mark.parametrize("wrong", ["unknown", "shape", "secret", "prefix", "none", "empty"])
async def test_credentials_that_are_not_the_clients_are_refused(ann, wrong):
    made = await oauth_clients.register(await ann.ctx(), **GIVEN)
    id, secret = made.client.client_id, made.secret
    sent = {
        "unknown": ("bk_" + "0" * 24, secret),
        "shape": (id.upper(), secret),
        "secret": (id, secret[:-1] + ("0" if secret[-1] != "0" else "1")),
        "prefix": (id, secret[:-1]),
        "none": (id, None),
        "empty": (id, ""),
    }[wrong]
    with pytest.raises(Unauthenticated):
        await oauth_clients.authenticate(*sent)


async def test_a_public_client_that_sends_a_secret_is_refused(ann):
    made = await oauth_clients.register(await ann.ctx(), **GIVEN | {"public": True})
    for secret in ("", "bks_" + "0" * 64):
        with pytest.raises(Unauthenticated):
            await oauth_clients.authenticate(made.client.client_id, secret)


async def test_a_client_ends_with_the_account_that_registered_it(ann, ben):
    """Nobody could end it any more."""
    client, secret = await make_client(ben)
    await User.filter(id=ben.user.id).update(is_active=False)
    with pytest.raises(Unauthenticated):
        await oauth_clients.authenticate(client.client_id, secret)


async def test_removing_a_client_ends_all_that_anybody_has_let_it_do(ann, ben):
    client, secret = await make_client(ben)
    await enter(ann, client)
    await enter(ben, client)
    await oauth_clients.remove(await ben.ctx(), client.id)

    assert [0, 0] == [await OAuthGrant.all().count(), await Token.filter(grant_id__not_isnull=True).count()]
    with pytest.raises(Unauthenticated):
        await oauth_clients.authenticate(client.client_id, secret)
    with pytest.raises(NotFound):
        await oauth_clients.remove(await ben.ctx(), client.id)


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK,
        "https://client.example",
        "https://client.example:8443/cb?app=1&x=%C3%BC",
        "http://localhost/cb",
        "http://localhost:8080/cb",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:49152/",
        "http://[::1]:49152/cb",
        "com.example.app:/oauth2redirect",
        "com.example.app://callback/x",
    ],
)
def test_addresses_that_people_may_be_sent_back_to(uri):
    assert check_redirect_uri(uri) is None


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        *((uri, "redirect") for uri in (
            "", "client.example/cb", "/cb", "//client.example/cb", "https:/client.example", "https://", "https:///cb",
            "http://client.example/cb", "http://127.0.0.1.evil.example/", "http://127.0.0.2/", "http://evil.example:80",
            "http://localhost.evil.example/", "http://127.0.0.1@evil.example/", "https://user@client.example/cb",
            "https://user:password@client.example/cb", "https://client.example@evil.example/",
            "https://client.example:99999/", "https://client.example:x/", "https://[::1/", "https://[x]/",
            "javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://client.example/",
            "myapp:/cb", "myapp://cb", "com.example.app:cb", ".app:/cb", "app.:/cb", "com..app:/cb",
            "HTTPS://client.example/cb", "https://client.example/c b", "https://client.example/\r\nSet-Cookie:x",
            "https://client.example\\@evil.example/", "https://client.example/\u00fc", "https://client.example/%zz",
            "https://client.example/<x>", "https://client.example/\0", "https://client.example/\ud800",
            " https://client.example/", "https://client.example/\n", "https://client.exa\u200bmple/",
        )),
        ("https://client.example/cb#x", "fragment"),
        ("https://client.example/cb#", "fragment"),
        ("https://client.example/" + "x" * 2000, "too_long"),
    ],
)  # fmt: skip
def test_addresses_that_nobody_may_be_sent_to(uri, rule):
    assert rule == check_redirect_uri(uri)


@given(st.text() | st.text("htps:/[]@#?.127local%\\ ", max_size=40) | st.from_regex(r"https?://.{0,20}"))
def test_whatever_is_asked_for_there_is_an_answer(uri):
    assert check_redirect_uri(uri) in {None, "redirect", "fragment", "too_long"}
    assert check_redirect_uri(uri) is None or not is_registered(uri, client_at("http://127.0.0.1/"))


@pytest.mark.parametrize(
    "uri",
    [
        "https://client.example/cb/", "https://client.example/CB", "https://Client.example/cb",
        "HTTPS://client.example/cb", "https://client.example:443/cb", "https://client.example:8443/cb",
        "http://client.example/cb", "https://user@client.example/cb", "https://client.example@evil.example/cb",
        "https://client.example/cb#", "https://client.example/cb#x", "https://client.example/cb?",
        "https://client.example/cb?next=https://evil.example", "https://client.example/./cb",
        "https://client.example/x/../cb", "https://client.example/cb/../evil", "https://client.example//cb",
        "https://client.example/%63b", "https://client.example/cb;x", "https://client.example/cb%2f..%2fevil",
        "https://evil.client.example/cb", "https://client.example.evil.example/cb", "https://client.example",
        "https://client.example/", "//client.example/cb", "/cb", "", " https://client.example/cb",
        "https://client.example/cb ", "https://client.example/cb\n", "https://client.example\\.evil.example/cb",
        "https://evil.example/?https://client.example/cb",
    ],
)  # fmt: skip
def test_an_address_that_differs_in_anything_is_not_registered(uri):
    assert is_registered(CALLBACK, client_at(CALLBACK))
    assert not is_registered(uri, client_at(CALLBACK))


@pytest.mark.parametrize("registered", ["http://127.0.0.1/cb", "http://127.0.0.1:8080/cb", "http://127.0.0.1:1/cb"])
def test_a_program_that_listens_on_loopback_takes_the_port_that_it_gets(registered):
    client = client_at(registered)
    for port in ("", ":1", ":80", ":49152", ":65535"):
        assert is_registered(f"http://127.0.0.1{port}/cb", client)
    for uri in (
        "http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:99999999/cb", "http://127.0.0.1:/cb",
        "http://127.0.0.1:8x/cb", "http://127.0.0.1:80/cb/", "http://127.0.0.1:80/", "http://127.0.0.1:80/cb?x",
        "http://127.0.0.1:80/cb#x", "http://127.0.0.1:80@evil.example/cb", "http://127.0.0.1.evil.example:80/cb",
        "http://[::1]:80/cb", "http://localhost:80/cb", "http://127.0.0.2:80/cb", "https://127.0.0.1:80/cb",
        "http://127.1:80/cb", "http://2130706433:80/cb", "http://127.0.0.1:\u0661/cb", "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80\\@evil.example/cb", "http://127.0.0.1:80/cb\n",
    ):  # fmt: skip
        assert not is_registered(uri, client), uri


def test_the_loopback_of_ipv6_has_any_port_too_and_a_name_has_not():
    assert is_registered("http://[::1]:5000/cb", client_at("http://[::1]/cb"))
    assert not is_registered("http://127.0.0.1:5000/cb", client_at("http://[::1]/cb"))
    assert not is_registered("http://localhost:5000/cb", client_at("http://localhost/cb"))
    assert not is_registered("https://client.example:5000/cb", client_at(CALLBACK))
