"""The OpenAPI document of this door: what each address takes and gives, in the types and field tables of its code."""

from __future__ import annotations

from typing import Any

from rest_compat.linkding.codec import BOOKMARK, BUNDLE, TAG
from rest_compat.linkding.fields import Boolean, Choice, Field, Integer, Moment, Resource, TagList, Text
from rest_compat.linkding.shapes import (
    AssetAnswer,
    BookmarkAnswer,
    BookmarkQuery,
    BundleAnswer,
    CheckAnswer,
    CheckQuery,
    CreateQuery,
    ListAnswer,
    PageQuery,
    ProfileAnswer,
    SharedQuery,
    SingleFileAnswer,
    TagAnswer,
)
from rest_compat.openapi import FORM, JSON, MULTIPART, Answer, Document, Operation
from schema.context import SCOPES

DOCUMENT = Document(
    title="Polymark: the linkding API",
    summary="Bookmarks, tags and files, as programs for linkding know them.",
    security={
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token` or `Bearer`, a blank, and the token.",
        }
    },
)
READ, WRITE = ("bookmarks:read",), ("bookmarks:write",)
BYTES = "application/octet-stream"
REFUSAL = dict[str, Any]  # {"detail": …}, {"error": …}, or lists of sentences by field (LD section 3)
ALWAYS = {
    401: Answer("There is no valid token.", REFUSAL),
    403: Answer("The token may not do this.", REFUSAL),
    405: Answer("The method is none of this address.", REFUSAL),
    503: Answer("Not now: try again later.", REFUSAL),
}
UNREADABLE = {406: Answer("The answer cannot be had in that form.", REFUSAL)}
MISSING = {404: Answer("It does not exist, or is somebody else's.", REFUSAL, ("text/html",))}
INVALID = {
    400: Answer("What was sent is not valid.", REFUSAL),
    413: Answer("The body is too large.", REFUSAL),
    415: Answer("The body is of a type that is not read.", REFUSAL),
}
_ID = "{id}"
_ASSETS = "/bookmarks/{bookmark_id}/assets"


def schema_of(resource: Resource, *, partial: bool = False) -> dict[str, Any]:
    """The JSON Schema of a field table; with ``partial`` nothing is required."""
    required = [] if partial else [name for name, field in resource.items() if field.required]
    properties = {name: _field(field) for name, field in resource.items()}
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


PLAIN: dict[type, dict[str, Any]] = {
    Boolean: {"type": "boolean"},
    Integer: {"type": "integer"},
    Moment: {"type": "string", "format": "date-time"},
    TagList: {"type": "array", "items": {"type": "string", "minLength": 1}},
}


def _field(field: Field) -> dict[str, Any]:
    match field:
        case Text(blank=blank, max_length=most):
            told: dict[str, Any] = {"type": "string"} | ({} if blank else {"minLength": 1})
            return told | ({} if most is None else {"maxLength": most})
        case Choice(choices=choices):
            return {"type": "string", "enum": list(choices)}
        case _:
            return PLAIN.get(type(field), {})


def _bodies(resource: Resource, *, partial: bool = False) -> dict[str, Any]:
    schema = schema_of(resource, partial=partial)
    return {JSON: schema, FORM: schema, MULTIPART: schema}


def _read(path: str, summary: str, answer: Any, query: Any = None, scopes: tuple[str, ...] = READ) -> Operation:
    missing = MISSING if "{" in path else {}
    return Operation(
        "GET", path, summary, {200: Answer("Done.", answer)} | ALWAYS | UNREADABLE | missing, query, {}, scopes
    )


def _act(method: str, path: str, summary: str, scopes: tuple[str, ...] = WRITE) -> Operation:
    return Operation(method, path, summary, {204: Answer("Done.")} | ALWAYS | UNREADABLE | MISSING, scopes=scopes)


def _write(
    method: str,
    path: str,
    summary: str,
    status: int,
    answer: Any,
    bodies: dict[str, Any],
    scopes: tuple[str, ...] = WRITE,
    query: Any = None,
) -> Operation:
    missing = MISSING if "{" in path else {}
    answers = {status: Answer("Done.", answer)} | ALWAYS | UNREADABLE | INVALID | missing
    return Operation(method, path, summary, answers, query, bodies, scopes)


BOOKMARKS = ListAnswer[BookmarkAnswer]
OPERATIONS = (
    _read("", "Whether the token is good.", dict[str, Any], scopes=SCOPES),
    _read("/bookmarks", "My bookmarks that are not archived.", BOOKMARKS, BookmarkQuery),
    _write("POST", "/bookmarks", "Save a bookmark.", 201, BookmarkAnswer, _bodies(BOOKMARK), query=CreateQuery),
    _read("/bookmarks/archived", "My archived bookmarks.", BOOKMARKS, BookmarkQuery),
    _read("/bookmarks/shared", "What everybody shares; without a token, with the world.", BOOKMARKS, SharedQuery, ()),
    _read("/bookmarks/check", "What is known of an address.", CheckAnswer, CheckQuery),
    _write(
        "POST",
        "/bookmarks/singlefile",
        "Keep a page as the browser saw it, with the bookmark of its address or a new one.",
        201,
        SingleFileAnswer,
        {
            MULTIPART: {
                "type": "object",
                "properties": {"url": {"type": "string"}, "file": {"type": "string", "format": "binary"}},
                "required": ["url", "file"],
            }
        },
    ),
    _read(f"/bookmarks/{_ID}", "One bookmark.", BookmarkAnswer),
    _write("PUT", f"/bookmarks/{_ID}", "Change a bookmark.", 200, BookmarkAnswer, _bodies(BOOKMARK)),
    _write("PATCH", f"/bookmarks/{_ID}", "Change a bookmark.", 200, BookmarkAnswer, _bodies(BOOKMARK, partial=True)),
    _act("DELETE", f"/bookmarks/{_ID}", "Delete a bookmark."),
    _act("POST", f"/bookmarks/{_ID}/archive", "Put a bookmark into the archive."),
    _act("POST", f"/bookmarks/{_ID}/unarchive", "Take a bookmark out of the archive."),
    _read(_ASSETS, "A bookmark's files.", ListAnswer[AssetAnswer], PageQuery),
    _write(
        "POST",
        f"{_ASSETS}/upload",
        "Keep a file with a bookmark.",
        201,
        AssetAnswer,
        {
            MULTIPART: {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        },
    ),
    _read(f"{_ASSETS}/{_ID}", "One file.", AssetAnswer),
    _act("DELETE", f"{_ASSETS}/{_ID}", "Delete a file."),
    Operation(
        "GET",
        f"{_ASSETS}/{_ID}/download",
        "The bytes of a file.",
        {200: Answer("The bytes, in the type they came with.", media=(BYTES,))} | ALWAYS | MISSING,
        scopes=READ,
    ),
    _read("/tags", "My tags.", ListAnswer[TagAnswer], PageQuery, ("tags:read",)),
    _write(
        "POST",
        "/tags",
        "Make a tag; one of that name comes back as it is.",
        201,
        TagAnswer,
        _bodies(TAG),
        ("tags:write",),
    ),
    _read(f"/tags/{_ID}", "One tag.", TagAnswer, scopes=("tags:read",)),
    _act("DELETE", f"/tags/{_ID}", "Delete a tag.", ("tags:write",)),
    _read("/bundles", "My bundles: saved searches.", ListAnswer[BundleAnswer], PageQuery),
    _write("POST", "/bundles", "Make a bundle.", 201, BundleAnswer, _bodies(BUNDLE)),
    _read(f"/bundles/{_ID}", "One bundle.", BundleAnswer),
    _write("PUT", f"/bundles/{_ID}", "Change a bundle.", 200, BundleAnswer, _bodies(BUNDLE)),
    _write("PATCH", f"/bundles/{_ID}", "Change a bundle.", 200, BundleAnswer, _bodies(BUNDLE, partial=True)),
    _act("DELETE", f"/bundles/{_ID}", "Delete a bundle; the others are numbered anew."),
    _read("/user/profile", "My preferences.", ProfileAnswer, scopes=SCOPES),
)
