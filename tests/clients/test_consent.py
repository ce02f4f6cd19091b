"""An app, somebody at a headless Chromium, and the page that asks: from the app's link to a token at work, and back.

The app is at ``localhost``, which to a browser is another site than the server's ``127.0.0.1``; from its redirect URI
it leads on to a third origin, as many do.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import test_utils, web

from tests.clients.browsing import BOTH, SCHEMES, Judge, heading, opened, sign_in
from tests.live import LiveServer

pytestmark = [pytest.mark.needs_chromium, pytest.mark.needs_node]

PAGE = """<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Reader</title>{}</html>"""
POPUP = """<h1>waiting</h1><button id="open">Connect</button><script>
document.getElementById("open").onclick = () => window.open(%s);
window.onmessage = event => document.querySelector("h1").textContent = event.data;
</script>"""
TELL = "<h1>back</h1><script>if (opener) { opener.postMessage('told', '*'); }</script>"


@dataclass(slots=True)
class App:
    """A public client that keeps what its redirect URI is brought."""

    live: LiveServer
    base: str = ""
    elsewhere: str = ""
    client_id: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    state: str = "r/1+2 é&="
    brought: list[dict[str, str]] = field(default_factory=list)

    @property
    def redirect_uri(self) -> str:
        return f"{self.base}/cb"

    def link(self, **changes: str) -> str:
        """Where it sends people."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        given = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "tags:read bookmarks:write",
            "state": self.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.live.base}/oauth/authorize?{urlencode(given | changes)}"

    async def front(self, request: web.Request) -> web.Response:
        """A link; the query changes what is asked for."""
        link = self.link(**request.query).replace("&", "&amp;")
        return web.Response(text=PAGE.format(f'<a href="{link}">Connect</a>'), content_type="text/html")

    async def popup(self, request: web.Request) -> web.Response:
        """A page that opens a window for it, and waits to be told."""
        return web.Response(text=PAGE.format(POPUP % repr(self.link())), content_type="text/html")

    async def callback(self, request: web.Request) -> web.Response:
        """The redirect URI."""
        self.brought.append(dict(request.query))
        raise web.HTTPFound(f"{self.elsewhere}/done" if request.query.get("state") != "popup" else f"{self.base}/told")

    async def done(self, request: web.Request) -> web.Response:
        """Where it leads on to."""
        return web.Response(text=PAGE.format("<h1>Welcome to Reader</h1>"), content_type="text/html")

    async def told(self, request: web.Request) -> web.Response:
        """What tells the window that opened this one."""
        return web.Response(text=PAGE.format(TELL), content_type="text/html")

    async def exchange(self) -> dict:
        """The code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": self.brought[-1]["code"],
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "code_verifier": self.verifier,
        }
        async with (
            aiohttp.ClientSession(self.live.base) as http,
            http.post("/oauth/token", data=form) as answer,
        ):
            assert 200 == answer.status, await answer.text()
            return await answer.json()

    async def asks(self, path: str, token: str) -> int:
        """The status of a request with the token."""
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(self.live.base, headers=headers) as http, http.get(path) as answer:
            return answer.status


@pytest.fixture
async def app(live):
    """The app, running, and not registered yet."""
    app = App(live)
    site = web.Application()
    site.add_routes(
        [
            web.get("/", app.front),
            web.get("/popup", app.popup),
            web.get("/cb", app.callback),
            web.get("/told", app.told),
            web.get("/done", app.done),
        ]
    )
    async with test_utils.TestServer(site, host="127.0.0.1") as server:
        app.base, app.elsewhere = f"http://localhost:{server.port}", f"http://127.0.0.1:{server.port}"
        yield app


async def register(page, app):
    """As its developer does, on the page for it."""
    await page.goto("/settings/developer")
    if page.url.endswith("next=/settings/developer"):
        await sign_in(page, app.live)
    await page.get_by_label("Name").fill("Reader")
    await page.get_by_label("It runs").select_option("public")
    await page.get_by_label("Redirect URIs").fill(app.redirect_uri)
    for label in ("Read tags", "Change bookmarks", "Search"):
        await page.get_by_label(label, exact=True).check()
    await page.get_by_role("button", name="Register").click()
    app.client_id = await page.get_by_label("Client id").input_value()


@BOTH
async def test_somebody_lets_an_app_in_and_disconnects_it(live, chromium, app, scripts):
    """BK section 2.3 whole: link, sign in, allow, code, token, the API; then the person ends it."""
    async with opened(chromium, live, app.base, app.elsewhere, java_script_enabled=scripts) as page:
        await register(page, app)
        await page.get_by_role("button", name="Sign out admin").click()
        await page.goto(app.base)
        await page.get_by_role("link", name="Connect").click()
        first = await heading(page)
        await sign_in(page, live, "not it")
        await sign_in(page, live)
        asked = await page.inner_text("main")
        await page.get_by_role("button", name="Allow").click()
        after = await heading(page)
        issued = await app.exchange()
        access = issued["access_token"]
        works = await app.asks("/api/v1/tags", access), await app.asks("/api/v1/groups", access)

        await page.goto("/settings")
        row = page.get_by_role("listitem").filter(has_text="Reader").filter(has_text="Since")
        listed = await row.inner_text()
        await row.get_by_text("Disconnect").first.click()
        await row.get_by_role("button").click()
        told = await page.get_by_role("status").inner_text()
        ended = await app.asks("/api/v1/tags", access)

    assert "Sign in" == first
    for words in ("admin", "Reader", "Add, change, import and delete bookmarks", "See your tags", app.base[7:]):
        assert words in asked
    assert "See your folders" not in asked
    assert "Welcome to Reader" == after
    assert (app.state, live.base) == (app.brought[-1]["state"], app.brought[-1]["iss"])
    assert "bookmarks:write tags:read" == issued["scope"]
    assert (200, 403) == works
    assert "May: change bookmarks; read tags" in listed
    assert "The app is disconnected." == told
    assert 401 == ended


@BOTH
async def test_somebody_denies_it_and_another_time_goes_back_and_allows(live, chromium, app, scripts):
    """Signed in already; the page asks each time, and the back button leads to it again."""
    async with opened(chromium, live, app.base, app.elsewhere, java_script_enabled=scripts) as page:
        await register(page, app)
        await page.goto(app.base)
        await page.get_by_role("link", name="Connect").click()
        await page.get_by_role("button", name="Deny").click()
        denied = await heading(page)
        await page.go_back()
        again = await heading(page)
        await page.get_by_role("button", name="Allow").click()
        await page.wait_for_url(f"{app.elsewhere}/done")
        await page.goto(app.link())
        third = await heading(page)

    assert "Welcome to Reader" == denied
    assert ["access_denied", None] == [one.get("error") for one in app.brought]
    assert "Let an app in?" == again == third
    assert "access_token" in await app.exchange()


@BOTH
async def test_a_faulty_request_is_sent_back_after_signing_in_or_stays_here(live, chromium, app, scripts):
    """The form for signing in leads to the app, past three origins; an unknown redirect URI leads nowhere."""
    async with opened(chromium, live, app.base, app.elsewhere, java_script_enabled=scripts) as page:
        await register(page, app)
        await page.get_by_role("button", name="Sign out admin").click()
        await page.goto(f"{app.base}/?scope=groups:write")
        await page.get_by_role("link", name="Connect").click()
        await sign_in(page, live, "not it")
        await sign_in(page, live)
        await page.wait_for_url(f"{app.elsewhere}/done")
        await page.goto(app.link(redirect_uri=f"{app.base}/cb/"))
        stays = page.url, await page.inner_text("main")

    assert ["invalid_scope"] == [one["error"] for one in app.brought]
    assert stays[0].startswith(live.base)
    assert "not one of its own" in stays[1]


async def test_the_window_that_an_app_opened_tells_it_when_it_is_back(live, chromium, app):
    """As apps of one page do; signing in is on the way."""
    app.state = "popup"
    async with opened(chromium, live, app.base) as page:
        await register(page, app)
        await page.get_by_role("button", name="Sign out admin").click()
        await page.goto(f"{app.base}/popup")
        async with page.expect_popup() as opens:
            await page.get_by_role("button", name="Connect").click()
        popup = await opens.value
        await popup.wait_for_selector("h1:text('Sign in')")
        await sign_in(popup, live)
        await popup.get_by_role("button", name="Allow").click()
        await page.wait_for_selector("h1:text('told')")

    assert "code" in app.brought[-1]


async def test_one_answers_by_keyboard_alone(live, chromium, app):
    """The buttons come after what they answer, Allow first; Enter on the other denies."""
    async with opened(chromium, live, app.base, app.elsewhere) as page:
        await register(page, app)
        await page.goto(app.link())
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")  # skips to the content
        focused = []
        for _ in range(2):
            await page.keyboard.press("Tab")
            focused.append(await page.evaluate("document.activeElement.textContent"))
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{app.elsewhere}/done")

    assert ["Allow", "Deny"] == focused
    assert "access_denied" == app.brought[-1]["error"]


@SCHEMES
async def test_axe_finds_nothing_on_the_pages_for_apps(live, chromium, app, node_packages, scheme, tmp_path):
    """Wide and narrow; pictures are left in the test's folder. No page is wider than its window."""
    async with opened(chromium, live, app.base, app.elsewhere, color_scheme=scheme) as page:
        judge = Judge(page, node_packages, tmp_path, scheme)
        overflowing = []

        async def look(name):
            await judge(name)
            await page.set_viewport_size({"width": 360, "height": 700})
            await judge(f"{name}-narrow")
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                overflowing.append(name)
            await page.set_viewport_size({"width": 1000, "height": 900})

        await page.goto("/settings/developer")
        await sign_in(page, live)
        await look("developer-empty")
        await page.get_by_label("Name").fill("Reader")
        await page.get_by_label("Redirect URIs").fill("nowhere")
        await page.get_by_role("button", name="Register").click()
        await look("developer-wrong")
        await register(page, app)
        await look("developer-made")
        await page.get_by_text("Remove").first.click()
        await look("developer-remove-open")
        await page.goto(app.link(scope="bookmarks:write tags:read search:read"))
        await look("consent")
        await page.get_by_role("button", name="Allow").click()
        await page.wait_for_url(f"{app.elsewhere}/done")
        await app.exchange()
        await page.goto("/settings")
        await page.get_by_text("Disconnect").first.click()
        await look("settings-connected")
        await page.goto(app.link(client_id="x"))
        await look("consent-unknown")

    assert [] == judge.found
    assert [] == overflowing
