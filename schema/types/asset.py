"""Assets."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.rows import AssetRow
from schema import loaders
from schema.errors import NotFound
from schema.execution.fields import attribute, computed, global_id
from schema.own_paths import own_path
from schema.resolvers import assets
from schema.scalars import BigInt
from schema.selection import wanted_of
from schema.types.arguments import Info
from schema.types.node import Node
from schema.types.scope import needs

if TYPE_CHECKING:
    from models.rows import BookmarkRow


@strawberry.enum(description="How an asset came about.")
class AssetKind(Enum):
    """The words of schema/resolvers/assets.py."""

    UPLOAD = strawberry.enum_value(assets.UPLOAD, description="Somebody sent the file.")
    SNAPSHOT = strawberry.enum_value(assets.SNAPSHOT, description="The page as it was at some time.")


@strawberry.enum(description="Whether an asset's bytes are there.")
class AssetStatus(Enum):
    """The words of schema/resolvers/assets.py."""

    PENDING = strawberry.enum_value(assets.PENDING, description="The bytes are still to come.")
    COMPLETE = strawberry.enum_value(assets.COMPLETE, description="The bytes are there.")
    FAILURE = strawberry.enum_value(assets.FAILURE, description="The bytes will not come.")


@strawberry.type(description="A file kept with a bookmark.")
class Asset(Node):
    """GraphQL's words for an AssetRow."""

    id: strawberry.ID = computed(lambda row: global_id("Asset", row.id), description="Global id.")
    database_id: int = attribute("id", description="The id at the linkding door.")
    kind: AssetKind = computed(lambda row: AssetKind(row.kind), description="How it came about.")
    status: AssetStatus = computed(lambda row: AssetStatus(row.status), description="Whether its bytes are there.")
    content_type: str = strawberry.field(description="The media type that its sender gave.")
    display_name: str = strawberry.field(description="The file's name.")
    size: BigInt | None = strawberry.field(description="Its length in bytes; null until they are there.")
    sha256: str | None = computed(
        lambda row: None if row.encoding else row.sha256,
        description="SHA-256 of its bytes, in hex; null until they are there, and for those that are kept packed.",
    )
    created_at: datetime = strawberry.field(description="When it was made.")

    @strawberry.field(
        description=(
            "Path on this server from which the bytes can be had for ten minutes, without a header; "
            "null until they are there."
        ),
        directives=[needs("bookmarks:read")],
    )
    def download_url(self, info: Info, root: strawberry.Parent[AssetRow]) -> str | None:
        """A signed path; only who may read bookmarks is given one."""
        ctx = info.context
        ctx.allow("bookmarks:read")
        if root.status != assets.COMPLETE:
            return None
        return own_path(ctx.ports.signing.sign(ctx.owner_id, root.id, "GET").path)

    @strawberry.field(
        graphql_type=Annotated["Bookmark", strawberry.lazy("schema.types.bookmark")],  # noqa: F821 - the other way round
        description="The bookmark that it is kept with.",
        directives=[needs("bookmarks:read")],
    )
    async def bookmark(self, info: Info, root: strawberry.Parent[AssetRow]) -> BookmarkRow:
        """The asset's bookmark. Raises NotFound when it has gone since the asset was read."""
        row = await loaders.bookmark(info.context, wanted_of(info)).load(root.bookmark_id)
        if row is None:
            raise NotFound("bookmark")
        return row

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, AssetRow))
