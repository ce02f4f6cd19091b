"""Which events come of which writes, through several doors (BK section 9.1)."""

from __future__ import annotations

import pytest
from strawberry import Some

from models import Delivery, Job, User, Webhook
from rest_compat.bkmark.routes import BKMARK
from rest_compat.linkding.routes import LINKDING
from rest_compat.nextcloud.routes import NEXTCLOUD
from schema.door import GRAPHQL
from schema.events import EVENTS
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy, FolderDraft, FolderPatch
from schema.operation import writing
from schema.resolvers import filing, folder_trash, moving, saving, states, tags, trash, webhooks
from schema.resolvers.filing import Child
from tests.databases import statements_counted
from tests.factories import make_bookmark

URL = "https://hooks.example/"
DOORS = {"graphql": GRAPHQL, "bkmark": BKMARK.door, "linkding": LINKDING.door, "nextcloud": NEXTCLOUD.door}


async def listen(person, *events, url=URL):
    """A webhook of the person's for these events, or for all."""
    return (await webhooks.create(await person.ctx(), url, events or EVENTS)).webhook


async def heard():
    """The events written down since the last look, in their order."""
    found = await Delivery.all().order_by("id").values_list("event", "subject")
    await Delivery.all().delete()
    return [(event, int(subject.partition(":")[2])) for event, subject in found]


async def names():
    return [event for event, _ in await heard()]


async def patch(ctx, id, **values):
    return await saving.update(ctx, id, BookmarkPatch(**{name: Some(value) for name, value in values.items()}))


@pytest.mark.parametrize("door", DOORS)
async def test_saving_a_bookmark_with_a_new_tag_tells_of_both(ann, door):
    await listen(ann)
    row = await make_bookmark(ann, DOORS[door], tag_names=["new"])

    assert ["tag.created", "bookmark.created"] == await names()
    await make_bookmark(ann, DOORS[door], tag_names=["NEW"])
    assert ["bookmark.created"] == await names()
    assert row.id


@pytest.mark.parametrize("door", DOORS)
async def test_bk18_a_flag_that_is_patched_to_what_it_is_tells_nothing(ann, door):
    """BK18: not at a door either that moves ``updated_at`` all the same."""
    await listen(ann)
    row = await make_bookmark(ann)
    await heard()
    ctx = await ann.ctx(DOORS[door])
    await patch(ctx, row.id, is_archived=True)
    await patch(ctx, row.id, is_archived=True)
    assert [("bookmark.archived", row.id)] == await heard()
    await states.unarchive(ctx, [row.id])
    await states.unarchive(ctx, [row.id])
    assert ["bookmark.unarchived"] == await names()
    await states.favorite(ctx, [row.id])
    await patch(ctx, row.id, is_favorite=True)
    assert ["bookmark.favorited"] == await names()
    await patch(ctx, row.id, is_favorite=False)
    assert ["bookmark.unfavorited"] == await names()


async def test_a_patch_of_a_flag_and_a_title_tells_both(ann):
    await listen(ann)
    row = await make_bookmark(ann)
    await heard()
    ctx = await ann.ctx()
    await patch(ctx, row.id, is_favorite=True, title="Another")
    assert ["bookmark.favorited", "bookmark.updated"] == await names()
    await patch(ctx, row.id, title="Another")
    assert [] == await names()


PATCHES = {
    "url": "https://moved.example/",
    "title": "t",
    "description": "d",
    "notes": "n",
    "is_public": True,
    "to_read": True,
    "tag_names": ["old"],
}


@pytest.mark.parametrize("name", PATCHES)
async def test_every_other_field_is_an_update(ann, name):
    ctx = await ann.ctx()
    await tags.create(ctx, "old")
    row = await make_bookmark(ann)
    await listen(ann)
    await patch(ctx, row.id, **{name: PATCHES[name]})
    assert ["bookmark.updated"] == await names()
    await patch(ctx, row.id, **{name: PATCHES[name]})
    assert [] == await names()


async def test_groups_of_a_bookmark_are_a_field_of_it_and_the_root_is_none(ann):
    ctx = await ann.ctx(BKMARK.door)
    folder = await filing.create(ctx, FolderDraft(name="F"))
    row = await make_bookmark(ann)
    await listen(ann)
    await filing.file(ctx, folder.id, row.id)
    assert ["bookmark.updated"] == await names()
    await filing.file(ctx, folder.id, row.id)
    assert [] == await names()
    await filing.take_out(ctx, folder.id, row.id)
    assert ["bookmark.updated"] == await names()
    await saving.update(ctx, row.id, BookmarkPatch(folder_ids=[folder.id]))
    assert ["bookmark.updated"] == await names()
    await saving.update(ctx, row.id, BookmarkPatch(folder_ids=[folder.id]))
    assert [] == await names()
    nextcloud = await ann.ctx(NEXTCLOUD.door)
    await filing.file(nextcloud, nextcloud.user.root_folder_id, row.id)
    assert [] == await names()
    await filing.take_out(nextcloud, folder.id, row.id)
    assert ["bookmark.updated"] == await names()
    await filing.take_out(nextcloud, nextcloud.user.root_folder_id, row.id)  # its last one: into the trash
    assert [] == await names()


