"""Signed-in browsers: a random value in a cookie, of which only the SHA-256 is kept.

A session may do everything that its account may, at the doors that read the cookie. It ends when it has not been used
for ``Limits.session_days``, and all but the one that asks end with a change of the password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tortoise.transactions import in_transaction

from models import Session, User
from models.queries import sessions as queries
from models.rows import SessionRow, UserRow
from models.text import mend_text
from schema.context import ALL_SCOPES, Context, Viewer
from schema.errors import NotFound, Unauthenticated
from schema.operation import gated, reads
from schema.ports import Allowance, Ports
from schema.resolvers import accounts
from schema.resolvers.texts import known_ids
from schema.resolvers.tokens import TOUCH_AFTER, digest

# From the narrowest to what all share: who has used up theirs cannot use up other people's accounts.
BY_ADDRESS = Allowance("sign-in by address", 30, 300)
BY_ACCOUNT = Allowance("sign-in by account and address", 10, 300)
BY_NAME = Allowance("sign-in by account", 100, 300)
SECRET_BYTES = 32
USER_AGENT_LENGTH = 400
STEP = 500  # rows deleted in one transaction, so that other writers get their turn


@dataclass(frozen=True, slots=True)
class Begun:
    """A browser that has just signed in; ``secret`` is its cookie's value, and kept nowhere else."""

    user: UserRow
    secret: str


async def sign_in(ports: Ports, username: str, password: str, *, address: str, user_agent: str) -> Begun:
    """Begin a session for who has the name and the password; ``address`` is where they ask from.

    Raises Unauthenticated, after as long for an unknown name as for a wrong password, and RateLimited after ten tries
    for one name from one address, thirty from one address, or a hundred for one name, in five minutes. Having been
    right makes the ten forgotten.
    """
    name = digest(username)  # any text may come as a name, of any length
    await ports.throttle.take(BY_ADDRESS, address)
    await ports.throttle.take(BY_ACCOUNT, f"{name} {address}")
    await ports.throttle.take(BY_NAME, name)
    before = await User.get_or_none(username=username) if accounts.USERNAME.fullmatch(username) else None
    user = await accounts.believe_password(ports, username, password)
    await ports.throttle.clear(BY_ACCOUNT, f"{name} {address}")
    await ports.throttle.give_back(BY_NAME, name)
    secret = ports.clock.secret(SECRET_BYTES).hex()
    now = ports.clock.now()
    async with in_transaction("default"):
        owner = await User.filter(id=user.id).select_for_update(no_key=True).first()
        if owner is None or before is None or owner.password_hash != before.password_hash:
            raise Unauthenticated("unknown")  # it was changed while this one was looked at, and ended all sessions
        await Session.create(
            owner_id=user.id,
            digest=digest(secret),
            user_agent=mend_text(user_agent)[:USER_AGENT_LENGTH],
            created_at=now,
            last_used_at=now,
            expires_at=now + _life(ports),
        )
    return Begun(user, secret)


async def believe(ports: Ports, secret: str) -> Viewer:
    """Who a cookie stands for, in one statement. Using it keeps it alive; that is written every ten minutes at most.

    Raises Unauthenticated: ``unknown``, ``expired`` or ``inactive``.
    """
    found = await queries.by_digest(digest(secret)) if len(secret) == 2 * SECRET_BYTES else None
    if found is None:
        raise Unauthenticated("unknown")
    session = found.session
    now = ports.clock.now()
    if session.expires_at <= now:
        raise Unauthenticated("expired")
    if not found.user.is_active:
        raise Unauthenticated("inactive")
    if now - session.last_used_at >= TOUCH_AFTER:
        ports.background.start(("session", session.id), partial(_touch, session.id, now, now + _life(ports)))
    return Viewer(found.user, ALL_SCOPES, session_id=session.id)  # without an end: it may make tokens that outlive it


async def sign_out(secret: str) -> None:
    """End the session of that cookie; one that is not there any more is as good."""
    await Session.filter(digest=digest(secret)).delete()


@reads("account")
async def find(ctx: Context) -> list[SessionRow]:
    """The viewer's signed-in browsers, the last used first, without those whose time is over."""
    now = ctx.ports.clock.now()
    return [row for row in await queries.sessions(ctx.owner_id) if row.expires_at > now]


@gated("account")
async def end(ctx: Context, id: int) -> None:
    """Sign one of the viewer's browsers out. Raises NotFound, for a foreign one too."""
    ids = known_ids([id])
    if not ids or not await Session.filter(owner_id=ctx.owner_id, id=ids[0]).delete():
        raise NotFound("session")


@gated("account")
async def end_all(ctx: Context, *, keep_own: bool = True) -> int:
    """Sign the viewer's browsers out, the one that asks apart unless told otherwise. Returns how many went."""
    sessions = Session.filter(owner_id=ctx.owner_id)
    if keep_own and ctx.viewer.session_id is not None:
        sessions = sessions.exclude(id=ctx.viewer.session_id)
    return await sessions.delete()


async def purge(now: datetime) -> None:
    """Delete the rows of sessions whose time is over."""
    while ids := await Session.filter(expires_at__lte=now).limit(STEP).values_list("id", flat=True):
        await Session.filter(id__in=ids).delete()


def _life(ports: Ports) -> timedelta:
    return timedelta(days=ports.limits.session_days)


async def _touch(id: int, now: datetime, expires_at: datetime) -> None:
    await Session.filter(id=id).update(last_used_at=now, expires_at=expires_at)
