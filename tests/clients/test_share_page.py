"""Saving from another site in a headless Chromium: a bookmarklet's window from its opening to its end."""

from __future__ import annotations

from contextlib import asynccontextmanager
from urllib.parse import unquote, urlencode

import aiohttp
import pytest
from aiohttp import test_utils, web

from tests.clients.browsing import BOTH, opened, sign_in, sign_in_here

pytestmark = pytest.mark.needs_chromium

PAGE = "<!doctype html><html lang=en><title>A “page” & more</title><h1>Elsewhere</h1><button>x</button>"
FRESHRSS = "{base}/bookmarks/new?url={url}&title={title}&auto_close"


@asynccontextmanager
async def elsewhere(**headers):
    """Another site; where it is."""

    async def show(request):
        return web.Response(text=PAGE, content_type="text/html", headers=headers)

    site = web.Application()
    site.router.add_get("/{path:.*}", show)
    async with test_utils.TestServer(site, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/")


async def kept(live):
    headers = {"Authorization": f"Token {live.token}"}
    async with aiohttp.ClientSession(live.base, headers=headers) as http, http.get("/api/bookmarks/") as answer:
        return [
            (one["url"], one["title"], sorted(one["tag_names"]), one["unread"])
            for one in (await answer.json())["results"]
        ]


@pytest.mark.parametrize("policy", ["unsafe-none", "same-origin-allow-popups"])
async def test_the_bookmarklet_saves_the_page_and_its_window_goes(live, chromium, policy):
    """Signing in on the way, a wrong password too; the second time it shows what is kept."""
    async with (
        elsewhere(**{"Cross-Origin-Opener-Policy": policy}) as other,
        opened(chromium, live, other) as page,
        opened(chromium, live) as own,
    ):
        await sign_in(own, live)
        await own.goto("/settings/library")
        link = await own.get_by_role("link", name="Save to Polymark").get_attribute("href")
        script = unquote(link.removeprefix("javascript:"))

        await page.goto(f"{other}/a?b=c&d#e")
        async with page.expect_popup() as opening:
            await page.evaluate(script)
        window = await opening.value
        await sign_in_here(window, live, "not it")
        await sign_in_here(window, live)
        await window.get_by_label("Tags").fill("one two")
        async with window.expect_event("close"):
            await window.get_by_role("button", name="Save").click()
        first = await kept(live)

        async with page.expect_popup() as opening:
            await page.evaluate(script)
        window = await opening.value
        told = await window.get_by_role("status").inner_text()
        tags = await window.get_by_label("Tags").input_value()
        await window.get_by_label("Tags").fill("two, and three")
        await window.get_by_label("Still to be read").check()
        async with window.expect_event("close"):
            await window.get_by_role("button", name="Save").click()
        second = await kept(live)

    assert [(f"{other}/a?b=c&d#e", "A “page” & more", ["one", "two"], False)] == first
    assert "You saved this address on" in told
    assert "one two" == tags
    assert [(f"{other}/a?b=c&d#e", "A “page” & more", ["and three", "two"], True)] == second


@BOTH
async def test_a_share_button_leads_to_the_form_and_back_to_it_from_signing_in(live, chromium, scripts):
    """FreshRSS's address (app/shares.php) in a tab of its own, which no script has opened and which therefore stays."""
    query = {"url": "https://a.example/ä?q=1&r=#x", "title": 'Ünïcode “&" <b>'}
    address = f"/bookmarks/new?{urlencode(query)}&auto_close"
    async with opened(chromium, live, java_script_enabled=scripts) as page:
        await page.goto(address)
        await sign_in_here(page, live)
        shown = [await page.get_by_label(label).input_value() for label in ("Address", "Title")]
        await page.get_by_label("Address").fill("javascript:alert(1)")
        await page.get_by_role("button", name="Save").click()
        error = await page.locator("#url-error").inner_text()
        focus = await page.evaluate("document.activeElement.id") if scripts else "url"
        await page.get_by_label("Address").fill(query["url"])
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("heading", name="Saved").wait_for()
        said = await page.get_by_role("status").inner_text()
        await page.get_by_role("link", name="Change it").click()
        again = await page.get_by_label("Title").input_value()
        await page.get_by_label("Title").fill("Mine")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("heading", name="Saved").wait_for()
        open_link = await page.get_by_role("link", name="Open the page").get_attribute("href")

    assert list(query.values()) == shown
    assert "no web address" in error
    assert "url" == focus
    assert "You can close this page." == said
    assert query["title"] == again
    assert query["url"] == open_link
    assert [(query["url"], "Mine", [], False)] == await kept(live)


async def test_no_page_of_another_site_saves_or_frames(live, chromium):
    """A form that sends itself, and a frame, both in a browser that is signed in."""
    async with elsewhere() as other:
        context = await chromium.new_context(base_url=live.base)
        page = await context.new_page()
        await sign_in(page, live)
        await page.goto(f"{other}/")
        await page.evaluate(
            """address => {
                const form = document.createElement("form");
                Object.assign(form, {method: "post", action: address});
                form.innerHTML = '<input name="url" value="https://evil.example/"><input name="csrf" value="x">';
                document.body.append(form);
                form.submit();
            }""",
            f"{live.base}/bookmarks/new",
        )
        await page.wait_for_url("**/bookmarks/new")
        answer = await page.inner_text("main")
        await page.goto(f"{other}/")
        async with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            await page.evaluate(
                "address => document.body.append(Object.assign(document.createElement('iframe'), {src: address}))",
                f"{live.base}/bookmarks/new?url=https://a.example/",
            )
        framed = [frame.url for frame in page.frames if frame.url.startswith(live.base)]
        await context.close()

    assert [] == await kept(live)
    assert "another site" in answer or "Sign in" in answer
    assert [] == framed
