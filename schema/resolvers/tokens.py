"""Credentials: random values of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tortoise.queryset import QuerySet

from models import Token
from models.queries import accounts as queries
from models.rows import TokenRow, UserRow
from schema.context import ALL_SCOPES, SCOPES, Context, Viewer
from schema.errors import Fault, Forbidden, Invalid, NotFound, Unauthenticated
from schema.operation import reads, writes
from schema.ports import Ports
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import check_texts, known_ids

PERSONAL, APP_PASSWORD = "personal", "app-password"
OAUTH_ACCESS, OAUTH_REFRESH = "oauth-access", "oauth-refresh"
FEED = "feed"  # schema/resolvers/feed_keys.py
TOUCH_AFTER = timedelta(minutes=10)  # `last_used_at` need not be truer than this, and a read stays a read
NAME_LENGTH = 255
SHORTEST = 8
KEY_START = "bk_"  # of the keys that Bkmark's clients send; random values of other formats hold no underscore
SHOWN, KEY_SHOWN = 7, 11  # characters by which people recognise a token; of a key 8 are random
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(slots=True)
class Made:
    """A new token; ``secret`` is shown this once and never again."""

    token: TokenRow
    secret: str


def make_secret(ports: Ports, format: str) -> str:
    """A random value as a dialect's clients expect it to look: ``linkding``, ``bkmark`` or ``app-password``.

    Raises Invalid for another format. Every one opens every door that can carry it.
    """
    match format:
        case "linkding":
            return ports.clock.secret(20).hex()
        case "bkmark":
            return KEY_START + ports.clock.secret(16).hex()
        case "app-password":
            return _letters(ports.clock.secret(72))
        case _:
            raise Invalid(Fault(("format",), "choice", ("linkding", "bkmark", "app-password"), format))


async def issue(
    ports: Ports,
    owner_id: int,
    *,
    name: str,
    scopes: Iterable[str] | None = None,
    format: str = "linkding",
    expires_at: datetime | None = None,
    grant_id: int | None = None,
) -> Made:
    """Make a token for the account: an operator's act, so without a gate; all scopes unless told otherwise.

    With ``grant_id`` it ends with that grant of OAuth.

    Raises Invalid for an empty or long name, an unknown scope or format.
    """
    check_texts((("name", name),))
    name = name.strip()
    if not name:
        raise Invalid(Fault(("name",), "blank"))
    if len(name) > NAME_LENGTH:
        raise Invalid(Fault(("name",), "too_long", NAME_LENGTH))
    wanted = ALL_SCOPES if scopes is None else frozenset(scopes)
    if unknown := wanted - ALL_SCOPES:
        raise Invalid(*(Fault(("scopes",), "choice", SCOPES, scope) for scope in sorted(unknown)))
    secret = make_secret(ports, format)
    token = await Token.create(
        uid=ports.clock.uuid(),
        owner_id=owner_id,
        digest=digest(secret),
        prefix=secret[: KEY_SHOWN if format == "bkmark" else SHOWN],
        name=name,
        kind=APP_PASSWORD if format == APP_PASSWORD else PERSONAL,
        scopes=" ".join(scope for scope in SCOPES if scope in wanted),
        created_at=ports.clock.now(),
        expires_at=expires_at,
        grant_id=grant_id,
    )
    row = next(row for row in await queries.tokens(owner_id) if row.id == token.id)
    return Made(row, secret)


async def believe(ports: Ports, secret: str) -> Viewer:
    """Who a token stands for: every request's first question, one statement.

    Raises Unauthenticated: ``unknown``, ``expired`` or ``inactive``.
    """
    if len(secret) < SHORTEST:
        raise Unauthenticated("unknown")
    credential = await queries.by_digest(digest(secret))
    if credential is None:
        raise Unauthenticated("unknown")
    return accept(ports, credential.user, credential.token)


def accept(ports: Ports, user: UserRow, token: TokenRow) -> Viewer:
    """Who a token stands for that was found with its owner; that it was used is noted.

    A refresh token stands for nobody: it is good for the next tokens only, and its client brings it elsewhere. Neither
    does a feed key, which opens feeds only.

    Raises Unauthenticated: ``unknown``, ``expired`` or ``inactive``.
    """
    if token.kind in {OAUTH_REFRESH, FEED}:
        raise Unauthenticated("unknown")
    check(ports, user, token)
    return Viewer(user, frozenset(token.scopes), token.id, token.expires_at, grant_id=token.grant_id)


def check(ports: Ports, user: UserRow, token: TokenRow) -> None:
    """Pass a token that is still good, whatever for; that it was used is noted.

    Raises Unauthenticated: ``expired`` or ``inactive``.
    """
    now = ports.clock.now()
    if token.expires_at is not None and token.expires_at <= now:
        raise Unauthenticated("expired")
    if not user.is_active:
        raise Unauthenticated("inactive")
    if token.last_used_at is None or now - token.last_used_at >= TOUCH_AFTER:
        ports.background.start(("touch", token.id), partial(_touch, token.id, now))  # nobody waits for a writer


@reads("account")
async def find(ctx: Context) -> list[TokenRow]:
    """The viewer's tokens, without their secrets; what programs of others hold is in ``oauth_consent.connected``."""
    return await queries.tokens(ctx.owner_id)


