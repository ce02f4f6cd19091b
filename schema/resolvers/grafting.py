"""Taking a whole file in below one folder, all or nothing, and telling what has become of it (NC-10.1).

The rules for links are those of ``schema/resolvers/imports.py`` with a graft: every folder of the file is made, even
beside one of the same name, for what is told must mirror the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.queries import bookmarks as queries
from models.queries import folders as folder_queries
from models.queries.bookmarks import TagDetail, Wanted
from models.rows import BookmarkRow, FolderRow
from schema.context import Context
from schema.errors import NotFound
from schema.formats.entries import Row
from schema.operation import writes
from schema.outline import Enter, Leave, Step
from schema.resolvers.import_folders import Graft
from schema.resolvers.import_run import Run, Trouble
from schema.resolvers.imports import batches, take_batch

CHUNK = 500
BRIEF = Wanted(description=False, notes=False, tags=TagDetail.NONE)


@dataclass(slots=True)
class Grafted:
    """The file's folders and bookmarks in document order as they are kept, and what was not taken."""

    steps: list[Step]
    troubles: list[Trouble]


@writes("bookmarks")
async def take_whole(ctx: Context, rows: Sequence[Row], into: int) -> Grafted:
    """Take all rows in below the folder ``into``, behind what is in it, in one transaction.

    A bookmark that was in a folder of the file's already is told where the file has it. Rows of bookmarks come without
    tags and long texts. Raises NotFound for the folder, and Forbidden without the right to write folders.
    """
    ctx.allow("groups:write")
    if await folder_queries.one(ctx.owner_id, into) is None:
        raise NotFound("folder")
    graft = Graft(into)
    run = Run(graft=graft)
    troubles: list[Trouble] = []
    for batch in batches(rows):
        troubles += await take_batch(ctx, run, batch)
    return Grafted(await _steps(ctx, graft), troubles)


async def _steps(ctx: Context, graft: Graft) -> list[Step]:
    way = list(graft.walk())
    folder_ids = [item[0].id for item in way if not isinstance(item, int) and item[1]]
    folders: dict[int, FolderRow] = {}
    for start in range(0, len(folder_ids), CHUNK):
        found = await folder_queries.by_ids(ctx.owner_id, folder_ids[start : start + CHUNK])
        folders |= {row.id: row for row in found}
    ids = list(dict.fromkeys(item for item in way if isinstance(item, int)))
    bookmarks: dict[int, BookmarkRow] = {}
    for start in range(0, len(ids), CHUNK):
        bookmarks |= {row.id: row for row in await queries.by_ids(ctx.mine(), ids[start : start + CHUNK], wanted=BRIEF)}
    steps: list[Step] = []
    for item in way:
        if not isinstance(item, int):
            spot, begins = item
            steps.append(Enter(folders[spot.id], expanded=True) if begins else Leave(folders[spot.id]))
        elif item in bookmarks:  # else of a kind that the door cannot show
            steps.append(bookmarks[item])
    return steps
