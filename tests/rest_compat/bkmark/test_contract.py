"""Each check of the Bkmark contract (section 13) has a test that names it, each endpoint (12) one that calls it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from rest_compat.bkmark.routes import BKMARK

TESTS = Path(__file__).parent.parent.parent
CHECKS = range(1, 21)

# Section 12; `*` stands for an id.
PATHS = {
    "/oauth/authorize": "GET POST",
    "/oauth/token": "POST",
    "/oauth/revoke": "POST",
    "/api/v1/bookmarks": "GET POST",
    "/api/v1/bookmarks/export": "GET",
    "/api/v1/bookmarks/trash": "GET",
    "/api/v1/bookmarks/bulk": "POST",
    "/api/v1/bookmarks/import": "POST",
    "/api/v1/bookmarks/import/pocket": "POST",
    "/api/v1/bookmarks/import/raindrop": "POST",
    "/api/v1/bookmarks/*": "GET PATCH DELETE",
    "/api/v1/bookmarks/*/tags": "POST",
    "/api/v1/bookmarks/*/groups": "POST",
    "/api/v1/bookmarks/*/restore": "POST",
    "/api/v1/bookmarks/*/summarize": "POST",
    "/api/v1/tags": "GET POST",
    "/api/v1/tags/*": "PATCH DELETE GET",
    "/api/v1/groups": "GET POST",
    "/api/v1/groups/*": "GET PATCH DELETE",
    "/api/v1/search": "GET",
    "/api/v1/api-keys": "POST GET",
    "/api/v1/api-keys/*": "PATCH DELETE",
    "/api/v1/webhooks": "POST GET",
    "/api/v1/webhooks/*": "GET PATCH DELETE",
    "/api/v1/webhooks/*/deliveries": "GET",
    "/api/v1/webhooks/*/events": "GET",
    "/api/v1/me": "GET",
}
ENDPOINTS = [f"{method} {path}" for path, methods in PATHS.items() for method in methods.split()]
VERBS = {"get", "post", "put", "patch", "delete"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def checks_named(source):
    """The numbers that the docstrings of a file's tests begin to speak of as ``BK1:``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, FUNCTIONS) and node.name.startswith("test_"):
            yield from map(int, re.findall(r"\bBK([0-9]+):", ast.get_docstring(node) or ""))


def called(source):
    """What a file's functions call, as far as it can be read: ``GET /api/v1/tags/*``, where ``*`` is what is not fixed.

    Understood are ``client.get(path)`` and ``client.request("GET", path)``, where the path is a text, perhaps with
    names in it that were given texts in the file or the function.
    """
    tree = ast.parse(source)
    known = texts_of(tree.body, {})
    for function in ast.walk(tree):
        if isinstance(function, FUNCTIONS):
            names = known | texts_of(ast.walk(function), known)
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield from request_of(node.func.attr, node.args, names)


def request_of(name, arguments, names):
    """The request that a call of this name makes, if it is one."""
    if name == "request" and len(arguments) > 1:
        method, path = text_of(arguments[0], names), text_of(arguments[1], names)
    elif name in VERBS and arguments:
        method, path = name.upper(), text_of(arguments[0], names)
    else:
        return
    if path.startswith("/"):
        yield f"{method} {path.partition('?')[0]}"


def texts_of(nodes, known):
    """The names that are given texts, each with its text."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            pairs = []
            for target in node.targets:
                if isinstance(target, ast.Name):
                    pairs.append((target, node.value))
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs += zip(target.elts, node.value.elts, strict=False)
            for target, value in pairs:
                if isinstance(target, ast.Name) and (text := text_of(value, known | found)) != "*":
                    found[target.id] = text
    return found


def text_of(node, names):
    """A text as far as it is fixed."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return names.get(name, "*")
        case ast.JoinedStr(values=parts):
            return re.sub(r"\*+", "*", "".join(text_of(part, names) for part in parts))
        case ast.FormattedValue(value=value):
            return text_of(value, names)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return text_of(left, names) + text_of(right, names)
        case _:
            return "*"


def sources():
    for path in sorted(TESTS.rglob("test_*.py")):
        if path != Path(__file__):
            yield path.read_text(encoding="utf-8")


def test_every_check_is_named_by_a_test():
    named = {number for source in sources() if "BK" in source for number in checks_named(source)}

    assert set(CHECKS) == named


def test_every_endpoint_is_called_by_a_test():
    spoken = {
        request for source in sources() if "/api/v1" in source or "/oauth" in source for request in called(source)
    }

    assert set() == set(ENDPOINTS) - spoken


def test_every_endpoint_is_there():
    """So the list above is the door's own, or names what somebody forgot to build."""
    routed = {
        f"{method} {prefix}{re.sub(r'{.*?}', '*', endpoint.path)}"
        for place in BKMARK.places
        for prefix in place.prefixes
        for endpoint in place.endpoints
        for method in endpoint.methods
    }

    assert set() == {one for one in ENDPOINTS if "/oauth/" not in one} - routed


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ('client.get("/api/v1/tags")', "GET /api/v1/tags"),
        ('client.get(f"{TAGS}/{made.id}?a=b")', "GET /api/v1/tags/*"),
        ('client.request("PATCH", path)', "PATCH /api/v1/tags/*/x"),
        ('client.delete(TAGS + "/" + id)', "DELETE /api/v1/tags/*"),
    ],
)
def test_calls_are_understood(line, request_):
    source = (
        f'TAGS = "/api/v1/tags"\ndef test_it():\n    path, b = f"{{TAGS}}/{{id}}/x", 1\n    {line}\n    answer.get("x")'
    )

    assert [request_] == list(called(source))


def test_only_docstrings_of_tests_name_checks():
    source = '"""BK1: no."""\n# BK5: no\ndef b():\n    """BK4: no."""\n'
    source += 'def test_a():\n    """BK2: yes; BK20: too, ABK3: not."""\n'

    assert [2, 20] == list(checks_named(source))
