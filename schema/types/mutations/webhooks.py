"""Changing webhooks, and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import Maybe, Some

from models.rows import DeliveryRow, WebhookRow
from schema.context import SCOPES
from schema.errors import NotFound
from schema.ids import Kind, id_of
from schema.paths import under
from schema.resolvers import webhooks
from schema.types.arguments import Info, meaning
from schema.types.scope import all_need
from schema.types.webhook import Delivery, Webhook, WebhookEvent

WebhookId = Annotated[strawberry.ID, strawberry.argument(description="Global id of a webhook of yours.")]


@strawberry.input(description="A webhook to be made.")
class WebhookDraft:
    """What createWebhook takes."""

    url: str = strawberry.field(description="Where events are sent: https, and reachable from the internet.")
    events: list[WebhookEvent] = strawberry.field(
        description="What it hears of, at least one; you must be able to read what they are about."
    )
    query: str | None = strawberry.field(
        default=None,
        description=(
            "A GraphQL query whose answer is sent in place of the event, executed as you and with what you may read, "
            "right before it is first sent. It may declare `$id: ID!` (the global id of what it happened to), "
            "`$uid: UUID!` and `$event: String!` (such as `bookmark.created`); `extensions` of the answer say what "
            "happened."
        ),
    )


@strawberry.input(description="Changes to a webhook; what is left out stays.")
class WebhookPatch:
    """What updateWebhook takes."""

    url: Maybe[str] = strawberry.field(default=None, description="Another address.")
    events: Maybe[list[WebhookEvent]] = strawberry.field(default=None, description="What it hears of from now on.")
    query: Maybe[str | None] = strawberry.field(
        default=None, description="Another query, for what was not sent yet; null sends the events themselves."
    )
    is_active: Maybe[bool] = strawberry.field(default=None, description="Whether it is told of things.")


@strawberry.type(description="A new webhook.")
class WebhookCreated:
    """The outcome of createWebhook."""

    webhook: WebhookRow = strawberry.field(graphql_type=Webhook, description="The webhook as lists show it.")
    secret: str = strawberry.field(description="The key of its signatures. It is shown this once and never again.")


@strawberry.type(description="The webhook was changed.")
class WebhookUpdated:
    """The outcome of updateWebhook."""

    webhook: WebhookRow = strawberry.field(graphql_type=Webhook, description="The webhook as it is now.")


@strawberry.type(description="The webhook is gone, with the log of what it was told.")
class WebhookDeleted:
    """The outcome of deleteWebhook."""

    deleted_id: strawberry.ID = strawberry.field(description="The id it had.")


@strawberry.type(description="The delivery is on its way again.")
class Redelivered:
    """The outcome of redeliver."""

    delivery: DeliveryRow = strawberry.field(graphql_type=Delivery, description="The delivery as it is now.")


@all_need(*SCOPES)
@strawberry.type
class WebhookMutations:
    """The fields of Mutation that change webhooks."""

    @strawberry.mutation(description="Have an address told of changes.")
    async def create_webhook(
        self, info: Info, input: Annotated[WebhookDraft, strawberry.argument(description="The webhook to be.")]
    ) -> WebhookCreated:
        """Create."""
        events = [meaning(event) for event in input.events]
        with under("input"):
            made = await webhooks.create(info.context, input.url, events, input.query)
        return WebhookCreated(webhook=made.webhook, secret=made.secret)

    @strawberry.mutation(
        description="Change a webhook. Another address or query takes the scopes that making it would take."
    )
    async def update_webhook(
        self, info: Info, id: WebhookId, input: Annotated[WebhookPatch, strawberry.argument(description="The changes.")]
    ) -> WebhookUpdated:
        """Update."""
        name = await _name(info, id)
        events: Maybe[Sequence[str]] = None
        if input.events is not None:
            events = Some([meaning(event) for event in input.events.value])
        with under("input"):
            row = await webhooks.update(
                info.context, name, url=input.url, events=events, is_active=input.is_active, query=input.query
            )
        return WebhookUpdated(webhook=row)

    @strawberry.mutation(description="Forget a webhook.")
    async def delete_webhook(self, info: Info, id: WebhookId) -> WebhookDeleted:
        """Delete."""
        await webhooks.delete(info.context, await _name(info, id))
        return WebhookDeleted(deleted_id=id)

    @strawberry.mutation(
        description="Send a delivery again, the very same words; one that is pending is tried at once."
    )
    async def redeliver(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id of a delivery of a webhook of yours.")],
    ) -> Redelivered:
        """Redeliver."""
        found = await webhooks.deliveries_by_ids(info.context, [id_of(id, Kind.DELIVERY)])
        if not found:
            raise NotFound("delivery")
        hook = (await webhooks.get_many(info.context, [found[0].webhook_id]))[0]
        return Redelivered(delivery=await webhooks.redeliver(info.context, hook.name, found[0].name))


async def _name(info: Info, id: strawberry.ID) -> str:
    found = await webhooks.get_many(info.context, [id_of(id, Kind.WEBHOOK)])
    if not found:
        raise NotFound("webhook")
    return found[0].name
