"""Tags."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from uuid import UUID

import strawberry

from models.rows import BookmarkRow, TagRow
from schema import loaders
from schema.connections import Slot, bookmark_window
from schema.execution import rows
from schema.execution.connection import Connection
from schema.execution.fields import attribute, computed, global_id
from schema.selection import wanted_of
from schema.types.arguments import After, Before, BookmarkSort, First, Info, Last, OrderBy, meaning
from schema.types.bookmark import Bookmark
from schema.types.node import Node
from schema.types.scope import needs


@strawberry.type(description="A label of its owner; its name is one without regard to case, and keeps its spelling.")
class Tag(Node):
    """GraphQL's words for a TagRow."""

    id: strawberry.ID = computed(lambda row: global_id("Tag", row.id), description="Global id.")
    database_id: int = attribute("id", description="The id at the linkding door.")
    uid: UUID = strawberry.field(description="The id at the Bkmark door, a UUIDv7.")
    name: str = strawberry.field(description="Its name, as first spelled.")
    color: str | None = strawberry.field(description="Its colour as `#rgb`, `#rrggbb` or `#rrggbbaa`, if it has one.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When its name or colour last changed.")

    @strawberry.field(
        graphql_type=int,
        description="How many live bookmarks of yours have it.",
        directives=[needs("tags:read", "bookmarks:read")],
    )
    def bookmark_count(self, info: Info, root: strawberry.Parent[TagRow]) -> int | Awaitable[int]:
        """The count that the list brought along, else one that all rows ask for together."""
        if root.bookmark_count is not None:
            return root.bookmark_count
        return loaders.bookmark_count(info.context).load(root.id)

    @strawberry.field(
        graphql_type=Connection[Bookmark],
        description="Your live bookmarks that have it.",
        directives=[needs("bookmarks:read")],
    )
    async def bookmarks(
        self,
        info: Info,
        root: strawberry.Parent[TagRow],
        order_by: OrderBy = BookmarkSort.ADDED_DESC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[BookmarkRow]:
        """A page of the tag's bookmarks."""
        sort = meaning(order_by)
        window = bookmark_window(Slot(first, after, last, before), sort)
        return await loaders.tagged(info.context, sort, window, wanted_of(info)).load(root.id)

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, TagRow))
