"""Folder hashes: how a client learns with one question that nothing has changed (NC-9)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final
from weakref import WeakValueDictionary

from tortoise.transactions import in_transaction

from models import User
from models.hashing import FUNCTIONS, FolderNode, TreeHash
from models.queries import hashes as queries
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.operation import reads
from schema.resolvers import branches
from schema.resolvers.texts import known_ids

DEFAULT_FIELDS: Final = ("title", "url")
KEPT_AT_ONCE: Final = 5_000  # hashes stored in one transaction, so that other writers get their turn

# Who works on a cold tree, by owner and function; gone as soon as nobody holds it.
_FLIGHTS: Final[WeakValueDictionary[tuple[int, str], asyncio.Lock]] = WeakValueDictionary()


@reads("groups", branch=True)
async def of(ctx: Context, folder_id: int, function: str = "sha256", fields: Sequence[str] = DEFAULT_FIELDS) -> str:
    """The hash of a folder and all below it, in lower-case hex digits.

    With the default fields it is kept: when nothing has changed the answer is one indexed read, else only folders with
    changes below them are worked out. Other fields are worked out each time. No answer is older than the question.
    Raises Invalid for an unknown function (rule ``hash_function``) or field (``hash_field``), NotFound.
    """
    _check(function, fields)
    fields = tuple(dict.fromkeys(fields))  # an object has each of its names once
    if not known_ids([folder_id]):
        raise NotFound("folder")
    if ctx.unit is not None:  # the marks come with the commit, so a kept hash may be older than this write
        message = "folder hashes are asked for outside of writes"
        raise RuntimeError(message)
    await branches.check(ctx, folder_id)
    if fields != DEFAULT_FIELDS:
        return (await _worked_out(ctx.owner_id, folder_id, function, fields)).value
    if (value := await _kept(ctx.owner_id, folder_id, function)) is not None:
        return value
    flight = _FLIGHTS.setdefault((ctx.owner_id, function), asyncio.Lock())
    waits = flight.locked()
    async with flight:
        if waits and (value := await _kept(ctx.owner_id, folder_id, function)) is not None:
            return value  # the one before us was at the same tree
        tree = await _worked_out(ctx.owner_id, folder_id, function, fields, keeps=True)
        await _keep(ctx.owner_id, function, tree.made)
    return tree.value


def _check(function: str, fields: Sequence[str]) -> None:
    faults = [] if function in FUNCTIONS else [Fault(("function",), "hash_function", tuple(FUNCTIONS), function)]
    faults += [
        Fault(("fields", number), "hash_field", tuple(queries.FIELDS), field)
        for number, field in enumerate(fields)
        if field not in queries.FIELDS
    ]
    if faults:
        raise Invalid(*faults)


async def _kept(owner_id: int, folder_id: int, function: str) -> str | None:
    exists, value = await queries.kept(owner_id, folder_id, function)
    if not exists:
        raise NotFound("folder")
    return value


async def _worked_out(
    owner_id: int, folder_id: int, function: str, fields: Sequence[str], *, keeps: bool = False
) -> TreeHash:
    """The hashed tree, from one snapshot; with ``keeps`` only what has no good kept hash is looked into."""
    tree = TreeHash(function, folder_id)
    async for rows in queries.below(owner_id, folder_id, function if keeps else None, fields):
        await asyncio.to_thread(queries.feed, tree, rows, fields)
    if not tree.is_known:  # deleted since it was looked for
        raise NotFound("folder")
    await asyncio.to_thread(tree.finish)
    return tree


async def _keep(owner_id: int, function: str, folders: Sequence[FolderNode]) -> None:
    """Keep the hashes, in steps; whoever reads them compares marks, so a write in between needs no regard."""
    for start in range(0, len(folders), KEPT_AT_ONCE):
        async with in_transaction("default"):
            # Not for the hashes' sake: a writer that deletes these folders must not meet us half-way (deadlock).
            await User.filter(id=owner_id).select_for_update(no_key=True).only("id").first()
            await queries.keep(function, folders[start : start + KEPT_AT_ONCE])
