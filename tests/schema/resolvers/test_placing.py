"""Saving into folders: at a door where the root is a folder like others, and where it stands for none."""

from __future__ import annotations

import pytest
from strawberry import Some

from models import Bookmark, Change, Placement
from schema.door import GRAPHQL, Door
from schema.errors import Conflict, Invalid, NotFound
from schema.formats.entries import Entry
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy, FolderDraft
from schema.ports import PageData
from schema.resolvers import bookmarks, filing, imports, saving, trash
from tests.factories import make_bookmark
from tests.schema.library import SYNC

URL = "https://a.example/"


async def save(ctx, policy=ConflictPolicy.MERGE, *, fetch=False, **draft):
    return await saving.save(ctx, BookmarkDraft(**({"url": URL, "title": "t"} | draft)), policy, fetch=fetch)


async def places(id):
    """The live folders of a bookmark, and those of the trash."""
    rows = await Placement.filter(bookmark_id=id).order_by("folder_id").values_list("folder_id", "deleted_at")
    return [folder for folder, gone in rows if gone is None], [folder for folder, gone in rows if gone is not None]


@pytest.fixture
async def three(ann):
    """The root and two folders, by id."""
    ctx = await ann.ctx()
    made = [await filing.create(ctx, FolderDraft(name=name)) for name in "ab"]
    return ctx.user.root_folder_id, *(row.id for row in made)


@pytest.mark.parametrize("door", [GRAPHQL, SYNC], ids=lambda door: door.name)
async def test_a_new_bookmark_goes_into_the_folders_that_it_names_else_into_the_root(door, ann, three):
    root, a, b = three
    ctx = await ann.ctx(door)

    assert [root] == (await places((await save(ctx, url="https://1.example/")).bookmark.id))[0]
    assert [a, b] == (await places((await save(ctx, url="https://2.example/", folder_ids=[b, a])).bookmark.id))[0]
    assert [root] == (await places((await save(ctx, url="https://3.example/", folder_ids=[root])).bookmark.id))[0]


@pytest.mark.parametrize(("door", "rooted"), [(GRAPHQL, False), (SYNC, True)], ids=["graphql", "sync"])
async def test_the_root_beside_folders_is_only_for_doors_that_take_it_for_one(door, rooted, ann, three):
    root, a, _ = three
    ctx = await ann.ctx(door)
    both = [root, a] if rooted else [a]
    made = (await save(ctx, folder_ids=[a, root])).bookmark.id
    first = (await places(made))[0]
    await save(ctx, folder_ids=[root])
    await filing.file(ctx, root, made)
    await saving.update(ctx, made, BookmarkPatch(folder_ids=[a, root]))
    later = (await places(made))[0]
    await save(ctx, url="https://b.example/")
    other = (await save(ctx, url="https://b.example/", folder_ids=[a])).bookmark.id

    assert both == first == later
    assert both == (await places(other))[0]


async def test_a_place_in_the_root_that_another_door_gave_is_left_alone(ann, three):
    root, a, b = three
    made = (await save(await ann.ctx(SYNC), folder_ids=[root, a])).bookmark.id
    ctx = await ann.ctx()
    seen = []
    for wanted in ([b], [a, b], []):
        await saving.update(ctx, made, BookmarkPatch(folder_ids=wanted))
        seen.append((await places(made))[0])

    assert [[root, b], [root, a, b], [root]] == seen


async def test_no_folders_at_all_are_the_root_at_every_door(ann, three):
    """So that nothing is lost, should a door ask for it."""
    root, a, _ = three
    for door in (GRAPHQL, SYNC):
        made = (await save(await ann.ctx(door), folder_ids=[a])).bookmark.id
        await saving.update(await ann.ctx(door), made, BookmarkPatch(folder_ids=[]))

        assert [root] == (await places(made))[0]


async def test_replacing_folders_keeps_the_place_where_it_stays(ann, three):
    _, a, b = three
    first, second = [(await make_bookmark(ann, SYNC, folder_ids=[a])).id for _ in range(2)]
    ctx = await ann.ctx(SYNC)
    await saving.update(ctx, first, BookmarkPatch(folder_ids=[b, a]))
    rows = await Placement.filter(folder_id=a).order_by("position").values_list("bookmark_id", flat=True)

    assert [first, second] == rows


async def test_naming_the_same_folders_changes_nothing(ann, three):
    _, a, b = three
    made = (await save(await ann.ctx(SYNC), folder_ids=[a, b])).bookmark
    ctx = await ann.ctx(SYNC)
    same = await saving.update(ctx, made.id, BookmarkPatch(folder_ids=[b, a, b], title=Some("t")))

    assert made.updated_at == same.updated_at
    assert ["create"] == await Change.filter(entity="bookmark").values_list("operation", flat=True)


