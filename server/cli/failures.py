"""What a command says when it cannot do what it was asked: one line, and the exit code."""

from __future__ import annotations

import sqlite3

import asyncpg
import typer
from tortoise.exceptions import BaseORMException, DBConnectionError

from schema.errors import Conflict, Fault, Invalid, NotFound, Problem
from server.backup.trouble import BackupError
from server.settings import SettingsError

FAILED, MISUSED = 1, 2
WORDS = {
    "blank": "must not be empty",
    "boolean": "is true or false",
    "choice": "is one of {limit}",
    "fragment": "must not have a fragment (#)",
    "format": "is not in a format that can be read",
    "nul": "holds a character that cannot be stored (U+0000)",
    "redirect": "is not an https address, nor one of a local program",
    "surrogate": "holds a character that cannot be stored (a lone surrogate)",
    "too_long": "has at most {limit} characters",
    "too_short": "has at least {limit} characters",
    "unknown": "is not known",
    "username": "has 1 to 150 letters, digits and _.@+-",
}


class Failed(Exception):  # noqa: N818 - it ends the command, with a sentence for a person
    """The command cannot be done; the message is one line."""


class Misused(Exception):  # noqa: N818 - the same
    """The command was called wrongly in a way that the parser cannot know; the message is one line."""


def one_line(error: Exception) -> tuple[str, int] | None:
    """The line and the exit code for a failure that is expected, None for a fault of ours."""
    if isinstance(error, typer.TyperException):
        return _usage(error), error.exit_code
    if isinstance(error, Misused):
        return str(error), MISUSED
    text = _word(error)
    return None if text is None else (text, FAILED)


def _word(error: Exception) -> str | None:
    match error:
        case typer.Abort():
            text = "Aborted."
        case Failed() | SettingsError() | BackupError():
            text = str(error)
        case Problem():
            text = word_problem(error)
        case DBConnectionError() | ConnectionError() | asyncpg.InvalidAuthorizationSpecificationError():
            text = f"The database cannot be reached: {_first_line(error)}."
        case BaseORMException() | sqlite3.Error() | asyncpg.PostgresError():
            text = f"The database refused: {_first_line(error)}. `polymark doctor` may say more."
        case OSError():
            text = f"{_first_line(error)}."
        case _:
            return None
    return text


def word_problem(problem: Problem) -> str:
    """A Problem as a sentence."""
    match problem:
        case NotFound(entity=entity):
            return f"There is no such {entity}."
        case Conflict(entity="user", rule="username"):
            return "There is a user of that name already."
        case Invalid(faults=faults):
            return "; ".join(_word_fault(fault) for fault in faults) + "."
        case _:
            return str(problem)


def _word_fault(fault: Fault) -> str:
    limit = ", ".join(fault.limit) if isinstance(fault.limit, tuple) else fault.limit
    name = ".".join(str(part) for part in fault.path)
    given = f" ({fault.given!r})" if fault.given is not None else ""
    return f"{name}{given} {WORDS.get(fault.rule, fault.rule).format(limit=limit)}"


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        return str(context.get_help())
    hint = f" Try `{context.command_path} --help`." if context is not None else ""
    return " ".join(error.format_message().split()).rstrip(".") + "." + hint


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).partition("\n")[0].rstrip(".")
