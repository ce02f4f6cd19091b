"""Lists by address: the order, and the index that gives it."""

from __future__ import annotations

import pytest
from tortoise.transactions import in_transaction

from models.queries import bookmarks as queries
from models.queries.bookmarks import EVERYTHING, position_of
from models.queries.build import Mine
from models.queries.connection import current
from models.queries.window import Order, Slice, Sort
from schema.types.kind import BookmarkKind
from tests.databases import ON_POSTGRES
from tests.factories import make_bookmark

LONG = "https://long.example/" + "x" * 500


def key(row):
    """What the database is to sort by, said in Python: ASCII has no case, and 400 characters count."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in (row.url_href or "")[:400])


@pytest.mark.parametrize("descending", [False, True])
async def test_the_order_is_the_same_everywhere(ann, descending):
    """Both databases; page by page, forwards and backwards. Ties go by id."""
    for url in ("https://b.example/Z", "https://B.example/a", "https://b.example/_", "https://b.example/-", f"{LONG}1"):
        await make_bookmark(ann, url=url)
    await make_bookmark(ann, url=f"{LONG}0")
    await make_bookmark(ann, url="javascript:ÄÖ")
    await make_bookmark(ann, url="https://a.example:99999/É")  # kept as it is: no browser's address
    for _ in range(2):
        await make_bookmark(ann, url=None, kind=BookmarkKind.NOTE)
    scope, sort = Mine(ann.user.id), Sort(Order.ADDRESS, descending)
    rows = await queries.page(scope, EVERYTHING, sort, Slice(100))
    expected = sorted(rows, key=lambda row: (key(row), row.id), reverse=descending)

    assert [row.url for row in expected] == [row.url for row in rows]
    for number, row in enumerate(rows):
        at = position_of(row, Order.ADDRESS)
        after = await queries.page(scope, EVERYTHING, sort, Slice(3, after=at))
        before = await queries.page(scope, EVERYTHING, sort, Slice(3, before=at, backwards=True))
        assert rows[number + 1 : number + 4] == after
        assert rows[max(number - 3, 0) : number] == before


async def test_the_index_is_used(ann):
    """The query speaks of the address in the words of ``ix_bookmark_address``, so no row is sorted."""
    _, dialect = current()
    text = (
        f"SELECT b.id FROM bookmark b WHERE b.owner_id = {ann.user.id} AND b.deleted_at IS NULL"
        f" AND {dialect.address} >= 'x' ORDER BY {dialect.address}, b.id LIMIT 5"
    )
    async with in_transaction("default") as connection:
        if ON_POSTGRES:  # of an empty table it would rather read all there is
            await connection.execute_script("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        _, rows = await connection.execute_query(f"EXPLAIN {'' if ON_POSTGRES else 'QUERY PLAN'} {text}")
    plan = " ".join(str(tuple(dict(row).values())) for row in rows)

    assert "ix_bookmark_address" in plan
    assert "Sort" not in plan
    assert "B-TREE" not in plan
