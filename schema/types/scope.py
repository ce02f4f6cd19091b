"""What credentials may do, and where the graph says that it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.base import get_object_definition

T = TypeVar("T", bound=type)


@strawberry.enum(description="What a credential may do.")
class Scope(Enum):
    """The words of schema.context.SCOPES."""

    BOOKMARKS_READ = strawberry.enum_value("bookmarks:read", description="Read bookmarks, assets and bundles.")
    BOOKMARKS_WRITE = strawberry.enum_value(
        "bookmarks:write",
        description=(
            "Save, change and delete bookmarks, assets and bundles. The answer shows the bookmarks that were named."
        ),
    )
    TAGS_READ = strawberry.enum_value("tags:read", description="Read tags.")
    TAGS_WRITE = strawberry.enum_value("tags:write", description="Make, change and delete tags.")
    GROUPS_READ = strawberry.enum_value("groups:read", description="Read folders.")
    GROUPS_WRITE = strawberry.enum_value("groups:write", description="Make, change and delete folders.")
    SEARCH_READ = strawberry.enum_value("search:read", description="Search.")
    ACCOUNT = strawberry.enum_value("account", description="Preferences, password and tokens.")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    repeatable=True,
    description=(
        "The credential needs one of these scopes; without, the answer is an error with the code FORBIDDEN. Where the "
        "directive stands twice, one of each is needed."
    ),
)
class RequiresScope:
    """Says in the schema what the gate of the field's operation asks for; a test holds both equal."""

    any_of: list[Scope] = strawberry.directive_field(name="anyOf")


def all_need(*scopes: str) -> Callable[[T], T]:
    """Put the directive on every field of a type: above ``@strawberry.type``."""

    def decorate(cls: T) -> T:
        for field in get_object_definition(cls, strict=True).fields:
            field.directives = [*field.directives, needs(*scopes)]
        return cls

    return decorate


def needs(*scopes: str) -> RequiresScope:
    """The directive of a field for which any one of the scopes is enough."""
    return RequiresScope(any_of=[Scope(scope) for scope in scopes])
