"""The kinds of jobs there are, asked for inside writes; the worker's side is resolvers/worker.py."""

from __future__ import annotations

from schema.events import DELIVER
from schema.unit import RANK, Unit

__all__ = ["DELIVER", "PICTURES", "PURGE", "RANK", "SCRAPE", "SWEEP", "ask_pictures", "ask_scrape"]

SCRAPE = "scrape"
PICTURES = "pictures"
PURGE = "purge"
SWEEP = "sweep"


def ask_scrape(unit: Unit, bookmark_id: int) -> None:
    """Ask for the bookmark's page to be read, its empty texts filled and its pictures fetched."""
    unit.enqueue(SCRAPE, {"bookmark": bookmark_id}, dedupe_key=f"{SCRAPE}:{bookmark_id}")


def ask_pictures(unit: Unit, bookmark_id: int, *, favicon: str | None, preview: str | None) -> None:
    """Ask for favicon and preview image to be fetched from these addresses."""
    payload = {"bookmark": bookmark_id, "favicon": favicon, "preview": preview}
    unit.enqueue(PICTURES, payload, dedupe_key=f"{PICTURES}:{bookmark_id}")
