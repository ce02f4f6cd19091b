"""A small graph with every kind of field that a row may have; what the tests of this folder execute."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry

from schema.errors import NotFound
from schema.execution import rows
from schema.execution.connection import Connection
from schema.execution.fields import attribute, computed, global_id
from schema.execution.limits import GraphLimits
from schema.execution.rows import Rows
from schema.execution.schema import Schema, make_schema


@strawberry.enum
class Kind(enum.Enum):
    LINK = "link"
    NOTE = strawberry.enum_value("note", name="MEMO")


Shouted = NewType("Shouted", str)
SHOUTED = strawberry.scalar(name="Shouted", serialize=lambda text: text.upper() or None, parse_value=str)


@dataclass(slots=True)
class TagRow:
    id: int = 1
    name: Any = "a"


@dataclass(slots=True)
class BookmarkRow:
    id: int = 1
    title: Any = "A"
    note: Any = None
    visits: Any = 0
    score: Any = 0.5
    is_public: Any = False
    kind: Any = Kind.LINK
    shout: Any = "loud"
    created_at: Any = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    read_at: Any = None
    tag_names: Any = ()
    tags: Any = field(default_factory=list)
    pinned: Any = None
    grid: Any = ((1, 2), (3,))


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Tag(Node):
    id: strawberry.ID = computed(lambda row: global_id("Tag", row.id), description="Global id.")
    name: str

    @classmethod
    def is_type_of(cls, obj: object, info: strawberry.Info) -> bool:
        return isinstance(obj, (cls, TagRow))


@strawberry.type
class Bookmark(Node):
    id: strawberry.ID = computed(lambda row: global_id("Bookmark", row.id), description="Global id.")
    database_id: int = attribute("id", description="The int.")
    title: str
    note: str | None
    visits: int
    score: float
    is_public: bool
    kind: Kind
    shout: Shouted
    created_at: datetime
    read_at: datetime | None
    tag_names: list[str]
    tags: list[Tag]
    pinned: Tag | None
    grid: list[list[int]]

    @strawberry.field
    def greeting(self, name: str = "you") -> str:
        return f"{self.title}, {name}"

    @strawberry.field
    def anything(self) -> Node:
        return self.tags[0]

    @classmethod
    def is_type_of(cls, obj: object, info: strawberry.Info) -> bool:
        return isinstance(obj, (cls, BookmarkRow))


def some_bookmarks(number: int) -> Iterator[BookmarkRow]:
    """Bookmarks that differ in everything that may be null or empty."""
    for i in range(number):
        tags = [TagRow(j, f"tag {j}") for j in range(i % 4)]
        yield BookmarkRow(
            id=i + 1,
            title=f"Title {i} é",
            note=None if i % 2 else f"note {i}",
            visits=i,
            is_public=i % 3 == 0,
            kind=(Kind.LINK, Kind.NOTE)[i % 2],
            read_at=None if i % 2 else datetime(2026, 2, 1, tzinfo=UTC),
            tag_names=[tag.name for tag in tags],
            tags=tags,
            pinned=tags[0] if tags else None,
        )


BOOKMARKS = Rows(some_bookmarks(7))


async def seven() -> int:
    return 7


@strawberry.type
class Query:
    @strawberry.field
    async def bookmarks(self, info: strawberry.Info) -> list[Bookmark]:
        """The rows of the test, if it brings some along."""
        return info.context if isinstance(info.context, Rows) else BOOKMARKS  # type: ignore[return-value]

    @strawberry.field
    def maybe_bookmarks(self, info: strawberry.Info) -> list[Bookmark | None] | None:
        return info.context if isinstance(info.context, Rows) else BOOKMARKS  # type: ignore[return-value]

    @strawberry.field
    def anything(self) -> list[Node]:
        return Rows(BOOKMARKS)  # type: ignore[return-value]

    @strawberry.field
    def names(self) -> list[str]:
        return Rows(["a", "b"])

    @strawberry.field(graphql_type=Connection[Bookmark])
    def page(self, first: int | None = 3, last: int | None = None) -> rows.Connection[BookmarkRow]:
        size = min(x for x in (first, last, 100) if x is not None)
        return rows.Connection(Rows(BOOKMARKS[:size]), lambda row: f"c{row.id}", has_next_page=size < 7, count=seven)

    @strawberry.field(graphql_type=list[Bookmark])
    def by_ids(self, ids: list[strawberry.relay.GlobalID]) -> list[BookmarkRow]:
        return Rows(replace(BOOKMARKS[0], id=int(id.node_id)) for id in ids)

    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"Hello {name}"

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound("bookmark")

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def badly_broken(self) -> str:
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def no_number(self) -> int | None:
        return "the password is hunter2"  # type: ignore[return-value]

    @strawberry.field
    def counted(self, number: int) -> int:
        return number


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, id: strawberry.relay.GlobalID, title: str) -> str:
        return f"{id.node_id} {title}"


def sample_schema(**limits: int) -> Schema:
    """The graph with other limits than the default ones, if some are given."""
    from strawberry.schema.config import StrawberryConfig

    return make_schema(
        Query,
        Mutation,
        types=[Tag, Bookmark],
        limits=GraphLimits(**limits),
        config=StrawberryConfig(scalar_map={Shouted: SHOUTED}),
    )
