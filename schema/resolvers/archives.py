"""What jobs do with the Internet Archive: have it keep a bookmark's page, and remember where it is."""

from __future__ import annotations

from models import Bookmark
from schema.context import Context
from schema.operation import gated, writing
from schema.resolvers.kept_pages import has_page


@gated("bookmarks:write")
async def keep(ctx: Context, bookmark_id: int) -> None:
    """Have the bookmark's page kept; a bookmark that has gone, or another address meanwhile, is no trouble.

    Raises FetchFailed.
    """
    found = await _not_kept(ctx, bookmark_id)
    if found is None or found.url is None:
        return
    address = await ctx.ports.websites.archive(found.url)
    async with writing(ctx) as unit:
        bookmark = await _not_kept(ctx, bookmark_id)
        if bookmark is not None and bookmark.url == found.url:
            await Bookmark.filter(id=bookmark_id).update(web_archive_url=address)
            unit.record("bookmark", bookmark_id, "update", {"web_archive_url": None})


async def _not_kept(ctx: Context, bookmark_id: int) -> Bookmark | None:
    """The live bookmark, if it has a page that the Internet Archive has not kept for us."""
    bookmark = await Bookmark.of(ctx.owner_id).get_or_none(id=bookmark_id, web_archive_url=None)
    return bookmark if bookmark is not None and has_page(bookmark.url, bookmark.kind) else None
