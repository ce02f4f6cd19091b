"""Changing tags."""

from __future__ import annotations

from typing import Annotated

import strawberry

from models.rows import TagRow
from schema.errors import Conflict
from schema.ids import Kind, id_of, ids_of
from schema.inputs import TagDraft
from schema.paths import under
from schema.resolvers import edges, tags
from schema.types.arguments import Info, TagId
from schema.types.scope import all_need
from schema.types.tag import Tag


@strawberry.type(description="The tag is new.")
class TagCreated:
    """An outcome of createTag."""

    tag: TagRow = strawberry.field(graphql_type=Tag, description="The new tag.")


@strawberry.type(description="Nothing was changed: there is a tag of that name.")
class TagExists:
    """An outcome of createTag."""

    tag: TagRow = strawberry.field(graphql_type=Tag, description="The tag that has the name.")


@strawberry.type(description="The tag has its new name, at every bookmark that has it.")
class TagRenamed:
    """An outcome of renameTag."""

    tag: TagRow = strawberry.field(graphql_type=Tag, description="The tag as it is now.")


@strawberry.type(description="Nothing was changed: another tag has that name. Merge the two instead.")
class TagNameTaken:
    """An outcome of renameTag."""

    tag: TagRow = strawberry.field(graphql_type=Tag, description="The tag that has the name.")


@strawberry.type(description="The tag has its new colour.")
class TagRecolored:
    """The outcome of recolorTag."""

    tag: TagRow = strawberry.field(graphql_type=Tag, description="The tag as it is now.")


@strawberry.type(description="The tags have become one.")
class TagsMerged:
    """The outcome of mergeTags."""

    tag: TagRow = strawberry.field(graphql_type=Tag, description="The tag that is left.")


@strawberry.type(description="The tag is gone, from all bookmarks.")
class TagDeleted:
    """The outcome of deleteTag."""

    deleted_id: strawberry.ID = strawberry.field(description="The id it had.")


CreateTag = Annotated[
    TagCreated | TagExists, strawberry.union("CreateTagResult", description="What became of a tag to be made.")
]
RenameTag = Annotated[
    TagRenamed | TagNameTaken, strawberry.union("RenameTagResult", description="What became of a tag's new name.")
]


@all_need("tags:write")
@strawberry.type
class TagMutations:
    """The fields of Mutation that change tags."""

    @strawberry.mutation(graphql_type=CreateTag, description="Make a tag.")
    async def create_tag(
        self, info: Info, input: Annotated[TagDraft, strawberry.argument(description="The tag to be.")]
    ) -> TagCreated | TagExists:
        """Create."""
        with under("input"):
            row, is_new = await tags.create(info.context, input.name, input.color)
        return TagCreated(tag=row) if is_new else TagExists(tag=row)

    @strawberry.mutation(graphql_type=RenameTag, description="Give a tag another name.")
    async def rename_tag(
        self,
        info: Info,
        id: TagId,
        name: Annotated[str, strawberry.argument(description="Its new name: 1 to 255 characters.")],
    ) -> TagRenamed | TagNameTaken:
        """Rename."""
        try:
            with under():
                return TagRenamed(tag=await tags.rename(info.context, id_of(id, Kind.TAG), name))
        except Conflict as conflict:
            return TagNameTaken(tag=await edges.tag_in_the_way(info.context, conflict.existing or 0))

    @strawberry.mutation(description="Give a tag a colour, or take it away.")
    async def recolor_tag(
        self,
        info: Info,
        id: TagId,
        color: Annotated[
            str | None, strawberry.argument(description="`#rgb`, `#rrggbb` or `#rrggbbaa`; null for none.")
        ] = None,
    ) -> TagRecolored:
        """Recolour."""
        return TagRecolored(tag=await tags.recolor(info.context, id_of(id, Kind.TAG), color))

    @strawberry.mutation(
        description="Put one tag on every bookmark that has one of the others, then delete the others."
    )
    async def merge_tags(
        self,
        info: Info,
        sources: Annotated[
            list[strawberry.ID], strawberry.argument(description="Global ids of the tags that go, at most 500.")
        ],
        target: Annotated[strawberry.ID, strawberry.argument(description="Global id of the tag that stays.")],
    ) -> TagsMerged:
        """Merge."""
        numbers = ids_of(sources, Kind.TAG, "sources")
        return TagsMerged(tag=await tags.merge(info.context, numbers, id_of(target, Kind.TAG, "target")))

    @strawberry.mutation(description="Delete a tag; it leaves all bookmarks.")
    async def delete_tag(self, info: Info, id: TagId) -> TagDeleted:
        """Delete."""
        await tags.delete(info.context, id_of(id, Kind.TAG))
        return TagDeleted(deleted_id=id)
