"""Taking a library in: what a link becomes, and what running again or being cut off does (nothing bad)."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from strawberry import Some
from tortoise.connection import get_connection

from models import Bookmark, Change, Folder, Job, Placement, Tag
from models.folder import STEP
from models.queries.tree import Occurs
from schema.context import ALL_SCOPES, Context, Viewer
from schema.errors import Forbidden
from schema.formats import netscape
from schema.formats.entries import Entry, FolderEntry, Refused, Remark
from schema.inputs import BookmarkPatch
from schema.resolvers import accounts, bookmarks, exports, grafting, imports, saving, trash
from tests.databases import ON_POSTGRES, statements_counted
from tests.factories import make_bookmark

DATA = Path(__file__).parents[4] / "shared" / "data"  # public lists as bookmark files, where somebody has them
DAY = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
LATER = datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)


async def take(person, *rows, fetch=False):
    """Import rows for somebody; the tally and the troubles."""
    heard = []
    ctx = await person.ctx(imports.IMPORT)
    tally = await imports.take_in(ctx, rows, fetch=fetch, tell=lambda _, troubles: heard.extend(troubles))
    return tally, heard


async def only(person):
    """Somebody's only bookmark."""
    page = await bookmarks.find(await person.ctx())
    (row,) = page.items
    return row


async def library(person):
    """Everything in its folders and its order."""
    return [row async for chunk in await exports.outline(await person.ctx()) for row in chunk]


def lasting(row):
    """A row without the moment at which a second mention of its address was taken in."""
    return dataclasses.replace(row, updated_at=None) if isinstance(row, Entry) else row


async def places(bookmark_id):
    """The names of the folders that a bookmark is in; the root's is empty."""
    rows = await Placement.filter(bookmark_id=bookmark_id, deleted_at=None).values_list("folder__name", flat=True)
    return sorted(rows)


async def test_a_new_link_keeps_everything_that_the_file_says(ann):
    entry = Entry(
        "https://a.example/?x=1", "A", "about", "mine", ("Two", "one"), ("F", "G"), DAY, LATER,
        to_read=True, is_archived=True, is_public=True, is_favorite=True,
    )  # fmt: skip
    tally, _ = await take(ann, entry)
    row = await only(ann)

    assert imports.Tally(created=1, folders=2) == tally
    assert ("https://a.example/?x=1", "A", "about", "mine") == (row.url, row.title, row.description, row.notes)
    assert ["Two", "one"] == sorted(row.tag_names)
    assert (DAY, LATER, None) == (row.created_at, row.updated_at, row.read_at)
    assert row.is_archived
    assert row.is_public
    assert row.is_favorite
    assert ("import", "link") == (row.source, row.kind)
    assert ["G"] == await places(row.id)


async def test_dates_that_are_missing_follow_from_those_that_are_there(ann):
    await take(ann, Entry("https://a.example/", created_at=DAY))
    row = await only(ann)

    assert (DAY, DAY, DAY) == (row.created_at, row.updated_at, row.read_at)


async def test_an_address_that_is_kept_gains_and_loses_nothing(ann):
    """Id, spelling, dates and states stay; empty texts are filled, tags united, a favourite becomes one."""
    kept = await make_bookmark(ann, url="HTTPS://a.example", title="Mine", tag_names=["Old"], created_at=LATER)
    entry = Entry(
        "https://a.example/", "Theirs", "about", "notes", ("old", "new"), (), DAY, DAY,
        to_read=True, is_archived=True, is_public=True, is_favorite=True,
    )  # fmt: skip
    tally, _ = await take(ann, entry)
    row = await only(ann)

    assert imports.Tally(updated=1) == tally
    assert (kept.id, "HTTPS://a.example", "Mine", "about", "notes") == (
        row.id, row.url, row.title, row.description, row.notes,
    )  # fmt: skip
    assert ["Old", "new"] == sorted(row.tag_names)
    assert (LATER, kept.read_at) == (row.created_at, row.read_at)
    assert (False, False, True) == (row.is_archived, row.is_public, row.is_favorite)
    assert row.updated_at > kept.updated_at


