"""One behaviour, every door: what is done through one is what the others see."""

from __future__ import annotations

from itertools import permutations

import pytest

from rest_compat import DIALECTS
from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.doors.bkmark import Bkmark
from tests.doors.door import Seen
from tests.doors.graphql import GraphQL
from tests.doors.linkding import Linkding
from tests.doors.nextcloud import Nextcloud

VOICES = (GraphQL, Linkding, Nextcloud, Bkmark)
PAIRS = [pytest.param(one, other, id=f"{one.name}-{other.name}") for one, other in permutations(VOICES, 2)]


@pytest.fixture
async def speak(ann, ports, aiohttp_client):
    """Give Ann's client of a door."""
    http = await aiohttp_client(make_routes(load_settings(None), ports, Signer(b"k" * 32, ports.clock)))
    return lambda voice: voice(http, "ann", ann.secret)


def test_every_door_has_a_voice():
    assert {"graphql"} | {dialect.name for dialect in DIALECTS} == {voice.name for voice in VOICES}


@pytest.mark.parametrize(("here", "there"), PAIRS)
async def test_what_is_done_through_one_door_is_seen_through_the_other(here, there, speak):
    one, other = speak(here), speak(there)
    id = await one.save("https://a.example/page?q=1", "A title", ("Tag", "other"))

    assert [Seen(id, "https://a.example/page?q=1", "A title", ("Tag", "other"))] == await other.find()

    await other.change(id, "Another")

    assert ["Another"] == [seen.title for seen in await one.find()]

    await one.remove(id)

    assert [] == await one.find() == await other.find()


@pytest.mark.parametrize(("here", "there"), PAIRS)
async def test_saving_what_another_door_has_saved_makes_no_second_one(here, there, speak):
    first = await speak(here).save("https://a.example/page", "A title", ())
    again = await speak(there).save("https://A.EXAMPLE/page", "A title", ("more",))

    assert first == again
    assert [("more",)] == [seen.tags for seen in await speak(here).find()]


async def seen(speak):
    """What each door shows; it must be the same."""
    (found,) = {tuple(await speak(voice).find()) for voice in VOICES}
    return list(found)


@pytest.mark.parametrize("here", VOICES, ids=lambda voice: voice.name)
async def test_what_is_deleted_waits_in_the_trash_of_bkmark_and_is_back_everywhere_when_restored_there(here, speak):
    bkmark, door = speak(Bkmark), speak(here)
    id = await door.save("https://a.example/page", "A title", ("tag",))
    expected = await seen(speak)
    await door.remove(id)

    assert [] == await seen(speak)
    (gone,) = (await bkmark.call("GET", "/bookmarks/trash"))["data"]
    assert (await bkmark.uid(id), "A title", ["tag"]) == (gone["id"], gone["title"], gone["tags"])
    assert gone["deletedAt"] is not None

    await bkmark.call("POST", f"/bookmarks/{gone['id']}/restore")

    assert expected == await seen(speak)
    assert [] == (await bkmark.call("GET", "/bookmarks/trash"))["data"]


@pytest.mark.parametrize("here", VOICES, ids=lambda voice: voice.name)
async def test_favourites_are_marked_for_all_who_know_them_and_change_nothing_for_the_others(here, speak):
    graphql, bkmark = speak(GraphQL), speak(Bkmark)
    id = await speak(here).save("https://a.example/page", "A title", ())
    expected, path = await seen(speak), f"/bookmarks/{await bkmark.uid(id)}"
    shown = "query ($id: Int!) { bookmark(databaseId: $id) { id isFavorite } }"

    assert (await bkmark.call("PATCH", path, {"isFavorite": True}))["isFavorite"]
    node = (await graphql.run(shown, id=id))["bookmark"]
    assert node["isFavorite"]

    document = "mutation ($ids: [ID!]!) { unfavoriteBookmarks(ids: $ids) { __typename } }"
    await graphql.run(document, ids=[node["id"]])

    assert not (await bkmark.call("GET", path))["isFavorite"]
    assert [] == (await bkmark.call("GET", "/bookmarks?isFavorite=true"))["data"]
    assert expected == await seen(speak)


