"""Folders and what lies in them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.queries.placements import BY_PLACE
from models.rows import BookmarkRow, FolderRow
from schema import loaders
from schema.connections import Slot, bookmark_window, place_window
from schema.execution import rows
from schema.execution.connection import Connection
from schema.execution.fields import attribute, computed, global_id
from schema.execution.rows import Rows
from schema.selection import wanted_of
from schema.types.arguments import After, Before, BookmarkSort, First, Info, Last, meaning
from schema.types.bookmark import Bookmark
from schema.types.node import Node
from schema.types.scope import needs

ThisFolder = Annotated["Folder", strawberry.lazy("schema.types.folder")]  # of a class that is still being made
FolderItem = Annotated[
    ThisFolder | Bookmark,
    strawberry.union("FolderItem", description="What a folder holds: folders and bookmarks, mixed as you like."),
]


def parent_of(row: FolderRow) -> str | None:
    """The global id of the folder that it is in."""
    return None if row.parent_id is None else global_id("Folder", row.parent_id)


@strawberry.type(description="A folder of its owner's tree. All of it hangs on one root, which is a folder too.")
class Folder(Node):
    """GraphQL's words for a FolderRow."""

    id: strawberry.ID = computed(lambda row: global_id("Folder", row.id), description="Global id.")
    database_id: int = attribute("id", description="The id at the Nextcloud door, which calls the root -1, however.")
    uid: UUID = strawberry.field(description="The id at the Bkmark door, a UUIDv7.")
    name: str = strawberry.field(description="Its name; several may share one. The root's is empty.")
    description: str = strawberry.field(description="What is in it; may be empty.")
    color: str | None = strawberry.field(description="Its colour as `#rgb`, `#rrggbb` or `#rrggbbaa`, if it has one.")
    icon: str | None = strawberry.field(description="A name or an emoji that stands for it, if it has one.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed or moved elsewhere.")
    deleted_at: datetime | None = strawberry.field(description="When it went into the trash; null while it is live.")
    is_root: bool = computed(
        lambda row: row.parent_id is None,
        description="Whether it is the root: it can be neither changed nor deleted, and holds what is in no folder.",
    )
    parent_id: strawberry.ID | None = computed(
        parent_of, description="Global id of the folder that it is in; null for the root."
    )

    @strawberry.field(
        graphql_type=ThisFolder | None,
        description="The folder that it is in; null for the root, and when that one is in the trash.",
        directives=[needs("groups:read")],
    )
    async def parent(self, info: Info, root: strawberry.Parent[FolderRow]) -> FolderRow | None:
        """The folder above."""
        return None if root.parent_id is None else await loaders.folder(info.context).load(root.parent_id)

    @strawberry.field(
        graphql_type=list[ThisFolder],
        description=(
            "The folders that it lies in, the topmost first, without the root and without those in the trash; "
            "the nearest 100 at most."
        ),
        directives=[needs("groups:read")],
    )
    def ancestors(self, info: Info, root: strawberry.Parent[FolderRow]) -> Awaitable[Rows[FolderRow]]:
        """The way from the top down to it."""
        return loaders.ancestors(info.context).load(root.id)

    @strawberry.field(
        graphql_type=Connection[ThisFolder],
        description="The live folders in it, in their order.",
        directives=[needs("groups:read")],
    )
    async def folders(
        self,
        info: Info,
        root: strawberry.Parent[FolderRow],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[FolderRow]:
        """A page of the folders in it."""
        window = place_window(Slot(first, after, last, before))
        return await loaders.folders_in(info.context, window).load(root.id)

    @strawberry.field(
        graphql_type=Connection[Bookmark],
        description="Your live bookmarks in it.",
        directives=[needs("bookmarks:read")],
    )
    async def bookmarks(
        self,
        info: Info,
        root: strawberry.Parent[FolderRow],
        order_by: Annotated[
            BookmarkSort | None,
            strawberry.argument(description="What the list is sorted by; the folder's own order if left out."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[BookmarkRow]:
        """A page of the bookmarks in it."""
        sort = BY_PLACE if order_by is None else meaning(order_by)
        window = bookmark_window(Slot(first, after, last, before), sort)
        return await loaders.bookmarks_in(info.context, sort, window, wanted_of(info)).load(root.id)

    @strawberry.field(
        graphql_type=Connection[FolderItem],
        description="Folders and bookmarks in it, in the one order that they share.",
        directives=[needs("groups:read"), needs("bookmarks:read")],
    )
    async def children(
        self,
        info: Info,
        root: strawberry.Parent[FolderRow],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[FolderRow | BookmarkRow]:
        """A page of all that is in it."""
        window = place_window(Slot(first, after, last, before))
        return await loaders.children(info.context, window, wanted_of(info)).load(root.id)

    @strawberry.field(
        graphql_type=int,
        description="How many live bookmarks of yours are in it.",
        directives=[needs("groups:read", "bookmarks:read")],
    )
    def bookmark_count(
        self,
        info: Info,
        root: strawberry.Parent[FolderRow],
        recursive: Annotated[
            bool,
            strawberry.argument(
                description="Whether to count those in folders below it as well; each counts once, wherever it is."
            ),
        ] = False,
    ) -> Awaitable[int]:
        """The count that all rows ask for together."""
        return loaders.filed_count(info.context, recursive=recursive).load(root.id)

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, FolderRow))


@strawberry.type(description="A folder in the list that a tree is told as: what is in a folder follows it.")
class FolderTreeEntry:
    """A step of schema.outline without its end."""

    depth: int = strawberry.field(description="How far below the folder that was asked for: 1 for what is in it.")
    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder.")
