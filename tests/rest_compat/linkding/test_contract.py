"""Every rule of linkding's contract that this door keeps, or replaces, has a test that names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent

# How many rules each group has: LD-HTTP-1 to LD-HTTP-13, and so on (contract sections 1 to 15, 17 to 20).
RULES = {
    "HTTP": 13, "AUTH": 10, "ERR": 27, "PAGE": 8, "BM": 5, "LIST": 8, "GET": 1, "CHK": 7, "NEW": 8, "DUP": 9, "URL": 2,
    "NORM": 1, "UPD": 11, "ARC": 2, "DEL": 1, "TAGN": 9, "TAG": 7, "BUN": 10, "AST": 14, "Q": 15, "SORT": 3,
    "AUTO": 12, "SCR": 7,
}  # fmt: skip


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


def test_every_rule_is_named_by_a_test():
    rules = {f"LD-{group}-{number}" for group, count in RULES.items() for number in range(1, count + 1)}
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("test_*.py") if path.name != Path(__file__).name]

    assert set() == rules - named("\n".join(words_of_tests(one) for one in texts))


def test_ranges_are_understood():
    assert {"LD-A-1", "LD-A-2", "LD-A-3", "LD-B-7"} == named("LD-A-1 to LD-A-3, LD-B-7")
    assert {"LD-A-1", "LD-A-2"} == named("LD-A-1 to -2")
