"""Made-up queries and mutations never meet an error that is ours."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

import pytest
from graphql import IntValueNode, NullValueNode, StringValueNode, build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, queries

from models.queries.window import Place, Position
from schema.context import Context
from schema.door import GRAPHQL
from schema.execution.fields import global_id
from schema.graph import schema, sdl
from schema.ids import Kind
from schema.inputs import FolderDraft
from schema.page import encode_cursor
from schema.resolvers import assets, filing
from tests.factories import make_bookmark
from tests.schema.execution.differential import compare_every_query

# The same schema with types of its own for what a caller cannot make up from its type alone; no document names them.
SDL = build_schema(
    re.sub(r"(after|before): String", r"\1: Cursor", re.sub(r"(first|last): Int", r"\1: Size_\1", sdl()))
    .replace(": ID", ": Key")
    .replace("[ID", "[Key")
    + "scalar Key scalar Cursor scalar Size_first scalar Size_last"
)
BOTH = {"folderTree", "moveFolder", "reorderFolder", "fileBookmarks", "takeOutBookmarks", "createBookmark",
        "updateBookmark", "bookmarks", "sharedBookmarks"}  # fmt: skip
KINDS = [*(kind.value for kind in Kind), "Page"]
# Ids that exist, ids that do not, and texts that are none.
IDS = st.builds(global_id, st.sampled_from(KINDS), st.sampled_from([1, 1, 2, 2, 3, 9, 2**31, 2**64]))
SORTS = st.sampled_from(
    ["added_desc", "title_asc", "deleted_desc", "tag_name_asc", "tag_id_desc", "asset", "place_asc", "other"]
)
VALUES = st.datetimes(timezones=st.just(UTC)) | st.binary(max_size=4) | st.text(max_size=4) | st.integers(-9, 2**65)
PLACES = st.integers(-(2**64), 2**64).map(Place)
CURSORS = st.builds(encode_cursor, SORTS, st.builds(Position, VALUES | PLACES, st.integers(-1, 2**33)))
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat() + "Z") | st.text(max_size=5)
NULL = st.just(NullValueNode())


def texts(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Syntax nodes of these texts."""
    return strategy.map(lambda text: StringValueNode(value=text))


SIZES = st.integers(-1, 101).map(lambda number: IntValueNode(value=str(number)))
SCALARS = {
    "DateTime": texts(MOMENTS),
    "UUID": texts(st.uuids().map(str) | st.text(max_size=5)),
    "Cursor": NULL | NULL | NULL | texts(CURSORS | st.text(max_size=8)),
    "Size_first": NULL | SIZES,
    "Size_last": NULL | NULL | NULL | SIZES,
}


async def chunks():
    yield b"x"


@pytest.fixture
async def furnished(ann, ben, monkeypatch):
    """Two people with a few things each; every query is answered both ways and compared."""
    compare_every_query(monkeypatch)
    for person in (ann, ben):
        row = await make_bookmark(person, title="A", tag_names=["x", "y"], is_public=True)
        await assets.upload(await person.ctx(), row.id, "a", "text/plain", chunks())
        folder = await filing.create(await person.ctx(), FolderDraft(name="F"))
        await filing.file(await person.ctx(), folder.id, row.id)
    return await ann.ctx()


BOUNDED = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


async def check(asker: Context, text: str) -> None:
    """Answer as who the asker was before the examples: one of them may have revoked the token."""
    answer = await schema.execute(text, context_value=Context(asker.ports, GRAPHQL, asker.viewer))
    codes = {(error.extensions or {}).get("code") for error in answer.errors or ()}

    assert not codes & {"INTERNAL", None}, (text, answer.errors)


def strategy(kind: Any, field: str) -> st.SearchStrategy[str]:
    """Documents with just this root field; most ids in them are of the kind that it takes, and many exist."""
    kinds = ("Tag", "Asset", "Token", "Folder")
    taken = next((one for one in kinds if field.lower().removesuffix("s").endswith(one.lower())), "Bookmark")
    several = ["Folder", "Bookmark"] if field in BOTH else [taken]
    near = st.builds(global_id, st.sampled_from(several), st.sampled_from([1, 1, 1, 2, 3, 9]))
    ids = texts(st.integers(0, 19).flatmap(lambda dice: near if dice else IDS | st.text(max_size=8)))
    return kind(SDL, fields=[field], custom_scalars=SCALARS | {"Key": ids})


@BOUNDED
@given(data=st.data())
@pytest.mark.parametrize("field", SDL.query_type.fields)
async def test_no_query_meets_an_internal_error(furnished, field, data):
    await check(furnished, data.draw(strategy(queries, field)))


@BOUNDED
@given(data=st.data())
@pytest.mark.parametrize("field", SDL.mutation_type.fields)
async def test_no_mutation_meets_an_internal_error(furnished, field, data):
    await check(furnished, data.draw(strategy(mutations, field)))