async def test_a_title_that_a_door_made_up_gives_way(ann):
    kept = await make_bookmark(ann, url="https://a.example/", title="a.example")
    await Bookmark.filter(id=kept.id).update(is_title_provisional=True)
    await take(ann, Entry("https://a.example/", "A"))

    assert "A" == (await only(ann)).title
    assert not (await only(ann)).is_title_provisional


async def test_what_is_filled_in_can_be_searched_for(ann):
    """Derived columns follow the texts, for new and for changed rows."""
    await make_bookmark(ann, url="https://old.example/", title="Old")
    await take(ann, Entry("https://old.example/", description="Zebra"), Entry("https://new.example/", "Zebra too"))
    page = await bookmarks.find(await ann.ctx(), Occurs("zebra"))

    assert 2 == len(page.items)


async def test_the_same_file_again_changes_nothing(ann):
    """Not even the change log grows, so clients that sync see nothing."""
    rows = [FolderEntry(("F",), "why"), Entry("https://a.example/", "A", tags=("x",), folder=("F",)), Entry("ftp://b/")]
    await take(ann, *rows)
    before = await library(ann), await Change.all().count()
    tally, _ = await take(ann, *rows)

    assert imports.Tally(unchanged=2) == tally
    assert before == (await library(ann), await Change.all().count())


async def test_an_address_in_several_folders_is_one_bookmark_in_each(ann):
    """Also when the second one is spelled differently; of texts the first that is not empty counts."""
    rows = [
        Entry("https://a.example/", tags=("x",), folder=("F",)),
        Entry("https://A.example", "A", tags=("y",), folder=("G",)),
        Entry("https://a.example/", "B"),
        Entry("https://a.example/", folder=("F",)),
    ]
    tally, _ = await take(ann, *rows)
    row = await only(ann)

    assert imports.Tally(created=1, updated=2, unchanged=1, folders=2) == tally
    assert ("https://a.example/", "A", ["x", "y"]) == (row.url, row.title, sorted(row.tag_names))
    assert ["", "F", "G"] == await places(row.id)


async def test_a_bookmark_of_the_root_moves_into_its_first_folder(ann):
    kept = await make_bookmark(ann, url="https://a.example/")
    await take(ann, Entry("https://a.example/", folder=("F",)))

    assert ["F"] == await places(kept.id)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_bookmark_that_the_file_has_in_the_root_stays_there(ann, order):
    kept = await make_bookmark(ann, url="https://a.example/")
    rows = [Entry("https://a.example/"), Entry("https://a.example/", folder=("F",))]
    await take(ann, *(rows[number] for number in order))

    assert ["", "F"] == await places(kept.id)


async def test_a_place_in_the_trash_is_taken_out_again(ann):
    await take(ann, Entry("https://a.example/", folder=("F",)), Entry("https://a.example/", folder=("G",)))
    row = await only(ann)
    await Placement.filter(folder__name="F").update(deleted_at=DAY)
    tally, _ = await take(ann, Entry("https://a.example/", folder=("F",)))

    assert imports.Tally(updated=1) == tally
    assert ["F", "G"] == await places(row.id)


async def test_folders_are_found_by_their_path_and_filled_at_their_ends(ann):
    await take(ann, FolderEntry(("F",)), Entry("https://a.example/", folder=("F",)), FolderEntry(("F", "G")))
    tally, _ = await take(
        ann, Entry("https://b.example/", folder=("F",)), Entry("https://c.example/", folder=("F", "G"))
    )
    seen = [row.path if isinstance(row, FolderEntry) else row.url for row in await library(ann)]

    assert imports.Tally(created=2) == tally
    assert [("F",), "https://a.example/", ("F", "G"), "https://c.example/", "https://b.example/"] == seen


async def test_two_folders_of_one_name_stay_two(ann):
    rows = [
        FolderEntry(("F",)), Entry("https://a.example/", folder=("F",)),
        FolderEntry(("F",)), Entry("https://b.example/", folder=("F",)),
    ]  # fmt: skip
    first, _ = await take(ann, *rows)
    again, _ = await take(ann, *rows)

    assert (2, 0) == (first.folders, again.folders)
    assert 2 == again.unchanged
    assert [1, 1] == sorted(Counter(await Placement.all().values_list("folder_id", flat=True)).values())


