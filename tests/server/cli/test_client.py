"""``polymark client``: programs of others, from the shell."""

from __future__ import annotations

import re

import pytest

from schema.resolvers.oauth_clients import GRANTABLE

GIVEN = ("ann", "--name", "Reader", "--redirect-uri", "https://client.example/cb")


@pytest.fixture
def people(house, polymark):
    polymark("user", "add", "ann")
    polymark("user", "add", "ben")


def test_a_secret_is_alone_on_standard_output_and_shown_once(people, polymark):
    made = polymark("client", "add", *GIVEN, "--redirect-uri", "http://127.0.0.1/cb", "--scope", "tags:read")
    listed = polymark("client", "list", "ann").out
    id, client_id, *rest, _ = listed.rstrip("\n").split("\t")

    assert (0, f"Client {client_id} is registered.\n") == (made.code, made.err)
    assert re.fullmatch(r"bks_[0-9a-f]{64}\n", made.out)
    assert re.fullmatch(r"bk_[0-9a-f]{24}", client_id)
    assert ["Reader", "confidential", "tags:read", "https://client.example/cb http://127.0.0.1/cb"] == rest
    assert made.out.strip() not in listed
    assert (0, "Client 1 is removed.\n") == ((gone := polymark("client", "remove", "ann", id)).code, gone.err)
    assert not polymark("client", "list", "ann").out


def test_a_public_client_has_no_secret_and_all_scopes_unless_told_otherwise(people, polymark):
    made = polymark("client", "add", *GIVEN, "--public")
    _, _, _, kind, scopes, _, _ = polymark("client", "list", "ann").out.split("\t")

    assert (0, "") == (made.code, made.out)
    assert ("public", " ".join(GRANTABLE)) == (kind, scopes)


def test_somebody_elses_client_cannot_be_removed(people, polymark):
    polymark("client", "add", *GIVEN)
    id = polymark("client", "list", "ann").out.split("\t")[0]
    result = polymark("client", "remove", "ben", id)

    assert (1, f"ben has no client {id}; `polymark client list ben` shows all.\n") == (result.code, result.err)
    assert polymark("client", "list", "ann").out


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("nobody", *GIVEN[1:]), 1, "There is no user 'nobody'; `polymark user list` shows all."),
        ((*GIVEN[:2], " ", *GIVEN[3:]), 1, "name must not be empty."),
        ((*GIVEN[:4], "http://a.example/"), 1, "redirect_uris.0 is not an https address, nor one of a local program."),
        ((*GIVEN[:4], "https://a.example/#x"), 1, "redirect_uris.0 must not have a fragment (#)."),
        (
            (*GIVEN, "--scope", "account"),
            2,
            f"--scope is one of {', '.join(GRANTABLE)}, not 'account'.",
        ),
    ],
)
def test_what_cannot_be_registered_is_one_line(people, polymark, arguments, code, line):
    result = polymark("client", "add", *arguments)

    assert (code, "", f"{line}\n") == (result.code, result.out, result.err)
