"""Every rule of linkding's contract that this door keeps, or replaces, has a test that names it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import rest_compat.linkding

FOLDER = Path(__file__).parent
TESTS = FOLDER.parents[1]
FOLDERS = (FOLDER, TESTS / "server", TESTS / "clients")  # the pages and the options are the server's

# How many rules each group has: LD-HTTP-1 to LD-HTTP-13, and so on (contract sections 1 to 20 and 22).
RULES = {
    "HTTP": 13, "AUTH": 10, "ERR": 27, "PAGE": 8, "BM": 5, "LIST": 8, "GET": 1, "CHK": 7, "NEW": 8, "DUP": 9, "URL": 2,
    "NORM": 1, "UPD": 11, "ARC": 2, "DEL": 1, "TAGN": 9, "TAG": 7, "BUN": 10, "AST": 14, "SF": 6, "Q": 15, "SORT": 3,
    "AUTO": 12, "SCR": 7, "FEED": 4, "ASV": 1,
}  # fmt: skip

# What the sections without rules say, row by row.
ROWS = {
    21: ("shape", "settings"),
    23: ("lists", "actions", "files"),
    24: (
        "LD_DISABLE_URL_VALIDATION", "LD_DISABLE_ASSET_UPLOAD", "LD_ENABLE_SNAPSHOTS", "LD_CONTEXT_PATH",
        "LD_USE_X_FORWARDED_HOST", "LD_REQUEST_MAX_CONTENT_LENGTH", "TZ", "LD_ENABLE_AUTH_PROXY", "LD_ENABLE_OIDC",
        "GET /health",
    ),
    25: ("request line and headers", "JSON body", "multipart text", "form fields", "file upload", "search terms"),
}  # fmt: skip

# Section 26: what came after the older page, by area. Bundles, assets, SingleFile and profile are whole sections.
NEWER = (
    "LD-AUTH-2, LD-AUTH-4; LD-LIST-1 to LD-LIST-8; LD-CHK-1 to LD-CHK-7; LD-BM-1 to LD-BM-5; LD-NEW-7, LD-NORM-1;"
    " LD-UPD-2, LD-UPD-10; LD-AST-1 to LD-AST-14; LD-SF-1 to LD-SF-6; LD-TAG-6; LD-BUN-1 to LD-BUN-10;"
    " LD-Q-1 to LD-Q-15; LD-SORT-1 to LD-SORT-3; LD-AUTO-1 to LD-AUTO-12"
)

# Section 27: quirks that are kept, and those that are not, which the README lists as differences.
KEPT = "LD-DUP-1 to LD-DUP-7, LD-UPD-6, LD-UPD-7, LD-LIST-1 to LD-LIST-6, LD-TAG-3, LD-NEW-2, LD-AUTO-6, LD-HTTP-3"
NOT_KEPT = "LD-UPD-4, LD-Q-14, LD-Q-15, LD-LIST-7, LD-AST-10, LD-AST-11, LD-AUTO-11, LD-TAGN-7"
README = Path(rest_compat.linkding.__file__).parent / "README.md"


def named(text):
    """The rules that a text names, "LD-UPD-1 to LD-UPD-3" and "LD-UPD-1 to -3" counted as all between."""
    found = set()
    for group, first, last in re.findall(r"LD-([A-Z]+)-([0-9]+)(?: to (?:LD-[A-Z]+)?-([0-9]+))?", text):
        found |= {f"LD-{group}-{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def words_of_tests(source):
    """What a file's tests say of themselves: docstrings and the words in their tables of cases; no comments."""
    words = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            words.append(ast.get_docstring(node) or "")
            words += [text(part) for decorator in node.decorator_list for part in ast.walk(decorator)]
        elif isinstance(node, ast.Assign):  # a table that several tests go through
            words += [text(part) for part in ast.walk(node)]
    return "\n".join(words)


def text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.fixture(scope="module")
def words():
    """What all tests of this contract say of themselves."""
    files = {path for folder in FOLDERS for path in folder.rglob("test_*.py")} - {Path(__file__)}
    texts = [path.read_text(encoding="utf-8") for path in sorted(files)]
    return "\n".join(words_of_tests(one) for one in texts if "LD-" in one or "ection 2" in one)


def test_every_rule_is_named_by_a_test(words, capsys):
    """And so is every row of the sections that have none."""
    rules = {f"LD-{group}-{number}" for group, count in RULES.items() for number in range(1, count + 1)}
    rows = {f"section {number}, {row}" for number, names in ROWS.items() for row in names}
    told = " ".join(words.split()).replace("Section 2", "section 2")
    missing = {row for row in rows if row not in told and f"and {row.partition(', ')[2]}" not in told}
    with capsys.disabled():
        sys.stdout.write(f"\nlinkding's contract: {len(rules & named(words))} of {len(rules)} rules and")
        sys.stdout.write(f" {len(rows - missing)} of {len(rows)} other rows are named by tests\n")

    assert set() == rules - named(words)
    assert set() == missing


def test_what_is_newer_and_what_is_odd_are_rules_that_are_counted():
    """Sections 26 and 27: each of their rows is about rules above."""
    rules = {f"LD-{group}-{number}" for group, count in RULES.items() for number in range(1, count + 1)}

    assert set() == (named(NEWER) | named(KEPT) | named(NOT_KEPT)) - rules


def test_quirks_that_are_not_kept_are_told():
    """Section 27: in the table of differences."""
    told = README.read_text(encoding="utf-8").partition("## What differs")[2]

    assert set() == named(NOT_KEPT) - named(told)


def test_ranges_are_understood():
    assert {"LD-A-1", "LD-A-2", "LD-A-3", "LD-B-7"} == named("LD-A-1 to LD-A-3, LD-B-7")
    assert {"LD-A-1", "LD-A-2"} == named("LD-A-1 to -2")
