"""Changing, archiving, deleting (LD section 11)."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from schema.resolvers import accounts
from tests.factories import make_bookmark

GIVEN = {
    "url": "https://a.example/x", "title": "T", "description": "D", "notes": "N", "is_archived": True, "unread": True,
    "shared": True, "tag_names": ["x", "y"], "date_added": "2020-01-01T00:00:00Z",
}  # fmt: skip
OTHER = {
    "url": "https://b.example/y", "title": "U", "description": "", "notes": "M", "is_archived": False, "unread": False,
    "shared": False, "tag_names": ["z"], "date_added": "2021-01-01T00:00:00Z",
}  # fmt: skip


@pytest.fixture
async def row(linkding):
    """A bookmark in full."""
    return (await linkding.post("/api/bookmarks/?disable_scraping", json=GIVEN)).body


def parts(body):
    """What of the body was given."""
    return {key: body[key] for key in GIVEN}


@pytest.mark.parametrize("field", GIVEN)
async def test_what_is_left_out_stays(linkding, row, field):
    """LD-UPD-1, LD-UPD-2, LD-UPD-3: for PUT and for PATCH, tags included."""
    path = f"/api/bookmarks/{row['id']}/"
    put = await linkding.put(path, json={"url": GIVEN["url"]})
    nothing = await linkding.patch(path, json={})
    one = await linkding.patch(path, json={field: OTHER[field]})
    back = await linkding.put(path, json={"url": GIVEN["url"], field: GIVEN[field]})

    assert [200, 200, 200, 200] == [answer.status for answer in (put, nothing, one, back)]
    assert [GIVEN, GIVEN] == [parts(put.body), parts(nothing.body)]
    assert GIVEN | {field: OTHER[field]} == parts(one.body)
    assert GIVEN == parts(back.body)
    assert back.body == (await linkding.get(path)).body


async def test_put_needs_the_address(linkding, row):
    """LD-UPD-2."""
    answer = await linkding.put(f"/api/bookmarks/{row['id']}/", json={"title": "x"})

    assert (400, {"url": ["This field is required."]}) == answer.seen


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_form_changes_only_what_it_sends(linkding, row, method):
    """LD-UPD-4, dropped: left-out booleans stay, for PUT too."""
    form = FormData({"url": GIVEN["url"], "title": "U"})
    answer = await linkding.request(method, f"/api/bookmarks/{row['id']}/", data=form)

    assert GIVEN | {"title": "U"} == parts(answer.body)


async def test_an_empty_list_removes_all_tags_but_the_automatic_ones(linkding, ann, row):
    """LD-UPD-5."""
    path = f"/api/bookmarks/{row['id']}/"
    assert [] == (await linkding.patch(path, json={"tag_names": []})).body["tag_names"]

    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example auto")

    assert ["auto"] == (await linkding.patch(path, json={"tag_names": []})).body["tag_names"]


async def test_only_exactly_the_same_address_of_mine_is_in_the_way(linkding, linkding_ben, row):
    """LD-UPD-6, four ways."""
    post = "/api/bookmarks/?disable_scraping"
    other = (await linkding.post(post, json={"url": "https://c.example"})).body
    await linkding_ben.post(post, json={"url": "https://d.example"})
    path = f"/api/bookmarks/{other['id']}/"
    taken = (400, {"url": ["A bookmark with this URL already exists."]})

    assert taken == (await linkding.put(path, json={"url": GIVEN["url"]})).seen
    assert taken == (await linkding.patch(path, json={"url": GIVEN["url"]})).seen
    for free in (GIVEN["url"] + "/", "https://d.example", "https://c.example", "https://c.example"):
        assert (200, free) == ((answer := await linkding.put(path, json={"url": free})).status, answer.body["url"])


@pytest.mark.parametrize("body", [{}, {"title": "T"}, {"date_modified": "1999-01-01T00:00:00Z"}])
async def test_every_update_moves_the_moment_of_change(linkding, row, body):
    """LD-UPD-7: an empty one too, and whatever it sends."""
    answer = await linkding.patch(f"/api/bookmarks/{row['id']}/", json=body)

    assert answer.body["date_modified"] > row["date_modified"]
    assert row | {"date_modified": answer.body["date_modified"]} == answer.body


async def test_the_archive_and_the_date_may_be_changed(linkding, row):
    """LD-UPD-8."""
    path = f"/api/bookmarks/{row['id']}/"
    await linkding.patch(path, json={"is_archived": False, "date_added": "2000-01-01"})

    assert 1 == (await linkding.get("/api/bookmarks/")).body["count"]
    assert "2000-01-01T00:00:00Z" == (await linkding.get(path)).body["date_added"]
    await linkding.patch(path, json={"is_archived": True})
    assert 1 == (await linkding.get("/api/bookmarks/archived/")).body["count"]


async def test_an_update_loads_no_page(linkding, row, ports):
    """LD-UPD-9: an emptied title stays empty."""
    answer = await linkding.patch(f"/api/bookmarks/{row['id']}/", json={"title": "", "url": "https://b.example"})

    assert ("", []) == (answer.body["title"], ports.websites.calls)


async def test_rules_act_on_every_update_and_take_nothing_away(linkding, ann, row):
    """LD-UPD-10: by the new address."""
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example auto\nb.example other")
    path = f"/api/bookmarks/{row['id']}/"
    first = await linkding.patch(path, json={"title": "x"})
    moved = await linkding.patch(path, json={"url": "https://b.example"})
    sent = await linkding.patch(path, json={"tag_names": ["mine"]})

    assert ["auto", "x", "y"] == first.body["tag_names"]
    assert ["auto", "other", "x", "y"] == moved.body["tag_names"]
    assert ["mine", "other"] == sent.body["tag_names"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_foreign_id_is_said_before_anything_of_the_body(linkding_ben, row, method):
    """LD-UPD-11: whatever is wrong with it."""
    path = f"/api/bookmarks/{row['id']}/"
    bodies = [
        {"json": {"url": None}}, {"data": b"{", "headers": {"Content-Type": "application/json"}},
        {"data": b"x", "headers": {"Content-Type": "text/plain"}}, {"json": {"url": "https://fine.example"}}, {},
    ]  # fmt: skip
    for body in bodies:
        answer = await linkding_ben.request(method, path, **body)

        assert (404, {"detail": "No Bookmark matches the given query."}) == answer.seen


@pytest.mark.parametrize(("verb", "is_archived"), [("archive", True), ("unarchive", False)])
async def test_archiving_is_idempotent_and_ignores_the_body(linkding, ann, verb, is_archived):
    """LD-ARC-1, LD-ARC-2: each time the moment of change moves, and no rule acts."""
    await accounts.set_auto_tagging_rules(await ann.ctx(), "example auto")
    row = await make_bookmark(ann, is_archived=not is_archived)
    path = f"/api/bookmarks/{row.id}/"
    await linkding.patch(path, json={"tag_names": []})
    await accounts.set_auto_tagging_rules(await ann.ctx(), "example other")
    moments = [(await linkding.get(path)).body["date_modified"]]
    for body in ({}, {"data": b"{", "headers": {"Content-Type": "text/plain"}}):
        answer = await linkding.post(f"{path}{verb}/", **body)
        now = (await linkding.get(path)).body
        moments.append(now["date_modified"])

        assert (204, b"") == (answer.status, answer.raw)
        assert (is_archived, ["auto"]) == (now["is_archived"], now["tag_names"])
    assert 3 == len(set(moments))
    assert moments == sorted(moments)


async def test_a_deleted_bookmark_is_gone_with_its_assets_and_its_tags_stay(linkding, ann):
    """LD-DEL-1: a body is ignored, a second time is 404."""
    row = await make_bookmark(ann, tag_names=["kept"])
    path = f"/api/bookmarks/{row.id}/"
    form = FormData()
    form.add_field("file", b"x", filename="a.txt")
    await linkding.post(f"{path}assets/upload/", data=form)
    first = await linkding.delete(path, data=b"{", headers={"Content-Type": "text/plain"})

    assert (204, b"") == (first.status, first.raw)
    assert 404 == (await linkding.delete(path)).status
    assert 404 == (await linkding.get(path)).status
    assert 0 == (await linkding.get("/api/bookmarks/")).body["count"]
    assert (404, {"detail": "Bookmark does not exist"}) == (await linkding.get(f"{path}assets/")).seen
    assert ["kept"] == [tag["name"] for tag in (await linkding.get("/api/tags/")).body["results"]]