async def test_the_trash_is_told_of_when_something_leaves_it(ann):
    """With the last facts, although its images in the change log go."""
    row = await make_bookmark(ann, title="Gone", tag_names=["kept"])
    await listen(ann)
    ctx = await ann.ctx()
    await trash.delete(ctx, [row.id])
    assert [] == await names()
    await trash.restore(ctx, [row.id])
    assert ["bookmark.restored"] == await names()
    await trash.delete(ctx, [row.id])
    await trash.purge(ctx, [row.id])
    facts = (await Delivery.get()).facts
    assert ("Gone", ["kept"]) == (facts["title"], [tag["name"] for tag in facts["tags"]])
    assert facts["deleted_at"]
    assert ["bookmark.deleted"] == await names()


async def test_deleting_a_live_one_for_good_tells_it(ann):
    row = await make_bookmark(ann)
    await listen(ann)
    await trash.delete(await ann.ctx(), [row.id], permanent=True)
    assert [("bookmark.deleted", row.id)] == await heard()


async def test_an_address_saved_again_is_an_update_or_nothing(ann):
    row = await make_bookmark(ann, url="https://a.example/", title="One")
    await listen(ann)
    ctx = await ann.ctx(LINKDING.door)
    for title, told in (("One", []), ("Two", ["bookmark.updated"])):
        draft = BookmarkDraft(url="https://a.example/", title=title)
        await saving.save(ctx, draft, ConflictPolicy.REPLACE, fetch=False)
        assert told == await names(), title
    assert row.id


async def test_tags_are_told_by_name_and_colour(ann):
    await listen(ann)
    ctx = await ann.ctx()
    one, _ = await tags.create(ctx, "one")
    assert [("tag.created", one.id)] == await heard()
    await tags.create(ctx, "ONE")
    assert [] == await names()
    await tags.rename(ctx, one.id, "uno")
    await tags.recolor(ctx, one.id, "#ff0000")
    await tags.recolor(ctx, one.id, "#ff0000")
    assert ["tag.updated", "tag.updated"] == await names()
    two, _ = await tags.create(ctx, "two")
    await heard()
    await tags.merge(ctx, [one.id], two.id)
    assert [("tag.deleted", one.id)] == await heard()
    await tags.delete(ctx, two.id)
    assert "two" == (await Delivery.get()).facts["name"]
    assert [("tag.deleted", two.id)] == await heard()


async def test_groups_are_told_by_name_and_colour(ann):
    await listen(ann)
    ctx = await ann.ctx()
    outer = await filing.create(ctx, FolderDraft(name="Outer"))
    inner = await filing.create(ctx, FolderDraft(name="Inner", parent_id=outer.id))
    assert [("group.created", outer.id), ("group.created", inner.id)] == await heard()
    await filing.update(ctx, inner.id, FolderPatch(name=Some("In")))
    await filing.update(ctx, inner.id, FolderPatch(color=Some("#aabbcc")))
    assert ["group.updated", "group.updated"] == await names()
    await filing.update(ctx, inner.id, FolderPatch(description=Some("text"), icon=Some("star")))
    await filing.update(ctx, inner.id, FolderPatch(parent_id=ctx.user.root_folder_id))
    await moving.move(ctx, inner.id, ctx.user.root_folder_id, Child("folder", outer.id))
    await filing.reorder(ctx, ctx.user.root_folder_id, [Child("folder", outer.id), Child("folder", inner.id)])
    assert [] == await names()


