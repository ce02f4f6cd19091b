"""Asking the graph as a person, in process."""

from __future__ import annotations

from typing import Any

from strawberry.types import ExecutionResult

from schema.context import Context
from schema.door import GRAPHQL
from schema.execution.fields import global_id
from schema.graph import schema
from schema.ports import Ports
from schema.resolvers import tokens
from tests.factories import Person, make_token

Asker = Person | Context


async def execute(asker: Asker, query: str, **variables: Any) -> ExecutionResult:
    """The whole answer."""
    ctx = await asker.ctx() if isinstance(asker, Person) else asker
    return await schema.execute(query, variables, context_value=ctx)


async def ask(asker: Asker, query: str, **variables: Any) -> dict[str, Any]:
    """The data of an answer without errors."""
    answer = await execute(asker, query, **variables)

    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return answer.data


async def refusal(asker: Asker, query: str, **variables: Any) -> tuple[str, list[str | int] | None, dict[str, Any]]:
    """Code, path and extensions of the one error of an answer."""
    answer = await execute(asker, query, **variables)

    assert answer.errors is not None, answer.data
    (error,) = answer.errors
    extensions = dict(error.extensions or {})
    return extensions.pop("code"), error.path, extensions


async def faults(asker: Asker, query: str, **variables: Any) -> list[tuple[list[str | int], str]]:
    """Paths and rules of what an answer finds invalid."""
    code, _, extensions = await refusal(asker, query, **variables)

    assert "INVALID" == code
    return [(fault["path"], fault["rule"]) for fault in extensions["faults"]]


def nobody(ports: Ports) -> Context:
    """A request without a credential."""
    return Context(ports, GRAPHQL)


async def narrow(person: Person, *scopes: str) -> Context:
    """A request with a token of just these scopes."""
    secret = await make_token(person, *scopes)
    return Context(person.ports, GRAPHQL, await tokens.believe(person.ports, secret))


def gid(kind: str, row: Any) -> str:
    """The global id of a row, or of a number."""
    return global_id(kind, row if isinstance(row, int) else row.id)
