"""Section 6: tags, with twelve colours and counts."""

from __future__ import annotations

from typing import get_args

import pytest

from models import Bookmark, Change, Tag
from rest_compat.bkmark.colors import Color
from schema.resolvers import tags, trash
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token

TAGS = "/api/v1/tags"
NOBODYS = ["0196f3a0-11aa-7b00-8c10-000000000002", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "tea", "1", "%00", "%ff", "a%2Fb"]


async def listed(client):
    """Every tag: name to colour and count."""
    answer = await client.get(TAGS)

    assert 200 == answer.status
    assert answer.body["nextCursor"] is None
    return {tag["name"]: (tag["color"], tag["count"]) for tag in answer.body["data"]}


async def make(client, name, color=None):
    answer = await client.post(TAGS, json={"name": name, "color": color})

    assert 201 == answer.status, answer.body
    return answer.body


def refused(answer, status, error):
    """The one shape of every error (section 1.5)."""
    assert (status, error, status) == (answer.status, answer.body["error"], answer.body["statusCode"])
    assert isinstance(answer.body["message"], str)
    assert answer.body.keys() - {"details"} == {"error", "message", "statusCode"}
    return answer.body


async def test_a_tag_has_exactly_these_members(bkmark):
    made = await bkmark.post(TAGS, json={"name": "  tea ", "color": "green", "count": 9, "else": 1})

    assert 201 == made.status
    assert made.body == {
        "id": made.body["id"],
        "name": "tea",
        "color": "green",
        "count": 0,
        "createdAt": "2026-01-02T03:04:05.600Z",
    }
    assert 36 == len(made.body["id"])
    assert "application/json; charset=utf-8" == made.headers["Content-Type"]
    one = await bkmark.get(f"{TAGS}/{made.body['id']}")
    assert (200, made.body) == one.seen
    assert (200, {"data": [made.body], "nextCursor": None}) == (await bkmark.get(TAGS)).seen


async def test_an_id_may_be_spelt_as_a_ulid(bkmark):
    made = await make(bkmark, "tea")
    short = await bkmark.get(f"{TAGS}/{made['id'].upper()}", headers={"X-Bkmark-Id-Format": "ulid"})

    assert 26 == len(short.body["id"])
    assert (200, made) == (await bkmark.get(f"{TAGS}/{short.body['id'].lower()}")).seen
    gone = await bkmark.delete(f"{TAGS}/{made['id'].upper()}", headers={"X-Bkmark-Id-Format": "ulid"})
    assert (200, {"id": short.body["id"], "deleted": True}) == gone.seen


async def test_the_list_is_in_the_order_of_names_as_people_read_them(bkmark):
    for name in ("zebra", "Äpfel", "apple", "Éclair", "eclipse", "日本", "10", "Zoo"):
        await make(bkmark, name)

    assert ["10", "Äpfel", "apple", "Éclair", "eclipse", "zebra", "Zoo", "日本"] == list(await listed(bkmark))


async def test_counts_leave_out_the_trash_and_what_this_door_does_not_show(bkmark, ann):
    await make_bookmark(ann, tag_names=["tea", "only"])
    gone = await make_bookmark(ann, tag_names=["tea"])
    for kind in ("bookmarklet", "note"):
        row = await make_bookmark(ann, tag_names=["tea"])
        await Bookmark.filter(id=row.id).update(kind=kind)
    await trash.delete(await ann.ctx(), [gone.id])

    assert {"only": (None, 1), "tea": (None, 2)} == await listed(bkmark)


async def test_bk14_twelve_words_are_colours_and_no_other(bkmark):
    """BK14: ``emerald`` is refused, null and the twelve are taken."""
    for word in ["emerald", "sky", "purple", "fuchsia", "rose", "gray", "Red", "#ef4444", "", 1, True, [], {}]:
        refused(await bkmark.post(TAGS, json={"name": "a", "color": word}), 400, "validation_error")
    assert {} == await listed(bkmark)

    for word in [*get_args(Color), None]:
        assert word == (await make(bkmark, f"in {word}", word))["color"]
    assert 201 == (await bkmark.post(TAGS, json={"name": "plain"})).status


