"""What a bookmark is, and where it came from; in a file of its own, for drafts and rows both say it."""

from __future__ import annotations

from enum import Enum

import strawberry

from models import kinds


@strawberry.enum(description="What a bookmark is.")
class BookmarkKind(Enum):
    """The words of models/kinds.py."""

    LINK = strawberry.enum_value(kinds.LINK, description="The address of a page.")
    NOTE = strawberry.enum_value(
        kinds.NOTE, description="A note: its description is the text, and an address only what it is about."
    )
    CODE = strawberry.enum_value(
        kinds.CODE, description="A piece of code: its description is the text, and an address only what it is about."
    )
    IMAGE = strawberry.enum_value(kinds.IMAGE, description="The address of an image.")
    BOOKMARKLET = strawberry.enum_value(kinds.BOOKMARKLET, description="A `javascript:` address: never follow it.")


@strawberry.enum(description="Where a bookmark came from.")
class BookmarkSource(Enum):
    """The words of models/kinds.py."""

    WEB = strawberry.enum_value("web", description="The web pages of a server.")
    EXTENSION = strawberry.enum_value("extension", description="A browser's extension.")
    API = strawberry.enum_value("api", description="Any other program.")
    IMPORT = strawberry.enum_value("import", description="A file that was read in.")
    SLACK = strawberry.enum_value("slack", description="A message in Slack.")


def word_of(choice: BookmarkKind | BookmarkSource) -> str:
    """The word that is stored; checkers take the choice's value for Strawberry's wrapper."""
    return str(choice.value)
