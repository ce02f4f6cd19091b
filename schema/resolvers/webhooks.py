"""Webhooks: addresses that hear of changes, and the log of what each was told (BK section 9).

A webhook hears of nothing that the credential which made it could not read; whoever has any credential of the owner may
manage it, but must be able to read what it hears of to have it said, add to it, or have it sent elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from strawberry import Maybe

from models import Delivery, User, Webhook
from models.queries import deliveries as queries
from models.queries.deliveries import PENDING
from models.queries.window import Position
from models.rows import DeliveryRow, WebhookRow
from schema.context import SCOPES, Context
from schema.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from schema.events import EVENTS, ask_deliver, make_name, read_event, scope_of
from schema.operation import gated, writing
from schema.page import FIRST, Page, Window, cut
from schema.ports import Event, FetchFailed
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import check_texts, known_ids
from schema.unit import Unit

NAME = re.compile("[a-z]+_[0-9a-z]{24}")  # of a webhook or a delivery; any other text names none
MOST = 50  # webhooks of one owner
LONGEST_URL = 2_000
LONGEST_QUERY = 20_000
KEPT = timedelta(days=30)  # deliveries and their events
FIRST_WORDS = "bkmark"  # the dialect that words what has no query of its own
READING = frozenset(scope for scope in SCOPES if scope.endswith(":read"))


@dataclass(slots=True)
class Subscribed:
    """A new webhook; ``secret`` keys its signatures, and is shown this once and never again."""

    webhook: WebhookRow
    secret: str


@gated(*SCOPES)
async def find(ctx: Context) -> list[WebhookRow]:
    """The viewer's webhooks, in the order in which they were made, without their secrets."""
    return await queries.webhooks(ctx.owner_id)


@gated(*SCOPES)
async def get(ctx: Context, name: str) -> WebhookRow:
    """One of the viewer's webhooks. Raises NotFound, for a foreign one too."""
    found = await queries.webhooks(ctx.owner_id, [name]) if NAME.fullmatch(name) else []
    if not found:
        raise NotFound("webhook")
    return found[0]


@gated(*SCOPES)
async def get_many(ctx: Context, ids: Sequence[int]) -> list[WebhookRow]:
    """Those of the ids that are the viewer's webhooks, in no promised order. Raises Invalid for more than 500."""
    wanted = known_ids(ids)
    return await queries.webhooks_by_ids(ctx.owner_id, wanted) if wanted else []


@gated(*SCOPES)
async def create(ctx: Context, url: str, events: Sequence[str], query: str | None = None) -> Subscribed:
    """Subscribe an address to events; ``query`` is a GraphQL document whose answer is sent, in place of the event.

    Raises Invalid for an address that is not https or not public, for no events, unknown ones and a query that cannot
    be stored; Forbidden without the scope to read what the events are about; Conflict when there are 50 webhooks.
    """
    check_url(ctx, url)
    wanted = check_events(events)
    _check_query(ctx, query)
    _check_readable(ctx, wanted)
    async with writing(ctx) as unit:
        if await Webhook.filter(owner_id=ctx.owner_id).count() >= MOST:
            raise Conflict("webhook", "too_many")
        secret = "whsec_" + ctx.ports.clock.secret(16).hex()
        hook = await Webhook.create(
            uid=ctx.ports.clock.uuid(),
            owner_id=ctx.owner_id,
            name=make_name(ctx.ports.clock, "wh_"),
            url=url.strip(),
            secret=secret,
            events=" ".join(wanted),
            scopes=" ".join(scope for scope in SCOPES if scope in ctx.viewer.scopes & READING),
            dialect=FIRST_WORDS,
            query=query,
            grant_id=ctx.viewer.grant_id,
            created_at=unit.now,
            updated_at=unit.now,
        )
        unit.record("webhook", hook.id, "create")
        await keep_flag(unit)
        return Subscribed(await _read_back(ctx, hook.name), secret)


