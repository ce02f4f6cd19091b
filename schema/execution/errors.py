"""Which errors a caller may read: Problems and faults of the request as they are, anything else as its request id."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextvars import ContextVar

from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from schema.errors import Problem

LOGGER = logging.getLogger("schema.execution")

# Set by whoever has the request (the HTTP view); it stands in masked errors and in the log line beside them.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")


def with_code(error: GraphQLError, code: str) -> GraphQLError:
    """Put the machine's word on an error that has none yet; returns the same error."""
    if "code" not in (error.extensions or {}):
        error.extensions = {**(error.extensions or {}), "code": code}
    return error


def cause_of(error: GraphQLError) -> BaseException | None:
    """What was raised in the first place, through any number of GraphQLErrors around it."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError):
        if cause.original_error is None:
            return None if cause is error else cause
        cause = cause.original_error
    return cause


def is_callers_fault(cause: BaseException | None) -> bool:
    """Whether an error met while executing, other than a Problem, is about what the caller sent.

    graphql-core refuses an argument at run time (null from a variable where a value is needed) with an error that
    points at the argument's node, and Strawberry has an exception for a global id that cannot be read. A value of
    ours that does not fit its type is neither.
    """
    return isinstance(cause, StrawberryInputCoercionError) or (isinstance(cause, GraphQLError) and bool(cause.nodes))


def present(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The errors of fields as the caller may see them; those that are our fault are logged with their traceback."""
    return [present_one(error) for error in errors]


def present_one(error: GraphQLError) -> GraphQLError:
    """One error of a field as the caller may see it."""
    cause = cause_of(error)
    if isinstance(cause, Problem):
        error.extensions = cause.extensions
        return error
    if isinstance(cause, StrawberryInputCoercionError):
        error.message = in_the_callers_terms(error.message)
    if is_callers_fault(cause):
        return with_code(error, "BAD_USER_INPUT")
    return masked(error, cause if cause is not None else error)


def in_the_callers_terms(message: str) -> str:
    """Strawberry's sentence, but for a null from a variable, where it shows its own Python objects."""
    return "Null is not a value of this field; leave it out instead." if "Maybe[" in message else message


def present_request_error(error: GraphQLError) -> GraphQLError:
    """An error that kept the operation from being executed: variables that do not fit, in graphql-core's words.

    Scalars refuse a value with a ValueError or GraphQLError; anything else is a scalar of ours that broke.
    """
    cause = cause_of(error)
    if cause is None or isinstance(cause, GraphQLError | ValueError):
        return with_code(error, "BAD_USER_INPUT")
    return masked(error, cause)


def masked(error: GraphQLError, cause: BaseException) -> GraphQLError:
    """Log what happened and return an error that tells the caller nothing but where and under which id."""
    request_id = REQUEST_ID.get()
    LOGGER.error(
        "GraphQL field failed: path=%s request_id=%s",
        error.path,
        request_id,
        exc_info=(type(cause), cause, cause.__traceback__),
        extra={"request_id": request_id},
    )
    return GraphQLError(
        "Internal error",
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": "INTERNAL", "requestId": request_id},
    )
