"""``/api-keys``: what one's own scripts send (BK section 3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from strawberry import Some

from models.rows import TokenRow
from rest_compat.bkmark.calls import Call, Nothing, Record, handles
from rest_compat.bkmark.codec import Deleted, Listed, Timestamp, moment, moment_or_none
from schema.errors import Fault, Invalid
from schema.resolvers import api_keys

Scope = Literal[
    "bookmarks:read", "bookmarks:write", "tags:read", "tags:write", "groups:read", "groups:write", "search:read"
]
Name = Annotated[str, msgspec.Meta(min_length=1, description="1 to 100 characters, not counting blanks around them")]
Scopes = Annotated[list[Scope], msgspec.Meta(min_length=1)]
Expiry = Annotated[datetime, msgspec.Meta(tz=True)]


class Key(Record):
    """An API key without its secret."""

    id: str
    name: str
    key_prefix: str
    scopes: list[str]
    expires_at: Timestamp | None
    last_used_at: Timestamp | None
    created_at: Timestamp


class NewKey(Record):
    """An API key as whoever made it sees it, this once: ``key`` is its secret."""

    id: str
    name: str
    key: str
    key_prefix: str
    scopes: list[str]
    expires_at: Timestamp | None
    last_used_at: Timestamp | None
    created_at: Timestamp


class KeyDraft(Record):
    """An API key to be made."""

    name: Name
    scopes: Scopes
    expires_at: Expiry | None = None


class KeyPatch(Record):
    """Changes to an API key; ``expiresAt`` null: it never expires."""

    name: Name | UnsetType = UNSET
    scopes: Scopes | UnsetType = UNSET
    expires_at: Expiry | UnsetType | None = UNSET


@handles(answer=Listed[Key])
async def find(call: Call[Nothing, Nothing]) -> Listed[Key]:
    """List all API keys, the newest first."""
    return Listed([_encode(call, row) for row in await api_keys.find(call.ctx)], None)


@handles(body=KeyDraft, answer=NewKey, status=201)
async def create(call: Call[Nothing, KeyDraft]) -> NewKey:
    """Make an API key, which ends no later than the credential that asks for it; the answer alone holds its secret."""
    draft = call.body
    made = await api_keys.create(call.ctx, draft.name, draft.scopes, expires_at=_utc(draft.expires_at))
    shown = _encode(call, made.token)
    return NewKey(key=made.secret, **msgspec.structs.asdict(shown))


@handles(body=KeyPatch, answer=Key)
async def update(call: Call[Nothing, KeyPatch]) -> Key:
    """Give an API key another name, other scopes or another end."""
    patch = call.body
    row = await api_keys.update(
        call.ctx,
        await call.target("token"),
        name=None if patch.name is UNSET else Some(patch.name),
        scopes=None if patch.scopes is UNSET else Some(patch.scopes),
        expires_at=None if patch.expires_at is UNSET else Some(_utc(patch.expires_at)),
    )
    return _encode(call, row)


@handles(answer=Deleted)
async def delete(call: Call[Nothing, Nothing]) -> Deleted:
    """Revoke an API key: it is worthless at once."""
    await api_keys.revoke(call.ctx, await call.target("token"))
    return Deleted(id=call.path_id())


def _encode(call: Call[Any, Any], row: TokenRow) -> Key:
    return Key(
        id=call.id(row.uid),
        name=row.name,
        key_prefix=row.prefix,
        scopes=api_keys.shown_scopes(row),
        expires_at=moment_or_none(row.expires_at),
        last_used_at=moment_or_none(row.last_used_at),
        created_at=moment(row.created_at),
    )


def _utc(value: datetime | None) -> datetime | None:
    """The same moment in UTC. Raises Invalid for one that has no year there."""
    try:
        return None if value is None else value.astimezone(UTC)
    except OverflowError:
        raise Invalid(Fault(("expires_at",), "datetime_range")) from None
