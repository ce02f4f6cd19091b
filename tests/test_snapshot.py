"""The schema is what `schema/schema.graphql` says, and breaks nothing that was released without saying so.

POLYMARK_TEST_GOLDEN=renew writes `schema/schema.graphql` anew. `schema/released.graphql` is the last release's copy of
it, kept because a checkout may have no history; it is replaced with each release and by nothing else.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from graphql import build_schema, find_breaking_changes, parse, print_schema
from graphql.error import GraphQLSyntaxError

from schema.graph import sdl

ROOT = Path(__file__).parents[1]
SNAPSHOT = ROOT / "schema" / "schema.graphql"
RELEASED = ROOT / "schema" / "released.graphql"
CHANGELOG = ROOT / "CHANGELOG.md"


def breaking_changes(released: str, current: str) -> list[str]:
    """graphql-core's sentences about what a client of the released schema may miss; none if nothing was released."""
    if not re.sub(r"#.*", "", released).strip():
        return []
    return [change.description for change in find_breaking_changes(build_schema(released), build_schema(current))]


def unreleased(changelog: str) -> str:
    """What a changelog says under its heading Unreleased."""
    found = re.search(r"^## \[?Unreleased\]?[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    return "" if found is None else found[1]


def unannounced(released: str, current: str, changelog: str) -> list[str]:
    """The breaking changes that no line under Unreleased names, in the words of ``breaking_changes``."""
    lines = [" ".join(line.split()) for line in unreleased(changelog).splitlines()]
    return [
        change
        for change in breaking_changes(released, current)
        if not any(change.rstrip(".") in line for line in lines)
    ]


def test_the_committed_schema_is_the_schema_that_is_served():
    if os.environ.get("POLYMARK_TEST_GOLDEN") == "renew":
        SNAPSHOT.write_text(sdl())

    assert SNAPSHOT.read_text() == sdl(), "renew it: POLYMARK_TEST_GOLDEN=renew pytest tests/test_snapshot.py"


def test_the_committed_schema_is_a_schema():
    applied = re.compile(r" @requiresScope\(anyOf: \[[A-Z_,\s]+\]\)")  # which graphql-core reads, and does not print

    assert print_schema(build_schema(sdl())).strip() == applied.sub("", sdl()).strip()


def test_breaking_changes_since_the_last_release_are_in_the_changelog():
    missing = unannounced(RELEASED.read_text(), SNAPSHOT.read_text(), CHANGELOG.read_text())

    assert [] == missing, "add a line under Unreleased for each of these to CHANGELOG.md, or take them back"


def test_the_released_schema_is_a_schema_or_only_a_remark():
    """A broken file must not pass for one that has not been released."""
    text = RELEASED.read_text()
    if re.sub(r"#.*", "", text).strip():
        parse(text)
    else:
        with pytest.raises(GraphQLSyntaxError):
            parse(text)


OLD = "type Query { a(x: Int): Int b: String c: Color } enum Color { RED BLUE }"
BREAKS = [
    ("type Query { a(x: Int): Int c: Color } enum Color { RED BLUE }", "Field Query.b was removed"),
    ("type Query { a(x: Int!): Int b: String c: Color } enum Color { RED BLUE }", "Argument Query.a(x:) has changed"),
    ("type Query { a(x: Int): Int b: String c: Color } enum Color { RED }", "Enum value Color.BLUE was removed"),
]


@pytest.mark.parametrize(("current", "sentence"), BREAKS)
def test_a_breaking_change_must_be_announced(current, sentence):
    (missing,) = unannounced(OLD, current, "## Unreleased\n\n- Something else.\n")

    assert missing.startswith(sentence)


@pytest.mark.parametrize(("current", "sentence"), BREAKS)
def test_a_line_under_unreleased_announces_a_breaking_change(current, sentence):
    (change,) = breaking_changes(OLD, current)
    changelog = f"# Changelog\n\n## Unreleased\n\n- **Breaking:** {change} Use another.\n\n## 0.1.0\n"

    assert [] == unannounced(OLD, current, changelog)


def test_a_line_under_an_older_release_announces_nothing():
    current = BREAKS[0][0]
    (change,) = breaking_changes(OLD, current)

    assert [change] == unannounced(OLD, current, f"## Unreleased\n\n## 0.1.0\n\n- {change}\n")


def test_additions_need_no_line():
    assert [] == unannounced(OLD, OLD.replace("RED", "RED GREEN").replace("b: String", "b: String d: Int"), "")


def test_before_the_first_release_nothing_can_break():
    assert [] == unannounced("# Nothing has been released yet.\n", OLD, "")
