"""API keys: personal tokens that any credential of their owner may manage, none beyond what it may do itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from strawberry import Maybe

from models import Token
from models.queries import accounts as queries
from models.rows import TokenRow
from schema.context import SCOPES, Context
from schema.errors import Fault, Forbidden, Invalid, NotFound
from schema.operation import gated, writing
from schema.resolvers.texts import check_texts
from schema.resolvers.tokens import KEY_START, PERSONAL, Made, issue

KEY_SCOPES = tuple(scope for scope in SCOPES if ":" in scope)  # managing the account is not for keys
NAME_LENGTH = 100


@gated(*SCOPES)
async def find(ctx: Context) -> list[TokenRow]:
    """The viewer's keys, the newest first, also those that have expired; never their secrets."""
    return await _keys(ctx.owner_id)


@gated(*SCOPES)
async def create(ctx: Context, name: str, scopes: Iterable[str], *, expires_at: datetime | None = None) -> Made:
    """Make a key. It ends when the credential that asks does, or sooner; an app's with the app.

    Raises Forbidden for a scope that this credential does not have itself, Invalid for a name that is empty or longer
    than 100 characters, for no scope or an unknown one, and for an expiry that is past (BK section 3.2).
    """
    name, wanted = _checked_name(name), _checked_scopes(scopes)
    _check_own(ctx, wanted)
    async with writing(ctx) as unit:
        _check_future(expires_at, unit.now)
        made = await issue(
            ctx.ports,
            ctx.owner_id,
            name=name,
            scopes=wanted,
            format="bkmark",
            expires_at=_earlier(expires_at, ctx.viewer.expires_at),
            grant_id=ctx.viewer.grant_id,
        )
        unit.record("token", made.token.id, "create")
    return made


@gated(*SCOPES)
async def update(
    ctx: Context,
    id: int,
    *,
    name: Maybe[str] = None,
    scopes: Maybe[Iterable[str]] = None,
    expires_at: Maybe[datetime | None] = None,
) -> TokenRow:
    """Change a key; what is None stays.

    A change that lets the key do more, or for longer, leaves it at the most what the credential that asks could make
    anew: so no credential widens itself, or lives on in a key. Raises NotFound, and what ``create`` raises.
    """
    new_name = None if name is None else _checked_name(name.value)
    new_scopes = None if scopes is None else _checked_scopes(scopes.value)
    if new_scopes is not None:
        _check_own(ctx, new_scopes)
    async with writing(ctx) as unit:
        key = await _key(ctx.owner_id, id)
        if expires_at is not None:
            _check_future(expires_at.value, unit.now)
        can = frozenset(key.scopes) if new_scopes is None else new_scopes
        until = key.expires_at if expires_at is None else expires_at.value
        if can - frozenset(key.scopes) or _is_later(until, key.expires_at):
            _check_own(ctx, can)
            until = _earlier(until, ctx.viewer.expires_at)
        changes = {
            "name": key.name if new_name is None else new_name,
            "scopes": " ".join(scope for scope in SCOPES if scope in can),
            "expires_at": until,
        }
        await Token.filter(owner_id=ctx.owner_id, id=id).update(**changes)
        unit.record("token", id, "update")
        return await _key(ctx.owner_id, id)


@gated(*SCOPES)
async def revoke(ctx: Context, id: int) -> None:
    """Make a key worthless at once. Raises NotFound, also for one that was revoked, and for other tokens."""
    async with writing(ctx) as unit:
        await _key(ctx.owner_id, id)
        await Token.filter(owner_id=ctx.owner_id, id=id).delete()
        unit.record("token", id, "delete")


def shown_scopes(row: TokenRow) -> list[str]:
    """What the key may do, as far as keys may do anything."""
    return [scope for scope in KEY_SCOPES if scope in row.scopes]


async def _keys(owner_id: int) -> list[TokenRow]:
    rows = await queries.tokens(owner_id)
    return [row for row in reversed(rows) if row.kind == PERSONAL and row.prefix.startswith(KEY_START)]


async def _key(owner_id: int, id: int) -> TokenRow:
    for row in await _keys(owner_id):
        if row.id == id:
            return row
    raise NotFound("token")


def _checked_name(name: str) -> str:
    check_texts((("name", name),))
    name = name.strip()
    if not name:
        raise Invalid(Fault(("name",), "blank"))
    if len(name) > NAME_LENGTH:
        raise Invalid(Fault(("name",), "too_long", NAME_LENGTH))
    return name


def _checked_scopes(scopes: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(scopes)
    if not wanted:
        raise Invalid(Fault(("scopes",), "blank"))
    if unknown := wanted - frozenset(KEY_SCOPES):
        raise Invalid(*(Fault(("scopes",), "choice", KEY_SCOPES, scope) for scope in sorted(unknown)))
    return wanted


def _check_own(ctx: Context, scopes: frozenset[str]) -> None:
    if beyond := scopes - ctx.viewer.scopes:
        raise Forbidden(min(beyond))


def _check_future(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise Invalid(Fault(("expires_at",), "past"))


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    """Whether one end comes after the other; None is no end."""
    return other is not None and (one is None or one > other)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if _is_later(one, other) else one
