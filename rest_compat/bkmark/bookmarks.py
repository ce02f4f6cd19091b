"""``/bookmarks``: lists, one bookmark, the trash, and what is on and around a bookmark (BK sections 5.3 to 5.8)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from models.queries.bookmarks import EVERYTHING
from models.queries.window import Order, Sort
from models.rows import BookmarkRow
from rest_compat.bkmark.calls import Call, Nothing, Record, handles, target_ids
from rest_compat.bkmark.codec import Bookmark, Deleted, Listed, Styled, Truth, encode_bookmark, style_of
from rest_compat.bkmark.drafts import (
    Changes,
    Groups,
    NewBookmark,
    Tagged,
    decode_draft,
    decode_patch,
    decode_tags,
    naming_targets,
)
from rest_compat.bkmark.filters import (
    BookmarkQuery,
    Paging,
    decode_sort,
    decode_tree,
    decode_window,
    encode_page,
    list_name,
)
from rest_compat.bkmark.search import best_first, in_order
from schema.inputs import ConflictPolicy
from schema.resolvers import bookmarks, membership, saving, states, trash

READ, WRITE = ("bookmarks:read",), ("bookmarks:write",)


class Deletion(Record):
    """Whether the trash is passed by."""

    permanent: Truth | UnsetType = UNSET


@handles(scopes=READ, query=BookmarkQuery, answer=Listed[Bookmark])
async def find(call: Call[BookmarkQuery, Nothing]) -> Listed[Bookmark]:
    """List bookmarks."""
    tree, sort = decode_tree(call.query), decode_sort(call.query)
    if call.query.search is not UNSET and (text := call.query.search.strip()):
        style = style_of(call.request, call.query)
        if call.query.sort_field is UNSET:
            return await best_first(call.ctx, text, tree, call.query, style, path="search")
        return await in_order(call.ctx, text, tree, sort, call.query, style)
    name = list_name(tree, sort)
    window = decode_window(call.query, name, sort.order)
    page = await bookmarks.find(call.ctx, tree, sort, window, call.ctx.door.wanted)
    return encode_page(page, name, sort.order, style_of(call.request, call.query))


@handles(scopes=WRITE, query=Styled, body=NewBookmark, answer=Bookmark, status=201)
async def create(call: Call[Styled, NewBookmark]) -> Bookmark:
    """Save a bookmark."""
    draft = await decode_draft(call.ctx, call.body)
    once_more = call.body.force or call.body.allow_duplicate
    with naming_targets():
        saved = await saving.save(call.ctx, draft, ConflictPolicy.COPY if once_more else ConflictPolicy.ERROR)
    return _encode(call, saved.bookmark)


@handles(scopes=READ, query=Styled, answer=Bookmark)
async def get(call: Call[Styled, Nothing]) -> Bookmark:
    """Read a bookmark, also one in the trash."""
    id = await call.target("bookmark")
    return _encode(call, await bookmarks.get(call.ctx, id, call.ctx.door.wanted, or_trash=True))


@handles(scopes=WRITE, query=Styled, body=Changes, answer=Bookmark)
async def update(call: Call[Styled, Changes]) -> Bookmark:
    """Change a bookmark."""
    id = await call.target("bookmark")
    patch = await decode_patch(call.ctx, call.body)
    with naming_targets():
        return _encode(call, await saving.update(call.ctx, id, patch))


@handles(scopes=WRITE, query=Deletion, answer=Deleted)
async def delete(call: Call[Deletion, Nothing]) -> Deleted:
    """Put a bookmark into the trash, or delete one that is there, or any with `permanent`, for good."""
    await trash.discard(call.ctx, await call.target("bookmark"), permanent=call.query.permanent == "true")
    return Deleted(id=call.path_id())


@handles(scopes=READ, query=Paging, answer=Listed[Bookmark])
async def find_deleted(call: Call[Paging, Nothing]) -> Listed[Bookmark]:
    """List what is in the trash, the last deleted first."""
    name = list_name(EVERYTHING, Sort(Order.DELETED))
    window = decode_window(call.query, name, Order.DELETED)
    page = await bookmarks.trash(call.ctx, window, call.ctx.door.wanted)
    return encode_page(page, name, Order.DELETED, style_of(call.request, call.query))


@handles(scopes=WRITE, query=Styled, answer=Bookmark)
async def restore(call: Call[Styled, Nothing]) -> Bookmark:
    """Bring a bookmark back from the trash."""
    return _encode(call, await trash.restore_one(call.ctx, await call.target("bookmark")))


@handles(scopes=WRITE, query=Styled, body=Tagged, answer=Bookmark)
async def add_tags(call: Call[Styled, Tagged]) -> Bookmark:
    """Put tags on a bookmark."""
    id = await call.target("bookmark")
    names, tag_ids = await decode_tags(call.ctx, call.body)
    with naming_targets():
        rows = await states.tag(call.ctx, [id], add=names, add_ids=tag_ids)
    return _encode(call, states.only(rows))


@handles(scopes=WRITE, query=Styled, answer=Bookmark)
async def remove_tag(call: Call[Styled, Nothing]) -> Bookmark:
    """Take a tag off a bookmark."""
    id, tag_id = await call.target("bookmark"), await call.target("tag", "tag_id")
    return _encode(call, states.only(await states.tag(call.ctx, [id], remove_ids=[tag_id])))


@handles(scopes=WRITE, query=Styled, body=Groups, answer=Bookmark)
async def add_groups(call: Call[Styled, Groups]) -> Bookmark:
    """Put a bookmark into groups."""
    id = await call.target("bookmark")
    group_ids = await target_ids(call.ctx, "folder", call.body.group_ids, "groupIds")
    with naming_targets():
        rows = await membership.join(call.ctx, [id], group_ids)
    return _encode(call, states.only(rows))


@handles(scopes=WRITE, query=Styled, answer=Bookmark)
async def remove_group(call: Call[Styled, Nothing]) -> Bookmark:
    """Take a bookmark out of a group."""
    id, group_id = await call.target("bookmark"), await call.target("folder", "group_id")
    return _encode(call, states.only(await membership.leave(call.ctx, [id], [group_id])))


def _encode(call: Call[Styled, Any], row: BookmarkRow) -> Bookmark:
    return encode_bookmark(row, style_of(call.request, call.query))
