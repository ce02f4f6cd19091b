"""``@requiresScope`` says what the gates ask for, no more and no less.

That the gates ask for it is held field by field where the fields are tested; here both are compared.
"""

from __future__ import annotations

import pytest
from graphql import GraphQLObjectType, build_schema

from schema.context import SCOPES
from schema.graph import schema, sdl
from schema.resolvers import bundles
from schema.resolvers.bundles import BundleDraft
from schema.types.scope import RequiresScope, Scope
from tests.factories import make_bookmark
from tests.schema.types import test_folders, test_mutations, test_query
from tests.schema.types.asking import execute, narrow

FREE = {"Query.viewer", "Query.version", "Query.node", "Query.nodes"}  # the last two need what the id's kind needs

# Below the roots: the way to each field that has a gate of its own.
EDGES = {
    "Tag.bookmarkCount": "{ tags { nodes { bookmarkCount } } }",
    "Tag.bookmarks": "{ tags { nodes { bookmarks { totalCount } } } }",
    "Bundle.bookmarks": "{ bundles { nodes { bookmarks { totalCount } } } }",
    "Folder.parent": "{ rootFolder { parent { id } } }",
    "Folder.ancestors": "{ rootFolder { ancestors { id } } }",
    "Folder.folders": "{ rootFolder { folders { totalCount } } }",
    "Folder.bookmarks": "{ rootFolder { bookmarks { totalCount } } }",
    "Folder.children": "{ rootFolder { children { nodes { __typename } } } }",
    "Folder.bookmarkCount": "{ rootFolder { bookmarkCount } }",
    "Bookmark.folders": "{ bookmarks { nodes { folders { id } } } }",
    "Bookmark.assets": "{ bookmarks { nodes { assets { totalCount } } } }",
    "Bookmark.content": "{ bookmarks { nodes { content { text } } } }",
    "User.preferences": "{ viewer { preferences { theme } } }",
    "User.autoTaggingRules": "{ viewer { autoTaggingRules } }",
    "User.tokens": "{ viewer { tokens { id } } }",
}
PARENT = {
    "Tag": "tags:read",
    "Folder": "groups:read",
    "Bundle": "bookmarks:read",
    "Bookmark": "bookmarks:read",
    "User": None,
}


def needed(coordinate):
    """What the schema says: a list of alternatives for each time that the directive stands there."""
    type_name, name = coordinate.split(".")
    field = schema._schema.get_type(type_name).fields[name].extensions["strawberry-definition"]
    return [[scope.value for scope in one.any_of] for one in field.directives if isinstance(one, RequiresScope)]


def coordinates(*types):
    return {f"{name}.{field}" for name in types for field in schema._schema.get_type(name).fields}


def test_every_field_of_the_roots_says_what_it_needs():
    assert FREE == {one for one in coordinates("Query", "Mutation") if not needed(one)}


def test_what_the_roots_say_is_what_their_gates_ask_for():
    """The tables are those by which the gates themselves are tested."""
    tables = {f"Mutation.{test_mutations.name_of(field)}": scope for field, scope in test_mutations.NEEDS.items()}
    tables |= {f"Query.{test_mutations.name_of(field)}": scope for field, scope in test_query.NEEDS.items()}
    tables |= {f"Query.{test_mutations.name_of(field)}": "groups:read" for field in test_folders.NEEDS}
    said = {one: needed(one) for one in tables if one not in FREE}

    assert {one: [[tables[one]]] for one in said} == said


@pytest.mark.parametrize("coordinate", EDGES)
async def test_what_an_edge_says_is_what_its_gate_asks_for(ann, coordinate):
    """Without one of the alternatives it is forbidden; with what it says and its parent's scope it answers."""
    await make_bookmark(ann, tag_names=["x"])
    await bundles.create(await ann.ctx(), BundleDraft("all"))
    base = PARENT[coordinate.split(".")[0]]
    said = needed(coordinate)
    assert said
    enough = {one[-1] for one in said} | ({base} if base else set())
    answer = await execute(await narrow(ann, *enough), EDGES[coordinate])
    assert not answer.errors
    for alternatives in said:
        others = [scope for scope in SCOPES if scope not in alternatives]
        if base in others or base is None:
            answer = await execute(await narrow(ann, *others), EDGES[coordinate])
            assert ["FORBIDDEN"] == [error.extensions["code"] for error in answer.errors]


def test_the_served_schema_shows_the_directive():
    shown = build_schema(sdl()).get_directive("requiresScope")

    assert shown.is_repeatable
    assert {scope.name for scope in Scope} == set(shown.args["anyOf"].type.of_type.of_type.of_type.values)


def test_no_other_edge_has_the_directive():
    """So that a new one is added to the table above."""
    types = [name for name, one in schema._schema.type_map.items() if isinstance(one, GraphQLObjectType)]
    known = {*EDGES, "Asset.downloadUrl", "Asset.bookmark", "Filed.bookmarks"}
    roots = coordinates("Query", "Mutation")
    found = {
        f"{name}.{field}"
        for name in types
        for field, one in schema._schema.get_type(name).fields.items()
        if getattr(one.extensions.get("strawberry-definition"), "directives", ()) and f"{name}.{field}" not in roots
    }

    assert found - known <= {"BookmarksFiled.bookmarks", "BookmarksTakenOut.bookmarks"}
