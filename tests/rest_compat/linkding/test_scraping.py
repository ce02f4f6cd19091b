"""Pages of the real web client, end to end through check and POST (LD section 20)."""

from __future__ import annotations

import dataclasses
from urllib.parse import quote

import pytest

from schema.ports import Limits
from server.outside.websites import GuardedWebsites
from tests.server.outside.pages import OneDoor, serving


@pytest.fixture
async def pages():
    async with serving() as pages:
        yield pages


@pytest.fixture
async def websites():
    websites = GuardedWebsites(guard=OneDoor())
    yield websites
    await websites.close()


@pytest.fixture
def ports(ports, websites):
    """The fakes, with the real way to the web."""
    return dataclasses.replace(ports, websites=websites, limits=Limits(fetch_timeout=30))


async def metadata(client, url):
    answer = await client.get(f"/api/bookmarks/check/?url={quote(url, safe='')}")

    assert 200 == answer.status
    return {key: value for key, value in answer.body["metadata"].items() if key != "url"}


NAMED = '<meta name="description" content="{}">'
OG = '<meta property="og:{}" content="{}">'
HEAD = "<html><head>{}</head><body></body></html>"


@pytest.mark.parametrize(
    ("rule", "head", "expected"),
    [
        ("LD-SCR-2", "<title>\n A  &amp; B </title>", {"title": "A  & B"}),
        ("LD-SCR-2", '<meta property="og:title" content="no">', {}),
        ("LD-SCR-3", NAMED.format(" D ") + OG.format("description", "no"), {"description": "D"}),
        ("LD-SCR-3", NAMED.format("") + OG.format("description", "O"), {"description": "O"}),
        ("LD-SCR-4", OG.format("image", "https://i.example/p.png"), {"preview_image": "https://i.example/p.png"}),
    ],
)  # fmt: skip
async def test_a_page_says_what_it_is(linkding, pages, rule, head, expected):
    pages.put("/", HEAD.format(head))
    nothing = dict.fromkeys(("title", "description", "preview_image"))

    assert nothing | expected == await metadata(linkding, pages.url("/")), rule


async def test_redirects_are_followed_and_the_status_is_not_looked_at(linkding, pages):
    """LD-SCR-1: a browser-like User-Agent; LD-SCR-4: pictures are seen from the address that was asked for."""
    pages.redirect("/short/x", "/long/y")
    pages.put(
        "/long/y", HEAD.format('<title>Lost</title><meta property="og:image" content="p.png">'), status="404 Gone"
    )
    found = await metadata(linkding, pages.url("/short/x"))

    assert {"title": "Lost", "description": None, "preview_image": pages.url("/short/p.png")} == found
    assert "user-agent: mozilla/5.0" in pages.requests[0].lower()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2:1/", "http://127.0.0.1/", "http://nowhere.invalid/", "ftp://x.example/"]
)
async def test_a_page_that_cannot_be_had_gives_nulls(linkding, url):
    """LD-SCR-5: private addresses are not fetched, unlike linkding's."""
    assert dict.fromkeys(("title", "description", "preview_image")) == await metadata(linkding, url)
    answer = await linkding.post("/api/bookmarks/", json={"url": "http://localhost:1/"})

    assert (201, "", "") == (answer.status, answer.body["title"], answer.body["description"])
