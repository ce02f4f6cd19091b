"""Arguments and options that several fields share."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import strawberry

from models.queries.tags import TagOrder
from models.queries.window import Order, Sort
from schema.context import Context

Info = strawberry.Info[Context, None]

First = Annotated[
    int | None, strawberry.argument(description="At most this many, from the start: 0 to 100. 20 if left out.")
]
Last = Annotated[
    int | None, strawberry.argument(description="At most this many, from the end: 0 to 100. Not with `first`.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor of the same list.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor of the same list.")]
BookmarkId = Annotated[strawberry.ID, strawberry.argument(description="Global id of a bookmark of yours.")]
BookmarkIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="Global ids of bookmarks of yours, at most 500.")
]
BundleId = Annotated[strawberry.ID, strawberry.argument(description="Global id of a bundle of yours.")]
FolderId = Annotated[strawberry.ID, strawberry.argument(description="Global id of a folder of yours.")]
TagId = Annotated[strawberry.ID, strawberry.argument(description="Global id of a tag of yours.")]


@strawberry.enum(name="BookmarkOrder", description="What a list of bookmarks is sorted by. Ties go by id.")
class BookmarkSort(Enum):
    """The value is what queries understand."""

    ADDED_DESC = strawberry.enum_value(Sort(Order.ADDED), description="Last saved first.")
    ADDED_ASC = strawberry.enum_value(Sort(Order.ADDED, descending=False), description="First saved first.")
    MODIFIED_DESC = strawberry.enum_value(Sort(Order.MODIFIED), description="Last changed first.")
    MODIFIED_ASC = strawberry.enum_value(Sort(Order.MODIFIED, descending=False), description="First changed first.")
    TITLE_ASC = strawberry.enum_value(
        Sort(Order.TITLE, descending=False),
        description="By title, in the order of Unicode's collation; by address where there is no title.",
    )
    TITLE_DESC = strawberry.enum_value(Sort(Order.TITLE), description="By title, backwards.")


@strawberry.enum(name="TagOrder", description="What a list of tags is sorted by.")
class TagSort(Enum):
    """The value is the order and whether it descends."""

    NAME_ASC = strawberry.enum_value((TagOrder.NAME, False), description="By name, without regard to case.")
    NAME_DESC = strawberry.enum_value((TagOrder.NAME, True), description="By name, backwards.")
    CREATED_ASC = strawberry.enum_value((TagOrder.ID, False), description="First made first.")
    CREATED_DESC = strawberry.enum_value((TagOrder.ID, True), description="Last made first.")


OrderBy = Annotated[BookmarkSort, strawberry.argument(description="What the list is sorted by.")]


def meaning(choice: Enum) -> Any:
    """What an enum's value means to the operations; typed as Any because checkers see Strawberry's wrapper there."""
    return choice.value