async def test_a_taken_name_is_a_conflict_that_names_the_tag(bkmark):
    made = await make(bkmark, "Tea", "red")
    problem = refused(await bkmark.post(TAGS, json={"name": " tEA", "color": "blue"}), 409, "conflict")

    assert "A tag of this name exists already." == problem["message"]
    assert {"tagId": made["id"]} == problem["details"]
    assert {"Tea": ("red", 0)} == await listed(bkmark)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_what_cannot_be_a_name_is_refused(method, bkmark):
    made = await make(bkmark, "tea")
    path = TAGS if method == "POST" else f"{TAGS}/{made['id']}"
    for name in ["", "  ", "\u00a0", "x" * 51, "a\0b", None, 1, ["a"], {}]:
        problem = refused(await bkmark.request(method, path, json={"name": name}), 400, "validation_error")
        assert "name" in problem["message"]
    body = b'{"name": "\\ud800"}'
    refused(
        await bkmark.request(method, path, data=body, headers={"Content-Type": "application/json"}),
        400,
        "validation_error",
    )
    for body in (b"", b"[]", b'"tea"', b"{", b"\xff"):
        sent = await bkmark.request(method, path, data=body, headers={"Content-Type": "application/json"})
        refused(sent, 400, "validation_error")
    assert {"tea": (None, 0)} == await listed(bkmark)


async def test_fifty_characters_are_a_name_and_blanks_around_them_are_none(bkmark):
    name = "ä" * 50

    assert name == (await make(bkmark, f"  {name}\n"))["name"]
    refused(await bkmark.post(TAGS, json={}), 400, "validation_error")


async def test_a_patch_changes_what_it_sends(bkmark, ann, ports):
    made = await make(bkmark, "tea", "green")
    path = f"{TAGS}/{made['id']}"
    ports.clock.forward(days=1)

    for sent, expected in (
        ({}, {}),
        ({"color": "lime"}, {"color": "lime"}),
        ({"name": " Coffee"}, {"name": "Coffee"}),
        ({"name": "coffee"}, {"name": "coffee"}),
        ({"color": None}, {"color": None}),
        ({"name": "Tea", "color": "red"}, {"name": "Tea", "color": "red"}),
    ):
        made |= expected
        assert (200, made) == (await bkmark.patch(path, json=sent)).seen
    assert 400 == (await bkmark.patch(path, json={"color": "rose"})).status
    assert 5 == await Change.filter(owner_id=ann.user.id, entity="tag", operation="update").count()  # two in one write
    assert (200, made) == (await bkmark.get(path)).seen


async def test_a_name_that_is_taken_stays_with_who_has_it(bkmark):
    tea, other = await make(bkmark, "tea", "green"), await make(bkmark, "other")
    answer = await bkmark.patch(f"{TAGS}/{other['id']}", json={"name": "TEA", "color": "red"})

    assert {"tagId": tea["id"]} == refused(answer, 409, "conflict")["details"]
    assert {"other": (None, 0), "tea": ("green", 0)} == await listed(bkmark)


@pytest.mark.parametrize(
    ("kept", "word", "other"), [("#10b981", "teal", None), ("#8af", "blue", "red"), ("#777", None, "red")]
)
async def test_a_colour_of_another_door_is_the_nearest_word_and_stays_until_another_is_sent(
    kept, word, other, bkmark, ann
):
    """What was shown, sent back, has changed nothing."""
    row, _ = await tags.create(await ann.ctx(), "tea", kept)
    path = f"{TAGS}/{row.uid}"
    for sent in ({}, {"name": "Tea"}, {"color": word}, {"name": "tea", "color": word}):
        assert word == (await bkmark.patch(path, json=sent)).body["color"]
        assert kept == (await Tag.get(id=row.id)).color

    assert other == (await bkmark.patch(path, json={"color": other})).body["color"]
    assert kept != (await Tag.get(id=row.id)).color


async def test_a_deleted_tag_leaves_its_bookmarks(bkmark, ann, ports):
    row = await make_bookmark(ann, tag_names=["tea", "other"])
    ids = {tag["name"]: tag["id"] for tag in (await bkmark.get(TAGS)).body["data"]}
    ports.clock.forward(days=1)

    assert (200, {"id": ids["tea"], "deleted": True}) == (await bkmark.delete(f"{TAGS}/{ids['tea']}")).seen
    assert {"other": (None, 1)} == await listed(bkmark)
    shown = (await bkmark.get(f"/api/v1/bookmarks/{row.uid}")).body
    assert (["other"], "2026-01-02T03:04:05.600Z") == (shown["tags"], shown["updatedAt"])
    refused(await bkmark.delete(f"{TAGS}/{ids['tea']}"), 404, "not_found")


