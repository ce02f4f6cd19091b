"""Between Bkmark's JSON and the canonical rows; nothing here asks a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, TypeVar, cast

import msgspec
from aiohttp import web

from models.rows import BookmarkRow, TagRow
from rest_compat.bkmark.calls import Record
from rest_compat.bkmark.colors import Color, word_of
from rest_compat.bkmark.ids import wants_ulids, write_ulid
from rest_compat.bkmark.names import by_name
from rest_compat.house import base_of

T = TypeVar("T")

Kind = Literal["link", "note", "code", "image"]
Source = Literal["web", "extension", "api", "import", "slack"]
Truth = Literal["true", "false"]  # a yes or no of the address
Timestamp = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]

TAG_FORMAT = "X-Bkmark-Tag-Format"


class Listed(msgspec.Struct, Generic[T], rename="camel"):
    """The envelope of every list (section 1.3)."""

    data: list[T]
    next_cursor: str | None


class Deleted(Record):
    """What a DELETE answers (section 1.7)."""

    id: str
    deleted: bool = True


class TagDetail(Record):
    """A tag as a bookmark shows it (section 5.2)."""

    id: str
    name: str
    color: Color | None


class Bookmark(Record):
    """A bookmark (section 5.1); ``tags`` are names, or what ``tagDetails`` holds for who asks for that."""

    id: str
    url: str | None
    title: str
    description: str | None
    type: Kind
    source: Source
    is_favorite: bool
    is_archived: bool
    read_at: Timestamp | None
    tags: list[str | TagDetail]
    tag_details: list[TagDetail]
    group_ids: list[str]
    summary: str | None
    favicon_url: str | None
    image_url: str | None
    deleted_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class Styled(Record):
    """The parameter of every address that answers with bookmarks (section 5.2)."""

    tag_format: Literal["string", "object"] | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Style:
    """How the caller wants things written.

    ``base`` begins addresses of ours, ``ulids``: ids have 26 characters, ``tag_objects``: a bookmark's tags are
    objects. The defaults are what everybody gets who does not ask, webhooks among them.
    """

    base: str
    ulids: bool = False
    tag_objects: bool = False

    def id(self, uid: str) -> str:
        """An id in the asked-for spelling."""
        return write_ulid(uid) if self.ulids else uid

    def static(self, name: str | None) -> str | None:
        """The address of a picture's file, if there is one."""
        return None if name is None else f"{self.base}/static/{name}"


def style_of(request: web.Request, query: Styled) -> Style:
    """What the address and the headers ask for; the address wins."""
    asked = query.tag_format
    if asked is msgspec.UNSET:
        asked = "object" if request.headers.get(TAG_FORMAT, "").strip().lower() == "object" else "string"
    return Style(base_of(request), wants_ulids(request), asked == "object")


def encode_bookmark(row: BookmarkRow, style: Style) -> Bookmark:
    """A row, read with ``routes.WANTED`` (the door's ``wanted``), in Bkmark's words.

    Of the address the canonical form is shown. Tags are in the order of ``/tags``, groups in that of their age.
    """
    details = [encode_tag_detail(tag, style) for tag in by_name(row.tags)]
    return Bookmark(
        id=style.id(row.uid),
        url=row.url_href,
        title=row.title,
        description=row.description or None,
        type=cast("Kind", row.kind),
        source=cast("Source", row.source),
        is_favorite=row.is_favorite,
        is_archived=row.is_archived,
        read_at=moment_or_none(row.read_at),
        tags=list(details) if style.tag_objects else [tag.name for tag in details],
        tag_details=details,
        group_ids=[style.id(uid) for uid in sorted(row.folder_uids)],
        summary=row.summary,
        favicon_url=style.static(row.favicon),
        image_url=style.static(row.preview_image),
        deleted_at=moment_or_none(row.deleted_at),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def encode_tag_detail(tag: TagRow, style: Style) -> TagDetail:
    """A tag as a bookmark shows it."""
    return TagDetail(id=style.id(tag.uid), name=tag.name, color=word_of(tag.color))


def yes(truth: Truth | None) -> bool | None:
    """A yes or no of the address as a bool; None when it was left out."""
    return None if truth is None else truth == "true"


def moment(value: datetime) -> str:
    """A moment as ``2025-02-03T04:05:06.789Z``."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_or_none(value: datetime | None) -> str | None:
    """The same, or None."""
    return None if value is None else moment(value)
