"""The ranked index: in step with the bookmarks after every kind of write, at both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from strawberry import Some
from tortoise.connection import get_connection

from models import Bookmark, BookmarkTag, Job, Tag, ranking
from schema.context import ALL_SCOPES, Context, Viewer
from schema.door import GRAPHQL, WORKER, Door
from schema.formats.entries import Entry
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy
from schema.operation import writing
from schema.ports import PageData
from schema.resolvers import capture, imports, saving, states, tags, trash, worker
from tests.databases import ON_POSTGRES, statements_counted
from tests.factories import make_bookmark
from tests.fakes import START

URL = "https://page.example/"
COLUMNS = "bookmark_id, owner_id, spelled, title, tags, description, address, notes, content"


async def rows(statement):
    return [tuple(row.values()) for row in await get_connection("default").execute_query_dict(statement)]


async def texts():
    """Every row of ranked text; a page that says nothing and one that was never read are the same."""
    found = await rows(f"SELECT {COLUMNS} FROM ranked_text ORDER BY bookmark_id")
    return [(*row[:-1], row[-1] or "") for row in found]


async def vocabulary():
    return {word for (word,) in await rows("SELECT word FROM ranked_word")}


async def stale():
    return await rows("SELECT bookmark_id FROM ranked_stale")


async def anew(person):
    """The same after everything was made anew."""
    await ranking.doubt()
    while await ranking.owners_behind():
        async with writing(await person.ctx()):
            pass
    return await texts(), await vocabulary()


async def check_indexes():
    """FTS5's own comparison of its indexes with the tables, and that PostgreSQL's words are those of the columns."""
    connection = get_connection("default")
    if ON_POSTGRES:
        every = "concat_ws(' ', spelled, title, tags, description, address, notes, content)"
        given = f"SELECT count(DISTINCT w) FROM unnest(string_to_array({every}, ' ')) w WHERE w <> ''"
        wrong = await rows(
            f"SELECT bookmark_id FROM ranked_text WHERE cardinality(tsvector_to_array(words)) <> ({given})"
        )
        assert [] == wrong
        return
    for table in ("ranked_search", "ranked_word_search"):
        await connection.execute_query(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")


async def create(ann):
    await make_bookmark(ann, title="Fresh paint", tag_names=["New tag"])


async def create_with_page(ann):
    ann.ports.websites.pages[URL] = PageData(URL, title="From the page", text="Long text of the page")
    await saving.save(await ann.ctx(), BookmarkDraft(url=URL))


async def merge_into_existing(ann):
    draft = BookmarkDraft(url="https://one.example/", notes="Merged notes", tag_names=["more"])
    await saving.save(await ann.ctx(), draft, ConflictPolicy.MERGE, fetch=False)


async def replace_existing(ann):
    draft = BookmarkDraft(url="https://one.example/", title="Replaced", tag_names=["other"])
    await saving.save(await ann.ctx(), draft, ConflictPolicy.REPLACE, fetch=False)


async def change_texts(ann):
    patch = BookmarkPatch(title=Some("Another title"), notes=Some("Other notes"), tag_names=Some(["blue", "red"]))
    await saving.update(await ann.ctx(), 1, patch)


async def change_address(ann):
    """What another page said goes with it."""
    await saving.update(await ann.ctx(), 1, BookmarkPatch(url=Some("https://moved.example/elsewhere")))


async def tag_many(ann):
    await states.tag(await ann.ctx(), [1, 2, 3], add=["Everywhere"], remove=["red"])


async def rename_tag(ann):
    await tags.rename(await ann.ctx(), (await Tag.get(name="red")).id, "crimson")


async def rename_tag_spelled(ann):
    await tags.rename_spelled(await ann.ctx(), "red", "blue")


async def merge_tags(ann):
    red, blue = await Tag.get(name="red"), await Tag.get(name="blue")
    await tags.merge(await ann.ctx(), [red.id], blue.id)


async def delete_tag(ann):
    await tags.delete(await ann.ctx(), (await Tag.get(name="red")).id)


async def to_the_trash_and_back(ann):
    await trash.delete(await ann.ctx(), [1, 2])
    await trash.restore(await ann.ctx(), [2])


async def delete_for_good(ann):
    await trash.delete(await ann.ctx(), [1], permanent=True)


async def revive(ann):
    door = Door("reviving", revives=True)
    await trash.delete(await ann.ctx(), [1])
    await saving.save(await ann.ctx(door), BookmarkDraft(url="https://one.example/", title="Back again"), fetch=False)


async def read_page(ann):
    ctx = Context(ann.ports, WORKER, Viewer((await ann.ctx()).user, ALL_SCOPES))
    ann.ports.websites.pages["https://two.example/"] = PageData(URL, description="Said so", text="What the page says")
    await capture.read_page(ctx, 2)


async def read_page_again(ann):
    """The page says something else, and nothing of the bookmark changes."""
    await read_page(ann)
    ctx = Context(ann.ports, WORKER, Viewer((await ann.ctx()).user, ALL_SCOPES))
    ann.ports.websites.pages["https://two.example/"] = PageData(URL, description="Said so", text="Different words")
    await capture.read_page(ctx, 2)


async def import_many(ann):
    entries = [
        Entry(position=n, url=f"https://{n}.example/", title=f"Imported number{n}", tags=("red", f"tag{n}"))
        for n in range(700)
    ]
    known = Entry(position=700, url="https://one.example/", title="", description="Filled in", tags=("file",))
    await imports.take_in(await ann.ctx(), [*entries, known])


async def write_past_everything(ann):
    """Whoever writes, the next write of the owner brings it into step."""
    await Bookmark.filter(id=1).update(title="By hand")
    await BookmarkTag.filter(bookmark_id=3).delete()
    await states.archive(await ann.ctx(), [2])


WRITES = [
    create, create_with_page, merge_into_existing, replace_existing, change_texts, change_address, tag_many, rename_tag,
    rename_tag_spelled, merge_tags, delete_tag, to_the_trash_and_back, delete_for_good, revive, read_page,
    read_page_again, import_many, write_past_everything,
]  # fmt: skip


@pytest.fixture
async def library(ann):
    """Three bookmarks of hers; the page of the first was read."""
    ann.ports.websites.pages["https://one.example/"] = PageData(URL, text="The first page talks")
    draft = BookmarkDraft(url="https://one.example/", title="One thing", description="", tag_names=["red"])
    await saving.save(await ann.ctx(), draft)
    await make_bookmark(ann, url="https://two.example/", title="Two things", tag_names=["red", "blue"])
    await make_bookmark(ann, url="https://three.example/", title="Three things", notes="n", tag_names=["blue"])
    return ann


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
async def test_the_index_is_in_step_after(write, library):
    """Rows are those that would be made anew, and the vocabulary lacks no word."""
    before = await texts()
    await write(library)
    found, words = await texts(), await vocabulary()
    await check_indexes()
    behind = await stale()
    expected, known = await anew(library)

    assert [] == behind
    assert expected == found
    assert known <= words
    assert await Bookmark.all().count() == len(found)
    assert write is to_the_trash_and_back or found != before  # which would be no test


async def test_other_writes_touch_no_row(library):
    """The index is looked at once, and nothing of it is written."""
    statements = []
    async with statements_counted(statements):
        await states.favorite(await library.ctx(), [1, 2, 3])

    assert 1 == sum("ranked_stale" in statement for statement in statements)
    assert not any("ranked_text (" in statement for statement in statements)


async def test_what_is_more_than_one_write_carries_a_job_goes_on_with(library, ports):
    """A tag on 1,200 bookmarks gets another name: the rename makes 500 rows anew, the job the rest."""
    entries = [Entry(position=n, url=f"https://{n}.example/", title="T", tags=("many",)) for n in range(1_200)]
    await imports.take_in(await library.ctx(), entries)
    before = await stale()
    await tags.rename(await library.ctx(), (await Tag.get(name="many")).id, "several")
    behind = await stale()
    job = await worker.claim(ports, timedelta(minutes=1))
    await worker.perform(ports, job, seconds=30)
    columns = await rows("SELECT tags FROM ranked_text WHERE bookmark_id > 3 GROUP BY tags")

    assert ([], 700, []) == (before, len(behind), await stale())
    assert ("rank", 1) == (job.kind, job.attempts)
    assert [(f"{library.user.id}ssever z",)] == columns
    assert 0 == await Job.filter(kind="rank").count()


async def test_many_pages_are_read_a_few_at_a_time(library, ports):
    """They may be long: ten in one transaction."""
    made = [await make_bookmark(library, url=f"https://{n}.example/") for n in range(12)]
    ctx = await library.ctx()
    async with writing(ctx) as unit:
        for row in made:
            await saving.keep_content(unit, row.id, PageData(URL, text=f"page{row.id}"))
    behind = await stale()
    job = await worker.claim(ports, timedelta(minutes=1))
    await worker.perform(ports, job, seconds=30)

    assert (2, []) == (len(behind), await stale())
    assert {f"{library.user.id}spage{row.id}" for row in made} < {content for *_, content in await texts()}


async def test_the_hourly_sweep_goes_on_with_what_was_left_behind(library, ports):
    """A write may find the job there that has looked already, and is ending."""
    async with writing(await library.ctx()) as unit:
        unit.enqueue("sweep", {})
    await ranking.doubt()
    behind = await stale()
    await worker.perform(ports, await worker.claim(ports, timedelta(minutes=1)), seconds=30)

    assert behind
    assert [] == await stale()


async def test_a_job_for_an_account_that_went_is_no_trouble(library, ports):
    await ranking.doubt()
    async with writing(await library.ctx()) as unit:
        unit.enqueue("rank", {}, dedupe_key="rank:x")
    job = await worker.claim(ports, timedelta(minutes=1))
    await get_connection("default").execute_query("DELETE FROM account")
    await worker.perform(ports, job, seconds=5)

    assert ([], set(), []) == (await texts(), await vocabulary(), await stale())


async def test_words_that_were_deleted_for_good_go_with_the_next_purge(library, ports, ben):
    """Those that another bookmark has stay, and so do somebody else's."""
    ports.websites.pages.clear()
    await make_bookmark(ben, title="Unrelated", url="https://ben.example/")
    secret = await make_bookmark(library, title="Secret things", url="https://gone.example/")
    await trash.delete(await library.ctx(), [secret.id], permanent=True)
    kept = await vocabulary()
    await worker.purge(ports)
    left = await vocabulary()

    assert {"secret", "gone"} == kept - left
    assert {"things", "unrelated"} < left
    await check_indexes()


