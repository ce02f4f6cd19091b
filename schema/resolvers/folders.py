"""Reading folders: one, those below one, how much is in them, and whole trees in document order."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from enum import Enum

from models.queries import folders as queries
from models.queries.bookmarks import Wanted
from models.queries.folders import Segment
from models.rows import FolderRow
from schema.context import Context
from schema.errors import NotFound
from schema.operation import reads
from schema.outline import Enter, Leave, Step, plan
from schema.resolvers import branches
from schema.resolvers.texts import known_ids

DEEPEST = 2**31 - 1  # levels: no more folders can there be, and no larger number takes PostgreSQL


class Detail(Enum):
    """What an outline says of the bookmarks: whole rows, their ids, or nothing."""

    BOOKMARKS = "bookmarks"
    IDS = "ids"
    FOLDERS = "folders"


@reads("groups", branch=True)
async def get(ctx: Context, id: int, *, counts: bool = False) -> FolderRow:
    """One of the viewer's live folders, the root as well; ``counts``: with how many bookmarks the door can show in it.

    Raises NotFound, for a foreign one too.
    """
    await branches.check(ctx, id)
    row = await queries.one(ctx.owner_id, id, counts=ctx.mine() if counts else None)
    if row is None:
        raise NotFound("folder")
    return branches.as_seen(ctx, row)


@reads("groups")
async def every(ctx: Context) -> list[FolderRow]:
    """All the viewer's live folders but the root, by id, counted as in ``get``: for doors that list them flat."""
    return await queries.every(ctx.owner_id, counts=ctx.mine())


@reads("groups")
async def get_many(ctx: Context, ids: Sequence[int]) -> list[FolderRow]:
    """Those of the ids that are live folders of the viewer, in their order. Raises Invalid for more than 500."""
    return await queries.by_ids(ctx.owner_id, known_ids(ids))


@reads("groups", branch=True)
async def below(ctx: Context, id: int, depth: int | None = None) -> list[FolderRow]:
    """The live folders below a folder, a parent before its children, siblings in their order.

    ``depth`` 0 gives the folders in it, 1 those in these as well, None all. Raises NotFound.
    """
    return (await _tree(ctx, id, depth))[1:]


@reads("groups")
async def trashed(ctx: Context) -> list[FolderRow]:
    """The viewer's deleted folders, the last deleted first; those below them that went along are not named."""
    return await queries.trashed(ctx.owner_id)


@reads("groups", branch=True)
async def count(ctx: Context, id: int) -> int:
    """How many bookmarks that the door can show lie in the folder and below it, each once. Raises NotFound."""
    await get(ctx, id)
    return await queries.count(ctx.mine(), id)


@reads("groups", branch=True)
async def outline(
    ctx: Context,
    id: int,
    *,
    depth: int | None = None,
    detail: Detail = Detail.BOOKMARKS,
    wanted: Wanted | None = None,
) -> AsyncGenerator[list[Step], None]:
    """All that is in a folder in document order, in chunks: one statement for the folders, one for the bookmarks.

    Both are of one moment. ``depth`` is how many levels of folders below the first are opened, None all. Raises
    NotFound, also from the generator when the folder goes at the very beginning.
    """
    if detail is Detail.FOLDERS:
        return _of_folders(await _tree(ctx, id, depth), depth)
    await get(ctx, id)
    return _outline(ctx, id, depth, detail, wanted or ctx.door.wanted)


async def _tree(ctx: Context, id: int, depth: int | None) -> list[FolderRow]:
    await branches.check(ctx, id)
    rows = await queries.below(ctx.owner_id, id, _levels(depth)) if 0 < id < 2**31 else []
    if not rows:
        raise NotFound("folder")
    return rows


def _levels(depth: int | None) -> int | None:
    return None if depth is None else min(max(depth, 0) + 1, DEEPEST)


async def _of_folders(rows: list[FolderRow], depth: int | None) -> AsyncGenerator[list[Step], None]:
    yield [step for step in plan(rows, depth).way if not isinstance(step, int)]


async def _outline(
    ctx: Context, id: int, depth: int | None, detail: Detail, wanted: Wanted
) -> AsyncGenerator[list[Step], None]:
    wanted = branches.seen_of(ctx, wanted)
    show = await branches.hiding(ctx, wanted)
    way: list[Enter | Leave | int] = []

    def follow(rows: list[FolderRow]) -> list[Segment]:
        if not rows:
            raise NotFound("folder")
        planned = plan(rows, depth)
        way.extend(planned.way)
        return planned.segments

    at = 0
    async with aclosing(
        queries.stream_below(ctx.mine(), id, _levels(depth), follow, wanted=wanted, ids_only=detail is Detail.IDS)
    ) as chunks:
        async for found in chunks:
            steps: list[Step] = []
            for number, bookmark in found:
                while at < len(way) and way[at] != number:
                    if not isinstance(step := way[at], int):
                        steps.append(step)
                    at += 1
                steps.append(bookmark if isinstance(bookmark, int) else show(bookmark))
            yield steps
    yield [step for step in way[at:] if not isinstance(step, int)]
