"""The page that asks whether an app may come in, and everything that somebody could try with it (BK section 2.3)."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from aiohttp import hdrs

from models import OAuthClient, OAuthGrant, Session, User
from schema.resolvers import oauth_clients, oauth_tokens, tokens
from schema.resolvers.oauth_clients import GRANTABLE
from server.pages.consent import REASONS, SCOPE_WORDS
from tests.factories import PASSWORD

PATH = "/oauth/authorize"
CALLBACK = "https://app.example/callback?from=polymark"
OTHER = "https://app.example/other"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
STATE = "a+b/c=d&é日本%2F ?#\"'<b>"


@pytest.fixture
async def client(ben, ports):
    """What Ben has registered, for Ann to let in."""
    made = await oauth_clients.enroll(
        ports,
        ben.user.id,
        name='Reader <b>"& more',
        redirect_uris=[
            CALLBACK,
            OTHER,
            "http://127.0.0.1/cb",
            "http://[::1]/cb",
            "com.example.app:/cb",
        ],
        scopes=["bookmarks:read", "bookmarks:write", "tags:read"],
        public=True,
    )
    return made.client


@pytest.fixture
def asks(client):
    """The parameters of a good request, with these changes; None leaves one out."""

    def asks(**changes):
        given = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": CALLBACK,
            "scope": "bookmarks:read tags:read",
            "state": STATE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return {name: value for name, value in given.items() if value is not None}

    return asks


def hidden(page):
    """The fields that the page's form brings back, but its token."""
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
    return {unescape(name): unescape(value) for name, value in pairs if name != "csrf"}


def answer_of(page):
    """Where the browser is sent, and with what."""
    address, _, query = page.to.partition("?")
    return address, dict(parse_qsl(query, keep_blank_values=True))


async def visit(browser, asks, **changes):
    return await browser.get(f"{PATH}?{urlencode(asks(**changes))}")


def test_each_scope_that_can_be_given_away_has_words():
    assert list(GRANTABLE) == list(SCOPE_WORDS)
    assert len(GRANTABLE) == len(set(SCOPE_WORDS.values()))


async def test_a_stranger_signs_in_first_and_comes_back_with_everything(browser, asks, ports, client):
    """BK section 2.3, whole: sign in, read what is asked for, allow; the code is good for a token."""
    asked = await visit(browser, asks)
    form = await browser.get(asked.to)
    to = unescape(re.search('name="next" value="([^"]*)"', form.text).group(1))
    entered = await browser.post("/login", username="ann", password=PASSWORD, next=to)
    page = await browser.get(entered.to)
    answered = await browser.post(PATH, answer="allow", **hidden(page))
    address, given = answer_of(answered)
    issued = await oauth_tokens.exchange(
        ports, client, code=given["code"], redirect_uri=CALLBACK, code_verifier=VERIFIER
    )
    viewer = await tokens.believe(ports, issued.access_token)

    assert 303 == asked.status
    assert "/login" == urlsplit(asked.to).path
    assert hdrs.SET_COOKIE not in asked.headers
    assert entered.to == to
    assert asks() == {name: value for name, (value,) in parse_qs(urlsplit(to).query).items()} == hidden(page)
    assert 303 == answered.status
    assert "https://app.example/callback" == address
    assert ("polymark", STATE, str(browser.client.make_url("")).rstrip("/")) == (
        given["from"],
        given["state"],
        given["iss"],
    )
    assert ("ann", {"bookmarks:read", "tags:read"}) == (viewer.user.username, viewer.scopes)


@pytest.mark.parametrize("state", ["%2F" * 400, "x" * 2000, "+ +", "日本é", "%", "a&next=//evil.example", "\\\\evil"])
async def test_any_state_survives_signing_in(browser, asks, state):
    asked = await visit(browser, asks, state=state)
    await browser.get(asked.to)
    to = dict(parse_qsl(urlsplit(asked.to).query))["next"]
    entered = await browser.post("/login", username="ann", password=PASSWORD, next=to)

    assert state == hidden(await browser.get(entered.to))["state"]


