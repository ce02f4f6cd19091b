"""Thousands of random operations, through two doors at once, against a library in plain Python."""

from __future__ import annotations

import itertools
import os
import random

import pytest

from models import Bookmark, Change, Folder, Placement, User
from schema.door import GRAPHQL
from schema.errors import Conflict, Invalid, NotFound
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy, FolderDraft, FolderPatch
from schema.outline import Enter, Leave
from schema.resolvers import filing, folder_trash, folders, saving, trash
from schema.resolvers.filing import Child
from schema.resolvers.folders import Detail
from tests.schema.library import SYNC, Library, Refused

STEPS = int(os.environ.get("POLYMARK_TEST_OPERATIONS", "130"))
POLICIES = {
    policy.value: policy for policy in (ConflictPolicy.ERROR, ConflictPolicy.MERGE, ConflictPolicy.RETURN_EXISTING)
}


async def nested(ctx, id):
    """The outline as nested lists."""
    stack, owners = [[]], []
    async for steps in await folders.outline(ctx, id, detail=Detail.IDS):
        for step in steps:
            match step:
                case Enter(folder, True):
                    owners.append(folder.id)
                    stack.append([])
                case Leave(folder):
                    assert folder.id == owners.pop()
                    inner = stack.pop()
                    stack[-1].append((folder.id, inner))
                case _:
                    stack[-1].append(step)
    assert not owners
    return stack[0]


async def snapshot(owner_id):
    """All rows that say where things are, and when they changed."""
    names = ("id", "deleted_at", "updated_at")
    return (
        sorted(await Folder.filter(owner_id=owner_id).values_list(*names, "parent_id", "position", "name")),
        sorted(await Bookmark.filter(owner_id=owner_id).values_list(*names, "title"), key=repr),
        sorted(await Placement.all().values_list("bookmark_id", "folder_id", "position", "deleted_at"), key=repr),
    )


