"""Folders: made, changed, moved, ordered, deleted, brought back; and bookmarks put in and taken out."""

from __future__ import annotations

import pytest
from strawberry import Some

from models import Bookmark, Change, Folder, Placement
from models.folder import STEP
from schema.door import GRAPHQL
from schema.errors import Conflict, Forbidden, Invalid, NotFound
from schema.inputs import FolderDraft, FolderPatch
from schema.outline import Enter
from schema.resolvers import bookmarks, filing, folder_trash, folders, trash
from schema.resolvers.filing import Child
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token
from tests.schema.library import SYNC


@pytest.fixture
async def ctx(ann):
    """Ann at the door of a client that synchronises."""
    return await ann.ctx(SYNC)


async def make(ctx, name="", parent=None, **draft):
    return await filing.create(ctx, FolderDraft(name=name, parent_id=parent and parent.id, **draft))


async def names(ctx, folder=None):
    """What is in a folder, in its order, by name and title."""
    found = []
    async for steps in await folders.outline(ctx, folder.id if folder else ctx.user.root_folder_id, depth=0):
        found += [step.folder.name if isinstance(step, Enter) else step.title for step in steps]
    return found


async def add(person, title, *into, door=SYNC, **draft):
    return await make_bookmark(person, door, title=title, folder_ids=[one.id for one in into], **draft)


async def operations(entity):
    """What the log says was done to things of a kind, in order."""
    return [
        (change.operation, change.entity_id, change.before)
        for change in await Change.filter(entity=entity).order_by("seq")
    ]


async def rules(awaitable):
    with pytest.raises(Invalid) as refusal:
        await awaitable
    return [(fault.rule, fault.given) for fault in refusal.value.faults]


async def make_note(bookmark):
    nothing = {"url": None, "url_href": None, "href_hash": None, "key_hash": None}
    await Bookmark.filter(id=bookmark.id).update(kind="note", **nothing)


async def test_s02_a_folder_is_made_at_the_end_of_its_parent(ann, ctx):
    """Behind bookmarks too; the root is the parent unless another is named; names may be equal or empty."""
    await add(ann, "b")
    outer = await make(ctx, "outer", description="d", color="#abc", icon="star")
    await make(ctx, "outer")
    await make(ctx, "", outer)

    assert ["b", "outer", "outer"] == await names(ctx)
    assert [""] == await names(ctx, outer)
    assert (ctx.user.root_folder_id, "d", "#abc", "star") == (
        outer.parent_id,
        outer.description,
        outer.color,
        outer.icon,
    )
    assert [STEP, 2 * STEP] == await Folder.filter(name="outer").order_by("id").values_list("position", flat=True)


async def test_what_cannot_be_stored_is_refused(ann, ctx):
    folder = await make(ctx)
    for draft in ({"name": "\0"}, {"description": "\ud800"}, {"icon": "\0"}, {"color": "red"}):
        with pytest.raises(Invalid):
            await filing.create(ctx, FolderDraft(**draft))
        with pytest.raises(Invalid):
            await filing.update(ctx, folder.id, FolderPatch(**{name: Some(text) for name, text in draft.items()}))

    assert [("create", folder.id, None)] == await operations("folder")


async def test_s02_a_patch_changes_what_it_names_and_logs_what_was(ann, ctx):
    folder = await make(ctx, "a", color="#abc", icon="star")
    same = await filing.update(ctx, folder.id, FolderPatch(name=Some("a"), parent_id=folder.parent_id))
    other = await filing.update(ctx, folder.id, FolderPatch(name=Some("b"), icon=Some(None)))

    assert folder == same
    assert ("b", "#abc", None) == (other.name, other.color, other.icon)
    assert other.updated_at > folder.updated_at
    (_, (operation, _, before)) = await operations("folder")
    assert ("update", "a", "star") == (operation, before["name"], before["icon"])


