"""Problems and faults of the request are shown; anything else is logged and leaves only its request id."""

import logging

import pytest

from schema.errors import Conflict, Fault, Invalid, Problem, RateLimited
from schema.execution.errors import REQUEST_ID
from tests.schema.execution.sample import sample_schema

SCHEMA = sample_schema()


async def test_a_problem_passes_with_its_code_and_facts(caplog):
    """Quietly: an expected refusal is no line in the log."""
    answer = await SCHEMA.execute("{ missing hello }")

    assert {"missing": None, "hello": "Hello you"} == answer.data
    assert [
        {
            "message": "No such bookmark.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["missing"],
            "extensions": {"code": "NOT_FOUND", "entity": "bookmark"},
        }
    ] == [error.formatted for error in answer.errors]
    assert [] == caplog.records


@pytest.mark.parametrize(
    "problem",
    [Conflict("tag", "taken", 7), RateLimited(5), Invalid(Fault(("title",), "too_long", 512, "given text"))],
    ids=repr,
)
async def test_every_problem_is_shown_as_its_own_extensions_say(problem, monkeypatch):
    def refuse(self) -> None:
        raise problem

    schema = sample_schema()
    monkeypatch.setattr(schema._schema.query_type.fields["hello"], "resolve", lambda *_, **__: refuse(None))
    answer = await schema.execute("{ hello }")

    assert isinstance(problem, Problem)
    assert [problem.extensions] == [error.extensions for error in answer.errors]


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ hello broken }", {"hello": "Hello you", "broken": None}),
        ("{ hello badlyBroken }", None),
        ("{ hello noNumber }", {"hello": "Hello you", "noNumber": None}),
    ],
)
async def test_anything_unexpected_is_masked_and_logged_with_its_traceback(query, data, caplog):
    """An exception, in a nullable field or not, and a value that is no value of its type."""
    token = REQUEST_ID.set("req-7")
    try:
        answer = await SCHEMA.execute(query)
    finally:
        REQUEST_ID.reset(token)

    assert data == answer.data
    (error,) = answer.errors
    assert "Internal error" == error.message
    assert {"code": "INTERNAL", "requestId": "req-7"} == error.extensions
    assert error.path is not None
    assert "hunter2" not in str(error.formatted)
    (record,) = caplog.records
    assert logging.ERROR == record.levelno
    assert "req-7" in record.getMessage()
    assert "hunter2" in caplog.text
    assert "Traceback" in caplog.text


async def test_a_failure_outside_any_field_is_masked_too(monkeypatch, caplog):
    monkeypatch.setattr("schema.execution.schema.execute", lambda *_, **__: 1 / 0)
    answer = await sample_schema().execute("{ hello }")

    assert answer.data is None
    assert [{"code": "INTERNAL", "requestId": "-"}] == [error.extensions for error in answer.errors]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("query", "variables", "path"),
    [
        ("query Q($n: Int!) { counted(number: $n) }", {"n": "five"}, None),
        ("query Q($n: Int!) { counted(number: $n) }", {}, None),
        # allowed by validation because of the default, refused when the field gets its null
        ("query Q($n: Int = 1) { counted(number: $n) }", {"n": None}, ["counted"]),
        ('{ byIds(ids: ["nonsense"]) { id } }', None, ["byIds"]),
    ],
)
async def test_values_that_do_not_fit_are_the_callers_to_mend(query, variables, path, caplog):
    answer = await SCHEMA.execute(query, variables)

    assert answer.data is None
    assert ["BAD_USER_INPUT"] == [error.extensions["code"] for error in answer.errors]
    assert [path] == [error.path for error in answer.errors]
    assert [] == caplog.records


async def test_invalid_documents_say_what_is_wrong():
    answer = await SCHEMA.execute("{ helo }")

    assert [{"code": "GRAPHQL_VALIDATION_FAILED"}] == [error.extensions for error in answer.errors]
    assert "helo" in answer.errors[0].message
