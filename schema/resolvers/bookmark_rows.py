"""Bookmarks as the writing operations need them; used inside the writes of others, so without gates of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models import Bookmark, BookmarkTag
from models.queries import bookmarks as queries
from models.rows import BookmarkRow
from models.text import collation_key, search_text
from schema.context import Context
from schema.errors import NotFound
from schema.resolvers.texts import known_ids

IMAGE = (
    "url", "title", "description", "notes", "kind", "is_archived", "is_favorite", "is_public",
    "read_at", "created_at", "updated_at", "deleted_at", "summary",
)  # fmt: skip


async def live(ctx: Context, id: int) -> Bookmark:
    """The owner's live bookmark for writing. Raises NotFound, also for kinds that the door cannot show."""
    ids = known_ids([id])
    bookmark = await Bookmark.of(ctx.owner_id).get_or_none(id=ids[0]) if ids else None
    if bookmark is None or bookmark.kind not in ctx.door.kinds:
        raise NotFound("bookmark")
    return bookmark


async def live_many(ctx: Context, ids: Sequence[int]) -> list[Bookmark]:
    """Those of the ids that are the owner's live bookmarks and of a kind that the door can show, in their order.

    Raises Invalid for more than 500.
    """
    wanted = known_ids(ids)
    found = {row.id: row for row in await Bookmark.of(ctx.owner_id).filter(id__in=wanted)} if wanted else {}
    return [found[id] for id in wanted if id in found and found[id].kind in ctx.door.kinds]


def text_columns(title: str, description: str, url: str, notes: str) -> dict[str, Any]:
    """The columns that follow from the texts: what titles sort by and what words are looked for in."""
    return {"sort_key": collation_key(title, url), "search_text": search_text(title, description, url, notes)}


async def store(bookmark: Bookmark, changes: dict[str, Any]) -> None:
    """Write changed columns of a bookmark, and those that follow from them."""
    if "title" in changes:  # somebody's word now, and no longer made up
        changes = {"is_title_provisional": False} | changes
    for name, value in changes.items():
        setattr(bookmark, name, value)
    names = set(changes)
    if names & {"title", "description", "url", "notes"}:
        derived = text_columns(bookmark.title, bookmark.description, bookmark.url or "", bookmark.notes)
        for name, value in derived.items():
            setattr(bookmark, name, value)
        names |= set(derived)
    await bookmark.save(update_fields=sorted(names))


async def before_image(bookmark: Bookmark) -> dict[str, Any]:
    """The bookmark as it is, for the change log."""
    return (await before_images([bookmark]))[bookmark.id]


async def before_images(bookmarks: Sequence[Bookmark]) -> dict[int, dict[str, Any]]:
    """The bookmarks as they are, for the change log, by their ids; one statement for all."""
    tags: dict[int, list[str]] = {bookmark.id: [] for bookmark in bookmarks}
    rows = BookmarkTag.filter(bookmark_id__in=list(tags)).values_list("bookmark_id", "tag__name")
    for id, name in await rows if tags else []:
        tags[id].append(name)
    return {
        bookmark.id: {name: _plain(getattr(bookmark, name)) for name in IMAGE}
        | {"tag_names": sorted(tags[bookmark.id])}
        for bookmark in bookmarks
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


async def read_back_bookmark(ctx: Context, id: int) -> BookmarkRow:
    """The row as readers see it, from inside the transaction. Raises NotFound."""
    row = await queries.one(ctx.mine(), id, wanted=ctx.door.wanted)
    if row is None:
        raise NotFound("bookmark")
    return row
