"""What the holder of a link to a folder sees: the folder as a root, what is below it, and nothing that points outside.

Used inside operations that let such a viewer in (``branch=True``). For everybody else nothing here changes anything or
asks the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from models.queries import bookmarks as bookmark_queries
from models.queries import folders as queries
from models.queries.bookmarks import Wanted
from models.queries.tree import (
    Addressed,
    And,
    Everything,
    InFolder,
    Mentions,
    Not,
    Nothing,
    Or,
    Spelled,
    Tagged,
    Tree,
    Untagged,
)
from models.queries.window import Sort
from models.rows import BookmarkRow, FolderRow
from schema.context import Context
from schema.errors import Forbidden, NotFound
from schema.resolvers.texts import LARGEST_ID

# What may be asked about bookmarks of a branch; all else could tell of what is not shown: notes, other folders.
HARMLESS = Everything | Nothing | Mentions | Spelled | Tagged | Untagged | Addressed


async def check(ctx: Context, folder_id: int) -> None:
    """Pass for a folder of the branch. Raises NotFound."""
    branch = ctx.viewer.branch
    if branch is None or folder_id == branch:
        return
    known = 0 < folder_id <= LARGEST_ID
    if not known or branch not in await queries.above(ctx.owner_id, folder_id):
        raise NotFound("folder")


async def check_bookmark(ctx: Context, id: int) -> None:
    """Pass for a live bookmark of the branch. Raises NotFound."""
    if ctx.viewer.branch is None:
        return
    inside = InFolder(ctx.viewer.branch, recursive=True)
    if not 0 < id <= LARGEST_ID or not await bookmark_queries.matching(ctx.mine(), inside, [id]):
        raise NotFound("bookmark")


async def narrowed(ctx: Context, tree: Tree, sort: Sort) -> Tree:
    """The tree, true only of bookmarks of the branch.

    Raises NotFound when tree or sort name a folder outside, and Forbidden when the tree asks for what is not shown.
    """
    if ctx.viewer.branch is None:
        return tree
    if sort.folder_id is not None:
        await check(ctx, sort.folder_id)
    pending: list[Tree] = [tree]
    while pending:
        match pending.pop():
            case Not(part):
                pending.append(part)
            case And(parts) | Or(parts):
                pending.extend(parts)
            case InFolder(folder_id):
                await check(ctx, folder_id)
            case leaf if not isinstance(leaf, HARMLESS):
                raise Forbidden("bookmarks:read")
    return And((tree, InFolder(ctx.viewer.branch, recursive=True)))


def as_seen(ctx: Context, folder: FolderRow) -> FolderRow:
    """The folder; the branch itself lies in nothing."""
    return folder if folder.id != ctx.viewer.branch else replace(folder, parent_id=None)


def seen_of(ctx: Context, wanted: Wanted) -> Wanted:
    """The parts of a bookmark that are shown: not its notes."""
    return wanted if ctx.viewer.branch is None else replace(wanted, notes=False)


async def hiding(ctx: Context, wanted: Wanted) -> Callable[[BookmarkRow], BookmarkRow]:
    """Makes a bookmark keep quiet about its folders outside."""
    if ctx.viewer.branch is None or not wanted.folders:
        return lambda row: row
    folders = await queries.below(ctx.owner_id, ctx.viewer.branch, None)
    inside = {folder.id for folder in folders}
    return lambda row: replace(row, folder_ids=[id for id in row.folder_ids if id in inside])
