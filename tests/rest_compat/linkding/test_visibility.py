"""Who sees what, and the walk along every address with a foreign id (LD section 23)."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from models import User
from schema.resolvers import accounts
from tests.factories import make_bookmark


@pytest.mark.parametrize(
    ("sharing", "public", "ben_sees", "nobody_sees"),
    [(False, False, 0, 0), (True, False, 1, 0), (True, True, 1, 1), (False, True, 0, 0)],
)
async def test_the_owners_switches_decide_who_sees_a_shared_bookmark(
    linkding, linkding_ben, anonymous, ann, sharing, public, ben_sees, nobody_sees
):
    """Section 23, lists: her own list follows the same table; what is not shared is never seen."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": sharing, "enable_public_sharing": public})
    await make_bookmark(ann, is_public=True, title="shown", notes="n", tag_names=["t"], is_archived=True)
    await make_bookmark(ann, is_public=False, title="hidden")
    for client, expected in ((linkding, ben_sees), (linkding_ben, ben_sees), (anonymous, nobody_sees)):
        rows = (await client.get("/api/bookmarks/shared/")).body["results"]

        assert [("shown", "n", ["t"])] * expected == [(row["title"], row["notes"], row["tag_names"]) for row in rows]
        assert all(16 == len(row) for row in rows)


async def test_a_deactivated_owner_shares_nothing(anonymous, ann):
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True, "enable_public_sharing": True})
    await make_bookmark(ann, is_public=True)
    await User.filter(id=ann.user.id).update(is_active=False)

    assert 0 == (await anonymous.get("/api/bookmarks/shared/")).body["count"]


@pytest.fixture
async def anns(linkding, ann):
    """Addresses of everything that Ann has, shared as far as can be; their like that nobody has."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True, "enable_public_sharing": True})
    row = await make_bookmark(ann, url="https://anns.example", is_public=True, tag_names=["anns"])
    form = FormData()
    form.add_field("file", b"x", filename="a.txt")
    asset = (await linkding.post(f"/api/bookmarks/{row.id}/assets/upload/", data=form)).body
    tag = (await linkding.get("/api/tags/")).body["results"][0]
    bundle = (await linkding.post("/api/bundles/", json={"name": "anns"})).body
    return {"bookmark": row.id, "asset": asset["id"], "tag": tag["id"], "bundle": bundle["id"]}


WALK = [
    ("GET", "/api/bookmarks/{bookmark}/"),
    ("PUT", "/api/bookmarks/{bookmark}/"),
    ("PATCH", "/api/bookmarks/{bookmark}/"),
    ("DELETE", "/api/bookmarks/{bookmark}/"),
    ("POST", "/api/bookmarks/{bookmark}/archive/"),
    ("POST", "/api/bookmarks/{bookmark}/unarchive/"),
    ("GET", "/api/bookmarks/{bookmark}/assets/"),
    ("POST", "/api/bookmarks/{bookmark}/assets/upload/"),
    ("GET", "/api/bookmarks/{bookmark}/assets/{asset}/"),
    ("DELETE", "/api/bookmarks/{bookmark}/assets/{asset}/"),
    ("GET", "/api/bookmarks/{bookmark}/assets/{asset}/download/"),
    ("GET", "/api/tags/{tag}/"),
    ("DELETE", "/api/tags/{tag}/"),
    ("GET", "/api/bundles/{bundle}/"),
    ("PUT", "/api/bundles/{bundle}/"),
    ("PATCH", "/api/bundles/{bundle}/"),
    ("DELETE", "/api/bundles/{bundle}/"),
]


@pytest.mark.parametrize(("method", "path"), WALK)
async def test_a_foreign_row_looks_like_a_missing_one(linkding_ben, linkding, anonymous, anns, method, path):
    """Section 23, actions: same status and words; without a credential, or with a wrong one, nothing is told at all."""
    body = {"json": {"url": "https://bens.example"}} if method in {"PUT", "PATCH"} else {}
    missing = path.format(**dict.fromkeys(anns, 9999))
    before = (await linkding.get(f"/api/bookmarks/{anns['bookmark']}/")).body
    foreign = await linkding_ben.request(method, path.format(**anns), **body)

    assert 404 == foreign.status
    assert foreign.seen == (await linkding_ben.request(method, missing, **body)).seen
    for nobody in (anonymous, anonymous.as_("0" * 40)):
        answer = await nobody.request(method, path.format(**anns), **body)

        assert 401 == answer.status
        assert answer.seen == (await nobody.request(method, missing, **body)).seen
    assert before == (await linkding.get(f"/api/bookmarks/{anns['bookmark']}/")).body


async def test_lists_and_check_show_nothing_of_others(linkding_ben, anns):
    for path in ("bookmarks/", "bookmarks/archived/", "tags/", "bundles/", "bookmarks/?q=anns"):
        assert 0 == (await linkding_ben.get(f"/api/{path}")).body["count"]
    assert (await linkding_ben.get("/api/bookmarks/check/?url=https://anns.example")).body["bookmark"] is None
