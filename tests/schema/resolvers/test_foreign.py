"""Somebody else's row, through every operation: the same answer as for a row that does not exist."""

from __future__ import annotations

import pytest
from strawberry import Some

from schema.errors import NotFound
from schema.inputs import BookmarkPatch
from schema.resolvers import assets, bookmarks, saving, states, tags, tokens, trash
from tests.factories import make_bookmark

MISSING = (987_654, 0, -1, 2**31, 2**63, 10**30)


async def chunks(data: bytes = b"bytes"):
    yield data


ONE = {
    "get": bookmarks.get,
    "update": lambda ctx, id: saving.update(ctx, id, BookmarkPatch(title=Some("taken over"))),
    "assets of": assets.find,
    "upload to": lambda ctx, id: assets.upload(ctx, id, "a.txt", "text/plain", chunks()),
    "announce at": lambda ctx, id: assets.announce(ctx, id, "a.txt", "text/plain"),
}
MANY = {
    "get many": bookmarks.get_many,
    "archive": states.archive,
    "unarchive": states.unarchive,
    "favorite": states.favorite,
    "publish": states.publish,
    "mark read": states.mark_read,
    "tag": lambda ctx, ids: states.tag(ctx, ids, add=["mine"]),
    "delete": trash.delete,
    "delete for good": lambda ctx, ids: trash.delete(ctx, ids, permanent=True),
    "restore": trash.restore,
    "purge": trash.purge,
}
TAG = {
    "get": tags.get,
    "rename": lambda ctx, id: tags.rename(ctx, id, "stolen"),
    "recolor": lambda ctx, id: tags.recolor(ctx, id, "#fff"),
    "delete": tags.delete,
    "merge into": lambda ctx, id: tags.merge(ctx, [], id),
    "merge from": None,
}
ASSET = {
    "get": assets.get,
    "download": assets.open_for_download,
    "complete": lambda ctx, id: assets.complete(ctx, id, chunks()),
    "delete": assets.delete,
}


@pytest.fixture
async def hers(ann):
    """A bookmark of ann's: public, tagged, with an asset; archived, so that every operation would change it."""
    row = await make_bookmark(ann, tag_names=["news"], is_public=True, is_archived=True)
    await assets.upload(await ann.ctx(), row.id, "kept.txt", "text/plain", chunks(b"hers"))
    return row


async def everything(person):
    """All that a person has, to see that nothing changed."""
    ctx = await person.ctx()
    rows = (await bookmarks.find(ctx)).items
    return (
        rows,
        (await bookmarks.trash(ctx)).items,
        (await tags.find(ctx)).items,
        [(await assets.find(ctx, row.id)).items for row in rows],
        ctx.user.change_seq,
    )


@pytest.mark.parametrize("name", ONE)
async def test_an_operation_on_one_foreign_bookmark_finds_nothing(name, ann, ben, hers):
    before = await everything(ann)
    ctx = await ben.ctx()
    for id in (hers.id, *MISSING):
        with pytest.raises(NotFound) as refusal:
            await ONE[name](ctx, id)

        assert "bookmark" == refusal.value.entity
    assert before == await everything(ann)


@pytest.mark.parametrize("name", MANY)
async def test_an_operation_on_many_passes_over_foreign_bookmarks(name, ann, ben, hers):
    before = await everything(ann)
    answer = await MANY[name](await ben.ctx(), [hers.id, *MISSING])

    assert [] == answer
    assert before == await everything(ann)


@pytest.mark.parametrize("name", ["restore", "purge"])
async def test_foreign_trash_is_out_of_reach(name, ann, ben, hers):
    await trash.delete(await ann.ctx(), [hers.id])
    before = await everything(ann)

    assert [] == await MANY[name](await ben.ctx(), [hers.id])
    assert before == await everything(ann)


@pytest.mark.parametrize("name", TAG)
async def test_a_foreign_tag_is_not_found(name, ann, ben, hers):
    (tag,) = (await tags.find(await ann.ctx())).items
    before = await everything(ann)
    ctx = await ben.ctx()
    own, _ = await tags.create(ctx, "own")
    operation = TAG[name] or (lambda ctx, id: tags.merge(ctx, [id], own.id))
    for id in (tag.id, *MISSING[:1]):
        with pytest.raises(NotFound) as refusal:
            await operation(ctx, id)

        assert "tag" == refusal.value.entity
    assert before == await everything(ann)


@pytest.mark.parametrize("name", ASSET)
async def test_a_foreign_asset_is_not_found(name, ann, ben, hers):
    (asset,) = (await assets.find(await ann.ctx(), hers.id)).items
    before = await everything(ann)
    ctx = await ben.ctx()
    for id in (asset.id, *MISSING[:1]):
        with pytest.raises(NotFound) as refusal:
            await ASSET[name](ctx, id)

        assert "asset" == refusal.value.entity
    assert before == await everything(ann)


async def test_a_foreign_token_cannot_be_revoked(ann, ben):
    (token,) = await tokens.find(await ann.ctx())
    for id in (token.id, *MISSING):
        with pytest.raises(NotFound):
            await tokens.revoke(await ben.ctx(), id)

    assert [token.id] == [one.id for one in await tokens.find(await ann.ctx())]


async def test_a_foreign_address_is_not_checked_as_kept(ann, ben, hers):
    checked = await bookmarks.check(await ben.ctx(), hers.url, fetch=False)

    assert checked.bookmark is None
