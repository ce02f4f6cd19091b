"""The profile, and what every client asks first (LD section 21)."""

from __future__ import annotations

from rest_compat.linkding import LINKDING_VERSION
from schema.resolvers import accounts
from tests.databases import statements_counted
from tests.factories import make_token

FRESH = {
    "theme": "auto", "bookmark_date_display": "relative", "bookmark_link_target": "_blank",
    "web_archive_integration": "disabled", "tag_search": "strict", "enable_sharing": False,
    "enable_public_sharing": False, "enable_favicons": False, "display_url": False, "permanent_notes": False,
    "search_preferences": {}, "version": "1.46.2",
}  # fmt: skip


async def test_a_fresh_user_has_the_defaults(linkding):
    """Section 21, shape: keys in this order."""
    answer = await linkding.get("/api/user/profile/")

    assert (200, FRESH) == answer.seen
    assert list(FRESH) == list(answer.body)
    assert "1.46.2" == LINKDING_VERSION


async def test_settings_are_seen(linkding, ann):
    """Section 21, settings."""
    wish = {
        "theme": "dark", "bookmark_date_display": "hidden", "bookmark_link_target": "_self",
        "web_archive_integration": "enabled", "tag_search": "lax", "enable_sharing": True,
        "enable_public_sharing": True, "enable_favicons": True, "display_url": True, "permanent_notes": True,
        "search_preferences": {"sort": "title_asc", "shared": "yes", "unread": "off"},
    }  # fmt: skip
    await accounts.set_preferences(await ann.ctx(), wish)

    assert wish | {"version": "1.46.2"} == (await linkding.get("/api/user/profile/")).body


async def test_it_is_cheap_and_open_to_every_credential(linkding, ann):
    """One statement: the credential's own."""
    client = linkding.as_(await make_token(ann, "tags:read"))
    await client.get("/api/user/profile/")
    await ann.ports.background.drain()
    async with statements_counted([]) as statements:
        answer = await client.get("/api/user/profile/")

    assert (200, 1) == (answer.status, len(statements))


async def test_the_root_is_an_empty_object(linkding, anonymous):
    assert (200, {}) == (await linkding.get("/api/")).seen
    assert (200, {}) == (await linkding.get("/api")).seen
    assert 401 == (await anonymous.get("/api/")).status
