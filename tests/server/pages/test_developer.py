"""Registering apps, and disconnecting those that one has let in (BK section 2.2)."""

from __future__ import annotations

import re

import pytest

from models import OAuthClient, OAuthGrant
from schema.errors import Unauthenticated
from schema.resolvers import oauth_clients, oauth_consent, oauth_tokens, tokens
from schema.resolvers.oauth_clients import GRANTABLE
from server.pages.developer import SCOPES

APP = {
    "name": "Reader",
    "kind": "confidential",
    "uris": "https://app.example/cb\r\n\r\n  com.example.app:/cb  \r\nhttps://app.example/cb",
    "scope": ["bookmarks:read", "tags:read"],
}
PATH = "/settings/developer"


def ids(page, what):
    return [int(id) for id in re.findall(rf'action="/settings/{what}/(\d+)/', page.text)]


def shown(page, id):
    found = re.search(rf'id="{id}" value="([^"]+)"', page.text)
    return found.group(1) if found else None


async def connect(person, client, uri="https://app.example/cb"):
    """What an access token is after the person has let the client in."""
    request = await oauth_consent.read_request(
        list(
            {
                "response_type": "code",
                "client_id": client.client_id,
                "redirect_uri": uri,
                "scope": "bookmarks:read tags:read",
            }.items()
        ),
        issuer="http://home.example",
    )
    code = re.search("code=(c_[0-9a-f]+)", await oauth_consent.approve(await person.ctx(), request)).group(1)
    issued = await oauth_tokens.exchange(person.ports, client, code=code, redirect_uri=uri, code_verifier=None)
    return issued.access_token


@pytest.fixture
async def client(ben, ports):
    made = await oauth_clients.enroll(
        ports,
        ben.user.id,
        name="Reader <b>",
        redirect_uris=["https://app.example/cb"],
        scopes=GRANTABLE,
        public=False,
    )
    return made.client


def test_the_account_is_not_among_what_apps_may_ask_for():
    assert list(GRANTABLE) == list(SCOPES)


async def test_an_app_is_registered_and_its_secret_shown_once(signed_in):
    page = await signed_in.post(PATH, **APP)
    client_id, secret = shown(page, "made-id"), shown(page, "secret")
    later = await signed_in.get(PATH)
    client = await oauth_clients.authenticate(client_id, secret)

    assert 200 == page.status
    assert re.fullmatch("bk_[0-9a-f]{24}", client_id)
    assert re.fullmatch("bks_[0-9a-f]{64}", secret)
    assert ("Reader", False) == (client.name, client.is_public)
    assert ("https://app.example/cb", "com.example.app:/cb") == client.redirect_uris
    assert ("bookmarks:read", "tags:read") == client.scopes
    assert secret not in later.text
    for words in (
        "Reader",
        client_id,
        "with a secret",
        "May ask for: read bookmarks; read tags",
        *client.redirect_uris,
    ):
        assert words in later.words()


async def test_an_app_on_peoples_devices_has_no_secret(signed_in):
    page = await signed_in.post(PATH, **APP | {"kind": "public"})

    assert shown(page, "secret") is None
    assert "PKCE" in page.words()
    assert (await oauth_clients.authenticate(shown(page, "made-id"), None)).is_public


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": " "}, "name", "must not be empty"),
        ({"name": "x" * 101}, "name", "100 characters or fewer"),
        ({"name": "a\0b"}, "name", "cannot be kept"),
        ({"uris": " \r\n "}, "redirect_uris", "At least one is needed."),
        ({"uris": "https://a.example/\nhttp://a.example/"}, "redirect_uris", "Number 2: No app can be reached there."),
        ({"uris": "https://a.example/#x"}, "redirect_uris", "Number 1: An address must not have a #"),
        ({"uris": "javascript:alert(1)"}, "redirect_uris", "No app can be reached there."),
        ({"uris": f"https://a.example/{'x' * 2000}"}, "redirect_uris", "This is too long."),
        ({"uris": " ".join(f"https://a.example/{n}" for n in range(21))}, "redirect_uris", "20 or fewer"),
        ({"scope": []}, "scopes", "At least one is needed."),
        ({"scope": ["account"]}, "scopes", "Choose one of those"),
    ],
)
async def test_a_wrong_form_comes_back_with_a_sentence_tied_to_its_field(signed_in, change, field, words):
    page = await signed_in.post(PATH, **APP | change)
    error = re.search(rf'<p class="error" id="{field}-error">([^<]*)</p>', page.text)

    assert 422 == page.status
    assert words in error.group(1)
    assert re.search(rf'aria-describedby="[^"]*{field}-error"', page.text)
    assert 1 == page.text.count('<p class="error"')
    assert "<title>Error: " in page.text
    assert 0 == await OAuthClient.all().count()


