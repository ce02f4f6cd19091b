"""Changing bookmarks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import strawberry

from models.rows import BookmarkRow
from schema.errors import Conflict, Fault, Invalid
from schema.execution.fields import global_id
from schema.execution.rows import Rows
from schema.ids import Kind, id_of, ids_of
from schema.inputs import BookmarkDraft, BookmarkPatch, IfBookmarked
from schema.paths import under
from schema.resolvers import capture, edges, saving, states, summaries, trash
from schema.resolvers.placing import MOST_FOLDERS
from schema.selection import wanted_of
from schema.types.arguments import BookmarkId, BookmarkIds, Info, meaning
from schema.types.bookmark import Bookmark
from schema.types.scope import all_need

Change = Callable[[Any, Sequence[int]], Awaitable[list[BookmarkRow]]]

NOT_FOUND = "Those of the given ids under which you have no such bookmark."


@strawberry.type(description="The bookmark is new.")
class BookmarkCreated:
    """An outcome of createBookmark."""

    bookmark: BookmarkRow = strawberry.field(graphql_type=Bookmark, description="The new bookmark.")


@strawberry.type(description="The bookmark was changed.")
class BookmarkUpdated:
    """An outcome of createBookmark, updateBookmark, summarizeBookmark and readPage."""

    bookmark: BookmarkRow = strawberry.field(graphql_type=Bookmark, description="The bookmark as it is now.")


@strawberry.type(description="Nothing was changed: a bookmark of yours has the address already.")
class BookmarkExists:
    """An outcome wherever addresses are given."""

    bookmark: BookmarkRow = strawberry.field(graphql_type=Bookmark, description="The bookmark that has the address.")


@strawberry.type(description="The bookmarks are now as you asked for.")
class BookmarksChanged:
    """The outcome of operations on many bookmarks."""

    bookmarks: list[BookmarkRow] = strawberry.field(
        graphql_type=list[Bookmark], description="The bookmarks as they are now, in the order of the ids."
    )
    not_found: list[strawberry.ID] = strawberry.field(description=NOT_FOUND)


@strawberry.type(description="The bookmarks are back from the trash.")
class BookmarksRestored:
    """An outcome of restoreBookmarks."""

    bookmarks: list[BookmarkRow] = strawberry.field(
        graphql_type=list[Bookmark], description="The bookmarks as they are now, by id."
    )
    not_found: list[strawberry.ID] = strawberry.field(description=NOT_FOUND)


@strawberry.type(description="The bookmarks are gone: into the trash, or for good.")
class BookmarksDeleted:
    """The outcome of deleteBookmarks and purgeBookmarks."""

    deleted_ids: list[strawberry.ID] = strawberry.field(description="Those of the given ids that are gone.")
    not_found: list[strawberry.ID] = strawberry.field(description=NOT_FOUND)


@strawberry.type(description="The trash was emptied.")
class TrashEmptied:
    """The outcome of emptyTrash."""

    deleted_count: int = strawberry.field(description="How many bookmarks are gone for good.")


CreateBookmark = Annotated[
    BookmarkCreated | BookmarkUpdated | BookmarkExists,
    strawberry.union("CreateBookmarkResult", description="What became of a draft."),
]
UpdateBookmark = Annotated[
    BookmarkUpdated | BookmarkExists,
    strawberry.union("UpdateBookmarkResult", description="What became of a patch."),
]
RestoreBookmarks = Annotated[
    BookmarksRestored | BookmarkExists,
    strawberry.union("RestoreBookmarksResult", description="What became of bookmarks that were in the trash."),
]

Names = Annotated[list[str] | None, strawberry.argument(description="Names of tags.")]


@all_need("bookmarks:write")
@strawberry.type
class BookmarkMutations:
    """The fields of Mutation that change bookmarks."""

    @strawberry.mutation(graphql_type=CreateBookmark, description="Bookmark an address.")
    async def create_bookmark(
        self,
        info: Info,
        input: Annotated[BookmarkDraft, strawberry.argument(description="The bookmark to be.")],
        if_bookmarked: Annotated[
            IfBookmarked, strawberry.argument(description="What to do when the address is bookmarked already.")
        ] = IfBookmarked.KEEP,
        fetch_page: Annotated[
            bool,
            strawberry.argument(
                description="Whether to read the page: for title and description if they are left out, and to keep it."
            ),
        ] = True,
        folder_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description=(
                    "Global ids of folders to put it into, at most 500; none or the root's: a new one is in the root. "
                    "A known one stays where it is, and is put into these besides unless it is kept as it is."
                )
            ),
        ] = None,
    ) -> BookmarkCreated | BookmarkUpdated | BookmarkExists:
        """Save."""
        draft = replace(input, folder_ids=folders_of(folder_ids))
        with under("input"):
            saved = await saving.save(info.context, draft, meaning(if_bookmarked), fetch=fetch_page)
        (row,) = await edges.with_tags(info.context, [saved.bookmark], wanted_of(info))
        if saved.created:
            return BookmarkCreated(bookmark=row)
        return BookmarkExists(bookmark=row) if if_bookmarked is IfBookmarked.KEEP else BookmarkUpdated(bookmark=row)

    @strawberry.mutation(graphql_type=UpdateBookmark, description="Change a bookmark; what the patch leaves out stays.")
    async def update_bookmark(
        self,
        info: Info,
        id: BookmarkId,
        input: Annotated[BookmarkPatch, strawberry.argument(description="The changes.")],
        folder_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description=(
                    "Global ids of the folders to be in from now on, at most 500; it leaves all others. None puts it "
                    "back into the root. If left out, it stays where it is."
                )
            ),
        ] = None,
    ) -> BookmarkUpdated | BookmarkExists:
        """Update."""
        ctx, wanted = info.context, wanted_of(info)
        number = id_of(id, Kind.BOOKMARK)
        patch = replace(input, folder_ids=folders_of(folder_ids))
        try:
            with under("input"):
                row = await saving.update(ctx, number, patch)
        except Conflict as conflict:
            return BookmarkExists(bookmark=await edges.bookmark_in_the_way(ctx, conflict.existing or 0, wanted))
        (row,) = await edges.with_tags(ctx, [row], wanted)
        return BookmarkUpdated(bookmark=row)

    @strawberry.mutation(description="Put bookmarks into the archive.")
    async def archive_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """Archive."""
        return await change(info, ids, states.archive)

    @strawberry.mutation(description="Take bookmarks out of the archive.")
    async def unarchive_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """Unarchive."""
        return await change(info, ids, states.unarchive)

    @strawberry.mutation(description="Make bookmarks favourites.")
    async def favorite_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """Favourite."""
        return await change(info, ids, states.favorite)

    @strawberry.mutation(description="Make bookmarks favourites no longer.")
    async def unfavorite_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """No favourite."""
        return await change(info, ids, partial(states.favorite, on=False))

    @strawberry.mutation(description="Share bookmarks, as far as your account shares at all.")
    async def publish_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """Publish."""
        return await change(info, ids, states.publish)

    @strawberry.mutation(description="Share bookmarks no longer.")
    async def unpublish_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """Unpublish."""
        return await change(info, ids, partial(states.publish, on=False))

    @strawberry.mutation(description="Mark bookmarks as read.")
    async def mark_bookmarks_read(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """Read."""
        return await change(info, ids, states.mark_read)

    @strawberry.mutation(description="Mark bookmarks as still to be read.")
    async def mark_bookmarks_to_read(self, info: Info, ids: BookmarkIds) -> BookmarksChanged:
        """To read."""
        return await change(info, ids, partial(states.mark_read, on=False))

    @strawberry.mutation(description="Add tags to bookmarks and take others away; missing tags are made.")
    async def tag_bookmarks(
        self,
        info: Info,
        ids: BookmarkIds,
        add: Names = None,
        remove: Names = None,
    ) -> BookmarksChanged:
        """Tag."""
        return await change(info, ids, partial(states.tag, add=add or (), remove=remove or ()))

    @strawberry.mutation(
        description=(
            "Have a bookmark summarised: what its page says, or its own text where it is a note or code. At most ten "
            "times a day; what fails does not count."
        )
    )
    async def summarize_bookmark(self, info: Info, id: BookmarkId) -> BookmarkUpdated:
        """Summarise."""
        row = await summaries.summarize(info.context, id_of(id, Kind.BOOKMARK))
        (row,) = await edges.with_tags(info.context, [row], wanted_of(info))
        return BookmarkUpdated(bookmark=row)

    @strawberry.mutation(
        description=(
            "Have a bookmark's page read again, soon: `content` changes, and empty texts are filled. "
            "Ask for the bookmark later; `content.fetchedAt` tells when it was read."
        )
    )
    async def read_page(self, info: Info, id: BookmarkId) -> BookmarkUpdated:
        """Ask for it."""
        row = await capture.ask(info.context, id_of(id, Kind.BOOKMARK))
        (row,) = await edges.with_tags(info.context, [row], wanted_of(info))
        return BookmarkUpdated(bookmark=row)

    @strawberry.mutation(description="Delete bookmarks: into the trash, unless told otherwise.")
    async def delete_bookmarks(
        self,
        info: Info,
        ids: BookmarkIds,
        permanent: Annotated[
            bool, strawberry.argument(description="Delete them for good, with their files. There is no way back.")
        ] = False,
    ) -> BookmarksDeleted:
        """Delete."""
        return await delete(ids, partial(trash.delete, info.context, permanent=permanent))

    @strawberry.mutation(
        graphql_type=RestoreBookmarks, description="Bring bookmarks back from the trash: all of them, or none."
    )
    async def restore_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksRestored | BookmarkExists:
        """Restore."""
        ctx, wanted = info.context, wanted_of(info)
        try:
            rows = await trash.restore(ctx, ids_of(ids, Kind.BOOKMARK))
        except Conflict as conflict:
            return BookmarkExists(bookmark=await edges.bookmark_in_the_way(ctx, conflict.existing or 0, wanted))
        rows = await edges.with_tags(ctx, rows, wanted)
        return BookmarksRestored(bookmarks=Rows(rows), not_found=missing(ids, [row.id for row in rows]))

    @strawberry.mutation(description="Delete bookmarks of the trash for good, with their files.")
    async def purge_bookmarks(self, info: Info, ids: BookmarkIds) -> BookmarksDeleted:
        """Purge."""
        return await delete(ids, partial(trash.purge, info.context))

    @strawberry.mutation(
        description="Delete what is in the trash for good, up to 1,000 bookmarks at once: repeat until none is left."
    )
    async def empty_trash(self, info: Info) -> TrashEmptied:
        """Empty."""
        return TrashEmptied(deleted_count=await trash.empty(info.context))


def folders_of(ids: Sequence[strawberry.ID] | None) -> list[int] | None:
    """The numbers of folders in an argument ``folderIds``. Raises Invalid for what is no folder's id, and over 500."""
    if ids is None:
        return None
    if len(ids) > MOST_FOLDERS:
        raise Invalid(Fault(("folderIds",), "too_many", MOST_FOLDERS))
    return ids_of(ids, Kind.FOLDER, "folderIds")


