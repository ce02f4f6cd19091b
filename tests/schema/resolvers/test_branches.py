"""A link to a folder opens what says that it is open to links, and nothing else (C04)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import schema.resolvers
from models import Bookmark, FolderLink, User
from models.queries.bookmarks import EVERYTHING, NEWEST, Wanted
from models.queries.tree import And, Duplicated, Flag, InFolder, Mentions, Not, Occurs, Placed
from models.queries.window import Order, Sort
from schema.context import Context
from schema.errors import Forbidden, NotFound, Unauthenticated
from schema.formats.entries import Entry
from schema.inputs import FolderDraft
from schema.operation import writing
from schema.page import Window
from schema.resolvers import bookmarks, filing, folder_links, folder_trash, folders, hashes
from tests.factories import make_bookmark

OPEN = {
    "bookmarks.find",
    "bookmarks.get",
    "bookmarks.stream",
    "folders.below",
    "folders.count",
    "folders.get",
    "folders.outline",
    "hashes.of",
}
# Without a gate: helpers of operations, which come after one. Those that take an open write have had theirs.
HELPERS = {
    "bookmark_rows.live",
    "bookmark_rows.live_many",
    "bookmark_rows.read_back_bookmark",
    "bookmarks.look_up",
    "branches.check",
    "branches.check_bookmark",
    "branches.hiding",
    "branches.narrowed",
    "edges.bookmark_in_the_way",
    "edges.tag_in_the_way",
    "edges.with_tags",
    "edges.written_folder",
    "folder_rows.live_below_root",
    "folder_rows.live_folder",
    "folder_rows.read_back_folder",
}
OWN_GATES = {"assets.open_shared", "bookmarks.shared", "bookmarks.stream_shared", "imports.take_in"}
WITH_FOLDERS = Wanted(folders=True)


def operations():
    """All that takes a context, and no open write, by name."""
    found = {}
    for module in pkgutil.iter_modules(schema.resolvers.__path__):
        name = module.name
        for one, function in vars(importlib.import_module(f"schema.resolvers.{name}")).items():
            own = inspect.iscoroutinefunction(function) and function.__module__ == f"schema.resolvers.{name}"
            if not own or one.startswith("_"):
                continue
            names = list(inspect.signature(function).parameters)
            if names[:1] == ["ctx"] and "unit" not in names:
                found[f"{name}.{one}"] = function
    return found


OPERATIONS = operations()


@pytest.fixture
async def tree(ann):
    """Root: outer folder with an inner one (the branch), which holds a third; a bookmark in each, one in all."""
    ctx = await ann.ctx()
    outer = await filing.create(ctx, FolderDraft(name="Outer"))
    inner = await filing.create(ctx, FolderDraft(name="Inner", parent_id=outer.id))
    third = await filing.create(ctx, FolderDraft(name="Third", parent_id=inner.id))
    rows = {
        name: await make_bookmark(ann, url=f"https://{name}.example/", title=name, notes="secret", folder_ids=ids)
        for name, ids in (
            ("root", None),
            ("outer", [outer.id]),
            ("inner", [inner.id]),
            ("third", [third.id]),
            ("both", [outer.id, third.id]),
        )
    }
    return {"Outer": outer.id, "Inner": inner.id, "Third": third.id} | {name: row.id for name, row in rows.items()}


@pytest.fixture
async def guest(ann, tree):
    """A context of somebody with a link to the inner folder."""
    token = await folder_links.make(await ann.ctx(), tree["Inner"])
    return Context(ann.ports, (await ann.ctx()).door, await folder_links.believe(ann.ports, token))


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - HELPERS - OPEN))
async def test_c04_a_link_opens_no_other_operation(name, guest):
    """Refused at the gate, whatever the arguments are."""
    operation = OPERATIONS[name]
    wanted = list(inspect.signature(operation).parameters.values())[1:]
    missing = [
        [Entry("https://a.example/")] for one in wanted if one.kind is not one.KEYWORD_ONLY and one.default is one.empty
    ]
    with pytest.raises(Forbidden):
        await operation(guest, *missing)


def test_c04_the_lists_of_this_test_are_those_of_the_code():
    """A new operation without a gate, or one that lets links in, has to be looked at here."""
    ungated = {name for name, operation in OPERATIONS.items() if not hasattr(operation, "__wrapped__")}

    assert OPEN <= OPERATIONS.keys()
    assert HELPERS | OWN_GATES == ungated


async def test_c04_nothing_is_written_even_without_a_gate(guest):
    with pytest.raises(Forbidden):
        async with writing(guest):
            pass


async def test_c04_lists_hold_what_is_in_the_branch_and_tell_of_no_folder_outside(guest, tree):
    page = await bookmarks.find(guest, EVERYTHING, NEWEST, Window(), WITH_FOLDERS)
    streamed = [
        row async for some in await bookmarks.stream(guest, EVERYTHING, NEWEST, Window(), WITH_FOLDERS) for row in some
    ]

    assert {"inner": [tree["Inner"]], "third": [tree["Third"]], "both": [tree["Third"]]} == {
        row.title: row.folder_ids for row in page.items
    }
    assert {""} == {row.notes for row in page.items}
    assert 3 == await page.count()
    assert page.items == streamed


@pytest.mark.parametrize("name", ["root", "outer"])
async def test_c04_a_bookmark_outside_is_not_found(guest, tree, name):
    for or_trash in (False, True):
        with pytest.raises(NotFound):
            await bookmarks.get(guest, tree[name], or_trash=or_trash)


async def test_c04_a_bookmark_of_the_trash_is_not_found(ann, guest, tree):
    await Bookmark.filter(id=tree["inner"]).update(deleted_at=ann.ports.clock.now())
    with pytest.raises(NotFound):
        await bookmarks.get(guest, tree["inner"], or_trash=True)


async def test_c04_a_bookmark_inside_is_found_without_notes_and_without_folders_outside(guest, tree):
    row = await bookmarks.get(guest, tree["both"], WITH_FOLDERS)

    assert ("", [tree["Third"]]) == (row.notes, row.folder_ids)


@pytest.mark.parametrize(
    "leaf",
    [Occurs("secret"), Flag("archived"), Duplicated(), Placed(), Not(Duplicated()), And((Mentions("a"), Placed()))],
)
async def test_c04_filters_that_tell_of_what_is_not_shown_are_refused(guest, leaf):
    with pytest.raises(Forbidden):
        await bookmarks.find(guest, leaf)


async def test_c04_filters_and_orders_by_a_folder_outside_find_none(guest, tree, ann):
    for id in (tree["Outer"], ann.user.root_folder_id, 987_654, 0, 2**40):
        with pytest.raises(NotFound):
            await bookmarks.find(guest, Not(InFolder(id)))
        with pytest.raises(NotFound):
            await bookmarks.stream(guest, EVERYTHING, Sort(Order.PLACE, folder_id=id), Window())

    assert ["third", "both"] == [
        row.title
        for row in (await bookmarks.find(guest, InFolder(tree["Third"]), Sort(Order.ID, descending=False))).items
    ]


async def test_c04_folders_outside_are_not_found(guest, tree, ann):
    for id in (tree["Outer"], ann.user.root_folder_id, 987_654, 0, 2**40):
        for operation in (folders.get, folders.below, folders.count, folders.outline, hashes.of):
            with pytest.raises(NotFound):
                await operation(guest, id)


async def test_c04_folders_inside_are_those_of_a_library_whose_root_is_the_branch(guest, tree):
    steps = [step async for some in await folders.outline(guest, tree["Inner"]) for step in some]
    told = {row.title: row.folder_ids for row in steps if hasattr(row, "folder_ids")}

    assert guest.user.root_folder_id == tree["Inner"]
    assert (await folders.get(guest, tree["Inner"])).parent_id is None
    assert [("Third", tree["Inner"])] == [
        (row.name, row.parent_id) for row in await folders.below(guest, tree["Inner"])
    ]
    assert (3, 2) == (await folders.count(guest, tree["Inner"]), await folders.count(guest, tree["Third"]))
    assert {"third", "both", "inner"} == told.keys()
    assert await hashes.of(guest, tree["Third"])


async def test_c04_a_link_is_worth_nothing_while_its_folder_is_in_the_trash(ann, tree):
    ctx = await ann.ctx()
    token = await folder_links.make(ctx, tree["Inner"])
    await folder_trash.delete(ctx, tree["Outer"])
    with pytest.raises(Unauthenticated):
        await folder_links.believe(ann.ports, token)
    with pytest.raises(NotFound):
        await folder_links.get(ctx, tree["Inner"])


async def test_c04_a_link_goes_with_a_folder_that_is_deleted_for_good(ann, tree):
    ctx = await ann.ctx()
    token = await folder_links.make(ctx, tree["Inner"])
    await folder_trash.delete(ctx, tree["Inner"], permanent=True)
    with pytest.raises(Unauthenticated):
        await folder_links.believe(ann.ports, token)

    assert 0 == await FolderLink.all().count()


async def test_c04_a_link_of_a_deactivated_account_is_worth_nothing(ann, tree):
    token = await folder_links.make(await ann.ctx(), tree["Inner"])
    await User.filter(id=ann.user.id).update(is_active=False)
    with pytest.raises(Unauthenticated):
        await folder_links.believe(ann.ports, token)


async def test_c04_a_link_is_made_once_and_removed_at_once(ann, tree):
    ctx = await ann.ctx()
    token = await folder_links.make(ctx, tree["Inner"])

    assert token == await folder_links.make(ctx, tree["Inner"])
    assert token == await folder_links.get(ctx, tree["Inner"])
    await folder_links.remove(ctx, tree["Inner"])
    with pytest.raises(NotFound):
        await folder_links.get(ctx, tree["Inner"])
    with pytest.raises(NotFound):
        await folder_links.remove(ctx, tree["Inner"])
    with pytest.raises(Unauthenticated):
        await folder_links.believe(ann.ports, token)


async def test_c04_another_s_folder_has_no_link(ann, ben, tree):
    await folder_links.make(await ann.ctx(), tree["Inner"])
    ctx = await ben.ctx()
    for operation in (folder_links.get, folder_links.make, folder_links.remove):
        with pytest.raises(NotFound):
            await operation(ctx, tree["Inner"])