@gated(*SCOPES)
async def update(
    ctx: Context,
    name: str,
    *,
    url: Maybe[str] = None,
    events: Maybe[Sequence[str]] = None,
    is_active: Maybe[bool] = None,
    query: Maybe[str | None] = None,
) -> WebhookRow:
    """Change what is given. One that is made active again starts with a clean record, and is sent what is pending.

    Raises NotFound, Invalid as ``create``, and Forbidden when the viewer cannot read what is added, or what would be
    sent to another address or by another query, which is also what is kept of the last 30 days.
    """
    if url is not None:
        check_url(ctx, url.value)
    wanted = None if events is None else check_events(events.value)
    if query is not None:
        _check_query(ctx, query.value)
    async with writing(ctx) as unit:
        hook = await _own(ctx, name)
        kept = hook.events.split()
        values: dict[str, object] = {}
        if url is not None and url.value.strip() != hook.url:
            values["url"] = url.value.strip()
        if query is not None and query.value != hook.query:
            values["query"] = query.value
        fresh = [event for event in wanted or () if event not in kept]
        _check_readable(ctx, fresh)
        if values:
            _check_readable(ctx, wanted or kept)
            values |= await _sent_elsewhere(ctx, hook, values)
        if wanted is not None and wanted != kept:
            scopes = {*hook.scopes.split(), *map(scope_of, fresh)}
            values |= {"events": " ".join(wanted), "scopes": " ".join(scope for scope in SCOPES if scope in scopes)}
        if is_active is not None and is_active.value != hook.is_active:
            values |= {"is_active": is_active.value} | ({"failures": 0} if is_active.value else {})
        if values:
            before = {key: getattr(hook, key) for key in ("url", "events", "is_active")}
            await Webhook.filter(id=hook.id).update(**values, updated_at=unit.now)
            unit.record("webhook", hook.id, "update", before)
            await keep_flag(unit)
        if values.get("is_active"):
            ask_deliver(unit, hook.id)
        return await _read_back(ctx, name)


@gated(*SCOPES)
async def delete(ctx: Context, name: str) -> None:
    """Forget the webhook and all that it was told. Raises NotFound."""
    async with writing(ctx) as unit:
        hook = await _own(ctx, name)
        await Webhook.filter(id=hook.id).delete()
        unit.record("webhook", hook.id, "delete")
        await keep_flag(unit)


@gated(*SCOPES)
async def deliveries(ctx: Context, name: str, window: Window = FIRST, *, after: str | None = None) -> Page[DeliveryRow]:
    """A page of what the webhook was sent or will be, the newest first; ``after`` may name the last one seen.

    Raises NotFound, and Invalid with rule ``cursor`` for an ``after`` that is none of this webhook's.
    """
    hook = await get(ctx, name)
    if after is not None:
        window = replace(window, after=await _place(hook, after))
    rows = await queries.deliveries(hook.id, window.slice(extra=1))
    items, has_next, has_previous = cut(rows, window)

    async def count() -> int:
        return await queries.count(hook.id)

    return Page(items, has_next, has_previous, count)


@gated(*SCOPES)
async def deliveries_by_ids(ctx: Context, ids: Sequence[int]) -> list[DeliveryRow]:
    """Those of the ids that are deliveries of the viewer's webhooks. Raises Invalid for more than 500."""
    wanted = known_ids(ids)
    return await queries.deliveries_by_ids(ctx.owner_id, wanted) if wanted else []


@gated(*SCOPES)
async def events(ctx: Context, name: str, *, after: str | None = None, limit: int = 20) -> tuple[list[Event], bool]:
    """What the webhook is told, of 30 days, the oldest first, and whether there is more; ``after`` names the last seen.

    For receivers that would rather ask. What the viewer may not read is left out. Raises NotFound, Forbidden when the
    viewer may not read all that the webhook hears of, and Invalid as ``deliveries``.
    """
    hook = await get(ctx, name)
    _check_readable(ctx, hook.events)
    readable = [event for event in EVENTS if scope_of(event) in ctx.viewer.scopes]
    seen = 0 if after is None else (await _place(hook, after)).id
    found = await queries.events(hook.id, readable, seen, ctx.ports.clock.now() - KEPT, limit + 1)
    events = [read_event(one.name, one.event, one.facts, one.created_at) for one in found[:limit]]
    return events, len(found) > limit


