"""The pages of docs/ say what the code does, no more and no less."""

import re
from pathlib import Path

from pydantic import ByteSize
from typer.main import get_command

from rest_compat import DIALECTS
from server.cli import app
from server.settings import Settings, takes, variable

DOCS = Path(__file__).parent.parent / "docs"


def table_rows(page, first_cell):
    """Read the cells of a page's table rows whose first cell matches the pattern."""
    rows = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in page.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in row) for row in rows if re.fullmatch(first_cell, row[0].strip())]


def default_text(value):
    """Word a default as the page does."""
    match value:
        case None | ():
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case ByteSize():
            return f"`{value.human_readable().replace('.0', '')}`"
        case tuple():
            return f"`{','.join(value)}`"
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{value}`"


def test_docs_list_every_setting_with_its_default_and_no_other():
    """docs/settings.md has one row a setting, in the order of the code, in the words of the code."""
    listed = table_rows((DOCS / "settings.md").read_text(encoding="utf-8"), r"`POLYMARK_\w+`")
    expected = [
        (f"`{variable(name)}`", default_text(field.default), takes(field), field.description)
        for name, field in Settings.model_fields.items()
    ]

    assert expected == listed


def commands(group, name=("polymark",)):
    """Every command of the program: its name, arguments and options, and the first line of its help."""
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*name, word))
            continue
        parameters = [
            parameter.opts[0] if parameter.param_type_name == "option" else parameter.metavar
            for parameter in command.params
            if parameter.name != "help"
        ]
        listed = ", ".join(f"`{parameter}`" for parameter in parameters) or "none"
        yield f"`{' '.join((*name, word))}`", listed, command.help.strip().partition("\n")[0]


def test_docs_list_every_command_with_its_options_and_no_other():
    """docs/commands.md has one row a command, in the order of the program's own help, in its words."""
    listed = table_rows((DOCS / "commands.md").read_text(encoding="utf-8"), r"`polymark [\w -]+`")

    assert list(commands(get_command(app))) == listed


def test_every_dialect_stands_in_the_import_contract():
    """.importlinter names each dialect's package, so that none of them looks at another."""
    contract = (DOCS.parent / ".importlinter").read_text(encoding="utf-8").partition("type = independence")[2]
    named = set(re.findall(r"rest_compat\.(\w+)", contract))

    assert {dialect.name for dialect in DIALECTS} == named
