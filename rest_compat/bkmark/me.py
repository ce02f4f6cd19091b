"""``/me``: whose credential it is, for clients that show who is signed in (BK section 10)."""

from __future__ import annotations

from rest_compat.bkmark.calls import Call, Nothing, Record, handles
from schema.resolvers.api_keys import KEY_SCOPES

PLAN = "self-hosted"  # there are no plans here: everybody may do everything


class Me(Record):
    """Who asks, and what this credential may do; accounts here have no mail address."""

    id: str
    email: str | None
    name: str
    plan: str
    scopes: list[str]


@handles(answer=Me)
async def get(call: Call[Nothing, Nothing]) -> Me:
    """Read whose credential this is, and what it may do."""
    user, viewer = call.ctx.user, call.ctx.viewer
    scopes = [scope for scope in KEY_SCOPES if scope in viewer.scopes]
    return Me(id=call.id(user.uid), email=None, name=user.username, plan=PLAN, scopes=scopes)
