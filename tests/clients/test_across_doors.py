"""One library behind two doors: what linkding's clients and floccus do to it, each sees of the other."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.clients.floccus.sync import Floccus
from tests.clients.floccus.wire import RefusedError, Wire
from tests.factories import PASSWORD
from tests.rest_compat.conftest import serve as serve  # noqa: PLC0414 - a fixture, handed on


@pytest.fixture
async def server(serve):
    """A server that has both doors; a client of it without a credential."""
    return await serve()


@pytest.fixture
def linkding(server, ann):
    """Ann's linkding client."""
    return server.as_(ann.secret)


@pytest.fixture
async def floccus(server, ann):
    """Ann's browser."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Floccus(session, str(server.http.make_url("")), "ann", PASSWORD)


@pytest.fixture
def cloud(floccus) -> Wire:
    """Ann's calls to the Nextcloud door."""
    return floccus.wire


async def saved(linkding, url: str, **content: Any) -> int:
    """Save a bookmark through linkding; its id."""
    answer = await linkding.post("/api/bookmarks/?disable_scraping", json={"url": url, "title": "A"} | content)

    assert 201 == answer.status
    return answer.body["id"]


async def listed(linkding) -> list[tuple[str, str, list[str]]]:
    """Addresses, titles and tags as linkding lists them, oldest first."""
    answer = await linkding.get("/api/bookmarks/?limit=100&sort=added_asc")
    return [(one["url"], one["title"], one["tag_names"]) for one in answer.body["results"]]


async def test_what_linkding_saves_is_in_the_root_of_floccus(linkding, floccus, cloud):
    """The browser gets it with its title, behind what was there; the API shows its tags and folder."""
    floccus.browser.bookmark(floccus.browser.root, "First", "https://first.example/")
    await floccus.sync()
    id = await saved(linkding, "https://a.example/x", title="Ä", tag_names=["one", "two"], description="D")
    await floccus.sync()
    item = (await cloud.ask("GET", f"bookmark/{id}"))["item"]
    found = (await cloud.ask("GET", "bookmark?folder=-1&page=-1&tags[]=one"))["data"]

    assert [("First", "https://first.example/"), ("Ä", "https://a.example/x")] == floccus.browser.root.plain
    assert (["one", "two"], [-1], "D") == (item["tags"], item["folders"], item["description"])
    assert [id] == [one["id"] for one in found]


async def test_what_floccus_files_has_its_tags_at_linkding(linkding, floccus, cloud):
    """Filed by a sync, tagged by PUT; another is created with tags in a folder. linkding knows no folders, but both."""
    folder = floccus.browser.folder(floccus.browser.root, "Folder")
    floccus.browser.bookmark(folder, "Filed", "https://filed.example/")
    await floccus.sync()
    filed = (await cloud.ask("GET", "bookmark?url=https%3A%2F%2Ffiled.example%2F"))["data"][0]
    await cloud.ask("PUT", f"bookmark/{filed['id']}", {"tags": ["one", "two"]})
    await cloud.ask(
        "POST",
        "bookmark",
        {"url": "https://made.example/", "title": "Made", "tags": ["three"], "folders": filed["folders"]},
    )
    await floccus.sync()

    assert [
        ("https://filed.example/", "Filed", ["one", "two"]),
        ("https://made.example/", "Made", ["three"]),
    ] == sorted(await listed(linkding))
    assert [
        ("Folder", [("Filed", "https://filed.example/"), ("Made", "https://made.example/")])
    ] == floccus.browser.root.plain


async def test_an_edit_through_linkding_reaches_the_browser_and_leaves_the_folders(linkding, floccus, cloud):
    """A new title and address come with the next sync; where the bookmark is filed, linkding cannot change."""
    for title in ("F", "G"):
        folder = floccus.browser.folder(floccus.browser.root, title)
        floccus.browser.bookmark(folder, "A", "https://a.example/")
    await floccus.sync()
    id = (await linkding.get("/api/bookmarks/")).body["results"][0]["id"]
    await linkding.patch(f"/api/bookmarks/{id}/", json={"title": "B", "url": "https://b.example/", "tag_names": ["t"]})
    await floccus.sync()

    assert [
        ("F", [("B", "https://b.example/")]),
        ("G", [("B", "https://b.example/")]),
    ] == floccus.browser.root.plain
    assert ["t"] == (await cloud.ask("GET", f"bookmark/{id}"))["item"]["tags"]


