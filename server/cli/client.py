"""``polymark client``: programs of others that may ask people to let them in (docs/oauth.md)."""

from __future__ import annotations

from typing import Annotated

import typer

from schema.errors import NotFound
from schema.resolvers import oauth_clients
from schema.resolvers.oauth_clients import GRANTABLE
from server.cli.failures import Failed, Misused
from server.cli.house import complete, opened, say
from server.settings import Settings, load_settings

app = typer.Typer(help="OAuth clients: programs that ask people to let them in.", no_args_is_help=True)

Owner = Annotated[str, typer.Argument(metavar="USER", help="Whose client.")]


@app.command()
def add(
    user: Owner,
    name: Annotated[str, typer.Option("--name", help="What people are shown when the program asks.")],
    redirect_uri: Annotated[
        list[str], typer.Option("--redirect-uri", help="Where people are sent back to; any number of times.")
    ],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help=f"What it may ask for; any number of times; all without: {', '.join(GRANTABLE)}."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="It runs where no secret can be kept: in a browser, on a phone, a desktop.")
    ] = False,
) -> None:
    """Register a client; its secret is printed once, alone on standard output."""
    for one in scope or ():
        if one not in GRANTABLE:
            raise Misused(f"--scope is one of {', '.join(GRANTABLE)}, not {one!r}.")
    complete(_add(load_settings(), user, name, redirect_uri, scope or list(GRANTABLE), public=public))


async def _add(
    settings: Settings, user: str, name: str, redirect_uris: list[str], scopes: list[str], *, public: bool
) -> None:
    async with opened(settings) as house:
        owner = await house.user(user)
        made = await oauth_clients.enroll(
            house.ports, owner.id, name=name, redirect_uris=redirect_uris, scopes=scopes, public=public
        )
        say(f"Client {made.client.client_id} is registered.")
        if made.secret is not None:
            print(made.secret)


@app.command("list")
def list_(user: Owner) -> None:
    """List a user's clients: id, client id, name, kind, scopes, redirect URIs, when made."""
    complete(_list(load_settings(), user))


async def _list(settings: Settings, user: str) -> None:
    async with opened(settings) as house:
        for row in await oauth_clients.find(await house.context(user)):
            kind = "public" if row.is_public else "confidential"
            made = row.created_at.isoformat(timespec="seconds")
            uris = " ".join(row.redirect_uris)
            print(row.id, row.client_id, row.name, kind, " ".join(row.scopes), uris, made, sep="\t")


@app.command()
def remove(user: Owner, id: Annotated[int, typer.Argument(metavar="ID", help="From `client list`.")]) -> None:
    """End a client, and everything that anybody has let it do."""
    complete(_remove(load_settings(), user, id))


async def _remove(settings: Settings, user: str, id: int) -> None:
    async with opened(settings) as house:
        try:
            await oauth_clients.remove(await house.context(user), id)
        except NotFound:
            raise Failed(f"{user} has no client {id}; `polymark client list {user}` shows all.") from None
        say(f"Client {id} is removed.")
