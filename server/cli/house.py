"""What every command needs: the settings, the database, the ports, somebody's context; and all of it closed again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer

from models.rows import UserRow
from schema.context import ALL_SCOPES, Context, Viewer
from schema.door import SHELL, Door
from schema.errors import NotFound
from schema.ports import Ports
from schema.resolvers import accounts
from server.cli.failures import Failed
from server.database import connected, database_config, sqlite_path
from server.outside.ports import make_outside
from server.settings import Settings

T = TypeVar("T")

UserName = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
UserOption = Annotated[str, typer.Option("--user", metavar="NAME", help="Whose library.")]


@dataclass(frozen=True, slots=True)
class House:
    """An open database and everything outside."""

    settings: Settings
    ports: Ports

    async def user(self, name: str) -> UserRow:
        """The account of that name. Raises Failed."""
        try:
            return await accounts.by_name(name)
        except NotFound:
            raise Failed(f"There is no user {name!r}; `polymark user list` shows all.") from None

    async def context(self, name: str, door: Door = SHELL) -> Context:
        """A context as that user, who may do everything: whoever can run this can read the database anyway."""
        return Context(self.ports, door, Viewer(await self.user(name), ALL_SCOPES))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """The house with its database connected, for as long as the block runs. Raises Failed when there is none yet."""
    path = sqlite_path(settings.database)
    if path is not None and not path.exists():  # SQLite would make an empty one
        raise Failed(f"There is no database at {path} yet; `polymark migrate` makes it, and so does `polymark serve`.")
    outside = make_outside(settings)
    try:
        async with connected(database_config(settings.database, synchronous=settings.sqlite_synchronous)):
            yield House(settings, outside.ports)
    finally:
        await outside.close()


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)


def say(text: str) -> None:
    """One line for the person; standard output is for what a program may read."""
    sys.stderr.write(f"{text}\n")


def printable(text: str) -> str:
    """One line of the text without what would steer a terminal, at most 500 characters."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:500])
    return shown + ("…" if len(text) > 500 else "")