async def test_two_tags_become_one(bkmark, ann):
    await make_bookmark(ann, tag_names=["tee"])
    await make_bookmark(ann, tag_names=["tee", "tea"])
    ids = {tag["name"]: tag["id"] for tag in (await bkmark.get(TAGS)).body["data"]}
    merged = await bkmark.post(f"{TAGS}/merge", json={"sourceId": ids["tee"], "targetId": ids["tea"]})

    assert (200, ids["tea"], "tea", 2) == (merged.status, *(merged.body[name] for name in ("id", "name", "count")))
    assert {"tea": (None, 2)} == await listed(bkmark)
    for sent in (
        {"sourceId": ids["tee"], "targetId": ids["tea"]},
        {"sourceId": ids["tea"], "targetId": NOBODYS[0]},
        {"sourceId": "tea", "targetId": ids["tea"]},
        {"sourceId": ids["tea"]},
        {"sourceId": ids["tea"], "targetId": None},
    ):
        refused(await bkmark.post(f"{TAGS}/merge", json=sent), 400, "validation_error")
    assert {"tea": (None, 2)} == await listed(bkmark)


async def test_a_tag_merged_into_itself_stays(bkmark, ann):
    await make_bookmark(ann, tag_names=["tea"])
    id = (await bkmark.get(TAGS)).body["data"][0]["id"]

    assert 200 == (await bkmark.post(f"{TAGS}/merge", json={"sourceId": id, "targetId": id})).status
    assert {"tea": (None, 1)} == await listed(bkmark)


async def test_a_foreign_tag_looks_like_none(bkmark, bkmark_ben, ann):
    made = await make(bkmark, "tea", "green")
    seen = set()
    for id in (made["id"], *NOBODYS):
        for method, sent in (("GET", {}), ("PATCH", {"json": {"name": "stolen"}}), ("DELETE", {})):
            answer = await bkmark_ben.request(method, f"{TAGS}/{id}", **sent)
            assert 404 == answer.status, (method, id)
            seen.add(answer.raw)
    own = await make(bkmark_ben, "own")
    for pair in ((made["id"], own["id"]), (own["id"], made["id"])):
        sent = dict(zip(("sourceId", "targetId"), pair, strict=True))
        refused(await bkmark_ben.post(f"{TAGS}/merge", json=sent), 400, "validation_error")

    assert 1 == len(seen)
    assert {"tea": ("green", 0)} == await listed(bkmark)
    assert {"own": (None, 0)} == await listed(bkmark_ben)
    assert 201 == (await bkmark_ben.post(TAGS, json={"name": "tea"})).status


async def test_scopes_open_reading_and_writing_apart(bkmark, ann):
    made = await make(bkmark, "tea")
    path = f"{TAGS}/{made['id']}"
    reading = bkmark.as_(await make_token(ann, "tags:read"), "Bearer")
    writing = bkmark.as_(await make_token(ann, "tags:write"), "Bearer")
    neither = bkmark.as_(await make_token(ann, "bookmarks:write", "groups:write", "search:read"), "Bearer")
    merging = {"sourceId": made["id"], "targetId": made["id"]}
    calls = (
        (reading, "GET", TAGS, {}),
        (reading, "GET", path, {}),
        (writing, "PATCH", path, {"json": {}}),
        (writing, "POST", f"{TAGS}/merge", {"json": merging}),
    )
    for able, method, address, sent in calls:
        assert 200 == (await able.request(method, address, **sent)).status
        for client in (reading, writing, neither):
            if client is not able:
                problem = refused(await client.request(method, address, **sent), 403, "insufficient_scope")
                assert f"tags:{'read' if able is reading else 'write'}" in problem["message"]
    refused(await reading.post(TAGS, json={"name": "no"}), 403, "insufficient_scope")
    refused(await reading.delete(path), 403, "insufficient_scope")
    assert 201 == (await writing.post(TAGS, json={"name": "yes"})).status
    assert 200 == (await writing.delete(path)).status
    assert 401 == (await bkmark.as_(None).get(TAGS)).status


async def test_the_list_costs_as_many_statements_for_one_tag_as_for_many(bkmark, ann):
    costs = []
    for number in range(3):
        await make_bookmark(ann, tag_names=[f"{number}-{tag}" for tag in range(number * 20 + 1)])
        await bkmark.get(TAGS)
        async with statements_counted([]) as statements:
            await bkmark.get(TAGS)
        costs.append(len(statements))

    assert [2, 2, 2] == costs, "the credential and the tags"
