"""The cost of a query is counted before it runs, from page sizes and what stands beneath them."""

import time

import pytest
from graphql import get_introspection_query, parse

from schema.execution.cost import cost_of
from schema.execution.limits import GraphLimits
from schema.graph import schema as graph
from tests.schema.execution.sample import sample_schema

SCHEMA = sample_schema()


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ hello }", None, 1),
        ("{ a: hello b: hello }", None, 2),
        # 1 for the page, 1 for nodes, 10 x (the node and its title)
        ("{ page(first: 10) { nodes { title } } }", None, 22),
        ("{ page(last: 10) { nodes { title } } }", None, 22),
        ("{ page(first: 2, last: 10) { nodes { title } } }", None, 22),
        # totalCount and the fields of pageInfo are answered once, whatever the page
        ("{ page(first: 10) { totalCount pageInfo { endCursor } nodes { title } } }", None, 25),
        # edges: 1 + 10 x (edge, cursor, node, title)
        ("{ page(first: 10) { edges { cursor node { title } } } }", None, 42),
        # the argument's default is 3
        ("{ page { nodes { title } } }", None, 8),
        ("query Q($n: Int) { page(first: $n) { nodes { title } } }", {"n": 7}, 16),
        ("query Q($n: Int) { page(first: $n) { nodes { title } } }", {"n": 7.0}, 16),  # Int takes it for 7
        ("query Q($n: Int = 4) { page(first: $n) { nodes { title } } }", None, 10),
        ("query Q($n: Int = 4) { page(first: $n) { nodes { title } } }", {"n": 5}, 12),
        # a list of unknown length counts five: 1 + 5 x (1 + title + (1 + 5 x (1 + name)))
        ("{ bookmarks { title tags { name } } }", None, 66),
        ('{ byIds(ids: ["VGFnOjE=", "VGFnOjE="]) { title } }', None, 5),
        ("query Q($ids: [ID!]!) { byIds(ids: $ids) { title } }", {"ids": ["VGFnOjE="] * 3}, 7),
        # what is left out costs nothing
        ("query Q($no: Boolean!) { hello page @include(if: $no) { nodes { title } } }", {"no": False}, 1),
        ("{ hello a: hello @skip(if: true) }", None, 1),
        # fragments cost what they say, wherever they are spread
        (
            "{ page(first: 10) { ...P } } fragment P on BookmarkConnection { nodes { ...B }} fragment B on Node {id}",
            None,
            22,
        ),
        ("{ page(first: 10) { ... { nodes { ... on Node { id } } } } }", None, 22),
        (
            "{ a: page(first: 1) { ...P } page(first: 2) { ...P } } fragment P on BookmarkConnection { nodes { id } }",
            None,
            10,
        ),
    ],
)
async def test_the_cost_stands_in_the_answer(query, variables, cost):
    answer = await SCHEMA.execute(query, variables)

    assert answer.errors is None
    assert {"cost": {"requested": cost, "limit": 10_000}} == answer.extensions


async def test_a_list_that_knows_its_usual_length_counts_that():
    """The tree of folders counts five hundred of them: 1 + 500 x (entry, depth, folder, name)."""
    document = parse("{ folderTree { depth folder { name } } }")
    (operation,) = document.definitions

    assert 2001 == cost_of(graph._schema, operation, {}, {}, GraphLimits())


async def test_a_query_over_the_limit_is_refused_before_anything_runs():
    """The refusal has a code, the figures and no data; the same query with a smaller page is answered."""
    schema = sample_schema(cost=50)
    query = "query Q($n: Int!) { page(first: $n) { nodes { title } } broken }"
    refused = await schema.execute(query, {"n": 40})
    answered = await schema.execute(query, {"n": 4})

    assert refused.data is None
    assert [{"code": "TOO_COSTLY", "requested": 83, "limit": 50}] == [e.extensions for e in refused.errors]
    assert {"cost": {"requested": 83, "limit": 50}} == refused.extensions
    assert "INTERNAL" == answered.errors[0].extensions["code"]
    assert {"cost": {"requested": 11, "limit": 50}} == answered.extensions


@pytest.mark.parametrize("size", [2**31 - 1, -5, 0])
async def test_absurd_page_sizes_are_counted_as_they_stand(size):
    """A negative size counts as none; coercion and the operation have the last word on it."""
    answer = await SCHEMA.execute(f"{{ page(first: {size}) {{ nodes {{ title }} }} }}")

    assert min(2**31 - 1, 2 + 2 * max(0, size)) == answer.extensions["cost"]["requested"]


@pytest.mark.parametrize("size", ["many", None, True, 1.5, [1], {}, 10**30])
async def test_a_size_of_the_wrong_kind_is_left_to_coercion(size):
    answer = await SCHEMA.execute("query Q($n: Int!) { page(first: $n) { nodes { title } } }", {"n": size})

    assert answer.data is None
    assert answer.errors[0].extensions["code"] in {"BAD_USER_INPUT", "TOO_COSTLY"}


async def test_a_bomb_of_fragments_is_counted_in_linear_time():
    """2**60 fields by doubling: measured once a fragment, refused at once. Without the limits the cost refuses it."""
    doubling = " ".join(f"fragment F{i} on Bookmark {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60))
    query = f"{{ bookmarks {{ ...F0 }} }} {doubling} fragment F60 on Bookmark {{ title }}"
    began = time.process_time()
    measured = await SCHEMA.execute(query)
    counted = await sample_schema(fields=2**63).execute(query)

    assert ["TOO_MANY_FIELDS"] == [error.extensions["code"] for error in measured.errors]
    assert ["TOO_COSTLY"] == [error.extensions["code"] for error in counted.errors]
    assert 2**31 - 1 == counted.extensions["cost"]["requested"]
    assert time.process_time() - began < 2


async def test_what_tools_ask_of_the_schema_is_within_the_limit():
    """The introspection query of GraphiQL and code generators."""
    answer = await SCHEMA.execute(get_introspection_query(input_value_deprecation=True))

    assert answer.errors is None
    assert 0 < answer.extensions["cost"]["requested"] < 2_500


async def test_many_walks_through_the_schema_are_too_costly():
    """Every `types` counts the whole schema: one is far below the limit that forty of them break."""
    walk = "__schema { types { fields { name args { name type { name } } } inputFields { name } } }"
    schema = sample_schema(cost=2_000, aliases=40)
    once = await schema.execute(f"{{ {walk} }}")
    often = await schema.execute("{ " + " ".join(f"a{i}: {walk}" for i in range(40)) + " }")

    assert once.errors is None
    assert ["TOO_COSTLY"] == [error.extensions["code"] for error in often.errors]
