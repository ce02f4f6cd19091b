"""``polymark user``: accounts."""

from __future__ import annotations

import getpass
import sys
from dataclasses import fields
from typing import Annotated, Any

import typer

from schema.preferences import CHOICES, SEARCH_CHOICES, Preferences
from schema.resolvers import accounts, tokens
from server.cli.failures import Misused
from server.cli.house import UserName, complete, opened, say
from server.settings import Settings, load_settings

app = typer.Typer(help="Accounts.", no_args_is_help=True)

PasswordFromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command()
def add(
    name: UserName,
    admin: Annotated[bool, typer.Option("--admin", help="May do everything.")] = False,
    password_stdin: PasswordFromInput = False,
) -> None:
    """Make an account; without a terminal or --password-stdin it gets a random password, printed once."""
    settings = load_settings()
    complete(_add(settings, name, _asked(password_stdin), admin=admin))


async def _add(settings: Settings, name: str, password: str | None, *, admin: bool) -> None:
    async with opened(settings) as house:
        chosen = tokens.make_password(house.ports) if password is None else password
        await accounts.create(house.ports, name, chosen, admin=admin)
        say(f"User {name} is made.")
        if password is None:
            print(chosen)


@app.command("list")
def list_() -> None:
    """List the accounts: id, name, whether admin, whether active, when made."""
    complete(_list(load_settings()))


async def _list(settings: Settings) -> None:
    async with opened(settings):
        for row in await accounts.everybody():
            role = "admin" if row.is_admin else "user"
            state = "active" if row.is_active else "inactive"
            print(row.id, row.username, role, state, row.created_at.isoformat(timespec="seconds"), sep="\t")


@app.command()
def password(name: UserName, password_stdin: PasswordFromInput = False) -> None:
    """Change a password; without a terminal or --password-stdin it becomes a random one, printed once."""
    settings = load_settings()
    complete(_password(settings, name, _asked(password_stdin)))


async def _password(settings: Settings, name: str, given: str | None) -> None:
    async with opened(settings) as house:
        row = await house.user(name)
        chosen = tokens.make_password(house.ports) if given is None else given
        await accounts.set_password(house.ports, row.id, chosen)
        say(f"The password of {name} is changed.")
        if given is None:
            print(chosen)


@app.command()
def remove(
    name: UserName, yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False
) -> None:
    """Delete an account and everything it owns: bookmarks, tags, folders, assets, tokens."""
    settings = load_settings()
    if not yes and not sys.stdin.isatty():
        raise Misused(f"This deletes {name} and everything they own; say --yes if you are sure.")
    if not yes:
        typer.confirm(f"Delete {name} and everything they own?", abort=True, err=True)
    complete(_remove(settings, name))


async def _remove(settings: Settings, name: str) -> None:
    async with opened(settings) as house:
        await house.user(name)
        await accounts.remove(name)
        say(f"User {name} is removed.")


@app.command("set")
def set_(
    name: UserName,
    preferences: Annotated[list[str], typer.Argument(metavar="PREFERENCE=VALUE...", help="What to change.")],
) -> None:
    """Set preferences, such as enable_sharing=true or tag_search=lax."""
    settings = load_settings()
    complete(_set(settings, name, dict(_decode_preference(text) for text in preferences)))


async def _set(settings: Settings, name: str, changes: dict[str, Any]) -> None:
    async with opened(settings) as house:
        ctx = await house.context(name)
        search = {key: changes.pop(key) for key in tuple(changes) if key in SEARCH_CHOICES}
        if search:
            known = (await accounts.preferences(ctx)).search_preferences
            changes["search_preferences"] = known | search
        await accounts.set_preferences(ctx, changes)
        say(f"The preferences of {name} are changed.")


def _decode_preference(text: str) -> tuple[str, str | bool]:
    """``NAME=VALUE``: text where the preference takes one of several words, else true or false."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise Misused(f"{text!r} is not PREFERENCE=VALUE.")
    if name in CHOICES or name in SEARCH_CHOICES:
        return name, value
    if value in {"true", "false"}:
        return name, value == "true"
    if name in {*accounts.SHARING, *(one.name for one in fields(Preferences))}:
        raise Misused(f"{name} is true or false, not {value!r}.")
    return name, value  # the account knows no such preference, and says so


def _asked(from_input: bool) -> str | None:
    """The password from standard input or from the person at the terminal; None when there is neither."""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        return None
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Once more: "):
        raise Misused("The two passwords differ.")
    return first
