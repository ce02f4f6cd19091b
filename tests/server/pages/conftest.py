"""A browser without a screen: it keeps cookies, fills forms in, and follows nobody by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

import pytest
from aiohttp import ClientResponse, DummyCookieJar, FormData, test_utils

from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.factories import PASSWORD


@dataclass(slots=True)
class Page:
    """What came back, read."""

    status: int
    to: str | None
    text: str
    headers: dict

    @property
    def csrf(self) -> str:
        return re.search(r'name="csrf" value="([0-9a-f]{64})"', self.text).group(1)

    def words(self) -> str:
        """The text without tags, each run of blanks as one."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


class Browser:
    """Asks with the cookies that it was given; ``headers`` go with every request."""

    def __init__(self, client: test_utils.TestClient, **headers: str) -> None:
        self.client = client
        self.headers = headers
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> Page:
        return await self._ask("GET", path, headers)

    async def post(self, path: str, *, headers: dict | None = None, **fields) -> Page:
        """Send a form with the token of the last page that had one, unless it is given."""
        fields = {"csrf": self.csrf} | fields
        pairs = [
            (name, one) for name, value in fields.items() for one in (value if isinstance(value, list) else [value])
        ]
        return await self._ask("POST", path, headers or {}, data=pairs)

    async def upload(
        self, path: str, content: bytes | None, *, name: str = "file.html", headers: dict | None = None, **fields
    ) -> Page:
        """Send a form with a file behind its other fields, as browsers do."""
        form = FormData(default_to_multipart=True)
        for field, value in ({"csrf": self.csrf} | fields).items():
            form.add_field(field, value)
        if content is not None:
            form.add_field("file", content, filename=name, content_type="application/octet-stream")
        return await self._ask("POST", path, headers or {}, data=form)

    async def sign_in(self, name: str = "ann", password: str = PASSWORD, **fields) -> Page:
        await self.get("/login")
        page = await self.post("/login", username=name, password=password, **fields)
        if page.status == 303:
            await self.get("/settings")
        return page

    async def _ask(self, method: str, path: str, headers: dict, **given) -> Page:
        cookie = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        answer = await self.client.request(
            method, path, headers=self.headers | cookie | headers, allow_redirects=False, **given
        )
        return await self._read(answer)

    async def _read(self, answer: ClientResponse) -> Page:
        for cookie in answer.cookies.values():
            if cookie.value:
                self.cookies[cookie.key] = cookie.value
            else:
                self.cookies.pop(cookie.key, None)
        page = Page(answer.status, answer.headers.get("Location"), await answer.text(), answer.headers)
        if 'name="csrf"' in page.text:
            self.csrf = page.csrf
        return page


@pytest.fixture
def site(ann, ports, aiohttp_client, tmp_path):
    """Makes a browser that looks at a server with these settings."""

    async def make(headers: dict | None = None, **settings) -> Browser:
        app = make_routes(
            load_settings(None, **{"data_dir": tmp_path / "data"} | settings), ports, Signer(b"k" * 32, ports.clock)
        )
        return Browser(await aiohttp_client(app, cookie_jar=DummyCookieJar()), **(headers or {}))

    return make


@pytest.fixture
async def browser(site) -> Browser:
    return await site()


@pytest.fixture
async def signed_in(browser) -> Browser:
    await browser.sign_in()
    return browser
