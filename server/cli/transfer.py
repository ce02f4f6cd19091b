"""``polymark import`` and ``polymark export``: libraries in and out."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO, Self, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from models.text import collation_key
from schema.errors import Invalid
from schema.formats import netscape, raindrop
from schema.formats.archive import is_archive
from schema.formats.entries import Entry, FolderEntry, Refused
from schema.formats.sniffing import Format
from schema.resolvers import exports
from schema.resolvers.import_run import Tally, Trouble
from schema.resolvers.imports import IMPORT
from schema.resolvers.library_files import take_file, write_library
from server.cli.failures import Failed, Misused
from server.cli.house import UserOption, complete, opened, printable, say
from server.settings import Settings, load_settings

UNREADABLE = {
    "format": "is not a bookmark file that can be read.",
    "zip_damaged": "is a zip that is damaged or cut off.",
    "zip_encrypted": "is an encrypted zip.",
    "zip_twice": "is a zip with several parts of one name.",
    "zip_no_library": "is a zip without a library.json in it.",
}


class Incoming(Enum):
    """Formats that are read; AUTO looks at the file."""

    AUTO = "auto"
    NETSCAPE = "netscape"
    JSON = "json"
    POCKET = "pocket"
    RAINDROP = "raindrop"


class Outgoing(Enum):
    """Formats that are written."""

    NETSCAPE = "netscape"
    JSON = "json"
    CSV = "csv"


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the program."""
    app.command("import")(import_)
    app.command("export")(export)


def import_(
    user: UserOption,
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="The file; - is standard input.")] = None,
    format: Annotated[Incoming, typer.Option("--format", help="What the file is.")] = Incoming.AUTO,
    fetch: Annotated[bool, typer.Option("--fetch", help="Have the pages of new bookmarks read by jobs.")] = False,
    from_linkding: Annotated[
        str | None, typer.Option("--from-linkding", metavar="URL", help="Take a running linkding instead of a file.")
    ] = None,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read that linkding's token from standard input.")
    ] = False,
    with_settings: Annotated[
        bool, typer.Option("--settings", help="Take over the settings of the account there as well.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="PATH", help="Write what was told of rows there, as JSON lines.")
    ] = None,
) -> None:
    """Take in a bookmark file of a browser or service, or a running linkding; safe to interrupt and to run again."""
    settings = load_settings()
    if from_linkding is not None:
        if file is not None or fetch or format is not Incoming.AUTO:
            raise Misused("--from-linkding takes no FILE, --format or --fetch.")
        from server.cli import moving  # late: a client over HTTP is more than a file needs

        token = moving.token_from(stdin=token_stdin)
        work = moving.move(settings, from_linkding, user, token, with_settings=with_settings, report=report)
        complete(work)
        return
    if file is None:
        raise Misused("Name a FILE, or a linkding by --from-linkding. Try `polymark import --help`.")
    if token_stdin or with_settings or report is not None:
        raise Misused("--token-stdin, --settings and --report belong to --from-linkding.")
    if fetch and not settings.fetch_timeout:
        raise Failed("--fetch asks for pages to be read, and POLYMARK_FETCH_TIMEOUT=0 says that none are.")
    complete(_import(settings, file, user, None if format is Incoming.AUTO else Format(format.value), fetch=fetch))


async def _import(settings: Settings, file: str, user: str, format: Format | None, *, fetch: bool) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(_searchable(sys.stdin.buffer)) if file == "-" else stack.enter_context(_open(file))
        async with opened(settings) as house:
            ctx = await house.context(user, IMPORT)
            collation_key("é", "")  # loads its table: start-up, not work on the file
            started = time.perf_counter()
            with _Bar(file, source) as bar:
                try:
                    tally = await take_file(ctx, bar.source, format, fetch=fetch, tell=bar.tell)
                except Invalid as problem:
                    raise Failed(f"{file} {UNREADABLE[problem.faults[0].rule]}") from None
                except asyncio.CancelledError:
                    bar.stop("Interrupted; what was counted is kept, and running it again completes it.")
                    raise
            seconds = time.perf_counter() - started
    say(
        f"{tally.created} created, {tally.updated} updated, {tally.unchanged} unchanged, {tally.refused} refused,"
        f" {tally.folders} folders made,{_more(tally)} in {seconds:.1f} s."
    )