async def test_an_empty_description_of_a_folder_is_filled(ann):
    await take(ann, FolderEntry(("F",)))
    await take(ann, FolderEntry(("F",), "why"))
    await take(ann, FolderEntry(("F",), "other"))

    assert ["why"] == await Folder.filter(name="F").values_list("description", flat=True)


async def test_folders_nest_a_thousand_deep(ann):
    path = tuple(str(number) for number in range(1000))
    tally, _ = await take(ann, FolderEntry(path), Entry("https://a.example/", folder=path))

    assert imports.Tally(created=1, folders=1000) == tally
    assert path == (await library(ann))[-1].folder


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://a.example/", "link"),
        ("file:///etc/hosts", "link"),
        ("mailto:a@b.example", "link"),
        ("chrome://flags", "link"),
        ("about:config", "link"),
        ("javascript:alert(1)", "bookmarklet"),
    ],
)
async def test_what_a_browser_had_is_kept(ann, url, kind):
    await take(ann, Entry(url))
    row = await only(ann)

    assert (url, kind) == (row.url, row.kind)


async def test_text_without_a_scheme_is_refused_with_its_line(ann):
    tally, troubles = await take(ann, Entry("a.example/page", position=7), Entry("https://a.example/"))

    assert imports.Tally(created=1, refused=1) == tally
    assert [Refused(7, "The address has no scheme, such as https:.", "a.example/page")] == troubles
    assert 7 == troubles[0].position


async def test_any_text_is_an_address_where_the_settings_say_so(ann):
    ann.ports = dataclasses.replace(ann.ports, limits=dataclasses.replace(ann.ports.limits, validate_urls=False))
    tally, _ = await take(ann, Entry("a.example/page"))

    assert imports.Tally(created=1) == tally


async def test_refusals_and_remarks_of_the_reader_are_passed_on(ann):
    """A remark is about a row that is kept, so only the refusal counts."""
    rows = [Refused(3, "No.", "place:x"), Remark(4, "Cut.", "https://a.example/"), Entry("https://a.example/")]
    tally, troubles = await take(ann, *rows)

    assert imports.Tally(created=1, refused=1) == tally
    assert rows[:2] == troubles


async def test_where_nothing_is_left_to_take_there_is_no_transaction(ann, monkeypatch):
    """A file of bad rows alone keeps nobody else from the owner's lock; a good row among them is taken as ever."""
    monkeypatch.setattr(imports, "BATCH", 2)
    bad = [
        Refused(1, "No.", "place:x"),
        Remark(2, "Cut.", "https://a.example/"),
        Entry("a.example/page", position=3),
        Entry("javascript:alert(1)", "A", kind="note", position=4),
    ]
    ctx = await ann.ctx(imports.IMPORT)
    async with statements_counted([]) as statements:
        tally = await imports.take_in(ctx, bad)

    assert [] == statements
    assert imports.Tally(refused=3) == tally
    async with statements_counted([]) as statements:
        tally = await imports.take_in(ctx, [*bad, Entry("https://a.example/"), *bad])

    assert 1 == sum('"has_webhooks" FROM "account"' in text for text in statements)  # the lock
    assert imports.Tally(created=1, refused=6) == tally


async def test_who_may_not_write_is_refused_whatever_the_rows_are(ann):
    viewer = Viewer(ann.user, ALL_SCOPES - {"bookmarks:write"})
    with pytest.raises(Forbidden):
        await imports.take_in(Context(ann.ports, imports.IMPORT, viewer), [Refused(1, "No.", "place:x")])


async def test_auto_tagging_rules_do_not_act(ann):
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example auto")
    await take(ann, Entry("https://a.example/", tags=("own",)))

    assert ["own"] == (await only(ann)).tag_names