async def test_merging_adds_folders_and_leaving_alone_does_not(ann, three):
    root, a, b = three
    ctx = await ann.ctx(SYNC)
    made = (await save(ctx, folder_ids=[a])).bookmark.id
    await save(ctx, ConflictPolicy.RETURN_EXISTING, folder_ids=[root])
    untouched = (await places(made))[0]
    with pytest.raises(Conflict):
        await save(ctx, ConflictPolicy.ERROR, folder_ids=[b])
    merged = (await save(ctx, folder_ids=[b])).bookmark

    assert [a] == untouched
    assert [a, b] == sorted(merged.folder_ids)


@pytest.mark.parametrize("folder_ids", [[99], [-1], [0], [2**31], [10**30]])
async def test_unknown_folders_refuse_a_save_and_nothing_is_kept(folder_ids, ann, three):
    ctx = await ann.ctx(SYNC)
    for wanted in (folder_ids, [three[1], *folder_ids]):
        with pytest.raises(NotFound) as refusal:
            await save(ctx, folder_ids=wanted)

        assert "folder" == refusal.value.entity
    assert 0 == await Bookmark.all().count()


async def test_an_update_may_drop_unknown_folders_as_long_as_one_is_known(ann, three):
    root, a, _ = three
    ctx = await ann.ctx(SYNC)
    made = (await save(ctx)).bookmark.id
    with pytest.raises(NotFound):
        await saving.update(ctx, made, BookmarkPatch(folder_ids=[a, 99]))
    with pytest.raises(NotFound):
        await saving.update(ctx, made, BookmarkPatch(folder_ids=[99]), drop_unknown_folders=True)
    kept = (await places(made))[0]
    await saving.update(ctx, made, BookmarkPatch(folder_ids=[99, a]), drop_unknown_folders=True)

    assert [root] == kept
    assert [a] == (await places(made))[0]


async def test_five_hundred_folders_are_as_many_as_a_bookmark_may_name(ann, three):
    ctx = await ann.ctx(SYNC)
    ids = [(await filing.create(ctx, FolderDraft())).id for _ in range(500)]
    made = (await save(ctx, folder_ids=ids)).bookmark
    with pytest.raises(Invalid) as refusal:
        await save(ctx, folder_ids=[*ids, three[0]])

    assert ids == sorted(made.folder_ids)
    assert ("too_many", 500) == (refusal.value.faults[0].rule, refusal.value.faults[0].limit)


async def test_merging_takes_what_is_given_and_keeps_the_rest(ann):
    """Where empty texts are meant, they are given too; where they are not, they are left out."""
    ctx = await ann.ctx(SYNC)
    await save(ctx, title="T", description="D", tag_names=["a"])
    kept = (await save(ctx, title=None, tag_names=["b"])).bookmark
    emptied = (await save(ctx, title="", description="")).bookmark
    filled = (await save(await ann.ctx(), title="", description="D")).bookmark
    again = (await save(await ann.ctx(), title="T", description="")).bookmark

    assert ("T", "D", ["a", "b"]) == (kept.title, kept.description, sorted(kept.tag_names))
    assert ("", "") == (emptied.title, emptied.description)
    assert ("", "D") == (filled.title, filled.description)
    assert ("T", "D") == (again.title, again.description)


async def test_an_empty_title_that_is_meant_is_not_filled_from_the_page(ann, ports):
    ports.websites.pages[URL] = PageData(URL, title="Page", description="Says")
    meant = (await save(await ann.ctx(SYNC), title="", description=None, fetch=True)).bookmark
    filled = (await save(await ann.ctx(), url=URL, title="", fetch=True, policy=ConflictPolicy.REPLACE)).bookmark

    assert ("", "Says") == (meant.title, meant.description)
    assert ("Page", "Says") == (filled.title, filled.description)


async def test_a_title_is_made_up_where_a_door_says_so_and_the_page_says_none(ann, ports):
    door = Door("maker", make_up_title=str.upper, keeps_empty=True)
    ports.websites.pages["https://says.example/"] = PageData("https://says.example/", title="Page")
    ctx = await ann.ctx(door)
    made_up = (await save(ctx, title=None, fetch=True)).bookmark
    read = (await save(ctx, url="https://says.example/", title=None, fetch=True)).bookmark
    meant = (await save(ctx, url="https://c.example/", title="", fetch=True)).bookmark
    plain = (await save(await ann.ctx(), url="https://d.example/", title=None)).bookmark

    assert [("HTTPS://A.EXAMPLE/", True), ("Page", False), ("", False), ("", False)] == [
        (row.title, row.is_title_provisional) for row in (made_up, read, meant, plain)
    ]


