"""Tags."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet

from models.user import User


class Tag(Model):
    """A label of its owner: ``name_key`` (lower case) is the identity, ``name`` keeps the spelling."""

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="tags")
    owner_id: int
    name = fields.TextField()
    name_key = fields.CharField(max_length=765)  # 255 characters may lower-case to three times as many
    color = fields.CharField(max_length=9, null=True)
    created_at: datetime = fields.DatetimeField()
    updated_at: datetime = fields.DatetimeField()

    class Meta:
        """One table."""

        table = "tag"
        unique_together = (("owner_id", "name_key"),)

    @classmethod
    def of(cls, owner_id: int) -> QuerySet[Self]:
        """The owner's tags: where every write begins."""
        return cls.filter(owner_id=owner_id)