async def test_s02_a_moved_folder_is_at_the_end_of_its_new_parent(ann, ctx):
    target, moved = await make(ctx, "target"), await make(ctx, "moved")
    await make(ctx, "inner", moved)
    await add(ann, "b", target)
    await make(ctx, "last")
    row = await filing.update(ctx, moved.id, FolderPatch(parent_id=target.id))

    assert target.id == row.parent_id
    assert ["target", "last"] == await names(ctx)
    assert ["b", "moved"] == await names(ctx, target)
    assert ["inner"] == await names(ctx, moved)


async def test_a_folder_that_is_moved_where_it_is_keeps_its_place(ann, ctx):
    first, _ = await make(ctx, "first"), await make(ctx, "second")
    await filing.update(ctx, first.id, FolderPatch(parent_id=first.parent_id))

    assert ["first", "second"] == await names(ctx)


async def test_s02_a_folder_cannot_lie_in_itself(ann, ctx):
    outer = await make(ctx, "outer")
    middle = await make(ctx, "middle", outer)
    inner = await make(ctx, "inner", middle)
    for target in (outer, middle, inner):
        assert [("cycle", None)] == await rules(filing.update(ctx, outer.id, FolderPatch(parent_id=target.id)))

    assert ["outer"] == await names(ctx)
    assert ["create"] * 3 == [operation for operation, _, _ in await operations("folder")]


async def test_the_root_can_be_neither_changed_nor_deleted(ann, ctx):
    folder, root = await make(ctx), ctx.user.root_folder_id
    assert [("root", None)] == await rules(filing.update(ctx, root, FolderPatch(name=Some("x"))))
    assert [("root", None)] == await rules(filing.update(ctx, root, FolderPatch(parent_id=folder.id)))
    for options in ({}, {"keep_contents": True}, {"permanent": True}):
        assert [("root", None)] == await rules(folder_trash.delete(ctx, root, **options))
    with pytest.raises(NotFound):
        await folder_trash.restore(ctx, root)


async def test_folders_need_their_scopes(ann):
    reading = type(ann)(ann.ports, ann.user, await make_token(ann, "groups:read"))
    bookmarking = type(ann)(ann.ports, ann.user, await make_token(ann, "bookmarks:read", "bookmarks:write"))
    root = ann.user.root_folder_id

    assert root == (await folders.get(await reading.ctx(), root)).id
    for ctx in (await reading.ctx(), await bookmarking.ctx()):
        with pytest.raises(Forbidden):
            await filing.create(ctx, FolderDraft())
    with pytest.raises(Forbidden):
        await folders.get(await bookmarking.ctx(), root)


# deleting and restoring


async def test_s02_a_deleted_folder_takes_along_what_is_nowhere_else(ann, ctx):
    gone, kept = await make(ctx, "gone"), await make(ctx, "kept")
    inner = await make(ctx, "inner", gone)
    await add(ann, "only", gone, inner)
    both = await add(ann, "both", inner, kept)
    rooted = await add(ann, "rooted")
    await filing.file(ctx, gone.id, rooted.id)
    await folder_trash.delete(ctx, gone.id)

    assert ["kept", "rooted"] == await names(ctx)
    assert ["both"] == await names(ctx, kept)
    assert ["only"] == [row.title for row in (await bookmarks.trash(ctx)).items]
    assert [gone.id] == [row.id for row in await folders.trashed(ctx)]
    assert [kept.id] == (await bookmarks.get(ctx, both.id, ctx.door.wanted)).folder_ids
    for operation in (folders.get, folders.below, folders.count, folders.outline, folder_trash.delete):
        for id in (gone.id, inner.id):
            with pytest.raises(NotFound):
                await operation(ctx, id)


