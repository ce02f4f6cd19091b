"""What a bookmark is about, in a few sentences (BK section 5.12)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from models import Bookmark, PageContent, kinds
from models import url as urls
from models.queries import bookmarks as queries
from models.rows import BookmarkRow
from schema.context import Context
from schema.errors import Conflict, NotConfigured, NotFound, Unavailable
from schema.operation import gated, writing
from schema.ports import Allowance, FetchFailed, PageData
from schema.resolvers.bookmark_rows import before_image, live, store
from schema.resolvers.page_contents import keep_content

SUMMARIZE: Final = Allowance("summarize", 10, 86_400)  # by user, at all doors together (BK section 4.1)
SHORTEST: Final = 40  # characters of a text that has something to summarise


@gated("bookmarks:write")
async def summarize(ctx: Context, id: int, *, counted: bool = False) -> BookmarkRow:
    """Have the bookmark's summary made anew, of what its page says; of its text where it is a note or code.

    The page is read first where that has not been done. A summary that is the same as before changes nothing. A user
    may do so ten times a day; a door that has counted this attempt already says ``counted``, and surrounds all of it
    with ``giving_back``.

    Raises NotFound, NotConfigured where summaries are switched off, Conflict (``no_text``) where there is nothing to
    summarise, Unavailable when the page does not answer, and RateLimited.
    """
    if counted:
        return await _summarize(ctx, id)
    await ctx.ports.quotas.take(SUMMARIZE, str(ctx.owner_id))
    async with giving_back(ctx):
        return await _summarize(ctx, id)


@asynccontextmanager
async def giving_back(ctx: Context) -> AsyncIterator[None]:
    """What fails inside has not been an attempt."""
    try:
        yield
    except BaseException:  # a cancelled one as well
        await ctx.ports.quotas.give_back(SUMMARIZE, str(ctx.owner_id))
        raise


async def _summarize(ctx: Context, id: int) -> BookmarkRow:
    bookmark = await live(ctx, id)
    if ctx.ports.summaries is None:
        raise NotConfigured("summaries")
    page: PageData | None = None
    language = None
    if bookmark.kind in kinds.TEXTS:
        text = "\n\n".join(part for part in (bookmark.description, bookmark.notes) if part)
    else:
        content = await PageContent.get_or_none(bookmark_id=id)
        if content is None or not content.text:
            page = await _read(ctx, bookmark)
        text = page.text or "" if page else content.text if content else ""
        language = page.language if page else content.language if content else None
    if len(text.strip()) < SHORTEST:
        raise Conflict("bookmark", "no_text", id)
    summary = await ctx.ports.summaries.make(bookmark.title, text, language)
    if not summary:
        raise Conflict("bookmark", "no_text", id)
    return await _keep(ctx, bookmark, summary, page)


async def _read(ctx: Context, bookmark: Bookmark) -> PageData | None:
    """What the page says, None where no page is read. Raises Unavailable when trying again may work."""
    if not ctx.ports.limits.fetch_timeout or not bookmark.url or not urls.is_web(bookmark.url):
        return None
    try:
        return await ctx.ports.websites.read(bookmark.url)
    except FetchFailed as failure:
        if failure.permanent:
            return None
        raise Unavailable("the page of this bookmark") from None


async def _keep(ctx: Context, seen: Bookmark, summary: str, page: PageData | None) -> BookmarkRow:
    """Write the summary, and the page that was read for it, unless the bookmark is about something else by now."""
    async with writing(ctx) as unit:
        bookmark = await live(ctx, seen.id)
        if bookmark.url != seen.url:
            raise Conflict("bookmark", "changed", bookmark.id)
        if page is not None:
            await keep_content(unit, bookmark.id, page)
        if bookmark.summary != summary:
            unit.record("bookmark", bookmark.id, "update", await before_image(bookmark))
            await store(bookmark, {"summary": summary, "updated_at": unit.now})
        row = await queries.one(ctx.mine(), bookmark.id, wanted=ctx.door.wanted)
    if row is None:
        raise NotFound("bookmark")
    return row
