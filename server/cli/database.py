"""``polymark migrate``, ``schema``, ``doctor`` and ``reindex``: what an operator does to the database."""

from __future__ import annotations

from typing import Annotated

import typer

from server import upkeep
from server.cli.failures import Failed
from server.cli.house import complete, opened, say
from server.doctor import Level, examine
from server.settings import Settings, load_settings


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the program."""
    app.command()(migrate)
    app.command()(schema)
    app.command()(doctor)
    app.command()(reindex)


def migrate() -> None:
    """Make the database, or bring it to this version; an SQLite file is copied beside itself before that."""
    settings = load_settings()
    done = complete(upkeep.bring_up_to_date(settings))
    if done.copy is not None:
        say(f"The database as it was is in {done.copy}.")
    say(f"Applied: {', '.join(done.applied)}." if done.applied else "Nothing to do: the database is up to date.")


def schema() -> None:
    """Print the GraphQL schema in its own language."""
    from schema.graph import sdl

    print(sdl().rstrip("\n"))


def doctor() -> None:
    """Say what is wrong with the set-up and what to do; fails when something is."""
    complete(_doctor(load_settings()))


async def _doctor(settings: Settings) -> None:
    failures = 0
    async for finding in examine(settings):
        failures += finding.level is Level.FAIL
        advice = f" -> {finding.advice}" if finding.advice else ""
        print(f"{finding.level.value:<4}  {finding.check}: {finding.text}{advice}")
    if failures:
        raise Failed(f"{failures} of these must be mended.")


def reindex(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when all went well.")] = False,
) -> None:
    """Derive sort keys and both search indexes anew: after an update of Python, or when doctor says so."""
    changed = complete(_reindex(load_settings()))
    if not quiet:
        say(f"{changed} bookmarks changed; the search indexes are made anew.")


async def _reindex(settings: Settings) -> int:
    async with opened(settings):
        return await upkeep.reindex()
