"""People and things with a default for everything, so that a test states only what it is about."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from models.rows import BookmarkRow, UserRow
from schema.context import Context
from schema.door import GRAPHQL, Door
from schema.inputs import BookmarkDraft, ConflictPolicy
from schema.ports import Ports
from schema.resolvers import accounts, saving, tokens

PASSWORD = "correct horse"
_numbers = itertools.count(1)


@dataclass(slots=True)
class Person:
    """An account with a token that may do everything."""

    ports: Ports
    user: UserRow
    secret: str

    async def ctx(self, door: Door = GRAPHQL) -> Context:
        """A context as a request of this person's would have, believed anew each time."""
        viewer = await tokens.believe(self.ports, self.secret)
        await self.ports.background.drain()  # so that tests which count statements count their own
        return Context(self.ports, door, viewer)


async def make_person(ports: Ports, name: str, *, scopes: list[str] | None = None, admin: bool = False) -> Person:
    """Make an account and a token."""
    user = await accounts.create(ports, name, PASSWORD, admin=admin)
    made = await tokens.issue(ports, user.id, name="tests", scopes=scopes)
    return Person(ports, user, made.secret)


async def make_token(person: Person, *scopes: str) -> str:
    """Another token of the person's, with just these scopes; its secret."""
    return (await tokens.issue(person.ports, person.user.id, name="narrow", scopes=scopes)).secret


async def make_bookmark(person: Person, door: Door = GRAPHQL, **draft: Any) -> BookmarkRow:
    """Save a bookmark without looking at its page."""
    draft.setdefault("url", f"https://site-{next(_numbers)}.example/page")
    draft.setdefault("title", "A title")
    ctx = await person.ctx(door)
    return (await saving.save(ctx, BookmarkDraft(**draft), ConflictPolicy.ERROR, fetch=False)).bookmark