@writes("account")
async def create(
    ctx: Context,
    name: str,
    *,
    scopes: Iterable[str] | None = None,
    format: str = "linkding",
    expires_at: datetime | None = None,
) -> Made:
    """Make a token for the viewer, with the viewer's own scopes unless told otherwise.

    It ends when the viewer's own credential does, or sooner.

    Raises Forbidden for a scope that the viewer's credential does not have itself, Invalid as ``issue`` and for an
    expiry that is past.
    """
    wanted = ctx.viewer.scopes if scopes is None else frozenset(scopes)
    if beyond := (wanted & ALL_SCOPES) - ctx.viewer.scopes:
        raise Forbidden(min(beyond))
    if expires_at is not None and expires_at <= unit_of(ctx).now:
        raise Invalid(Fault(("expires_at",), "past"))
    own = ctx.viewer.expires_at
    if own is not None and (expires_at is None or expires_at > own):
        expires_at = own  # no credential hands out more than it has
    made = await issue(ctx.ports, ctx.owner_id, name=name, scopes=wanted, format=format, expires_at=expires_at)
    unit_of(ctx).record("token", made.token.id, "create")
    return made


@writes("account")
async def revoke(ctx: Context, id: int) -> None:
    """Make one of the viewer's tokens worthless at once. Raises NotFound, for a foreign one too."""
    ids = known_ids([id])
    if not ids or not await _of_people(ctx.owner_id, ids[0]).delete():
        raise NotFound("token")
    unit_of(ctx).record("token", id, "delete")


async def withdraw(owner_id: int, id: int) -> None:
    """Revoke a token of an account: an operator's act. Raises NotFound."""
    if not await _of_people(owner_id, id).delete():
        raise NotFound("token")


def digest(secret: str) -> str:
    """The SHA-256 under which a token is kept; its value is random and long, so no slower hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def make_password(ports: Ports) -> str:
    """A random password for a first account: 20 letters and digits."""
    return _letters(ports.clock.secret(20))


def _of_people(owner_id: int, id: int) -> QuerySet[Token]:
    """The token, unless it is one that OAuth gave to an app: those go with the app."""
    return Token.filter(owner_id=owner_id, id=id).exclude(kind__in=(OAUTH_ACCESS, OAUTH_REFRESH))


async def _touch(id: int, now: datetime) -> None:
    await Token.filter(id=id).update(last_used_at=now)


def _letters(random: bytes) -> str:
    """Random bytes as letters and digits; the slight bias of 256 over 62 costs under 1 % of the entropy."""
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in random)