@gated(*SCOPES)
async def redeliver(ctx: Context, name: str, delivery: str) -> DeliveryRow:
    """Send a delivery again, the very same words, with all attempts before it; one that is pending is sent at once.

    Raises NotFound for either, Forbidden without the scope to read what it is about, and Conflict when the webhook is
    not active.
    """
    async with writing(ctx) as unit:
        hook = await _own(ctx, name)
        known = NAME.fullmatch(delivery) is not None
        kept = await Delivery.get_or_none(webhook_id=hook.id, name=delivery) if known else None
        if kept is None:
            raise NotFound("delivery")
        _check_readable(ctx, [kept.event])
        if not hook.is_active:
            raise Conflict("webhook", "inactive")
        again: dict[str, object] = {} if kept.status == PENDING else {"attempts": 0, "ended_at": None}
        await Delivery.filter(id=kept.id).update(status=PENDING, next_attempt_at=unit.now, **again)
        ask_deliver(unit, hook.id)
        return (await queries.deliveries_by_ids(ctx.owner_id, [kept.id]))[0]


async def keep_flag(unit: Unit) -> None:
    """Let the account say whether anybody listens, for every write asks; after any change of a webhook."""
    listening = await Webhook.filter(owner_id=unit.owner_id, is_active=True).exists()
    await User.filter(id=unit.owner_id).update(has_webhooks=listening)


def check_url(ctx: Context, url: str) -> None:
    """Pass an address that may be told things, as far as its text tells. Raises Invalid."""
    check_texts((("url", url),))
    address = url.strip()
    if not address:
        raise Invalid(Fault(("url",), "blank"))
    if len(address) > LONGEST_URL:
        raise Invalid(Fault(("url",), "too_long", LONGEST_URL))
    schemes = ("https", "http") if ctx.ports.limits.private_web else ("https",)
    if address.partition(":")[0].lower() not in schemes:
        raise Invalid(Fault(("url",), "hook_url"))
    try:
        ctx.ports.websites.check(address)
    except FetchFailed:
        raise Invalid(Fault(("url",), "hook_url")) from None


def check_events(events: Sequence[str]) -> list[str]:
    """The events, each once, in the contract's order. Raises Invalid for none, and for words that are no events."""
    if not events:
        raise Invalid(Fault(("events",), "blank"))
    faults = [Fault(("events", place), "choice", EVENTS) for place, one in enumerate(events) if one not in EVENTS]
    if faults:
        raise Invalid(*faults[:20])
    return [event for event in EVENTS if event in events]


def _check_query(ctx: Context, query: str | None) -> None:
    if query is None:
        return
    check_texts((("query", query),))
    if len(query) > LONGEST_QUERY:
        raise Invalid(Fault(("query",), "too_long", LONGEST_QUERY))
    ctx.ports.payloads.queries.check(query)


def _check_readable(ctx: Context, events: Iterable[str]) -> None:
    _check_scopes(ctx, map(scope_of, events))


def _check_scopes(ctx: Context, scopes: Iterable[str]) -> None:
    missing = set(scopes) - ctx.viewer.scopes
    if missing:
        raise Forbidden(min(missing))


async def _sent_elsewhere(ctx: Context, hook: Webhook, values: Mapping[str, object]) -> dict[str, object]:
    """What else changes with address or query. Raises Forbidden when the viewer could not read what goes there.

    What an old query said is forgotten: it may be more than whoever has it sent again may read.
    """
    told = await Delivery.filter(webhook_id=hook.id).distinct().values("event")  # some may wait, or be sent again
    _check_readable(ctx, [str(row["event"]) for row in told])
    if hook.query or values.get("query"):  # answers may hold all that the webhook may read
        _check_scopes(ctx, hook.scopes.split())
    if "query" in values:
        await Delivery.filter(webhook_id=hook.id).update(body=None)
    grant_id = ctx.viewer.grant_id  # what an app has sent to itself ends with it
    return {} if grant_id is None else {"grant_id": grant_id}


async def _place(hook: WebhookRow, name: str) -> Position:
    """Where the delivery of that name stands. Raises Invalid when the webhook has none."""
    kept = await Delivery.get_or_none(webhook_id=hook.id, name=name) if NAME.fullmatch(name) else None
    if kept is None:
        raise Invalid(Fault(("cursor",), "cursor"))
    return Position(kept.id, kept.id)


async def _own(ctx: Context, name: str) -> Webhook:
    known = NAME.fullmatch(name) is not None
    hook = await Webhook.get_or_none(owner_id=unit_of(ctx).owner_id, name=name) if known else None
    if hook is None:
        raise NotFound("webhook")
    return hook


async def _read_back(ctx: Context, name: str) -> WebhookRow:
    return (await queries.webhooks(ctx.owner_id, [name]))[0]
