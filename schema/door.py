"""The few facts in which doors differ and that operations must know; a dialect declares its own ``Door``.

Adding a dialect adds a value of this type in its own folder and changes nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from models import url as urls
from models.kinds import KINDS
from models.queries.bookmarks import ALL, EVERYTHING, Wanted
from models.queries.tree import Tree


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

    ``wanted`` is what a bookmark brings along in the answers to writes. ``root_is_folder``: a bookmark may be in the
    root beside other folders, and only who names the root takes it out of there; at other doors being in the root
    means being in no folder. ``keeps_empty``: an empty text that is sent is meant, and not to be filled.
    ``make_up_title`` gives a title to an address whose page did not in time. ``revives``: saving an address that is in
    the trash brings that bookmark back, as far as the door's clients know of it: ``trash`` is true of those.
    ``ranked_fields`` are the texts that ranked search looks in: the letters of models/queries/tree.py's Needle.
    ``shows_href``: clients are shown an address as a browser writes it, so when they send that back it has not changed.
    ``web_only``: an address that comes in must be one of ``http`` or ``https``.
    """

    name: str
    kinds: frozenset[str] = KINDS
    identity: Identity = Identity.HREF
    source: str = "api"
    hyphenates_tags: bool = False
    auto_tags_updates: bool = False
    always_touches: bool = False
    wanted: Wanted = ALL
    root_is_folder: bool = False
    keeps_empty: bool = False
    make_up_title: Callable[[str], str] | None = None
    revives: bool = False
    trash: Tree = EVERYTHING
    shows_href: bool = False
    ranked_fields: str = "ABCD"
    web_only: bool = False

    def digest(self, address: str) -> str:
        """The hash under which this door's clients would find the address."""
        return urls.digest(urls.key(address) if self.identity is Identity.KEY else urls.href(address))


GRAPHQL = Door("graphql", wanted=Wanted(summary=True))
SHELL = Door("shell")
WORKER = Door("worker")