async def test_restoring_is_deleting_backwards(ann, ctx):
    """Places and orders are as they were, although things were added meanwhile."""
    before = await make(ctx, "before")
    gone = await make(ctx, "gone")
    inner = await make(ctx, "inner", gone)
    rows = [await add(ann, title, gone, inner) for title in "xyz"]
    await add(ann, "after", before)
    await add(ann, "root")
    await filing.reorder(ctx, gone.id, [Child("bookmark", rows[2].id), Child("folder", inner.id)] + [
        Child("bookmark", row.id) for row in rows[:2]
    ])  # fmt: skip
    await folder_trash.delete(ctx, gone.id)
    await add(ann, "later")
    restored = await folder_trash.restore(ctx, gone.id)

    assert ["before", "gone", "root", "later"] == await names(ctx)
    assert ["z", "inner", "x", "y"] == await names(ctx, gone)
    assert ["x", "y", "z"] == await names(ctx, inner)
    assert restored.deleted_at is None
    assert [] == (await bookmarks.trash(ctx)).items
    assert [] == await folders.trashed(ctx)
    with pytest.raises(NotFound):
        await folder_trash.restore(ctx, gone.id)


async def test_what_was_deleted_before_its_folder_stays_in_the_trash(ann, ctx):
    """Two moments: the folder brings back what went along with it, and the others come back by themselves."""
    outer = await make(ctx, "outer")
    inner = await make(ctx, "inner", outer)
    early, late = await add(ann, "early", inner), await add(ann, "late", outer)
    single = await add(ann, "single", outer)
    await folder_trash.delete(ctx, inner.id)
    await trash.delete(ctx, [single.id])
    await folder_trash.delete(ctx, outer.id)
    listed = [row.id for row in await folders.trashed(ctx)]
    await folder_trash.restore(ctx, outer.id)
    first = (await names(ctx, outer), [row.id for row in (await bookmarks.trash(ctx)).items])
    await folder_trash.restore(ctx, inner.id)
    await trash.restore(ctx, [single.id])

    assert [outer.id, inner.id] == listed
    assert (["late"], [single.id, early.id]) == first
    assert ["inner", "late", "single"] == await names(ctx, outer)
    assert ["early"] == await names(ctx, inner)
    assert late.id == (await bookmarks.get(ctx, late.id)).id


async def test_a_folder_inside_a_deleted_one_comes_back_to_the_end_of_the_root(ann, ctx):
    outer = await make(ctx, "outer")
    inner = await make(ctx, "inner", outer)
    await add(ann, "b", inner)
    await make(ctx, "other")
    await folder_trash.delete(ctx, outer.id)
    row = await folder_trash.restore(ctx, inner.id)
    await folder_trash.restore(ctx, outer.id)

    assert ctx.user.root_folder_id == row.parent_id
    assert ["outer", "other", "inner"] == await names(ctx)
    assert [] == await names(ctx, outer)
    assert ["b"] == await names(ctx, inner)


@pytest.mark.parametrize(("door", "rooted"), [(GRAPHQL, False), (SYNC, True)], ids=["graphql", "sync"])
async def test_an_address_that_was_bookmarked_again_takes_the_old_ones_place(door, rooted, ann, ctx):
    """The new bookmark is where the old one was; the old one stays in the trash."""
    folder = await make(ctx, "f")
    old = await add(ann, "old", folder, url="https://a.example/")
    await add(ann, "next", folder)
    await folder_trash.delete(ctx, folder.id)
    new = await add(ann, "new", url="https://a.example/", door=GRAPHQL)
    await folder_trash.restore(await ann.ctx(door), folder.id)

    assert new.id > old.id
    assert ["new", "next"] == await names(ctx, folder)
    assert (["f", "new"] if rooted else ["f"]) == await names(ctx)
    assert [old.id] == [row.id for row in (await bookmarks.trash(ctx)).items]
    assert new.id == (await bookmarks.get(ctx, new.id)).id


