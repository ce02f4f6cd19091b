"""What a ranked search finds."""

from __future__ import annotations

from enum import Enum

import strawberry

from models.rows import BookmarkRow
from schema.execution.fields import computed
from schema.resolvers.search import EXACT, FORGIVING, Hit
from schema.search.snippets import Piece
from schema.types.arguments import Info
from schema.types.bookmark import Bookmark

PIECES = 5  # of a snippet, as a cost


@strawberry.enum(description="How literally a search was taken. All that one search finds is of one kind.")
class SearchTier(Enum):
    """The tiers of resolvers/search.py."""

    EXACT = strawberry.enum_value(EXACT, description="The words, or other forms of them, are there.")
    FORGIVING = strawberry.enum_value(
        FORGIVING, description="They are nowhere together; these have words that differ by a typing error or hold them."
    )


@strawberry.type(description="A stretch of a snippet: plain text, to be escaped wherever it is shown.")
class SnippetPiece:
    """GraphQL's words for a Piece."""

    text: str = strawberry.field(description="The text, blanks at its ends included.")
    is_match: bool = strawberry.field(description="Whether it is what was looked for.")

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a piece."""
        del info
        return isinstance(obj, (cls, Piece))


@strawberry.type(description="A bookmark that a search found.")
class SearchHit:
    """GraphQL's words for a Hit."""

    bookmark: BookmarkRow = strawberry.field(graphql_type=Bookmark, description="The bookmark.")
    tier: SearchTier = computed(lambda row: SearchTier(row.tier), description="How literally the words were taken.")
    rank: int = strawberry.field(
        description=(
            "How good a match it is, larger is better. Of EXACT: 6 the words in a row in the title, 5 in the title as "
            "written, 4 other forms of them, 3 with its tags, 2 with description and address, 1 with notes and page. "
            "Of FORGIVING: 8 to 5 words that differ in one place, 4 to 1 others, each from the title to the page."
        )
    )
    snippet: list[SnippetPiece] = strawberry.field(
        description="Some 200 characters around the first words that were found, to be joined as they are.",
        metadata={"size": PIECES},
    )

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a hit."""
        del info
        return isinstance(obj, (cls, Hit))