class Walk:
    """Random operations on the library and on its model."""

    def __init__(self, person, contexts, seed):
        self.person = person
        self.contexts = contexts
        self.dice = random.Random(seed)  # noqa: S311 - the same operations on every run
        self.model = Library(person.user.root_folder_id)
        self.refusals = self.done = 0

    def some(self, ids):
        """One of the ids, now and then one that nobody has."""
        ids = sorted(ids)
        return self.dice.choice(ids) if ids and self.dice.random() > 0.02 else 9999

    def live_folder(self):
        return self.some(node.id for node in self.model.folders.values() if node.gone is None)

    def live_bookmark(self):
        return self.some(mark.id for mark in self.model.bookmarks.values() if mark.gone is None)

    def known_folders(self, most):
        ids = sorted(node.id for node in self.model.folders.values() if node.gone is None)
        return self.dice.sample(ids, min(len(ids), self.dice.randrange(most)))

    async def step(self, number):
        """One operation in both; either both do it or both refuse."""
        self.model.now = number
        doings = [
            self.create, self.create, self.move, self.delete_folder, self.delete_folder, self.restore_folder,
            self.restore_folder, self.reorder, self.reorder, self.save, self.save, self.save, self.save, self.note,
            self.refile, self.refile, self.file, self.file, self.take_out, self.take_out, self.put_back, self.delete,
            self.restore, self.restore, self.empty,
        ]  # fmt: skip
        doing = self.dice.choice(doings)
        ctx = self.dice.choice(self.contexts)
        real, expected = doing(ctx)
        before, seq = await snapshot(ctx.owner_id), await self.seq()
        try:
            result = await real()
        except (Conflict, Invalid, NotFound):
            result = Refused
        if result is not Refused:
            expected(result)
            self.done += 1
        else:
            self.refusals += 1
            with pytest.raises(Refused):
                expected(None)
        assert (before != await snapshot(ctx.owner_id)) == (await self.seq() > seq), doing.__name__
        return doing.__name__, ctx.door.name

    async def seq(self):
        user = await User.get(id=self.person.user.id)
        assert user.change_seq == await Change.filter(owner_id=user.id).count()
        return user.change_seq

    # each returns what to do, and what the model does then

    def create(self, ctx):
        parent = self.live_folder()

        def expected(row):
            self.model.live_folder(parent)
            self.model.create_folder(row.id, parent)

        return lambda: filing.create(ctx, FolderDraft(name="f", parent_id=parent)), expected

    def move(self, ctx):
        id, parent = self.live_folder(), self.live_folder()
        patch = FolderPatch(parent_id=parent)
        return lambda: filing.update(ctx, id, patch), lambda _: self.model.move_folder(id, parent)

    def delete_folder(self, ctx):
        id, keep, permanent = self.live_folder(), self.dice.random() < 0.3, self.dice.random() < 0.2
        return (
            lambda: folder_trash.delete(ctx, id, keep_contents=keep, permanent=permanent),
            lambda _: self.model.delete_folder(ctx.door, id, keep=keep, permanent=permanent),
        )

    def restore_folder(self, ctx):
        id = self.some(node.id for node in self.model.folders.values() if node.gone is not None)
        return lambda: folder_trash.restore(ctx, id), lambda _: self.model.restore_folder(ctx.door, id)

    def reorder(self, ctx):
        id = self.live_folder()
        order = [
            (one.kind, one.id)
            for one in (self.model.children(id) if id in self.model.folders else ())
            if one.kind == "folder" or self.model.bookmarks[one.id].kind in ctx.door.kinds
        ]
        same = list(order)
        way = self.dice.randrange(4)
        if way == 0:
            self.dice.shuffle(order)
        elif way == 1 and order:
            order.insert(self.dice.randrange(len(order)), order.pop(self.dice.randrange(len(order))))
        elif way == 2 and self.dice.random() < 0.3:
            order = [*order[1:], ("folder", 9999)]

        def expected(_):
            self.model.live_folder(id)
            if sorted(order) != sorted(same):
                raise Refused
            if order != same:
                self.model.reorder(ctx.door, id, order)

        return lambda: filing.reorder(ctx, id, [Child(*one) for one in order]), expected

    def save(self, ctx):
        url, wanted = f"https://{self.dice.randrange(25)}.example/", self.known_folders(3)
        policy = self.dice.choice(sorted(POLICIES))

        def expected(saved):
            made = itertools.count(saved.bookmark.id if saved else 0)
            self.model.save(ctx.door, url, wanted, policy, made)

        draft = BookmarkDraft(url=url, title="t", folder_ids=wanted)
        return lambda: saving.save(ctx, draft, POLICIES[policy], fetch=False), expected

    def note(self, ctx):
        """A bookmark becomes a note, which some doors cannot show."""
        id = self.live_bookmark()

        async def turn():
            await saving.update(self.contexts[0], id, BookmarkPatch(folder_ids=None))
            if id in self.model.bookmarks and self.dice.random() < 0.5:
                changed = {"kind": "note", "url": None, "url_href": None, "href_hash": None, "key_hash": None}
                await Bookmark.filter(id=id).update(**changed)
                return True
            return False

        def expected(turned):
            mark = self.model.live_bookmark(GRAPHQL, id)
            if turned:
                mark.kind, mark.url = "note", None

        return turn, expected

    def refile(self, ctx):
        id, wanted = self.live_bookmark(), self.known_folders(4)
        patch = BookmarkPatch(folder_ids=wanted)
        return lambda: saving.update(ctx, id, patch), lambda _: self.model.refile(ctx.door, id, wanted)

    def file(self, ctx):
        folder, id = self.live_folder(), self.live_bookmark()
        return lambda: filing.file(ctx, folder, id), lambda _: self.model.file(ctx.door, folder, id)

    def place(self, *, gone):
        """A bookmark and a folder, that it is in or was in."""
        places = [
            (folder, entry.id)
            for folder, entries in sorted(self.model.lists.items())
            for entry in entries
            if entry.kind == "bookmark" and (entry.gone is not None) == gone
        ]
        return self.dice.choice(places) if places and self.dice.random() > 0.05 else (self.live_folder(), 9999)

    def take_out(self, ctx):
        (folder, id), permanent = self.place(gone=False), self.dice.random() < 0.15
        return (
            lambda: filing.take_out(ctx, folder, id, permanent=permanent),
            lambda _: self.model.take_out(ctx.door, folder, id, permanent=permanent),
        )

    def put_back(self, ctx):
        folder, id = self.place(gone=True)
        return lambda: folder_trash.put_back(ctx, folder, id), lambda _: self.model.put_back(ctx.door, folder, id)

    def delete(self, ctx):
        id, permanent, leave = self.live_bookmark(), self.dice.random() < 0.1, self.dice.random() < 0.3
        return (
            lambda: trash.delete(ctx, [id], permanent=permanent, leave_folders=leave),
            lambda _: self.model.delete(ctx.door, id, permanent=permanent, leave=leave),
        )

    def restore(self, ctx):
        id = self.some(mark.id for mark in self.model.bookmarks.values() if mark.gone is not None)
        return lambda: trash.restore(ctx, [id]), lambda _: self.model.restore(ctx.door, id)

    def empty(self, ctx):
        if self.dice.random() < 0.7:  # else there would hardly be anything to restore
            return self.create(ctx)
        return lambda: folder_trash.empty(ctx), lambda _: self.model.empty()

    # what must be true afterwards

    async def check(self, ctx):
        """The library is as its model says, and whole."""
        root = self.model.root
        assert self.model.outline(ctx.door, root) == await nested(ctx, root)
        await self.learn()
        for id in (root, *self.known_folders(2)):
            assert self.model.count(ctx.door, id) == await folders.count(ctx, id)
        live = {mark.id for mark in self.model.bookmarks.values() if mark.gone is None}
        placed = Placement.filter(deleted_at=None, folder__deleted_at=None, bookmark__deleted_at=None)
        assert live == set(await placed.values_list("bookmark_id", flat=True))
        assert 0 == await Placement.filter(deleted_at=None).exclude(folder__deleted_at=None).count()
        assert 0 == await Placement.filter(deleted_at=None).exclude(bookmark__deleted_at=None).count()
        reached = {node.id for node in self.model.folders.values() if node.gone is None}
        assert reached == set(self.model.below(root))
        assert reached == set(await Folder.filter(deleted_at=None).values_list("id", flat=True))
        assert sorted(self.model.folders) == sorted(await Folder.all().values_list("id", flat=True))
        assert sorted(self.model.bookmarks) == sorted(await Bookmark.all().values_list("id", flat=True))

    async def learn(self):
        """Where the places of the trash are in an order that has just changed is not promised, so it is looked up."""
        for id in self.model.vague:
            places = await Placement.filter(folder_id=id).values_list("position", "bookmark_id")
            inner = await Folder.filter(parent_id=id).values_list("position", "id")
            order = sorted([(at, 1, one) for at, one in places] + [(at, 0, one) for at, one in inner])
            rank = {(("folder", "bookmark")[kind], one): number for number, (_, kind, one) in enumerate(order)}
            self.model.lists[id].sort(key=lambda entry: rank[entry.kind, entry.id])
        self.model.vague.clear()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_library_is_what_its_history_of_operations_makes_it(ann, seed):
    """Order, places, trash and counts; every change is logged, and nothing else is."""
    contexts = [await ann.ctx(GRAPHQL), await ann.ctx(SYNC)]
    walk = Walk(ann, contexts, seed)
    for number in range(1, STEPS + 1):
        did = await walk.step(number)
        try:
            await walk.check(contexts[number % 2])
        except AssertionError as error:
            error.add_note(f"step {number}: {did}")
            raise

    assert walk.done > STEPS / 2
    assert walk.refusals > 0