async def test_no_page_is_read_unless_asked(ann):
    await take(ann, Entry("https://a.example/"))
    await take(ann, Entry("https://b.example/"), Entry("ftp://c.example/"), Entry("https://a.example/"), fetch=True)

    made = await Bookmark.get(url="https://b.example/")

    assert [{"bookmark": made.id}] == await Job.all().values_list("payload", flat=True)


async def test_a_bookmark_in_the_trash_is_made_anew(ann):
    gone = await make_bookmark(ann, url="https://a.example/")
    await trash.delete(await ann.ctx(), [gone.id])
    tally, _ = await take(ann, Entry("https://a.example/"))

    assert imports.Tally(created=1) == tally
    assert gone.id != (await only(ann)).id


async def test_people_do_not_meet(ann, ben):
    theirs = await make_bookmark(ben, url="https://a.example/", title="", tag_names=["x"])
    await take(ann, Entry("https://a.example/", "A", tags=("x", "y")))

    assert theirs.id != (await only(ann)).id
    assert ("", ["x"]) == ((await only(ben)).title, (await only(ben)).tag_names)
    assert 3 == await Tag.all().count()


async def test_every_write_is_in_the_change_log_with_what_was_before(ann):
    kept = await make_bookmark(ann, url="https://a.example/", title="", tag_names=["old"])
    seen = await Change.all().count()
    await take(ann, Entry("https://a.example/", "A", tags=("new",), folder=("F",)), Entry("https://b.example/"))
    changes = await Change.all().order_by("seq").offset(seen)
    update = next(change for change in changes if change.operation == "update")

    assert Counter(tag=1, folder=1, bookmark=2) == Counter(change.entity for change in changes)
    assert kept.id == update.entity_id
    assert ("", ["old"]) == (update.before["title"], update.before["tag_names"])
    assert update.before == update.before | {"url": "https://a.example/", "is_archived": False, "deleted_at": None}


async def test_the_right_to_write_bookmarks_is_all_that_an_import_needs(ann):
    """Folders and tags of the file are a part of it (BK section 2.7)."""
    row = Entry("https://a.example/", tags=("x",), folder=("F",))
    viewer = Viewer(ann.user, ALL_SCOPES - {"bookmarks:write"})
    with pytest.raises(Forbidden):
        await imports.take_in(Context(ann.ports, imports.IMPORT, viewer), [row])
    assert not await Bookmark.all().count()
    assert not await Folder.filter(name="F").count()

    viewer = Viewer(ann.user, frozenset({"bookmarks:write"}))
    tally = await imports.take_in(Context(ann.ports, imports.IMPORT, viewer), [row])

    assert imports.Tally(created=1, folders=1) == tally


async def test_a_batch_costs_as_many_statements_for_many_rows_as_for_few(ann, ben):
    """Two of them are the credential's, which every request begins with; the ranked index takes three, or two."""

    def rows(count):
        return [Entry(f"https://{n}.example/", "A", tags=(f"t{n}",), folder=(f"f{n}",)) for n in range(count)]

    async with statements_counted([]) as few:
        await take(ann, *rows(2))
    async with statements_counted([]) as many:
        await take(ben, *rows(300))
    async with statements_counted([]) as again:
        await take(ben, *rows(300))

    assert len(few) == len(many)
    assert (21 if ON_POSTGRES else 22, 9) == (len(many), len(again))


async def test_an_interrupted_import_is_completed_by_the_next(ann, ben, monkeypatch):
    """Each batch is a transaction: cut off anywhere and run again, the library is the one of a single run."""
    monkeypatch.setattr(imports, "BATCH", 7)
    rows = [FolderEntry((f"f{number}",), created_at=DAY) for number in range(9)]
    for number in range(60):
        folder = (f"f{number % 5}",)
        rows.append(FolderEntry((*folder, f"g{number}"), created_at=DAY))
        rows.append(Entry(f"https://{number % 40}.example/", f"{number}", "", "", (f"t{number % 9}",), folder, DAY))
    await take(ann, *rows)

    def cut(at):
        yield from rows[:at]
        raise TimeoutError

    for at in (1, 20, 50, 90):
        with pytest.raises(TimeoutError):
            await imports.take_in(await ben.ctx(imports.IMPORT), cut(at))
    tally, _ = await take(ben, *rows)

    assert 60 == tally.links
    assert [lasting(row) for row in await library(ann)] == [lasting(row) for row in await library(ben)]


