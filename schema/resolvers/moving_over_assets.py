"""Moving over from a running linkding: the files that are kept with its bookmarks (docs/decisions/0028)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models import Asset, Bookmark
from models.queries import assets as asset_queries
from models.queries.window import Slice
from models.rows import AssetRow
from schema.context import Context
from schema.errors import NotFound
from schema.formats.linkding import SNAPSHOT, AssetEntry
from schema.operation import gated, reads, writes
from schema.resolvers.asset_bytes import read_asset, store_packed
from schema.resolvers.assets import COMPLETE
from schema.resolvers.moving_over import Crossing, in_utc
from schema.resolvers.saving import unit_of

EVERY: Final = Slice(2**31 - 1)


@dataclass(frozen=True, slots=True)
class KeptAsset:
    """An asset of ours, with the SHA-256 and the number of the bytes that came."""

    id: int
    sha256: str
    size: int


@reads("bookmarks")
async def missing_assets(ctx: Context, wanted: Mapping[int, Sequence[AssetEntry]]) -> dict[int, list[AssetEntry]]:
    """Of the assets of a few hundred bookmarks, by our ids of these, those that are not here; one statement.

    An asset is here when its bookmark has one of its kind, name, type and moment. Sizes say nothing: linkding tells
    those of its packed files (LD section 15). Of several that are alike in all of this and not all here, nobody
    knows which are: all of them are missing, and ``keep_asset`` knows them by their bytes.
    """
    rows = await asset_queries.of_bookmarks(ctx.owner_id, list(wanted), EVERY) if wanted else {}
    missing = {}
    for bookmark_id, entries in wanted.items():
        here = Counter(_identity(row) for row in rows.get(bookmark_id, ()) if row.status == COMPLETE)
        there = Counter(map(_identity, entries))
        gone = [entry for entry in entries if here[_identity(entry)] < there[_identity(entry)]]
        if gone:
            missing[bookmark_id] = gone
    return missing


@gated("bookmarks:write")
async def keep_asset(
    ctx: Context, run: Crossing, bookmark_id: int, entry: AssetEntry, chunks: AsyncIterator[bytes]
) -> KeptAsset:
    """Keep an asset with all that linkding says of it: first the bytes, safe on disk, then the row that names them.

    A row that is there already, and that ``run`` has not claimed for another asset, is it. The bookmark does not count
    as changed. Raises TooLarge over the limit, Unavailable when the disk will not take it, NotFound("bookmark") when
    that has gone meanwhile, and whatever ``chunks`` raises; nothing is kept then.
    """
    digest = hashlib.sha256()

    async def counted() -> AsyncIterator[bytes]:
        async for chunk in chunks:
            digest.update(chunk)
            yield chunk

    limit = ctx.ports.limits.max_asset_size
    if entry.kind == SNAPSHOT:
        stored = await store_packed(ctx.ports, counted(), limit=limit)
    else:
        stored = await ctx.ports.files.store(counted(), limit=limit)
    row = Asset(
        bookmark_id=bookmark_id,
        kind=entry.kind,
        status=COMPLETE,
        content_type=entry.content_type,
        display_name=entry.display_name,
        size=stored.size,
        sha256=stored.sha256,
        encoding=stored.encoding,
        created_at=entry.created_at,
    )
    id = await _name_asset(ctx, run, row)
    run.claimed.add(id)
    return KeptAsset(id, digest.hexdigest(), stored.size)


@writes("bookmarks")
async def _name_asset(ctx: Context, run: Crossing, row: Asset) -> int:
    unit = unit_of(ctx)
    if not await Bookmark.of(unit.owner_id).filter(id=row.bookmark_id).exists():
        raise NotFound("bookmark")
    same = Asset.filter(bookmark_id=row.bookmark_id, kind=row.kind, status=COMPLETE, sha256=row.sha256)
    for one in await same.order_by("id"):
        if one.id not in run.claimed and _identity(one) == _identity(row):
            return int(one.id)
    await row.save()
    unit.record("asset", row.id, "create")
    return int(row.id)


@reads("bookmarks")
async def is_whole(ctx: Context, kept: KeptAsset) -> bool:
    """Read an asset back: whether it has the bytes that came."""
    row = await asset_queries.one(ctx.owner_id, kept.id)
    if row is None or row.size != kept.size:
        return False
    digest = hashlib.sha256()
    try:
        async for chunk in read_asset(ctx.ports, row):
            digest.update(chunk)
    except NotFound:
        return False
    return digest.hexdigest() == kept.sha256


def _identity(asset: AssetEntry | AssetRow | Asset) -> tuple[object, ...]:
    return asset.kind, asset.display_name, asset.content_type, in_utc(asset.created_at)
