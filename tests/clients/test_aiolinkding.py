"""aiolinkding 2025.2.0, unmodified, makes every call that it has (what Home Assistant and linkding-cli stand on)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import contains, told

pytestmark = pytest.mark.needs_venv

PROGRAM = Path(__file__).with_name("drive_aiolinkding.py")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
FIRST = {
    "url": "https://first.example/a?b=c",
    "title": "First",
    "description": "What it is",
    "notes": "# Notes\n\n*mine*",
    "tag_names": ["Zeta", "alpha"],
    "is_archived": False,
    "unread": True,
    "shared": True,
}
EMPTY = {"title": "", "description": "", "notes": "", "tag_names": [], "unread": False, "shared": False}
DERIVED = {
    "id": int,
    "web_archive_snapshot_url": re.compile(r"https://web\.archive\.org/web/\d{14}/https://.*"),
    "favicon_url": None,
    "preview_image_url": None,
    "date_added": MOMENT,
    "date_modified": MOMENT,
    "website_title": None,
    "website_description": None,
}

Drive = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def seen() -> set[str]:
    """The names of the methods that were called, and what was called of them."""
    return set()


@pytest.fixture
def drive(live, clients_venv, seen) -> Drive:
    """Make calls, each ``(name, *arguments, {options})``; what came back of each."""

    def run(*calls: tuple[Any, ...], url: str = live.base, token: str = live.token, session: bool = False) -> list[Any]:
        worded = [
            [
                name,
                [one for one in rest if not isinstance(one, dict)],
                next((o for o in rest if isinstance(o, dict)), {}),
            ]
            for name, *rest in calls
        ]
        job = {"url": url, "token": token, "calls": worded, "session": session}
        done = subprocess.run(  # noqa: S603 - our program in the clients' environment
            [clients_venv / "python", PROGRAM],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

        assert 0 == done.returncode, done.stderr
        told = json.loads(done.stdout)
        seen.update(name for name, *_ in calls)
        if told["methods"]:
            seen.update(f"all: {name}" for name in told["methods"])
        return told["answers"]

    return run


def returned(answers: list[dict[str, Any]]) -> list[Any]:
    """What the calls returned; none of them raised."""
    assert [] == [answer for answer in answers if "raised" in answer]
    return [answer["returned"] for answer in answers]


def titles(page: dict[str, Any]) -> list[str]:
    """The titles on a page of bookmarks."""
    return [bookmark["title"] for bookmark in page["results"]]


@pytest.mark.parametrize("session", [False, True], ids=["its own sessions", "a session of the caller's"])
def test_every_method_works(drive, seen, session):
    """Two bookmarks are made, found, changed, archived and deleted; tags and profile are read."""
    first, second = returned(
        drive(
            ("bookmarks.async_create", FIRST["url"], {key: value for key, value in FIRST.items() if key != "url"}),
            ("bookmarks.async_create", "https://second.example/", {"title": "Second", "is_archived": True}),
            session=session,
        )
    )

    assert contains(FIRST | DERIVED, first), told(FIRST | DERIVED, first)
    assert 16 == len(first)
    wanted = DERIVED | EMPTY | {"url": "https://second.example/", "title": "Second", "is_archived": True}
    assert contains(wanted, second), told(wanted, second)

    everything, found, nothing, paged, archived, archived_found, one, other = returned(
        drive(
            ("bookmarks.async_get_all",),
            ("bookmarks.async_get_all", {"query": "#ALPHA first"}),
            ("bookmarks.async_get_all", {"query": "no such words"}),
            ("bookmarks.async_get_all", {"limit": 1, "offset": 1}),
            ("bookmarks.async_get_archived",),
            ("bookmarks.async_get_archived", {"query": "second", "limit": 1, "offset": 0}),
            ("bookmarks.async_get_single", first["id"]),
            ("bookmarks.async_get_single", second["id"]),
            session=session,
        )
    )

    assert {"count": 1, "next": None, "previous": None, "results": [first]} == everything
    assert everything == found
    assert {"count": 0, "next": None, "previous": None, "results": []} == nothing
    assert [1, []] == [paged["count"], paged["results"]]
    assert paged["previous"].endswith("/api/bookmarks/?limit=1")
    assert {"count": 1, "next": None, "previous": None, "results": [second]} == archived == archived_found
    assert [first, second] == [one, other]

    changes = {
        "url": "https://moved.example/",
        "title": "Moved",
        "description": "d",
        "notes": "n",
        "tag_names": ["new"],
    }
    changed, changed_less, *_, after_archive, live_again, _, left = returned(
        drive(
            ("bookmarks.async_update", first["id"], changes | {"unread": False, "shared": False}),
            ("bookmarks.async_update", first["id"], {"title": "Moved again", "unread": True}),
            ("bookmarks.async_archive", first["id"]),
            ("bookmarks.async_unarchive", second["id"]),
            ("bookmarks.async_get_archived",),
            ("bookmarks.async_get_all",),
            ("bookmarks.async_delete", second["id"]),
            ("bookmarks.async_get_all",),
            session=session,
        )
    )

    assert contains(changes | {"id": first["id"], "unread": False, "shared": False}, changed), told(changes, changed)
    assert changed_less["date_modified"] > changed["date_modified"]
    later = {"title": "Moved again", "unread": True, "date_modified": MOMENT}
    assert contains(changed | later, changed_less), told(changed | later, changed_less)
    assert [["Moved again"], ["Second"], 0] == [titles(after_archive), titles(live_again), left["count"]]

    tags, some_tags, profile, answer = drive(
        ("tags.async_get_all",),
        ("tags.async_get_all", {"limit": 1, "offset": 2}),
        ("user.async_get_profile",),
        ("tags.async_create", "fresh"),
        session=session,
    )
    names = [tag["name"] for tag in tags["returned"]["results"]]

    assert [3, {"Zeta", "alpha"}, "new"] == [tags["returned"]["count"], set(names[:2]), names[2]]
    assert ["new"] == [tag["name"] for tag in some_tags["returned"]["results"]]
    assert {"theme": "auto", "search_preferences": {}}.items() <= profile["returned"].items()
    assert {"bookmark_link_target", "enable_sharing", "version"} <= profile["returned"].keys()
    assert ["RequestError", True] == [answer["raised"], "'name': ['This field is required.']" in answer["message"]], (
        "this version of the client sends the name under another word; linkding refuses that too"
    )

    (tag,) = returned(drive(("tags.async_get_single", tags["returned"]["results"][2]["id"]), session=session))

    assert tags["returned"]["results"][2] == tag
    assert contains({"id": int, "name": "new", "date_added": MOMENT}, tag)
    assert {name for name in seen if not name.startswith("all: ")} == {
        name.removeprefix("all: ") for name in seen if name.startswith("all: ")
    }


def test_a_bookmark_saved_again_is_updated(drive):
    """LD-DUP: the second create answers with the first one's id and the new words."""
    first, second, everything = returned(
        drive(
            ("bookmarks.async_create", "https://a.example", {"title": "A", "tag_names": ["x"]}),
            ("bookmarks.async_create", "https://a.example/", {"title": "B"}),
            ("bookmarks.async_get_all",),
        )
    )

    assert [first["id"], "https://a.example", "B", []] == [second[key] for key in ("id", "url", "title", "tag_names")]
    assert [second] == everything["results"]


