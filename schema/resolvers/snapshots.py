"""Snapshots of pages: asking for one, taking it, and what is left when it cannot be taken.

A snapshot is an asset that is pending until its job has brought the bytes, and a failure when that is given up. What is
not unpacked by itself when it is opened lies packed on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from models import Asset, Bookmark
from models.asset import COMPLETE, FAILURE, PENDING, SNAPSHOT
from models.queries import assets as queries
from models.rows import AssetRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotConfigured, NotFound
from schema.operation import gated, writes, writing
from schema.ports import FetchFailed, StoredFile, TakenPage
from schema.resolvers.asset_bytes import CHUNK, store_packed
from schema.resolvers.bookmark_rows import live
from schema.resolvers.jobs import ask_snapshot
from schema.resolvers.kept_pages import add_pending, has_page
from schema.resolvers.saving import unit_of

HTML, PDF = "text/html", "application/pdf"
NAMES = {HTML: "HTML snapshot", PDF: "PDF download"}  # linkding's words (LD section 15)
OTHER = "Image download"


def snapshot_name(moment: datetime, content_type: str) -> str:
    """What a snapshot taken at the moment, in UTC, is called: ``HTML snapshot from 02/03/2026`` (LD-SF-5)."""
    return f"{NAMES.get(content_type, OTHER)} from {moment:%m/%d/%Y}"


@writes("bookmarks")
async def create(ctx: Context, bookmark_id: int) -> AssetRow:
    """Ask for a snapshot of the bookmark's page; the pending asset. One that is pending already is taken at once.

    Raises NotConfigured where no snapshots are taken, NotFound("bookmark"), and Invalid (``no_page``) for a bookmark
    without an http(s) address, a note and code.
    """
    if ctx.ports.snapshots is None:
        raise NotConfigured("snapshots")
    bookmark = await live(ctx, bookmark_id)
    if not has_page(bookmark.url, bookmark.kind):
        raise Invalid(Fault(("bookmark_id",), "no_page"))
    unit = unit_of(ctx)
    asset = await Asset.filter(bookmark_id=bookmark_id, kind=SNAPSHOT, status=PENDING).order_by("id").first()
    if asset is None:
        asset = await add_pending(unit, bookmark_id)
    else:
        ask_snapshot(unit, asset.id, urgent=True)
    row = await queries.one(ctx.owner_id, asset.id)
    if row is None:
        raise NotFound("asset")
    return row


@gated("bookmarks:write")
async def take(ctx: Context, asset_id: int) -> None:
    """Take the pending snapshot and complete it; one that has gone, or is no longer pending, is no trouble.

    Nothing is changed before all bytes are on the disk. Raises FetchFailed, Unavailable when the disk refuses.
    """
    wanted = await _pending(ctx, asset_id)
    if wanted is None:
        return
    if ctx.ports.snapshots is None:
        raise FetchFailed("snapshots are switched off", permanent=True)
    url = _address(wanted.bookmark)
    async with ctx.ports.snapshots.take(url) as page:
        content_type, stored = page.content_type, await _store(ctx, page)
    async with writing(ctx) as unit:
        asset = await _pending(ctx, asset_id)
        if asset is None:  # deleted meanwhile, or another worker was first; a sweep finds the bytes
            return
        if _address(asset.bookmark) != url:
            raise FetchFailed("the bookmark has another address by now")
        await Asset.filter(id=asset_id).update(
            status=COMPLETE,
            content_type=content_type,
            display_name=snapshot_name(unit.now, content_type),
            size=stored.size,
            sha256=stored.sha256,
            encoding=stored.encoding,
        )
        await Bookmark.filter(id=asset.bookmark_id).update(updated_at=unit.now)
        unit.record("asset", asset_id, "update")


@gated("bookmarks:write")
async def fail(ctx: Context, asset_id: int) -> None:
    """Say of the snapshot, unless it is there or gone, that it will not come."""
    async with writing(ctx) as unit:
        if await _pending(ctx, asset_id) is not None:
            await Asset.filter(id=asset_id).update(status=FAILURE)
            unit.record("asset", asset_id, "update")


async def _pending(ctx: Context, asset_id: int) -> Asset | None:
    """The owner's pending snapshot with its bookmark, live or in the trash."""
    asset = Asset.filter(id=asset_id, kind=SNAPSHOT, status=PENDING, bookmark__owner_id=ctx.owner_id)
    return await asset.select_related("bookmark").first()


def _address(bookmark: Bookmark) -> str:
    """The address of the page. Raises FetchFailed when there is none any more."""
    if bookmark.deleted_at is not None or bookmark.url is None or not has_page(bookmark.url, bookmark.kind):
        raise FetchFailed("the bookmark has no page any more", permanent=True)
    return bookmark.url


async def _store(ctx: Context, page: TakenPage) -> StoredFile:
    """Keep the bytes: pages packed, and as they are what is packed in itself."""
    chunks = _read(page.path)
    return await (store_packed(ctx.ports, chunks) if page.content_type == HTML else ctx.ports.files.store(chunks))


async def _read(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
