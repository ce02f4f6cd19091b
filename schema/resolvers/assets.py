"""Assets: bytes kept with a bookmark. Only the owner of the bookmark reaches them (LD-AST-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from models import Asset, Bookmark, Change
from models import asset as table
from models.queries import assets as queries
from models.queries import bookmarks as bookmark_queries
from models.queries.bookmarks import TagDetail, Wanted
from models.rows import AssetRow
from schema.context import Context
from schema.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from schema.operation import gated, reads, writes, writing
from schema.page import FIRST, Page, Window, cut
from schema.ports import StoredFile
from schema.resolvers.bookmark_rows import live
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import LARGEST_ID, check_texts

UPLOAD, SNAPSHOT = table.UPLOAD, table.SNAPSHOT
PENDING, COMPLETE, FAILURE = table.PENDING, table.COMPLETE, table.FAILURE
NAME_LENGTH = 1000
EXTENSIONS = {  # of snapshots
    "text/html": ".html",
    "application/pdf": ".pdf",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/webp": ".webp",
}
BARE = Wanted(description=False, notes=False, tags=TagDetail.NONE)


@dataclass(slots=True)
class Opened:
    """An asset whose bytes are there: ``asset_bytes.read_asset`` reads them."""

    asset: AssetRow
    sha256: str
    size: int


@reads("bookmarks")
async def find(ctx: Context, bookmark_id: int, window: Window = FIRST) -> Page[AssetRow]:
    """A page of the bookmark's assets by id. Raises NotFound("bookmark")."""
    await _check_bookmark(ctx, bookmark_id)
    rows = await queries.of_bookmark(ctx.owner_id, bookmark_id, window.slice(extra=1))
    items, has_next, has_previous = cut(rows, window)

    async def count() -> int:
        return await queries.count(ctx.owner_id, bookmark_id)

    return Page(items, has_next, has_previous, count)


@reads("bookmarks")
async def get(ctx: Context, id: int, *, bookmark_id: int | None = None) -> AssetRow:
    """One asset; with ``bookmark_id`` only if it hangs on that bookmark.

    Raises NotFound("bookmark") for a bookmark that is not the viewer's, else NotFound("asset").
    """
    if bookmark_id is not None:
        await _check_bookmark(ctx, bookmark_id)
    row = await queries.one(ctx.owner_id, id)
    if row is None or (bookmark_id is not None and row.bookmark_id != bookmark_id):
        raise NotFound("asset")
    return row


@reads("bookmarks")
async def open_for_download(ctx: Context, id: int, *, bookmark_id: int | None = None) -> Opened:
    """The asset with its bytes at hand. Raises NotFound as ``get``, and NotFound("file") when they are not there."""
    row = await get(ctx, id, bookmark_id=bookmark_id)
    if row.sha256 is None or row.size is None or ctx.ports.files.path(row.sha256) is None:
        raise NotFound("file")
    return Opened(row, row.sha256, row.size)


async def open_shared(ctx: Context, id: int) -> Opened:
    """The asset for whoever may see it on a page (LD-ASV-1): its owner, and whom its bookmark is shared with.

    That is the world for a shared bookmark of an owner who shares with it, and who is signed in for one of an owner who
    shares at all. Raises NotFound for every other one, also for those of deleted bookmarks and of those without bytes,
    and Forbidden for a credential that may not read bookmarks.
    """
    if ctx.viewer.user is not None:
        ctx.allow("bookmarks:read")
    row = await queries.visible(ctx.viewer.user.id if ctx.viewer.user else None, id)
    if row is None:
        raise NotFound("asset")
    if row.sha256 is None or row.size is None or ctx.ports.files.path(row.sha256) is None:
        raise NotFound("file")
    return Opened(row, row.sha256, row.size)


@gated("bookmarks:write")
async def upload(
    ctx: Context, bookmark_id: int, name: str, content_type: str, chunks: AsyncIterator[bytes]
) -> AssetRow:
    """Keep a file with the bookmark: first the bytes, safe on disk, then the row that names them.

    Raises as ``receive`` and ``attach`` do.
    """
    name = clean_name(name)
    stored = await receive(ctx, bookmark_id, chunks)
    return await attach(ctx, bookmark_id, name, content_type, stored)


@gated("bookmarks:write")
async def check_upload(ctx: Context, bookmark_id: int) -> None:
    """Pass when a file may be kept with the bookmark; for doors that must know before they read a body.

    Raises Forbidden when uploads are switched off, then NotFound("bookmark").
    """
    check_upload_allowed(ctx)
    await _check_bookmark(ctx, bookmark_id)


@gated("bookmarks:write")
async def receive(ctx: Context, bookmark_id: int, chunks: AsyncIterator[bytes]) -> StoredFile:
    """Bring the bytes to the disk; they stay there for an hour unless ``attach`` names them.

    Raises as ``check_upload``, TooLarge over the limit, Unavailable when the disk will not take it.
    """
    await check_upload(ctx, bookmark_id)
    return await ctx.ports.files.store(chunks, limit=ctx.ports.limits.max_asset_size)


