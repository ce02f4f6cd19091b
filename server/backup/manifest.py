"""``manifest.json``, the last member of a backup: what it is, of what moment, and what every other member must be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from schema.version import VERSION
from server.backup.trouble import BackupError, Damaged

FORM = 1
MANIFEST = "manifest.json"
SQLITE_FILE, POSTGRES_FILE, KEY = "polymark.db", "polymark.dump", "secret.key"
ASSETS = "assets"
Kind = Literal["sqlite", "postgres"]
FILE_OF: dict[Kind, str] = {"sqlite": SQLITE_FILE, "postgres": POSTGRES_FILE}
NAME_OF: dict[Kind, str] = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
LONGEST_KEY = 4096  # bytes; a key is read whole

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Member(msgspec.Struct, frozen=True):
    """A member: its name, its bytes' number, and their SHA-256."""

    name: str
    size: int
    sha256: str


class Counts(msgspec.Struct, frozen=True):
    """How much of each there is; ``files`` are the different ones that assets and pictures of bookmarks name."""

    users: int
    bookmarks: int
    assets: int
    files: int


class Manifest(msgspec.Struct, frozen=True):
    """All that a backup says of itself; ``missing`` are files that were not there, or not whole, when it was made."""

    form: int
    version: str
    made_at: datetime
    database: Kind
    migration: str
    counts: Counts
    missing: list[str]
    members: list[Member]


class _Form(msgspec.Struct):
    """What every form has, those to come too."""

    form: int
    version: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database says of itself; ``names`` are the SHA-256 of the files it names, in order."""

    migration: str
    users: int
    bookmarks: int
    assets: int
    names: list[str]

    @property
    def counts(self) -> Counts:
        """How much of each there is."""
        return Counts(self.users, self.bookmarks, self.assets, len(self.names))


def asset_member(sha256: str) -> str:
    """Where a file lies in a backup, as in the data directory."""
    return f"{ASSETS}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def only_sha256(names: Iterable[str]) -> list[str]:
    """Those that are the SHA-256 of something, each once, in order; pictures' names come without their ending."""
    return sorted({name for name in names if _SHA256.fullmatch(name)})


def encode(manifest: Manifest) -> bytes:
    """The member's bytes: JSON, one line a member."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(text: bytes) -> Manifest:
    """Read it again, and check that its members are what a backup has, each once.

    Raises Damaged for what is none, BackupError for one of a newer form.
    """
    try:
        form = msgspec.json.decode(text, type=_Form)
        if form.form > FORM:
            raise BackupError(
                f"The backup was made by Polymark {form.version}, which is newer than this one ({VERSION})."
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(f"its {MANIFEST} cannot be read ({error})") from None
    _check(manifest)
    return manifest


def _check(manifest: Manifest) -> None:
    """The database and no other, at most a key, and files under the names of their contents. Raises Damaged."""
    seen: set[str] = set()
    for member in manifest.members:
        if member.name in seen:
            raise Damaged(f"its {MANIFEST} has {shown(member.name)} twice")
        seen.add(member.name)
        is_file = member.name == asset_member(member.sha256)
        if not _SHA256.fullmatch(member.sha256) or member.size < 0:
            raise Damaged(f"its {MANIFEST} says what cannot be of {shown(member.name)}")
        if not is_file and member.name not in {KEY, FILE_OF[manifest.database]}:
            raise Damaged(f"its {MANIFEST} has a member that no backup has: {shown(member.name)}")
        if member.name == KEY and member.size > LONGEST_KEY:
            raise Damaged(f"its {KEY} is too long for one")
    if FILE_OF[manifest.database] not in seen:
        raise Damaged("it has no database")
    if manifest.form != FORM:
        raise Damaged(f"its {MANIFEST} is of a form that never was")


def shown(name: str) -> str:
    """A member's name for a line of a terminal."""
    return repr(name) if len(name) <= 100 else f"{name[:100]!r}…"
