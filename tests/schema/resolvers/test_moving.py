"""Putting a folder to a certain place, and many bookmarks into a folder at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models import Bookmark, Change, Folder, Placement
from models.folder import STEP
from models.queries import folders as queries
from schema.door import GRAPHQL
from schema.errors import Invalid, NotFound
from schema.inputs import FolderDraft
from schema.resolvers import filing, folder_trash, moving
from schema.resolvers.filing import Child
from tests.factories import make_bookmark

SYNC = replace(GRAPHQL, name="sync", root_is_folder=True)


async def make_folder(person, name="A folder", parent=None):
    return await filing.create(await person.ctx(), FolderDraft(name=name, parent_id=parent and parent.id))


@pytest.fixture
async def box(ann):
    """A folder with folder 0, bookmark 1, folder 2, bookmark 3; the children by number."""
    folder = await make_folder(ann, "Box")
    children = []
    for number in range(4):
        if number % 2:
            row = await make_bookmark(ann, title=f"{number}", folder_ids=[folder.id])
            children.append(Child("bookmark", row.id))
        else:
            children.append(Child("folder", (await make_folder(ann, f"{number}", folder)).id))
    return folder, children


async def order_in(folder, children) -> str:
    """What is in the folder, by the numbers of the children; X for anything else."""
    numbers = {(child.kind == "bookmark", child.id): str(number) for number, child in enumerate(children)}
    found = await queries.children(folder.id, GRAPHQL.kinds)
    return "".join(numbers.get((child.is_bookmark, child.id), "X") for child in found)


@pytest.mark.parametrize(
    ("moved", "before", "expected"),
    [
        (2, 0, "2013"), (2, 1, "0213"), (2, 2, "0123"), (2, 3, "0123"), (2, None, "0132"),
        (0, 1, "0123"), (0, 2, "1023"), (0, 3, "1203"), (0, None, "1230"),
    ],
)  # fmt: skip
async def test_a_folder_comes_right_before_what_is_named(ann, box, moved, before, expected):
    folder, children = box
    await moving.move(await ann.ctx(), children[moved].id, folder.id, None if before is None else children[before])

    assert expected == await order_in(folder, children)


@pytest.mark.parametrize(("before", "expected"), [(0, "X0123"), (1, "0X123"), (3, "012X3"), (None, "0123X")])
async def test_a_folder_from_elsewhere_comes_right_before_what_is_named(ann, box, before, expected):
    folder, children = box
    other = await make_folder(ann)
    row = await moving.move(await ann.ctx(), other.id, folder.id, None if before is None else children[before])

    assert (folder.id, expected) == (row.parent_id, await order_in(folder, children))


async def positions_of(folder):
    return {(c.is_bookmark, c.id): c.position for c in await queries.children(folder.id, GRAPHQL.kinds)}


async def test_one_row_is_written_as_long_as_there_is_room(ann, box):
    folder, children = box
    before = await positions_of(folder)
    await moving.move(await ann.ctx(), children[2].id, folder.id, children[1])
    after = await positions_of(folder)

    assert {(False, children[2].id)} == {key for key in before if before[key] != after[key]}
    assert STEP // 2 == after[False, children[2].id]


async def test_a_hundred_moves_into_one_gap_keep_the_order(ann, box):
    """Sixteen use it up; then the others get room anew."""
    folder, children = box
    rows = [await make_folder(ann) for _ in range(40)]
    for row in rows:
        await moving.move(await ann.ctx(), row.id, folder.id, children[1])
    found = [child.id for child in await queries.children(folder.id, GRAPHQL.kinds)]

    assert [children[0].id, *(row.id for row in rows), *(child.id for child in children[1:])] == found


@pytest.mark.parametrize("before", [0, 1, 2, 3])
async def test_where_all_have_one_position_the_others_keep_their_order(ann, box, before):
    """Folders then come before bookmarks."""
    folder, children = box
    await Folder.filter(parent_id=folder.id).update(position=7)
    await Placement.filter(folder_id=folder.id).update(position=7)
    other = await make_folder(ann)
    assert "0213" == await order_in(folder, children)
    await moving.move(await ann.ctx(), other.id, folder.id, children[before])

    assert "0213".replace(str(before), f"X{before}") == await order_in(folder, children)


async def test_what_lies_in_the_trash_is_no_neighbour(ann, box):
    folder, children = box
    await folder_trash.delete(await ann.ctx(), children[0].id)
    other = await make_folder(ann)
    with pytest.raises(NotFound):
        await moving.move(await ann.ctx(), other.id, folder.id, children[0])
    await moving.move(await ann.ctx(), other.id, folder.id, children[1])

    assert "X123" == await order_in(folder, children)


async def test_a_move_that_is_none_is_not_logged(ann, box):
    folder, children = box
    before = await Change.all().count()
    await moving.move(await ann.ctx(), children[2].id, folder.id, children[3])
    await moving.move(await ann.ctx(), children[2].id, folder.id, children[2])

    assert before == await Change.all().count()


async def test_both_parents_are_marked_as_changed(ann, box):
    folder, children = box
    old = await make_folder(ann, "Old")
    moved = await make_folder(ann, "Moved", old)
    before = {row.id: row.marks for row in await Folder.all()}
    await moving.move(await ann.ctx(), moved.id, folder.id, children[0])
    after = {row.id: row.marks for row in await Folder.all()}

    assert {old.id, folder.id, moved.id, ann.user.root_folder_id} == {id for id in before if before[id] < after[id]}


async def test_a_move_within_a_folder_marks_it(ann, box):
    """Its order is part of its hash."""
    folder, children = box
    before = (await Folder.get(id=folder.id)).marks
    await moving.move(await ann.ctx(), children[2].id, folder.id, children[0])

    assert before < (await Folder.get(id=folder.id)).marks


async def test_a_place_that_is_not_there_leaves_all_as_it_was(ann, box):
    folder, children = box
    other = await make_folder(ann)
    before = await Change.all().count()
    for wrong in (Child("bookmark", 10**30), Child("folder", 0), Child("folder", other.id + 1), Child("bookmark", -1)):
        with pytest.raises(NotFound) as refusal:
            await moving.move(await ann.ctx(), other.id, folder.id, wrong)
        assert wrong.kind == refusal.value.entity

    assert ("0123", before) == (await order_in(folder, children), await Change.all().count())


async def test_foreign_folders_do_not_move_and_take_nothing_in(ann, ben, box):
    folder, children = box
    bens = await make_folder(ben)
    ctx = await ben.ctx()
    for id, parent, before in (
        (children[0].id, bens.id, None), (bens.id, folder.id, None), (bens.id, ben.user.root_folder_id, children[0]),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await moving.move(ctx, id, parent, before)

    assert "0123" == await order_in(folder, children)


async def test_many_bookmarks_are_filed_in_the_order_of_the_ids(ann, ben, box):
    folder, children = box
    rows = [await make_bookmark(ann) for _ in range(3)]
    foreign = await make_bookmark(ben)
    ids = [rows[2].id, foreign.id, rows[0].id, children[1].id, 2**40, rows[1].id]
    found = await filing.file_all(await ann.ctx(), folder.id, ids)

    assert [rows[2].id, rows[0].id, children[1].id, rows[1].id] == found
    listed = [child.id for child in await queries.children(folder.id, GRAPHQL.kinds)]
    assert [*(child.id for child in children), rows[2].id, rows[0].id, rows[1].id] == listed


async def test_many_bookmarks_leave_a_folder_for_the_root(ann, ben, box):
    folder, children = box
    other = await make_bookmark(ann)
    ids = [children[3].id, other.id, children[1].id]
    root = ann.user.root_folder_id

    assert [children[3].id, children[1].id] == await filing.take_out_all(await ann.ctx(), folder.id, ids)
    assert "02" == await order_in(folder, children)
    placed = await Placement.filter(folder_id=root, deleted_at=None).order_by("position").values_list("bookmark_id")
    assert [(other.id,), (children[3].id,), (children[1].id,)] == placed


async def state_of(person, folders, rows):
    """Where the bookmarks lie and lay, and what is logged of them, by their places in ``rows`` and ``folders``."""
    numbers = {row.id: number for number, row in enumerate(rows)}
    names = {folder.id: folder.name for folder in folders} | {person.user.root_folder_id: "root"}
    placed = await Placement.filter(bookmark_id__in=list(numbers)).order_by("folder_id", "position")
    logged = await Change.filter(owner_id=person.user.id, entity="bookmark").order_by("seq")
    gone = await Bookmark.filter(id__in=list(numbers), deleted_at__not_isnull=True)
    return (
        [(names[p.folder_id], numbers[p.bookmark_id], p.deleted_at is None) for p in placed],
        [(numbers[change.entity_id], change.operation) for change in logged],
        sorted(numbers[row.id] for row in gone),
        [row.marks > 0 for row in await Folder.filter(id__in=list(names)).order_by("id")],
    )


@pytest.mark.parametrize("door", [GRAPHQL, SYNC], ids=lambda door: door.name)
async def test_many_at_once_fare_as_one_by_one(ann, ben, door):
    """Bookmarks in no folder, in this one, in another, in both, and with a place in the trash."""
    states = []
    for person, one_by_one in ((ann, True), (ben, False)):
        here, there = await make_folder(person, "here"), await make_folder(person, "there")
        kept = ([], [here.id], [there.id], [there.id, here.id], [here.id, there.id])
        rows = [await make_bookmark(person, folder_ids=ids) for ids in kept]
        await filing.take_out(await person.ctx(), here.id, rows[4].id)
        await Folder.filter(owner_id=person.user.id).update(marks=0)
        ids, ctx = [row.id for row in reversed(rows)], await person.ctx(door)
        seen = []
        for single, many in ((filing.file, filing.file_all), (filing.take_out, filing.take_out_all)):
            if one_by_one:
                for id in ids:
                    await single(ctx, here.id, id)
            else:
                await many(ctx, here.id, ids)
            seen.append(await state_of(person, [here, there], rows))
        states.append(seen)

    (filed, taken), (filed_at_once, taken_at_once) = states
    for one, other in ((filed, filed_at_once), (taken, taken_at_once)):
        assert (one[0], one[2], one[3]) == (other[0], other[2], other[3])
        assert sorted(one[1]) == sorted(other[1])


@pytest.mark.parametrize("operation", [filing.file_all, filing.take_out_all])
async def test_the_root_is_no_folder_to_file_in_where_it_means_none(ann, operation):
    """Where it is a folder like others, it is one here too."""
    row = await make_bookmark(ann)
    root = ann.user.root_folder_id  # where it is alone
    with pytest.raises(Invalid) as refusal:
        await operation(await ann.ctx(), root, [row.id])

    assert ["root"] == [fault.rule for fault in refusal.value.faults]
    assert [row.id] == await operation(await ann.ctx(SYNC), root, [row.id])
    assert (operation is filing.take_out_all) == ((await Bookmark.get(id=row.id)).deleted_at is not None)


@pytest.mark.parametrize("operation", [filing.file_all, filing.take_out_all])
async def test_no_bookmarks_are_filed_in_a_foreign_folder(ann, ben, box, operation):
    folder, children = box
    row = await make_bookmark(ben)
    with pytest.raises(NotFound):
        await operation(await ben.ctx(), folder.id, [row.id, children[1].id])

    assert "0123" == await order_in(folder, children)