@gated("bookmarks:write")
async def attach(
    ctx: Context, bookmark_id: int, name: str, content_type: str, stored: StoredFile, kind: str = UPLOAD
) -> AssetRow:
    """Name received bytes as an asset of the bookmark, an upload or a snapshot, whose name is ours and may have dates.

    Raises NotFound("bookmark"), Invalid for an empty or unusable name or content type.
    """
    name = clean_name(name) if kind == UPLOAD else name
    async with writing(ctx):
        bookmark = await live(ctx, bookmark_id)
        asset = await _insert(ctx, bookmark, name, content_type, stored, kind)
        return await _read_back(ctx, asset.id)


@writes("bookmarks")
async def announce(ctx: Context, bookmark_id: int, name: str, content_type: str) -> AssetRow:
    """A pending asset, whose bytes are to come by ``complete``. Raises as ``upload``."""
    check_upload_allowed(ctx)
    bookmark = await live(ctx, bookmark_id)
    asset = await _insert(ctx, bookmark, clean_name(name), content_type, None)
    return await _read_back(ctx, asset.id)


@gated("bookmarks:write")
async def complete(ctx: Context, id: int, chunks: AsyncIterator[bytes]) -> AssetRow:
    """Bring the bytes of a pending upload. Raises as ``upload``, and Conflict when it has them already."""
    check_upload_allowed(ctx)
    asset = await _read_back(ctx, id)
    if asset.status != PENDING:
        raise Conflict("asset", "complete", id)
    if asset.kind != UPLOAD:  # nobody brings those but the job that takes them
        raise NotFound("asset")
    stored = await ctx.ports.files.store(chunks, limit=ctx.ports.limits.max_asset_size)
    async with writing(ctx) as unit:
        bookmark = await live(ctx, asset.bookmark_id)
        changed = await Asset.filter(id=id, bookmark_id=bookmark.id, kind=UPLOAD, status=PENDING).update(
            status=COMPLETE, size=stored.size, sha256=stored.sha256, encoding=stored.encoding
        )
        if not changed:
            raise Conflict("asset", "complete", id)
        await Bookmark.filter(id=bookmark.id).update(updated_at=unit.now)
        unit.record("asset", id, "update")
        return await _read_back(ctx, id)


@writes("bookmarks")
async def delete(ctx: Context, id: int, *, bookmark_id: int | None = None) -> None:
    """Delete the asset; its bytes go with the next sweep unless another has the same. Raises NotFound as ``get``."""
    unit = unit_of(ctx)
    if bookmark_id is not None:
        await _check_bookmark(ctx, bookmark_id)
    row = await queries.one(ctx.owner_id, id)
    if row is None or (bookmark_id is not None and row.bookmark_id != bookmark_id):
        raise NotFound("asset")
    await live(ctx, row.bookmark_id)
    await Asset.filter(id=id).delete()
    await Bookmark.filter(id=row.bookmark_id).update(updated_at=unit.now)
    await Change.filter(owner_id=unit.owner_id, entity="asset", entity_id=id).update(before=None)
    unit.record("asset", id, "delete")


def check_upload_allowed(ctx: Context) -> None:
    """Pass when this server takes uploads. Raises Forbidden("asset_upload") otherwise (LD-AST-7)."""
    if not ctx.ports.limits.asset_upload:
        raise Forbidden("asset_upload")


def plain_name(name: str) -> str:
    """A file name without directories (LD-AST-6); empty when it has nothing else, as ``/``, ``dir/`` and ``..``."""
    plain = name.replace("\\", "/").rpartition("/")[2].strip()
    return "" if plain in {".", ".."} else plain


def clean_name(name: str) -> str:
    """A file name without directories. Raises Invalid when nothing is left, or over 1,000 characters."""
    check_texts((("name", name),))
    name = plain_name(name)
    if not name:
        raise Invalid(Fault(("name",), "blank"))
    if len(name) > NAME_LENGTH:
        raise Invalid(Fault(("name",), "too_long", NAME_LENGTH))
    return name


def file_name(asset: AssetRow) -> str:
    """What the bytes are called as a file: an upload has its own name, a snapshot gets its extension (LD-AST-10)."""
    return asset.display_name + ("" if asset.kind == UPLOAD else EXTENSIONS.get(asset.content_type, ""))


async def _check_bookmark(ctx: Context, id: int) -> None:
    if not 0 < id <= LARGEST_ID or await bookmark_queries.one(ctx.mine(), id, wanted=BARE) is None:
        raise NotFound("bookmark")


async def _insert(
    ctx: Context,
    bookmark: Bookmark,
    name: str,
    content_type: str,
    stored: StoredFile | None,
    kind: str = UPLOAD,
) -> Asset:
    unit = unit_of(ctx)
    content_type = content_type.partition(";")[0].strip().lower()
    check_texts((("content_type", content_type),))
    if not content_type.isprintable():  # a line break would break, or make, headers of every download
        content_type = ""
    asset = await Asset.create(
        bookmark_id=bookmark.id,
        kind=kind,
        status=COMPLETE if stored else PENDING,
        content_type=content_type,
        display_name=name,
        size=stored.size if stored else None,
        sha256=stored.sha256 if stored else None,
        encoding=stored.encoding if stored else "",
        created_at=unit.now,
    )
    await Bookmark.filter(id=bookmark.id).update(updated_at=unit.now)
    unit.record("asset", asset.id, "create")
    return asset


async def _read_back(ctx: Context, id: int) -> AssetRow:
    row = await queries.one(ctx.owner_id, id)
    if row is None:
        raise NotFound("asset")
    return row
