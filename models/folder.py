"""Folders, and the places of bookmarks in them."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from models.bookmark import Bookmark
from models.user import User

STEP = 2**16  # between two neighbours that were put at the end one after the other: room to put others between them


class Folder(Model):
    """A node of its owner in a tree, where the root is a row too, the only one without a parent.

    ``position`` orders a folder among everything in its parent; positions have gaps, and what a client is told is the
    rank (docs/decisions/0010-positions-with-gaps.md). ``marks`` counts the changes of what is in the folder and below:
    a kept hash is good as long as it was made at this count.
    """

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="folders")
    owner_id: int
    parent: fields.ForeignKeyNullableRelation[Folder] = fields.ForeignKeyField(
        "models.Folder", related_name="children", null=True
    )
    parent_id: int | None
    name = fields.TextField(default="")
    description = fields.TextField(default="")
    color = fields.CharField(max_length=9, null=True)
    icon: str | None = fields.TextField(null=True)
    position = fields.BigIntField(default=0)
    marks = fields.BigIntField(default=0, db_default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        """Children are asked for in their order."""

        table = "folder"
        indexes = (("parent_id", "position"), ("owner_id", "deleted_at"))


class Placement(Model):
    """A bookmark in a folder, at a position among everything in it."""

    id = fields.BigIntField(primary_key=True)
    bookmark: fields.ForeignKeyRelation[Bookmark] = fields.ForeignKeyField("models.Bookmark", related_name="placements")
    bookmark_id: int
    folder: fields.ForeignKeyRelation[Folder] = fields.ForeignKeyField("models.Folder", related_name="placements")
    folder_id: int
    position = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    deleted_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        """A bookmark is in a folder once."""

        table = "placement"
        unique_together = (("bookmark_id", "folder_id"),)
        indexes = (("folder_id", "position"),)


class FolderHash(Model):
    """What a folder and all below it came to under one hash function, good while the folder counts as many marks."""

    id = fields.BigIntField(primary_key=True)
    folder: fields.ForeignKeyRelation[Folder] = fields.ForeignKeyField("models.Folder", related_name="hashes")
    folder_id: int
    function = fields.CharField(max_length=10)
    marks = fields.BigIntField()
    value = fields.CharField(max_length=64)

    class Meta:
        """One a function."""

        table = "folder_hash"
        unique_together = (("folder_id", "function"),)


class FolderLink(Model):
    """Lets whoever knows ``token`` read a folder (kept as it is, for its owner may ask for it again)."""

    id = fields.IntField(primary_key=True)
    folder: fields.OneToOneRelation[Folder] = fields.OneToOneField("models.Folder", related_name="link")
    folder_id: int
    token = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()

    class Meta:
        """One a folder."""

        table = "folder_link"
