"""What a request costs in SQL statements: the same for one row as for many."""

from __future__ import annotations

import pytest

from tests.databases import statements_counted

LISTS = [
    "bookmark", "bookmark?page=-1", "bookmark?limit=300", "bookmark?search[]=t&tags[]=all", "bookmark?url=https://0.example/",
    "bookmark?folder=-1&recursive=1&sortby=title", "bookmark?folder=-1&sortby=index", "bookmark?user=ann",
    "bookmark/deleted", "bookmark/{id}", "tag", "tag?count=1", "folder", "folder?layers=0", "folder/deleted",
    "folder/{folder}", "folder/-1/count", "folder/-1/children", "folder/-1/children?layers=-1",
    "folder/-1/childorder?layers=-1", "folder/-1/hash", "bookmark/totalClicks", "bookmark/duplicated",
    "bookmark/export",
]  # fmt: skip
MOST = 6  # the credential, the folder, the rows; a file needs the folders and the places in them as well


async def fill(cloud, rows):
    """That many bookmarks with two tags in folders of their own, and as many in the trash."""
    for number in range(rows):
        folder = await cloud.make_folder(str(number))
        item = await cloud.save(
            f"https://{number}.example/", tags=["all", str(number)], folders=[folder, -1], is_public=1
        )
        gone = await cloud.save(f"https://gone-{number}.example/", folders=[folder])
        await cloud.delete(f"folder/{folder}/bookmarks/{gone['id']}")
        trashed = await cloud.make_folder(f"gone {number}")
        await cloud.delete(f"folder/{trashed}")
    return item["id"], folder


async def costs(cloud, id, folder):
    found = {}
    for path in LISTS:
        async with statements_counted([]) as statements:
            answer = await cloud.get(path.format(id=id, folder=folder))

        assert 200 == answer.status
        found[path] = len(statements)
    return found


async def test_a_list_costs_as_many_statements_for_one_row_as_for_fifty(cloud):
    id, folder = await fill(cloud, 1)
    await costs(cloud, id, folder)  # what is remembered of the credential and of hashes is made now
    one = await costs(cloud, id, folder)
    id, folder = await fill(cloud, 50)
    await costs(cloud, id, folder)
    fifty = await costs(cloud, id, folder)

    assert one == fifty
    assert {} == {path: cost for path, cost in one.items() if cost > MOST}


@pytest.mark.parametrize(
    ("method", "path", "json", "most"),
    [
        ("GET", "bookmark?url=https://0.example/", None, 3),
        ("GET", "folder/-1/hash", None, 3),
        ("PUT", "bookmark/{id}", {"url": "https://2.example/", "title": "U", "folders": [-1]}, 20),
        ("POST", "bookmark", {"url": "https://new.example/", "title": "N", "folders": [-1]}, 20),
    ],
)
async def test_what_clients_ask_most_costs_little(cloud, method, path, json, most):
    """A client that syncs asks this for every bookmark."""
    id, folder = await fill(cloud, 3)
    await cloud.get("folder/-1/hash")
    async with statements_counted([]) as statements:
        answer = await cloud.call(method, path.format(id=id, folder=folder), **({} if json is None else {"json": json}))

    assert 200 == answer.status
    assert len(statements) <= most, [str(statement)[:80] for statement in statements]
