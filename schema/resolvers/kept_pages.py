"""What is asked to be kept of a bookmark's page: snapshots, and a copy at the Internet Archive.

Used inside the writes of others; the jobs are done by resolvers/snapshots.py and resolvers/archives.py.
"""

from __future__ import annotations

from models import Asset, kinds
from models import url as urls
from models.asset import PENDING, SNAPSHOT
from schema.context import Context
from schema.preferences import Preferences
from schema.resolvers.jobs import ask_archive, ask_snapshot
from schema.unit import Unit

NEW_NAME = "New snapshot"  # until there is one (LD section 15)


def has_page(url: str | None, kind: str) -> bool:
    """Whether there is a page behind the bookmark: an http(s) address that is more than what a text is about."""
    return kind not in kinds.TEXTS and urls.is_web(url or "")


async def ask_to_keep(ctx: Context, unit: Unit, bookmark_id: int, url: str, kind: str, *, snapshot: bool) -> None:
    """Ask for what its owner wants of every new bookmark; one without a page, or that is not new, is not for here.

    ``snapshot``: False takes none, whatever the owner wants (LD-NEW-7).
    """
    if not has_page(url, kind):
        return
    preferences = Preferences.load(ctx.user.preferences)
    if snapshot and preferences.automatic_snapshots and ctx.ports.snapshots is not None:
        await add_pending(unit, bookmark_id)
    if preferences.web_archive_integration == "enabled" and ctx.ports.limits.fetch_timeout:
        ask_archive(unit, bookmark_id)


async def add_pending(unit: Unit, bookmark_id: int) -> Asset:
    """A snapshot that is still to be taken, and the job that takes it."""
    asset = await Asset.create(
        bookmark_id=bookmark_id, kind=SNAPSHOT, status=PENDING, display_name=NEW_NAME, created_at=unit.now
    )
    unit.record("asset", asset.id, "create")
    ask_snapshot(unit, asset.id)
    return asset
