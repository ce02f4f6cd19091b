"""The door's README has every address that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import rest_compat.nextcloud
from rest_compat.nextcloud.routes import BOOKMARKS, PLACES

README = (Path(rest_compat.nextcloud.__file__).parent / "README.md").read_text(encoding="utf-8")
API, BESIDE = README.partition("Beside the API")[::2]


def listed(text):
    return re.findall(r"^\| `(/[^`]*)` \| ([A-Z, ]+) \|", text, re.MULTILINE)


def test_the_table_of_addresses_is_that_of_the_code():
    """In the same order; ``{id:pattern}`` of the code is ``<id>`` for people."""
    coded = [
        (re.sub(r"\{(\w+):[^}]*\}", r"<\1>", endpoint.path), ", ".join(endpoint.methods)) for endpoint in BOOKMARKS
    ]

    assert coded == listed(API)


def test_so_is_the_table_of_what_is_beside_it():
    """The first prefix of each place; the others are other ways to call it."""
    coded = [
        (place.prefixes[0] + endpoint.path, ", ".join(endpoint.methods))
        for place in PLACES[1:]
        for endpoint in place.endpoints
    ]

    assert coded == listed(BESIDE)
