"""Taking in a library from elsewhere: rows of schema/formats become bookmarks, tags and folders, in batches.

What happens to a link depends on nothing but the link and the library, so taking the same file again changes nothing,
and a run that was cut off is completed by the next one. Every batch is one transaction under the owner's lock.

- An address that is new makes a bookmark with the texts, tags, states and dates of the file. Without a date it is saved
  now; without a date of change it was changed when it was saved; one that is read was read when it was last changed.
- An address that is kept already (WHATWG form, also earlier in the same file) keeps its id, its spelling, its dates and
  whether it is archived, read and shared: the file must neither publish a bookmark nor undo what was decided here.
  Empty texts are filled, tags are united, a favourite of the file becomes one, and the file's folder gets it too.
- Folders are found by their path, made when they are missing, and filled at their ends in the order of the file. A
  bookmark that was only in the root leaves it for its first folder, unless the file has it in the root as well.
- A note or code is kept already where one of its kind has the same texts, and the same
  date where the file says it. What only our own JSON says (kind, source, summary, order, colours) makes the new rows; a
  tag or folder that is there gets what it lacks.
- Any address with a scheme is taken, as a browser would have it: ``ftp:``, ``file:``, ``mailto:``, ``chrome:`` and the
  like are links that some doors' clients may not open, ``javascript:`` makes a bookmarklet. Text without a scheme is
  refused, unless the settings take any text as an address.
- A run with a ``graft`` puts the file below one folder, whatever is there already: all its folders are made, and an
  address that is kept takes the file's texts, of which a missing description or note says nothing
  (``schema/resolvers/grafting.py``).
- At a door where the root is a folder like others nothing leaves it, and a door that revives has an address that is in
  the trash come out of it, with its id, instead of making another.
- A bookmark gets the files of an archive that it has not, and what its page says unless that is known here
  (``schema/resolvers/import_extras.py``); an account gets bundles, preferences and rules that it has not
  (``schema/resolvers/import_account.py``).
- The auto-tagging rules do not act, and no page is read unless ``fetch`` asks for the jobs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from models import kinds
from models import url as urls
from models.queries import statistics
from schema.context import Context
from schema.door import Door
from schema.formats.archive import Archive
from schema.formats.entries import AccountEntry, BundleEntry, Entry, Refused, Row
from schema.operation import gated, writing
from schema.resolvers.import_account import trouble_of
from schema.resolvers.import_batch import Batch, Kept
from schema.resolvers.import_folders import Tree
from schema.resolvers.import_run import Run, Tally, Trouble
from schema.resolvers.import_shelf import Shelf
from schema.resolvers.placing import root_of

IMPORT: Final = Door("import", source="import")
BATCH: Final = 500
BATCH_CHARACTERS: Final = 4_000_000  # a hostile file may hold a megabyte a link
FILE: Final = 40_000  # what a file weighs in it: a batch is to be written long before a sweep looks at its files
BYTES: Final = 64  # of a file, that weigh as much as a character
Tell = Callable[[Tally, Sequence[Trouble]], None]

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


async def take_in(
    ctx: Context,
    rows: Iterable[Row],
    *,
    fetch: bool = False,
    tell: Tell | None = None,
    in_thread: bool = False,
    archive: Archive | None = None,
) -> Tally:
    """Take all rows in; ``tell`` hears the tally and the troubles of each batch once that is committed.

    With ``in_thread`` the rows are read in a thread, a batch at a time, so that others are served meanwhile. With
    ``fetch`` every new web page is read by a job, as far as the settings read pages at all. ``archive`` has the bytes
    of the rows' files. Raises Unauthenticated, Forbidden and Unavailable; what was committed before stays.
    """
    run = Run(fetch=fetch and bool(ctx.ports.limits.fetch_timeout))
    ctx.allow("bookmarks:write")  # before anything is laid on the disk
    shelf = Shelf(ctx, archive)
    waiting = batches(rows)
    while batch := await asyncio.to_thread(next, waiting, None) if in_thread else next(waiting, None):
        ready, told = await shelf.fill(run, batch)
        troubles = [*told, *await take_batch(ctx, run, ready)]
        if tell is not None:
            tell(run.tally, troubles)
    if tell is not None and (rest := shelf.rest()):
        tell(run.tally, rest)
    return run.tally


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows into batches of at most 500, fewer when their texts are long."""
    batch: list[Row] = []
    weight = 0
    for row in rows:
        batch.append(row)
        if isinstance(row, Entry):
            weight += len(row.url) + len(row.title) + len(row.description) + len(row.notes) + len(row.summary or "")
            weight += sum(map(len, row.tags)) + sum(FILE + file.size // BYTES for file in row.files)
            if row.page is not None:
                weight += len(row.page.text) + len(row.page.html)
        if len(batch) >= BATCH or weight >= BATCH_CHARACTERS:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


@gated("bookmarks:write")
async def take_batch(ctx: Context, run: Run, rows: Sequence[Row], *, batch: type[Batch] = Batch) -> list[Trouble]:
    """Take a few hundred rows in, in one transaction; what was not taken comes back.

    ``batch`` has the rules; these here are told at the top of this file.

    The number of statements does not grow with the number of rows, only with the depth of new folders. The file's
    folders and tags need no scope of their own: they are a part of its bookmarks (BK section 2.7). Where nothing is
    left to take there is no transaction: a file of bad rows alone keeps nobody else from the owner's lock.
    """
    kept, troubles = _sift(ctx, rows)
    if kept:
        await _write(ctx, run, kept, batch)
    run.tally.refused += sum(isinstance(trouble, Refused) for trouble in troubles)
    return troubles


async def _write(ctx: Context, run: Run, rows: Sequence[Kept], batch: type[Batch]) -> None:
    """Write rows that are not refused."""
    async with writing(ctx) as unit:
        if run.tree is None or run.seq != unit.seq:
            root_id = await root_of(unit.owner_id) if run.graft is None else run.graft.folder_id
            tree = await Tree.load(unit.owner_id, root_id, fresh=run.graft is not None)
            if run.tree is not None:
                tree.go_on_from(run.tree)
            run.tree = tree
        await batch(ctx, unit, run, run.tree).take(rows)
        run.seq = unit.seq
        if (taken := run.tally.created + run.tally.updated) >= run.next_look:
            run.next_look = 4 * taken
            await statistics.renew()  # inside the transaction, which may be the file's only one and still has far to go


def _sift(ctx: Context, rows: Sequence[Row]) -> tuple[list[Kept], list[Trouble]]:
    """The rows that are to be written, and what is to be told of the others."""
    kept: list[Kept] = []
    troubles: list[Trouble] = []
    for row in rows:
        if isinstance(row, Trouble):
            troubles.append(row)
        elif isinstance(row, BundleEntry | AccountEntry):
            if (remark := trouble_of(ctx, row)) is not None:
                troubles.append(remark)
            if remark is None or isinstance(row, AccountEntry):
                kept.append(row)
        elif isinstance(row, Entry) and (reason := _refusal(ctx, row)) is not None:
            troubles.append(Refused(row.position, reason, row.url))
        else:
            kept.append(row)
    return kept, troubles


def _refusal(ctx: Context, entry: Entry) -> str | None:
    if entry.kind in kinds.TEXTS:
        return "A note or code must not have a script for an address." if urls.is_script(entry.url) else None
    if ctx.ports.limits.validate_urls and not _SCHEME.match(entry.url):
        return "The address has no scheme, such as https:."
    return None
