"""Inputs whose words are GraphQL's own; those that other doors make too are in schema/inputs.py."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from strawberry import Maybe

from schema.scalars import BigInt
from schema.types.account import (
    DateDisplay,
    LinkTarget,
    SearchSort,
    SearchSwitch,
    TagSearch,
    Theme,
    WebArchive,
)
from schema.types.scope import Scope


@strawberry.enum(description="What a token looks like. Any token opens any API, whatever it looks like.")
class TokenFormat(Enum):
    """The words of schema/resolvers/tokens.py."""

    LINKDING = strawberry.enum_value("linkding", description="40 hexadecimal digits.")
    BKMARK = strawberry.enum_value("bkmark", description="`bk_` and 32 hexadecimal digits.")
    APP_PASSWORD = strawberry.enum_value("app-password", description="72 letters and digits.")


@strawberry.input(description="A token to be made.")
class TokenDraft:
    """What createToken takes."""

    name: str = strawberry.field(description="What you call it: 1 to 255 characters.")
    scopes: list[Scope] | None = strawberry.field(
        default=None, description="What it may do; the same as the credential that asks if left out."
    )
    format: TokenFormat = strawberry.field(default=TokenFormat.LINKDING, description="What it looks like.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends; never if left out.")


@strawberry.input(description="How the search page starts; what is left out or null is the server's choice.")
class SearchPreferencesInput:
    """The whole of the search preferences."""

    sort: SearchSort | None = strawberry.field(default=None, description="What it sorts by.")
    shared: SearchSwitch | None = strawberry.field(default=None, description="Whether it shows shared bookmarks only.")
    unread: SearchSwitch | None = strawberry.field(default=None, description="Whether it shows unread bookmarks only.")


@strawberry.input(description="Changes to preferences; what is left out stays.")
class PreferencesPatch:
    """The names are those of schema.preferences.Preferences."""

    theme: Maybe[Theme] = strawberry.field(default=None, description="Light or dark.")
    bookmark_date_display: Maybe[DateDisplay] = strawberry.field(
        default=None, description="How dates of bookmarks are shown."
    )
    bookmark_link_target: Maybe[LinkTarget] = strawberry.field(default=None, description="Where links open.")
    web_archive_integration: Maybe[WebArchive] = strawberry.field(
        default=None, description="Whether the Internet Archive is asked to keep pages."
    )
    tag_search: Maybe[TagSearch] = strawberry.field(
        default=None, description="Whether a word of a search also finds a tag of that name."
    )
    enable_sharing: Maybe[bool] = strawberry.field(
        default=None, description="Whether public bookmarks are shared with other users."
    )
    enable_public_sharing: Maybe[bool] = strawberry.field(
        default=None, description="Whether they are shared with the whole world too."
    )
    enable_favicons: Maybe[bool] = strawberry.field(default=None, description="Whether icons of sites are fetched.")
    enable_preview_images: Maybe[bool] = strawberry.field(
        default=None, description="Whether preview images are fetched."
    )
    display_url: Maybe[bool] = strawberry.field(default=None, description="Whether lists show addresses.")
    permanent_notes: Maybe[bool] = strawberry.field(
        default=None, description="Whether lists show notes without a click."
    )
    automatic_snapshots: Maybe[bool] = strawberry.field(
        default=None, description="Whether a snapshot is taken of every new bookmark's page."
    )
    search_preferences: Maybe[SearchPreferencesInput] = strawberry.field(
        default=None, description="How the search page starts; replaces the whole of it."
    )


@strawberry.input(description="A change of your password.")
class PasswordChange:
    """What changePassword takes."""

    old_password: str = strawberry.field(description="The password as it is.")
    new_password: str = strawberry.field(description="The password to be: eight characters or more.")


@strawberry.input(name="BundleDraft", description="A search to be saved. Names of tags have no blanks in a bundle.")
class NewBundle:
    """What createBundle takes; ``schema.resolvers.bundles.BundleDraft`` has texts for the lists."""

    name: str = strawberry.field(description="Its name: 1 to 256 characters.")
    search: str = strawberry.field(
        default="", description="Words that must all occur, with blanks between: 256 characters at most."
    )
    any_tags: list[str] = strawberry.field(
        default_factory=list, description="One of these at least. 1,024 characters in all, as the next two."
    )
    all_tags: list[str] = strawberry.field(default_factory=list, description="All of these.")
    excluded_tags: list[str] = strawberry.field(default_factory=list, description="None of these.")
    to_read: bool | None = strawberry.field(
        default=None, description="Only what is to be read, or only the others; null for either."
    )
    is_public: bool | None = strawberry.field(
        default=None, description="Only what is shared, or only the others; null for either."
    )
    position: BigInt | None = strawberry.field(default=None, description="Where it stands; last if left out.")


@strawberry.input(name="BundlePatch", description="Changes to a bundle; what is left out stays.")
class BundleChanges:
    """What updateBundle takes."""

    name: Maybe[str] = strawberry.field(default=None, description="Another name.")
    search: Maybe[str] = strawberry.field(default=None, description="Other words; may be empty.")
    any_tags: Maybe[list[str]] = strawberry.field(default=None, description="Other tags; may be none.")
    all_tags: Maybe[list[str]] = strawberry.field(default=None, description="Other tags; may be none.")
    excluded_tags: Maybe[list[str]] = strawberry.field(default=None, description="Other tags; may be none.")
    to_read: Maybe[bool | None] = strawberry.field(
        default=None, description="Only what is to be read, only the others, or null for either."
    )
    is_public: Maybe[bool | None] = strawberry.field(
        default=None, description="Only what is shared, only the others, or null for either."
    )
    position: Maybe[BigInt] = strawberry.field(default=None, description="Another place; the others keep theirs.")
