"""Row classes that the executor trusts: lists of plain objects, and pages of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


class Rows(list[Row]):
    """A list of plain slotted objects whose attributes are ready to be read.

    The promise that comes with it: no attribute is a coroutine, reading one has no side effect, and whether an
    object belongs to a GraphQL type depends on its class alone. ``schema.execution.projecting`` relies on that.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Edge(Generic[Row]):
    """A row and the opaque cursor that leads back to it."""

    node: Row
    cursor: str


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page lies; the cursors are None on an empty page."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Connection(Generic[Row]):
    """One page of rows, as ``schema.execution.connection.Connection`` shows it.

    ``cursor_of`` words a row's cursor and is asked only when cursors are selected; ``count`` counts all rows of the
    list and is awaited only when ``totalCount`` is selected (None: the list has no count).
    """

    nodes: Rows[Row]
    cursor_of: Callable[[Row], str]
    has_next_page: bool = False
    has_previous_page: bool = False
    count: Callable[[], Awaitable[int]] | None = None

    @property
    def edges(self) -> Rows[Edge[Row]]:
        """The rows with their cursors."""
        cursor_of = self.cursor_of
        return Rows(Edge(node, cursor_of(node)) for node in self.nodes)

    @property
    def page_info(self) -> PageInfo:
        """Where this page lies."""
        return PageInfo(
            has_next_page=self.has_next_page,
            has_previous_page=self.has_previous_page,
            start_cursor=self.cursor_of(self.nodes[0]) if self.nodes else None,
            end_cursor=self.cursor_of(self.nodes[-1]) if self.nodes else None,
        )
