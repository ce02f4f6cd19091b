"""Work that outlives the request and the process."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.user import User


class Job(Model):
    """Something to be done, written in the transaction that caused it.

    ``dedupe_key`` is unique while the job is not done: asking twice is asking once. A worker claims a job by setting
    ``lease_until``; a lease that has run out makes it anybody's again. ``status`` is ``queued``, ``done`` or
    ``failed``.
    """

    id = fields.BigIntField(primary_key=True)
    owner: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="jobs", null=True
    )
    owner_id: int | None
    kind = fields.CharField(max_length=20)
    payload: dict[str, Any] = fields.JSONField(default=dict)
    dedupe_key = fields.CharField(max_length=120, null=True, unique=True)
    status = fields.CharField(max_length=10, default="queued")
    attempts = fields.IntField(default=0)
    run_at = fields.DatetimeField()
    lease_until: datetime | None = fields.DatetimeField(null=True)
    lease_by = fields.CharField(max_length=40, null=True)
    last_error = fields.TextField(default="")
    created_at = fields.DatetimeField()

    class Meta:
        """Workers look for what is queued and due."""

        table = "job"
        indexes = (("status", "run_at"),)