async def test_an_edit_in_the_browser_keeps_what_linkding_knows_beside(linkding, floccus):
    """Notes, tags and marks are none of floccus' business, so its edits leave them alone (NC, D4 and D5)."""
    id = await saved(
        linkding, "https://a.example/", description="D", notes="N", tag_names=["t"], unread=True, shared=True
    )
    await floccus.sync()
    floccus.browser.root.children[0].title = "B"
    floccus.browser.move(floccus.browser.root.children[0], floccus.browser.folder(floccus.browser.root, "F"))
    await floccus.sync()
    body = (await linkding.get(f"/api/bookmarks/{id}/")).body

    assert ("B", "D", "N", ["t"], True, True) == tuple(
        body[name] for name in ("title", "description", "notes", "tag_names", "unread", "shared")
    )


@pytest.mark.parametrize("filed", [False, True], ids=["in the root", "in a folder"])
async def test_what_linkding_deletes_is_gone_from_the_browser(linkding, floccus, cloud, filed):
    """With the next sync; the folder stays."""
    parent = floccus.browser.folder(floccus.browser.root, "F") if filed else floccus.browser.root
    floccus.browser.bookmark(parent, "A", "https://a.example/")
    await floccus.sync()
    id = (await linkding.get("/api/bookmarks/")).body["results"][0]["id"]
    deleted = await linkding.delete(f"/api/bookmarks/{id}/")
    await floccus.sync()

    assert 204 == deleted.status
    assert ([("F", [])] if filed else []) == floccus.browser.root.plain
    assert [] == (await cloud.ask("GET", "bookmark?page=-1"))["data"]
    assert [] == (await cloud.ask("GET", "bookmark?url=https%3A%2F%2Fa.example%2F"))["data"]
    assert False is await floccus.sync()


async def test_what_the_browser_deletes_is_gone_from_linkding(linkding, floccus):
    """A bookmark alone, and one with its folder; one that is filed elsewhere, too, stays."""
    root = floccus.browser.root
    folder, other = floccus.browser.folder(root, "F"), floccus.browser.folder(root, "G")
    floccus.browser.bookmark(root, "Alone", "https://alone.example/")
    floccus.browser.bookmark(folder, "Inside", "https://inside.example/")
    for one in (folder, other):
        floccus.browser.bookmark(one, "Both", "https://both.example/")
    await floccus.sync()
    before = await listed(linkding)
    floccus.browser.remove(root.children[2])
    floccus.browser.remove(folder)
    await floccus.sync()

    assert 3 == len(before)
    assert [("https://both.example/", "Both", [])] == await listed(linkding)
    assert [] == (await linkding.get("/api/bookmarks/archived/")).body["results"]


async def test_what_the_api_deletes_for_good_is_gone_from_linkding(linkding, cloud):
    """DELETE of the bookmark itself (NC-6.5): a second look answers 404 at both doors."""
    id = await saved(linkding, "https://a.example/")
    await cloud.ask("DELETE", f"bookmark/{id}")
    answer = await linkding.get(f"/api/bookmarks/{id}/")

    with pytest.raises(RefusedError, match="404"):
        await cloud.ask("GET", f"bookmark/{id}")
    assert 404 == answer.status
    assert [] == await listed(linkding)


async def test_what_was_deleted_at_one_door_can_be_made_again_at_the_other(linkding, floccus):
    """The trash of the one is not in the way of the other."""
    floccus.browser.bookmark(floccus.browser.root, "A", "https://a.example/")
    await floccus.sync()
    id = (await linkding.get("/api/bookmarks/")).body["results"][0]["id"]
    await linkding.delete(f"/api/bookmarks/{id}/")
    await floccus.sync()
    floccus.browser.bookmark(floccus.browser.root, "B", "https://a.example/")
    await floccus.sync()
    again = await listed(linkding)
    floccus.browser.remove(floccus.browser.root.children[0])
    await floccus.sync()
    await saved(linkding, "https://a.example/", title="C")
    await floccus.sync()

    assert [("https://a.example/", "B", [])] == again
    assert [("https://a.example/", "C", [])] == await listed(linkding)
    assert [("C", "https://a.example/")] == floccus.browser.root.plain


async def test_what_linkding_archives_stays_in_the_browser(linkding, floccus):
    """An archive is no deletion."""
    id = await saved(linkding, "https://a.example/")
    await floccus.sync()
    await linkding.post(f"/api/bookmarks/{id}/archive/")
    await floccus.sync()

    assert [("A", "https://a.example/")] == floccus.browser.root.plain