def _more(tally: Tally) -> str:
    """What only our own archives bring, if anything."""
    counted = (("files", tally.files), ("bundles", tally.bundles))
    return "".join(f" {number} {what}," for what, number in counted if number)


@contextmanager
def _searchable(source: BinaryIO) -> Iterator[BinaryIO]:
    """The source; an archive that comes through a pipe is laid on the disk first, for its list stands at its end."""
    if source.seekable() or not isinstance(source, BufferedReader) or not is_archive(source.peek(4)[:4]):
        yield source
        return
    with TemporaryFile() as laid:
        shutil.copyfileobj(source, laid)
        laid.seek(0)
        yield laid


def _open(file: str) -> BinaryIO:
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise Failed(f"{file}: cannot be read ({error.strerror}).") from None


class _Counted:
    """A source that counts what was read of it; only what a reader needs of a BinaryIO."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.seekable, self.seek, self.tell = source.seekable, source.seek, source.tell
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._source.read(size)
        self.count += len(data)
        return data


class _Bar:
    """A progress bar on standard error; where that is no terminal, only the lines of what was not taken."""

    def __init__(self, name: str, source: BinaryIO) -> None:
        self._name = name
        self._counted = _Counted(source)
        self.source: BinaryIO = self._counted  # type: ignore[assignment]  # readers need no more
        total = Path(name).stat().st_size if Path(name).is_file() else None
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[links]} links"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("Importing", total=total, links=0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, tally: Tally, troubles: Sequence[Trouble]) -> None:
        """Move the bar, and say each trouble on a line of its own: position, reason, address."""
        self._progress.update(self._task, completed=self._counted.count, links=tally.links)
        for trouble in troubles:
            kind = "refused" if isinstance(trouble, Refused) else "note"
            url = f" {printable(trouble.url)}" if trouble.url else ""
            place = f"{self._name}:{trouble.position}" if trouble.position else self._name  # 0: of the whole file
            self._line(f"{place}: {kind}: {printable(trouble.reason)}{url}")

    def stop(self, text: str) -> None:
        """Take the bar away and say why."""
        self._progress.stop()
        say(text)

    def _line(self, text: str) -> None:
        if self._progress.disable:
            say(text)
        else:  # above the bar, as it is: no markup, no wrapping
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


def export(
    user: UserOption,
    format: Annotated[Outgoing, typer.Option("--format", help="What to write.")] = Outgoing.NETSCAPE,
) -> None:
    """Write a library to standard output: for browsers, as a table, or as a zip of JSON and all files."""
    complete(_export(load_settings(), user, format))


async def _export(settings: Settings, user: str, format: Outgoing) -> None:
    out = sys.stdout
    async with opened(settings) as house:
        ctx = await house.context(user)
        if format is Outgoing.JSON:
            if out.isatty():
                raise Misused("A zip is nothing for a terminal; send it into a file: polymark export … > FILE")
            async for piece in await write_library(ctx, say):
                out.buffer.write(piece)
        elif format is Outgoing.CSV:
            out.buffer.write("".join(raindrop.write(())).encode())
            async for rows in await exports.outline(ctx, of_links=False):
                lines = raindrop.rows_of(row for row in rows if isinstance(row, Entry))
                out.buffer.write("".join(lines).encode())
        else:
            chunks = await exports.outline(ctx)
            await asyncio.to_thread(_write_netscape, chunks, asyncio.get_running_loop(), out)
    out.flush()


def _write_netscape(
    chunks: AsyncIterator[list[Entry | FolderEntry | Refused]], loop: asyncio.AbstractEventLoop, out: TextIO
) -> None:
    """Write the file in a thread, for the writer pulls its rows; the loop, free meanwhile, reads them in chunks."""
    for text in netscape.write(_rows(lambda: asyncio.run_coroutine_threadsafe(_next(chunks), loop).result())):
        out.buffer.write(text.encode())


async def _next(
    chunks: AsyncIterator[list[Entry | FolderEntry | Refused]],
) -> list[Entry | FolderEntry | Refused] | None:
    return await anext(chunks, None)


def _rows(pull: Callable[[], list[Entry | FolderEntry | Refused] | None]) -> Iterator[Entry | FolderEntry]:
    """The rows that the format can hold; the others are a line each on standard error."""
    while (chunk := pull()) is not None:
        for row in chunk:
            if isinstance(row, Refused):
                say(f"bookmark {row.position}: left out: {row.reason}")
            else:
                yield row
