"""The schema as it is served: read, limited, costed, projected and masked, in this order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from schema.execution.cost import cost_of, too_costly
from schema.execution.documents import Documents
from schema.execution.errors import masked, present, present_request_error
from schema.execution.limits import GraphLimits
from schema.execution.projecting import ProjectingExecutor

ALL_OPERATIONS = frozenset(OperationType)


class Schema(strawberry.Schema):
    """A Strawberry schema with a pipeline of its own in ``execute``, which takes no Strawberry extensions.

    Strawberry's would do the same work in hooks around each step; here the steps can be read from top to bottom, and
    each text is parsed and validated once. ``execute_sync`` and ``subscribe`` are Strawberry's still: without limits
    and masks, so nothing may serve them.
    """

    def __init__(self, *args: Any, limits: GraphLimits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = limits
        self.documents = Documents(self._schema, limits)

    async def execute(  # noqa: PLR0911 - Strawberry's signature; each return is one way out, in order
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Answer one request.

        A request that is refused before anything is executed gives a PreExecutionError, whose answer has no ``data``;
        ``extensions.cost`` stands in every answer to a valid document. Raises InvalidOperationTypeError when the
        operation is not of an allowed type, which is for the caller (the transport) to word.
        """
        read = self.documents.read(query or "")
        allowed = ALL_OPERATIONS if allowed_operation_types is None else allowed_operation_types
        try:
            if not read.operations:
                return refused(read.errors)
            operation = read.operation(operation_name)
        except GraphQLError as error:
            return refused(read.errors or [error])
        operation_type = OperationType(operation.operation.value)
        if operation_type not in allowed:
            raise InvalidOperationTypeError(operation_type)
        if read.errors or read.document is None:
            return refused(read.errors)
        cost = cost_of(self._schema, operation, read.fragments, variable_values, self.limits)
        extensions = {"cost": {"requested": cost, "limit": self.limits.cost}}
        if cost > self.limits.cost:
            return refused([too_costly(cost, self.limits.cost)], extensions)
        try:
            result: CoreResult = await await_maybe(
                execute(
                    self._schema,
                    read.document,
                    root_value=root_value,
                    context_value=context_value,
                    variable_values=variable_values,
                    operation_name=operation_name,
                    is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a plain bool says the same
                    executor_class=self.execution_context_class,
                    operation_extensions=operation_extensions,
                    plans=read.plans,
                )
            )
        except Exception as error:  # noqa: BLE001 - nothing unexpected leaves as itself
            return refused([masked(GraphQLError(str(error), original_error=error), error)], extensions)
        if not result.errors:
            return ExecutionResult(data=result.data, errors=None, extensions=extensions)
        if result.data is None and all(error.path is None for error in result.errors):
            return refused(map(present_request_error, result.errors), extensions)
        return ExecutionResult(data=result.data, errors=present(result.errors), extensions=extensions)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log what is not a Problem; for Strawberry's own ways of executing, ``execute`` has done so already."""
        del execution_context
        present(errors)


def refused(errors: Iterable[GraphQLError], extensions: dict[str, Any] | None = None) -> PreExecutionError:
    """The answer to a request that was not executed."""
    return PreExecutionError(data=None, errors=list(errors), extensions=extensions)


def make_schema(
    query: type,
    mutation: type | None = None,
    types: Iterable[Any] = (),
    *,
    limits: GraphLimits | None = None,
    config: StrawberryConfig | None = None,
) -> Schema:
    """Build the schema to serve; ``types`` are those that only an interface or a union leads to."""
    return Schema(
        query,
        mutation,
        types=types,
        limits=limits or GraphLimits(),
        config=config,
        execution_context_class=ProjectingExecutor,
    )
