"""What a request costs in SQL statements: the same for one row as for many."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from schema.resolvers import accounts
from tests.databases import statements_counted
from tests.factories import make_bookmark

LISTS = {
    "/api/bookmarks/?limit=1": 3,
    "/api/bookmarks/?limit=100": 2,
    "/api/bookmarks/shared/?limit=100": 2,
    "/api/tags/?limit=100": 2,
    "/api/bookmarks/{id}/assets/?limit=100": 3,
    "/api/bookmarks/{id}/": 2,
    "/api/user/profile/": 1,
}


async def statements(client, path):
    async with statements_counted([]) as found:
        answer = await client.get(path)

    assert 200 == answer.status
    return found


async def fill(client, ann, rows):
    """That many bookmarks with two tags each, and as many assets of the last."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    for number in range(rows):
        row = await make_bookmark(ann, tag_names=["all", f"tag-{number}"], is_public=True)
    for _ in range(rows):
        form = FormData()
        form.add_field("file", b"x", filename="a.txt")
        await client.post(f"/api/bookmarks/{row.id}/assets/upload/", data=form)
    return row.id


@pytest.mark.parametrize("rows", [2, 50])
async def test_a_list_costs_as_many_statements_for_few_rows_as_for_many(linkding, ann, rows):
    """The credential, the rows, and the count where the page does not show it by itself."""
    id = await fill(linkding, ann, rows)
    cost = {path: len(await statements(linkding, path.format(id=id))) for path in LISTS}

    assert LISTS == cost


async def test_an_unchanged_count_is_not_counted_again(linkding, ann):
    """The second page of the same list needs the credential and its rows."""
    await fill(linkding, ann, 3)
    path = "/api/bookmarks/?limit=1"
    first, second = await statements(linkding, path), await statements(linkding, f"{path}&offset=1")
    await make_bookmark(ann)
    third = await statements(linkding, path)

    assert [3, 2, 3] == [len(first), len(second), len(third)]
