"""The door's README has every address that there is, what opens it and what it does, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import rest_compat.bkmark
from rest_compat.bkmark import allowances
from rest_compat.bkmark.calls import SHAPES
from rest_compat.bkmark.oauth.routes import OAUTH
from rest_compat.bkmark.routes import ENDPOINTS
from rest_compat.openapi import PATH
from schema.context import SCOPES
from schema.ports import Allowance

README = (Path(rest_compat.bkmark.__file__).parent / "README.md").read_text(encoding="utf-8")
API, BESIDE = README.partition("Beside the API")[::2]


def rows(text, cells):
    """The rows of tables of so many cells that begin with methods."""
    found = [
        tuple(cell.strip() for cell in line.strip("|").split("|")) for line in text.splitlines() if line[:1] == "|"
    ]
    return [row for row in found if len(row) == cells and re.fullmatch("[A-Z, ]+", row[0])]


def path_of(endpoint):
    return re.sub(r"\{(\w+):[^}]*\}", r"<\1>", endpoint.path)


def scopes_of(shape):
    return "any" if shape.scopes == SCOPES else ", ".join(f"`{scope}`" for scope in shape.scopes)


def test_the_table_of_addresses_is_that_of_the_code():
    """In the same order and words; ``{id:pattern}`` of the code is ``<id>`` for people."""
    coded = [
        (method, f"`{path_of(endpoint)}`", scopes_of(shape), shape.summary.rstrip("."))
        for endpoint in ENDPOINTS
        for method, handler in endpoint.methods.items()
        if (shape := SHAPES.get(handler))
    ]
    listed = rows(API, 4)

    assert ("GET", f"`{PATH}`", "none") == listed[0][:3]
    assert coded == listed[1:]


def test_so_is_the_table_of_what_is_beside_it():
    coded = [
        (", ".join(endpoint.methods), f"`{prefix}{endpoint.path}`")
        for place in OAUTH.places
        for prefix in place.prefixes
        for endpoint in place.endpoints
    ]

    assert coded == [row[:2] for row in rows(BESIDE, 3)]


def test_every_limit_is_told():
    told = re.findall(r"\b([0-9]+) (?:a|an) (minute|hour|day)\b", README)
    spans = {"minute": 60, "hour": 3600, "day": 86_400}
    given = {(one.tries, one.seconds) for one in vars(allowances).values() if isinstance(one, Allowance)}

    assert given | {(600, 60)} == {(int(number), spans[span]) for number, span in told}