async def test_the_heir_of_a_place_that_has_one_in_the_trash_there_gets_the_place(ann, ctx):
    """Its own old place must not be in the way."""
    folder, other = await make(ctx, "f"), await make(ctx, "other")
    heir = await add(ann, "heir", folder, other, url="https://a.example/")
    await filing.take_out(ctx, folder.id, heir.id)
    await trash.delete(await ann.ctx(), [heir.id])
    await add(ann, "old", folder, url="https://a.example/", door=GRAPHQL)
    await folder_trash.delete(ctx, folder.id)
    await trash.restore(ctx, [heir.id])
    await folder_trash.restore(ctx, folder.id)

    assert ["heir"] == await names(ctx, folder)
    assert ["heir"] == await names(ctx, other)


async def test_bookmarks_that_a_door_cannot_show_are_not_lost_with_a_folder(ann, ctx):
    """They move to the root; when the folder comes back, so do they."""
    folder, plain = await make(ctx, "f"), await ann.ctx()
    note, link = await add(ann, "note", folder), await add(ann, "link", folder)
    await make_note(note)
    await folder_trash.delete(ctx, folder.id)
    meanwhile = (await names(plain), await names(ctx))
    await folder_trash.restore(ctx, folder.id)

    assert (["note"], []) == meanwhile
    assert ["note", "link"] == await names(plain, folder)
    assert ["f"] == await names(plain)
    assert ["link"] == await names(ctx, folder)
    assert link.id == (await bookmarks.get(ctx, link.id)).id


@pytest.mark.parametrize("permanent", [True, False])
async def test_a_folder_may_go_without_what_is_in_it(permanent, ann, ctx):
    """Folders move up in their order, bookmarks that were nowhere else to the root."""
    outer, other = await make(ctx, "outer"), await make(ctx, "other")
    gone = await make(ctx, "gone", outer)
    for name in "ab":
        await add(ann, "in " + name, await make(ctx, name, gone))
    await add(ann, "only", gone)
    await add(ann, "both", gone, other)
    await make(ctx, "last", outer)
    await folder_trash.delete(await ann.ctx(), gone.id, keep_contents=True, permanent=permanent)

    assert ["outer", "other", "only"] == await names(ctx)
    assert ["last", "a", "b"] == await names(ctx, outer)
    assert ["both"] == await names(ctx, other)
    assert [] == (await bookmarks.trash(await ann.ctx())).items
    assert ([] if permanent else [gone.id]) == [row.id for row in await folders.trashed(ctx)]
    if not permanent:
        await folder_trash.restore(await ann.ctx(), gone.id)

        assert ["only", "both"] == await names(ctx, gone)
        assert ["outer", "other"] == await names(ctx)


@pytest.mark.parametrize("keep_contents", [True, False])
async def test_a_folders_bookmarks_may_move_to_another_as_it_goes(keep_contents, ann, ctx):
    """At its end in their order; who is there already keeps the place, and all other places stay as they were."""
    gone, target = await make(ctx, "gone"), await make(ctx, "target")
    for name, *into in (("b", gone), ("there", target), ("a", gone), ("both", gone, target)):
        await add(ann, name, *into)
    inner = await make(ctx, "inner", gone)
    await add(ann, "below", inner)
    plain = await ann.ctx()
    for options in ({"move_bookmarks_to": gone.id}, {"move_bookmarks_to": ctx.user.root_folder_id}):
        before = await operations("folder")
        (rule,) = {"same", "root"} & {rule for rule, _ in await rules(folder_trash.delete(plain, gone.id, **options))}

        assert rule == ("same" if options["move_bookmarks_to"] == gone.id else "root")
        assert before == await operations("folder")
    await folder_trash.delete(plain, gone.id, keep_contents=keep_contents, move_bookmarks_to=target.id)

    assert ["there", "both", "b", "a"] == await names(plain, target)
    assert (["target", "inner"] if keep_contents else ["target"]) == await names(plain)
    assert ([] if keep_contents else ["below"]) == [row.title for row in (await bookmarks.trash(plain)).items]
    await folder_trash.restore(plain, gone.id)

    assert ["b", "a", "both", *([] if keep_contents else ["inner"])] == await names(plain, gone)
    assert ["there", "both", "b", "a"] == await names(plain, target)


