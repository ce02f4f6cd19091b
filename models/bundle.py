"""Saved searches."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from models.user import User


class Bundle(Model):
    """A stored filter of its owner, which linkding calls a bundle.

    A bookmark must pass every part of it. ``search`` holds words that must all occur, ``any_tags``, ``all_tags`` and
    ``excluded_tags`` names of tags, each separated by blanks. ``filter_unread`` and ``filter_shared`` are ``off``,
    ``yes`` or ``no``. ``position`` orders an owner's bundles, and equal ones stand by id.
    """

    id = fields.IntField(primary_key=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="bundles")
    owner_id: int
    name = fields.TextField()
    search = fields.TextField(default="")
    any_tags = fields.TextField(default="")
    all_tags = fields.TextField(default="")
    excluded_tags = fields.TextField(default="")
    filter_unread = fields.CharField(max_length=3, default="off")
    filter_shared = fields.CharField(max_length=3, default="off")
    position = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        """Listed by owner, in their order."""

        table = "bundle"
        indexes = (("owner_id", "position"),)