async def test_the_page_names_the_app_where_it_leads_and_just_what_it_asks_for(signed_in, asks):
    page = await visit(signed_in, asks)
    listed = re.findall(r"<li>([^<]*)</li>", page.text)

    assert 200 == page.status
    assert [SCOPE_WORDS["bookmarks:read"], SCOPE_WORDS["tags:read"]] == listed
    assert 'Reader <b>"& more' in page.words()
    assert "Reader <b>" not in page.text
    assert "the account of ann" in page.words()
    assert "Your answer goes to app.example ." in page.words()


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("http://127.0.0.1:41234/cb", "a program on this device, at 127.0.0.1:41234"),
        ("http://[::1]:41234/cb", "a program on this device, at [::1]:41234"),
        ("com.example.app:/cb", "an app on this device that opens com.example.app links"),
    ],
)
async def test_a_program_on_the_same_device_is_said_to_be_one(signed_in, asks, uri, words):
    page = await visit(signed_in, asks, redirect_uri=uri)
    answered = await signed_in.post(PATH, answer="allow", **hidden(page))

    assert words in page.words()
    assert answered.to.startswith(f"{uri}?code=c_")


async def test_anything_but_allow_tells_the_app_that_it_was_denied(signed_in, asks):
    page = await visit(signed_in, asks)
    for answer in ("deny", "", "yes", "Allow", ["deny", "allow"]):
        address, given = answer_of(await signed_in.post(PATH, answer=answer, **hidden(page)))

        assert "https://app.example/callback" == address
        assert ("access_denied", STATE) == (given["error"], given["state"])
        assert "code" not in given
    assert 0 == await OAuthGrant.all().count()


@pytest.mark.parametrize("changes", [{}, {"prompt": "none"}, {"prompt": "none", "approval_prompt": "auto"}])
async def test_every_visit_asks_again(signed_in, asks, changes):
    """Nothing is approved in silence, whatever was said before (RFC 9700, section 4.11)."""
    page = await visit(signed_in, asks)
    await signed_in.post(PATH, answer="allow", **hidden(page))
    again = await visit(signed_in, asks, **changes)

    assert 200 == again.status
    assert "Allow" in again.words()
    assert 1 == await OAuthGrant.all().count()


async def test_looking_at_the_page_lets_nobody_in(signed_in, asks):
    page = await visit(signed_in, asks, answer="allow")

    assert 200 == page.status
    assert 0 == await OAuthGrant.all().count()


async def test_a_second_answer_from_the_same_page_is_a_code_of_its_own(signed_in, asks):
    """Who goes back and allows again has not broken the first one."""
    page = await visit(signed_in, asks)
    first, second = [answer_of(await signed_in.post(PATH, answer="allow", **hidden(page)))[1] for _ in range(2)]

    assert first["code"] != second["code"]
    assert 2 == await OAuthGrant.all().count()


UNCERTAIN = [
    ({"client_id": None}, "client"),
    ({"client_id": "bk_" + "0" * 24}, "client"),
    ({"client_id": "x\0<b>"}, "client"),
    ({"redirect_uri": None}, "redirect_uri"),
    ({"redirect_uri": ""}, "redirect_uri"),
    ({"redirect_uri": "https://evil.example/callback"}, "redirect_uri"),
    ({"redirect_uri": CALLBACK + "&x=1"}, "redirect_uri"),
    ({"redirect_uri": CALLBACK.upper()}, "redirect_uri"),
    ({"redirect_uri": "https://app.example/callback"}, "redirect_uri"),
    ({"redirect_uri": "https://app.example@evil.example/callback"}, "redirect_uri"),
    ({"redirect_uri": "https://app.example/callback/../other"}, "redirect_uri"),
    ({"redirect_uri": "https://app.example/other\r\nSet-Cookie: a=b"}, "redirect_uri"),
    ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
    ({"redirect_uri": "//evil.example"}, "redirect_uri"),
    ({"redirect_uri": "http://127.0.0.1.evil.example/cb"}, "redirect_uri"),
    ({"redirect_uri": [OTHER, CALLBACK]}, "doubled"),
]


@pytest.mark.parametrize("known", [False, True], ids=["stranger", "signed in"])
async def test_where_it_is_not_certain_who_asks_nobody_is_sent_anywhere(browser, asks, known):
    """RFC 6749, section 4.1.2.1: an error page of ours, for strangers too, and without a cookie."""
    if known:
        await browser.sign_in()
    for changes, reason in UNCERTAIN:
        page = await browser.get(f"{PATH}?{urlencode(asks(**changes), doseq=True)}")

        assert (400, None) == (page.status, page.to), changes
        assert REASONS[reason] in page.words(), changes
        assert "evil" not in page.text
        assert "form-action 'self';" in page.headers["Content-Security-Policy"]
        assert hdrs.SET_COOKIE not in page.headers


async def test_fields_that_were_swapped_in_the_form_are_found_out(signed_in, asks):
    await visit(signed_in, asks)
    for changes, reason in UNCERTAIN:
        page = await signed_in.post(PATH, answer="allow", **asks(**changes))

        assert (400, None) == (page.status, page.to), changes
        assert REASONS[reason] in page.words(), changes
    assert 0 == await OAuthGrant.all().count()


