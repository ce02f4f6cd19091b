"""Webhooks and what they were told."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from models.queries import deliveries
from models.rows import DeliveryRow, WebhookRow
from schema.execution.fields import attribute, computed, global_id
from schema.ids import Kind
from schema.resolvers.deliveries import KINDS
from schema.types.arguments import Info
from schema.types.node import Node
from schema.types.scope import Scope


@strawberry.enum(description="What a webhook may hear of.")
class WebhookEvent(Enum):
    """The words of schema.events.EVENTS."""

    BOOKMARK_CREATED = strawberry.enum_value("bookmark.created", description="A bookmark was saved.")
    BOOKMARK_UPDATED = strawberry.enum_value(
        "bookmark.updated", description="A field of a bookmark changed that has no event of its own."
    )
    BOOKMARK_DELETED = strawberry.enum_value(
        "bookmark.deleted", description="A bookmark was deleted for good, from the trash or at once."
    )
    BOOKMARK_FAVORITED = strawberry.enum_value("bookmark.favorited", description="A bookmark became a favourite.")
    BOOKMARK_UNFAVORITED = strawberry.enum_value(
        "bookmark.unfavorited", description="A bookmark is a favourite no longer."
    )
    BOOKMARK_ARCHIVED = strawberry.enum_value("bookmark.archived", description="A bookmark went into the archive.")
    BOOKMARK_UNARCHIVED = strawberry.enum_value("bookmark.unarchived", description="A bookmark left the archive.")
    BOOKMARK_RESTORED = strawberry.enum_value("bookmark.restored", description="A bookmark came back from the trash.")
    GROUP_CREATED = strawberry.enum_value("group.created", description="A folder was made, or came back.")
    GROUP_UPDATED = strawberry.enum_value("group.updated", description="A folder has another name or colour.")
    GROUP_DELETED = strawberry.enum_value("group.deleted", description="A folder is gone, into the trash or for good.")
    TAG_CREATED = strawberry.enum_value("tag.created", description="A tag was made.")
    TAG_UPDATED = strawberry.enum_value("tag.updated", description="A tag has another name or colour.")
    TAG_DELETED = strawberry.enum_value("tag.deleted", description="A tag is gone from all bookmarks.")


@strawberry.enum(description="Whether an event has arrived.")
class DeliveryStatus(Enum):
    """The words of models/queries/deliveries.py."""

    PENDING = strawberry.enum_value(deliveries.PENDING, description="It is to be sent, for the first time or again.")
    DELIVERED = strawberry.enum_value(deliveries.DELIVERED, description="The receiver answered with a 2xx status.")
    FAILED = strawberry.enum_value(deliveries.FAILED, description="It was given up after the sixth attempt.")


@strawberry.type(description="An address that is told of changes, without its secret.")
class Webhook(Node):
    """GraphQL's words for a WebhookRow."""

    id: strawberry.ID = computed(lambda row: global_id(Kind.WEBHOOK.value, row.id), description="Global id.")
    database_id: int = attribute("id", description="The number of its row.")
    name: str = strawberry.field(description="The id at the Bkmark door: `wh_` and 24 letters and digits.")
    url: str = strawberry.field(description="Where events are sent.")
    events: list[WebhookEvent] = computed(
        lambda row: [WebhookEvent(event) for event in row.events], description="What it hears of."
    )
    scopes: list[Scope] = computed(
        lambda row: [Scope(scope) for scope in row.scopes],
        description="What it may read: it is told nothing beyond, and its query answers nothing beyond.",
    )
    query: str | None = strawberry.field(
        description="The GraphQL query whose answer is sent; null where the event itself is."
    )
    is_active: bool = strawberry.field(description="Whether it is told of things.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, WebhookRow))


@strawberry.type(description="One event for one webhook.")
class Delivery(Node):
    """GraphQL's words for a DeliveryRow."""

    id: strawberry.ID = computed(lambda row: global_id(Kind.DELIVERY.value, row.id), description="Global id.")
    database_id: int = attribute("id", description="The number of its row.")
    name: str = strawberry.field(description="What the receiver is told as its id: `evt_` and 24 letters and digits.")
    event: WebhookEvent = computed(lambda row: WebhookEvent(row.event), description="What happened.")
    subject_id: strawberry.ID = computed(
        lambda row: subject_id(row.subject), description="Global id of what it happened to, which may be gone."
    )
    status: DeliveryStatus = computed(lambda row: DeliveryStatus(row.status), description="Whether it has arrived.")
    attempts: int = strawberry.field(description="How often it was tried.")
    response_status: int | None = strawberry.field(
        description="The HTTP status of the last answer; null if there was none."
    )
    last_error: str = strawberry.field(description="Why there was no answer to the last attempt; empty otherwise.")
    next_attempt_at: datetime | None = strawberry.field(description="When it is tried next; null unless it is pending.")
    created_at: datetime = strawberry.field(description="When it happened.")
    ended_at: datetime | None = strawberry.field(description="When it arrived or was given up; null until then.")

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, DeliveryRow))


def subject_id(subject: str) -> strawberry.ID:
    """The global id of a delivery's subject, such as ``bookmark:7``."""
    noun, _, id = subject.partition(":")
    return strawberry.ID(global_id(KINDS[noun].value, int(id)))
