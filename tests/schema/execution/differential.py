"""Proof by comparison: a query answered by graphql-core alone and by the projecting executor must be one answer.

``assert_same`` is for a test that has a query in hand. ``compare_every_query`` is for a whole suite: it puts itself
into ``Schema.execute``, so that every query that any test runs, over whichever door, is answered both ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionResult

from schema.execution.projecting import TALLY
from schema.execution.schema import Schema


class PlainExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core as it is: takes the plans and does nothing with them."""

    def __init__(self, *args: Any, plans: object = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


def worded(result: ExecutionResult) -> dict[str, Any]:
    """All that a caller can see of an answer, in the order in which it would be sent."""
    return {
        "data": ordered(result.data),
        "errors": [
            {key: value for key, value in error.formatted.items() if key != "extensions"}
            | {"code": (error.extensions or {}).get("code")}
            for error in result.errors or ()
        ],
        "extensions": result.extensions,
    }


def ordered(value: Any) -> Any:
    """Dicts as lists of pairs: the order of the keys is part of the answer, and so is the type of each leaf."""
    if isinstance(value, dict):
        return [(key, ordered(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [ordered(inner) for inner in value]
    return (type(value).__name__, value)


async def execute_both(
    schema: Schema,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    context: Callable[[], Any] = lambda: None,
    operation_name: str | None = None,
) -> tuple[ExecutionResult, ExecutionResult]:
    """The answers by graphql-core and by projection; ``context`` makes a fresh context for each."""
    served = schema.execution_context_class
    answers = []
    for executor in (PlainExecutor, served):
        schema.execution_context_class = executor
        try:
            answers.append(
                await schema.execute(query, variables, context_value=context(), operation_name=operation_name)
            )
        finally:
            schema.execution_context_class = served
    return answers[0], answers[1]


async def assert_same(
    schema: Schema,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    context: Callable[[], Any] = lambda: None,
    projected: int | None = None,
) -> ExecutionResult:
    """Assert that both answers are the same, and how many lists were projected if ``projected`` says so."""
    before = TALLY.projected
    plain, short = await execute_both(schema, query, variables, context=context)

    assert worded(plain) == worded(short)
    if projected is not None:
        assert projected == TALLY.projected - before
    return short


def compare_every_query(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on, in this test, every query is answered both ways and compared; returns the texts as they come.

    Mutations are executed once, as they are. The context is used twice, so it must not forget what it gave.
    """
    seen: list[str] = []
    execute = Schema.execute

    async def execute_twice(self: Schema, query: str | None, *args: Any, **kwargs: Any) -> ExecutionResult:
        short = await execute(self, query, *args, **kwargs)
        operations = self.documents.read(query or "").operations
        if short.data is None or any(o.operation is not OperationType.QUERY for o in operations):
            return short
        served = self.execution_context_class
        self.execution_context_class = PlainExecutor
        try:
            plain = await execute(self, query, *args, **kwargs)
        finally:
            self.execution_context_class = served
        seen.append(query or "")

        assert worded(plain) == worded(short), query
        return short

    monkeypatch.setattr(Schema, "execute", execute_twice)
    return seen
