"""``/groups``: the folders below the root, flat, with the tree in ``parentId`` (BK section 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType
from strawberry import Some

from models.rows import FolderRow
from rest_compat.bkmark.calls import Call, Nothing, Record, handles, target_id
from rest_compat.bkmark.codec import Deleted, Listed, Timestamp, moment
from rest_compat.bkmark.colors import six_digits
from rest_compat.bkmark.names import by_name, checked_name
from schema.inputs import FolderDraft, FolderPatch
from schema.resolvers import filing, folder_trash, folders

LENGTH = 100
READ, WRITE = ("groups:read",), ("groups:write",)

Name = Annotated[str, msgspec.Meta(min_length=1, description="1 to 100 characters, not counting blanks around them")]
Hex = Annotated[str, msgspec.Meta(pattern="^#[0-9A-Fa-f]{6}$")]


class Group(Record):
    """A group (section 7.1); ``count`` is how many bookmarks are in it, not counting those in groups below."""

    id: str
    name: str
    description: str | None
    color: Hex | None
    icon: str | None
    parent_id: str | None
    count: int
    created_at: Timestamp
    updated_at: Timestamp


class GroupDraft(Record):
    """A group to be made; without a parent it is at the top."""

    name: Name
    description: str | None = None
    color: Hex | None = None
    icon: str | None = None
    parent_id: str | None = None


class GroupPatch(Record):
    """Changes to a group; null takes a value away, and the group to the top."""

    name: Name | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    color: Hex | UnsetType | None = UNSET
    icon: str | UnsetType | None = UNSET
    parent_id: str | UnsetType | None = UNSET


class Deletion(Record):
    """Which group a deleted group's bookmarks go to."""

    move_bookmarks_to: str | UnsetType = UNSET


@handles(scopes=READ, answer=Listed[Group])
async def find(call: Call[Nothing, Nothing]) -> Listed[Group]:
    """List all groups, by name."""
    return Listed([_encode(call, row) for row in by_name(await folders.every(call.ctx))], None)


@handles(scopes=WRITE, body=GroupDraft, answer=Group, status=201)
async def create(call: Call[Nothing, GroupDraft]) -> Group:
    """Make a group."""
    sent = call.body
    draft = FolderDraft(
        name=checked_name(sent.name, LENGTH),
        parent_id=await _parent(call, sent.parent_id),
        description=sent.description or "",
        color=sent.color,
        icon=sent.icon,
    )
    return _encode(call, await filing.create(call.ctx, draft, counts=True))


@handles(scopes=READ, answer=Group)
async def get(call: Call[Nothing, Nothing]) -> Group:
    """Read a group."""
    return _encode(call, await folders.get(call.ctx, await call.target("folder"), counts=True))


@handles(scopes=WRITE, body=GroupPatch, answer=Group)
async def update(call: Call[Nothing, GroupPatch]) -> Group:
    """Change a group, or put it below another."""
    sent = call.body
    id = await call.target("folder")
    patch = FolderPatch(
        name=None if sent.name is UNSET else Some(checked_name(sent.name, LENGTH)),
        parent_id=None if sent.parent_id is UNSET else await _parent(call, sent.parent_id),
        description=None if sent.description is UNSET else Some(sent.description or ""),
        color=None if sent.color is UNSET else Some(sent.color),
        icon=None if sent.icon is UNSET else Some(sent.icon),
    )
    return _encode(call, await filing.update(call.ctx, id, patch, shown=six_digits, counts=True))


@handles(scopes=WRITE, query=Deletion, answer=Deleted)
async def delete(call: Call[Deletion, Nothing]) -> Deleted:
    """Delete a group; its bookmarks stay, and groups in it move up."""
    id, sent = await call.target("folder"), call.query.move_bookmarks_to
    target = None if sent is UNSET else await target_id(call.ctx, "folder", sent, "move_bookmarks_to")
    await folder_trash.delete(call.ctx, id, keep_contents=True, move_bookmarks_to=target)
    return Deleted(id=call.path_id())


async def _parent(call: Call[Any, Any], sent: str | None) -> int:
    """The folder that is to be the parent; null is the root. Raises Invalid when it names none."""
    if sent is None:
        return call.ctx.user.root_folder_id
    return await target_id(call.ctx, "folder", sent, "parent_id")


def _encode(call: Call[Any, Any], row: FolderRow) -> Group:
    return encode_group(row, call.id)


def encode_group(row: FolderRow, spell: Callable[[str], str]) -> Group:
    """A group that was read with its count; ``spell`` writes ids."""
    return Group(
        id=spell(row.uid),
        name=row.name,
        description=row.description or None,
        color=six_digits(row.color),
        icon=row.icon,
        parent_id=None if row.parent_uid is None else spell(row.parent_uid),
        count=row.bookmark_count or 0,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