FAULTY = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"scope": "bookmarks:read groups:write"}, "invalid_scope"),
    ({"scope": "bookmarks:read account"}, "invalid_scope"),
    ({"scope": None}, "invalid_scope"),
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"scope": ["bookmarks:read", "tags:read"]}, "invalid_request"),
    ({"state": "x" * 2001}, "invalid_request"),
    ({"state": "a\r\nSet-Cookie: b=c"}, "invalid_request"),
]


async def test_what_is_wrong_otherwise_goes_back_to_the_app(signed_in, asks):
    """On the way in and, where the form was changed, on the way out; nothing was granted."""
    await visit(signed_in, asks)
    for changes, error in FAULTY:
        shown = await signed_in.get(f"{PATH}?{urlencode(asks(**changes), doseq=True)}")
        sent = await signed_in.post(PATH, answer="allow", **asks(**changes))

        for page in (shown, sent):
            address, given = answer_of(page)
            assert 303 == page.status, changes
            assert "https://app.example/callback" == address
            assert (error, "polymark") == (given["error"], given["from"]), changes
            assert "code" not in given
    assert 0 == await OAuthGrant.all().count()


async def test_a_faulty_request_of_a_stranger_waits_until_they_have_signed_in(browser, asks):
    """RFC 9700, section 4.11.2: a link to us must not be a link to anybody's page at once."""
    page = await visit(browser, asks, response_type="token")
    form = await browser.get(page.to)
    to = dict(parse_qsl(urlsplit(page.to).query))["next"]
    entered = await browser.post("/login", username="ann", password=PASSWORD, next=to)
    back = await browser.get(entered.to)

    assert (303, "/login") == (page.status, urlsplit(page.to).path)
    assert "form-action 'self' https: http:;" in form.headers["Content-Security-Policy"]
    assert "unsupported_response_type" == answer_of(back)[1]["error"]


async def test_a_wider_scope_in_the_form_than_on_the_page_is_what_the_app_may_have_at_most(signed_in, asks):
    """The form is the person's own; what it cannot do is go beyond what the client registered."""
    await visit(signed_in, asks)
    page = await signed_in.post(PATH, answer="allow", **asks(scope=" ".join(GRANTABLE)))

    assert "invalid_scope" == answer_of(page)[1]["error"]


async def test_an_answer_without_the_forms_token_is_none(signed_in, asks):
    page = await visit(signed_in, asks)
    for csrf in ("", "0" * 64, "é"):
        answered = await signed_in.post(PATH, csrf=csrf, answer="allow", **hidden(page))

        assert (403, None) == (answered.status, answered.to)
    assert 0 == await OAuthGrant.all().count()