async def test_where_the_root_is_a_folder_a_folders_bookmarks_may_move_there(ann, ctx):
    gone = await make(ctx, "gone")
    await add(ann, "b", gone)
    await folder_trash.delete(ctx, gone.id, move_bookmarks_to=ctx.user.root_folder_id)

    assert ["b"] == await names(ctx)


async def test_a_folder_is_listed_with_how_many_bookmarks_the_door_shows_in_it(ann, ctx):
    outer = await make(ctx, "outer")
    inner = await make(ctx, "inner", outer)
    await add(ann, "a", outer, inner)
    await make_note(await add(ann, "b", outer))
    listed = await folders.every(ctx)

    assert [(outer.id, None, 1), (inner.id, outer.uid, 1)] == [
        (row.id, row.parent_uid, row.bookmark_count) for row in listed
    ]
    assert listed == [await folders.get(ctx, row.id, counts=True) for row in (outer, inner)]
    assert [2, 1] == [row.bookmark_count for row in await folders.every(await ann.ctx())]


async def test_a_folder_that_looks_so_already_keeps_its_colour(ann, ctx):
    folder = await make(ctx, color="#abc")
    for color, kept in (("#aabbcc", "#abc"), ("#fff", "#fff"), (None, None)):
        row = await filing.update(
            ctx, folder.id, FolderPatch(color=Some(color)), shown=lambda color: color and color[:2]
        )

        assert kept == row.color


async def test_deleting_for_good_leaves_nothing_but_the_fact(ann, ctx):
    gone, kept = await make(ctx, "gone"), await make(ctx, "kept")
    inner = await make(ctx, "inner", gone)
    only, both = await add(ann, "only", inner), await add(ann, "both", inner, kept)
    await filing.update(ctx, inner.id, FolderPatch(name=Some("renamed")))
    await folder_trash.delete(ctx, gone.id, permanent=True)

    assert [ctx.user.root_folder_id, kept.id] == await Folder.all().order_by("id").values_list("id", flat=True)
    assert [both.id] == await Bookmark.all().values_list("id", flat=True)
    assert [kept.id] == await Placement.all().values_list("folder_id", flat=True)
    log = await operations("folder")
    assert {gone.id, inner.id} == {id for operation, id, _ in log if operation == "purge"}
    assert [None] * len(log) == [before for _, _, before in log]
    assert ("purge", only.id, None) == (await operations("bookmark"))[-1]


async def test_emptying_the_trash_leaves_bookmarks_in_it(ann, ctx):
    """They have no place any more, so clients of this door do not know them; others do."""
    folder = await make(ctx)
    row = await add(ann, "b", await make(ctx, "inner", folder))
    await folder_trash.delete(ctx, folder.id)

    assert 2 == await folder_trash.empty(ctx)
    assert 0 == await folder_trash.empty(ctx)
    assert [] == await folders.trashed(ctx)
    assert [] == (await bookmarks.trash(ctx)).items
    assert [row.id] == [one.id for one in (await bookmarks.trash(await ann.ctx())).items]


async def test_every_deletion_and_return_is_logged_for_each_row(ann, ctx):
    folder = await make(ctx)
    row = await add(ann, "b", folder)
    await folder_trash.delete(ctx, folder.id)
    await folder_trash.restore(ctx, folder.id)

    assert ["create", "delete", "restore"] == [operation for operation, _, _ in await operations("folder")]
    assert [("create", row.id), ("delete", row.id), ("restore", row.id)] == [
        (operation, id) for operation, id, _ in await operations("bookmark")
    ]


# order


