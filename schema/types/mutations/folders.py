"""Changing folders and what lies in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Annotated

import strawberry

from models.rows import BookmarkRow, FolderRow
from schema.errors import Fault, Invalid
from schema.execution.fields import global_id
from schema.execution.rows import Rows
from schema.ids import Kind, any_id_of, id_of, ids_of
from schema.inputs import FolderDraft, FolderPatch
from schema.paths import under
from schema.resolvers import bookmarks, edges, filing, folder_trash, moving
from schema.resolvers.filing import BOOKMARK, FOLDER, Child
from schema.selection import wanted_of
from schema.types.arguments import BookmarkIds, FolderId, Info, meaning
from schema.types.bookmark import Bookmark
from schema.types.folder import Folder
from schema.types.mutations.bookmarks import missing
from schema.types.scope import all_need, needs

CHILDREN = {Kind.FOLDER: FOLDER, Kind.BOOKMARK: BOOKMARK}
OUT_OF_STEP = {"missing_child", "too_many_children"}


@strawberry.enum(description="What becomes of what is in a folder that is deleted.")
class FolderContents(Enum):
    """Whether ``folder_trash.delete`` keeps the contents."""

    DELETE = strawberry.enum_value(
        False,
        description=(
            "All below it goes with it, into the trash or for good as it does itself; bookmarks that are in other "
            "folders too stay there."
        ),
    )
    KEEP = strawberry.enum_value(
        True,
        description="Folders move up to the end of its parent; bookmarks that are in no other go to the root.",
    )


@strawberry.type(description="The folder is new.")
class FolderCreated:
    """The outcome of createFolder."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The new folder.")


@strawberry.type(description="The folder was changed.")
class FolderUpdated:
    """The outcome of updateFolder."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder as it is now.")


@strawberry.type(description="The folder is where you asked for.")
class FolderMoved:
    """An outcome of moveFolder."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder as it is now.")


@strawberry.type(description="Nothing was changed: the new parent is the folder itself or lies below it.")
class FolderNotMoved:
    """An outcome of moveFolder."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder as it is.")


@strawberry.type(description="What is in the folder has the order that you asked for.")
class FolderReordered:
    """An outcome of reorderFolder."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder.")


@strawberry.type(
    description="Nothing was changed: the order does not name all that is in the folder, or names something else."
)
class FolderContentsDiffer:
    """An outcome of reorderFolder."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder, whose `children` to look at.")
    left_out: list[strawberry.ID] = strawberry.field(
        description="Global ids of what is in the folder and not in the order; none if the order names too much."
    )


@strawberry.type(description="The folder is gone: into the trash, or for good.")
class FolderDeleted:
    """The outcome of deleteFolder."""

    deleted_id: strawberry.ID = strawberry.field(description="The id it has, or had.")


@strawberry.type(description="The folder is back from the trash, with what went along with it.")
class FolderRestored:
    """The outcome of restoreFolder."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder as it is now.")


@strawberry.type
class Filed:
    """What outcomes of filing have in common: the bookmarks that were found, for who may read them."""

    folder: FolderRow = strawberry.field(graphql_type=Folder, description="The folder.")
    found: strawberry.Private[list[int]]

    @strawberry.field(
        graphql_type=list[Bookmark],
        description="The bookmarks as they are now, in the order of the ids.",
        directives=[needs("bookmarks:read")],
    )
    async def bookmarks(self, info: Info, root: strawberry.Parent[Filed]) -> list[BookmarkRow]:
        """Who may only file has no business with titles."""
        return Rows(await bookmarks.get_many(info.context, root.found, wanted_of(info)))


@strawberry.type(description="The bookmarks are in the folder.")
class BookmarksFiled(Filed):
    """The outcome of fileBookmarks."""

    not_found: list[strawberry.ID] = strawberry.field(
        description="Those of the given ids under which you have no such bookmark."
    )


@strawberry.type(description="The bookmarks are no longer in the folder; those that are in no other are in the root.")
class BookmarksTakenOut(Filed):
    """The outcome of takeOutBookmarks."""

    not_found: list[strawberry.ID] = strawberry.field(
        description="Those of the given ids under which no bookmark was in the folder."
    )


MoveFolder = Annotated[
    FolderMoved | FolderNotMoved,
    strawberry.union("MoveFolderResult", description="What became of a folder's new place."),
]
ReorderFolder = Annotated[
    FolderReordered | FolderContentsDiffer,
    strawberry.union("ReorderFolderResult", description="What became of the order of a folder's contents."),
]