FOREIGN = [
    {"Origin": "https://app.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


async def test_an_answer_that_comes_from_another_site_is_none(signed_in, asks):
    page = await visit(signed_in, asks)
    for headers in FOREIGN:
        answered = await signed_in.post(PATH, answer="allow", headers=headers, **hidden(page))

        assert (403, None) == (answered.status, answered.to)
    assert 0 == await OAuthGrant.all().count()


async def test_the_answer_of_somebody_else_who_signed_in_meanwhile_is_none(signed_in, asks, ben):
    """The page was Ann's, the browser is Ben's now: what Ann read is not what Ben allows."""
    page = await visit(signed_in, asks)
    csrf = page.csrf
    await signed_in.post("/logout")
    await signed_in.sign_in("ben")
    answered = await signed_in.post(PATH, csrf=csrf, answer="allow", **hidden(page))

    assert 403 == answered.status
    assert "out of date" in answered.words()
    assert 0 == await OAuthGrant.all().count()


async def test_an_answer_after_the_session_has_ended_comes_back_to_the_page(signed_in, asks):
    """Signing in leads to the question again, with all that was asked, and not to a code."""
    page = await visit(signed_in, asks)
    await Session.all().delete()
    answered = await signed_in.post(PATH, answer="allow", **hidden(page))
    await signed_in.get(answered.to)
    to = dict(parse_qsl(urlsplit(answered.to).query))["next"]
    entered = await signed_in.post("/login", username="ann", password=PASSWORD, next=to)
    again = await signed_in.get(entered.to)

    assert "/login" == urlsplit(answered.to).path
    assert hidden(page) == hidden(again)
    assert 0 == await OAuthGrant.all().count()


@pytest.mark.parametrize("change", ["removed", "deactivated"])
async def test_a_client_that_goes_meanwhile_gets_nothing(signed_in, asks, client, ben, change):
    page = await visit(signed_in, asks)
    if change == "removed":
        await OAuthClient.filter(id=client.id).delete()
    else:
        await User.filter(id=ben.user.id).update(is_active=False)
    answered = await signed_in.post(PATH, answer="allow", **hidden(page))

    assert (400, None) == (answered.status, answered.to)
    assert REASONS["client"] in answered.words()


async def test_the_twenty_first_answer_in_a_minute_has_to_wait(signed_in, asks, ports):
    """BK section 4.1: twenty consents a minute, counted per user, whichever way they end."""
    page = await visit(signed_in, asks)
    answers = [
        await signed_in.post(PATH, answer=answer, **hidden(page)) for answer in ["allow", "deny"] * 10 + ["deny"]
    ]
    ports.clock.forward(seconds=60)
    later = await signed_in.post(PATH, answer="deny", **hidden(page))

    assert [303] * 20 + [429] == [answer.status for answer in answers]
    assert ("20", "0") == tuple(answers[-1].headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining"))
    assert "19" == answers[0].headers["X-RateLimit-Remaining"]
    assert 50 < int(answers[-1].headers["Retry-After"]) <= 60
    assert 303 == later.status


async def test_the_page_cannot_be_put_into_a_frame_nor_kept(signed_in, asks):
    page = await visit(signed_in, asks)
    answered = await signed_in.post(PATH, answer="allow", **hidden(page))

    for one in (page, answered):
        assert "frame-ancestors 'none'" in one.headers["Content-Security-Policy"]
        assert ("DENY", "no-store", "same-origin") == tuple(
            one.headers[name] for name in ("X-Frame-Options", "Cache-Control", "Referrer-Policy")
        )
        assert "Access-Control-Allow-Origin" not in one.headers
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)


@pytest.mark.parametrize(
    ("uri", "sources"),
    [
        (CALLBACK, "https: http:"),
        ("http://127.0.0.1:5/cb", "https: http:"),
        ("http://[::1]:5/cb", "https: http:"),
        ("com.example.app:/cb", "com.example.app:"),
    ],
)
async def test_only_the_forms_of_this_page_may_lead_elsewhere(signed_in, asks, uri, sources):
    """Chromium asks form-action at each redirect after a form, also those of the app's own page."""
    page = await visit(signed_in, asks, redirect_uri=uri)
    others = [await signed_in.get(path) for path in ("/settings", "/settings/developer")]

    assert f"; form-action 'self' {sources}; frame" in page.headers["Content-Security-Policy"]
    for other in others:
        assert "; form-action 'self'; " in other.headers["Content-Security-Policy"]


async def test_an_app_may_keep_hold_of_the_window_that_it_opened_for_this(browser, asks):
    """With same-origin on any page of the way, an opener would lose the window that comes back to it."""
    first = await visit(browser, asks)
    form = await browser.get(first.to)
    to = dict(parse_qsl(urlsplit(first.to).query))["next"]
    wrong = await browser.post("/login", username="ann", password="wrong", next=to)
    entered = await browser.post("/login", username="ann", password=PASSWORD, next=to)
    page = await browser.get(entered.to)
    answered = await browser.post(PATH, answer="deny", **hidden(page))

    assert {"unsafe-none"} == {
        one.headers["Cross-Origin-Opener-Policy"] for one in (first, form, wrong, entered, page, answered)
    }
    assert "same-origin" == (await browser.get("/settings")).headers["Cross-Origin-Opener-Policy"]


async def test_any_query_is_answered_with_a_page(signed_in):
    for query in ("", "?", "?client_id", "?client_id=%ff%00", "?" + "a=b&" * 500, f"?client_id={'x' * 5000}"):
        assert 400 == (await signed_in.get(f"{PATH}{query}")).status
    assert 400 == (await signed_in.post(PATH)).status


async def test_below_a_path_it_leads_there_and_back(site, asks):
    browser = await site(base_url="http://home.example/marks")
    first = await browser.get(f"/marks{PATH}?{urlencode(asks())}")
    to = dict(parse_qsl(urlsplit(first.to).query))["next"]
    await browser.get(first.to)
    entered = await browser.post("/marks/login", username="ann", password=PASSWORD, next=to)
    page = await browser.get(entered.to)
    answered = await browser.post(f"/marks{PATH}", answer="allow", **hidden(page))

    assert first.to.startswith("/marks/login?next=/oauth/authorize?")
    assert entered.to.startswith(f"/marks{PATH}?")
    assert f'action="/marks{PATH}"' in page.text
    assert "http://home.example/marks" == answer_of(answered)[1]["iss"]
