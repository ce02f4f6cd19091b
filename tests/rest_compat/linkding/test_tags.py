"""Tags (LD section 13)."""

from __future__ import annotations

import pytest

from tests.factories import make_bookmark


async def test_the_list_has_all_my_tags_by_id(linkding, linkding_ben, ann):
    """LD-TAG-1: used or not; ``q`` is ignored, but kept in the links."""
    for name in ("b", "A", "c"):
        await linkding.post("/api/tags/", json={"name": name})
    await linkding_ben.post("/api/tags/", json={"name": "bens"})
    answer = await linkding.get("/api/tags/?q=b&limit=2")

    assert ["b", "A"] == [tag["name"] for tag in answer.body["results"]]
    assert (3, "http://links.example/api/tags/?limit=2&offset=2&q=b") == (answer.body["count"], answer.body["next"])
    assert ["id", "name", "date_added"] == list(answer.body["results"][0])
    assert sorted(tag["id"] for tag in answer.body["results"]) == [tag["id"] for tag in answer.body["results"]]


async def test_one_of_mine_is_shown(linkding, linkding_ben):
    """LD-TAG-2."""
    made = (await linkding.post("/api/tags/", json={"name": "x"})).body

    assert (200, made) == (await linkding.get(f"/api/tags/{made['id']}/")).seen
    foreign = await linkding_ben.get(f"/api/tags/{made['id']}/")
    assert (404, {"detail": "No Tag matches the given query."}) == foreign.seen


async def test_a_tag_that_exists_comes_back_unchanged(linkding):
    """LD-TAG-3: without regard to case, and with 201 again."""
    first = await linkding.post("/api/tags/", json={"name": "News"})
    again = await linkding.post("/api/tags/", json={"name": "NEWS"})

    assert (201, first.body) == again.seen


@pytest.mark.parametrize("name", ["a b", "a,b", "x" * 64, "#x"])
async def test_a_name_is_stored_as_sent(linkding, name):
    """LD-TAG-4: stripped at its ends only."""
    answer = await linkding.post("/api/tags/", json={"name": f"  {name}\u3000"})

    assert (201, name) == (answer.status, answer.body["name"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "This field is required."),
        ({"name": " "}, "This field may not be blank."),
        ({"name": None}, "This field may not be null."),
        ({"name": []}, "Not a valid string."),
        ({"name": "x" * 65}, "Ensure this field has no more than 64 characters."),
        ({"name": "a\0"}, "Null characters are not allowed."),
    ],
)
async def test_a_bad_name_is_refused(linkding, body, words):
    """LD-TAG-4."""
    assert (400, {"name": [words]}) == (await linkding.post("/api/tags/", json=body)).seen


async def test_id_and_date_are_not_the_clients_to_set(linkding):
    """LD-TAG-5."""
    answer = await linkding.post("/api/tags/", json={"name": "x", "id": 77, "date_added": "no date"})

    assert 201 == answer.status
    assert 77 != answer.body["id"]
    assert answer.body["date_added"].startswith("2026-01-02T03:04:05.")


async def test_a_deleted_tag_leaves_its_bookmarks_as_they_were(linkding, ann):
    """LD-TAG-6: their moment of change does not move."""
    row = await make_bookmark(ann, tag_names=["gone", "kept"])
    before = (await linkding.get(f"/api/bookmarks/{row.id}/")).body
    gone = next(tag for tag in (await linkding.get("/api/tags/")).body["results"] if tag["name"] == "gone")
    answer = await linkding.delete(f"/api/tags/{gone['id']}/")

    assert (204, b"") == (answer.status, answer.raw)
    assert before | {"tag_names": ["kept"]} == (await linkding.get(f"/api/bookmarks/{row.id}/")).body
    assert 404 == (await linkding.delete(f"/api/tags/{gone['id']}/")).status


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_tag_cannot_be_renamed(linkding, method):
    """LD-TAG-7."""
    made = (await linkding.post("/api/tags/", json={"name": "x"})).body

    assert 405 == (await linkding.request(method, f"/api/tags/{made['id']}/", json={"name": "y"})).status