async def test_s05_an_order_is_kept_and_told_apart_from_others(ann, ctx):
    one, two = await add(ann, "1"), await add(ann, "2")
    folder = await make(ctx, "f")
    await filing.reorder(
        ctx, ctx.user.root_folder_id, [Child("folder", folder.id), Child("bookmark", two.id), Child("bookmark", one.id)]
    )

    assert ["f", "2", "1"] == await names(ctx)
    assert ("reorder", ctx.user.root_folder_id, None) == (await operations("folder"))[-1]


async def test_s05_an_order_names_everything_once(ann, ctx):
    root, folder = ctx.user.root_folder_id, await make(ctx, "f")
    one = await add(ann, "1")
    inside = await add(ann, "inside", folder)
    whole = [Child("bookmark", one.id), Child("folder", folder.id)]
    refused = [
        await rules(filing.reorder(ctx, root, order))
        for order in (
            [],
            whole[:1],
            [*whole, whole[0]],
            [*whole, Child("bookmark", inside.id)],
            [Child("folder", one.id), Child("bookmark", folder.id)],
        )
    ]
    missing = [("missing_child", f"bookmark:{one.id}"), ("missing_child", f"folder:{folder.id}")]
    surplus = [("too_many_children", None)]

    assert [missing, missing[1:], surplus, surplus] == refused[:4]
    assert {"missing_child"} == {rule for rule, _ in refused[4]}
    assert ["f", "1"] == await names(ctx)


async def test_an_order_that_is_there_already_writes_nothing(ann, ctx):
    """Not even where two have the same position."""
    rows = [await add(ann, title) for title in "ab"]
    await Placement.all().update(position=7)
    log = await operations("folder")
    async with statements_counted([]) as statements:
        await filing.reorder(ctx, ctx.user.root_folder_id, [Child("bookmark", row.id) for row in rows])

    assert [] == [text for text in statements if text.startswith("UPDATE")]
    assert log == await operations("folder")


async def test_what_a_door_does_not_show_keeps_its_rank(ann, ctx):
    """Also where the gaps are used up and everything gets a new position."""
    rows = [await add(ann, title) for title in "abnc"]
    await make_note(rows[2])
    for number, row in enumerate(rows):
        await Placement.filter(bookmark_id=row.id).update(position=2**40 + number)
    for order in ([3, 0, 1], [1, 3, 0], [0, 1, 3]):
        await filing.reorder(ctx, ctx.user.root_folder_id, [Child("bookmark", rows[at].id) for at in order])
        expected = ["abnc"[at] for at in order]

        assert expected == await names(ctx)
        assert [*expected[:2], "n", expected[2]] == await names(await ann.ctx())


async def test_an_order_can_be_turned_many_times(ann, ctx):
    """The last to the front again and again, until gaps are used up: each order is the one asked for."""
    titles = [str(number) for number in range(6)]
    ids = {title: (await add(ann, title)).id for title in titles}
    await Placement.all().update(position=0)
    await Placement.filter(bookmark_id=ids["5"]).update(position=3)
    for _ in range(20):
        titles = [titles[0], titles[-1], *titles[1:-1]]
        await filing.reorder(ctx, ctx.user.root_folder_id, [Child("bookmark", ids[title]) for title in titles])

        assert titles == await names(ctx)


# bookmarks in folders


async def test_s04_a_bookmark_in_two_folders_is_one_bookmark(ann, ctx):
    a, b = await make(ctx, "a"), await make(ctx, "b")
    row = await add(ann, "x", a)
    await filing.file(ctx, b.id, row.id)
    await filing.file(ctx, b.id, row.id)
    found = (await bookmarks.find(ctx)).items
    out = await filing.take_out(ctx, a.id, row.id)
    again = await filing.take_out(ctx, a.id, row.id)
    left = (await bookmarks.get(ctx, row.id, ctx.door.wanted)).folder_ids
    await filing.take_out(ctx, b.id, row.id)

    assert [row.id] == [one.id for one in found]
    assert (True, False) == (out, again)
    assert [b.id] == left
    with pytest.raises(NotFound):
        await bookmarks.get(ctx, row.id)
    logged = [operation for operation, _, _ in await operations("bookmark")]
    assert ["create", "file", "unfile", "delete"] == logged


