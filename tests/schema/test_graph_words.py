"""Every part of the graph is described, and named as GraphQL names things."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from schema.context import SCOPES
from schema.graph import schema, sdl
from schema.ids import Kind
from schema.preferences import CHOICES, SEARCH_CHOICES, Preferences
from schema.types import account, asset, kind
from schema.types.inputs import PreferencesPatch

TYPES = {
    name: one
    for name, one in build_schema(sdl()).type_map.items()
    if not is_introspection_type(one) and not is_specified_scalar_type(one)
}


def coordinates() -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument, input field and enum value, with its description."""
    for name, one in TYPES.items():
        yield name, one.description
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in one.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name}:)", argument.description
        elif isinstance(one, GraphQLInputObjectType):
            for field_name, input_field in one.fields.items():
                yield f"{name}.{field_name}", input_field.description
        elif isinstance(one, GraphQLEnumType):
            for value_name, value in one.values.items():
                yield f"{name}.{value_name}", value.description


def test_everything_is_described():
    """A sentence each: it begins with a capital, a figure or a quoted word and ends with a full stop."""
    wanting = [name for name, text in coordinates() if not re.fullmatch(r"[A-Z`0-9].*[.]", text or "", re.DOTALL)]

    assert [] == wanting


def test_there_is_something_to_describe():
    """The walk above finds what it is meant to find."""
    names = {name for name, _ in coordinates()}

    assert {"Bookmark.title", "Query.bookmarks(first:)", "BookmarkDraft.url", "Scope.ACCOUNT", "BigInt"} <= names


def test_names_keep_graphqls_conventions():
    pattern = re.compile(r"[A-Z]\w*(\.([a-z][A-Za-z]*(\([a-z][A-Za-z]*:\))?|[a-z][a-z]*256|[A-Z][A-Z_]*))?")

    assert [] == [name for name, _ in coordinates() if not pattern.fullmatch(name)]


def test_every_thing_with_a_global_id_can_be_decoded():
    nodes = {one.name for one in schema._schema.get_implementations(schema._schema.type_map["Node"]).objects}

    assert {kind.value for kind in Kind} == nodes


ENUMS = [
    (account.Scope, SCOPES),
    *((enum, CHOICES[name]) for enum, name in (
        (account.Theme, "theme"),
        (account.DateDisplay, "bookmark_date_display"),
        (account.LinkTarget, "bookmark_link_target"),
        (account.WebArchive, "web_archive_integration"),
        (account.TagSearch, "tag_search"),
    )),
    (account.SearchSort, SEARCH_CHOICES["sort"]),
    (account.SearchSwitch, SEARCH_CHOICES["shared"]),
    (account.SearchSwitch, SEARCH_CHOICES["unread"]),
    (kind.BookmarkKind, kind.kinds.KINDS),
    (kind.BookmarkSource, kind.kinds.SOURCES),
    (asset.AssetKind, {asset.assets.UPLOAD, asset.assets.SNAPSHOT}),
    (asset.AssetStatus, {asset.assets.PENDING, asset.assets.COMPLETE, asset.assets.FAILURE}),
]  # fmt: skip


@pytest.mark.parametrize(("enum", "words"), ENUMS)
def test_an_enum_has_a_value_for_each_word_that_is_stored(enum, words):
    """A stored word without a value could not be shown."""
    assert set(words) == {member.value for member in enum}


def test_the_patch_of_preferences_names_what_there_is():
    known = set(Preferences.__dataclass_fields__) | {"enable_sharing", "enable_public_sharing"}

    assert known == set(PreferencesPatch.__dataclass_fields__)
    assert known == set(account.Preferences.__dataclass_fields__)
