"""What GraphiQL opens with is true of the real graph."""

from __future__ import annotations

import pytest

from schema.graph import schema
from schema.ports import PageData
from server.graphql.graphiql import read_examples
from tests.factories import make_bookmark


@pytest.mark.parametrize("number", range(len(read_examples())))
async def test_an_example_answers_without_errors(number, ann, ports):
    ports.websites.pages["https://example.com/"] = PageData("https://example.com/", title="Example")
    await make_bookmark(ann, title="A film")
    result = await schema.execute(read_examples()[number], context_value=await ann.ctx())

    assert not result.errors
    assert all(result.data.values())
