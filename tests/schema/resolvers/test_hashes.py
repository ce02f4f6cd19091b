import asyncio
import json
import os
import random
from hashlib import sha256

import pytest
from strawberry import Some

from models import Bookmark, Folder, FolderHash, Placement
from models.kinds import SYNCED
from models.queries import folders as folder_queries
from models.queries import hashes as queries
from models.queries import marks as marking
from schema.door import Door
from schema.errors import Conflict, Forbidden, Invalid, NotFound
from schema.formats.entries import Entry, FolderEntry
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy, FolderDraft, FolderPatch
from schema.operation import writing
from schema.resolvers import filing, folder_trash, hashes, imports, saving, states, trash
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token

FUNCTIONS = ("sha256", "murmur3a", "xxh32")
ROOT = ("6df75ce3e5eedf5ba594d6f929861d1d0fbf10b56c7d9f0c723891f2d9d96885", "adf7f659", "26f3ecf9")
FOLDER = ("3f35fe9a62ef1115553cfb93dca12fa679dbc3807ee288364dd63184bd1c494b", "8bf429e2", "88c8a4c1")
EMPTY_ROOT = ("7fd8e0f003dc9ebca97c658f0a569e1758894f9c27166bdf34ee9c429572eda1", "90c441a8", "755bcfc7")


async def root_of(person):
    return (await Folder.get(owner_id=person.user.id, parent_id=None)).id


async def hash_of(person, folder_id=None, *args, **options):
    return await hashes.of(await person.ctx(), folder_id or await root_of(person), *args, **options)


async def take(person, *rows):
    await imports.take_in(await person.ctx(imports.IMPORT), rows)


async def folder(person, name):
    return (await Folder.get(owner_id=person.user.id, name=name)).id


async def marks(person):
    return dict(await Folder.filter(owner_id=person.user.id).values_list("name", "marks"))


def entry(number, *path):
    return Entry(f"https://{number}.example/", f"{number}", folder=path)


async def three_folders(person):
    """Two folders in one another and one beside them, with a bookmark in each."""
    await take(person, entry(1, "above"), entry(2, "above", "below"), entry(3, "beside"))


async def true_hashes(person):
    """The sha256 of every live folder, worked out the slow and simple way."""
    folders = await Folder.filter(owner_id=person.user.id, deleted_at=None)
    places = await Placement.filter(
        folder__owner_id=person.user.id,
        deleted_at=None,
        bookmark__deleted_at=None,
        bookmark__kind__not_in=["note", "code"],
    ).values_list("folder_id", "position", "bookmark_id", "bookmark__title", "bookmark__url_href")
    values = {}

    def digest(value):
        return sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

    def visit(one):
        children = [(each.position, 0, each.id, visit(each)) for each in folders if each.parent_id == one.id]
        children += [
            (position, 1, id, digest({"title": title, "url": url}))
            for folder_id, position, id, title, url in places
            if folder_id == one.id
        ]
        listed = {"children": [child[3] for child in sorted(children)]}
        values[one.id] = digest(listed if one.parent_id is None else {"title": one.name, **listed})
        return values[one.id]

    for one in folders:
        if one.parent_id is None:
            visit(one)
    return values


async def good_hashes(person):
    """The kept hashes that would be believed."""
    rows = await FolderHash.filter(
        folder__owner_id=person.user.id, folder__deleted_at=None, function="sha256"
    ).values_list("folder_id", "value", "marks", "folder__marks")
    return {id: value for id, value, marks, now in rows if marks == now}


@pytest.mark.parametrize(("function", "column"), list(zip(FUNCTIONS, range(3), strict=True)))
async def test_s06_a_tree_hashes_as_the_contract_says(ann, function, column):
    await take(
        ann,
        Entry("https://example.org/", "Example", folder=("Folder",)),
        Entry("https://example.org/a?b=1&c=2", 'Grüße "x" / y', folder=("Folder",)),
        Entry("https://example.org/", "Example"),
    )

    assert ROOT[column] == await hash_of(ann, None, function)
    assert FOLDER[column] == await hash_of(ann, await folder(ann, "Folder"), function)


@pytest.mark.parametrize(("function", "column"), list(zip(FUNCTIONS, range(3), strict=True)))
async def test_s06_an_empty_root_hashes_as_the_contract_says(ann, function, column):
    assert EMPTY_ROOT[column] == await hash_of(ann, None, function)


async def test_s06_a_script_is_hashed_with_its_real_link(ann):
    await make_bookmark(ann, url="javascript:void(0)", title="JS")

    child = "9049ffdf06ab51804fcaa6b385548917046a3682aa7955b5c5b8cc5632a7c409"
    assert sha256(b'{"children":["%s"]}' % child.encode()).hexdigest() == await hash_of(ann)


