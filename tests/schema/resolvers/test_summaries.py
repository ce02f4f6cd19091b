"""Summaries: of what, how often, what is written, and what an attempt that fails costs (nothing)."""

from __future__ import annotations

import dataclasses

import pytest

from models import Bookmark, Change, PageContent
from schema.errors import Conflict, NotConfigured, NotFound, RateLimited, Unavailable
from schema.ports import FetchFailed, Limits, PageData
from schema.resolvers import summaries
from tests.factories import make_bookmark
from tests.fakes import START

PAGE = "https://a.example/"
TEXT = "Tea is a drink that is made of leaves, and a great many people like it."


async def summarize(person, id, **changes):
    ctx = await person.ctx()
    ctx.ports = dataclasses.replace(ctx.ports, **changes)
    return await summaries.summarize(ctx, id)


@pytest.fixture
async def kept(ann):
    """A bookmark whose page was read already."""
    row = await make_bookmark(ann, url=PAGE, title="Tea")
    await PageContent.create(bookmark_id=row.id, text=TEXT, language="en", fetched_at=START)
    return row


async def test_a_summary_is_kept_and_logged_once(ann, ports, kept):
    """The same again changes nothing, not even the change log."""
    row = await summarize(ann, kept.id)
    changes = await Change.all().count()
    again = await summarize(ann, kept.id)

    assert ("In short: Tea is a drink that is made of leaves, a", row.updated_at) == (row.summary, again.updated_at)
    assert row.updated_at > kept.updated_at
    assert [("Tea", TEXT, "en")] * 2 == ports.summaries.calls
    assert changes == await Change.all().count()
    assert "update" == (await Change.all().order_by("-seq").first()).operation


async def test_a_page_that_was_not_read_yet_is_read_first_and_kept(ann, ports):
    row = await make_bookmark(ann, url=PAGE)
    ports.websites.pages[PAGE] = PageData(PAGE, text=TEXT, language="de")
    summary = (await summarize(ann, row.id)).summary

    assert summary.startswith("In short: Tea")
    assert TEXT == (await PageContent.get(bookmark_id=row.id)).text


async def test_a_note_is_summarised_by_its_own_text(ann, ports):
    row = await make_bookmark(ann, url=PAGE, description=TEXT, notes="and more")
    await Bookmark.filter(id=row.id).update(kind="note")
    await summarize(ann, row.id)

    assert [("A title", f"{TEXT}\n\nand more", None)] == ports.summaries.calls
    assert not ports.websites.calls


@pytest.mark.parametrize(
    ("page", "limits", "problem"),
    [
        (PageData(PAGE, text="short"), Limits(), Conflict),
        (PageData(PAGE), Limits(), Conflict),
        (FetchFailed("404", permanent=True), Limits(), Conflict),
        (FetchFailed("slow"), Limits(), Unavailable),
        (PageData(PAGE, text=TEXT), Limits(fetch_timeout=0), Conflict),
    ],
)
async def test_without_a_text_nothing_is_written(ann, ports, page, limits, problem):
    row = await make_bookmark(ann, url=PAGE)
    ports.websites.pages[PAGE] = page
    with pytest.raises(problem):
        await summarize(ann, row.id, limits=limits)

    assert (await Bookmark.get(id=row.id)).summary is None
    assert not await PageContent.all().count()


async def test_ten_a_day_and_failures_are_free(ann, ben, ports, kept):
    """Another user, and the next day, have their own ten."""
    theirs = await make_bookmark(ben)
    for _ in range(12):
        with pytest.raises(NotFound):
            await summarize(ann, theirs.id)
    for _ in range(10):
        await summarize(ann, kept.id)
    with pytest.raises(RateLimited):
        await summarize(ann, kept.id)
    ports.clock.forward(days=1)

    assert (await summarize(ann, kept.id)).summary


async def test_switched_off_is_said_and_costs_nothing(ann, kept):
    for _ in range(11):
        with pytest.raises(NotConfigured):
            await summarize(ann, kept.id, summaries=None)


async def test_a_bookmark_that_changes_meanwhile_keeps_what_it_says(ann, kept):
    class Slow:
        async def make(self, title, text, language):
            await Bookmark.filter(id=kept.id).update(url="https://b.example/")
            return "of the other page"

    with pytest.raises(Conflict):
        await summarize(ann, kept.id, summaries=Slow())

    assert (await Bookmark.get(id=kept.id)).summary is None