def test_its_errors_are_raised(drive, live):
    """Each class of its errors comes for its reason, and tells what the server said."""
    wrong = drive(("bookmarks.async_get_all",), ("tags.async_get_all",), ("user.async_get_profile",), token="0" * 40)
    missing = drive(
        ("bookmarks.async_get_single", 999), ("bookmarks.async_delete", 999), ("bookmarks.async_archive", 999),
        ("tags.async_get_single", 999),
    )  # fmt: skip
    (bad,) = drive(("bookmarks.async_create", "no address", {"title": "x"}))
    (elsewhere,) = drive(url=f"{live.base}/nothing/here")

    assert 3 * [{"raised": "InvalidTokenError", "message": "Invalid API token"}] == wrong
    assert 4 * ["UnknownEndpointError"] == [answer["raised"] for answer in missing]
    assert ["RequestError", True] == [bad["raised"], "Enter a valid URL." in bad["message"]]
    assert "InvalidServerVersionError" == elsewhere["raised"]


def test_tokens_open_their_owners_library_only(drive, live):
    """Somebody else's bookmark is unknown to them."""
    (mine,) = returned(drive(("bookmarks.async_create", "https://a.example", {"title": "A"})))
    theirs = drive(
        ("bookmarks.async_get_all",), ("bookmarks.async_get_single", mine["id"]), token=live.make_user("ben")
    )

    assert 0 == theirs[0]["returned"]["count"]
    assert "UnknownEndpointError" == theirs[1]["raised"]