async def test_s06_a_change_deep_down_changes_all_above_and_nothing_beside(ann):
    await three_folders(ann)
    before = {name: await hash_of(ann, await folder(ann, name)) for name in ("", "above", "below", "beside")}
    marked = await marks(ann)

    changed = await Bookmark.get(title="2")
    await saving.update(await ann.ctx(), changed.id, BookmarkPatch(title=Some("Other")))
    after = {name: await hash_of(ann, await folder(ann, name)) for name in before}

    assert ["beside"] == [name for name in before if before[name] == after[name]]
    assert {name: number + (name != "beside") for name, number in marked.items()} == await marks(ann)
    assert (await true_hashes(ann))[await root_of(ann)] == after[""]


async def test_a_bookmark_in_several_folders_changes_them_all(ann):
    await take(ann, entry(1, "a"), entry(1, "b", "c"), entry(2, "d"))
    marked = await marks(ann)
    shared = await Bookmark.get(title="1")
    await saving.update(await ann.ctx(), shared.id, BookmarkPatch(title=Some("Other")))

    changed = [name for name, number in (await marks(ann)).items() if number > marked[name]]
    assert ["", "a", "b", "c"] == sorted(changed)


async def test_deleting_for_good_marks_the_folders_that_it_was_in(ann):
    await three_folders(ann)
    before = await hash_of(ann)
    marked = await marks(ann)
    gone = await Bookmark.get(title="2")
    await trash.delete(await ann.ctx(), [gone.id], permanent=True)

    assert {name: number + (name != "beside") for name, number in marked.items()} == await marks(ann)
    assert before != await hash_of(ann)
    assert await true_hashes(ann) == await good_hashes(ann)


async def test_asking_again_is_one_read(ann):
    await three_folders(ann)
    ctx, root = await ann.ctx(), await root_of(ann)
    first = await hashes.of(ctx, root)

    async with statements_counted([]) as again:
        second = await hashes.of(ctx, root)

    assert first == second
    assert 1 == len(again)


async def test_only_what_changed_is_worked_out_again(ann, monkeypatch):
    await three_folders(ann)
    await hash_of(ann)
    changed = await Bookmark.get(title="3")
    await saving.update(await ann.ctx(), changed.id, BookmarkPatch(title=Some("Other")))
    kept = []
    keep = queries.keep

    async def watched(function, folders):
        kept.extend(one.title for one in folders)
        await keep(function, folders)

    monkeypatch.setattr(queries, "keep", watched)
    await hash_of(ann)

    assert [None, "beside"] == kept


async def test_every_folder_below_is_kept_for_each_function_once_it_was_asked_for(ann):
    await three_folders(ann)
    for function in FUNCTIONS:
        await hash_of(ann, None, function)
    await hash_of(ann, None, "sha256", ["title"])

    assert {(name, 4) for name in FUNCTIONS} == {
        (name, await FolderHash.filter(function=name).count())
        for name in await FolderHash.all().distinct().values_list("function", flat=True)
    }


async def test_other_fields_are_hashed_in_the_order_asked_for_and_not_kept(ann):
    await make_bookmark(ann, url="https://a.example", title="A", description="d", tag_names=["b", "a"])
    text = b'{"tags":["a","b"],"description":"d","url":"https://a.example/"}'
    child = sha256(text).hexdigest()
    value = await hash_of(ann, None, "sha256", ["tags", "description", "url"])

    assert sha256(b'{"children":["%s"]}' % child.encode()).hexdigest() == value
    assert 0 == await FolderHash.all().count()


async def test_every_field_can_be_hashed(ann):
    await make_bookmark(ann, tag_names=["a"])
    values = [await hash_of(ann, None, "sha256", [field]) for field in queries.FIELDS]

    assert len(queries.FIELDS) == len(set(values))  # the name of the field is hashed too


async def test_notes_and_what_is_in_the_trash_are_not_hashed(ann):
    await make_bookmark(ann)
    note, deleted = await make_bookmark(ann), await make_bookmark(ann)
    await Bookmark.filter(id=note.id).update(kind="note")
    before = await true_hashes(ann)
    await trash.delete(await ann.ctx(), [deleted.id])

    assert before != await true_hashes(ann)
    assert (await true_hashes(ann))[await root_of(ann)] == await hash_of(ann)


async def test_unknown_functions_and_fields_are_refused(ann):
    with pytest.raises(Invalid) as refused:
        await hash_of(ann, None, "md5", ["title", "colour"])

    assert [("hash_function", "md5"), ("hash_field", "colour")] == [
        (fault.rule, fault.given) for fault in refused.value.faults
    ]


