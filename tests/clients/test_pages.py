"""The pages in a headless Chromium, with JavaScript and without, in light and in dark, judged by axe."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from urllib.error import HTTPError
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.clients.browsing import BOTH, SCHEMES, Judge, heading, opened, sign_in, sign_in_here

pytestmark = [pytest.mark.needs_chromium, pytest.mark.needs_node]

FLOCCUS = "Mozilla/5.0 (X11; Linux x86_64) floccus/5.9"


async def token_works(live, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(live.base, headers=headers) as http, http.get("/api/user/profile/") as answer:
        return answer.status == 200


@BOTH
async def test_somebody_signs_in_changes_everything_and_signs_out(live, chromium, scripts):
    """As a person would, by the words that stand on the page."""
    async with opened(chromium, live, java_script_enabled=scripts) as page:
        await page.goto("/")
        at_first = page.url
        await sign_in(page, live, "not it")
        refusal = await page.get_by_role("alert").inner_text()
        await sign_in(page, live)
        entered = await heading(page)

        await page.get_by_label("Name").fill("script")
        await page.get_by_label("Change bookmarks").uncheck()
        await page.get_by_label("Good until the end of").fill("2099-12-31")
        await page.get_by_role("button", name="Make a token").click()
        secret = await page.get_by_label("Copy it now").input_value()
        worked = await token_works(live, secret)
        row = page.get_by_role("listitem").filter(has_text="script")
        told = await row.inner_text()
        await row.get_by_text("Revoke", exact=False).first.click()
        await row.get_by_role("button", name="Revoke for good script").click()
        revoked = await page.get_by_role("status").inner_text()
        works_still = await token_works(live, secret)

        await page.get_by_label("Colours of these pages").select_option("dark")
        await page.get_by_label("Show the bookmarks that I share to the other users").check()
        await page.get_by_role("button", name="Save preferences").click()
        theme = await page.locator("html").get_attribute("data-theme")
        shares = await page.get_by_label("Show the bookmarks that I share to the other users").is_checked()

        await page.get_by_label("Rules").fill("docs.example reading\nnews.example later")
        await page.get_by_role("button", name="Save rules").click()
        rules = await page.get_by_label("Rules").input_value()

        for label, text in (("Your password now", live.password), ("The new one", "another password")):
            await page.get_by_label(label, exact=True).fill(text)
        await page.get_by_label("The new one again").fill("another pass word")
        await page.get_by_role("button", name="Change password").click()
        mended = await page.locator("#again-error").inner_text()
        for label, text in (("Your password now", live.password), ("The new one", "another password")):
            await page.get_by_label(label, exact=True).fill(text)
        await page.get_by_label("The new one again").fill("another password")
        await page.get_by_role("button", name="Change password").click()
        changed = await page.get_by_role("status").inner_text()

        await page.get_by_role("button", name="Sign out admin").click()
        left = await page.get_by_role("status").inner_text()
        await page.goto("/settings")
        at_last = page.url
        await sign_in(page, live, "another password")
        again = await heading(page)

    assert f"{live.base}/login" == at_first
    assert "wrong" in refusal
    assert "Settings" == entered == again
    assert (True, False) == (worked, works_still)
    assert "May: read bookmarks; read tags" in told
    assert "expires on 1 January 2100" in told
    assert "revoked" in revoked
    assert ("dark", True) == (theme, shares)
    assert "docs.example reading\nnews.example later" == rules
    assert "not the same" in mended
    assert "Your password is changed" in changed
    assert "You are signed out." == left
    assert f"{live.base}/login?next=/settings" == at_last


async def test_graphiql_asks_as_who_is_signed_in(live, chromium):
    """Without any header typed in; signing out takes it away again."""
    query = "query Mine { viewer { username } }"
    async with opened(chromium, live) as page:
        await sign_in(page, live)
        await page.get_by_role("link", name="GraphiQL").click()
        await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        await page.click(".graphiql-query-editor .CodeMirror")
        await page.keyboard.press("Control+A")
        await page.keyboard.insert_text(query)
        await page.wait_for_selector(".graphiql-tabs >> text=Mine")  # it has read the new operation's name
        await page.click("button.graphiql-execute-button")
        await page.wait_for_selector(".graphiql-response:has-text('username')")
        answer = await page.inner_text(".graphiql-response")

    assert '"username": "admin"' in answer


@SCHEMES
async def test_axe_finds_nothing_on_any_page(live, chromium, node_packages, scheme, tmp_path):
    """Nothing serious or critical, and nothing else either; pictures of the pages are left in the test's folder."""
    flow = begin_flow(live)["login"]

    async with opened(chromium, live, color_scheme=scheme) as page:
        judge = Judge(page, node_packages, tmp_path, scheme)
        await page.goto("/login")
        await judge("sign-in")
        await sign_in(page, live, "not it")
        await judge("sign-in-wrong")
        await sign_in(page, live)
        await judge("settings")
        await page.get_by_label("Name").fill("script")
        await page.get_by_role("button", name="Make a token").click()
        await judge("settings-token-made")
        await page.get_by_text("Revoke").first.click()
        await judge("settings-revoke-open")
        await page.get_by_label("The new one", exact=True).fill("another password")
        await page.get_by_label("The new one again").fill("another pass word")
        await page.get_by_label("Your password now").fill("x")
        await page.get_by_role("button", name="Change password").click()
        await judge("settings-wrong")
        await page.goto(flow)
        await judge("login-flow")
        await page.get_by_role("button", name="Yes").click()
        await judge("connected")
        await page.goto("/login/v2/flow/00")
        await judge("too-late")
        background = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    assert [] == judge.found
    assert {"light": "rgb(245, 246, 250)", "dark": "rgb(18, 20, 28)"}[scheme] == background


