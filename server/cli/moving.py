"""``polymark import --from-linkding``: a running linkding moves over (docs/moving-from-linkding.md)."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self, TextIO

import msgspec
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from models.text import collation_key
from schema.context import Context
from schema.errors import Invalid
from schema.formats.entries import Refused
from schema.resolvers import accounts
from schema.resolvers.import_run import Trouble
from schema.resolvers.imports import IMPORT
from schema.resolvers.moving_over import Difference
from server.cli.failures import Failed, Misused
from server.cli.house import opened, printable, say
from server.cli.moving_steps import Outcome, Steps
from server.outside.linkding import Linkding, LinkdingFailed, base_of
from server.outside.linkding_rows import Rows
from server.settings import Settings

TOKEN: Final = "POLYMARK_LINKDING_TOKEN"  # noqa: S105 - the name of a variable
SHOWN: Final = 100  # differences that are told line by line


def token_from(*, stdin: bool) -> str:
    """The linkding's token: from standard input when asked for, else from the environment, else from who sits there.

    Never from the command line, which everybody on the machine can read. Raises Misused when there is none.
    """
    token = "" if stdin else os.environ.get(TOKEN, "")
    if not token and sys.stdin.isatty():
        token = getpass.getpass("Token of that linkding: ")
    elif stdin:
        token = sys.stdin.readline()
    token = token.strip()
    if not token:
        raise Misused(f"The linkding's token is missing: give it in {TOKEN}, or on standard input with --token-stdin.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Misused("That is no token of linkding's: it has blanks or other characters that none has.")
    return token


async def move(
    settings: Settings, address: str, user: str, token: str, *, with_settings: bool, report: Path | None
) -> None:
    """Take a running linkding's library into the user's. Raises Failed when not everything is here then."""
    started = time.perf_counter()
    with ExitStack() as stack:
        try:
            base = base_of(address)
            file = stack.enter_context(_open(report)) if report is not None else None
            async with opened(settings) as house:
                ctx = await house.context(user, IMPORT)
                collation_key("é", "")  # loads its table: start-up, not work on the library
                rows = stack.enter_context(Rows())
                teller = stack.enter_context(_Teller(file))
                async with Linkding(base, token) as source:
                    version = await source.version()
                    teller.note(f"{base}: linkding {printable(version) or 'of a release that it does not tell'}")
                    profile = await source.profile()
                    outcome = await Steps(ctx, source, rows, teller).take_all()
                    teller.end()
                    await _settle(ctx, profile, take=with_settings)
        except LinkdingFailed as error:
            words = str(error)
            raise Failed(f"{printable(address)}: {words}{'' if words.endswith('?') else '.'}") from None
        except asyncio.CancelledError:
            say("Interrupted; what was taken in is kept, and running it again completes it.")
            raise
    _sum_up(outcome, time.perf_counter() - started)
    if not outcome.is_whole:
        raise Failed("Not everything of this linkding is here; the lines above say what is not, and why.")


def _open(report: Path) -> TextIO:
    try:
        return report.open("w", encoding="utf-8")
    except OSError as error:
        raise Failed(f"{report}: cannot be written ({error.strerror}).") from None


async def _settle(ctx: Context, profile: dict[str, Any], *, take: bool) -> None:
    """Say which of the account's settings differ, or take linkding's over."""
    mine = asdict(await accounts.preferences(ctx)) | {name: getattr(ctx.user, name) for name in accounts.SHARING}
    theirs = {name: value for name, value in profile.items() if name in mine and value != mine[name]}
    if not theirs:
        return
    words = ", ".join(f"{name} is {_value(value)} there, {_value(mine[name])} here" for name, value in theirs.items())
    if not take:
        say(f"settings that differ: {words} (--settings takes them over)")
        return
    try:
        await accounts.set_preferences(ctx, theirs)
    except Invalid:
        raise Failed(f"The settings cannot be taken over, for one is not known here: {words}.") from None
    say(f"settings taken over: {words}")


def _value(value: object) -> str:
    return printable(msgspec.json.encode(value).decode() if not isinstance(value, str) else value)


def _sum_up(outcome: Outcome, seconds: float) -> None:
    tally, bundles = outcome.run.tally, outcome.bundles
    say(
        f"bookmarks: {tally.created} made, {tally.updated} updated, {tally.unchanged} unchanged,"
        f" {len(outcome.run.kept)} kept as they are here, {len(outcome.refused)} refused"
    )
    if outcome.here_only > 0:
        say(f"bookmarks that are here and not in that linkding: {outcome.here_only}")
    say(
        f"tags: {outcome.tags}; bundles: {bundles.created} made, {bundles.updated} updated,"
        f" {bundles.unchanged} unchanged, {len(bundles.kept)} kept as they are here"
    )
    say(
        f"files: {outcome.fetched} fetched ({decimal(outcome.fetched_bytes)}), {outcome.there} there already,"
        f" {outcome.skipped} without bytes left out, {outcome.failed} failed"
    )
    if outcome.has_changed:
        say("That linkding has changed meanwhile: run this again for the rest.")
    on_purpose = f", {outcome.on_purpose} of them on purpose" if outcome.on_purpose else ""
    say(f"{outcome.differences} differences{on_purpose}, in {seconds:.1f} s.")


class _Teller:
    """A progress bar and lines on standard error, and each line's facts in the report as JSON."""

    def __init__(self, report: TextIO | None) -> None:
        self._report = report
        self._differences = 0
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("Asking")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, name: str, total: int | None) -> None:
        """Begin the bar anew."""
        self._progress.reset(self._task, description=name, total=total)

    def advance(self, number: int = 1) -> None:
        """Move the bar."""
        self._progress.advance(self._task, number)

    def trouble(self, trouble: Trouble) -> None:
        """A line for a row that was refused or mended."""
        kind = "refused" if isinstance(trouble, Refused) else "note"
        self._write({"kind": kind, "id": trouble.position, "reason": trouble.reason, "url": trouble.url})
        self._line(f"{trouble.position}: {kind}: {printable(trouble.reason)} {printable(trouble.url)}".rstrip())

    def note(self, text: str) -> None:
        """A line."""
        self._write({"kind": "note", "reason": text})
        self._line(printable(text))

    def difference(self, difference: Difference) -> None:
        """A line, as long as they are not too many."""
        self._write({"kind": "difference"} | asdict(difference))
        self._differences += 1
        if self._differences <= SHOWN:
            reason = f" ({difference.reason}; kept)" if difference.reason else ""
            names = ", ".join(difference.fields)
            self._line(f"difference: {difference.what} {difference.id} {printable(difference.name)}: {names}{reason}")

    def end(self) -> None:
        """Take the bar away."""
        self._progress.stop()
        if self._differences > SHOWN:
            say(f"and {self._differences - SHOWN} differences more")

    def _write(self, facts: dict[str, Any]) -> None:
        if self._report is not None:
            self._report.write(f"{msgspec.json.encode(facts).decode()}\n")

    def _line(self, text: str) -> None:
        if self._progress.disable:
            say(text)
        else:  # above the bar, as it is: no markup, no wrapping
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)
