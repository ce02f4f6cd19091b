"""What somebody may change about their own account with a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from models import Token, User
from schema.context import SCOPES
from schema.errors import Unauthenticated
from schema.resolvers import accounts, sessions, tokens
from server.pages.settings import CHOICES, FORMATS, OPTIONS, SCOPE_WORDS, SELECTS, SWITCHES
from tests.factories import PASSWORD

TOKEN = {"name": "laptop", "format": "linkding", "expires": "", "scope": list(SCOPES)}
PASSWORDS = {"old_password": PASSWORD, "new_password": "another password", "again": "another password"}
PREFERENCES = {name: CHOICES[name][0] for name in SELECTS}


def secret_of(page):
    return re.search(r'id="secret" value="([^"]+)"', page.text).group(1)


def ids(page, what):
    return [int(id) for id in re.findall(rf'action="/settings/{what}/(\d+)/', page.text)]


def test_everything_that_can_be_chosen_has_words():
    assert set(SCOPES) == set(SCOPE_WORDS)
    assert {option for options in CHOICES.values() for option in options} == set(OPTIONS)
    assert set(CHOICES) == set(SELECTS)
    assert all(SWITCHES.values())


async def test_a_token_is_made_shown_once_and_works(signed_in, ports):
    page = await signed_in.post("/settings/tokens", **TOKEN)
    secret = secret_of(page)
    viewer = await tokens.believe(ports, secret)
    later = await signed_in.get("/settings")

    assert 200 == page.status
    assert ("ann", frozenset(SCOPES), None) == (viewer.user.username, viewer.scopes, viewer.expires_at)
    assert secret not in later.text
    assert f"{secret[:7]}…" in later.text
    assert "laptop" in later.words()


@pytest.mark.parametrize(("format", "length"), [("linkding", 40), ("bkmark", 35), ("app-password", 72)])
async def test_a_token_looks_as_its_apps_expect(signed_in, format, length):
    page = await signed_in.post("/settings/tokens", **TOKEN | {"format": format})

    assert format in FORMATS
    assert length == len(secret_of(page))


async def test_an_api_key_of_bkmark_is_shown_once_and_later_by_its_first_eleven_characters(signed_in, ports):
    """BK section 3.1."""
    chosen = {"format": "bkmark", "scope": ["bookmarks:read", "search:read"], "expires": "2026-01-31"}
    page = await signed_in.post("/settings/tokens", **TOKEN | chosen)
    key = secret_of(page)
    viewer = await tokens.believe(ports, key)
    later = await signed_in.get("/settings")

    assert re.fullmatch("bk_[0-9a-f]{32}", key)
    assert ({"bookmarks:read", "search:read"}, datetime(2026, 2, 1, tzinfo=UTC)) == (viewer.scopes, viewer.expires_at)
    assert f"<code>{key[:11]}…</code>" in later.text
    assert key[:12] not in later.text


async def test_a_token_has_the_scopes_and_the_end_that_were_chosen(signed_in, ports):
    page = await signed_in.post(
        "/settings/tokens", **TOKEN | {"scope": ["bookmarks:read", "tags:read"], "expires": "2026-01-31"}
    )
    viewer = await tokens.believe(ports, secret_of(page))

    assert {"bookmarks:read", "tags:read"} == viewer.scopes
    assert datetime(2026, 2, 1, tzinfo=UTC) == viewer.expires_at
    assert "May: read bookmarks; read tags" in page.words()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": " "}, "name", "must not be empty"),
        ({"name": "x" * 256}, "name", "255 characters or fewer"),
        ({"name": "a\0b"}, "name", "cannot be kept"),
        ({"scope": []}, "scopes", "Choose at least one"),
        ({"scope": ["everything"]}, "scopes", "Choose one of those"),
        ({"format": "other"}, "format", "Choose one of those"),
        ({"expires": "tomorrow"}, "expires_at", "This is no day"),
        ({"expires": "9999-12-31"}, "expires_at", "This is no day"),
        ({"expires": "2025-12-31"}, "expires_at", "over already"),
    ],
)
async def test_a_wrong_token_form_comes_back_with_a_sentence_tied_to_its_field(signed_in, change, field, words):
    page = await signed_in.post("/settings/tokens", **TOKEN | change)
    error = re.search(rf'<p class="error" id="{field}-error">([^<]*)</p>', page.text)

    assert 422 == page.status
    assert words in error.group(1)
    assert re.search(rf'aria-describedby="[^"]*{field}-error"', page.text)
    assert page.text.count('<p class="error"') == 1
    assert "<title>Error: " in page.text
    assert 1 == await Token.filter(owner__username="ann").count()


async def test_what_was_typed_is_kept_and_stays_text(signed_in):
    name = '"><script>alert(1)</script>'
    page = await signed_in.post("/settings/tokens", **TOKEN | {"name": name, "scope": ["tags:read"], "expires": "no"})

    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page.text
    assert "<script>" not in page.text
    assert ['value="tags:read" checked'] == re.findall(r'value="[\w:]+" checked', page.text)


async def test_a_revoked_token_is_worthless_and_a_foreign_one_is_not_there(signed_in, ann, ben, ports):
    theirs = await Token.get(owner_id=ben.user.id)
    mine = await Token.get(owner_id=ann.user.id)
    page = await signed_in.get("/settings")
    shown = ids(page, "tokens")
    revoked = await signed_in.post(f"/settings/tokens/{mine.id}/revoke")
    with pytest.raises(Unauthenticated):
        await tokens.believe(ports, ann.secret)

    assert [mine.id] == shown
    assert "/settings?done=revoked" == revoked.to
    assert "The token is revoked." in (await signed_in.get(revoked.to)).words()
    for id in (theirs.id, mine.id, 9_999_999_999):
        assert 404 == (await signed_in.post(f"/settings/tokens/{id}/revoke")).status
    assert "ben" == (await tokens.believe(ports, ben.secret)).user.username


async def test_the_password_changes_and_the_other_browsers_are_out(signed_in, site, ports):
    other = await site()
    await other.sign_in()
    page = await signed_in.post("/settings/password", **PASSWORDS)

    assert "/settings?done=password" == page.to
    assert 200 == (await signed_in.get("/settings")).status
    assert 303 == (await other.get("/settings")).status
    assert "ann" == (await accounts.believe_password(ports, "ann", "another password")).username


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"old_password": "wrong"}, "old_password", "This is not your password."),
        ({"new_password": "short", "again": "short"}, "new_password", "8 characters or more"),
        ({"new_password": "nul\0nul\0nul", "again": "nul\0nul\0nul"}, "new_password", "cannot be kept"),
        ({"again": "another one"}, "again", "not the same"),
    ],
)
async def test_a_wrong_password_form_changes_nothing_and_shows_no_password(signed_in, ports, change, field, words):
    page = await signed_in.post("/settings/password", **PASSWORDS | change)

    assert 422 == page.status
    assert words in re.search(rf'id="{field}-error">([^<]*)', page.text).group(1)
    assert not [text for text in (PASSWORDS | change).values() if f'value="{text}"' in page.text]
    assert "ann" == (await accounts.believe_password(ports, "ann", PASSWORD)).username


async def test_guessing_the_old_password_is_throttled(signed_in):
    for _ in range(10):
        await signed_in.post("/settings/password", **PASSWORDS | {"old_password": "wrong"})
    page = await signed_in.post("/settings/password", **PASSWORDS)

    assert 429 == page.status
    assert int(page.headers["Retry-After"]) <= 300


async def test_preferences_are_saved_as_they_stand_on_the_page(signed_in):
    page = await signed_in.post(
        "/settings/preferences", **PREFERENCES | {"theme": "dark", "enable_sharing": "on", "enable_favicons": "on"}
    )
    user = await User.get(username="ann")
    shown = await signed_in.get(page.to)

    assert (True, False) == (user.enable_sharing, user.enable_public_sharing)
    assert (True, False, "dark") == tuple(
        user.preferences[name] for name in ("enable_favicons", "enable_preview_images", "theme")
    )
    assert 'data-theme="dark"' in shown.text
    assert "Your preferences are saved." in shown.words()
    assert ["enable_sharing", "enable_favicons"] == re.findall(r'name="(enable_\w+)" value="on" checked', shown.text)


async def test_a_preference_that_is_no_choice_changes_nothing(signed_in):
    page = await signed_in.post("/settings/preferences", **PREFERENCES | {"theme": "pink", "enable_sharing": "on"})

    assert 422 == page.status
    assert 'id="theme-error"' in page.text
    assert not (await User.get(username="ann")).enable_sharing


async def test_preferences_that_the_page_does_not_show_stay(signed_in, ann):
    await accounts.set_preferences(await ann.ctx(), {"search_preferences": {"sort": "title_asc"}})
    await signed_in.post("/settings/preferences", **PREFERENCES)

    assert {"sort": "title_asc"} == (await User.get(username="ann")).preferences["search_preferences"]


async def test_rules_are_saved_with_line_ends_of_one_character(signed_in):
    page = await signed_in.post("/settings/rules", rules="docs.example docs\r\n\r\n<b>.example &amp;")
    shown = await signed_in.get(page.to)

    assert "docs.example docs\n\n<b>.example &amp;" == (await User.get(username="ann")).auto_tagging_rules
    assert "docs.example docs\n\n&lt;b&gt;.example &amp;amp;</textarea>" in shown.text


@pytest.mark.parametrize("rules", ["a\0b", "x" * 100_001])
async def test_rules_that_cannot_be_kept_come_back(signed_in, rules):
    page = await signed_in.post("/settings/rules", rules=rules)

    assert 422 == page.status
    assert 'id="rules-error"' in page.text
    assert not (await User.get(username="ann")).auto_tagging_rules


async def test_rules_may_be_long_in_any_script(signed_in):
    rules = "ü" * 100_000

    assert 303 == (await signed_in.post("/settings/rules", rules=rules)).status


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def test_other_browsers_are_listed_and_signed_out_one_by_one_or_all(signed_in, site, ben, ports):
    others = [await site({"User-Agent": FIREFOX}) for _ in range(3)]
    for other in others:
        await other.sign_in()
    theirs = await site()
    await theirs.sign_in("ben")
    page = await signed_in.get("/settings")
    listed = ids(page, "browsers")
    one = await signed_in.post(f"/settings/browsers/{listed[0]}/sign-out")
    left = ids(await signed_in.get("/settings"), "browsers")
    rest = await signed_in.post("/settings/browsers/sign-out-others")

    assert 3 == page.text.count("<h3>Firefox on Linux")
    assert "this one" in page.words()
    assert listed[1:] == left
    assert ("/settings?done=ended", "/settings?done=ended-all") == (one.to, rest.to)
    assert [303, 303, 303] == [(await other.get("/settings")).status for other in others]
    assert [200, 200] == [(await browser.get("/settings")).status for browser in (signed_in, theirs)]


async def test_nobody_signs_out_somebody_elses_browser(signed_in, ben, ports):
    begun = await sessions.sign_in(ports, "ben", PASSWORD, address="", user_agent="")
    theirs = (await sessions.believe(ports, begun.secret)).session_id

    assert 404 == (await signed_in.post(f"/settings/browsers/{theirs}/sign-out")).status
    assert "ben" == (await sessions.believe(ports, begun.secret)).user.username


@pytest.mark.parametrize(
    "path",
    [
        "password",
        "preferences",
        "rules",
        "tokens",
        "tokens/1/revoke",
        "browsers/1/sign-out",
        "browsers/sign-out-others",
    ],
)
async def test_no_form_counts_without_its_token(signed_in, path):
    for csrf in ("", "0" * 64):
        page = await signed_in.post(f"/settings/{path}", csrf=csrf, **PASSWORDS)

        assert 403 == page.status


async def test_an_empty_form_is_never_a_fault_of_ours(signed_in):
    paths = ("password", "preferences", "rules", "tokens", "browsers/sign-out-others")

    assert [422, 422, 303, 422, 303] == [(await signed_in.post(f"/settings/{path}")).status for path in paths]
