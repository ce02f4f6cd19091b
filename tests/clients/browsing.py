"""A headless browser at a live server, as a person uses it, and axe, which judges what it shows.

axe is the published checker of accessibility, from npm. It is run through the browser's debugger, since the pages'
policy runs no script; where JavaScript is off, the pages are only used.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.live import LiveServer

EXPECTED = (
    "the server responded with a status of 4",  # which a wrong form is meant to get
    "Scripts may close only the windows that were opened by them.",  # the page says so, too
)
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@asynccontextmanager
async def opened(chromium: Any, live: LiveServer, *others: str, **options: Any) -> AsyncIterator[Any]:
    """A page in a browser of its own that complains of nothing and asks nobody but the server and ``others``."""
    given = {"base_url": live.base, "viewport": {"width": 1000, "height": 900}} | options
    context = await chromium.new_context(**given)
    known = {urlsplit(base).netloc for base in (live.base, *others)}
    complaints: list[str] = []
    foreign: list[str] = []

    def hear(message: Any) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in EXPECTED):
            complaints.append(message.text)

    def watch(request: Any) -> None:
        if urlsplit(request.url).netloc not in known:
            foreign.append(request.url)

    def attend(page: Any) -> None:
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", watch)

    context.on("page", attend)
    yield await context.new_page()
    await context.close()

    assert [] == complaints
    assert [] == foreign


async def sign_in(page: Any, live: LiveServer, password: str | None = None) -> None:
    """Fill the form in and send it, on the page that shows it or else on the page for it."""
    if urlsplit(page.url).path != "/login":
        await page.goto("/login")
    await sign_in_here(page, live, password)


async def sign_in_here(page: Any, live: LiveServer, password: str | None = None) -> None:
    """The same on a page that shows the form in place of itself."""
    await page.get_by_label("Name").fill(live.username)
    await page.get_by_label("Password").fill(live.password if password is None else password)
    await page.get_by_role("button", name="Sign in").click()


async def heading(page: Any) -> str:
    """What the page calls itself."""
    return str(await page.locator("h1").inner_text())


class Judge:
    """Has axe look at a page and keeps what it finds; a picture of each page is left in the folder."""

    def __init__(self, page: Any, node_packages: Path, folder: Path, scheme: str) -> None:
        self.found: list[str] = []
        self._page = page
        self._axe = (node_packages / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        self._folder = folder
        self._scheme = scheme

    async def __call__(self, name: str) -> None:
        await self._page.evaluate(self._axe)
        result = await self._page.evaluate("axe.run()")
        self.found.extend(
            f"{name}: {one['impact']} {one['id']} {one['nodes'][0]['html']}" for one in result["violations"]
        )
        assert 10 < len(result["passes"])
        await self._page.screenshot(path=self._folder / f"{name}-{self._scheme}.png", full_page=True)
