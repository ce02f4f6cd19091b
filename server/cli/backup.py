"""``polymark backup`` and ``restore``: everything that a server keeps, in one file."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from server.backup.trouble import BackupError
from server.cli.failures import Failed, Misused
from server.cli.house import say
from server.settings import Settings, load_settings

STDOUT = "-"


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the program."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup; - is standard output.")],
    verify: Annotated[bool, typer.Option("--verify", help="Make none, but check this one.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Put database, files and secret key into one file while the server runs, or check such a file with --verify."""
    if verify:
        _verify(file)
    else:
        _back_up(load_settings(), file, force=force)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup that `polymark backup` made.")],
) -> None:
    """Put a backup in place: all of it or nothing, and only where there is nothing yet."""
    from server.backup.restoring import restore as put_in_place

    settings = load_settings()
    started = time.perf_counter()
    with _ended_politely("Interrupted; nothing was put in place."), _Bar() as bar:
        manifest = put_in_place(settings, file, tell=bar.tell)
    for name in manifest.missing:
        say(f"{name} was missing or damaged when the backup was made.")
    counts = manifest.counts
    say(
        f"Restored: {counts.users} users, {counts.bookmarks} bookmarks, {counts.files - len(manifest.missing)} files,"
        f" as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, in {time.perf_counter() - started:.1f} s."
    )


def _back_up(settings: Settings, file: str, *, force: bool) -> None:
    from server.backup.making import back_up

    if file == STDOUT and sys.stdout.isatty():
        raise Misused("A backup is not for a terminal: name a file, or send standard output somewhere.")
    started = time.perf_counter()
    try:
        with _ended_politely("Interrupted; no backup was made."), _Bar() as bar:
            made = back_up(settings, file, force=force, tell=bar.tell, warn=bar.warn)
    except BackupError:
        if file == STDOUT:  # what it did not take would be tried once more as the process ends, and said once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
    counts, missing = made.manifest.counts, len(made.manifest.missing)
    say(
        f"{counts.users} users, {counts.bookmarks} bookmarks, {counts.files - missing} files;"
        f" {decimal(made.size)} in {time.perf_counter() - started:.1f} s."
    )
    if missing:
        raise Failed(f"The backup is made, but {missing} of {counts.files} files are not in it, as said above.")


def _verify(file: str) -> None:
    from server.backup.verifying import verify

    if file == STDOUT:
        raise Misused("--verify reads a file, not standard input.")
    with _ended_politely("Interrupted."), _Bar() as bar:
        found = verify(Path(file), tell=bar.tell)
    manifest, counts = found.manifest, found.manifest.counts
    print(f"made       {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by Polymark {manifest.version}")
    print(f"database   {manifest.database}, {manifest.migration}")
    print(f"users      {counts.users}")
    print(f"bookmarks  {counts.bookmarks}")
    print(f"assets     {counts.assets}")
    print(f"files      {counts.files - len(manifest.missing)}, those of assets and bookmarks' pictures")
    print(
        f"size       {decimal(found.size)}, {decimal(sum(one.size for one in manifest.members))} unpacked", flush=True
    )
    for trouble in found.troubles:
        say(f"{file}: {trouble}")
    if found.troubles:
        raise Failed(f"{file} is not whole.")
    say(f"{file} is whole.")


@contextmanager
def _ended_politely(words: str) -> Iterator[None]:
    """Take SIGTERM as Ctrl+C, so that what is half done is taken away again. Raises Failed with the words then."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise Failed(words) from None
    finally:
        signal.signal(signal.SIGTERM, before)


class _Bar:
    """A progress bar on standard error, where that is a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, doing: str, done: int, total: int) -> None:
        """Say what is being done, how much of it, of how much in all."""
        self._progress.update(self._task, description=doing, completed=done, total=total)

    def warn(self, text: str) -> None:
        """A line above the bar."""
        if self._progress.disable:
            say(text)
        else:
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)
