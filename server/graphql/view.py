"""GraphQL over HTTP, for aiohttp.

After the working draft that https://graphql.github.io/graphql-over-http/draft/ showed until its first edition, and
that the audits of the npm package ``graphql-http`` check: ``application/json`` answers 200 to every well-formed
request, ``application/graphql-response+json`` answers 400 to what was not executed. Batches are refused. A body must
be ``application/json``, which a foreign page cannot send without a CORS preflight; mutations by GET are refused.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from schema.errors import (
    Forbidden,
    Problem,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from schema.execution.errors import REQUEST_ID
from schema.execution.schema import Schema
from server.graphql.accept import GRAPHQL, HTML, JSON, choose, is_utf8, parse_type
from server.graphql.graphiql import GraphiQL

LOGGER = logging.getLogger("server.graphql")

MakeContext = Callable[[web.Request], Awaitable[Any]]

BY_GET = frozenset({OperationType.QUERY})
BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})
OTHER_METHODS = ("PUT", "PATCH", "DELETE")

STATUSES: dict[type[Problem], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    TooLarge: 413,
    Unsupported: 415,
    RateLimited: 429,
    Unavailable: 503,
}


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters of a well-formed request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any] | None


class Refusal(Exception):  # noqa: N818 - a request that is not well-formed, on its way to its answer
    """A request that GraphQL never sees: an HTTP status, a sentence and a code."""

    def __init__(self, status: int, message: str, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error = {"message": message, "extensions": {"code": code}}


class GraphQLView:
    """Answers at one path.

    ``make_context`` says who asks; what it returns is the context value of every resolver. A Problem that it raises
    is the answer (Unauthenticated is 401). ``max_body`` is in bytes, of the body after any decompression.
    ``graphiql`` is shown to browsers that open the path, if there is one.
    """

    def __init__(
        self,
        schema: Schema,
        make_context: MakeContext,
        *,
        max_body: int = 1_048_576,
        graphiql: GraphiQL | None = None,
    ) -> None:
        self.schema = schema
        self.make_context = make_context
        self.max_body = max_body
        self.graphiql = graphiql

    def register(self, router: web.UrlDispatcher, path: str = "/graphql") -> web.Resource:
        """Add the routes and return the resource of the path, for CORS."""
        if self.graphiql is not None:
            self.graphiql.register(router, path)
        resource = router.add_resource(path)
        resource.add_route("GET", self.get)
        resource.add_route("HEAD", self.get)
        resource.add_route("POST", self.post)
        for method in OTHER_METHODS:
            resource.add_route(method, self.other)
        return resource

    async def get(self, request: web.Request) -> web.Response:
        """Answer a query in the address, or show GraphiQL to a browser."""
        media_type = choose(accept_of(request), html=self.graphiql is not None)
        if media_type == HTML and self.graphiql is not None:
            return self.graphiql.page(request)
        return await self._answer(request, media_type, self._decode_get, BY_GET)

    async def post(self, request: web.Request) -> web.Response:
        """Answer a query or a mutation in a JSON body."""
        return await self._answer(request, choose(accept_of(request)), self._decode_post, BY_POST)

    async def other(self, request: web.Request) -> web.Response:
        """Refuse any other method."""
        refusal = Refusal(
            405, f"{request.method} is not a way to ask.", "METHOD_NOT_ALLOWED", {"Allow": "GET, HEAD, POST"}
        )
        return respond(refusal.status, JSON, {"errors": [refusal.error]}, refusal.headers)

    async def _answer(
        self,
        request: web.Request,
        media_type: str | None,
        decode: Callable[[web.Request], Awaitable[Call]],
        allowed: frozenset[OperationType],
    ) -> web.Response:
        token = REQUEST_ID.set(request.get("request_id", "-"))
        try:
            if media_type is None:
                raise Refusal(406, f"Accept {GRAPHQL} or {JSON}.", "NOT_ACCEPTABLE")  # noqa: TRY301 - one place words it
            context = await self.make_context(request)
            call = await decode(request)
            result = await self._execute(call, context, allowed)
            status = status_of(result) if media_type == GRAPHQL else 200
            return respond(status, media_type, shape_of(result))
        except Refusal as refusal:
            return respond(refusal.status, media_type or JSON, {"errors": [refusal.error]}, refusal.headers)
        except Problem as problem:
            return respond_problem(problem, media_type or JSON)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            request_id = REQUEST_ID.get()
            LOGGER.exception("GraphQL request failed: request_id=%s", request_id, extra={"request_id": request_id})
            extensions = {"code": "INTERNAL", "requestId": request_id}
            error = {"message": "Internal error", "extensions": extensions}
            return respond(500, media_type or JSON, {"errors": [error]})
        finally:
            REQUEST_ID.reset(token)

    async def _execute(self, call: Call, context: Any, allowed: frozenset[OperationType]) -> ExecutionResult:
        try:
            return await self.schema.execute(
                call.query,
                call.variables,
                context_value=context,
                operation_name=call.operation_name,
                allowed_operation_types=allowed,
            )
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.MUTATION:
                raise Refusal(405, "Send mutations by POST.", "METHOD_NOT_ALLOWED", {"Allow": "POST"}) from error
            raise Refusal(400, "Subscriptions are not answered over HTTP.", "BAD_REQUEST") from error

    async def _decode_get(self, request: web.Request) -> Call:
        parameters = request.query
        values: dict[str, Any] = {}
        for name in ("query", "operationName"):
            if name in parameters:
                values[name] = parameters[name]
        for name in ("variables", "extensions"):
            if parameters.get(name):
                values[name] = decode_json(parameters[name].encode("utf-8", "surrogatepass"), name)
        return call_of(values)

    async def _decode_post(self, request: web.Request) -> Call:
        media_type, parameters = parse_type(request.headers.get("Content-Type", ""))
        if media_type != JSON or not is_utf8(parameters):
            raise Refusal(415, f"Send {JSON} in UTF-8.", "UNSUPPORTED")
        return call_of(decode_json(await self._read(request), "The body"))

    async def _read(self, request: web.Request) -> bytes:
        """The body, read no further than the limit; aiohttp inflates it on the way."""
        if (request.content_length or 0) > self.max_body:
            raise TooLarge(self.max_body)
        body = bytearray()
        try:
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > self.max_body:
                    raise TooLarge(self.max_body)
        except web.RequestPayloadError as error:
            raise Refusal(400, "The body is not packed as its headers say.", "BAD_REQUEST") from error
        return bytes(body)


def accept_of(request: web.Request) -> str | None:
    """The Accept header, its lines joined; None when there is none."""
    lines = request.headers.getall("Accept", [])
    return ", ".join(lines) if lines else None


def decode_json(text: bytes, name: str) -> Any:
    """The JSON value. Raises Refusal (400) when it is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"{name} is not JSON: {error}", "BAD_REQUEST") from error


