"""What pages bring to bookmarks: at once, later by a job, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from strawberry import Some

from models import Bookmark, Job
from schema.context import ALL_SCOPES, Context, Viewer
from schema.door import WORKER
from schema.errors import Invalid, NotConfigured, NotFound
from schema.inputs import BookmarkDraft, BookmarkPatch
from schema.ports import FetchFailed, Limits, PageData, Picture
from schema.resolvers import accounts, bookmarks, capture, saving, trash
from schema.types.kind import BookmarkKind
from tests.factories import make_bookmark
from tests.fakes import FakeWebsites, fake_ports

URL = "https://page.example/"
PAGE = PageData(
    URL, title="From the page", description="What it is", favicon="https://page.example/i.png", text="Long text"
)


@pytest.fixture
async def worker(ann, ports):
    """A context as a job has it."""
    return Context(ports, WORKER, Viewer((await ann.ctx()).user, ALL_SCOPES))


async def jobs():
    return [(job.kind, job.payload) for job in await Job.all().order_by("id")]


async def test_empty_texts_come_from_the_page(ann, ports):
    ports.websites.pages[URL] = PAGE
    saved = await saving.save(await ann.ctx(), BookmarkDraft(url=URL, description="Mine"))
    content = await bookmarks.content(await ann.ctx(), saved.bookmark.id)

    assert ("From the page", "Mine") == (saved.bookmark.title, saved.bookmark.description)
    assert "Long text" == content.text
    assert [] == await jobs()


async def test_a_page_that_fails_never_fails_a_create(ann, ports):
    ports.websites.pages[URL] = FetchFailed("refused")
    saved = await saving.save(await ann.ctx(), BookmarkDraft(url=URL))

    assert ("", True) == (saved.bookmark.title, saved.created)
    assert [("scrape", {"bookmark": saved.bookmark.id})] == await jobs()


async def test_a_slow_page_is_waited_for_as_long_as_the_setting_says(ann, ports, tmp_path):
    """The job fills the row in later."""
    ctx = await ann.ctx()
    ctx.ports = fake_ports(tmp_path / "slow", Limits(fetch_timeout=0.01))
    ctx.ports.websites.pages[URL] = PAGE
    ctx.ports.websites.gate = asyncio.Event()
    saved = await saving.save(ctx, BookmarkDraft(url=URL))

    assert "" == saved.bookmark.title
    assert [("scrape", {"bookmark": saved.bookmark.id})] == await jobs()


@pytest.mark.parametrize("how", ["told so", "setting", "bookmarklet"])
async def test_nothing_is_fetched_when(how, ann, tmp_path):
    ctx = await ann.ctx()
    ctx.ports = fake_ports(tmp_path / "none", Limits(fetch_timeout=0 if how == "setting" else 5))
    url = "javascript:void(0)" if how == "bookmarklet" else URL
    await saving.save(ctx, BookmarkDraft(url=url), fetch=how != "told so")

    assert [] == ctx.ports.websites.calls
    assert [] == await jobs()


async def test_complete_texts_wait_for_no_page_but_its_content_is_fetched_later(ann, ports):
    saved = await saving.save(await ann.ctx(), BookmarkDraft(url=URL, title="T", description="D"))

    assert [] == ports.websites.calls
    assert [("scrape", {"bookmark": saved.bookmark.id})] == await jobs()


async def test_the_job_fills_what_is_empty_and_nothing_else(ann, ports, worker):
    row = await make_bookmark(ann, url=URL, title="")
    kept = await make_bookmark(ann, url=URL + "2", title="Mine", description="Mine too")
    ports.websites.pages |= {URL: PAGE, URL + "2": PAGE}
    await capture.read_page(worker, row.id)
    await capture.read_page(worker, kept.id)
    filled = await bookmarks.get(await ann.ctx(), row.id)
    same = await bookmarks.get(await ann.ctx(), kept.id)

    assert ("From the page", "What it is") == (filled.title, filled.description)
    assert ("Mine", "Mine too", kept.updated_at) == (same.title, same.description, same.updated_at)
    assert "Long text" == (await bookmarks.content(await ann.ctx(), kept.id)).text


async def test_a_title_that_was_made_up_is_replaced(ann, ports, worker):
    row = await make_bookmark(ann, url=URL, title="page.example")
    await Bookmark.filter(id=row.id).update(is_title_provisional=True)
    ports.websites.pages[URL] = PAGE
    await capture.read_page(worker, row.id)

    assert "From the page" == (await bookmarks.get(await ann.ctx(), row.id)).title


async def test_a_bookmark_that_went_elsewhere_meanwhile_keeps_its_texts(ann, ports, worker):
    row = await make_bookmark(ann, url=URL, title="")
    ports.websites.pages[URL] = PAGE
    ports.websites.gate = asyncio.Event()
    job = asyncio.create_task(capture.read_page(worker, row.id))
    while not ports.websites.calls:  # noqa: ASYNC110 - until the job is at the page; a turn of the loop, no time
        await asyncio.sleep(0)
    await saving.update(await ann.ctx(), row.id, BookmarkPatch(url=Some("https://elsewhere.example/")))
    ports.websites.gate.set()
    await job

    assert "" == (await bookmarks.get(await ann.ctx(), row.id)).title
    await capture.read_page(worker, 999_999)


async def test_pictures_are_fetched_for_who_wants_them(ann, ports, worker):
    ports.websites.pages[URL] = PAGE
    unwanted = await saving.save(
        await ann.ctx(), BookmarkDraft(url=URL + "?1", title="T", description="D"), fetch=False
    )
    await accounts.set_preferences(await ann.ctx(), {"enable_favicons": True})
    wanted = await saving.save(await ann.ctx(), BookmarkDraft(url=URL))
    asked = await jobs()
    ports.websites.pictures["https://page.example/i.png"] = Picture(b"webp bytes", 16, 16)
    await capture.fetch_pictures(worker, wanted.bookmark.id, favicon="https://page.example/i.png", preview=None)
    row = await bookmarks.get(await ann.ctx(), wanted.bookmark.id)

    assert unwanted.bookmark.favicon is None
    assert [("pictures", {"bookmark": wanted.bookmark.id, "favicon": PAGE.favicon, "preview": None})] == asked
    assert row.favicon.endswith(".webp")
    assert ports.files.path(row.favicon.removesuffix(".webp")).read_bytes() == b"webp bytes"


async def test_check_tells_of_page_and_rules(ann, ports):
    """LD-CHK-1, LD-CHK-2."""
    row = await make_bookmark(ann, url=URL)
    await accounts.set_auto_tagging_rules(await ann.ctx(), "page.example docs")
    ports.websites.pages[URL] = PAGE
    checked = await bookmarks.check(await ann.ctx(), URL)

    assert (row.id, "From the page", ["docs"]) == (checked.bookmark.id, checked.page.title, checked.auto_tags)


@pytest.mark.parametrize("url", [None, "", "  ", "no address", "a\0b", "\ud800"])
async def test_check_takes_anything(url, ann, ports):
    """LD-CHK-5."""
    checked = await bookmarks.check(await ann.ctx(), url)

    assert checked.bookmark is None
    assert checked.page is None
    assert isinstance(ports.websites, FakeWebsites)


async def test_a_title_that_somebody_wrote_is_no_longer_made_up(ann, ports, worker):
    row = await make_bookmark(ann, url=URL, title="page.example")
    await Bookmark.filter(id=row.id).update(is_title_provisional=True)
    await saving.update(await ann.ctx(), row.id, BookmarkPatch(title=Some("Mine")))
    ports.websites.pages[URL] = PAGE
    await capture.read_page(worker, row.id)

    assert "Mine" == (await bookmarks.get(await ann.ctx(), row.id)).title


async def test_the_article_is_kept_with_the_text(ann, ports, worker):
    ports.websites.pages[URL] = replace(PAGE, html="<p>Long text</p>")
    row = await make_bookmark(ann, url=URL)
    await capture.read_page(worker, row.id)
    kept = await bookmarks.content(await ann.ctx(), row.id)

    assert ("Long text", "<p>Long text</p>") == (kept.text, kept.html)


async def test_a_page_is_read_again_when_that_is_asked_for(ann, ports, worker):
    """Once, however often it is asked for, and at once, though a job was put off."""
    ports.websites.pages[URL] = PAGE
    row = await make_bookmark(ann, url=URL)
    await capture.ask(await ann.ctx(), row.id)
    await Job.all().update(run_at=ports.clock.now() + timedelta(hours=1))
    asked = await capture.ask(await ann.ctx(), row.id)
    (job,) = await Job.all()

    assert (row.id, row.updated_at) == (asked.id, asked.updated_at)
    assert ("scrape", {"bookmark": row.id}) == (job.kind, job.payload)
    assert job.run_at <= ports.clock.now()
    assert 2 == ports.nudge.count


async def test_what_has_no_page_cannot_be_read_again(ann, ben, ports):
    ctx = await ann.ctx()
    note = await make_bookmark(ann, url="https://n.example/", kind=BookmarkKind.NOTE, description="d")
    script = await make_bookmark(ann, url="javascript:alert(1)")
    foreign, gone = await make_bookmark(ben), await make_bookmark(ann)
    await trash.delete(ctx, [gone.id])
    for id in (note.id, script.id):
        with pytest.raises(Invalid) as refusal:
            await capture.ask(ctx, id)
        assert [(("id",), "no_page")] == [(fault.path, fault.rule) for fault in refusal.value.faults]
    for id in (foreign.id, gone.id, 0, 10**12):
        with pytest.raises(NotFound):
            await capture.ask(ctx, id)
    ctx.ports = replace(ports, limits=Limits(fetch_timeout=0))
    with pytest.raises(NotConfigured):
        await capture.ask(ctx, (await make_bookmark(ann)).id)

    assert [] == await jobs()
