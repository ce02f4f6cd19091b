"""C02: trash, undelete, revive (NC-13.3, NC-13.4)."""

from __future__ import annotations

import pytest

from schema.resolvers import trash
from tests.factories import make_bookmark
from tests.rest_compat.nextcloud.conftest import SUCCESS, error, state


@pytest.fixture
async def folder(both):
    return await both.make_folder()


@pytest.fixture
async def gone(both, folder):
    """A bookmark that was taken out of its only folder."""
    item = await both.save(folders=[folder], tags=["t"])
    await both.delete(f"folder/{folder}/bookmarks/{item['id']}")
    return item


async def test_c02_it_is_in_no_list(both, folder, gone):
    assert [] == await both.data("bookmark")
    assert [] == await both.data("bookmark?url=https://example.org/")
    assert [] == (await both.get("tag")).body
    assert [] == await both.data(f"folder/{folder}/children")
    assert [] == await both.data(f"folder/{folder}/childorder")
    assert 0 == await both.item("GET", f"folder/{folder}/count")


async def test_c02_it_is_in_the_trash_and_known_by_its_id(both, gone):
    trashed = await both.data("bookmark/deleted")

    assert [(gone["id"], [])] == [(item["id"], item["folders"]) for item in trashed]
    assert trashed == await both.data("bookmark?deleted=true")
    assert trashed == [await both.item("GET", f"bookmark/{gone['id']}")]
    assert 1 == await both.item("GET", "bookmark/deletedCount")


async def test_c02_undelete_puts_it_back(both, folder, gone):
    path = f"folder/{folder}/bookmarks/{gone['id']}/undelete"

    assert SUCCESS == (await both.post(path)).seen
    assert [gone] == [item | {"lastmodified": gone["lastmodified"]} for item in await both.data("bookmark")]
    assert error(404, "Not found") == (await both.post(path)).seen


async def test_c02_undelete_where_the_address_was_kept_again_elsewhere(both, ann, folder, gone):
    """Another door makes a new one; it stays, and nothing changes."""
    await make_bookmark(ann, url=gone["url"])
    before = await state(ann)
    answer = await both.post(f"folder/{folder}/bookmarks/{gone['id']}/undelete")

    assert error(400, "Bookmark already exists") == answer.seen
    assert before == await state(ann)


@pytest.mark.parametrize("content", [{"folders": None}, {"folders": [-1]}])
async def test_c02_saving_the_address_again_revives_it(both, gone, content):
    """The same id."""
    item = await both.save(**content)

    assert (gone["id"], [-1], ["t"]) == (item["id"], item["folders"], item["tags"])
    assert [] == await both.data("bookmark/deleted")


async def test_c02_a_folder_goes_and_comes_back_with_all_that_is_in_it(both, folder):
    inner = await both.make_folder("inner", folder)
    item = await both.save(folders=[inner])
    before = await both.data("folder/-1/children?layers=-1")
    await both.delete(f"folder/{folder}")

    assert [folder] == [one["id"] for one in await both.data("folder/deleted")]
    assert [] == await both.data("folder")
    assert [] == await both.data("folder/-1/children?layers=-1")

    assert SUCCESS == (await both.post(f"folder/{folder}/undelete")).seen
    after = await both.data("folder/-1/children?layers=-1")
    for tree in (before, after):
        tree[0]["children"][0]["children"][0].pop("lastmodified")
    assert before == after
    assert item["folders"] == (await both.item("GET", f"bookmark/{item['id']}"))["folders"]
    assert error(404, "Not found") == (await both.post(f"folder/{folder}/undelete")).seen


async def test_c02_the_folders_of_the_trash_are_emptied(both, folder):
    await both.delete(f"folder/{folder}")

    assert (200, {"status": "success", "data": []}) == (await both.delete("folder/deleted")).seen
    assert [] == await both.data("folder/deleted")
    assert 404 == (await both.post(f"folder/{folder}/undelete")).status


async def test_what_another_door_deletes_is_in_the_trash_too(both, ann):
    row = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [row.id])

    assert [both.id(row.id)] == [item["id"] for item in await both.data("bookmark/deleted")]


async def test_the_trash_of_another(both, gone, folder, cloud_ben):
    assert ([], []) == (await cloud_ben.data("bookmark/deleted"), await cloud_ben.data("folder/deleted"))
    assert error(404, "Not found") == (await cloud_ben.get(f"bookmark/{gone['id']}")).seen
    assert error(404, "Not found") == (await cloud_ben.post(f"folder/{folder}/bookmarks/{gone['id']}/undelete")).seen


async def test_a_long_trash_is_streamed(cloud, ann):
    """More than is held in memory at once."""
    ids = [(await make_bookmark(ann)).id for _ in range(1005)]
    for start in range(0, len(ids), 500):
        await trash.delete(await ann.ctx(), ids[start : start + 500])

    assert sorted(map(str, ids)) == sorted(item["id"] for item in await cloud.data("bookmark/deleted"))
    assert 10 == len(await cloud.data("bookmark?deleted=1"))
