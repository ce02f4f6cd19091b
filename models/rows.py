"""The light rows that reads return and every door words; never ORM instances (docs/decisions/0002-light-rows.md).

Moments are aware and in UTC. ``uid`` is a UUID's text. What a read was not asked for keeps its default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class TagRow:
    """A tag; ``bookmark_count`` counts the owner's live bookmarks that have it and is None unless asked for."""

    id: int
    name: str
    color: str | None = None
    uid: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    bookmark_count: int | None = None


@dataclass(slots=True)
class BookmarkRow:
    """A bookmark with its tags.

    ``read_at`` is None while it is to be read. ``tag_names`` are in no promised order; ``tags`` is filled instead of it
    when whole tags were asked for. ``folder_ids`` are the live folders that it is in, the root among them, and empty
    unless asked for; ``folder_uids`` are those but the root, by their uids. ``sort_key`` is filled for the
    cursors of lists by title (hexadecimal) and by address.
    """

    id: int
    uid: str
    owner_id: int
    kind: str
    source: str
    url: str | None
    url_href: str | None
    title: str
    description: str
    notes: str
    is_title_provisional: bool
    is_archived: bool
    is_favorite: bool
    is_public: bool
    read_at: datetime | None
    click_count: int
    favicon: str | None
    preview_image: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    sort_key: str | None = None
    tag_names: list[str] = field(default_factory=list)
    tags: list[TagRow] = field(default_factory=list)
    folder_ids: list[int] = field(default_factory=list)
    summary: str | None = None
    folder_uids: list[str] = field(default_factory=list)
    web_archive_url: str | None = None


@dataclass(slots=True)
class FolderRow:
    """A folder; ``parent_id`` is None for the root, ``position`` orders it among everything in its parent.

    ``bookmark_count`` counts the live bookmarks in the folder itself, and ``parent_uid`` names its parent unless that
    is the root; both are None unless counts were asked for.
    """

    id: int
    uid: str
    parent_id: int | None
    name: str
    description: str
    color: str | None
    icon: str | None
    position: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    parent_uid: str | None = None
    bookmark_count: int | None = None


@dataclass(slots=True)
class AssetRow:
    """An asset (models/asset.py); ``size`` and ``sha256`` are None until its bytes are there."""

    id: int
    bookmark_id: int
    kind: str
    status: str
    content_type: str
    display_name: str
    size: int | None
    sha256: str | None
    created_at: datetime
    encoding: str = ""


@dataclass(slots=True)
class BundleRow:
    """A saved search, in the words of models/bundle.py."""

    id: int
    name: str
    search: str
    any_tags: str
    all_tags: str
    excluded_tags: str
    filter_unread: str
    filter_shared: str
    position: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class ContentRow:
    """What a bookmark's page said when it was read; ``html`` is its article, sanitised, empty when it has none."""

    bookmark_id: int
    text: str
    html: str
    author: str | None
    site_name: str | None
    language: str | None
    published_at: str | None
    fetched_at: datetime


@dataclass(slots=True)
class UserRow:
    """An account without its secrets; ``root_folder_id`` is 0 for one that was made without a root folder."""

    id: int
    uid: str
    username: str
    is_admin: bool
    is_active: bool
    enable_sharing: bool
    enable_public_sharing: bool
    preferences: dict[str, object]
    auto_tagging_rules: str
    change_seq: int
    created_at: datetime
    root_folder_id: int


@dataclass(slots=True)
class TokenRow:
    """A credential as its owner sees it in a list; with a ``grant_id`` it ends with that grant of OAuth."""

    id: int
    uid: str
    name: str
    prefix: str
    kind: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    grant_id: int | None = None


@dataclass(slots=True)
class OAuthClientRow:
    """A program that may ask people to let it in, as whoever registered it sees it; a public one has no secret."""

    id: int
    uid: str
    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    is_public: bool
    created_at: datetime


@dataclass(slots=True)
class OAuthGrantRow:
    """What somebody has let a client do; ``last_used_at`` is when a token of it last was, give or take ten minutes."""

    id: int
    uid: str
    client_name: str
    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(slots=True)
class SessionRow:
    """A signed-in browser as its owner sees it in a list; ``user_agent`` is what it calls itself."""

    id: int
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(slots=True)
class WebhookRow:
    """A subscription as its owner sees it; its secret is nobody's to read."""

    id: int
    name: str
    url: str
    events: tuple[str, ...]
    scopes: tuple[str, ...]
    dialect: str
    query: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class DeliveryRow:
    """One event for one webhook; ``subject`` is ``bookmark:7``, ``status`` pending, delivered or failed.

    ``next_attempt_at`` is None unless it is pending, ``ended_at`` while it is.
    """

    id: int
    webhook_id: int
    name: str
    event: str
    subject: str
    status: str
    attempts: int
    response_status: int | None
    last_error: str
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