async def test_owners_share_no_row_and_no_word(library, ben):
    await make_bookmark(ben, title="One thing", url="https://one.example/")
    owners = await rows("SELECT DISTINCT owner_id FROM ranked_word WHERE word = 'thing' ORDER BY owner_id")
    marks = await rows(f"SELECT spelled FROM ranked_text WHERE owner_id = {ben.user.id}")

    assert [(library.user.id,), (ben.user.id,)] == owners
    assert [(f"{ben.user.id}wone {ben.user.id}wthing",)] == marks


async def test_a_row_that_differs_is_noticed(library):
    """What doctor relies on can fail."""
    clean = await ranking.differing(100)
    await get_connection("default").execute_query("UPDATE ranked_text SET title = 'x' WHERE bookmark_id = 2")
    await get_connection("default").execute_query("DELETE FROM ranked_text WHERE bookmark_id = 3")

    assert (0, 1) == (clean, await ranking.differing(100))


async def test_the_index_of_a_hostile_text_can_be_kept(ann):
    """Words as long as can be, as many as can be, and characters that a query language would read."""
    text = " ".join(f"{number:x}" + "\U00010330" * 40 for number in range(4_000))
    quotes = "it's \"quoted\" \\ & | ! : * ( ) <-> 'x':A \x1f " * 20
    row = await make_bookmark(
        ann, url="https://hostile.example/", title=quotes, description=text, notes=text, tag_names=["'&|!:*"]
    )
    async with writing(await ann.ctx(GRAPHQL)) as unit:
        await saving.keep_content(unit, row.id, PageData(URL, text=text * 2))

    assert [] == await stale()
    await check_indexes()
    assert START <= (await Bookmark.get(id=row.id)).created_at