@pytest.mark.parametrize("fields", [hashes.DEFAULT_FIELDS, ("tags",)])
async def test_folders_that_are_not_there_are_not_found(ann, ben, fields):
    """Missing, somebody else's, in the trash, and beyond what the column holds."""
    await take(ann, FolderEntry(("gone",)))
    gone = await folder(ann, "gone")
    await Folder.filter(id=gone).update(deleted_at=ann.ports.clock.now())
    for id in (9999, await root_of(ben), gone, 0, -1, 2**31, 2**70):
        with pytest.raises(NotFound):
            await hashes.of(await ann.ctx(), id, "sha256", fields)


async def test_a_token_without_folders_is_refused(ann):
    narrow = type(ann)(ann.ports, ann.user, await make_token(ann, "bookmarks:read"))

    with pytest.raises(Forbidden):
        await hash_of(narrow)


async def test_hashes_are_not_asked_for_inside_a_write(ann):
    """Its marks come at the end, so a kept hash would be believed for too long."""
    ctx = await ann.ctx()
    async with writing(ctx):
        with pytest.raises(RuntimeError):
            await hashes.of(ctx, ctx.user.root_folder_id)


@pytest.mark.parametrize("when", ["amid", "after"])
async def test_a_write_between_working_out_and_keeping_leaves_no_stale_answer(ann, monkeypatch, when):
    """The tree is read as it was when reading began; what was marked since is not kept as the folder's hash."""
    await three_folders(ann)
    old = await true_hashes(ann)
    changed = await Bookmark.get(title="2")
    below, writes = queries.below, [saving.update(await ann.ctx(), changed.id, BookmarkPatch(title=Some("Other")))]

    async def interrupted(*args):
        async for rows in below(*args):
            yield rows
            if when == "amid" and writes:
                await writes.pop()
        if writes:
            await writes.pop()

    monkeypatch.setattr(queries, "CHUNK", 1)
    monkeypatch.setattr(queries, "below", interrupted)
    asked = await hash_of(ann)
    left = await good_hashes(ann)
    now = await true_hashes(ann)

    assert old[await root_of(ann)] == asked
    assert [await folder(ann, "beside")] == list(left)
    assert now[await root_of(ann)] == await hash_of(ann)
    assert now == await good_hashes(ann)


async def test_two_questions_for_the_same_cold_tree_read_it_once(ann, monkeypatch):
    await three_folders(ann)
    below, reads = queries.below, []

    def counted(*args):
        reads.append(args)
        return below(*args)

    monkeypatch.setattr(queries, "below", counted)
    answers = await asyncio.gather(*(hash_of(ann) for _ in range(5)))

    assert [(await true_hashes(ann))[await root_of(ann)]] * 5 == answers
    assert 1 == len(reads)


async def test_a_folder_that_goes_while_it_is_hashed_is_no_trouble(ann, monkeypatch):
    await three_folders(ann)
    gone = await folder(ann, "below")
    below = queries.below

    async def interrupted(*args):
        async for rows in below(*args):
            yield rows
        await Folder.filter(id=gone).delete()

    monkeypatch.setattr(queries, "below", interrupted)
    await hash_of(ann)

    assert 3 == await FolderHash.all().count()


async def test_many_folders_are_marked_and_kept(ann, monkeypatch):
    """More than fit into one statement of each kind."""
    monkeypatch.setattr(marking, "PARAMETERS", 3)
    monkeypatch.setattr(queries, "STORED_AT_ONCE", 2)
    monkeypatch.setattr(hashes, "KEPT_AT_ONCE", 3)
    await take(ann, *(entry(number, f"f{number}") for number in range(10)))
    await hash_of(ann)

    assert set() == {name for name, number in (await marks(ann)).items() if not number}
    assert await true_hashes(ann) == await good_hashes(ann)
    assert 11 == len(await good_hashes(ann))


OPERATIONS = int(os.environ.get("POLYMARK_TEST_OPERATIONS", "1000"))
SYNC = Door("sync", kinds=SYNCED, root_is_folder=True, revives=True)


