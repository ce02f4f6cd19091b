"""``/webhooks``: addresses that hear of changes, what each was told, and the same for those who ask (BK section 9)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import UNSET, UnsetType
from strawberry import Some

from models.rows import DeliveryRow, WebhookRow
from rest_compat.bkmark.calls import Call, Nothing, Record, handles
from rest_compat.bkmark.codec import Deleted, Listed, Style, Timestamp, moment, moment_or_none
from rest_compat.bkmark.events import EventAnswer, encode_event
from rest_compat.bkmark.filters import Limit
from rest_compat.house import base_of
from schema.events import EventName
from schema.page import Window
from schema.resolvers import webhooks

EventNames = Annotated[list[EventName], msgspec.Meta(min_length=1)]
Address = Annotated[str, msgspec.Meta(min_length=1, description="https, and reachable from the internet")]
Status = Literal["pending", "delivered", "failed"]


class Webhook(Record):
    """A subscription without its secret."""

    id: str
    url: str
    events: list[str]
    active: bool
    created_at: Timestamp


class NewWebhook(Record):
    """A subscription as whoever made it sees it, this once: ``secret`` keys the signatures."""

    id: str
    url: str
    secret: str
    events: list[str]
    active: bool
    created_at: Timestamp


class WebhookDraft(Record):
    """A subscription to be made."""

    url: Address
    events: EventNames


class WebhookPatch(Record):
    """Changes to a subscription."""

    url: Address | UnsetType = UNSET
    events: EventNames | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class Delivery(Record):
    """One event on its way to a webhook, or there, or given up."""

    id: str
    event: str
    status: Status
    attempts: int
    response_status: int | None
    next_attempt_at: Timestamp | None
    created_at: Timestamp


class Part(Record):
    """Which part of a list is wanted."""

    cursor: str | UnsetType = UNSET
    limit: Limit = 20


@handles(answer=Listed[Webhook])
async def find(call: Call[Nothing, Nothing]) -> Listed[Webhook]:
    """List all webhooks, in the order in which they were made."""
    return Listed([_encode(row) for row in await webhooks.find(call.ctx)], None)


@handles(body=WebhookDraft, answer=NewWebhook, status=201)
async def create(call: Call[Nothing, WebhookDraft]) -> NewWebhook:
    """Subscribe an address to events; the answer alone holds the secret that signs what is sent."""
    made = await webhooks.create(call.ctx, call.body.url, call.body.events)
    return NewWebhook(secret=made.secret, **msgspec.structs.asdict(_encode(made.webhook)))


@handles(answer=Webhook)
async def get(call: Call[Nothing, Nothing]) -> Webhook:
    """Read a webhook."""
    return _encode(await webhooks.get(call.ctx, _name(call)))


@handles(body=WebhookPatch, answer=Webhook)
async def update(call: Call[Nothing, WebhookPatch]) -> Webhook:
    """Change a webhook's address or events, or switch it off and on."""
    sent = call.body
    row = await webhooks.update(
        call.ctx,
        _name(call),
        url=None if sent.url is UNSET else Some(sent.url),
        events=None if sent.events is UNSET else Some(sent.events),
        is_active=None if sent.active is UNSET else Some(sent.active),
    )
    return _encode(row)


@handles(answer=Deleted)
async def delete(call: Call[Nothing, Nothing]) -> Deleted:
    """Forget a webhook and all that it was told."""
    await webhooks.delete(call.ctx, _name(call))
    return Deleted(id=_name(call))


@handles(query=Part, answer=Listed[Delivery])
async def deliveries(call: Call[Part, Nothing]) -> Listed[Delivery]:
    """List what a webhook was sent or will be, the newest first."""
    window = Window(limit=call.query.limit)
    page = await webhooks.deliveries(call.ctx, _name(call), window, after=_cursor(call))
    return Listed([_encode_delivery(row) for row in page.items], page.items[-1].name if page.has_next else None)


@handles(query=Part, answer=Listed[EventAnswer])
async def events(call: Call[Part, Nothing]) -> Listed[EventAnswer]:
    """List the events of the last 30 days that a webhook hears of, the oldest first, for those who would rather ask."""
    found, more = await webhooks.events(call.ctx, _name(call), after=_cursor(call), limit=call.query.limit)
    style = Style(base_of(call.request), call.ulids)
    return Listed([encode_event(event, style) for event in found], found[-1].id if more else None)


@handles(answer=Delivery)
async def redeliver(call: Call[Nothing, Nothing]) -> Delivery:
    """Send a delivery again, the very same words."""
    return _encode_delivery(await webhooks.redeliver(call.ctx, _name(call), call.request.match_info["delivery"]))


def _name(call: Call[Any, Any]) -> str:
    return call.request.match_info["id"]


def _cursor(call: Call[Part, Any]) -> str | None:
    """The id of the last one seen: so whoever has come to the end can ask later from there."""
    return None if call.query.cursor is UNSET else call.query.cursor


def _encode(row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.name, url=row.url, events=list(row.events), active=row.is_active, created_at=moment(row.created_at)
    )


def _encode_delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.name,
        event=row.event,
        status=cast("Status", row.status),
        attempts=row.attempts,
        response_status=row.response_status,
        next_attempt_at=moment_or_none(row.next_attempt_at),
        created_at=moment(row.created_at),
    )
