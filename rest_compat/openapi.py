"""OpenAPI 3.1 documents of the dialects, made from the types that their code uses.

A dialect says for each method of each address what is taken and given, as types that msgspec knows (Structs,
TypedDicts, Literals, Annotated); here they become a document. Nothing is described twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from rest_compat.house import address_of, base_of
from schema.version import VERSION

REFERENCE = "#/components/schemas/{name}"
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
PARAMETER = re.compile(r"\{([^:{}]+)(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")  # aiohttp's, with its pattern
PATH = "/openapi.json"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an operation: what it is called, the type of its body (None: no JSON), and other media types."""

    words: str
    type: Any = None
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be done with one method at one address.

    ``path`` is aiohttp's pattern. ``query`` is a type whose members are the parameters of the address. ``bodies`` are
    the types of the body by media type (None: bytes; a dict is a JSON Schema already). ``scopes``: any one of them
    opens it; empty: nobody is asked who they are.
    """

    method: str
    path: str
    summary: str
    answers: Mapping[int, Answer]
    query: Any = None
    bodies: Mapping[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    body_required: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says besides its operations. ``security`` are the schemes by name, any of which will do."""

    title: str
    summary: str
    security: Mapping[str, Any]


def serving(document: Document, operations: Callable[[], Sequence[Operation]]) -> Handler:
    """A handler that serves the document at PATH below a dialect's prefix; ``operations`` is asked once."""
    written: dict[str, Any] = {}

    async def serve(request: web.Request) -> web.Response:
        """Serve it with the address under which it was asked for."""
        if not written:
            written.update(write_document(document, operations()))
        server = f"{base_of(request)}{address_of(request).path.rstrip('/').removesuffix(PATH)}"
        body = orjson.dumps(written | {"servers": [{"url": server}]})
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: JSON})

    return serve


def write_document(document: Document, operations: Sequence[Operation]) -> dict[str, Any]:
    """The OpenAPI 3.1 document, but for the servers."""
    types = list(_types(operations))
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    known = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = PARAMETER.sub(r"{\1}", operation.path) or "/"
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, path, known, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": document.title, "summary": document.summary, "version": VERSION},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": dict(document.security)},
        "security": [{name: []} for name in document.security],
    }


def _types(operations: Sequence[Operation]) -> dict[Any, None]:
    """Every type that is spoken of, each once."""
    found: dict[Any, None] = {}
    for operation in operations:
        bodies = [type for type in operation.bodies.values() if type is not None and not isinstance(type, dict)]
        answers = [answer.type for answer in operation.answers.values() if answer.type is not None]
        for type in (*([operation.query] if operation.query is not None else []), *bodies, *answers):
            found.setdefault(type)
    return found


def _operation(
    operation: Operation, path: str, known: Mapping[str, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": _name(operation.method, path),
        "summary": operation.summary,
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in PARAMETER.findall(operation.path)
            ),
            *_parameters(operation, known, components),
        ],
        "responses": {str(status): _answer(answer, known) for status, answer in operation.answers.items()},
    }
    if operation.bodies:
        content = {media: {"schema": _body(type, known)} for media, type in operation.bodies.items()}
        said["requestBody"] = {"required": operation.body_required, "content": content}
    if operation.scopes:
        said["x-scopes"] = list(operation.scopes)
    else:
        said["security"] = []
    return said


def _parameters(operation: Operation, known: Mapping[str, Any], components: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The members of the query type as parameters of the address: there is no null there, and all is text."""
    if operation.query is None:
        return []
    shape = _resolved(known[repr(operation.query)], components)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in shape.get("required", ()),
            "schema": _plain(schema),
        }
        for name, schema in shape.get("properties", {}).items()
    ]


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A member's schema without null, and a yes or no as such."""
    told = {name: value for name, value in schema.items() if name != "anyOf"}
    if told.get("default", "") is None:
        del told["default"]
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) == 1:
        told |= _plain(kinds[0])
    elif kinds:
        told["anyOf"] = kinds
    if sorted(told.get("enum", ())) == ["false", "true"]:
        told = {name: value for name, value in told.items() if name != "enum"} | {"type": "boolean"}
    return told


def _answer(answer: Answer, known: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {media: {} for media in answer.media}
    if answer.type is not None:
        content[JSON] = {"schema": known[repr(answer.type)]}
    return {"description": answer.words} | ({"content": content} if content else {})


def _body(type: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(type, dict):
        return type
    return {} if type is None else dict(known[repr(type)])


def _resolved(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = components[reference.rpartition("/")[2]]
    return found


def _name(method: str, path: str) -> str:
    """``getBookmarksById`` for GET /bookmarks/{id}."""
    words = [f"by-{part[1:-1]}" if part.startswith("{") else part for part in path.split("/") if part]
    steps = re.split(r"[^A-Za-z0-9]+", "-".join(words))
    return method.lower() + "".join(step[:1].upper() + step[1:] for step in steps if step)