@pytest.mark.parametrize("policy", [ConflictPolicy.MERGE, ConflictPolicy.ERROR, ConflictPolicy.RETURN_EXISTING])
async def test_saving_what_is_in_the_trash_brings_it_back_where_clients_know_of_it(policy, ann, three):
    """The same row, where it is asked for, with what the draft gives over what it had (NC-13.4)."""
    _, a, b = three
    ctx = await ann.ctx(SYNC)
    made = (await save(ctx, title="T", description="D", tag_names=["x"], folder_ids=[a])).bookmark
    await filing.take_out(ctx, a, made.id)
    back = await save(ctx, policy, title="U", folder_ids=[b])

    assert (made.id, False) == (back.bookmark.id, back.created)
    assert ("U", "D", ["x"], [b]) == (
        back.bookmark.title,
        back.bookmark.description,
        back.bookmark.tag_names,
        back.bookmark.folder_ids,
    )
    assert back.bookmark.updated_at > made.updated_at
    operations = await Change.filter(entity="bookmark").order_by("seq").values_list("operation", flat=True)
    assert ["create", "delete", "restore", "update"] == operations


async def test_what_comes_out_of_the_trash_without_naming_folders_is_in_the_root(ann, three):
    root, a, _ = three
    ctx = await ann.ctx(SYNC)
    made = (await save(ctx, folder_ids=[a])).bookmark.id
    await filing.take_out(ctx, a, made)
    await save(ctx)

    assert ([root], [a]) == await places(made)


async def test_a_place_in_the_trash_is_taken_up_again_at_the_end(ann, three):
    """NC-6.2: a trashed copy in the target folder is restored."""
    _, a, _ = three
    ctx = await ann.ctx(SYNC)
    made = (await save(ctx, folder_ids=[a])).bookmark.id
    other = (await save(ctx, url="https://b.example/", folder_ids=[a])).bookmark.id
    await filing.take_out(ctx, a, made)
    await save(ctx, folder_ids=[a])

    assert ([a], []) == await places(made)
    assert [other, made] == await Placement.filter(folder_id=a).order_by("position").values_list(
        "bookmark_id", flat=True
    )


@pytest.mark.parametrize("door", [GRAPHQL, SYNC], ids=lambda door: door.name)
async def test_saving_makes_a_new_bookmark_where_clients_know_nothing_of_the_deleted_one(door, ann):
    """At GraphQL's door always; at a synchronising client's once the bookmark has lost its places."""
    made = (await save(await ann.ctx(door))).bookmark.id
    await trash.delete(await ann.ctx(door), [made], leave_folders=door is SYNC)
    again = await save(await ann.ctx(door))

    assert again.created
    assert again.bookmark.id > made


async def test_of_several_in_the_trash_the_last_deleted_comes_back(ann):
    ids = []
    for _ in range(2):
        ids.append((await save(await ann.ctx())).bookmark.id)
        await trash.delete(await ann.ctx(), [ids[-1]])
    back = await save(await ann.ctx(SYNC))

    assert ids[1] == back.bookmark.id


async def test_a_live_bookmark_is_found_before_one_in_the_trash(ann):
    old = (await save(await ann.ctx())).bookmark.id
    await trash.delete(await ann.ctx(), [old])
    new = (await save(await ann.ctx())).bookmark.id

    assert new == (await save(await ann.ctx(SYNC))).bookmark.id


async def test_an_import_takes_up_a_place_in_the_trash(ann, three):
    """A row that is there already must not be in its way."""
    root, a, _ = three
    ctx = await ann.ctx(SYNC)
    made = (await save(ctx, folder_ids=[root, a])).bookmark.id
    await filing.take_out(ctx, a, made)
    await imports.take_in(await ann.ctx(imports.IMPORT), [Entry(URL, "t", folder=("a",))])

    assert a in (await places(made))[0]


async def test_the_trash_shows_what_the_door_knows_of_it(ann):
    """NC-13.4: whoever gave up its places is gone for good there, and still in the trash elsewhere."""
    kept, left = (await make_bookmark(ann)).id, (await make_bookmark(ann)).id
    sync, plain = await ann.ctx(SYNC), await ann.ctx()
    await trash.delete(sync, [kept])
    await trash.delete(sync, [left], leave_folders=True)

    assert [kept] == [row.id for row in (await bookmarks.trash(sync)).items]
    assert [left, kept] == [row.id for row in (await bookmarks.trash(plain)).items]
    assert (1, 2) == (await bookmarks.count_trash(sync), await bookmarks.count_trash(plain))
    assert [] == (await bookmarks.get(sync, kept, sync.door.wanted, or_trash=True)).folder_ids
    for ctx, id, options in ((sync, left, {"or_trash": True}), (sync, kept, {}), (plain, 2**31, {"or_trash": True})):
        with pytest.raises(NotFound):
            await bookmarks.get(ctx, id, **options)
    assert [] == await trash.restore(sync, [left])
    assert [left] == [row.id for row in await trash.restore(plain, [left])]
    assert [plain.user.root_folder_id] == (await places(left))[0]
