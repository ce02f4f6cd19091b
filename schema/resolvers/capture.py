"""What jobs do to a bookmark: read its page, fill its empty texts, fetch its pictures; and asking for it.

They are operations like any other, with the owner as viewer; a bookmark that has gone meanwhile is no trouble.
"""

from __future__ import annotations

from typing import Any

from models import Bookmark
from models.rows import BookmarkRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotConfigured
from schema.operation import gated, writes, writing
from schema.ports import FetchFailed
from schema.resolvers.bookmark_rows import before_image, live, read_back_bookmark, store
from schema.resolvers.jobs import ask_scrape
from schema.resolvers.kept_pages import has_page
from schema.resolvers.page_contents import ask_for_pictures, keep_content
from schema.resolvers.saving import unit_of

FAVICON_SIDE = 64
PREVIEW_SIDE = 640


@writes("bookmarks")
async def ask(ctx: Context, bookmark_id: int) -> BookmarkRow:
    """Ask for the bookmark's page to be read again, at once, by a job; the bookmark as it is until then.

    Raises NotConfigured where nothing is fetched, NotFound, and Invalid (``no_page``) for a bookmark without an http(s)
    address, a note and code.
    """
    if not ctx.ports.limits.fetch_timeout:
        raise NotConfigured("fetching pages")
    bookmark = await live(ctx, bookmark_id)
    if not has_page(bookmark.url, bookmark.kind):
        raise Invalid(Fault(("id",), "no_page"))
    ask_scrape(unit_of(ctx), bookmark_id, urgent=True)
    return await read_back_bookmark(ctx, bookmark_id)


@gated("bookmarks:write")
async def read_page(ctx: Context, bookmark_id: int) -> None:
    """Read the bookmark's page; fill the texts that are empty, or that a door made up; keep what the page says.

    Raises FetchFailed.
    """
    found = await Bookmark.of(ctx.owner_id).get_or_none(id=bookmark_id)
    if found is None or found.url is None:
        return
    page = await ctx.ports.websites.read(found.url)
    async with writing(ctx) as unit:
        bookmark = await Bookmark.of(ctx.owner_id).get_or_none(id=bookmark_id)
        if bookmark is None or bookmark.url != found.url:
            return
        changes: dict[str, Any] = {}
        if page.title and (not bookmark.title or bookmark.is_title_provisional):
            changes |= {"title": page.title, "is_title_provisional": False}
        if page.description and not bookmark.description:
            changes["description"] = page.description
        if changes:
            unit.record("bookmark", bookmark_id, "update", await before_image(bookmark))
            await store(bookmark, changes | {"updated_at": unit.now})
        await keep_content(unit, bookmark_id, page)
        ask_for_pictures(ctx, unit, bookmark_id, page)


@gated("bookmarks:write")
async def fetch_pictures(ctx: Context, bookmark_id: int, *, favicon: str | None, preview: str | None) -> None:
    """Fetch favicon and preview image and keep them as files. Raises FetchFailed when both fail."""
    found: dict[str, str] = {}
    failure: FetchFailed | None = None
    for column, address, side in (("favicon", favicon, FAVICON_SIDE), ("preview_image", preview, PREVIEW_SIDE)):
        if address:
            try:
                found[column] = await _keep(ctx, address, side)
            except FetchFailed as error:
                failure = error
    if found:
        async with writing(ctx) as unit:
            bookmark = await Bookmark.of(ctx.owner_id).get_or_none(id=bookmark_id)
            before = {name: getattr(bookmark, name, None) for name in found}
            if bookmark is not None and before != found:
                await Bookmark.filter(id=bookmark_id).update(**found)
                unit.record("bookmark", bookmark_id, "update", before)
    elif failure is not None:
        raise failure


async def _keep(ctx: Context, address: str, side: int) -> str:
    """Fetch one picture into the files; its name under /static/."""
    picture = await ctx.ports.websites.picture(address, max_side=side)

    async def chunks() -> Any:
        yield picture.data

    stored = await ctx.ports.files.store(chunks())
    return f"{stored.sha256}.webp"
