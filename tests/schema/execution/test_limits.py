"""Documents that are too large are refused before they are validated, and read documents are remembered."""

import pytest
from graphql import get_introspection_query

from schema.execution import documents
from schema.execution.documents import Documents
from schema.execution.limits import GraphLimits
from tests.schema.execution.sample import sample_schema


def codes(answer):
    return [error.extensions["code"] for error in answer.errors or ()]


def nested(levels: int) -> str:
    return "{ bookmarks { " + "... { " * levels + "title" + " }" * levels + " } }"


@pytest.mark.parametrize(
    ("limits", "fits", "breaks", "code"),
    [
        ({"depth": 2}, "{ page { totalCount } }", "{ page { nodes { title } } }", "TOO_DEEP"),
        (
            {"depth": 2},
            "{ page { ...P } } fragment P on BookmarkConnection { totalCount }",
            "{ page { ...P } } fragment P on BookmarkConnection { nodes { title } }",
            "TOO_DEEP",
        ),
        ({"aliases": 2}, "{ a: hello b: hello }", "{ a: hello b: hello c: hello }", "TOO_MANY_ALIASES"),
        (
            {"aliases": 2},
            "{ bookmarks { ...A ...A } } fragment A on Bookmark { a: title }",
            "{ bookmarks { ...A ...A ...A } } fragment A on Bookmark { a: title }",
            "TOO_MANY_ALIASES",
        ),
        ({"fields": 3}, "{ bookmarks { title note } }", "{ bookmarks { title note id } }", "TOO_MANY_FIELDS"),
        ({"tokens": 3}, "{ hello }", "{ hello hello }", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_each_limit_holds_at_its_figure_and_not_before(limits, fits, breaks, code):
    schema = sample_schema(**limits)

    assert [] == codes(await schema.execute(fits))
    refused = await schema.execute(breaks)
    assert [code] == codes(refused)
    assert refused.data is None


async def test_the_limit_stands_in_the_error():
    answer = await sample_schema(depth=1).execute("{ bookmarks { title } }")

    assert {"code": "TOO_DEEP", "limit": 1} == answer.errors[0].extensions


async def test_introspection_does_not_count_as_depth():
    answer = await sample_schema(depth=1).execute(get_introspection_query())

    assert [] == codes(answer)


async def test_introspection_may_not_go_round_in_circles():
    """A list of a type within another multiplies by the size of the schema; through a fragment too."""
    plain = "{ __schema { types { fields { type { fields { name } } } } } }"
    spread = '{ __type(name: "Bookmark") { fields { type { ...T } } } } fragment T on __Type { interfaces { name } }'

    assert ["TOO_DEEP"] == codes(await sample_schema().execute(plain))
    assert ["TOO_DEEP"] == codes(await sample_schema().execute(spread))


@pytest.mark.parametrize(
    "query",
    [
        "{ bookmarks { ...A } } fragment A on Bookmark { title ...A }",
        "{ bookmarks { ...A } } fragment A on Bookmark { ...B } fragment B on Bookmark { ...A }",
        "{ bookmarks { ...Nowhere } }",
        "{ bookmarks { ...A } } fragment A on Nothing { title }",
        "{ nothing { nothing } }",
    ],
)
async def test_invalid_documents_are_measured_without_harm_and_refused(query):
    answer = await sample_schema().execute(query)

    assert {"GRAPHQL_VALIDATION_FAILED"} == set(codes(answer))


@pytest.mark.parametrize("levels", [100, 400, 900])
async def test_deep_nesting_never_breaks_the_reader(levels):
    """Deeper than Python's stack is an error of the document, not of the server."""
    answer = await sample_schema(tokens=10**6).execute(nested(levels))

    assert set(codes(answer)) <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "TOO_DEEP"}


async def test_long_chains_of_fragments_never_break_the_reader():
    chain = " ".join(f"fragment F{i} on Bookmark {{ ...F{i + 1} }}" for i in range(3000))
    query = f"{{ bookmarks {{ ...F0 }} }} {chain} fragment F3000 on Bookmark {{ title }}"
    answer = await sample_schema(tokens=10**6).execute(query)

    assert ["TOO_DEEP"] == codes(answer)


async def test_a_text_is_parsed_and_validated_once(monkeypatch):
    """However often it is executed, and whatever its variables; a bad document is remembered as well."""
    schema = sample_schema()
    calls = []
    for name in ("parse", "validate"):
        original = getattr(documents, name)

        def counted(*args, original=original, name=name, **kwargs):
            calls.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(documents, name, counted)
    for number in range(20):
        await schema.execute("query Q($n: Int!) { page(first: $n) { nodes { title } } }", {"n": number})
        await schema.execute("{ nothing }")
        await schema.execute("{")

    assert ["parse", "validate", "parse", "validate", "parse"] == calls


async def test_the_memory_of_documents_is_bounded_by_number_and_by_text():
    reader = Documents(sample_schema()._schema, GraphLimits(), most=3, most_text=100)
    for number in range(5):
        reader.read(f"{{ a{number}: hello }}")
    few = list(reader.kept)
    reader.read("{ hello } #" + "x" * 90)
    for letter in "abcdefgh":
        reader.read(f"{{ {letter * 12}: hello }}")

    assert [f"{{ a{number}: hello }}" for number in (2, 3, 4)] == few
    assert not any("#" in text for text in reader.kept)
    assert sum(map(len, reader.kept)) == reader.text <= 100


async def test_a_document_that_was_asked_for_stays_longest():
    reader = Documents(sample_schema()._schema, GraphLimits(), most=2)
    first, second = reader.read("{ a: hello }"), reader.read("{ b: hello }")

    assert first is reader.read("{ a: hello }")
    reader.read("{ c: hello }")
    assert second is not reader.read("{ b: hello }")


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("query A { hello } query B { hello }", None, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { hello } query B { hello }", "C", "OPERATION_RESOLUTION_FAILURE"),
        ("fragment A on Bookmark { title }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("", None, "GRAPHQL_PARSE_FAILED"),
        (None, None, "GRAPHQL_PARSE_FAILED"),
        ("{ hello", None, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_a_document_without_the_operation_is_refused(query, name, code):
    answer = await sample_schema().execute(query, operation_name=name)

    assert [code] == codes(answer)
    assert answer.data is None


async def test_the_named_operation_of_several_is_executed():
    answer = await sample_schema().execute('query A { hello } query B { hello(name: "B") }', operation_name="B")

    assert {"hello": "Hello B"} == answer.data
