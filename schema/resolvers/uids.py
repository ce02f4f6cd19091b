"""Rows that callers name by their uids (Bkmark), as the ids by which operations name them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.queries import uids as queries
from schema.context import SCOPES, Context
from schema.operation import gated


@gated(*SCOPES)
async def resolve(ctx: Context, entity: str, uids: Sequence[UUID], *, live: bool = False) -> list[int | None]:
    """The ids of the viewer's rows of an entity (``bookmark``, ``tag``, ``folder``, ``token``); None where none is.

    One statement a 500. Rows of the trash are among them, unless they are to be ``live``; the root folder is not.
    Whether a row may be used is the business of the operation that gets its id.
    """
    found = await queries.ids_of(ctx.owner_id, entity, list(dict.fromkeys(uids)), live=live) if uids else {}
    return [found.get(uid) for uid in uids]