async def test_out_of_its_last_folder_a_bookmark_returns_to_the_root_where_that_is_none(ann, ctx):
    folder, plain = await make(ctx, "f"), await ann.ctx()
    row = await add(ann, "x", folder)
    assert await filing.take_out(plain, folder.id, row.id)
    assert not await filing.take_out(plain, plain.user.root_folder_id, row.id)
    there = await names(ctx)
    await folder_trash.put_back(plain, folder.id, row.id)

    assert ["f", "x"] == there
    assert ["f"] == await names(ctx)
    assert ["x"] == await names(ctx, folder)


async def test_putting_back_is_taking_out_backwards(ann, ctx):
    folder = await make(ctx, "f")
    rows = [await add(ann, title, folder) for title in "abc"]
    await filing.take_out(ctx, folder.id, rows[1].id)
    await folder_trash.put_back(ctx, folder.id, rows[1].id)

    assert ["a", "b", "c"] == await names(ctx, folder)
    with pytest.raises(NotFound):
        await folder_trash.put_back(ctx, folder.id, rows[1].id)


async def test_nothing_is_put_back_whose_address_is_taken(ann, ctx):
    folder = await make(ctx, "f")
    row = await add(ann, "x", folder, url="https://a.example/")
    await filing.take_out(ctx, folder.id, row.id)
    other = await add(ann, "y", url="https://a.example/", door=GRAPHQL)
    with pytest.raises(Conflict) as refusal:
        await folder_trash.put_back(ctx, folder.id, row.id)

    assert other.id == refusal.value.existing
    assert [] == await names(ctx, folder)


async def test_notes_have_no_address_that_could_be_taken(ann, ctx):
    """Several of them, one in the trash."""
    folder, plain = await make(ctx, "f"), await ann.ctx()
    notes = [await add(ann, title, folder) for title in "abc"]
    for note in notes:
        await make_note(note)
    await filing.take_out(plain, folder.id, notes[0].id)
    await trash.delete(plain, [notes[0].id])
    await folder_trash.put_back(plain, folder.id, notes[0].id)
    await folder_trash.delete(plain, folder.id)
    await folder_trash.restore(plain, folder.id)

    assert ["a", "b", "c"] == await names(plain, folder)


async def test_taking_out_for_good(ann, ctx):
    a, b = await make(ctx, "a"), await make(ctx, "b")
    row = await add(ann, "x", a, b)
    await filing.take_out(ctx, a.id, row.id, permanent=True)
    with pytest.raises(NotFound):
        await folder_trash.put_back(ctx, a.id, row.id)
    await filing.take_out(ctx, b.id, row.id, permanent=True)

    assert not await Bookmark.exists(id=row.id)


async def test_notes_cannot_be_filed_by_clients_that_cannot_see_them(ann, ctx):
    folder = await make(ctx, "f")
    note = await add(ann, "n", folder)
    await make_note(note)
    with pytest.raises(NotFound):
        await filing.file(ctx, ctx.user.root_folder_id, note.id)

    assert not await filing.take_out(ctx, folder.id, note.id)
    assert ["n"] == await names(await ann.ctx(), folder)


async def test_a_bookmark_that_is_restored_goes_where_its_folder_still_is(ann, ctx):
    a, b = await make(ctx, "a"), await make(ctx, "b")
    row = await add(ann, "x", a, b)
    await trash.delete(ctx, [row.id])
    await folder_trash.delete(ctx, a.id)
    await trash.restore(ctx, [row.id])

    assert [b.id] == (await bookmarks.get(ctx, row.id, ctx.door.wanted)).folder_ids
