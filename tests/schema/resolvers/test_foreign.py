"""Somebody else's row, through every operation: the same answer as for a row that does not exist."""

from __future__ import annotations

import pytest
from strawberry import Some

from models import Delivery
from models import url as urls
from models.queries.tree import Addressed, InFolder
from models.queries.window import Order, Sort
from schema.door import GRAPHQL
from schema.errors import Forbidden, Invalid, Locked, NotFound
from schema.events import EVENTS
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy, FolderDraft, FolderPatch
from schema.resolvers import (
    api_keys,
    assets,
    bookmarks,
    bundles,
    filing,
    folder_trash,
    folders,
    hashes,
    locks,
    membership,
    oauth_clients,
    oauth_consent,
    saving,
    states,
    summaries,
    tags,
    tokens,
    trash,
    webhooks,
)
from schema.resolvers.bundles import BundleDraft, BundlePatch
from schema.resolvers.filing import Child
from tests.factories import make_bookmark
from tests.schema.library import SYNC
from tests.schema.oauth import enter, make_client

MISSING = (987_654, 0, -1, 2**31, 2**63, 10**30)


async def chunks(data: bytes = b"bytes"):
    yield data


ONE = {
    "get": bookmarks.get,
    "get or from the trash": lambda ctx, id: bookmarks.get(ctx, id, or_trash=True),
    "refile": lambda ctx, id: saving.update(ctx, id, BookmarkPatch(folder_ids=[ctx.user.root_folder_id])),
    "check known": saving.check_known,
    "file": lambda ctx, id: filing.file(ctx, ctx.user.root_folder_id, id),
    "put back": lambda ctx, id: folder_trash.put_back(ctx, ctx.user.root_folder_id, id),
    "update": lambda ctx, id: saving.update(ctx, id, BookmarkPatch(title=Some("taken over"))),
    "discard": trash.discard,
    "discard for good": lambda ctx, id: trash.discard(ctx, id, permanent=True),
    "restore one": trash.restore_one,
    "summarize": summaries.summarize,
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
    "restore some": lambda ctx, ids: first_of(trash.restore_some(ctx, ids)),
    "join": lambda ctx, ids: own_folder(ctx, lambda own: membership.join(ctx, ids, [own])),
    "leave": lambda ctx, ids: own_folder(ctx, lambda own: membership.leave(ctx, ids, [own])),
    "purge": trash.purge,
}
FOLDER = {
    "get": folders.get,
    "below": folders.below,
    "count": folders.count,
    "outline": folders.outline,
    "hash": hashes.of,
    "create in": lambda ctx, id: filing.create(ctx, FolderDraft(parent_id=id)),
    "rename": lambda ctx, id: filing.update(ctx, id, FolderPatch(name=Some("stolen"))),
    "move": lambda ctx, id: filing.update(ctx, id, FolderPatch(parent_id=ctx.user.root_folder_id)),
    "move into": lambda ctx, id: own_folder(ctx, lambda own: filing.update(ctx, own, FolderPatch(parent_id=id))),
    "delete": folder_trash.delete,
    "delete for good": lambda ctx, id: folder_trash.delete(ctx, id, permanent=True),
    "delete but keep contents": lambda ctx, id: folder_trash.delete(ctx, id, keep_contents=True),
    "move bookmarks to": lambda ctx, id: own_folder(
        ctx, lambda own: folder_trash.delete(ctx, own, move_bookmarks_to=id)
    ),
    "restore": folder_trash.restore,
    "join": lambda ctx, id: own_bookmark(ctx, lambda own: membership.join(ctx, [own], [id])),
    "leave": lambda ctx, id: own_bookmark(ctx, lambda own: membership.leave(ctx, [own], [id])),
    "reorder": lambda ctx, id: filing.reorder(ctx, id, []),
    "file in": lambda ctx, id: own_bookmark(ctx, lambda own: filing.file(ctx, id, own)),
    "take out of": lambda ctx, id: own_bookmark(ctx, lambda own: filing.take_out(ctx, id, own)),
    "put back in": lambda ctx, id: own_bookmark(ctx, lambda own: folder_trash.put_back(ctx, id, own)),
    "save in": lambda ctx, id: saving.save(
        ctx, BookmarkDraft(url="https://new.example/", title="t", folder_ids=[id, ctx.user.root_folder_id]), fetch=False
    ),
    "merge into": lambda ctx, id: own_bookmark(
        ctx,
        lambda _: saving.save(
            ctx,
            BookmarkDraft(url="https://own.example/", title="t", folder_ids=[id]),
            ConflictPolicy.MERGE,
            fetch=False,
        ),
    ),
    "refile to": lambda ctx, id: own_bookmark(
        ctx, lambda own: saving.update(ctx, own, BookmarkPatch(folder_ids=[id]), drop_unknown_folders=True)
    ),
}
TAG = {
    "get": tags.get,
    "rename": lambda ctx, id: tags.rename(ctx, id, "stolen"),
    "recolor": lambda ctx, id: tags.recolor(ctx, id, "#fff"),
    "update": lambda ctx, id: tags.update(ctx, id, name=Some("stolen"), color=Some(None)),
    "delete": tags.delete,
    "merge into": lambda ctx, id: tags.merge(ctx, [], id),
    "merge from": None,
    "tag with": lambda ctx, id: own_bookmark(ctx, lambda own: states.tag(ctx, [own], add_ids=[id])),
    "untag": lambda ctx, id: own_bookmark(ctx, lambda own: states.tag(ctx, [own], remove_ids=[id])),
    "retag with": lambda ctx, id: own_bookmark(ctx, lambda own: saving.update(ctx, own, BookmarkPatch(tag_ids=[id]))),
    "save with": lambda ctx, id: saving.save(
        ctx, BookmarkDraft(url="https://new.example/", title="t", tag_ids=[id]), fetch=False
    ),
}
ASSET = {
    "get": assets.get,
    "download": assets.open_for_download,
    "complete": lambda ctx, id: assets.complete(ctx, id, chunks()),
    "delete": assets.delete,
}


