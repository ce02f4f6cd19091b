"""Gates and transactions: ``@reads`` and ``@writes``, and nowhere else.

The gate is on the function, so it holds whichever door was used. A write opens one transaction, takes the owner's
row lock before it reads anything (so rules may check first and then write, on both databases), and closes when the
operation returns. Nothing slow belongs inside: an operation that must ask the web first is ``@gated`` and opens
``writing`` itself, afterwards.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from tortoise.transactions import in_transaction

from models import User
from schema import events
from schema.context import Context
from schema.errors import Forbidden, Unauthenticated
from schema.unit import Unit

P = ParamSpec("P")
T = TypeVar("T")
Operation = Callable[Concatenate[Context, P], Coroutine[Any, Any, T]]


def gated(*scopes: str, branch: bool = False) -> Callable[[Operation[P, T]], Operation[P, T]]:
    """Let in who has one of the scopes; others meet Unauthenticated or Forbidden before anything is read.

    With ``branch`` it lets in who has a link to a folder as well, and sees to it itself that they get no further than
    that folder (schema/resolvers/branches.py).
    """

    def decorate(operation: Operation[P, T]) -> Operation[P, T]:
        @wraps(operation)
        async def gate(ctx: Context, *args: P.args, **kwargs: P.kwargs) -> T:
            ctx.allow(*scopes, branch=branch)
            return await operation(ctx, *args, **kwargs)

        return cast("Operation[P, T]", gate)

    return decorate


def reads(*resources: str, branch: bool = False) -> Callable[[Operation[P, T]], Operation[P, T]]:
    """A reading operation on ``bookmarks``, ``tags``, ``groups``, ``search`` or ``account``: any one scope opens it.

    ``branch`` is as for ``gated``.
    """
    return gated(*(_scope(resource, "read") for resource in resources), branch=branch)


def writes(resource: str) -> Callable[[Operation[P, T]], Operation[P, T]]:
    """A writing operation: the scope, then one transaction with the owner's lock around the whole of it."""

    def decorate(operation: Operation[P, T]) -> Operation[P, T]:
        @wraps(operation)
        async def write(ctx: Context, *args: P.args, **kwargs: P.kwargs) -> T:
            ctx.allow(_scope(resource, "write"))
            async with writing(ctx):
                return await operation(ctx, *args, **kwargs)

        return cast("Operation[P, T]", write)

    return decorate


@asynccontextmanager
async def writing(ctx: Context, owner_id: int | None = None) -> AsyncIterator[Unit]:
    """One write of the owner (the viewer unless named): transaction, lock, log, jobs; a write inside one joins it.

    Raises Unauthenticated when the account has gone meanwhile, and Forbidden for a link to a folder.
    """
    if ctx.unit is not None:
        async with in_transaction("default"):
            yield ctx.unit
        return
    if ctx.viewer.branch is not None:
        raise Forbidden("groups:write")
    owner_id = ctx.owner_id if owner_id is None else owner_id
    async with in_transaction("default"):
        # A whole row, for Tortoise forgets FOR UPDATE when values() or values_list() follow.
        locked = User.filter(id=owner_id).select_for_update(no_key=True)
        owner = await locked.only("id", "change_seq", "has_webhooks").first()
        if owner is None:
            raise Unauthenticated("inactive")
        unit = Unit(
            owner_id, owner.change_seq, ctx.ports.clock.now(), ctx.viewer.token_id, has_webhooks=owner.has_webhooks
        )
        ctx.unit = unit
        try:
            yield unit
            await events.tell(ctx.ports, unit)
            await unit.flush()
        finally:
            ctx.unit = None
    if ctx.viewer.user is not None and ctx.viewer.user.id == owner_id:
        ctx.viewer.user.change_seq = unit.seq  # what this request reads from now on
    ctx.loaders.clear()  # they remember what was before
    if unit.jobs:
        ctx.ports.nudge()
    for callback in unit.after_commit:
        callback()


def _scope(resource: str, verb: str) -> str:
    return resource if resource == "account" else f"{resource}:{verb}"