async def test_a_folder_that_goes_takes_along_what_is_in_it(ann):
    """Into the trash and back: deleted and created to the outside, which knows no trash of groups."""
    ctx = await ann.ctx()
    outer = await filing.create(ctx, FolderDraft(name="Outer"))
    inner = await filing.create(ctx, FolderDraft(name="Inner", parent_id=outer.id))
    row = await make_bookmark(ann, folder_ids=[inner.id])
    await listen(ann)
    await folder_trash.delete(ctx, outer.id)
    assert [("group.deleted", outer.id), ("group.deleted", inner.id)] == await heard()
    await folder_trash.restore(ctx, outer.id)
    assert {("group.created", outer.id), ("group.created", inner.id), ("bookmark.restored", row.id)} == {*await heard()}
    await folder_trash.delete(ctx, outer.id)
    await heard()
    await folder_trash.empty(ctx)
    assert [] == await names()
    third = await filing.create(ctx, FolderDraft(name="Third", color="#123456"))
    await heard()
    await folder_trash.delete(ctx, third.id, permanent=True)
    facts = (await Delivery.get()).facts
    assert ("Third", "#123456") == (facts["name"], facts["color"])
    assert [("group.deleted", third.id)] == await heard()


async def test_a_folder_deleted_alone_is_one_event_and_what_moves_to_another_is_told(ann):
    ctx = await ann.ctx(BKMARK.door)
    one = await filing.create(ctx, FolderDraft(name="One"))
    two = await filing.create(ctx, FolderDraft(name="Two"))
    row = await make_bookmark(ann, BKMARK.door, folder_ids=[one.id])
    await listen(ann)
    await folder_trash.delete(ctx, one.id, keep_contents=True, move_bookmarks_to=two.id)
    assert {("group.deleted", one.id), ("bookmark.updated", row.id)} == {*await heard()}
    await folder_trash.delete(ctx, two.id, keep_contents=True)
    assert [("group.deleted", two.id)] == await heard()


async def test_clicks_and_bookmarklets_are_no_events(ann):
    row = await make_bookmark(ann, url="https://a.example/")
    await listen(ann)
    ctx = await ann.ctx()
    await states.click(ctx, "https://a.example/")
    script = await make_bookmark(ann, url="javascript:alert(1)")
    await patch(ctx, script.id, title="Another")
    await trash.delete(ctx, [script.id], permanent=True)

    assert [] == await names()
    assert row.id


async def test_only_what_was_asked_for_and_may_be_read_is_written_down(ann):
    hook = await listen(ann, "tag.created", "bookmark.created")
    await Webhook.filter(id=hook.id).update(scopes="tags:read")
    await make_bookmark(ann, tag_names=["one"])

    assert ["tag.created"] == await names()


async def test_nobody_hears_of_what_was_rolled_back_or_of_others(ann, ben):
    await listen(ann)
    await make_bookmark(ben)
    row = await make_bookmark(ann)
    await heard()
    with pytest.raises(LookupError):
        await _fail_after_writing(await ann.ctx(), row.id)

    assert [] == await names()


async def _fail_after_writing(ctx, id):
    async with writing(ctx):
        await states.archive(ctx, [id])
        raise LookupError


async def test_who_has_no_webhook_pays_nothing(ann):
    """The same statements as ever, to the letter; and again once the last webhook is gone."""
    rows = [await make_bookmark(ann) for _ in range(2)]
    ctx = await ann.ctx()
    async with statements_counted([]) as before:
        await states.archive(ctx, [rows[0].id])
    hook = await listen(ann)
    async with statements_counted([]) as during:
        await states.unarchive(await ann.ctx(), [rows[0].id])
    await webhooks.delete(await ann.ctx(), hook.name)
    ctx = await ann.ctx()
    async with statements_counted([]) as after:
        await states.archive(ctx, [rows[1].id])

    assert before == after
    assert len(before) < len(during)
    assert not any(table in " ".join(before) for table in ('"webhook"', '"delivery"', '"job"'))


@pytest.mark.parametrize("operation", ["archive", "delete for good", "tag"])
async def test_a_webhook_costs_as_many_statements_for_one_as_for_a_hundred(ann, operation):
    """What the events themselves take: those of the same write without a webhook are taken off."""

    async def cost(number):
        rows = [await make_bookmark(ann) for _ in range(number)]
        ids = [row.id for row in rows]
        ctx = await ann.ctx()
        async with statements_counted([]) as statements:
            match operation:
                case "archive":
                    await states.archive(ctx, ids)
                case "tag":
                    await states.tag(ctx, ids, add=["new"])
                case _:
                    await trash.delete(ctx, ids, permanent=True)
        return len(statements)

    await tags.create(await ann.ctx(), "new")
    silent = [await cost(1), await cost(100)]
    await listen(ann)
    heard = [await cost(1), await cost(100)]

    assert heard[0] - silent[0] == heard[1] - silent[1]
    assert heard[0] - silent[0] <= 9
    assert 100 <= await Delivery.filter(subject__startswith="bookmark").count()
    assert 1 == await Job.filter(kind="deliver").count()
    assert await User.filter(has_webhooks=True).exists()
