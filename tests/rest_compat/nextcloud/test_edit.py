"""``PUT`` and ``DELETE bookmark/{id}`` (NC-6.4, NC-6.5)."""

from __future__ import annotations

import pytest

from models import Bookmark
from schema.resolvers import bookmarks
from tests.factories import make_bookmark
from tests.rest_compat.nextcloud.conftest import SUCCESS, error, state


async def test_m15_the_example_of_the_seed(both):
    """M15, D5: the rest stays."""
    item = await both.save("http://google.com/", title="Google", description="D", tags=["a", "b"], is_public=1)
    edited = await both.item("PUT", f"bookmark/{item['id']}?record_id={item['id']}&title=Boogle&is_public")

    assert item | {"title": "Boogle"} == edited | {"lastmodified": item["lastmodified"]}
    assert edited == await both.item("GET", f"bookmark/{item['id']}")


async def test_lastmodified_changes_and_added_does_not(cloud, ports):
    item = await cloud.save()
    ports.clock.forward(seconds=60)
    edited = await cloud.item("PUT", f"bookmark/{item['id']}", json={"title": "U"})

    assert (item["added"], item["lastmodified"] + 60) == (edited["added"], edited["lastmodified"])


async def test_an_empty_edit_changes_nothing(both, ann):
    item = await both.save(tags=["a"])
    before = await state(ann)

    assert item == await both.item("PUT", f"bookmark/{item['id']}")
    assert before == await state(ann)


@pytest.mark.parametrize(
    ("options", "tags"),
    [
        ({"query": "item[tags][]=x&item[tags][]=y"}, ["x", "y"]),
        ({"query": "tags[]=x"}, ["x"]),
        ({"query": "item[tags][]=%20"}, []),
        ({"query": "tags[]="}, []),
        ({"data": {"item[tags][]": "x"}}, ["x"]),
        ({"data": {"tags[]": ""}}, []),
        ({"json": {"tags": ["x"]}}, ["x"]),
        ({"json": {"tags": []}}, []),
        ({"json": {"item": {"tags": [""]}}}, []),
        ({"json": {"title": "U"}}, ["a", "b"]),
        ({"json": {"tags": None}}, ["a", "b"]),
        ({"json": {"item": {}}}, ["a", "b"]),
        ({"json": {"item": []}}, []),
    ],
)
async def test_m16_tags_are_replaced_when_they_are_sent(both, options, tags):
    """M16, D2, D5."""
    item = await both.save(tags=["a", "b"])
    query = f"?{options.get('query', '')}"
    body = {name: value for name, value in options.items() if name != "query"}

    assert tags == (await both.item("PUT", f"bookmark/{item['id']}{query}", **body))["tags"]


async def test_m16_another_record_id_is_refused(both, ann):
    """M16: nothing is changed."""
    item = await both.save()
    before = await state(ann)
    answer = await both.put(f"bookmark/{item['id']}?record_id=99&title=U")

    assert 400 == answer.status
    assert before == await state(ann)
    assert (
        "U" == (await both.item("PUT", f"bookmark/{item['id']}", json={"record_id": item["id"], "title": "U"}))["title"]
    )


@pytest.mark.parametrize(
    ("edit", "public"),
    [
        ({"record_id": "{id}", "title": "U"}, 0),
        ({"record_id": "{id}", "item": {"tags": ["x"]}}, 0),
        ({"record_id": "{id}", "is_public": ""}, 1),
        ({"record_id": "{id}", "is_public": "1"}, 1),
        ({"record_id": "{id}", "is_public": "0"}, 0),
        ({"record_id": "{id}", "tags": ["x"]}, 1),
        ({"record_id": "{id}", "folders": [-1]}, 1),
        ({"record_id": "{id}", "target": "https://example.org/"}, 1),
        ({"url": "https://example.org/", "title": "U", "tags": []}, 1),
        ({"title": "U"}, 1),
        ({"is_public": False}, 0),
        ({"is_public": None}, 1),
    ],
)
async def test_m17_who_leaves_is_public_out_means_it_or_not(both, edit, public):
    """M17, D4: an edit in the shape of the seed makes private, any other leaves it."""
    item = await both.save(is_public=True)
    edit = {name: item["id"] if value == "{id}" else value for name, value in edit.items()}

    assert public == (await both.item("PUT", f"bookmark/{item['id']}", json=edit))["public"]


async def test_m18_what_cannot_be_edited(both, ann, ben, cloud_ben):
    """M18, D11: nothing is modified."""
    item, other, theirs = await both.save(), await both.save("https://other.example/"), await cloud_ben.save()
    before = await state(ann, ben)
    path = f"bookmark/{item['id']}"

    assert error(404, "Could not edit bookmark") == (await both.put("bookmark/999", json={"title": "U"})).seen
    assert (
        error(404, "Could not edit bookmark") == (await both.put(f"bookmark/{theirs['id']}", json={"title": "U"})).seen
    )
    assert error(404, "Not found") == (await both.put("bookmark/abc", json={"title": "U"})).seen
    for url in ("foo", "example.org", "", " ", "mailto:x@y.z", "http://"):
        assert error(400, "Invalid URL") == (await both.put(path, json={"title": "U", "url": url})).seen
    taken = await both.put(path, json={"title": "U", "url": "HTTPS://Other.example"})
    assert error(400, "Bookmark already exists") == taken.seen
    assert other["id"] != item["id"]
    assert before == await state(ann, ben)