async def test_what_was_typed_is_kept_and_stays_text(signed_in):
    page = await signed_in.post(PATH, name='"><script>', kind="public", uris="</textarea><script>", scope=["tags:read"])

    assert 'value="&#34;&gt;&lt;script&gt;"' in page.text
    assert "\n&lt;/textarea&gt;&lt;script&gt;</textarea>" in page.text
    assert '<option value="public" selected>' in page.text
    assert ['value="tags:read" checked'] == re.findall(r'value="[\w:]+" checked', page.text)
    assert "<script" not in page.text


async def test_an_app_is_removed_and_everybody_disconnected(signed_in, ben, ports):
    page = await signed_in.post(PATH, **APP)
    client = await oauth_clients.authenticate(shown(page, "made-id"), shown(page, "secret"))
    access = await connect(ben, client)
    assert "ben" == (await tokens.believe(ports, access)).user.username
    removed = await signed_in.post(f"{PATH}/{client.id}/remove")
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, access)

    assert [client.id] == ids(page, "developer")
    assert f"{PATH}?done=removed" == removed.to
    assert "The app is removed" in (await signed_in.get(removed.to)).words()


async def test_nobody_sees_or_removes_somebody_elses_app(signed_in, client):
    page = await signed_in.get(PATH)

    assert client.client_id not in page.text
    for id in (client.id, 0, 9_999_999_999):
        assert 404 == (await signed_in.post(f"{PATH}/{id}/remove")).status
    assert 1 == await OAuthClient.all().count()


async def test_the_page_tells_the_addresses(site):
    browser = await site(base_url="https://home.example/marks")
    await browser.get("/marks/login")
    await browser.post("/marks/login", username="ann", password="correct horse")
    words = (await browser.get(f"/marks{PATH}")).words()

    for path in ("/oauth/authorize", "/oauth/token", "/api/v1"):
        assert f"https://home.example/marks{path}" in words


async def test_connected_apps_are_listed_with_what_they_may_and_disconnected(signed_in, ann, ben, client, ports):
    access, theirs = await connect(ann, client), await connect(ben, client)
    before = await signed_in.get("/settings")
    ports.clock.forward(minutes=20)
    await tokens.believe(ports, access)
    await ports.background.drain()
    used = await signed_in.get("/settings")
    (id,) = ids(used, "apps")
    done = await signed_in.post(f"/settings/apps/{id}/disconnect")
    after = await signed_in.get(done.to)
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, access)

    assert "Reader <b> May: read bookmarks; read tags Since 2 January 2026" in before.words()
    assert "last used on 2 January 2026, 03:04 UTC" in before.words()
    assert "last used on 2 January 2026, 03:24 UTC" in used.words()
    assert "Reader <b>" not in used.text
    assert 1 == used.text.count("/revoke")  # its tokens are not among the person's own
    assert "/settings?done=disconnected" == done.to
    assert "The app is disconnected." in after.words()
    assert [] == ids(after, "apps")
    assert "ben" == (await tokens.believe(ports, theirs)).user.username


async def test_nobody_disconnects_somebody_elses_app(signed_in, ben, client, ports):
    access = await connect(ben, client)
    theirs = await OAuthGrant.get(owner_id=ben.user.id)

    for id in (theirs.id, 0, 9_999_999_999):
        assert 404 == (await signed_in.post(f"/settings/apps/{id}/disconnect")).status
    assert "ben" == (await tokens.believe(ports, access)).user.username


@pytest.mark.parametrize("path", [PATH, f"{PATH}/1/remove", "/settings/apps/1/disconnect"])
async def test_no_form_counts_without_its_token_or_from_another_site(signed_in, path):
    for changes in ({"csrf": ""}, {"csrf": "0" * 64}, {"headers": {"Sec-Fetch-Site": "cross-site"}}):
        assert 403 == (await signed_in.post(path, **APP | changes)).status
    assert 0 == await OAuthClient.all().count()


async def test_a_stranger_signs_in_first(browser):
    page = await browser.get(PATH)
    sent = await browser.post(PATH, **APP)

    assert (303, f"/login?next={PATH}") == (page.status, page.to)
    assert (303, "/login?next=/settings") == (sent.status, sent.to)


async def test_an_empty_form_is_never_a_fault_of_ours(signed_in):
    assert 422 == (await signed_in.post(PATH)).status
