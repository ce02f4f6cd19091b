"""What a webhook of this door is sent: the payload, and the headers with its signature (BK section 9.4)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from models.rows import BookmarkRow, TagRow
from rest_compat.bkmark.calls import Record
from rest_compat.bkmark.codec import Bookmark, Style, Timestamp, encode_bookmark, moment
from rest_compat.bkmark.groups import Group, encode_group
from rest_compat.bkmark.tags import Tag, encode_tag
from schema.ports import Event

USER_AGENT = "Bkmark-Webhooks/1"


# msgspec knows no union of such types, for it could not read one; here they are only written.
SUBJECTS = [{"$ref": f"#/components/schemas/{name}"} for name in ("Bookmark", "Group", "Tag")]
Subject = Annotated[Any, msgspec.Meta(extra_json_schema={"anyOf": SUBJECTS})]


class EventAnswer(Record):
    """Something that happened; ``data`` is what it happened to, as it was then, or as it was before it was deleted."""

    id: str
    event: str
    created_at: Timestamp
    data: Subject


def encode_event(event: Event, style: Style) -> EventAnswer:
    """An event in Bkmark's words; its object is written as GET would have answered it."""
    row = event.row
    data: Bookmark | Group | Tag
    if isinstance(row, BookmarkRow):
        data = encode_bookmark(row, style)
    elif isinstance(row, TagRow):
        data = encode_tag(row, style.id)
    else:
        data = encode_group(row, style.id)
    return EventAnswer(id=event.id, event=event.event, created_at=moment(event.created_at), data=data)


def sign(body: bytes, secret: str) -> str:
    """The signature: HMAC-SHA256 over the raw body, keyed with the whole secret, its ``whsec_`` included."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class BkmarkWording:
    """The wording of this door (``schema.ports.Wording``)."""

    def body(self, event: Event, base: str) -> bytes:
        """The payload."""
        return msgspec.json.encode(encode_event(event, Style(base)))

    def headers(self, id: str, event: str, body: bytes, secret: str, moment: datetime) -> Mapping[str, str]:
        """The headers of one attempt; ``X-Bkmark-Timestamp`` is the attempt's, in Unix seconds."""
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "X-Bkmark-Delivery": id,
            "X-Bkmark-Event": event,
            "X-Bkmark-Signature": sign(body, secret),
            "X-Bkmark-Timestamp": str(int(moment.timestamp())),
        }
