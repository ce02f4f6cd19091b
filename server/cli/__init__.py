"""The ``polymark`` program: operations again, for whoever may use the machine; docs/commands.md lists them all."""

from __future__ import annotations

import sys

import typer

from server.cli import backup, client, database, serve, token, transfer, user
from server.cli.failures import FAILED, one_line

PROGRAM = "polymark"
INTERRUPTED = 130  # what typer makes of Ctrl+C; for us it is one more way not to have done it

app = typer.Typer(
    name=PROGRAM,
    help="One bookmark server that every bookmark client can talk to.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (serve, transfer, backup, database):
    module.add_to(app)
app.add_typer(user.app, name="user")
app.add_typer(token.app, name="token")
app.add_typer(client.app, name="client")


def main() -> None:
    """Run the program with the arguments of the process and end it: 0 done, 1 failed, 2 wrong usage."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and say its exit code; what went wrong as expected is one line on standard error."""
    try:
        code: int = app(arguments, prog_name=PROGRAM, standalone_mode=False) or 0
    except Exception as error:
        found = one_line(error)
        if found is None:  # a fault of ours: whoever mends it needs the traceback
            raise
        text, code = found
        sys.stderr.write(f"{text}\n")
    return FAILED if code == INTERRUPTED else code
