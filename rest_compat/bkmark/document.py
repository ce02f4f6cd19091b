"""The OpenAPI document of this door, read off its routes and the types of its handlers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rest_compat.bkmark.calls import SHAPES, Nothing, Shape
from rest_compat.bkmark.errors import ErrorAnswer
from rest_compat.dialect import Endpoint
from rest_compat.openapi import JSON, MULTIPART, Answer, Document, Operation

DOCUMENT = Document(
    title="Polymark: the Bkmark API",
    summary="Bookmarks, tags, groups, search and webhooks, as programs for Bkmark know them.",
    security={
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key or an OAuth 2 access token; /.well-known/oauth-authorization-server tells more.",
        }
    },
)
BYTES = "application/octet-stream"
ALWAYS = {
    400: Answer("The request is not valid.", ErrorAnswer),
    401: Answer("There is no valid credential.", ErrorAnswer),
    403: Answer("The credential may not do this.", ErrorAnswer),
    405: Answer("The method is none of this address.", ErrorAnswer),
    429: Answer("Too many requests.", ErrorAnswer),
    503: Answer("Not now: try again later.", ErrorAnswer),
}
NOT_FOUND = Answer("It does not exist, or is somebody else's.", ErrorAnswer)
CONFLICT = Answer("It clashes with what there is.", ErrorAnswer)
TOO_LARGE = Answer("The body is too large.", ErrorAnswer)


def operations_of(endpoints: Sequence[Endpoint]) -> Iterator[Operation]:
    """What every handler with a shape takes and gives."""
    for endpoint in endpoints:
        for method, handler in endpoint.methods.items():
            shape = SHAPES.get(handler)
            if shape is not None:
                yield _operation(method, endpoint.path, shape)


def _operation(method: str, path: str, shape: Shape) -> Operation:
    answers = {shape.status: Answer("Done.", shape.answer, shape.media)} | ALWAYS
    if "{" in path:
        answers[404] = NOT_FOUND
    bodies: dict[str, object] = {}
    if method != "GET":
        answers |= {409: CONFLICT, 413: TOO_LARGE}
        if shape.takes_file:
            bodies = {MULTIPART: None, BYTES: None}
        elif shape.body is not None:
            bodies = {JSON: shape.body}
    query = None if shape.query is Nothing else shape.query
    return Operation(method, path, shape.summary, answers, query, bodies, shape.scopes)
