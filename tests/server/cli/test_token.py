"""``polymark token``: credentials from the shell."""

from __future__ import annotations

import re

import pytest

from schema.context import SCOPES


@pytest.fixture
def people(house, polymark):
    polymark("user", "add", "ann")
    polymark("user", "add", "ben")


@pytest.mark.parametrize(
    ("format", "shape"),
    [("linkding", r"[0-9a-f]{40}"), ("bkmark", r"bk_[0-9a-f]{32}"), ("app-password", r"[A-Za-z0-9]{72}")],
)
def test_a_token_is_alone_on_standard_output(people, polymark, format, shape):
    result = polymark("token", "add", "ann", "--format", format)

    assert (0, "") == (result.code, result.err)
    assert re.fullmatch(shape + "\n", result.out)


def test_tokens_are_listed_without_their_secrets_and_revoked_by_id(people, polymark):
    secret = polymark("token", "add", "ann", "--name", "phone", "--scope", "tags:read", "--scope", "bookmarks:read").out
    listed = polymark("token", "list", "ann").out
    id, prefix, name, scopes, _, used = listed.rstrip("\n").split("\t")
    revoked = polymark("token", "revoke", "ann", id)

    assert (secret[:7] + "…", "phone", "bookmarks:read tags:read", "never") == (prefix, name, scopes, used)
    assert secret.strip() not in listed
    assert (0, "") == (revoked.code, polymark("token", "list", "ann").out)


def test_somebody_elses_token_cannot_be_revoked(people, polymark):
    polymark("token", "add", "ann")
    id = polymark("token", "list", "ann").out.split("\t")[0]
    result = polymark("token", "revoke", "ben", id)

    assert (1, f"ben has no token {id}; `polymark token list ben` shows all.\n") == (result.code, result.err)
    assert polymark("token", "list", "ann").out


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("nobody",), 1, "There is no user 'nobody'; `polymark user list` shows all."),
        (("ann", "--name", " "), 1, "name must not be empty."),
        (
            ("ann", "--format", "feed"),
            1,
            "Tokens of format feed are not built yet; there are linkding, bkmark, app-password.",
        ),
        (("ann", "--format", "x"), 2, "--format is one of linkding, bkmark, app-password, not 'x'."),
        (
            ("ann", "--scope", "x"),
            2,
            f"--scope is one of {', '.join(SCOPES)}, not 'x'.",
        ),
    ],
)
def test_what_cannot_be_made_is_one_line(people, polymark, arguments, code, line):
    result = polymark("token", "add", *arguments)

    assert (code, "", f"{line}\n") == (result.code, result.out, result.err)