async def first_of(pair):
    """The first half of what an operation returns."""
    return (await pair)[0]


async def own_folder(ctx, then):
    """Do something with a folder of one's own."""
    return await then((await filing.create(ctx, FolderDraft(name="own"))).id)


async def own_bookmark(ctx, then):
    """Do something with a bookmark of one's own."""
    draft = BookmarkDraft(url="https://own.example/", title="own")
    return await then((await saving.save(ctx, draft, ConflictPolicy.RETURN_EXISTING, fetch=False)).bookmark.id)


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
        await folders.below(ctx, ctx.user.root_folder_id),
        await folders.trashed(ctx),
        [steps async for steps in await folders.outline(ctx, ctx.user.root_folder_id)],
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


@pytest.mark.parametrize("name", ["restore", "restore some", "purge"])
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
    for id in (tag.id, *MISSING):
        with pytest.raises(NotFound) as refusal:
            await operation(ctx, id)

        assert "tag" == refusal.value.entity
    assert before == await everything(ann)


BUNDLE = {
    "get": bundles.get,
    "check known": bundles.check_known,
    "update": lambda ctx, id: bundles.update(ctx, id, BundlePatch(name=Some("stolen"))),
    "delete": bundles.delete,
}


@pytest.mark.parametrize("name", BUNDLE)
async def test_a_foreign_bundle_is_not_found(name, ann, ben):
    made = await bundles.create(await ann.ctx(), BundleDraft("hers"))
    ctx = await ben.ctx()
    for id in (made.id, *MISSING):
        with pytest.raises(NotFound) as refusal:
            await BUNDLE[name](ctx, id)

        assert "bundle" == refusal.value.entity
        assert await bundles.filter_of(ctx, id) is None
    assert [] == await bundles.get_many(ctx, [made.id, *MISSING])
    assert [made] == (await bundles.find(await ann.ctx())).items


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


async def test_a_foreign_key_is_not_reached(ann, ben):
    key = (await api_keys.create(await ann.ctx(), "hers", ["tags:read"])).token
    for id in (key.id, *MISSING):
        for attempt in (api_keys.revoke, lambda ctx, id: api_keys.update(ctx, id, name=Some("his"))):
            with pytest.raises(NotFound):
                await attempt(await ben.ctx(), id)

    assert [key] == await api_keys.find(await ann.ctx())
    assert [] == await api_keys.find(await ben.ctx())


async def test_a_foreign_webhook_is_not_reached(ann, ben):
    made = await webhooks.create(await ann.ctx(), "https://hooks.example/", EVENTS)
    await make_bookmark(ann)
    hook, delivery = made.webhook, await Delivery.get()
    ctx = await ben.ctx()
    for name in (hook.name, "wh_nothing", "", "\0", "\ud800", "x" * 5000):
        for attempt in (
            webhooks.get,
            lambda ctx, name: webhooks.update(ctx, name, is_active=Some(False)),
            webhooks.delete,
            webhooks.deliveries,
            webhooks.events,
            lambda ctx, name: webhooks.redeliver(ctx, name, delivery.name),
        ):
            with pytest.raises(NotFound) as refusal:
                await attempt(ctx, name)

            assert "webhook" == refusal.value.entity
    assert [] == await webhooks.find(ctx)
    assert [] == await webhooks.get_many(ctx, [hook.id, *MISSING])
    assert [] == await webhooks.deliveries_by_ids(ctx, [delivery.id, *MISSING])
    assert [hook] == await webhooks.find(await ann.ctx())


