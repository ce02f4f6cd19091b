"""The log that every write appends to."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.user import User


class Change(Model):
    """One row a write: which entity, what was done, with which token, and what it was before.

    ``seq`` counts within the owner, without gaps and in the order of commits. ``before`` is the row as it was (null for
    creates); what is deleted for good loses it.
    """

    id = fields.BigIntField(primary_key=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="changes")
    owner_id: int
    seq = fields.BigIntField()
    entity = fields.CharField(max_length=20)
    entity_id = fields.IntField()
    operation = fields.CharField(max_length=20)
    token_id: int | None = fields.IntField(null=True)
    before: dict[str, Any] | None = fields.JSONField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        """Read by owner and number; looked up by entity when its before-images must go."""

        table = "change"
        unique_together = (("owner_id", "seq"),)
        indexes = (("owner_id", "entity", "entity_id"), ("created_at",))
