"""Public links of folders (NC-13.5, NC-13.6, C04): made by their owner, read by whoever has the token."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from models import Change, FolderLink
from rest_compat.nextcloud.routes import NEXTCLOUD
from schema.formats.entries import Entry
from schema.resolvers import grafting
from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.rest_compat.nextcloud.conftest import SUCCESS, Cloud, error

SECRET = "zebra"  # stands in every text that a link must not show

UNAUTHENTICATED = error(401, "Please authenticate first")


@pytest.fixture
async def library(cloud):
    """Ids by name: ``Zebra outside`` > ``Inner`` > ``Third``; a bookmark in each, in the root, in all, in the trash."""
    outer = await cloud.make_folder("Zebra outside")
    inner = await cloud.make_folder("Inner", outer)
    third = await cloud.make_folder("Third", inner)
    names = {"Outer": outer, "Inner": inner, "Third": third}
    for name, ids, tags in (
        ("zebra-root", [-1], ["zebra"]),
        ("zebra-outer", [outer], ["zebra"]),
        ("inner", [inner], ["seen"]),
        ("third", [third], []),
        ("both", [third, outer, -1], []),
    ):
        row = await cloud.save(f"https://{name}.example/", title=name, folders=ids, tags=tags, is_public=True)
        names[name] = row["id"]
    gone = await cloud.save("https://zebra-gone.example/", title="zebra-gone", folders=[inner])
    await cloud.delete(f"folder/{inner}/bookmarks/{gone['id']}")
    return names | {"gone": gone["id"]}


@pytest.fixture
async def token(cloud, library):
    """The token of a link to ``Inner``."""
    return await cloud.item("POST", f"folder/{library['Inner']}/publictoken")


@pytest.fixture
def guest(anonymous, token):
    """Somebody who was sent the link."""
    return Cloud(anonymous, f"Bearer {token}")


def titles(items):
    return sorted(item["title"] for item in items)


async def test_c04_a_token_is_seven_letters_and_digits_made_once(cloud, library):
    path = f"folder/{library['Inner']}/publictoken"

    assert error(404, "Not found") == (await cloud.get(path)).seen
    token = await cloud.item("POST", path)
    assert re.fullmatch("[A-Za-z0-9]{7}", token)
    assert [token, token] == [await cloud.item("POST", path), await cloud.item("GET", path)]
    assert SUCCESS == (await cloud.delete(path)).seen
    assert error(400, "Not found") == (await cloud.delete(path)).seen
    assert error(404, "Not found") == (await cloud.get(path)).seen
    assert token != await cloud.item("POST", path)


async def test_c04_unknown_and_foreign_folders_have_no_link(cloud, cloud_ben, library, token):
    for id in (library["Inner"], 987_654):
        assert error(404, "Not found") == (await cloud_ben.get(f"folder/{id}/publictoken")).seen
        assert error(404, "Not found") == (await cloud_ben.post(f"folder/{id}/publictoken")).seen
        assert error(400, "Not found") == (await cloud_ben.delete(f"folder/{id}/publictoken")).seen
    assert [token] == await FolderLink.all().values_list("token", flat=True)


async def test_c04_the_folder_is_the_root_of_who_has_the_link(guest, library):
    """As ``-1`` and by its own id; ``-1`` is the parent of what is in it, and of itself."""
    root = await guest.item("GET", "folder/-1")

    assert (-1, -1, "", "ann") == (root["id"], root["parent_folder"], root["title"], root["userId"])
    assert root == await guest.item("GET", f"folder/{library['Inner']}")
    assert [("Third", -1)] == [(row["title"], row["parent_folder"]) for row in await guest.data("folder")]
    assert 3 == await guest.item("GET", "folder/-1/count")
    assert ["Third", "inner"] == titles(await guest.data("folder/-1/children"))
    assert 2 == len(await guest.data("folder/-1/childorder?layers=-1"))
    assert re.fullmatch("[0-9a-f]{64}", await guest.data("folder/-1/hash"))


async def test_c04_bookmarks_are_those_below_with_no_folder_outside(guest, library):
    rows = await guest.data("bookmark?page=-1")

    assert ["both", "inner", "third"] == titles(rows)
    assert {"inner": [-1], "third": [library["Third"]], "both": [library["Third"]]} == {
        row["title"]: row["folders"] for row in rows
    }
    assert ["inner"] == titles(await guest.data("bookmark?folder=-1&sortby=index"))
    assert ["both", "third"] == titles(await guest.data(f"bookmark?folder={library['Third']}"))
    assert ["inner"] == titles(await guest.data("bookmark?tags[]=seen"))
    assert ["both"] == titles(await guest.data("bookmark?search[]=BOTH"))
    assert ["both"] == titles(await guest.data("bookmark?url=https://both.example/"))
    assert [] == await guest.data("bookmark?url=https://zebra-root.example/")
    assert [] == await guest.data("bookmark?tags[]=zebra")
    assert [library["Third"]] == (await guest.item("GET", f"bookmark/{library['both']}"))["folders"]


async def test_c04_long_lists_are_cut_to_the_folder_too(cloud, guest, library, ann):
    """More than a thousand rows are streamed, in another way than short ones."""
    await _fill(ann, library["Third"], 1100)
    rows = await guest.data("bookmark?page=-1")

    assert 1103 == len(rows)
    assert {(-1,), (library["Third"],)} == {tuple(row["folders"]) for row in rows}


async def test_c04_the_token_may_be_in_the_address(anonymous, guest, token):
    """For whoever sends no credential; a credential that is sent is what counts."""
    nobody = Cloud(anonymous)

    assert await guest.data("bookmark?page=-1") == await nobody.data(f"bookmark?page=-1&token={token}")
    assert UNAUTHENTICATED == (await Cloud(anonymous, "Basic eDp5").get(f"bookmark?token={token}")).seen


async def test_c04_whoever_is_signed_in_may_have_a_parameter_of_that_name(cloud, token):
    assert 5 == len(await cloud.data(f"bookmark?page=-1&token={token}"))


@pytest.mark.parametrize("wrong", ["AAAAAAA", "x", "", "AAAAAAAA", "%00%ff", "a" * 500])
async def test_c04_an_unknown_token_is_401_both_ways(anonymous, token, wrong):
    sent = "AAAAAAA" if "%" in wrong else wrong
    for answer in (
        await Cloud(anonymous).get(f"bookmark?token={wrong}"),
        await Cloud(anonymous, f"Bearer {sent}").get("bookmark"),
    ):
        assert UNAUTHENTICATED == answer.seen
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


async def test_c04_who_guesses_is_stopped(anonymous, ports):
    nobody = Cloud(anonymous)
    statuses = Counter([(await nobody.get(f"bookmark?token=AAAAA{number:02}")).status for number in range(40)])

    assert {401: 30, 429: 10} == statuses


async def test_c04_who_knows_a_link_may_not_guess_others_for_ever(anonymous, token):
    nobody = Cloud(anonymous)
    statuses = Counter()
    for number in range(40):
        statuses[(await nobody.get(f"bookmark?token=AAAAA{number:02}")).status] += 1
        statuses[(await nobody.get(f"bookmark?token={token}")).status] += 1

    assert {200: 29, 401: 30, 429: 21} == statuses


async def test_c04_a_link_rests_with_its_folder_in_the_trash(cloud, guest, library):
    await cloud.delete(f"folder/{library['Outer']}")
    while_gone = await guest.get("bookmark")
    await cloud.post(f"folder/{library['Outer']}/undelete")

    assert UNAUTHENTICATED == while_gone.seen
    assert ["both", "inner", "third"] == titles(await guest.data("bookmark?page=-1"))


async def test_c04_a_removed_link_is_dead_at_once(cloud, guest, library):
    await cloud.delete(f"folder/{library['Inner']}/publictoken")

    assert UNAUTHENTICATED == (await guest.get("bookmark")).seen


async def test_c04_the_link_opens_no_other_door(ports, token, aiohttp_client):
    """Neither linkding's nor GraphQL's, nor a page, nor what Nextcloud tells of accounts."""
    web = await aiohttp_client(make_routes(load_settings(None), ports, Signer(b"k" * 32, ports.clock)))
    headers = {"Authorization": f"Bearer {token}"}
    query = {"query": "{ viewer { username } }"}
    graphql = await web.post("/graphql", json=query, headers=headers)
    by_address = await web.post(f"/graphql?token={token}", json=query)
    others = [
        await web.get(path, headers=headers, allow_redirects=False)
        for path in ("/api/bookmarks/", "/api/user/profile/", "/ocs/v2.php/cloud/user", f"/settings?token={token}")
    ]

    assert 401 == graphql.status
    assert (await by_address.json())["data"]["viewer"] is None
    assert all(answer.status in {401, 302, 303, 404} for answer in others)
    assert [401, 401, 401] == [answer.status for answer in others[:3]]


WALK = [
    (method, prefix, endpoint)
    for place in NEXTCLOUD.places
    for prefix in place.prefixes[:1]
    for endpoint in place.endpoints
    for method in endpoint.methods
    if method not in endpoint.public
]
READ = {  # what a link opens: all addresses that answer 200 with something of the folder or with nothing at all
    "/bookmark", "/bookmark/{id}", "/bookmark/unavailable", "/bookmark/archived",
    "/folder", "/folder/shared", "/folder/{id}", "/folder/{id}/count", "/folder/{id}/children",
    "/folder/{id}/childorder", "/folder/{id}/hash",
}  # fmt: skip


def plain(path):
    return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", path)


@pytest.mark.parametrize(
    ("method", "prefix", "endpoint"), WALK, ids=lambda value: plain(getattr(value, "path", str(value)))
)
async def test_c04_every_address_with_a_link(guest, library, token, method, prefix, endpoint):
    """Nothing outside the folder is read and nothing is written, with whatever ids and parameters."""
    before = await Change.all().count()
    path = plain(endpoint.path)
    ids = [-1, *library.values(), 987_654] if "{" in path else [0]
    opened = []
    for id in ids:
        address = path.format(id=id, folder_id=library["Inner"], old_name="seen")
        for query in (
            "",
            "?page=-1&layers=-1",
            "?deleted=1&page=-1",
            "?user=ann&page=-1",
            f"?root={library['Outer']}",
            "?duplicated=1",
        ):
            answer = await guest.at(method, f"{prefix}{address}{query}")
            opened.append(answer.status == 200)

            assert answer.status in {200, 400, 401, 403, 404}
            assert SECRET not in answer.raw.decode().lower()
            assert not outside(answer.body, library)

    assert any(opened) == (method == "GET" and path in READ)
    assert before == await Change.all().count()


def outside(body, library):
    """Whether a reply names a folder that lies outside."""
    hidden = {library["Outer"], 1}
    match body:
        case {"folders": list(ids)} if hidden & set(ids):
            return True
        case {"parent_folder": int(id)} if id in hidden:
            return True
        case dict():
            return any(outside(one, library) for one in body.values())
        case list():
            return any(outside(one, library) for one in body)
        case _:
            return False


async def _fill(person, folder_id, count):
    """Put that many bookmarks into a folder."""
    ctx = await person.ctx(NEXTCLOUD.door)
    await grafting.take_whole(ctx, [Entry(f"https://{n}.many.example/") for n in range(count)], folder_id)