async def test_foreign_programs_are_not_removed_nor_disconnected(ann, ben):
    client, _ = await make_client(ann)
    await enter(ann, client)
    (grant,) = await oauth_consent.connected(await ann.ctx())
    ctx = await ben.ctx()
    for operation, own, entity in (
        (oauth_clients.remove, client.id, "oauth_client"),
        (oauth_consent.disconnect, grant.id, "oauth_grant"),
    ):
        for id in (own, *MISSING):
            with pytest.raises(NotFound) as refusal:
                await operation(ctx, id)

            assert entity == refusal.value.entity
    assert ([], []) == (await oauth_clients.find(ctx), await oauth_consent.connected(ctx))
    assert [client] == await oauth_clients.find(await ann.ctx())
    assert [grant] == await oauth_consent.connected(await ann.ctx())


async def test_a_foreign_address_is_not_checked_as_kept(ann, ben, hers):
    checked = await bookmarks.check(await ben.ctx(), hers.url, fetch=False)

    assert checked.bookmark is None


@pytest.fixture(params=[True, False])
async def her_folder(request, ann, hers):
    """A folder of ann's with her bookmark in it: live, or in the trash."""
    ctx = await ann.ctx()
    row = await filing.create(ctx, FolderDraft(name="hers"))
    await filing.file(ctx, row.id, hers.id)
    if request.param:
        await folder_trash.delete(ctx, row.id)
    return row


@pytest.mark.parametrize("name", FOLDER)
async def test_a_foreign_folder_is_not_found(name, ann, ben, her_folder):
    """Hers, live or in the trash, and ids that nobody has: one answer at both kinds of doors, and nothing changes."""
    before = await everything(ann)
    for door in (GRAPHQL, SYNC):
        ctx = await ben.ctx(door)
        for id in (her_folder.id, ann.user.root_folder_id, *MISSING):
            with pytest.raises(NotFound) as refusal:
                await FOLDER[name](ctx, id)

            assert "folder" == refusal.value.entity
    assert before == await everything(ann)
    assert not (await bookmarks.find(ctx, Addressed(urls.digest("https://new.example/")))).items


async def test_foreign_folders_are_no_filter_and_in_no_list(ann, ben, hers, her_folder):
    ctx = await ben.ctx()
    for id in (her_folder.id, ann.user.root_folder_id, *MISSING):
        for recursive in (False, True):
            place = Sort(Order.PLACE, folder_id=id)

            assert [] == (await bookmarks.find(ctx, InFolder(id, recursive), place)).items
            assert 0 == await bookmarks.count(ctx, InFolder(id, recursive))
    assert [] == await folders.get_many(ctx, [her_folder.id, *MISSING])
    assert [] == await folders.trashed(ctx)


async def test_foreign_things_in_an_order_are_too_many(ann, ben, hers, her_folder):
    before = await everything(ann)
    ctx = await ben.ctx(SYNC)
    for child in (Child("bookmark", hers.id), Child("folder", her_folder.id), Child("bookmark", MISSING[0])):
        with pytest.raises(Invalid) as refusal:
            await filing.reorder(ctx, ctx.user.root_folder_id, [child])

        assert ["too_many_children"] == [fault.rule for fault in refusal.value.faults]
    assert before == await everything(ann)


async def test_what_is_taken_out_without_being_there_stays_where_it_is(ann, ben, hers):
    before = await everything(ann)
    for door in (GRAPHQL, SYNC):
        ctx = await ben.ctx(door)
        for id in (hers.id, *MISSING):
            assert not await filing.take_out(ctx, ctx.user.root_folder_id, id)
            assert not await filing.take_out(ctx, ctx.user.root_folder_id, id, permanent=True)
    assert before == await everything(ann)


async def test_emptying_a_trash_takes_nobody_elses_folders(ann, ben, hers, her_folder, ports):
    before = await everything(ann)
    ctx = await ben.ctx()
    ports.clock.forward(days=99)

    assert 0 == await folder_trash.empty(ctx)
    assert 0 == await folder_trash.forget_places(ctx, deleted_before=ports.clock.now(), most=100)
    assert before == await everything(ann)


async def test_a_foreign_address_is_not_followed(ann, ben, hers):
    with pytest.raises(NotFound):
        await states.click(await ben.ctx(), hers.url)

    assert 0 == (await bookmarks.get(await ann.ctx(), hers.id)).click_count


async def test_locks_are_everybodys_own(ann, ben):
    await locks.acquire(await ann.ctx())
    await locks.acquire(await ben.ctx())
    await locks.release(await ben.ctx())

    with pytest.raises(Locked):
        await locks.acquire(await ann.ctx())


async def test_what_somebody_does_not_publish_looks_no_different_in_other_lists(ann, ben, hers):
    """Whose name one knows, whose private bookmarks one still cannot read (NC-6.3 tells that they are there)."""
    private = await make_bookmark(ann)
    ctx = await ben.ctx(SYNC)

    assert [hers.id] == [row.id for row in (await bookmarks.published(ctx, "ann")).items]
    with pytest.raises(Forbidden):
        await bookmarks.published_one(ctx, "ann", private.id)
    for id in MISSING:
        with pytest.raises(NotFound):
            await bookmarks.published_one(ctx, "ann", id)
