"""What is sent to save and change bookmarks, and what it becomes (BK sections 5.4, 5.6 and 5.8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType
from strawberry import Maybe, Some

from rest_compat.bkmark.calls import Record, target_ids
from rest_compat.bkmark.codec import Kind, Source
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.inputs import BookmarkDraft, BookmarkPatch
from schema.resolvers.texts import MOST_IDS
from schema.types.kind import BookmarkKind, BookmarkSource

TAG_LENGTH = 50

Ids = Annotated[list[str], msgspec.Meta(max_length=MOST_IDS)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
FIELDS = {"tag": "tagIds", "folder": "groupIds"}


class TagReference(Record):
    """A tag, by its id or else by its name."""

    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class Tagged(Record):
    """Tags, in any of three spellings; what is given in several is put together (section 5.2)."""

    tag_names: list[str] | UnsetType = UNSET
    tag_ids: Ids | UnsetType = UNSET
    tags: list[str | TagReference] | UnsetType = UNSET

    @property
    def is_given(self) -> bool:
        """Whether any of them was sent."""
        return not (self.tag_names is UNSET and self.tag_ids is UNSET and self.tags is UNSET)


class NewBookmark(Tagged):
    """A bookmark to be saved; ``force`` and ``allowDuplicate`` save an address once more."""

    url: str | None = None
    title: str | None = None
    description: str | None = None
    type: Kind = "link"
    group_ids: Ids = msgspec.field(default_factory=list)
    source: Source = "api"
    force: bool = False
    allow_duplicate: bool = False


class Changes(Tagged):
    """Changes to a bookmark; what is left out stays. Tags and groups are replaced; ``readAt`` wins over ``isRead``."""

    url: str | UnsetType | None = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    type: Kind | UnsetType = UNSET
    is_favorite: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    is_read: bool | UnsetType = UNSET
    read_at: Moment | UnsetType | None = UNSET
    group_ids: Ids | UnsetType = UNSET


class Groups(Record):
    """Groups to put a bookmark into."""

    group_ids: Ids


async def decode_draft(ctx: Context, sent: NewBookmark) -> BookmarkDraft:
    """A draft. Raises Invalid for tags and groups that are not there."""
    names, tag_ids = await decode_tags(ctx, sent)
    return BookmarkDraft(
        url=sent.url,
        title=sent.title or None,
        description=sent.description or None,
        kind=BookmarkKind(sent.type),
        source=BookmarkSource(sent.source),
        to_read=True,
        tag_names=names,
        tag_ids=tag_ids,
        folder_ids=await target_ids(ctx, "folder", sent.group_ids, "groupIds"),
    )


async def decode_patch(ctx: Context, sent: Changes) -> BookmarkPatch:
    """A patch. Raises Invalid as ``decode_draft``, and for a moment beyond the ends of time."""
    names, tag_ids = await decode_tags(ctx, sent)
    groups = None if sent.group_ids is UNSET else await target_ids(ctx, "folder", sent.group_ids, "groupIds")
    return BookmarkPatch(
        url=None if sent.url is UNSET else Some(sent.url),
        kind=None if sent.type is UNSET else Some(BookmarkKind(sent.type)),
        title=None if sent.title is UNSET else Some(sent.title),
        description=None if sent.description is UNSET else Some(sent.description or ""),
        tag_names=Some(names) if sent.is_given else None,
        tag_ids=tag_ids if sent.is_given else None,
        is_favorite=None if sent.is_favorite is UNSET else Some(sent.is_favorite),
        is_archived=None if sent.is_archived is UNSET else Some(sent.is_archived),
        to_read=None if sent.is_read is UNSET else Some(not sent.is_read),
        read_at=_decode_read_at(sent),
        folder_ids=groups,
    )


async def decode_tags(ctx: Context, sent: Tagged) -> tuple[list[str], list[int]]:
    """Names, trimmed and without empty ones, and ids of tags.

    Raises Invalid for names of over 50 characters, for ids that name none of the caller's tags, and for a tag of
    neither.
    """
    names: list[str] = []
    uids: list[str] = [] if sent.tag_ids is UNSET else list(sent.tag_ids)
    faults = []
    spelled = (
        [] if sent.tag_names is UNSET else [("tagNames", place, name) for place, name in enumerate(sent.tag_names)]
    )
    for place, tag in enumerate([] if sent.tags is UNSET else sent.tags):
        if isinstance(tag, str):
            spelled.append(("tags", place, tag))
        elif tag.id is not UNSET:
            uids.append(tag.id)
        elif tag.name is not UNSET:
            spelled.append(("tags", place, tag.name))
        else:
            faults.append(Fault(("tags", place), "required"))
    for field, place, sent_name in spelled:
        name = sent_name.strip()
        if len(name) > TAG_LENGTH:
            faults.append(Fault((field, place), "too_long", TAG_LENGTH))
        elif name:
            names.append(name)
    if len(uids) > MOST_IDS:
        faults.append(Fault(("tags",), "too_many", MOST_IDS))
    if faults:
        raise Invalid(*faults)
    return names, await target_ids(ctx, "tag", uids, "tagIds")


@contextmanager
def naming_targets() -> Iterator[None]:
    """A tag or group of the body that went away meanwhile is a fault of the body, not of the path."""
    try:
        yield
    except NotFound as problem:
        if problem.entity not in FIELDS:
            raise
        raise Invalid(Fault((FIELDS[problem.entity],), "unknown")) from None


def _decode_read_at(sent: Changes) -> Maybe[datetime | None]:
    if sent.read_at is UNSET:
        return None
    if sent.read_at is None:
        return Some(None)
    try:
        return Some(sent.read_at.astimezone(UTC))
    except OverflowError:
        raise Invalid(Fault(("readAt",), "moment")) from None
