"""``polymark user``: accounts from the shell."""

from __future__ import annotations

import asyncio

import pytest

from models import User
from server.database import connected, database_config


def stored(url, name):
    """The account as the database has it."""

    async def read():
        async with connected(database_config(url)):
            return await User.get_or_none(username=name)

    return asyncio.run(read())


def test_a_user_without_a_password_gets_a_random_one_alone_on_standard_output(house, polymark):
    result = polymark("user", "add", "ann")

    assert (0, "User ann is made.\n") == (result.code, result.err)
    assert 20 == len(result.out.strip())
    assert result.out.count("\n") == 1


def test_a_password_may_come_from_standard_input(house, polymark):
    """Then nothing is printed that a log could keep."""
    result = polymark("user", "add", "ann", "--admin", "--password-stdin", given=b"correct horse\nrest")

    assert (0, "") == (result.code, result.out)
    assert stored(house, "ann").is_admin


@pytest.mark.parametrize(
    ("arguments", "given", "line"),
    [
        (("user", "add", "ann"), b"", "There is a user of that name already."),
        (("user", "add", "a:b"), b"", "username has 1 to 150 letters, digits and _.@+-."),
        (("user", "add", "ben", "--password-stdin"), b"short\n", "password has at least 8 characters."),
        (("user", "add", "ben", "--password-stdin"), b"\n", "password has at least 8 characters."),
        (("user", "password", "ben"), b"", "There is no user 'ben'; `polymark user list` shows all."),
        (("user", "remove", "ben", "--yes"), b"", "There is no user 'ben'; `polymark user list` shows all."),
        (("user", "set", "ann", "nonsense=true"), b"", "nonsense is not known."),
        (("user", "set", "ann", "nonsense=3"), b"", "nonsense is not known."),
        (("user", "set", "ann", "tag_search=maybe"), b"", "tag_search ('maybe') is one of strict, lax."),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(house, polymark, arguments, given, line):
    polymark("user", "add", "ann")
    result = polymark(*arguments, given=given)

    assert (1, "", f"{line}\n") == (result.code, result.out, result.err)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("user", "add"), "Missing argument 'NAME'. Try `polymark user add --help`."),
        (("user", "add", "ann", "--nope"), "No such option: --nope. Try `polymark user add --help`."),
        (("user", "set", "ann", "nonsense"), "'nonsense' is not PREFERENCE=VALUE."),
        (("user", "set", "ann", "display_url=yes"), "display_url is true or false, not 'yes'."),
        (("user", "remove", "ann"), "This deletes ann and everything they own; say --yes if you are sure."),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(house, polymark, arguments, line):
    polymark("user", "add", "ann")
    result = polymark(*arguments)

    assert (2, "", f"{line}\n") == (result.code, result.out, result.err)


def test_users_are_listed_one_a_line(house, polymark):
    polymark("user", "add", "ann", "--admin")
    polymark("user", "add", "ben")
    rows = [line.split("\t") for line in polymark("user", "list").out.splitlines()]

    assert [["ann", "admin", "active"], ["ben", "user", "active"]] == [row[1:4] for row in rows]


def test_a_password_can_be_changed(house, polymark):
    polymark("user", "add", "ann")
    before = stored(house, "ann").password_hash
    random = polymark("user", "password", "ann")
    between = stored(house, "ann").password_hash
    chosen = polymark("user", "password", "ann", "--password-stdin", given=b"correct horse")

    assert (0, 0) == (random.code, chosen.code)
    assert (21, 0) == (len(random.out), len(chosen.out))
    assert 3 == len({before, between, stored(house, "ann").password_hash})


def test_preferences_and_switches_are_set_by_name(house, polymark):
    polymark("user", "add", "ann")
    first = polymark("user", "set", "ann", "enable_sharing=true", "theme=dark", "sort=title_asc")
    second = polymark("user", "set", "ann", "unread=yes", "automatic_snapshots=true")
    row = stored(house, "ann")

    assert (0, 0) == (first.code, second.code)
    assert row.enable_sharing
    assert ("dark", True) == (row.preferences["theme"], row.preferences["automatic_snapshots"])
    assert {"sort": "title_asc", "unread": "yes"} == row.preferences["search_preferences"]


def test_removing_a_user_takes_everything_along(house, polymark):
    polymark("user", "add", "ann")
    polymark("import", "-", "--user", "ann", given=b"<DL><DT><A HREF='https://a.example/'>A</A></DL>")
    result = polymark("user", "remove", "ann", "--yes")

    assert 0 == result.code
    assert stored(house, "ann") is None