async def test_somebody_may_write_between_two_batches(ann, monkeypatch):
    """What is remembered of the folders is read again when the owner's change number was moved by somebody else."""
    monkeypatch.setattr(imports, "BATCH", 1)

    run = imports.Run()
    await imports.take_batch(await ann.ctx(imports.IMPORT), run, [Entry("https://a.example/")])
    await make_bookmark(ann, url="https://between.example/")
    await imports.take_batch(await ann.ctx(imports.IMPORT), run, [Entry("https://b.example/")])
    positions = await Placement.all().order_by("bookmark_id").values_list("position", flat=True)

    assert [0, STEP, 2 * STEP] == positions


async def test_long_texts_make_small_batches():
    entry = Entry("https://a.example/", description="x" * 1_000_000)

    assert [4, 4, 1] == [len(batch) for batch in imports.batches([entry] * 9)]
    assert [500, 500, 1] == [len(batch) for batch in imports.batches([FolderEntry(("F",))] * 1001)]


async def test_a_change_of_the_bookmark_between_two_runs_stays(ann):
    """What was decided here is not undone by the file."""
    rows = [Entry("https://a.example/", "A", is_archived=True, to_read=True, is_public=True)]
    await take(ann, *rows)
    patch = BookmarkPatch(title=Some("B"), is_archived=Some(False), to_read=Some(False), is_public=Some(False))
    changed = await saving.update(await ann.ctx(), (await only(ann)).id, patch)
    tally, _ = await take(ann, *rows)

    assert imports.Tally(unchanged=1) == tally
    assert changed == await only(ann)


async def with_database(ann):
    """Take a file in as ``polymark import`` does."""
    await take(ann, *(Entry(f"https://{number}.example/") for number in range(9)))


async def below_a_folder(ann):
    """Take a file in as the Nextcloud door does."""
    ctx = await ann.ctx()
    rows = [Entry(f"https://{number}.example/") for number in range(9)]
    await grafting.take_whole(ctx, rows, ctx.user.root_folder_id)


@pytest.mark.parametrize("take_nine", [with_database, below_a_folder])
async def test_postgresql_plans_for_what_a_large_file_has_brought(ann, monkeypatch, take_nine):
    """Else its planner takes thousands of fresh rows for one, and goes through all of them for each of them."""
    monkeypatch.setattr(imports, "BATCH", 1)
    monkeypatch.setattr(imports.Run, "__init__", functools.partialmethod(imports.Run.__init__, next_look=2))
    async with statements_counted([]) as statements:
        await take_nine(ann)
    looks = [
        sum('INSERT INTO "bookmark"' in earlier for earlier in statements[:at])
        for at, text in enumerate(statements)
        if "ANALYZE" in text
    ]

    assert ([2, 8] if ON_POSTGRES else []) == looks
    if ON_POSTGRES:
        (known,) = await get_connection("default").execute_query_dict(
            "SELECT reltuples FROM pg_class WHERE oid = 'bookmark'::regclass"
        )

        assert 8 == known["reltuples"]


if DATA.is_dir():

    async def test_real_lists_are_taken_in_whole(ann):
        """9,055 links of three public lists: every one becomes a bookmark or joins the one of its address."""
        tallies = []
        for name in ("selfhosted", "go", "books", "books"):
            with (DATA / f"{name}.html").open("rb") as file:
                tallies.append(await imports.take_in(await ann.ctx(imports.IMPORT), netscape.read(file)))

        assert [
            imports.Tally(created=1258, folders=102),
            imports.Tally(created=3024, updated=9, folders=148),
            imports.Tally(created=4705, updated=52, unchanged=7, folders=1232),
            imports.Tally(unchanged=4764),
        ] == tallies
        assert (8987, 1483) == (await Bookmark.all().count(), await Folder.all().count())
