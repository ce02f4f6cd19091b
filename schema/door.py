"""The few facts in which doors differ and that operations must know; a dialect declares its own ``Door``.

Adding a dialect adds a value of this type in its own folder and changes nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from models import url as urls
from models.kinds import KINDS


class Identity(Enum):
    """What makes two addresses the same bookmark: the WHATWG form, or linkding's looser key (LD-NORM-1)."""

    HREF = "href_hash"
    KEY = "key_hash"


@dataclass(frozen=True, slots=True)
class Door:
    """How a door's clients understand bookmarks.

    ``kinds`` are the kinds they can be shown, ``identity`` is how they tell addresses apart, ``source`` is what a new
    bookmark's ``source`` says. ``hyphenates_tags``: inner blanks of a tag name become hyphens unless a tag of exactly
    that name exists. ``auto_tags_updates``: the auto-tagging rules act on updates too. ``always_touches``: an update
    that changes nothing moves ``updated_at`` all the same.
    """

    name: str
    kinds: frozenset[str] = KINDS
    identity: Identity = Identity.HREF
    source: str = "api"
    hyphenates_tags: bool = False
    auto_tags_updates: bool = False
    always_touches: bool = False

    def digest(self, address: str) -> str:
        """The hash under which this door's clients would find the address."""
        return urls.digest(urls.key(address) if self.identity is Identity.KEY else urls.href(address))


GRAPHQL = Door("graphql")
SHELL = Door("shell")
WORKER = Door("worker")
