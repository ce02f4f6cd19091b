"""Relay's arguments into windows, pages into connections: ``first``, ``after``, ``last``, ``before``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from models.queries import bookmarks, bundles, tags
from models.queries.placements import tie_of
from models.queries.tags import TagOrder
from models.queries.window import Order, Place, Position, Sort
from models.rows import AssetRow, BookmarkRow, BundleRow, DeliveryRow, FolderRow, TagRow
from schema.errors import Fault, Invalid
from schema.execution.rows import Connection, Row, Rows
from schema.page import Page, Window, decode_cursor, encode_cursor
from schema.resolvers.search import Found, Hit, Reach

Child = TypeVar("Child", BookmarkRow, FolderRow, FolderRow | BookmarkRow)

USUAL = 20
MOST = 100


@dataclass(frozen=True, slots=True)
class Slot:
    """The arguments that say which part of a list is asked for, as they came."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def window(self, sort: str, kind: type[datetime | bytes | str | int]) -> Window:
        """The window onto the list that is called ``sort`` and sorted by values of a kind.

        Raises Invalid for sizes outside of 0 to 100, for ``first`` and ``last`` together, and for cursors that are
        not of this list.
        """
        faults = [
            Fault((name,), "too_small" if size < 0 else "too_large", 0 if size < 0 else MOST)
            for name, size in (("first", self.first), ("last", self.last))
            if size is not None and not 0 <= size <= MOST
        ]
        if self.first is not None and self.last is not None:
            faults.append(Fault(("last",), "exclusive"))
        if faults:
            raise Invalid(*faults)
        size = self.last if self.last is not None else self.first
        return Window(
            limit=USUAL if size is None else size,
            after=None if self.after is None else decode_cursor(sort, self.after, kind, path=("after",)),
            before=None if self.before is None else decode_cursor(sort, self.before, kind, path=("before",)),
            backwards=self.last is not None,
        )


def sort_name(sort: Sort) -> str:
    """What cursors call a sorted list of bookmarks."""
    return f"{sort.order.name.lower()}_{'desc' if sort.descending else 'asc'}"


def bookmark_window(slot: Slot, sort: Sort) -> Window:
    """The window onto a list of bookmarks. Raises Invalid as ``Slot.window``."""
    kind: type[bytes | int | datetime] = {Order.TITLE: bytes, Order.PLACE: Place}.get(sort.order, datetime)
    return slot.window(sort_name(sort), kind)


def bookmark_connection(page: Page[BookmarkRow], sort: Sort) -> Connection[BookmarkRow]:
    """A page of bookmarks for GraphQL."""
    return connection(page, sort_name(sort), lambda row: bookmarks.position_of(row, sort.order))


def tag_window(slot: Slot, order: TagOrder, *, descending: bool) -> Window:
    """The window onto a list of tags. Raises Invalid as ``Slot.window``."""
    return slot.window(tag_sort_name(order, descending=descending), int if order is TagOrder.ID else str)


def tag_connection(page: Page[TagRow], order: TagOrder, *, descending: bool) -> Connection[TagRow]:
    """A page of tags for GraphQL."""
    return connection(page, tag_sort_name(order, descending=descending), lambda row: tags.position_of(row, order))


def tag_sort_name(order: TagOrder, *, descending: bool) -> str:
    """What cursors call a sorted list of tags."""
    return f"tag_{order.name.lower()}_{'desc' if descending else 'asc'}"


def search_reach(slot: Slot) -> Reach:
    """The part of a search. Raises Invalid as ``Slot.window`` for sizes; what cursors mean the search finds out."""
    window = Slot(first=slot.first, last=slot.last).window("search", int)
    return Reach(window.limit, slot.after, slot.before, backwards=window.backwards)


def search_connection(found: Found) -> Connection[Hit]:
    """A page of a search for GraphQL."""
    return Connection(
        nodes=Rows(found.items),
        cursor_of=lambda hit: hit.cursor,
        has_next_page=found.has_next,
        has_previous_page=found.has_previous,
        count=found.count,
    )


def asset_window(slot: Slot) -> Window:
    """The window onto a bookmark's assets. Raises Invalid as ``Slot.window``."""
    return slot.window("asset", int)


def asset_connection(page: Page[AssetRow]) -> Connection[AssetRow]:
    """A page of assets for GraphQL."""
    return connection(page, "asset", lambda row: Position(row.id, row.id))


def bundle_window(slot: Slot) -> Window:
    """The window onto the bundles, in their order. Raises Invalid as ``Slot.window``."""
    return slot.window("bundle", Place)


def bundle_connection(page: Page[BundleRow]) -> Connection[BundleRow]:
    """A page of bundles for GraphQL."""
    return connection(page, "bundle", bundles.position_of)


def delivery_window(slot: Slot) -> Window:
    """The window onto what a webhook was told. Raises Invalid as ``Slot.window``."""
    return slot.window("delivery", int)


def delivery_connection(page: Page[DeliveryRow]) -> Connection[DeliveryRow]:
    """A page of deliveries for GraphQL."""
    return connection(page, "delivery", lambda row: Position(row.id, row.id))


def place_window(slot: Slot) -> Window:
    """The window onto what is in a folder, in its order. Raises Invalid as ``Slot.window``."""
    return slot.window("place_asc", Place)


def folder_connection(page: Page[FolderRow]) -> Connection[FolderRow]:
    """A page of the folders in a folder."""
    return connection(page, "place_asc", lambda row: Position(Place(row.position), tie_of(row)))


def place_connection(page: Page[tuple[int, Child]]) -> Connection[Child]:
    """A page of what is in a folder, from rows and their positions there; all that lies in one can share cursors."""
    positions = {tie_of(row): position for position, row in page.items}
    rows = Page([row for _, row in page.items], page.has_next, page.has_previous, page.count)
    return connection(rows, "place_asc", lambda row: Position(Place(positions[tie_of(row)]), tie_of(row)))


def connection(page: Page[Row], sort: str, position_of: Callable[[Row], Position]) -> Connection[Row]:
    """A page as the graph shows it; cursors are written only when they are asked for."""
    return Connection(
        nodes=Rows(page.items),
        cursor_of=lambda row: encode_cursor(sort, position_of(row)),
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        count=page.count,
    )
