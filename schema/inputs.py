"""Drafts, patches and filters: what every door decodes into, and GraphQL's own input types.

``Maybe`` tells "not sent" (None) from "sent" (``Some(value)``).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from strawberry import Maybe

from schema.types.kind import BookmarkKind, BookmarkSource


class ConflictPolicy(Enum):
    """How ``save`` treats an address that is bookmarked already.

    ERROR raises Conflict, RETURN_EXISTING changes nothing and answers with the bookmark that exists. MERGE overwrites
    what the draft gives, adds its tags to those there are and keeps the rest. REPLACE: texts, flags and tags become
    the draft's, left-out ones become empty; the address as first written, the creation date and whether it is
    archived stay. COPY makes one more beside it.
    """

    ERROR = "error"
    RETURN_EXISTING = "return_existing"
    MERGE = "merge"
    REPLACE = "replace"
    COPY = "copy"


@strawberry.enum(description="What to do when the address is bookmarked already.")
class IfBookmarked(Enum):
    """GraphQL's words for a ConflictPolicy; the value is the policy."""

    KEEP = strawberry.enum_value(
        ConflictPolicy.RETURN_EXISTING, description="Change nothing, and answer with the bookmark that exists."
    )
    MERGE = strawberry.enum_value(
        ConflictPolicy.MERGE,
        description="Overwrite what the draft gives, add its tags to those there are, keep the rest.",
    )
    REPLACE = strawberry.enum_value(
        ConflictPolicy.REPLACE,
        description=(
            "Texts, flags and tags become the draft's, left-out ones become empty. "
            "The address as first written, the creation date and whether it is archived stay; "
            "a favourite stays one."
        ),
    )
    COPY = strawberry.enum_value(ConflictPolicy.COPY, description="Make one more bookmark of it beside that one.")


@strawberry.input(description="A bookmark to be saved.")
class BookmarkDraft:
    """What a new bookmark is made from; None means left out."""

    url: str | None = strawberry.field(
        default=None,
        description="The address. Kept as given, without blanks at its ends. Only notes and code do without.",
    )
    kind: BookmarkKind | None = strawberry.field(
        default=None, description="What it is; left out, the address says. One that is known already stays what it is."
    )
    source: BookmarkSource | None = strawberry.field(
        default=None, description="Where it came from, for a new one; API if left out."
    )
    title: str | None = strawberry.field(default=None, description="Left out or empty: taken from the page.")
    description: str | None = strawberry.field(default=None, description="Left out or empty: taken from the page.")
    notes: str = strawberry.field(default="", description="Your own words, Markdown by convention.")
    tag_names: list[str] = strawberry.field(
        default_factory=list, description="Names of tags; missing tags are made, known ones keep their spelling."
    )
    is_archived: bool = strawberry.field(default=False, description="Save it straight into the archive.")
    is_favorite: bool = strawberry.field(default=False, description="Mark it as a favourite.")
    is_public: bool = strawberry.field(default=False, description="Share it, as far as the account shares at all.")
    to_read: bool = strawberry.field(default=False, description="Mark it as still to be read.")
    read_at: datetime | None = strawberry.field(
        default=None, description="When it was read, unless it is to be read; now if left out."
    )
    folder_ids: strawberry.Private[list[int] | None] = None  # GraphQL names folders by global ids: an argument
    tag_ids: strawberry.Private[list[int] | None] = None  # beside tag_names
    created_at: datetime | None = strawberry.field(
        default=None, description="When it was first saved; now if left out."
    )
    updated_at: datetime | None = strawberry.field(
        default=None, description="When it was last changed; now if left out."
    )


@strawberry.input(description="Changes to a bookmark; what is left out stays.")
class BookmarkPatch:
    """What an update changes."""

    url: Maybe[str | None] = strawberry.field(
        default=None, description="Another address; null or an empty one takes it away from a note or from code."
    )
    kind: Maybe[BookmarkKind] = strawberry.field(
        default=None, description="What it is from now on; `LINK` and `BOOKMARKLET` are told apart by the address."
    )
    title: Maybe[str] = strawberry.field(default=None, description="Another title; may be empty.")
    description: Maybe[str] = strawberry.field(default=None, description="Another description; may be empty.")
    notes: Maybe[str] = strawberry.field(default=None, description="Other notes; may be empty.")
    tag_names: Maybe[list[str]] = strawberry.field(default=None, description="The whole new set of tags.")
    is_archived: Maybe[bool] = strawberry.field(default=None, description="Into the archive, or out of it.")
    is_favorite: Maybe[bool] = strawberry.field(default=None, description="A favourite, or no longer.")
    is_public: Maybe[bool] = strawberry.field(default=None, description="Shared, or no longer.")
    to_read: Maybe[bool] = strawberry.field(default=None, description="Still to be read, or read.")
    read_at: Maybe[datetime | None] = strawberry.field(
        default=None, description="When it was read, or null to have it still to be read; wins over `toRead`."
    )
    folder_ids: strawberry.Private[list[int] | None] = None  # the whole new set; GraphQL names them by global ids
    tag_ids: strawberry.Private[list[int] | None] = None  # of the whole new set of tags, beside tag_names
    created_at: Maybe[datetime] = strawberry.field(default=None, description="When it was first saved.")