class Dice:
    """Does random operations on a small library, so that they meet again and again."""

    def __init__(self, person, contexts):
        self.person = person
        self.contexts = contexts
        self.dice = random.Random(11)  # noqa: S311 - the same operations each time

    async def step(self):
        """One operation; that it is refused is as good an outcome as any."""
        doing = self.dice.choice([
            self.save, self.save, self.edit, self.edit, self.move_bookmark, self.refile, self.file, self.take_out,
            self.put_back, self.delete, self.restore, self.purge, self.archive, self.take_in, self.make_folder,
            self.make_folder, self.edit_folder, self.move_folder, self.delete_folder, self.restore_folder,
            self.reorder, self.reorder, self.empty_trash,
        ])  # fmt: skip
        try:
            await doing(self.dice.choice(self.contexts))
        except (Conflict, Invalid, NotFound):
            return

    async def folder(self, **states):
        states = states or {"deleted_at": None}
        ids = await Folder.filter(owner_id=self.person.user.id, **states).order_by("id").values_list("id", flat=True)
        return self.dice.choice(ids) if ids else 0

    async def bookmark(self, **states):
        states = states or {"deleted_at": None}
        ids = await Bookmark.filter(owner_id=self.person.user.id, **states).order_by("id").values_list("id", flat=True)
        return self.dice.choice(ids) if ids else 0

    async def folders(self):
        return list({await self.folder() for _ in range(self.dice.randrange(1, 4))})

    def number(self):
        return self.dice.randrange(60)

    async def save(self, ctx):
        draft = BookmarkDraft(url=f"https://{self.number()}.example/", title="new", folder_ids=await self.folders())
        await saving.save(ctx, draft, self.dice.choice(list(ConflictPolicy)), fetch=False)

    async def edit(self, ctx):
        patch = self.dice.choice([
            BookmarkPatch(title=Some(f"title {self.number()}")),
            BookmarkPatch(url=Some(f"https://{self.number()}.example/")),
            BookmarkPatch(url=Some(f"javascript:{self.number()}")),
        ])  # fmt: skip
        await saving.update(ctx, await self.bookmark(), patch)

    async def refile(self, ctx):
        await saving.update(ctx, await self.bookmark(), BookmarkPatch(folder_ids=await self.folders()))

    async def move_bookmark(self, ctx):
        place = await Placement.filter(deleted_at=None).order_by("id").offset(self.number()).first()
        if place is not None:
            await filing.file(ctx, await self.folder(), place.bookmark_id)
            await filing.take_out(ctx, place.folder_id, place.bookmark_id)

    async def file(self, ctx):
        await filing.file(ctx, await self.folder(), await self.bookmark())

    async def take_out(self, ctx):
        place = await Placement.filter(deleted_at=None).order_by("id").offset(self.number()).first()
        if place is not None:
            await filing.take_out(ctx, place.folder_id, place.bookmark_id, permanent=self.number() < 10)

    async def put_back(self, ctx):
        place = await Placement.exclude(deleted_at=None).order_by("id").offset(self.dice.randrange(5)).first()
        if place is not None:
            await folder_trash.put_back(ctx, place.folder_id, place.bookmark_id)

    async def delete(self, ctx):
        await trash.delete(ctx, [await self.bookmark()], permanent=self.number() < 20)

    async def restore(self, ctx):
        await trash.restore(ctx, [await self.bookmark(deleted_at__not_isnull=True)])

    async def purge(self, ctx):
        await trash.purge(ctx, [await self.bookmark(deleted_at__not_isnull=True)])

    async def archive(self, ctx):
        await states.archive(ctx, [await self.bookmark()])

    async def empty_trash(self, ctx):
        if self.number() < 10:
            await folder_trash.empty(ctx)
            await trash.empty(ctx)

    async def take_in(self, ctx):
        path = tuple(f"f{self.dice.randrange(4)}" for _ in range(self.dice.randrange(4)))
        await take(self.person, FolderEntry(path or ("f",)), *(entry(self.number(), *path) for _ in range(3)))

    async def make_folder(self, ctx):
        await filing.create(ctx, FolderDraft(name=f"f{self.number()}", parent_id=await self.folder()))

    async def edit_folder(self, ctx):
        await filing.update(ctx, await self.folder(), FolderPatch(name=Some(f"f{self.number()}")))

    async def move_folder(self, ctx):
        await filing.update(ctx, await self.folder(), FolderPatch(parent_id=await self.folder()))

    async def delete_folder(self, ctx):
        keep, permanent = self.number() < 30, self.number() < 20
        await folder_trash.delete(ctx, await self.folder(), keep_contents=keep, permanent=permanent)

    async def restore_folder(self, ctx):
        await folder_trash.restore(ctx, await self.folder(deleted_at__not_isnull=True))

    async def reorder(self, ctx):
        id = await self.folder()
        children = await folder_queries.children(id, ctx.door.kinds)
        order = [filing.Child("bookmark" if one.is_bookmark else "folder", one.id) for one in children]
        self.dice.shuffle(order)
        await filing.reorder(ctx, id, order)


@pytest.mark.slow
async def test_kept_hashes_equal_fresh_ones_after_thousands_of_random_operations(ann):
    """Whatever would be believed is true, at a checkpoint every 25 operations; POLYMARK_TEST_OPERATIONS does more."""
    dice = Dice(ann, [await ann.ctx(), await ann.ctx(SYNC)])
    believed = 0
    for number in range(OPERATIONS):
        await dice.step()
        if number % 3 == 0:
            await hash_of(ann, await dice.folder())
        if number % 25 == 24:
            kept, true = await good_hashes(ann), await true_hashes(ann)
            believed += len(kept)

            assert {id: true[id] for id in kept} == kept
            assert true[await root_of(ann)] == await hash_of(ann)
    assert believed > OPERATIONS / 25
