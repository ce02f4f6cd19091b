"""The key of a user's feeds: a secret in their addresses, for feed readers send no credential (LD section 22)."""

from __future__ import annotations

import re

from models import Token
from models.queries import accounts as queries
from models.rows import TokenRow
from schema.context import Context, Viewer
from schema.errors import NotFound, Unauthenticated
from schema.operation import reads, writes
from schema.ports import Ports
from schema.resolvers import tokens
from schema.resolvers.saving import unit_of
from schema.resolvers.tokens import FEED, Made

NAME = "Feeds"  # what lists of tokens call it
SCOPES = frozenset({"bookmarks:read"})  # of who comes with it; only feeds let it in

_KEY = re.compile("[0-9a-f]{40}")


@reads("account")
async def get(ctx: Context) -> TokenRow | None:
    """The viewer's feed key without its secret, or None while there is none."""
    return next((row for row in await queries.tokens(ctx.owner_id) if row.kind == FEED), None)


@writes("account")
async def renew(ctx: Context) -> Made:
    """Make the viewer's feed key; the old one, if there is one, is worthless from now on. The secret is shown once.

    It ends when the viewer's own credential does. Raises Forbidden for one that may not read bookmarks itself.
    """
    ctx.allow(*SCOPES)  # no credential hands out more than it has
    unit = unit_of(ctx)
    await _end(ctx)
    secret = ctx.ports.clock.secret(20).hex()
    token = await Token.create(
        uid=ctx.ports.clock.uuid(),
        owner_id=ctx.owner_id,
        digest=tokens.digest(secret),
        prefix=secret[: tokens.SHOWN],
        name=NAME,
        kind=FEED,
        scopes="",
        created_at=unit.now,
        expires_at=ctx.viewer.expires_at,
    )
    unit.record("token", token.id, "create")
    return Made(next(row for row in await queries.tokens(ctx.owner_id) if row.id == token.id), secret)


@writes("account")
async def remove(ctx: Context) -> None:
    """Make the viewer's feed key worthless at once. Raises NotFound when there is none."""
    if not await _end(ctx):
        raise NotFound("feed key")


async def believe(ports: Ports, secret: str) -> Viewer:
    """Who a feed key stands for: one statement, by the SHA-256 of what was sent.

    Raises Unauthenticated, ``unknown``, ``expired`` or ``inactive``; any other token is unknown here.
    """
    found = await queries.by_digest(tokens.digest(secret)) if _KEY.fullmatch(secret) else None
    if found is None or found.token.kind != FEED:
        raise Unauthenticated("unknown")
    tokens.check(ports, found.user, found.token)
    return Viewer(found.user, SCOPES, found.token.id)


async def _end(ctx: Context) -> bool:
    """Delete the owner's feed key under the owner's lock; whether there was one."""
    ids = [token.id for token in await Token.filter(owner_id=ctx.owner_id, kind=FEED).only("id")]
    await Token.filter(id__in=ids).delete()
    for id in ids:
        unit_of(ctx).record("token", id, "delete")
    return bool(ids)
