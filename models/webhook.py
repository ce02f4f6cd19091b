"""Addresses that hear of changes, and what each was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.oauth import OAuthGrant
from models.user import User


class Webhook(Model):
    """A subscription: ``events`` (separated by blanks) are told to ``url`` for as long as it ``is_active``.

    ``name`` is what the outside knows it by. ``secret`` keys the signatures, so it is kept as it is. ``scopes`` are
    those of the credential that made it: it is never told more. ``dialect`` words the payload, unless ``query``, a
    GraphQL document, does. One that an app made ends with the app's ``grant``. ``failures`` counts the deliveries in a
    row that were given up.
    """

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="webhooks")
    owner_id: int
    name = fields.CharField(max_length=40, unique=True)
    url = fields.TextField()
    secret = fields.TextField()
    events = fields.TextField()
    scopes = fields.TextField()
    dialect = fields.CharField(max_length=20, default="bkmark")
    query: str | None = fields.TextField(null=True)
    grant: fields.ForeignKeyNullableRelation[OAuthGrant] = fields.ForeignKeyField(
        "models.OAuthGrant", related_name="webhooks", null=True
    )
    grant_id: int | None
    is_active = fields.BooleanField(default=True)
    failures = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        """Looked for with every write of an owner who has one."""

        table = "webhook"
        indexes = (("owner_id", "is_active"),)


class Delivery(Model):
    """One event for one webhook, written in the transaction that caused it.

    ``facts`` are what the event is about, as it was at that moment; ``body`` are the very words that are sent, made
    with the first attempt. ``subject`` (``bookmark:7``) is whom the event is about: deliveries of one subject go out
    one after the other. ``status`` is ``pending``, ``delivered`` or ``failed``.
    """

    id = fields.BigIntField(primary_key=True)
    webhook: fields.ForeignKeyRelation[Webhook] = fields.ForeignKeyField("models.Webhook", related_name="deliveries")
    webhook_id: int
    name = fields.CharField(max_length=40, unique=True)
    event = fields.CharField(max_length=40)
    subject = fields.CharField(max_length=40)
    facts: dict[str, Any] = fields.JSONField(default=dict)
    body: str | None = fields.TextField(null=True)
    status = fields.CharField(max_length=10, default="pending")
    attempts = fields.IntField(default=0)
    response_status: int | None = fields.IntField(null=True)
    last_error = fields.TextField(default="")
    next_attempt_at: datetime | None = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        """Told one after the other, listed by webhook, swept by age."""

        table = "delivery"
        indexes = (("webhook_id", "status", "id"), ("webhook_id", "subject", "id"), ("created_at",))
