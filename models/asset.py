"""Bytes kept with a bookmark."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from models.bookmark import Bookmark

UPLOAD, SNAPSHOT = "upload", "snapshot"  # kinds
PENDING, COMPLETE, FAILURE = "pending", "complete", "failure"  # statuses


class Asset(Model):
    """An upload or a snapshot, whose bytes lie in a file named after their SHA-256.

    With the ``encoding`` ``gzip`` the file holds them packed, and ``sha256`` is the packed file's name; ``size`` always
    counts the bytes themselves.
    """

    id = fields.IntField(primary_key=True)
    bookmark: fields.ForeignKeyRelation[Bookmark] = fields.ForeignKeyField("models.Bookmark", related_name="assets")
    bookmark_id: int
    kind = fields.CharField(max_length=10, default="upload")
    status = fields.CharField(max_length=10, default="pending")
    content_type = fields.TextField(default="")
    display_name = fields.TextField(default="")
    size: int | None = fields.BigIntField(null=True)
    sha256 = fields.CharField(max_length=64, null=True, db_index=True)
    encoding = fields.CharField(max_length=10, default="", db_default="")
    created_at = fields.DatetimeField()

    class Meta:
        """One table."""

        table = "asset"
        indexes = (("bookmark_id",),)
