"""``/tags``: names with a colour and a count (BK section 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from msgspec import UNSET, UnsetType
from strawberry import Some

from models.rows import TagRow
from rest_compat.bkmark.calls import Call, Nothing, Record, handles, target_id
from rest_compat.bkmark.codec import Deleted, Listed, Timestamp, moment
from rest_compat.bkmark.colors import Color, hex_of, word_of
from rest_compat.bkmark.names import by_name, checked_name
from schema.errors import Conflict
from schema.resolvers import tags

LENGTH = 50
READ, WRITE = ("tags:read",), ("tags:write",)

Name = Annotated[str, msgspec.Meta(min_length=1, description="1 to 50 characters, not counting blanks around them")]


class Tag(Record):
    """A tag (section 6.1); ``count`` is how many bookmarks have it."""

    id: str
    name: str
    color: Color | None
    count: int
    created_at: Timestamp


class TagDraft(Record):
    """A tag to be made."""

    name: Name
    color: Color | None = None


class TagPatch(Record):
    """Changes to a tag; null takes its colour away."""

    name: Name | UnsetType = UNSET
    color: Color | UnsetType | None = UNSET


class TagMerge(Record):
    """Two tags, of which the target is left."""

    source_id: str
    target_id: str


@handles(scopes=READ, answer=Listed[Tag])
async def find(call: Call[Nothing, Nothing]) -> Listed[Tag]:
    """List all tags, by name."""
    return Listed([_encode(call, row) for row in by_name(await tags.every(call.ctx))], None)


@handles(scopes=WRITE, body=TagDraft, answer=Tag, status=201)
async def create(call: Call[Nothing, TagDraft]) -> Tag:
    """Make a tag."""
    row, is_new = await tags.create(call.ctx, checked_name(call.body.name, LENGTH), hex_of(call.body.color))
    if not is_new:
        raise Conflict("tag", "name", row.id, uid=row.uid)
    return _encode(call, row)


@handles(scopes=READ, answer=Tag)
async def get(call: Call[Nothing, Nothing]) -> Tag:
    """Read a tag."""
    return _encode(call, await tags.get(call.ctx, await call.target("tag"), counts=True))


@handles(scopes=WRITE, body=TagPatch, answer=Tag)
async def update(call: Call[Nothing, TagPatch]) -> Tag:
    """Give a tag another name or colour."""
    name, color = call.body.name, call.body.color
    row = await tags.update(
        call.ctx,
        await call.target("tag"),
        name=None if name is UNSET else Some(checked_name(name, LENGTH)),
        color=None if color is UNSET else Some(hex_of(color)),
        shown=word_of,
    )
    return _encode(call, row)


@handles(scopes=WRITE, answer=Deleted)
async def delete(call: Call[Nothing, Nothing]) -> Deleted:
    """Delete a tag; its bookmarks stay."""
    await tags.delete(call.ctx, await call.target("tag"))
    return Deleted(id=call.path_id())


@handles(scopes=WRITE, body=TagMerge, answer=Tag)
async def merge(call: Call[Nothing, TagMerge]) -> Tag:
    """Put the target on every bookmark that has the source, then delete the source."""
    source = await target_id(call.ctx, "tag", call.body.source_id, "source_id")
    target = await target_id(call.ctx, "tag", call.body.target_id, "target_id")
    return _encode(call, await tags.merge(call.ctx, [source], target))


def _encode(call: Call[Any, Any], row: TagRow) -> Tag:
    return encode_tag(row, call.id)


def encode_tag(row: TagRow, spell: Callable[[str], str]) -> Tag:
    """A tag that was read with its count; ``spell`` writes ids."""
    return Tag(
        id=spell(row.uid),
        name=row.name,
        color=word_of(row.color),
        count=row.bookmark_count or 0,
        created_at=moment(cast("datetime", row.created_at)),  # only the tags of a bookmark come without
    )
