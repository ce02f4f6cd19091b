"""RSS 2.0: lists as feed readers take them, whole or in pieces, and what readers need not fetch again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final

from aiohttp import ETag, web
from feedgenerator import Rss201rev2Feed
from feedgenerator.django.utils.feedgenerator import SimplerXMLGenerator, rfc2822_date

MIME: Final = "application/rss+xml"
NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, section 2.2

_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Item:
    """What a feed says of a bookmark; no text may hold what XML has no word for.

    ``guid`` is by what readers know the item again, ``is_address`` says that it is an address to open.
    """

    title: str
    link: str
    description: str
    added: datetime
    guid: str
    is_address: bool = False
    categories: Sequence[str] = ()


class Channel(Rss201rev2Feed):  # type: ignore[misc]  # the library has no types
    """A feed that can be written in pieces: ``start``, any number of ``some``, ``end``; or at once, ``whole``.

    ``newest`` is when its newest item was added; an empty feed has no such moment.
    """

    def __init__(self, title: str, link: str, newest: datetime | None) -> None:
        super().__init__(title=title, link=link, description=title)
        self._newest = newest
        self._text = StringIO()
        self._handler = SimplerXMLGenerator(self._text, "utf-8", short_empty_elements=True)

    def start(self) -> bytes:
        """What comes before the items."""
        self._handler.startDocument()
        self._handler.startElement("rss", self.rss_attributes())
        self._handler.startElement("channel", self.root_attributes())
        self.add_root_elements(self._handler)
        return self._take()

    def some(self, items: Iterable[Item]) -> bytes:
        """The next items."""
        for item in items:
            self.add_item(
                title=item.title,
                link=item.link,
                description=item.description,
                pubdate=in_utc(item.added),
                unique_id=item.guid,
                unique_id_is_permalink=None if item.is_address else False,  # a guid without a word is an address
                categories=item.categories,
            )
        self.write_items(self._handler)
        self.items.clear()
        return self._take()

    def end(self) -> bytes:
        """What comes after the items."""
        self.endChannelElement(self._handler)
        self._handler.endElement("rss")
        return self._take()

    def whole(self, items: Iterable[Item]) -> bytes:
        """All of it."""
        return self.start() + self.some(items) + self.end()

    def add_root_elements(self, handler: Any) -> None:
        """What the channel says of itself: the library would give an empty one the moment at which it is read."""
        for name in ("title", "link", "description"):
            handler.addQuickElement(name, self.feed[name])
        if self._newest is not None:
            handler.addQuickElement("lastBuildDate", rfc2822_date(self._newest))

    def _take(self) -> bytes:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode()


def is_unchanged(request: web.BaseRequest, etag: str | None, changed: datetime | None) -> bool:
    """Whether who asks has this already: 304 then (RFC 9110, section 13.2.2; only for GET and HEAD).

    ``If-None-Match`` is compared weakly, and where it is sent ``If-Modified-Since`` does not count. ``etag`` and
    ``changed`` are those of the answer; it may lack either.
    """
    known: tuple[ETag, ...] | None = request.if_none_match
    if known is not None:
        return any(tag.value in {_ANY, etag} for tag in known)
    since = request.if_modified_since
    return since is not None and changed is not None and changed.replace(microsecond=0) <= since


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; of the first and the last one there is the database forgets the zone."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
