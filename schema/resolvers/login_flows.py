"""Login flow v2 of Nextcloud (NC-14): a program asks, somebody at a browser lets it in, and it fetches a password.

The program has one random value to poll with and another for the browser; of both only the SHA-256 is kept. The app
password is made when the program fetches it, in the transaction that takes the flow away, so it is handed out once and
never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import Q
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from models import LoginFlow, User
from schema.context import Context
from schema.errors import NotFound, RateLimited
from schema.operation import gated
from schema.ports import Allowance, Ports
from schema.resolvers import tokens
from schema.resolvers.texts import one_line
from schema.resolvers.tokens import digest

LIFE = timedelta(minutes=20)  # the reference's
BY_ADDRESS = Allowance("login flow by address", 60, 300)
MOST_PENDING = 10_000
RETRY_AFTER = 60  # seconds; some flow has run out until then
POLL_BYTES, FLOW_BYTES = 64, 32  # as hexadecimal digits: 128 and 64 characters
CLIENT_LENGTH = 200
NAMELESS = "An app without a name"


@dataclass(frozen=True, slots=True)
class Begun:
    """What the program polls with, and what stands in the address that it opens in a browser."""

    poll_token: str
    flow_token: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A program that waits; ``client`` is what it calls itself. ``granted``: somebody has let it in already."""

    client: str
    expires_at: datetime
    granted: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """What the program signs in with from now on."""

    username: str
    password: str


async def begin(ports: Ports, client: str, *, address: str | None = None) -> Begun:
    """Let a program wait for twenty minutes; ``client`` is its User-Agent, ``address`` where it asks from, if known.

    Raises RateLimited for the sixty-first flow of one address in five minutes, and while 10,000 wait already.
    """
    if address is not None:
        await ports.throttle.take(BY_ADDRESS, address)
    now = ports.clock.now()
    await purge(now)
    if await LoginFlow.filter(expires_at__gt=now).count() >= MOST_PENDING:
        raise RateLimited(RETRY_AFTER)
    begun = Begun(ports.clock.secret(POLL_BYTES).hex(), ports.clock.secret(FLOW_BYTES).hex())
    await LoginFlow.create(
        poll_digest=digest(begun.poll_token),
        flow_digest=digest(begun.flow_token),
        client=client_name(client),
        created_at=now,
        expires_at=now + LIFE,
    )
    return begun


async def find(ports: Ports, flow_token: str) -> Flow:
    """The program that waits behind the address. Raises NotFound, also for one that has waited too long."""
    flow = await _waiting(ports).get_or_none(flow_digest=digest(flow_token))
    if flow is None:
        raise NotFound("login_flow")
    return Flow(flow.client, flow.expires_at, flow.owner_id is not None)


@gated("account")
async def grant(ctx: Context, flow_token: str) -> None:
    """Let the program in as the viewer; doing it twice is doing it once.

    Raises NotFound, also for a program that somebody else has let in.
    """
    mine = Q(owner_id=None) | Q(owner_id=ctx.owner_id)
    if not await _waiting(ctx.ports).filter(mine, flow_digest=digest(flow_token)).update(owner_id=ctx.owner_id):
        raise NotFound("login_flow")


@gated("account")
async def refuse(ctx: Context, flow_token: str) -> None:
    """Send the program away. Raises NotFound, also for one that has been let in."""
    if not await _waiting(ctx.ports).filter(owner_id=None, flow_digest=digest(flow_token)).delete():
        raise NotFound("login_flow")


async def poll(ports: Ports, poll_token: str) -> Granted:
    """The name and a new app password, once; of two that ask at the same time one gets them.

    Asking in vain only reads. Raises NotFound while nobody has let the program in, and for ever after.
    """
    granted = _waiting(ports).filter(owner_id__not_isnull=True, poll_digest=digest(poll_token))
    if not await granted.exists():
        raise NotFound("login_flow")
    async with in_transaction("default"):
        flow = await granted.select_for_update().first()
        owner = await User.get_or_none(id=flow.owner_id, is_active=True) if flow is not None else None
        if flow is None or owner is None or not await LoginFlow.filter(id=flow.id).delete():
            raise NotFound("login_flow")
        made = await tokens.issue(ports, owner.id, name=flow.client, format=tokens.APP_PASSWORD)
    return Granted(owner.username, made.secret)


async def purge(now: datetime) -> None:
    """Delete the rows of programs that have waited too long."""
    await LoginFlow.filter(expires_at__lte=now).delete()


def client_name(user_agent: str) -> str:
    """A program's name for people to read: one line without signs that change how it is read, and not too long."""
    return one_line(user_agent)[:CLIENT_LENGTH].strip() or NAMELESS


def _waiting(ports: Ports) -> QuerySet[LoginFlow]:
    return LoginFlow.filter(expires_at__gt=ports.clock.now())
