"""The lock by which syncing clients keep out of each other's way: advisory, one an account (NC-11)."""

from __future__ import annotations

from datetime import timedelta

from models import SyncLock
from schema.context import Context
from schema.errors import Locked
from schema.operation import writes
from schema.resolvers.saving import unit_of

LIFE = timedelta(minutes=30)


@writes("groups")
async def acquire(ctx: Context) -> None:
    """Take the lock for half an hour; a client that dies with it blocks nobody for longer. Raises Locked."""
    unit = unit_of(ctx)
    held = await SyncLock.get_or_none(owner_id=ctx.owner_id)
    if held is not None and held.expires_at > unit.now:
        raise Locked("library")
    await SyncLock.update_or_create(owner_id=ctx.owner_id, defaults={"expires_at": unit.now + LIFE})


@writes("groups")
async def release(ctx: Context) -> None:
    """Let go of the lock, whichever client took it; it need not be held."""
    unit_of(ctx)
    await SyncLock.filter(owner_id=ctx.owner_id).delete()
