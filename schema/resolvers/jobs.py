"""The kinds of jobs there are, asked for inside writes; the worker's side is resolvers/worker.py."""

from __future__ import annotations

from schema.events import DELIVER
from schema.unit import RANK, Unit

__all__ = [
    "ARCHIVE",
    "DELIVER",
    "PICTURES",
    "PURGE",
    "RANK",
    "SCRAPE",
    "SLOW",
    "SNAPSHOT",
    "SWEEP",
    "ask_archive",
    "ask_pictures",
    "ask_scrape",
    "ask_snapshot",
    "snapshot_key",
]

SCRAPE = "scrape"
PICTURES = "pictures"
PURGE = "purge"
SWEEP = "sweep"
SNAPSHOT = "snapshot"
ARCHIVE = "archive"
SLOW = (SNAPSHOT, ARCHIVE)  # may take minutes, so they keep no others waiting


def ask_scrape(unit: Unit, bookmark_id: int, *, urgent: bool = False) -> None:
    """Ask for the bookmark's page to be read, its empty texts filled and its pictures fetched.

    With ``urgent`` it is done at once, also when it was put off.
    """
    unit.enqueue(SCRAPE, {"bookmark": bookmark_id}, dedupe_key=f"{SCRAPE}:{bookmark_id}", urgent=urgent)


def ask_pictures(unit: Unit, bookmark_id: int, *, favicon: str | None, preview: str | None) -> None:
    """Ask for favicon and preview image to be fetched from these addresses."""
    payload = {"bookmark": bookmark_id, "favicon": favicon, "preview": preview}
    unit.enqueue(PICTURES, payload, dedupe_key=f"{PICTURES}:{bookmark_id}")


def ask_snapshot(unit: Unit, asset_id: int, *, urgent: bool = False) -> None:
    """Ask for the pending snapshot to be taken; with ``urgent`` at once, also when it was put off."""
    unit.enqueue(SNAPSHOT, {"asset": asset_id}, dedupe_key=snapshot_key(asset_id), urgent=urgent)


def snapshot_key(asset_id: int) -> str:
    """What the job of a pending snapshot is known by."""
    return f"{SNAPSHOT}:{asset_id}"


def ask_archive(unit: Unit, bookmark_id: int) -> None:
    """Ask for the bookmark's page to be kept by the Internet Archive."""
    unit.enqueue(ARCHIVE, {"bookmark": bookmark_id}, dedupe_key=f"{ARCHIVE}:{bookmark_id}")
