"""Archive, favourite, share, read: flags of bookmarks, one at a time or many by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models import Bookmark
from models.queries import bookmarks as queries
from models.rows import BookmarkRow
from models.url import clean
from schema.context import Context
from schema.errors import NotFound
from schema.operation import writes
from schema.resolvers.bookmark_rows import before_images, live_many
from schema.resolvers.saving import unit_of
from schema.resolvers.tagging import ensure_tags, named_tags, own_tags, retag
from schema.resolvers.texts import check_tag_names, check_texts


@writes("bookmarks")
async def archive(ctx: Context, ids: Sequence[int]) -> list[BookmarkRow]:
    """Put the bookmarks into the archive; returns those that are the viewer's. Raises Invalid for more than 500."""
    return await _set(ctx, ids, is_archived=True)


@writes("bookmarks")
async def unarchive(ctx: Context, ids: Sequence[int]) -> list[BookmarkRow]:
    """Take the bookmarks out of the archive; as ``archive`` otherwise."""
    return await _set(ctx, ids, is_archived=False)


@writes("bookmarks")
async def favorite(ctx: Context, ids: Sequence[int], *, on: bool = True) -> list[BookmarkRow]:
    """Make the bookmarks favourites, or no longer; as ``archive`` otherwise."""
    return await _set(ctx, ids, is_favorite=on)


@writes("bookmarks")
async def publish(ctx: Context, ids: Sequence[int], *, on: bool = True) -> list[BookmarkRow]:
    """Share the bookmarks as far as the account shares, or no longer; as ``archive`` otherwise."""
    return await _set(ctx, ids, is_public=on)


@writes("bookmarks")
async def mark_read(ctx: Context, ids: Sequence[int], *, on: bool = True) -> list[BookmarkRow]:
    """Mark the bookmarks as read, or as still to be read; as ``archive`` otherwise."""
    return await _set(ctx, ids, read_at=unit_of(ctx).now if on else None)


@writes("bookmarks")
async def tag(
    ctx: Context,
    ids: Sequence[int],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    add_ids: Sequence[int] = (),
    remove_ids: Sequence[int] = (),
) -> list[BookmarkRow]:
    """Add tags to the bookmarks (missing tags are made) and take others away; as ``archive`` otherwise.

    Tags may be given by their names or by their ids; raises NotFound for an id that is not the viewer's.
    """
    check_tag_names(add, "add")
    check_tag_names(remove, "remove")
    unit = unit_of(ctx)
    fresh, gone = await own_tags(unit, add_ids), await own_tags(unit, remove_ids)
    bookmarks = await live_many(ctx, ids)
    if bookmarks:
        fresh += await ensure_tags(ctx, unit, add)
        gone += await named_tags(unit, remove)
    images = await before_images(bookmarks)
    changed = await retag([bookmark.id for bookmark in bookmarks], fresh, gone)
    if changed:
        await Bookmark.filter(id__in=list(changed)).update(updated_at=unit.now)
    for bookmark in bookmarks:
        if bookmark.id in changed:
            unit.record("bookmark", bookmark.id, "update", images[bookmark.id])
    return await _read_back(ctx, bookmarks)


@writes("bookmarks")
async def click(ctx: Context, url: str) -> None:
    """Count that the bookmark of this address was followed; not a change of it.

    Raises NotFound, and Invalid for text that no address can have.
    """
    unit = unit_of(ctx)
    check_texts((("url", url),))
    same = Bookmark.of(ctx.owner_id).filter(**{ctx.door.identity.value: ctx.door.digest(clean(url))})
    bookmark = await same.filter(kind__in=sorted(ctx.door.kinds)).order_by("id").first()
    if bookmark is None:
        raise NotFound("bookmark")
    await Bookmark.filter(id=bookmark.id).update(click_count=bookmark.click_count + 1)
    unit.record("bookmark", bookmark.id, "click")


def only(rows: list[BookmarkRow]) -> BookmarkRow:
    """The one row of an operation on one id. Raises NotFound when the id was not the viewer's."""
    if not rows:
        raise NotFound("bookmark")
    return rows[0]


async def _set(ctx: Context, ids: Sequence[int], **values: Any) -> list[BookmarkRow]:
    """Write the values to those rows that differ, or to all at a door that always touches (LD-ARC-2)."""
    unit = unit_of(ctx)
    bookmarks = await live_many(ctx, ids)
    changed = [bookmark for bookmark in bookmarks if ctx.door.always_touches or _differs(bookmark, values)]
    images = await before_images(changed)
    for bookmark in changed:
        unit.record("bookmark", bookmark.id, "update", images[bookmark.id])
    if changed:
        await Bookmark.filter(id__in=[bookmark.id for bookmark in changed]).update(**values, updated_at=unit.now)
    return await _read_back(ctx, bookmarks)


def _differs(bookmark: Bookmark, values: dict[str, Any]) -> bool:
    """Whether a value is new; that something was read long ago is not another moment of reading."""
    if "read_at" in values:
        return (bookmark.read_at is None) != (values["read_at"] is None)
    return any(getattr(bookmark, name) != value for name, value in values.items())


async def _read_back(ctx: Context, bookmarks: Sequence[Bookmark]) -> list[BookmarkRow]:
    return await queries.by_ids(ctx.mine(), [bookmark.id for bookmark in bookmarks], wanted=ctx.door.wanted)
