"""``polymark token``: credentials for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from schema.context import SCOPES
from schema.errors import NotFound
from schema.resolvers import feed_keys, tokens
from server.cli.failures import Failed, Misused
from server.cli.house import complete, opened, say
from server.settings import Settings, load_settings

app = typer.Typer(help="Credentials for programs.", no_args_is_help=True)

Owner = Annotated[str, typer.Argument(metavar="USER", help="Whose token.")]
FORMATS = ("linkding", "bkmark", "app-password")
FEED = "feed"


@app.command()
def add(
    user: Owner,
    name: Annotated[str, typer.Option("--name", help="What the token is for.")] = "shell",
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help=f"Any number of times; all without: {', '.join(SCOPES)}."),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help=f"What it looks like: {', '.join(FORMATS)}; all open every door. "
            "Or feed: the one key in the addresses of the user's feeds, which opens nothing else.",
        ),
    ] = "linkding",
) -> None:
    """Make a token; it is printed once, alone on standard output."""
    if format not in (*FORMATS, FEED):
        raise Misused(f"--format is one of {', '.join((*FORMATS, FEED))}, not {format!r}.")
    if format == FEED and scope:
        raise Misused("--scope does not go with --format feed: a feed key opens feeds only.")
    for one in scope or ():
        if one not in SCOPES:
            raise Misused(f"--scope is one of {', '.join(SCOPES)}, not {one!r}.")
    if format == FEED:
        complete(_add_feed_key(load_settings(), user))
    else:
        complete(_add(load_settings(), user, name, scope, format))


async def _add(settings: Settings, user: str, name: str, scopes: list[str] | None, format: str) -> None:
    async with opened(settings) as house:
        row = await house.user(user)
        made = await tokens.issue(house.ports, row.id, name=name, scopes=scopes, format=format)
        print(made.secret)


async def _add_feed_key(settings: Settings, user: str) -> None:
    async with opened(settings) as house:
        ctx = await house.context(user)
        old = await feed_keys.get(ctx)
        made = await feed_keys.renew(ctx)
        if old is not None:
            say(f"The old feed key {old.prefix}… is worthless now: feed readers need the new addresses.")
        print(made.secret)


@app.command("list")
def list_(user: Owner) -> None:
    """List a user's tokens: id, first characters, name, scopes, when made, when last used."""
    complete(_list(load_settings(), user))


async def _list(settings: Settings, user: str) -> None:
    async with opened(settings) as house:
        for row in await tokens.find(await house.context(user)):
            used = row.last_used_at.isoformat(timespec="seconds") if row.last_used_at else "never"
            made = row.created_at.isoformat(timespec="seconds")
            print(row.id, f"{row.prefix}…", row.name, " ".join(row.scopes), made, used, sep="\t")


@app.command()
def revoke(user: Owner, id: Annotated[int, typer.Argument(metavar="ID", help="From `token list`.")]) -> None:
    """Make a token worthless at once."""
    complete(_revoke(load_settings(), user, id))


async def _revoke(settings: Settings, user: str, id: int) -> None:
    async with opened(settings) as house:
        row = await house.user(user)
        try:
            await tokens.withdraw(row.id, id)
        except NotFound:
            raise Failed(f"{user} has no token {id}; `polymark token list {user}` shows all.") from None
        say(f"Token {id} is revoked.")
