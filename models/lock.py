"""The lock with which syncing clients keep out of each other's way."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from models.user import User


class SyncLock(Model):
    """Held by some client of the owner until ``expires_at`` (one that has expired is no lock)."""

    id = fields.IntField(primary_key=True)
    owner: fields.OneToOneRelation[User] = fields.OneToOneField("models.User", related_name="sync_lock")
    owner_id: int
    expires_at = fields.DatetimeField()

    class Meta:
        """One an owner."""

        table = "sync_lock"