@strawberry.input(description="Where bookmarks lie.")
class FolderFilter:
    """GraphQL's words for InFolder."""

    id: strawberry.ID = strawberry.field(
        description="Global id of a folder of yours; nothing is in one that there is not."
    )
    recursive: bool = strawberry.field(
        default=False, description="Whether what lies in folders below it counts as well."
    )


@strawberry.input(description="Which bookmarks a list holds; all that is given must hold.")
class BookmarkFilter:
    """GraphQL's words for a tree."""

    query: str | None = strawberry.field(
        default=None,
        description=(
            'Search language: words, "phrases", #tags, !unread, !untagged, and, or, not, parentheses. '
            "A query that cannot be read finds nothing."
        ),
    )
    tags: list[str] | None = strawberry.field(
        default=None, description="Has all of these tags; at most 50, none filters nothing."
    )
    any_tags: list[str] | None = strawberry.field(
        default=None, description="Has at least one of these tags; at most 50, none filters nothing."
    )
    excluded_tags: list[str] | None = strawberry.field(
        default=None, description="Has none of these tags; at most 50, none filters nothing."
    )
    is_archived: bool | None = strawberry.field(default=None, description="Only archived ones, or only the others.")
    is_favorite: bool | None = strawberry.field(default=None, description="Only favourites, or only the others.")
    is_public: bool | None = strawberry.field(default=None, description="Only shared ones, or only the others.")
    to_read: bool | None = strawberry.field(default=None, description="Only those to be read, or only the others.")
    is_untagged: bool | None = strawberry.field(
        default=None, description="Only those without a tag, or only the others."
    )
    kind: BookmarkKind | None = strawberry.field(default=None, description="Only those of this kind.")
    source: BookmarkSource | None = strawberry.field(default=None, description="Only those that came from there.")
    folder: FolderFilter | None = strawberry.field(
        default=None, description="Only those in a folder. Needs the scope GROUPS_READ."
    )
    bundle: strawberry.ID | None = strawberry.field(
        default=None,
        description="Only what a bundle of yours matches; nothing if there is none. Needs the scope BOOKMARKS_READ.",
    )
    added_since: datetime | None = strawberry.field(default=None, description="Saved after this moment.")
    modified_since: datetime | None = strawberry.field(default=None, description="Changed after this moment.")


@strawberry.input(description="A tag to be made.")
class TagDraft:
    """What a new tag is made from."""

    name: str = strawberry.field(description="Its name: 1 to 255 characters.")
    color: str | None = strawberry.field(
        default=None, description="Its colour: `#rgb`, `#rrggbb` or `#rrggbbaa`; none if left out."
    )


@strawberry.input(description="A folder to be made.")
class FolderDraft:
    """What a new folder is made from; ``parent_id`` None is the root."""

    name: str = strawberry.field(default="", description="Its name; several may share one, and it may be empty.")
    parent_id: strawberry.Private[int | None] = None
    description: str = strawberry.field(default="", description="What is in it.")
    color: str | None = strawberry.field(
        default=None, description="Its colour: `#rgb`, `#rrggbb` or `#rrggbbaa`; none if left out."
    )
    icon: str | None = strawberry.field(default=None, description="A name or an emoji that stands for it.")


@strawberry.input(description="Changes to a folder; what is left out stays.")
class FolderPatch:
    """What an update of a folder changes."""

    name: Maybe[str] = strawberry.field(default=None, description="Another name; may be empty.")
    parent_id: strawberry.Private[int | None] = None
    description: Maybe[str] = strawberry.field(default=None, description="Another description; may be empty.")
    color: Maybe[str | None] = strawberry.field(default=None, description="Another colour, or null for none.")
    icon: Maybe[str | None] = strawberry.field(default=None, description="Another icon, or null for none.")
