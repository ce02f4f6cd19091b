"""What webhooks are sent, made known to the operations: the dialects' wordings, and the graph for stored queries."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import orjson
from graphql import GraphQLError, NamedTypeNode, NonNullTypeNode, OperationDefinitionNode
from strawberry.types.graphql import OperationType

from rest_compat import DIALECTS
from schema.context import Context, Viewer
from schema.door import GRAPHQL
from schema.errors import Fault, Invalid, Unavailable
from schema.execution.cost import cost_of
from schema.execution.schema import Schema
from schema.own_paths import show_below
from schema.ports import Ports
from server.settings import Settings

# What a stored query may ask for as variables, with an example for counting what it would cost.
VARIABLES = {"event": ("String", "bookmark.created"), "id": ("ID", "Qm9va21hcms6MQ=="), "uid": ("UUID", "0" * 32)}
EXAMPLES = {name: example for name, (_, example) in VARIABLES.items()}


class GraphQueries:
    """Stored queries over the graph of ``/graphql``, within its limits (``schema.ports.StoredQueries``)."""

    def __init__(self, graph: Schema, ports: Ports) -> None:
        self._graph = graph
        self._ports = ports

    def check(self, query: str) -> None:
        """Pass a document with one query that may be executed. Raises Invalid with GraphQL's own words."""
        read = self._graph.documents.read(query)
        errors = list(read.errors)
        try:
            operation = read.operation(None)
        except GraphQLError as error:
            raise _invalid(errors or [error]) from None
        if errors:
            raise _invalid(errors)
        if operation.operation.value != OperationType.QUERY.value:
            raise _invalid([GraphQLError("Only a query can be stored.")])
        _check_variables(operation)
        try:
            cost = cost_of(self._graph.documents.schema, operation, read.fragments, EXAMPLES, self._graph.limits)
        except GraphQLError as error:
            raise _invalid([error]) from None
        if cost > self._graph.limits.cost:
            raise Invalid(Fault(("query",), "too_costly", self._graph.limits.cost))

    async def answer(self, viewer: Viewer, query: str, variables: dict[str, Any], extensions: dict[str, Any]) -> bytes:
        """``data``, ``errors``, ``extensions``, as GraphQL shapes them. Raises Unavailable when the server failed."""
        show_below(urlsplit(self._ports.payloads.base).path)
        result = await self._graph.execute(
            query,
            variables,
            context_value=Context(self._ports, GRAPHQL, viewer),
            allowed_operation_types={OperationType.QUERY},
        )
        errors = [error.formatted for error in result.errors or ()]
        if any((error.get("extensions") or {}).get("code") == "INTERNAL" for error in errors):
            raise Unavailable("the stored query")
        return orjson.dumps({"data": result.data} | ({"errors": errors} if errors else {}) | {"extensions": extensions})


def install_payloads(ports: Ports, settings: Settings, graph: Schema) -> None:
    """Fill in ``ports.payloads``; whatever makes a graph or does jobs calls this once."""
    ports.payloads.base = settings.base_url or f"http://{settings.host}:{settings.port}"
    ports.payloads.wordings = {dialect.name: dialect.wording for dialect in DIALECTS if dialect.wording is not None}
    ports.payloads.queries = GraphQueries(graph, ports)


def _check_variables(operation: OperationDefinitionNode) -> None:
    """Each variable must be one that there is, with its type."""
    for definition in operation.variable_definitions or ():
        name, kind = definition.variable.name.value, definition.type
        if isinstance(kind, NonNullTypeNode):
            kind = kind.type
        known = VARIABLES.get(name)
        if known is None or not isinstance(kind, NamedTypeNode) or kind.name.value != known[0]:
            there = ", ".join(f"${one}: {type}" for one, (type, _) in VARIABLES.items())
            raise _invalid([GraphQLError(f"${name} is not among the variables: {there}.")])


def _invalid(errors: list[GraphQLError]) -> Invalid:
    return Invalid(*(Fault(("query",), "query", given=error.message) for error in errors[:5]))