@SCHEMES
@pytest.mark.parametrize("width", [1000, 360])
async def test_axe_finds_nothing_where_one_saves_and_moves(live, chromium, node_packages, scheme, width, tmp_path):
    """On wide and narrow screens, where nothing is wider than the screen either."""
    good, bad = tmp_path / "good.html", tmp_path / "bad.html"
    good.write_text(
        "<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p>"
        "<DT><A HREF='https://a.example/'>A</A><DT><A HREF='no scheme'>B</A></DL>"
    )
    bad.write_bytes(b"\0")
    overflowing = []

    async with opened(chromium, live, color_scheme=scheme, viewport={"width": width, "height": 800}) as page:
        judge = Judge(page, node_packages, tmp_path, scheme)

        async def look(name):
            await judge(name)
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                overflowing.append(name)

        async def send(file):
            await page.get_by_label("A file of bookmarks").set_input_files(file)
            await page.get_by_role("button", name="Take it in").click()

        await page.goto("/bookmarks/new?auto_close&url=https://a.example/" + "x" * 300)
        await look("share-sign-in")
        await sign_in_here(page, live)
        await look("share-new")
        await page.get_by_label("Address").fill("javascript:0")
        await page.get_by_role("button", name="Save").click()
        await look("share-wrong")
        await page.get_by_label("Address").fill("https://a.example/" + "x" * 300)
        await page.get_by_label("Tags").fill("one two " + "y" * 100)
        await page.get_by_role("button", name="Save").click()
        await look("share-saved")
        await page.get_by_role("link", name="Change it").click()
        await look("share-kept")
        await page.goto("/settings")
        await page.get_by_label("Rules").fill("a.example one two")
        await page.get_by_label("Try them out").fill("https://a.example/")
        await page.locator("#tried .badge").first.wait_for()
        await look("rules-tried")
        await page.goto("/settings/library")
        await look("library")
        await send(bad)
        await page.locator("#outcome .note").wait_for()
        await look("import-refused")
        await send(good)
        await page.locator("dl.counts").wait_for()
        await look("import-done")
        await page.get_by_role("button", name="Make a key").click()
        await look("feed-key-made")

    assert [] == judge.found
    assert [] == overflowing


def ask(address: str, **fields: str):
    """POST a form as floccus does: no cookies, no redirects."""
    request = urllib.request.Request(address, urlencode(fields).encode(), {"User-Agent": FLOCCUS})  # noqa: S310 - ours
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - ours
            return answer.status, json.load(answer)
    except HTTPError as refusal:
        return refusal.code, json.load(refusal)


def begin_flow(live) -> dict:
    status, begun = ask(f"{live.base}/index.php/login/v2")
    assert 200 == status
    return begun


@BOTH
async def test_s11_from_the_polls_start_to_the_app_password_at_work(live, chromium, scripts):
    """S11 and NC-14 whole: begin, 404, sign in, confirm, 200 once, then 404; the password works until it is revoked."""
    begun = await asyncio.to_thread(begin_flow, live)
    endpoint, token = begun["poll"]["endpoint"], begun["poll"]["token"]
    pending = await asyncio.to_thread(ask, endpoint, token=token)
    async with opened(chromium, live, java_script_enabled=scripts) as page:
        await page.goto(begun["login"])
        await page.get_by_label("Name").fill(live.username)
        await page.get_by_label("Password").fill(live.password)
        await page.get_by_role("button", name="Sign in").click()
        asked = await page.inner_text("main")
        undecided = await asyncio.to_thread(ask, endpoint, token=token)
        await page.get_by_role("button", name="Yes, connect it").click()
        connected = await heading(page)
        granted = await asyncio.to_thread(ask, endpoint, token=token)
        used = await asyncio.to_thread(ask, endpoint, token=token)
        basic = aiohttp.encode_basic_auth(granted[1]["loginName"], granted[1]["appPassword"])
        async with aiohttp.ClientSession(headers={"Authorization": basic}) as http:
            address = f"{granted[1]['server']}/index.php/apps/bookmarks/public/rest/v2/bookmark?page=0&limit=300"
            async with http.get(address) as answer:
                works = answer.status, (await answer.json())["status"]
            await page.goto("/settings")
            row = page.get_by_role("listitem").filter(has_text="floccus/5.9")
            listed = await row.inner_text()
            await row.get_by_text("Revoke").first.click()
            await row.get_by_role("button").click()
            async with http.get(address) as answer:
                revoked = answer.status

    assert (404, []) == pending == undecided == used
    assert re.fullmatch(r"[0-9A-Za-z]{128}", token)
    assert begun["login"].startswith(f"{live.base}/login/v2/flow/")
    assert FLOCCUS in asked
    assert "Connected" == connected
    assert (200, live.base, live.username) == (granted[0], granted[1]["server"], granted[1]["loginName"])
    assert 72 == len(granted[1]["appPassword"])
    assert (200, "success") == works
    assert "App password" in listed
    assert 401 == revoked


async def test_one_gets_in_by_keyboard_alone(live, chromium):
    """The first Tab reaches the link that skips to the content; the form is filled in without a mouse."""
    async with opened(chromium, live) as page:
        await page.goto("/login?next=/settings")
        await page.keyboard.type(live.username)  # the name has the focus already
        await page.keyboard.press("Tab")
        await page.keyboard.type(live.password)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1:text('Settings')")
        await page.keyboard.press("Tab")
        first = await page.evaluate("document.activeElement.textContent")
        await page.keyboard.press("Enter")
        there = await page.evaluate("document.activeElement.id")

    assert "Skip to the content" == first
    assert "main" == there
