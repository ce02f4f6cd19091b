"""Every case of the Nextcloud contract's catalogue that this door keeps has a test that names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent

# The catalogue (section 18) and the choices between the old document and the newest source (section 16). Shares (C03)
# and previews (C07) are not there. Hashes (S06), many writers at once (S16) and the replays of real clients (S20) are
# tested where they are made and driven.
CASES = {
    "M": range(1, 23),
    "S": range(1, 21),
    "C": [1, 2, 4, 5, 6, 8, 9],
    "D": range(1, 19),
}
ELSEWHERE = ("models/test_hashing.py", "clients/test_nextcloud_writers.py", "clients/test_nextcloud_replays.py")


def named(text):
    """The cases that a name or docstring speaks of: ``test_m06_…``, ``M06``, ``D4``, ``S02 to S05``."""
    found = set()
    for group, first, last in re.findall(
        r"(?<![A-Za-z0-9])([MSCD])([0-9]{1,2})(?![0-9])(?: to [MSCD]([0-9]{1,2}))?", text
    ):
        found |= {(group, number) for number in range(int(first), int(last or first) + 1)}
    return found | {(group.upper(), int(number)) for group, number in re.findall(r"^test_([msc])([0-9]{2})_", text)}


def words_of_tests(source):
    """Names and docstrings of a file's tests, and docstrings of the classes that hold them; no comments."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name
            yield ast.get_docstring(node) or ""
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield ast.get_docstring(node) or ""


def test_every_case_is_named_by_a_test():
    cases = {(group, number) for group, numbers in CASES.items() for number in numbers}
    paths = [path for path in FOLDER.glob("test_*.py") if path.name != Path(__file__).name]
    paths += [FOLDER.parent.parent / name for name in ELSEWHERE]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    spoken_of = set().union(*(named(words) for text in texts for words in words_of_tests(text)))

    assert set() == cases - spoken_of


def test_names_and_ranges_are_understood():
    assert {("M", 6)} == named("test_m06_lists_exactly_those")
    assert {("S", 2), ("S", 3), ("D", 4)} == named("S02 to S03, D4.")
    assert set() == named("AM06, M123, m06")
