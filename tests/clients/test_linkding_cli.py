"""linkding-cli 2024.9.0, unmodified, runs every command that it has with the options that they have."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.conftest import contains, told

pytestmark = pytest.mark.needs_venv

Linkding = Callable[..., subprocess.CompletedProcess[str]]

COMMANDS = {
    "bookmarks": {"all", "archive", "create", "delete", "get", "unarchive", "update"},
    "tags": {"all", "create", "get"},
    "user": {"profile"},
}


@pytest.fixture
def linkding(live, run_in_clients_venv) -> Linkding:
    """Run ``linkding`` with address and token in the environment, as its manual shows."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {"LINKDING_URL": live.base, "LINKDING_TOKEN": live.token} | environment
        return run_in_clients_venv("linkding", *arguments, **given)

    return run


def printed(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON that a command printed; it succeeded and said nothing else."""
    assert [0, ""] == [done.returncode, done.stderr], done.stdout
    return json.loads(done.stdout)


def titles(page: dict[str, Any]) -> list[str]:
    """The titles on a page of bookmarks."""
    return [bookmark["title"] for bookmark in page["results"]]


def test_these_are_all_the_commands(linkding):
    """What ``--help`` lists is what the tests below run."""
    for group, commands in COMMANDS.items():
        text = linkding(group, "--help").stdout
        listed = {found.group(1) for found in re.finditer(r"^│ (\w+) ", text, re.MULTILINE)}

        assert commands == listed, text


def test_bookmarks(linkding):
    """``bookmarks``: create, get, all, archive, unarchive, update, delete."""
    full = printed(
        linkding(
            "bookmarks", "create", "https://first.example/a", "--title", "First", "--description", "What it is",
            "--notes", "Mine", "--tags", "Zeta,alpha", "--shared", "--unread",
        )
    )  # fmt: skip
    bare = printed(linkding("bookmarks", "create", "https://bare.example/"))
    short = printed(
        linkding("bookmarks", "create", "https://short.example/", "-a", "-d", "d", "-n", "n", "-t", "Short")
    )
    wanted = {
        "url": "https://first.example/a", "title": "First", "description": "What it is", "notes": "Mine",
        "tag_names": ["Zeta", "alpha"], "is_archived": False, "unread": True, "shared": True,
    }  # fmt: skip

    assert contains(wanted, full), told(wanted, full)
    plain = {"title": "", "tag_names": [], "is_archived": False, "unread": False, "shared": False}
    assert contains(plain, bare), told(plain, bare)
    wanted = {"title": "Short", "description": "d", "notes": "n", "is_archived": True}
    assert contains(wanted, short), told(wanted, short)
    assert full == printed(linkding("bookmarks", "get", str(full["id"])))

    everything = printed(linkding("bookmarks", "all"))
    found = printed(linkding("bookmarks", "all", "--query", "#alpha", "--limit", "5", "--offset", "0"))
    paged = printed(linkding("bookmarks", "all", "-q", "example", "-l", "1", "-o", "1"))
    archived = printed(linkding("bookmarks", "all", "--archived"))
    archived_found = printed(linkding("bookmarks", "all", "-a", "-q", "short", "-l", "1"))

    assert [bare, full] == everything["results"]
    assert {"count": 1, "next": None, "previous": None, "results": [full]} == found
    assert [2, [full]] == [paged["count"], paged["results"]]
    assert [short] == archived["results"] == archived_found["results"]

    id = str(full["id"])
    archive = linkding("bookmarks", "archive", id)
    all_archived = printed(linkding("bookmarks", "all", "-a"))
    unarchive = linkding("bookmarks", "unarchive", id)

    assert [0, f"Bookmark {id} archived.\n"] == [archive.returncode, archive.stdout]
    assert ["Short", "First"] == titles(all_archived)
    assert [0, f"Bookmark {id} unarchived.\n"] == [unarchive.returncode, unarchive.stdout]

    changed = printed(
        linkding(
            "bookmarks", "update", id, "--url", "https://moved.example/", "--title", "Moved", "--description", "d",
            "--notes", "n", "--tags", "new,alpha", "--shared", "--unread",
        )
    )  # fmt: skip
    less = printed(linkding("bookmarks", "update", id, "-t", "Moved again"))
    wanted = {
        "id": full["id"], "url": "https://moved.example/", "title": "Moved", "description": "d", "notes": "n",
        "tag_names": ["alpha", "new"], "shared": True, "unread": True, "is_archived": False,
    }  # fmt: skip

    assert contains(wanted, changed), told(wanted, changed)
    # The program sends false for a flag that was not given, so these two are cleared.
    wanted |= {"title": "Moved again", "shared": False, "unread": False}
    assert contains(wanted, less), told(wanted, less)

    gone = linkding("bookmarks", "delete", id)
    missing = linkding("bookmarks", "get", id)

    assert [0, f"Bookmark {id} deleted.\n"] == [gone.returncode, gone.stdout]
    assert [1, True] == [missing.returncode, "Unknown API endpoint" in missing.stdout]
    assert [bare] == printed(linkding("bookmarks", "all"))["results"]


def test_tags(linkding):
    """``tags``: all, get, create."""
    printed(linkding("bookmarks", "create", "https://a.example/", "-t", "A", "--tags", "x,y,z"))
    everything = printed(linkding("tags", "all"))
    paged = printed(linkding("tags", "all", "--limit", "1", "--offset", "1"))
    short = printed(linkding("tags", "all", "-l", "2", "-o", "2"))
    one = printed(linkding("tags", "get", str(everything["results"][0]["id"])))
    create = linkding("tags", "create", "fresh")

    assert [3, ["x", "y", "z"]] == [everything["count"], sorted(tag["name"] for tag in everything["results"])]
    assert everything["results"][1:2] == paged["results"]
    assert everything["results"][2:] == short["results"]
    assert everything["results"][0] == one
    # The library beneath sends the name under a wrong word, which linkding refuses too.
    assert [1, True] == [create.returncode, "'name': ['This field is required.']" in create.stdout]


def test_user(linkding):
    """``user``: profile."""
    profile = printed(linkding("user", "profile"))

    assert contains({"theme": "auto", "tag_search": "strict", "version": str, "search_preferences": {}}, profile)


def test_credentials_may_come_by_option_or_file(live, run_in_clients_venv, tmp_path):
    """``--url``, ``--token``, ``-u``, ``-t``, ``--config`` and LINKDING_CONFIG; ``--verbose`` tells what comes back."""
    config = tmp_path / "linkding.yaml"
    config.write_text(f"url: {live.base}\ntoken: {live.token}\n")
    ways = [
        (["--url", live.base, "--token", live.token], {}),
        (["-u", live.base, "-t", live.token], {}),
        (["--config", str(config)], {}),
        (["-c", str(config)], {}),
        ([], {"LINKDING_CONFIG": str(config)}),
    ]
    for options, environment in ways:
        assert 0 == printed(run_in_clients_venv("linkding", *options, "bookmarks", "all", **environment))["count"]
    verbose = run_in_clients_venv("linkding", "--verbose", *ways[0][0], "bookmarks", "all")
    without = run_in_clients_venv("linkding", "bookmarks", "all")

    assert [0, True] == [verbose.returncode, "Data received for /api/bookmarks/" in verbose.stdout]
    assert 1 == without.returncode


def test_a_wrong_token_is_told(linkding):
    done = linkding("bookmarks", "all", LINKDING_TOKEN="0" * 40)

    assert [1, True] == [done.returncode, "Invalid API token" in done.stdout]