@pytest.mark.parametrize("here", VOICES, ids=lambda voice: voice.name)
async def test_groups_are_the_folders_of_the_others(here, speak):
    graphql, cloud, bkmark = speak(GraphQL), speak(Nextcloud), speak(Bkmark)
    id = await speak(here).save("https://a.example/page", "A title", ())
    expected, path = await seen(speak), f"/bookmarks/{await bkmark.uid(id)}"
    outer = await bkmark.call("POST", "/groups", {"name": "Outer", "color": "#3366CC"}, 201)
    inner = await bkmark.call("POST", "/groups", {"name": "Inner", "parentId": outer["id"]}, 201)

    assert [inner["id"]] == (await bkmark.call("PATCH", path, {"groupIds": [inner["id"]]}))["groupIds"]
    ((top),) = (await cloud.call("GET", "folder?layers=-1"))["data"]
    (below,) = top["children"]
    assert ("Outer", "Inner") == (top["title"], below["title"])
    assert [below["id"]] == (await cloud.call("GET", f"bookmark/{id}"))["item"]["folders"]
    shown = "query ($id: Int!) { bookmark(databaseId: $id) { folders { name color parent { name color } } } }"
    inside = {"name": "Inner", "color": None, "parent": {"name": "Outer", "color": "#3366CC"}}
    assert [inside] == (await graphql.run(shown, id=id))["bookmark"]["folders"]

    await cloud.call("POST", f"folder/{top['id']}/bookmarks/{id}")

    assert {outer["id"], inner["id"]} == set((await bkmark.call("GET", path))["groupIds"])
    counts = [(one["name"], one["count"]) for one in (await bkmark.call("GET", "/groups"))["data"]]
    assert [("Inner", 1), ("Outer", 1)] == counts

    await bkmark.call("DELETE", f"/groups/{inner['id']}?moveBookmarksTo={outer['id']}")
    await bkmark.call("DELETE", f"/groups/{outer['id']}")

    assert [] == (await cloud.call("GET", "folder?layers=-1"))["data"]
    assert [-1] == (await cloud.call("GET", f"bookmark/{id}"))["item"]["folders"]
    assert expected == await seen(speak)


@pytest.mark.parametrize("here", VOICES, ids=lambda voice: voice.name)
async def test_a_tag_has_one_colour_and_one_name_at_all_doors(here, speak):
    graphql, bkmark = speak(GraphQL), speak(Bkmark)
    await speak(here).save("https://a.example/page", "A title", ("Tag",))
    (tag,) = (await bkmark.call("GET", "/tags"))["data"]
    path, all_tags = f"/tags/{tag['id']}", "{ tags(first: 9) { nodes { id name color bookmarkCount } } }"

    assert ("Tag", None, 1) == (tag["name"], tag["color"], tag["count"])
    await bkmark.call("PATCH", path, {"name": "tea", "color": "green"})
    (node,) = (await graphql.run(all_tags))["tags"]["nodes"]
    assert ("tea", "#22c55e", 1) == (node["name"], node["color"], node["bookmarkCount"])
    assert [("tea",)] == [one.tags for one in await seen(speak)]

    document = 'mutation ($id: ID!) { recolorTag(id: $id, color: "#123456") { __typename } }'
    await graphql.run(document, id=node["id"])

    assert "blue" == (await bkmark.call("GET", path))["color"]
    (bookmark,) = (await bkmark.call("GET", "/bookmarks"))["data"]
    assert [{"id": tag["id"], "name": "tea", "color": "blue"}] == bookmark["tagDetails"]
    assert "blue" == (await bkmark.call("PATCH", path, {"name": "Tea", "color": "blue"}))["color"]
    (node,) = (await graphql.run(all_tags))["tags"]["nodes"]
    assert ("Tea", "#123456") == (node["name"], node["color"])

    await bkmark.call("DELETE", path)

    assert [()] == [one.tags for one in await seen(speak)]


async def test_notes_and_code_are_kept_from_the_doors_that_know_only_links(speak):
    bkmark = speak(Bkmark)
    for kind in ("note", "code"):
        body = {"type": kind, "title": kind, "description": "text", "tagNames": ["kept"]}
        await bkmark.call("POST", "/bookmarks", body, 201)

    shown = (await bkmark.call("GET", "/bookmarks"))["data"]
    document = "{ bookmarks(first: 9) { nodes { title description kind } } }"
    nodes = (await speak(GraphQL).run(document))["bookmarks"]["nodes"]

    assert [("code", "text", "code"), ("note", "text", "note")] == [
        (one["title"], one["description"], one["type"]) for one in shown
    ]
    assert [("code", "text", "CODE"), ("note", "text", "NOTE")] == [tuple(node.values()) for node in nodes]
    assert [] == await speak(Linkding).find() == await speak(Nextcloud).find()
