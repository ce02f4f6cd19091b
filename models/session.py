"""Signed-in browsers, and programs that wait for somebody to let them in."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from models.user import User


class Session(Model):
    """A signed-in browser, of whose cookie only the SHA-256 is kept."""

    id = fields.IntField(primary_key=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="sessions")
    owner_id: int
    digest = fields.CharField(max_length=64, unique=True)
    user_agent = fields.TextField(default="")
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        """Ended by owner, swept by expiry."""

        table = "session"
        indexes = (("owner_id",), ("expires_at",))


class LoginFlow(Model):
    """A program that asked for an app password and polls for it (login flow v2 of Nextcloud).

    ``poll_digest`` and ``flow_digest`` are the SHA-256 of the two random values that it was given, for itself and for
    the browser. ``owner`` is null until somebody lets it in; the password is made when the program fetches it, so it
    is never stored.
    """

    id = fields.IntField(primary_key=True)
    poll_digest = fields.CharField(max_length=64, unique=True)
    flow_digest = fields.CharField(max_length=64, unique=True)
    client = fields.TextField(default="")
    owner: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="login_flows", null=True
    )
    owner_id: int | None
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()

    class Meta:
        """Swept by expiry."""

        table = "login_flow"
        indexes = (("expires_at",),)
