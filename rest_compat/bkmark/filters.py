"""Which bookmarks a list holds, in which order, and which part of it is asked for (BK sections 1.4 and 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from models.queries.bookmarks import position_of
from models.queries.tree import And, Flag, From, HasTag, InGroup, Nothing, OfKind, Tree
from models.queries.window import Order, Sort
from models.rows import BookmarkRow
from rest_compat.bkmark.codec import Bookmark, Kind, Listed, Source, Style, Styled, Truth, encode_bookmark, yes
from rest_compat.bkmark.ids import read_uid
from schema.page import Page, Window, decode_cursor, encode_cursor

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Field = Literal["createdAt", "title", "url"]

ORDERS: dict[Field, Order] = {"createdAt": Order.ADDED, "title": Order.TITLE, "url": Order.ADDRESS}
VALUES: dict[Order, type[datetime | bytes | str]] = {Order.TITLE: bytes, Order.ADDRESS: str}  # the others': moments


class Paging(Styled):
    """Which part of a list of bookmarks is asked for."""

    cursor: str | UnsetType = UNSET
    limit: Limit = 20


class BookmarkQuery(Paging):
    """What ``GET /bookmarks`` takes; all that is given must hold."""

    group_id: str | UnsetType = UNSET
    tag_id: str | UnsetType = UNSET
    search: str | UnsetType = UNSET
    is_favorite: Truth | UnsetType = UNSET
    is_archived: Truth | UnsetType = UNSET
    is_unread: Truth | UnsetType = UNSET
    type: Kind | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    sort_field: Field | UnsetType = UNSET
    sort_dir: Literal["asc", "desc"] = "desc"


def decode_tree(query: BookmarkQuery) -> Tree:
    """The filters but for ``search``."""
    parts = in_group_and_tag(query.group_id, query.tag_id)
    flags = (("favorite", query.is_favorite), ("archived", query.is_archived), ("unread", query.is_unread))
    for name, truth in flags:
        if truth is not UNSET:
            parts.append(Flag(name, yes(truth) is True))
    if query.type is not UNSET:
        parts.append(OfKind(query.type))
    if query.source is not UNSET:
        parts.append(From(query.source))
    return And(tuple(parts))


def in_group_and_tag(group_id: str | UnsetType, tag_id: str | UnsetType) -> list[Tree]:
    """The two filters that lists and searches share. What is nobody's id is true of nothing (BK section 1.8)."""
    parts: list[Tree] = []
    leaves: tuple[tuple[str | UnsetType, Callable[[UUID], Tree]], ...] = ((group_id, InGroup), (tag_id, HasTag))
    for text, leaf in leaves:
        if text is not UNSET:
            uid = read_uid(text)
            parts.append(Nothing() if uid is None else leaf(uid))
    return parts


def decode_sort(query: BookmarkQuery) -> Sort:
    """The order; ties go by id in the same direction."""
    field = "createdAt" if query.sort_field is UNSET else query.sort_field
    return Sort(ORDERS[field], descending=query.sort_dir == "desc")


def list_name(tree: Tree, sort: Sort) -> str:
    """What cursors of a list name, so that none is taken for one of another list: its order and its filters."""
    digest = blake2b(repr(tree).encode(), digest_size=9).hexdigest()
    return f"{sort.order.name.lower()} {'desc' if sort.descending else 'asc'} {digest}"


def decode_window(query: Paging, name: str, order: Order) -> Window:
    """The part of the list of that name. Raises Invalid for a cursor that was not made for it."""
    if query.cursor is UNSET:
        return Window(query.limit)
    return Window(query.limit, after=decode_cursor(name, query.cursor, VALUES.get(order, datetime), path=("cursor",)))


def encode_page(page: Page[BookmarkRow], name: str, order: Order, style: Style) -> Listed[Bookmark]:
    """A page with the cursor of the next one."""
    following = encode_cursor(name, position_of(page.items[-1], order)) if page.has_next else None
    return Listed([encode_bookmark(row, style) for row in page.items], following)
