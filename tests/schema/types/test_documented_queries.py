"""The queries of docs/queries are executed as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, VariableDefinitionNode, parse

from schema.graph import schema
from tests.factories import make_bookmark
from tests.schema.types.asking import ask, gid
from tests.schema.types.test_folders import make_folder

FOLDER = Path(__file__).parents[3] / "docs" / "queries"
FILES = sorted(FOLDER.glob("*.graphql"))


def test_there_are_queries():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_a_documented_query_is_answered_without_errors(ann, path):
    """Variables are filled by their names: ids with those of a bookmark, or of a tag where a tag is changed."""
    row = await make_bookmark(ann, url="https://a.example/", title="A", tag_names=["x"])
    folder = await make_folder(ann, "A")
    text = path.read_text()
    kind = "Tag" if "renameTag" in text else "Bookmark"
    values = {
        "id": gid(kind, 1 if kind == "Tag" else row), "ids": [gid("Bookmark", row)], "url": "https://b.example",
        "tags": ["y"], "text": "a #x", "name": "New", "input": {"title": "New", "tagNames": ["z"]}, "after": None,
        "folderId": gid("Folder", folder), "parentId": gid("Folder", ann.user.root_folder_id),
    }  # fmt: skip
    (operation,) = [node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)]
    declared: tuple[VariableDefinitionNode, ...] = operation.variable_definitions or ()
    answer = await ask(ann, text, **{one.variable.name.value: values[one.variable.name.value] for one in declared})

    assert all(value is not None for value in answer.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_documented_query_says_what_it_is_for(path):
    text = path.read_text()

    assert text.startswith("# ")
    assert [] == list(schema.documents.read(text).errors)
