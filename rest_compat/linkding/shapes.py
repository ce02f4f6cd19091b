"""What linkding's API says, as types: the answers that the codec writes, and the parameters of lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypedDict, TypeVar

from msgspec import Meta

T = TypeVar("T")


class BookmarkAnswer(TypedDict):
    """A bookmark (LD-BM-5)."""

    id: int
    url: str
    title: str
    description: str
    notes: str
    web_archive_snapshot_url: str
    favicon_url: str | None
    preview_image_url: str | None
    is_archived: bool
    unread: bool
    shared: bool
    tag_names: list[str]
    date_added: datetime
    date_modified: datetime
    website_title: None
    website_description: None


class PageMetadata(TypedDict):
    """What the page of an address says of itself."""

    url: str | None
    title: str | None
    description: str | None
    preview_image: str | None


class CheckAnswer(TypedDict):
    """What is known of an address before it is saved (LD-CHK-1)."""

    bookmark: BookmarkAnswer | None
    metadata: PageMetadata
    auto_tags: list[str]


class TagAnswer(TypedDict):
    """A tag (LD section 13)."""

    id: int
    name: str
    date_added: datetime | None


class BundleAnswer(TypedDict):
    """A saved search (LD section 14)."""

    id: int
    name: str
    search: str
    any_tags: str
    all_tags: str
    excluded_tags: str
    filter_unread: str
    filter_shared: str
    order: int
    date_created: datetime
    date_modified: datetime


class AssetAnswer(TypedDict):
    """A file kept with a bookmark (LD section 15)."""

    id: int
    bookmark: int
    date_created: datetime
    file_size: int | None
    asset_type: str
    content_type: str
    display_name: str
    status: str


class SingleFileAnswer(TypedDict):
    """That a page was kept (LD-SF-1)."""

    message: str


class ProfileAnswer(TypedDict):
    """The account's preferences (LD section 21)."""

    theme: str
    bookmark_date_display: str
    bookmark_link_target: str
    web_archive_integration: str
    tag_search: str
    enable_sharing: bool
    enable_public_sharing: bool
    enable_favicons: bool
    display_url: bool
    permanent_notes: bool
    search_preferences: dict[str, Any]
    version: str


class ListAnswer(TypedDict, Generic[T]):
    """A page of a list (LD-PAGE-1)."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


class PageQuery(TypedDict, total=False):
    """Which part of a list is asked for."""

    limit: Annotated[int, Meta(description="At most this many; 100 if left out, and there is no cap.")]
    offset: Annotated[int, Meta(description="How many to pass over.")]


class BookmarkQuery(PageQuery, total=False):
    """Which bookmarks are asked for; what cannot be read filters nothing (LD section 6)."""

    q: Annotated[str, Meta(description="A search.")]
    sort: Literal["added_asc", "added_desc", "modified_asc", "modified_desc", "title_asc", "title_desc"]
    unread: Literal["off", "yes", "no"]
    shared: Literal["off", "yes", "no"]
    added_since: Annotated[str, Meta(description="A moment in ISO 8601.")]
    modified_since: Annotated[str, Meta(description="A moment in ISO 8601.")]
    bundle: Annotated[int, Meta(description="The id of a bundle of mine, which must match as well.")]


class SharedQuery(BookmarkQuery, total=False):
    """The same, of everybody who shares or of one of them."""

    user: Annotated[str, Meta(description="The user's name.")]


class CheckQuery(TypedDict, total=False):
    """Which address is asked about."""

    url: str
    ignore_cache: Literal["true"]


class CreateQuery(TypedDict, total=False):
    """How an address is saved; being there is enough."""

    disable_scraping: str
    disable_html_snapshot: str
