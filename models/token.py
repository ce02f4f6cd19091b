"""Credentials."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from models.oauth import OAuthGrant
from models.user import User


class Token(Model):
    """A credential: only the SHA-256 of its random value is kept.

    ``prefix`` is its first characters, so that a person recognises it in a list; ``scopes`` are separated by blanks;
    ``kind`` is ``personal``, ``app-password``, ``feed``, ``oauth-access`` or ``oauth-refresh``. Those of OAuth have a
    ``grant`` and end with it. A ``feed`` key opens feeds and nothing else, so it has no scopes. ``spent_at`` is when a
    refresh token was exchanged: it is kept to know who brings it again.
    """

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="tokens")
    owner_id: int
    digest = fields.CharField(max_length=64, unique=True)
    prefix = fields.CharField(max_length=12)
    name = fields.CharField(max_length=255)
    kind = fields.CharField(max_length=20, default="personal")
    scopes = fields.TextField()
    created_at = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)
    last_used_at: datetime | None = fields.DatetimeField(null=True)
    grant: fields.ForeignKeyNullableRelation[OAuthGrant] = fields.ForeignKeyField(
        "models.OAuthGrant", related_name="tokens", null=True
    )
    grant_id: int | None
    spent_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        """One table."""

        table = "token"
        indexes = (("owner_id",),)