@all_need("groups:write")
@strawberry.type
class FolderMutations:
    """The fields of Mutation that change folders."""

    @strawberry.mutation(description="Make a folder, at the end of its parent.")
    async def create_folder(
        self,
        info: Info,
        input: Annotated[FolderDraft, strawberry.argument(description="The folder to be.")],
        parent_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Global id of the folder that it is to be in; the root if left out."),
        ] = None,
    ) -> FolderCreated:
        """Create."""
        parent = None if parent_id is None else id_of(parent_id, Kind.FOLDER, "parentId")
        with under("input"):
            return FolderCreated(folder=await filing.create(info.context, replace(input, parent_id=parent)))

    @strawberry.mutation(description="Change a folder; what the patch leaves out stays. The root cannot be changed.")
    async def update_folder(
        self,
        info: Info,
        id: FolderId,
        input: Annotated[FolderPatch, strawberry.argument(description="The changes.")],
    ) -> FolderUpdated:
        """Update."""
        number = id_of(id, Kind.FOLDER)
        with under("input", apart={"id"}):
            return FolderUpdated(folder=await filing.update(info.context, number, input))

    @strawberry.mutation(
        graphql_type=MoveFolder, description="Put a folder into another, or to another place in the one it is in."
    )
    async def move_folder(
        self,
        info: Info,
        id: FolderId,
        parent_id: Annotated[
            strawberry.ID, strawberry.argument(description="Global id of the folder that it is to be in.")
        ],
        before: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Global id of the folder or bookmark there that it is to come before; the end if left out."
            ),
        ] = None,
    ) -> FolderMoved | FolderNotMoved:
        """Move."""
        ctx, number = info.context, id_of(id, Kind.FOLDER)
        parent = id_of(parent_id, Kind.FOLDER, "parentId")
        beside = None if before is None else child_of(before, ("before",))
        try:
            with under():
                row = await moving.move(ctx, number, parent, beside)
        except Invalid as problem:
            if "cycle" not in rules_of(problem):
                raise
            return FolderNotMoved(folder=await edges.written_folder(ctx, number))
        return FolderMoved(folder=row)

    @strawberry.mutation(description="Delete a folder: into the trash, unless told otherwise. The root cannot go.")
    async def delete_folder(
        self,
        info: Info,
        id: FolderId,
        contents: Annotated[
            FolderContents, strawberry.argument(description="What becomes of what is in it.")
        ] = FolderContents.DELETE,
        permanent: Annotated[
            bool,
            strawberry.argument(
                description="Delete it for good, and with DELETE its contents, with their files. There is no way back."
            ),
        ] = False,
        move_bookmarks_to: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Global id of another folder, where the bookmarks in it are put first; the root is none."
            ),
        ] = None,
    ) -> FolderDeleted:
        """Delete."""
        number = id_of(id, Kind.FOLDER)
        target = None if move_bookmarks_to is None else id_of(move_bookmarks_to, Kind.FOLDER, "moveBookmarksTo")
        with under():
            await folder_trash.delete(
                info.context,
                number,
                keep_contents=meaning(contents),
                permanent=permanent,
                move_bookmarks_to=target,
            )
        return FolderDeleted(deleted_id=id)

    @strawberry.mutation(
        description=(
            "Bring a folder back from the trash, with what went along: to its parent, or to the root if that is gone. "
            "Where an address was bookmarked again meanwhile, the new bookmark takes the old one's place."
        )
    )
    async def restore_folder(self, info: Info, id: FolderId) -> FolderRestored:
        """Restore."""
        return FolderRestored(folder=await folder_trash.restore(info.context, id_of(id, Kind.FOLDER)))

    @strawberry.mutation(
        graphql_type=ReorderFolder, description="Put all that is in a folder into another order, folders and bookmarks."
    )
    async def reorder_folder(
        self,
        info: Info,
        id: FolderId,
        children: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Global ids of all that is in it, each once, in the order to be."),
        ],
    ) -> FolderReordered | FolderContentsDiffer:
        """Reorder."""
        ctx, number = info.context, id_of(id, Kind.FOLDER)
        order = children_of(children)
        try:
            await filing.reorder(ctx, number, order)
        except Invalid as problem:
            if not rules_of(problem) <= OUT_OF_STEP:
                raise
            row = await edges.written_folder(ctx, number)
            return FolderContentsDiffer(folder=row, left_out=left_out(problem))
        return FolderReordered(folder=await edges.written_folder(ctx, number))

    @strawberry.mutation(
        description=(
            "Put bookmarks into a folder, at its end. They stay in the other folders that they are in; "
            "those that are there already keep their place."
        )
    )
    async def file_bookmarks(self, info: Info, folder_id: FolderId, ids: BookmarkIds) -> BookmarksFiled:
        """File."""
        ctx, number, asked = info.context, id_of(folder_id, Kind.FOLDER, "folderId"), ids_of(ids, Kind.BOOKMARK)
        with under():
            found = await filing.file_all(ctx, number, asked)
        row = await edges.written_folder(ctx, number)
        return BookmarksFiled(folder=row, found=found, not_found=missing(ids, found))

    @strawberry.mutation(
        description="Take bookmarks out of a folder. Those that are in no other one are in the root from then on."
    )
    async def take_out_bookmarks(self, info: Info, folder_id: FolderId, ids: BookmarkIds) -> BookmarksTakenOut:
        """Take out."""
        ctx, number, asked = info.context, id_of(folder_id, Kind.FOLDER, "folderId"), ids_of(ids, Kind.BOOKMARK)
        with under():
            found = await filing.take_out_all(ctx, number, asked)
        row = await edges.written_folder(ctx, number)
        return BookmarksTakenOut(folder=row, found=found, not_found=missing(ids, found))


def child_of(text: strawberry.ID, path: tuple[str | int, ...]) -> Child:
    """What the global id of a folder or a bookmark names. Raises Invalid for any other text."""
    kind, number = any_id_of(text, path)
    if kind not in CHILDREN:
        raise Invalid(Fault(path, "id", tuple(one.value for one in CHILDREN), kind.value))
    return Child(CHILDREN[kind], number)


def children_of(texts: Sequence[strawberry.ID]) -> list[Child]:
    """The same for an order. Raises Invalid for all that are none."""
    found: list[Child] = []
    faults: list[Fault] = []
    for place, text in enumerate(texts):
        try:
            found.append(child_of(text, ("children", place)))
        except Invalid as problem:
            faults += problem.faults
    if faults:
        raise Invalid(*faults)
    return found


def left_out(problem: Invalid) -> list[strawberry.ID]:
    """The global ids of what an order should have named."""
    given = [fault.given.partition(":") for fault in problem.faults if fault.given is not None]
    names = {word: kind.value for kind, word in CHILDREN.items()}
    return [strawberry.ID(global_id(names[word], int(number))) for word, _, number in given]


def rules_of(problem: Invalid) -> set[str]:
    """The rules that were broken."""
    return {fault.rule for fault in problem.faults}
