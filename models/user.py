"""Accounts."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class User(Model):
    """An account and the owner of everything below it.

    The row is also the owner's lock: every write takes it first, and ``change_seq`` counts the owner's changes, so
    changes commit in the order of their numbers.
    """

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    username = fields.CharField(max_length=150, unique=True)
    password_hash = fields.TextField()
    is_admin = fields.BooleanField(default=False)
    is_active = fields.BooleanField(default=True)
    enable_sharing = fields.BooleanField(default=False)  # columns, not preferences: lists across owners filter by them
    enable_public_sharing = fields.BooleanField(default=False)
    preferences: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    auto_tagging_rules = fields.TextField(default="")
    change_seq = fields.BigIntField(default=0)
    has_webhooks = fields.BooleanField(default=False, db_default=False)  # asked for with every write
    created_at = fields.DatetimeField()

    class Meta:
        """One table."""

        table = "account"
