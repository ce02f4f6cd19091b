"""Changing bundles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import Some

from models.rows import BundleRow
from schema.errors import Fault, Invalid
from schema.ids import Kind, id_of
from schema.paths import under
from schema.resolvers import bundles
from schema.resolvers.bundles import BundleDraft, BundlePatch
from schema.types.arguments import BundleId, Info
from schema.types.bundle import Bundle
from schema.types.inputs import BundleChanges, NewBundle
from schema.types.scope import all_need

LISTS = ("any_tags", "all_tags", "excluded_tags")


@strawberry.type(description="The bundle is new.")
class BundleCreated:
    """The outcome of createBundle."""

    bundle: BundleRow = strawberry.field(graphql_type=Bundle, description="The new bundle.")


@strawberry.type(description="The bundle was changed.")
class BundleUpdated:
    """The outcome of updateBundle."""

    bundle: BundleRow = strawberry.field(graphql_type=Bundle, description="The bundle as it is now.")


@strawberry.type(description="The bundle is gone. What it matched stays, and the other bundles are numbered anew.")
class BundleDeleted:
    """The outcome of deleteBundle."""

    deleted_id: strawberry.ID = strawberry.field(description="The id it had.")


@all_need("bookmarks:write")
@strawberry.type
class BundleMutations:
    """The fields of Mutation that change bundles."""

    @strawberry.mutation(description="Save a search.")
    async def create_bundle(
        self, info: Info, input: Annotated[NewBundle, strawberry.argument(description="The bundle to be.")]
    ) -> BundleCreated:
        """Create."""
        with under("input"):
            texts = texts_of({name: getattr(input, name) for name in LISTS})
            draft = BundleDraft(
                name=input.name,
                search=input.search,
                **texts,
                filter_unread=word_of(input.to_read),
                filter_shared=word_of(input.is_public),
                position=input.position,
            )
            return BundleCreated(bundle=await bundles.create(info.context, draft))

    @strawberry.mutation(description="Change a bundle; what the patch leaves out stays.")
    async def update_bundle(
        self,
        info: Info,
        id: BundleId,
        input: Annotated[BundleChanges, strawberry.argument(description="The changes.")],
    ) -> BundleUpdated:
        """Update."""
        number = id_of(id, Kind.BUNDLE)
        with under("input"):
            given = {name: getattr(input, name) for name in LISTS}
            texts = texts_of({name: value.value for name, value in given.items() if value is not None})
            patch = BundlePatch(
                name=input.name,
                search=input.search,
                **{name: Some(text) for name, text in texts.items()},
                filter_unread=None if input.to_read is None else Some(word_of(input.to_read.value)),
                filter_shared=None if input.is_public is None else Some(word_of(input.is_public.value)),
                position=None if input.position is None else Some(int(input.position.value)),
            )
            return BundleUpdated(bundle=await bundles.update(info.context, number, patch))

    @strawberry.mutation(description="Delete a bundle; no bookmark goes with it.")
    async def delete_bundle(self, info: Info, id: BundleId) -> BundleDeleted:
        """Delete."""
        await bundles.delete(info.context, id_of(id, Kind.BUNDLE))
        return BundleDeleted(deleted_id=id)


def texts_of(lists: dict[str, Sequence[str]]) -> dict[str, str]:
    """Lists of names as a bundle keeps them, blanks between. Raises Invalid for names that have one or are empty."""
    faults = [
        Fault((field, place), "has_blanks" if name.strip() else "blank")
        for field, names in lists.items()
        for place, name in enumerate(names)
        if not name.strip() or " " in name.strip()
    ]
    if faults:
        raise Invalid(*faults)
    return {field: " ".join(name.strip() for name in names) for field, names in lists.items()}


def word_of(value: bool | None) -> str:
    """A yes, a no or neither as a bundle keeps it."""
    return "off" if value is None else "yes" if value else "no"
