"""The door's README has every address that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import rest_compat.linkding
from rest_compat.linkding.routes import ENDPOINTS

README = (Path(rest_compat.linkding.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_the_table_of_addresses_is_that_of_the_code():
    """In the same order; ``{id:pattern}`` of the code is ``<id>`` for people."""
    listed = re.findall(r"^\| `(/[^`]*)` \| ([A-Z, ]+) \|", README, re.MULTILINE)
    coded = [
        (re.sub(r"\{(\w+):[^}]*\}", r"<\1>", endpoint.path) + "/", ", ".join(endpoint.methods))
        for endpoint in ENDPOINTS
    ]

    assert coded == listed
