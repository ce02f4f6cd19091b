"""Pages as a browser saw them, uploaded by SingleFile: a bookmark with a snapshot (LD section 16)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from models import url as urls
from models.queries import bookmarks as queries
from models.rows import AssetRow
from schema.context import Context
from schema.errors import Fault, Invalid
from schema.inputs import BookmarkDraft, ConflictPolicy
from schema.operation import gated, writing
from schema.ports import FetchFailed, PageData, StoredFile
from schema.resolvers import assets, saving
from schema.resolvers.asset_bytes import read_start, store_packed
from schema.resolvers.bookmark_rows import before_image, live, store
from schema.resolvers.snapshots import HTML, snapshot_name
from schema.types.kind import BookmarkSource

HEAD_SIZE = 1024 * 1024  # bytes of a page in which its title is looked for

_HEAD_END = re.compile(rb"</head\b", re.IGNORECASE)


@gated("bookmarks:write")
async def check(ctx: Context) -> None:
    """Pass when this server takes uploads; for doors that must know before they read a body. Raises Forbidden."""
    assets.check_upload_allowed(ctx)


@gated("bookmarks:write")
async def receive(ctx: Context, chunks: AsyncIterator[bytes]) -> StoredFile:
    """Bring the page to the disk, packed; it stays there for an hour unless ``keep`` names it.

    Raises Forbidden as ``check``, TooLarge over the limit, Unavailable when the disk will not take it.
    """
    assets.check_upload_allowed(ctx)
    return await store_packed(ctx.ports, chunks, limit=ctx.ports.limits.max_asset_size)


@gated("bookmarks:write")
async def keep(ctx: Context, url: str, stored: StoredFile) -> AssetRow:
    """Add the received page as a snapshot to the bookmark of its address, archived or not; a new one if there is none.

    Of one that is there nothing changes but when it was last changed (LD-SF-2). A new one has no tags but those of the
    rules, and the texts of its page; where that cannot be fetched, those of the copy that has come (LD-SF-3). Any
    address will do but none and one that a browser would run as a script. Raises Invalid for those, and NotFound when
    the bookmark goes at this very moment.
    """
    draft = BookmarkDraft(url=url, source=BookmarkSource.EXTENSION)
    address, _ = saving.check_draft(ctx, draft)
    if urls.is_script(address):
        raise Invalid(Fault(("url",), "url"))
    bookmark = await queries.by_address(ctx.mine(), ctx.door.identity.value, ctx.door.digest(address))
    page = None
    if bookmark is None:  # a page is waited for, so this cannot be in the write below; of two at once one makes it
        saved = await saving.save(ctx, draft, ConflictPolicy.RETURN_EXISTING, snapshot=False)
        bookmark = saved.bookmark
        page = await _read(ctx, address, stored) if saved.created and not bookmark.title else None
    name = snapshot_name(ctx.ports.clock.now(), HTML)
    async with writing(ctx):
        if page is not None:
            await _fill(ctx, bookmark.id, page)
        return await assets.attach(ctx, bookmark.id, name, HTML, stored, assets.SNAPSHOT)


async def _read(ctx: Context, url: str, stored: StoredFile) -> PageData | None:
    """What the copy says of its page, None when it cannot be read."""
    head = await read_start(ctx.ports, stored, HEAD_SIZE)
    try:
        return await ctx.ports.websites.read_copy(_HEAD_END.split(head, 1)[0], url)
    except FetchFailed:
        return None


async def _fill(ctx: Context, id: int, page: PageData) -> None:
    """Give the new bookmark the copy's texts where it has none yet."""
    bookmark = await live(ctx, id)
    texts = {"title": page.title, "description": page.description}
    changes = {name: text for name, text in texts.items() if text and not getattr(bookmark, name)}
    if changes:
        saving.unit_of(ctx).record("bookmark", id, "update", await before_image(bookmark))
        await store(bookmark, changes)
