"""``GET /search``, and what ``search`` means to a list (BK section 8)."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from models.queries.tree import And, Occurs, OfKind, Tree
from models.queries.window import Sort
from rest_compat.bkmark.calls import Call, Nothing, handles
from rest_compat.bkmark.codec import Bookmark, Kind, Listed, Style, Styled, encode_bookmark, style_of
from rest_compat.bkmark.filters import (
    BookmarkQuery,
    Paging,
    decode_window,
    encode_page,
    in_group_and_tag,
    list_name,
)
from schema.context import Context
from schema.errors import Invalid
from schema.page import Window
from schema.resolvers import bookmarks
from schema.resolvers import search as operations
from schema.resolvers.search import EXACT, FORGIVING, Reach


class SearchQuery(Paging, Styled, kw_only=True):
    """What ``GET /search`` takes; all that is given must hold."""

    q: str
    group_id: str | UnsetType = UNSET
    tag_id: str | UnsetType = UNSET
    type: Kind | UnsetType = UNSET


@handles(scopes=("bookmarks:read", "search:read"), query=SearchQuery, answer=Listed[Bookmark])
async def find(call: Call[SearchQuery, Nothing]) -> Listed[Bookmark]:
    """Search bookmarks, best match first."""
    parts = in_group_and_tag(call.query.group_id, call.query.tag_id)
    if call.query.type is not UNSET:
        parts.append(OfKind(call.query.type))
    style = style_of(call.request, call.query)
    return await best_first(call.ctx, call.query.q, And(tuple(parts)), call.query, style, path="q")


async def best_first(
    ctx: Context, text: str, tree: Tree, paging: Paging, style: Style, *, path: str
) -> Listed[Bookmark]:
    """What a search finds, best first. Raises Invalid for the text, named ``path``, and for the cursor."""
    reach = Reach(paging.limit, None if paging.cursor is UNSET else paging.cursor)
    found = await operations.find(ctx, text, tree, reach, ctx.door.wanted, path=(path,), after_path=("cursor",))
    return Listed([encode_bookmark(hit.bookmark, style) for hit in found.items], found.next_cursor)


async def in_order(
    ctx: Context, text: str, tree: Tree, sort: Sort, query: BookmarkQuery, style: Style
) -> Listed[Bookmark]:
    """The same in another order; a cursor names the tier that its list began with. Raises Invalid as above."""
    asked = list_name(And((tree, Occurs(text))), sort)  # any leaf that names the text will do
    names = {tier: f"{asked} {tier}" for tier in (EXACT, FORGIVING)}
    window, tier = _begun(query, sort, names)
    leaf, tier = await operations.leaf(ctx, text, tree, tier=tier, path=("search",))
    page = await bookmarks.find(ctx, And((tree, leaf)), sort, window, ctx.door.wanted)
    return encode_page(page, names[tier], sort.order, style)


def _begun(query: BookmarkQuery, sort: Sort, names: dict[int, str]) -> tuple[Window, int | None]:
    """The part of the list, and its tier if it goes on. Raises Invalid for a cursor that is of neither."""
    if query.cursor is UNSET:
        return decode_window(query, "", sort.order), None
    try:
        return decode_window(query, names[EXACT], sort.order), EXACT
    except Invalid:
        return decode_window(query, names[FORGIVING], sort.order), FORGIVING
