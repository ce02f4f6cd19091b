"""Verifying a backup: every byte, the database inside, and that every file it names is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from server.backup import postgres, sqlite
from server.backup.manifest import Facts, Manifest, asset_member
from server.backup.reading import Archive, opened
from server.backup.trouble import BackupError, Damaged, writing_to

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a backup says of itself, its size as it lies there, and what is wrong with it, a line each."""

    manifest: Manifest
    size: int
    troubles: list[str]


def verify(file: Path, *, tell: Tell) -> Verified:
    """Read all of a backup and look into its database, which is unpacked where temporary files go.

    Needs no server, but ``pg_restore`` for a database of PostgreSQL. Raises BackupError for what is no backup at all.
    """
    with opened(file) as archive, TemporaryDirectory(prefix="polymark-") as folder:
        found = _Verification(archive, tell)
        database = Path(folder) / "database"
        with writing_to(database):
            found.read_all(database)
        found.look_into(database)
        return Verified(archive.manifest, file.stat().st_size, found.troubles)


class _Verification:
    def __init__(self, archive: Archive, tell: Tell) -> None:
        self.troubles: list[str] = []
        self._archive = archive
        self._tell = tell
        self._done = 0
        self._is_database_whole = False

    def read_all(self, database: Path) -> None:
        """Hash every member; the database is kept at this path."""
        for member in self._archive.manifest.members:
            try:
                if member is self._archive.database:
                    with database.open("xb") as target:
                        self._archive.copy(member, target, self._told)
                    self._is_database_whole = True
                else:
                    for _ in self._archive.read(member, self._told):
                        pass
            except Damaged as error:
                self.troubles.append(f"{error}.")

    def look_into(self, database: Path) -> None:
        """Check the database, and hold what it says against the manifest."""
        if not self._is_database_whole:
            return
        self._tell("Database", 0, 1)
        side = sqlite if self._archive.manifest.database == "sqlite" else postgres
        try:
            side.check(database)
            self._compare(side.look(database))
        except Damaged as error:
            self.troubles.append(f"{error}.")
        except BackupError as error:
            self.troubles.append(f"Its database was not looked into: {error}")

    def _compare(self, facts: Facts) -> None:
        manifest = self._archive.manifest
        if (facts.counts, facts.migration) != (manifest.counts, manifest.migration):
            self.troubles.append("Its database holds something else than its manifest says.")
        there, known = {member.name for member in manifest.members}, set(manifest.missing)
        for name in facts.names:
            if asset_member(name) not in there:
                why = "was missing or damaged when the backup was made" if name in known else "is not in it"
                self.troubles.append(f"{asset_member(name)} {why}.")

    def _told(self, number: int) -> None:
        self._done += number
        self._tell("Reading", self._done, self._archive.size)
