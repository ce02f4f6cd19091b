"""The GraphQL types of a page: ``Connection[Bookmark]`` becomes ``BookmarkConnection`` with ``BookmarkEdge``.

The types follow the Relay cursor connections specification (https://relay.dev/graphql/connections.htm) and add
``nodes`` and ``totalCount``. Resolvers return ``schema.execution.rows.Connection``; these classes are never made.
"""

from typing import Generic, TypeVar

import strawberry

from schema.execution import rows

Item = TypeVar("Item")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's PageInfo over ``rows.PageInfo``."""

    has_next_page: bool = strawberry.field(description="Whether there are more items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item; null on an empty page.")


@strawberry.type(description="An item of a list and its place in it.")
class Edge(Generic[Item]):
    """Relay's Edge over ``rows.Edge``."""

    node: Item = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Opaque; give it as `after` or `before` to go on from here.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[Item]):
    """Relay's Connection over ``rows.Connection``."""

    edges: list[Edge[Item]] = strawberry.field(description="The items of this page with their cursors.")
    nodes: list[Item] = strawberry.field(description="The items of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")

    @strawberry.field(description="How many items the whole list has; counted only when asked for.")  # type: ignore[untyped-decorator]  # strawberry leaves it untyped
    async def total_count(self, root: strawberry.Parent[rows.Connection[object]]) -> int | None:
        """Count the list, if it can be counted."""
        return None if root.count is None else await root.count()