def call_of(values: Any) -> Call:
    """The call that the parameters make. Raises Refusal (400) when they are not those of a well-formed request."""
    if isinstance(values, list):
        raise Refusal(400, "Batches are not answered: send one request at a time.", "BAD_REQUEST")
    if not isinstance(values, dict):
        raise Refusal(400, "The body must be a JSON object.", "BAD_REQUEST")
    query, name = values.get("query"), values.get("operationName")
    if not isinstance(query, str):
        raise Refusal(400, "The parameter query must be given, as a string.", "BAD_REQUEST")
    if not isinstance(name, str | None):
        raise Refusal(400, "The parameter operationName must be a string.", "BAD_REQUEST")
    for parameter in ("variables", "extensions"):
        if not isinstance(values.get(parameter), dict | None):
            raise Refusal(400, f"The parameter {parameter} must be an object.", "BAD_REQUEST")
    return Call(query, name or None, values.get("variables"))


def shape_of(result: ExecutionResult) -> dict[str, Any]:
    """The answer as the specification shapes it: errors first, no data where nothing was executed."""
    shape: dict[str, Any] = {}
    if result.errors:
        shape["errors"] = [error.formatted for error in result.errors]
    if not isinstance(result, PreExecutionError):
        shape["data"] = result.data
    if result.extensions:
        shape["extensions"] = result.extensions
    return shape


def status_of(result: ExecutionResult) -> int:
    """The status for ``application/graphql-response+json``."""
    if not isinstance(result, PreExecutionError):
        return 200
    codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
    return 500 if "INTERNAL" in codes else 400


def respond_problem(problem: Problem, media_type: str) -> web.Response:
    """The answer to a request that was refused as a whole, by who sent it or how much."""
    status = next((code for kind, code in STATUSES.items() if isinstance(problem, kind)), 400)
    headers: dict[str, str] = {}
    if isinstance(problem, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, RateLimited):
        headers["Retry-After"] = str(problem.retry_after)
    error = {"message": str(problem), "extensions": problem.extensions}
    return respond(status, media_type, {"errors": [error]}, headers)


def respond(
    status: int, media_type: str, shape: dict[str, Any], headers: Mapping[str, str] | None = None
) -> web.Response:
    """Encode an answer; private to who asked, and dependent on what they accept."""
    return web.Response(
        status=status,
        body=orjson.dumps(shape),
        headers={
            "Content-Type": f"{media_type}; charset=utf-8",
            "Cache-Control": "no-store",
            "Vary": "Accept",
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        },
    )
