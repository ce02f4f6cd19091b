"""Bundles."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.rows import BookmarkRow, BundleRow
from schema import loaders
from schema.connections import Slot, bookmark_window
from schema.execution import rows
from schema.execution.connection import Connection
from schema.execution.fields import attribute, computed, global_id
from schema.ids import Kind
from schema.scalars import BigInt
from schema.search.bundle import SWITCHES, names_of
from schema.selection import wanted_of
from schema.types.arguments import After, Before, BookmarkSort, First, Info, Last, OrderBy, meaning
from schema.types.bookmark import Bookmark
from schema.types.node import Node
from schema.types.scope import needs


@strawberry.type(description="A saved search. A bookmark must pass every part of it; an empty one matches all.")
class Bundle(Node):
    """GraphQL's words for a BundleRow."""

    id: strawberry.ID = computed(lambda row: global_id(Kind.BUNDLE.value, row.id), description="Global id.")
    database_id: int = attribute("id", description="The id at the linkding door.")
    name: str = strawberry.field(description="Its name; several may share one.")
    search: str = strawberry.field(
        description=(
            "Words that must all occur. It is no search language: quotes are letters, and words that start with `#` or "
            "`!` are passed over."
        )
    )
    any_tags: list[str] = computed(
        lambda row: names_of(row.any_tags), description="Of these tags it has one at least; none asks for nothing."
    )
    all_tags: list[str] = computed(lambda row: names_of(row.all_tags), description="It has all of these tags.")
    excluded_tags: list[str] = computed(
        lambda row: names_of(row.excluded_tags), description="It has none of these tags."
    )
    to_read: bool | None = computed(
        lambda row: SWITCHES[row.filter_unread], description="Whether it is still to be read; null if either will do."
    )
    is_public: bool | None = computed(
        lambda row: SWITCHES[row.filter_shared], description="Whether it is shared; null if either will do."
    )
    position: BigInt = strawberry.field(description="What bundles are sorted by; equal ones go by id.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field(
        graphql_type=Connection[Bookmark],
        description="Your live bookmarks that it matches, archived or not.",
        directives=[needs("bookmarks:read")],
    )
    async def bookmarks(
        self,
        info: Info,
        root: strawberry.Parent[BundleRow],
        order_by: OrderBy = BookmarkSort.ADDED_DESC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[BookmarkRow]:
        """A page of the bundle's bookmarks."""
        sort = meaning(order_by)
        window = bookmark_window(Slot(first, after, last, before), sort)
        return await loaders.bundled(info.context, sort, window, wanted_of(info)).load(root.id)

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, BundleRow))
