"""Bringing and deleting files. The bytes do not pass through GraphQL: they go to a signed address."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from models.rows import AssetRow
from schema.ids import Kind, id_of
from schema.own_paths import own_path
from schema.paths import under
from schema.resolvers import assets, snapshots
from schema.types.arguments import BookmarkId, Info
from schema.types.asset import Asset
from schema.types.scope import all_need


@strawberry.type(description="A place for a file: send its bytes to the address, then it is complete.")
class AssetUpload:
    """The outcome of createAssetUpload."""

    asset: AssetRow = strawberry.field(graphql_type=Asset, description="The asset, whose bytes are still to come.")
    upload_url: str = strawberry.field(
        description="Path on this server to which the bytes go by PUT, without a header, as the whole body."
    )
    expires_at: datetime = strawberry.field(description="Until when the address is good.")


@strawberry.type(description="A snapshot that is being taken: ask for the asset again until it is no longer pending.")
class SnapshotAsked:
    """The outcome of createSnapshot."""

    asset: AssetRow = strawberry.field(graphql_type=Asset, description="The asset, whose bytes are still to come.")


@strawberry.type(description="The asset is gone, and its bytes soon.")
class AssetDeleted:
    """The outcome of deleteAsset."""

    deleted_id: strawberry.ID = strawberry.field(description="The id it had.")


@all_need("bookmarks:write")
@strawberry.type
class AssetMutations:
    """The fields of Mutation that change assets."""

    @strawberry.mutation(description="Announce a file to be kept with a bookmark, and get the address for its bytes.")
    async def create_asset_upload(
        self,
        info: Info,
        bookmark_id: BookmarkId,
        name: Annotated[str, strawberry.argument(description="The file's name; directories are cut off.")],
        content_type: Annotated[
            str, strawberry.argument(description="The file's media type.")
        ] = "application/octet-stream",
    ) -> AssetUpload:
        """Announce."""
        ctx = info.context
        with under():
            asset = await assets.announce(ctx, id_of(bookmark_id, Kind.BOOKMARK, ("bookmark_id",)), name, content_type)
        signed = ctx.ports.signing.sign(ctx.owner_id, asset.id, "PUT")
        return AssetUpload(asset=asset, upload_url=own_path(signed.path), expires_at=signed.expires_at)

    @strawberry.mutation(
        description=(
            "Have a snapshot taken of a bookmark's page as it is now, to be kept with it. "
            "While one is pending that is the one."
        )
    )
    async def create_snapshot(self, info: Info, bookmark_id: BookmarkId) -> SnapshotAsked:
        """Ask for one."""
        with under():
            id = id_of(bookmark_id, Kind.BOOKMARK, ("bookmark_id",))
            return SnapshotAsked(asset=await snapshots.create(info.context, id))

    @strawberry.mutation(description="Delete an asset.")
    async def delete_asset(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id of an asset of yours.")],
    ) -> AssetDeleted:
        """Delete."""
        await assets.delete(info.context, id_of(id, Kind.ASSET))
        return AssetDeleted(deleted_id=id)
