"""Programs of others that act for people: the programs, and what people have let them do."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from models.user import User


class OAuthClient(Model):
    """A program that may ask people to let it in. Whoever registered it owns it.

    ``secret_digest`` is the SHA-256 of its secret, and null for a public client, which cannot keep one.
    ``redirect_uris`` stand one a line, ``scopes`` are those it may ask for, separated by blanks.
    """

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="oauth_clients")
    owner_id: int
    client_id = fields.CharField(max_length=40, unique=True)
    secret_digest = fields.CharField(max_length=64, null=True)
    name = fields.TextField()
    redirect_uris = fields.TextField()
    scopes = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        """Listed by owner."""

        table = "oauth_client"
        indexes = (("owner_id",),)


class OAuthGrant(Model):
    """What somebody has let a client do, from one visit to the consent page: the family of all tokens that came of it.

    The code is kept as its SHA-256. ``code_used_at`` is set when it was exchanged: who brings it again ends the family.
    ``code_challenge`` is the S256 one of RFC 7636, or null. Deleting the grant deletes its tokens.
    """

    id = fields.IntField(primary_key=True)
    uid = fields.UUIDField(unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="oauth_grants")
    owner_id: int
    client: fields.ForeignKeyRelation[OAuthClient] = fields.ForeignKeyField("models.OAuthClient", related_name="grants")
    client_id: int
    scopes = fields.TextField()
    redirect_uri = fields.TextField()
    code_digest = fields.CharField(max_length=64, unique=True)
    code_challenge = fields.CharField(max_length=128, null=True)
    code_expires_at = fields.DatetimeField()
    code_used_at: datetime | None = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    last_used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        """Listed by owner, ended by client."""

        table = "oauth_grant"
        indexes = (("owner_id",), ("client_id",))
