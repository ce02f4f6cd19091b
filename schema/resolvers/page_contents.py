"""What a page said beside its bookmark; used inside the writes of others."""

from __future__ import annotations

from models import PageContent
from schema.context import Context
from schema.ports import PageData
from schema.preferences import Preferences
from schema.resolvers.jobs import ask_pictures
from schema.unit import Unit


async def keep_content(unit: Unit, bookmark_id: int, page: PageData) -> None:
    """Store what the page said beside its bookmark, over what it said before."""
    await PageContent.update_or_create(
        bookmark_id=bookmark_id,
        defaults={
            "text": page.text or "",
            "html": page.html or "",
            "author": page.author,
            "site_name": page.site_name,
            "language": page.language,
            "published_at": page.published_at,
            "fetched_at": unit.now,
        },
    )


def ask_for_pictures(ctx: Context, unit: Unit, bookmark_id: int, page: PageData) -> None:
    """Ask for the pictures that the owner wants to see and the page has."""
    preferences = Preferences.load(ctx.user.preferences)
    favicon = page.favicon if preferences.enable_favicons else None
    preview = page.preview_image if preferences.enable_preview_images else None
    if favicon or preview:
        ask_pictures(unit, bookmark_id, favicon=favicon, preview=preview)