async def test_the_address_is_changed(both):
    item = await both.save()
    edited = await both.item("PUT", f"bookmark/{item['id']}", json={"url": "HTTPS://New.example"})

    assert (item["id"], "https://new.example/") == (edited["id"], edited["url"])
    assert [] == await both.data("bookmark?url=https://example.org/")


async def test_an_address_that_is_only_spelt_otherwise_stays_as_it_is_kept(both, ann):
    """Clients send back the normalised one with every edit; other doors show what was first written."""
    row = await make_bookmark(ann, url="https://Example.org")
    await both.item("PUT", f"bookmark/{row.id}", json={"url": "https://example.org/", "title": "U"})

    assert ("https://Example.org", "U") == await Bookmark.get(id=row.id).values_list("url", "title")


async def test_target_goes_before_url(both):
    item = await both.save("javascript:x")
    edited = await both.item("PUT", f"bookmark/{item['id']}", json=item | {"title": "U"})

    assert ("", "javascript:x", "U") == (edited["url"], edited["target"], edited["title"])


class TestFolders:
    async def test_s04_the_set_is_replaced(self, both):
        """S04."""
        one, two = await both.make_folder("1"), await both.make_folder("2")
        item = await both.save(folders=[one, -1])
        edited = await both.item("PUT", f"bookmark/{item['id']}", json={"folders": [str(two), "-1"]})

        assert sorted([two, -1]) == edited["folders"]
        assert edited["folders"] == (await both.item("PUT", f"bookmark/{item['id']}", json={"title": "U"}))["folders"]

    async def test_unknown_ones_are_dropped_and_only_unknown_ones_refused(self, both, ann, ben, cloud_ben):
        """NC-6.4, section 17."""
        folder, theirs = await both.make_folder(), await cloud_ben.make_folder()
        item = await both.save()
        edited = await both.item("PUT", f"bookmark/{item['id']}", json={"folders": [folder, 999, theirs]})

        assert [folder] == edited["folders"]

        before = await state(ann, ben)
        for folders in ([theirs], [999, 998], ["x"]):
            answer = await both.put(f"bookmark/{item['id']}", json={"title": "U", "folders": folders})
            assert error(404, "Could not edit bookmark") == answer.seen
        assert before == await state(ann, ben)

    async def test_an_empty_list_deletes(self, both):
        item = await both.save()
        answer = await both.put(f"bookmark/{item['id']}", json={"folders": []})

        assert (200, {"status": "success", "item": None}) == answer.seen
        assert [] == await both.data("bookmark")
        assert error(404, "Could not edit bookmark") == (await both.put("bookmark/999", json={"folders": []})).seen

    @pytest.mark.parametrize(
        "options", [{"json": {"folders": [""]}}, {"data": {"folders[]": " "}}, {"json": {"folders": None}}]
    )
    async def test_blanks_are_no_empty_list(self, both, options):
        """Nothing is deleted for a field that a form sends along."""
        item = await both.save()

        assert [-1] == (await both.item("PUT", f"bookmark/{item['id']}", **options))["folders"]


async def test_what_other_doors_keep_is_left_alone(both, ann):
    """Notes, favourites and the like, which this door does not show."""
    row = await make_bookmark(ann, notes="N", is_favorite=True, to_read=True, is_archived=True)
    await both.item("PUT", f"bookmark/{row.id}", json={"title": "U", "tags": []})
    row = await bookmarks.get(await ann.ctx(), row.id)

    assert ("U", "N", True, None, True) == (row.title, row.notes, row.is_favorite, row.read_at, row.is_archived)


async def test_m19_delete_and_again(both):
    """M19."""
    item = await both.save()
    path = f"bookmark/{item['id']}"

    assert SUCCESS == (await both.delete(path)).seen
    assert error(404, "Not found") == (await both.get(path)).seen
    assert [] == await both.data("bookmark")
    assert SUCCESS == (await both.delete(path)).seen
    assert SUCCESS == (await both.delete("bookmark/999")).seen


async def test_m19_from_all_folders_and_not_into_the_trash(both):
    """M19, C02: and the address is free again."""
    folder = await both.make_folder()
    item = await both.save(folders=[folder, -1])
    await both.delete(f"bookmark/{item['id']}", data={"id": str(item["id"])})

    assert [] == await both.data("bookmark/deleted")
    assert [] == (await both.data("folder/-1/children?layers=1"))[0]["children"]
    assert item["id"] != (await both.save())["id"]


async def test_m06_others_delete_in_vain(both, ann, cloud_ben):
    """M06: 200, and still there."""
    item = await both.save()
    before = await state(ann)

    assert SUCCESS == (await cloud_ben.delete(f"bookmark/{item['id']}")).seen
    assert before == await state(ann)


@pytest.mark.parametrize("id", ["abc", "1.5", "-1", "0", "99999999999999999999", "%C2%B2", "1x"])
async def test_m14_what_is_nobodys_id_is_not_found(both, id):
    """M14."""
    assert error(404, "Not found") == (await both.get(f"bookmark/{id}")).seen