async def change(info: Info, ids: Sequence[strawberry.ID], operation: Change) -> BookmarksChanged:
    """Do it to the bookmarks of these ids, and tell of both halves. Raises Invalid for what is no bookmark's id."""
    ctx = info.context
    rows = await operation(ctx, ids_of(ids, Kind.BOOKMARK))
    rows = await edges.with_tags(ctx, rows, wanted_of(info))
    return BookmarksChanged(bookmarks=Rows(rows), not_found=missing(ids, [row.id for row in rows]))


async def delete(
    ids: Sequence[strawberry.ID], operation: Callable[[Sequence[int]], Awaitable[list[int]]]
) -> BookmarksDeleted:
    """Delete what can be deleted, and tell of both halves. Raises Invalid for what is no bookmark's id."""
    gone = await operation(ids_of(ids, Kind.BOOKMARK))
    found = {global_id("Bookmark", id) for id in gone}
    return BookmarksDeleted(deleted_ids=[id for id in dict.fromkeys(ids) if id in found], not_found=missing(ids, gone))


def missing(ids: Sequence[strawberry.ID], found: Sequence[int]) -> list[strawberry.ID]:
    """Those of the ids, each once, that are not among the found ones."""
    known = {global_id("Bookmark", id) for id in found}
    return [id for id in dict.fromkeys(ids) if id not in known]
