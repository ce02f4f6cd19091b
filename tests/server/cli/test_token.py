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


def test_a_feed_key_is_one_a_user_and_a_new_one_says_so(people, polymark):
    """LD section 22."""
    first = polymark("token", "add", "ann", "--format", "feed")
    second = polymark("token", "add", "ann", "--format", "feed")
    listed = polymark("token", "list", "ann").out
    id = listed.split("\t")[0]
    revoked = polymark("token", "revoke", "ann", id)

    assert (0, "") == (first.code, first.err)
    assert re.fullmatch(r"[0-9a-f]{40}\n", first.out)
    assert re.fullmatch(r"[0-9a-f]{40}\n", second.out)
    assert f"The old feed key {first.out[:7]}… is worthless now: feed readers need the new addresses.\n" == second.err
    assert [second.out[:7] + "…", "Feeds", ""] == listed.splitlines()[0].split("\t")[1:4]
    assert 1 == len(listed.splitlines())
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
            ("ann", "--format", "feed", "--scope", "tags:read"),
            2,
            "--scope does not go with --format feed: a feed key opens feeds only.",
        ),
        (("ann", "--format", "x"), 2, "--format is one of linkding, bkmark, app-password, feed, not 'x'."),
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
