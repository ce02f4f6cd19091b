"""``POST /bookmarks/bulk``: the same to many bookmarks, each of which succeeds or fails by itself (BK section 5.9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from models.rows import BookmarkRow
from models.text import mend_text
from rest_compat.bkmark.calls import Call, Nothing, Record, handles, target_ids
from rest_compat.bkmark.drafts import Ids, Tagged, decode_tags, naming_targets
from rest_compat.bkmark.ids import read_uid
from schema.context import Context
from schema.errors import Fault, Invalid
from schema.resolvers import membership, states, trash, uids

Action = Literal[
    "delete",
    "restore",
    "favorite",
    "unfavorite",
    "archive",
    "unarchive",
    "markRead",
    "markUnread",
    "addTags",
    "removeTags",
    "addToGroup",
    "removeFromGroup",
]


class Bulk(Tagged, kw_only=True):
    """What is to be done to which bookmarks; the actions on tags and groups say to which of them."""

    ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=100)]
    action: Action
    group_id: str | UnsetType = UNSET
    group_ids: Ids | UnsetType = UNSET


class Failure(Record):
    """A bookmark to which it was not done, and why."""

    id: str
    error: Literal["not_found", "conflict"]


class Outcome(Record):
    """To how many bookmarks it was done, and to which it was not."""

    updated: int
    failed: list[Failure]


@dataclass(frozen=True, slots=True)
class Done:
    """The ids to which it was done, and those that are there but in the way of it."""

    ids: frozenset[int]
    refused: frozenset[int] = frozenset()


Deed = Callable[[Context, Sequence[int]], Awaitable[Done]]
Change = Callable[[Context, Sequence[int]], Awaitable[list[BookmarkRow]]]

FLAGS: dict[Action, Change] = {
    "favorite": states.favorite,
    "unfavorite": partial(states.favorite, on=False),
    "archive": states.archive,
    "unarchive": states.unarchive,
    "markRead": states.mark_read,
    "markUnread": partial(states.mark_read, on=False),
}


@handles(scopes=("bookmarks:write",), body=Bulk, answer=Outcome)
async def change(call: Call[Nothing, Bulk]) -> Outcome:
    """Do something to up to 100 bookmarks."""
    ctx, sent = call.ctx, call.body
    deed = await _deed(ctx, sent)
    texts = list(dict.fromkeys(sent.ids))
    ids = await uids.resolve(ctx, "bookmark", [read_uid(text) or UUID(int=0) for text in texts])
    with naming_targets():
        done = await deed(ctx, [id for id in ids if id is not None])
    failed = [
        Failure(id=mend_text(text), error="conflict" if id in done.refused else "not_found")
        for text, id in zip(texts, ids, strict=True)
        if id not in done.ids
    ]
    return Outcome(updated=len(done.ids), failed=failed)


async def _deed(ctx: Context, sent: Bulk) -> Deed:
    """What the action means. Raises Invalid for tags and groups that it needs and that are not there."""
    if sent.action == "delete":
        return _delete
    if sent.action == "restore":
        return _restore
    if sent.action in FLAGS:
        return partial(_change, FLAGS[sent.action])
    if sent.action in {"addTags", "removeTags"}:
        if not sent.is_given:
            raise Invalid(Fault(("tagNames",), "required"))
        names, tag_ids = await decode_tags(ctx, sent)
        given: dict[str, Any] = {"add": names, "add_ids": tag_ids}
        if sent.action == "removeTags":
            given = {"remove": names, "remove_ids": tag_ids}
        return partial(_change, partial(states.tag, **given))
    groups = [] if sent.group_ids is UNSET else list(sent.group_ids)
    groups += [] if sent.group_id is UNSET else [sent.group_id]
    if not groups:
        raise Invalid(Fault(("groupId",), "required"))
    group_ids = await target_ids(ctx, "folder", groups, "groupId" if sent.group_ids is UNSET else "groupIds")
    move = membership.join if sent.action == "addToGroup" else membership.leave
    return partial(_change, partial(move, folder_ids=group_ids))


async def _change(change: Change, ctx: Context, ids: Sequence[int]) -> Done:
    return Done(frozenset(row.id for row in await change(ctx, ids)))


async def _delete(ctx: Context, ids: Sequence[int]) -> Done:
    """Into the trash, and never out of it for good: a request that is sent twice must not do more than one."""
    return Done(frozenset(await trash.delete(ctx, ids)))


async def _restore(ctx: Context, ids: Sequence[int]) -> Done:
    back, refused = await trash.restore_some(ctx, ids)
    return Done(frozenset(back), frozenset(refused))
