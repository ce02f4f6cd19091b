"""The OpenAPI document of this door's bookmarks: what each address takes and gives, in the types of its code."""

from __future__ import annotations

from typing import Any

from rest_compat.nextcloud.shapes import (
    AddressBody,
    BookmarkAnswer,
    BookmarkBody,
    BookmarkQuery,
    CountedTag,
    Data,
    DeleteQuery,
    Failed,
    FolderAnswer,
    FolderBody,
    HashQuery,
    Item,
    OrderBody,
    Ordered,
    Succeeded,
    TagBody,
    TagQuery,
    TreeQuery,
    UserQuery,
)
from rest_compat.openapi import FORM, JSON, MULTIPART, Answer, Document, Operation

DOCUMENT = Document(
    title="Polymark: the Nextcloud Bookmarks API",
    summary="Bookmarks, folders and tags, as programs for Nextcloud Bookmarks know them.",
    security={
        "basic": {"type": "http", "scheme": "basic", "description": "The account's name and an app password."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token, a ticket, or the link to a folder."},
    },
)
READ, WRITE = ("bookmarks:read",), ("bookmarks:write",)
IN, INTO = ("groups:read",), ("groups:write",)
FAILED = {
    400: Answer("It cannot be done as it was asked for.", Failed),
    401: Answer("There is no valid credential.", Failed),
    403: Answer("The credential may not do this.", Failed),
    404: Answer("It does not exist, or is somebody else's.", Failed),
    405: Answer("The method is none of this address.", Failed),
    413: Answer("The body is too large.", Failed),
    429: Answer("Too many wrong passwords.", Failed),
    503: Answer("Not now: try again later.", Failed),
}
HTML = "text/html"
_FOLDER = "/folder/{id}"
_IN_FOLDER = "/folder/{folder_id}/bookmarks/{id}"


def _say(
    method: str,
    path: str,
    summary: str,
    answer: Any,
    scopes: tuple[str, ...],
    *,
    query: Any = None,
    body: Any = None,
    more: dict[int, Answer] | None = None,
) -> Operation:
    bodies = {} if body is None else {JSON: body, FORM: body}
    answers = {200: Answer("Done.", answer)} | FAILED | (more or {})
    return Operation(method, path, summary, answers, query, bodies, scopes, body_required=False)


def _import(path: str, summary: str) -> Operation:
    file = {"type": "object", "properties": {"bm_import": {"type": "string", "format": "binary"}}}
    answers = {200: Answer("What was made.", Data[list[dict[str, Any]]])} | FAILED
    return Operation("POST", path, summary, answers, bodies={MULTIPART: file}, scopes=WRITE)


COUNT = Item[int]
CHILDREN = Data[list[dict[str, Any]]]  # ChildFolder and ChildBookmark, mixed
LOCKED = {423: Answer("Another client has it.", Failed)}
OPERATIONS = (
    _say(
        "GET",
        "/bookmark",
        "My bookmarks, or what a user has made public.",
        Data[list[BookmarkAnswer]],
        READ,
        query=BookmarkQuery,
    ),
    _say("POST", "/bookmark", "Save a bookmark.", Item[BookmarkAnswer], WRITE, body=BookmarkBody),
    Operation(
        "GET",
        "/bookmark/export",
        "All as a file for browsers.",
        {200: Answer("The file.", media=(HTML,))} | FAILED,
        scopes=READ,
    ),
    _import("/bookmark/import", "Take a browser's file in."),
    _say("POST", "/bookmark/click", "Count that a bookmark was followed.", Succeeded, WRITE, body=AddressBody),
    _say("GET", "/bookmark/deleted", "My trash.", Data[list[BookmarkAnswer]], READ),
    _say("GET", "/bookmark/deletedCount", "How many are in the trash.", COUNT, READ),
    _say("GET", "/bookmark/unavailable", "How many dead links are known: none.", COUNT, READ),
    _say("GET", "/bookmark/archived", "How many have an archived file: none.", COUNT, READ),
    _say("GET", "/bookmark/duplicated", "How many are in several folders.", COUNT, READ),
    _say("GET", "/bookmark/totalClicks", "How often my bookmarks were followed.", COUNT, READ),
    _say("GET", "/bookmark/withClicks", "How many ever were.", COUNT, READ),
    _say("GET", "/bookmark/{id}", "One bookmark.", Item[BookmarkAnswer], READ, query=UserQuery),
    _say("PUT", "/bookmark/{id}", "Change a bookmark.", Item[BookmarkAnswer | None], WRITE, body=BookmarkBody),
    _say("DELETE", "/bookmark/{id}", "Delete a bookmark.", Succeeded, WRITE),
    _say("GET", "/tag", "The tags in use.", list[str | CountedTag], ("tags:read",), query=TagQuery),
    _say("POST", "/tag", "Rename a tag.", Succeeded, ("tags:write",), body=TagBody),
    _say("DELETE", "/tag", "Delete a tag.", Succeeded, ("tags:write",), body=TagBody),
    _say("POST", "/tag/{old_name}", "Rename a tag.", Succeeded, ("tags:write",), body=TagBody),
    _say("PUT", "/tag/{old_name}", "Rename a tag.", Succeeded, ("tags:write",), body=TagBody),
    _say("DELETE", "/tag/{old_name}", "Delete a tag.", Succeeded, ("tags:write",)),
    _say("GET", "/folder", "The tree of folders.", Data[list[FolderAnswer]], IN, query=TreeQuery),
    _say("POST", "/folder", "Make a folder.", Item[FolderAnswer], INTO, body=FolderBody),
    _say("GET", "/folder/deleted", "The folders in the trash.", Data[list[FolderAnswer]], IN),
    _say("DELETE", "/folder/deleted", "Delete those for good.", Data[list[FolderAnswer]], INTO),
    _say("GET", "/folder/shared", "What others share with me: nothing.", Data[list[FolderAnswer]], IN),
    _say("GET", _FOLDER, "One folder.", Item[FolderAnswer], IN),
    _say("PUT", _FOLDER, "Change a folder.", Item[FolderAnswer], INTO, body=FolderBody),
    _say("DELETE", _FOLDER, "Delete a folder with all below it.", Succeeded, INTO, query=DeleteQuery),
    _say("POST", f"{_FOLDER}/undelete", "Bring a folder back from the trash.", Succeeded, INTO),
    _say("GET", f"{_FOLDER}/count", "How many bookmarks are in it and below.", COUNT, IN),
    _say(
        "GET",
        f"{_FOLDER}/children",
        "What is in it, in order.",
        CHILDREN,
        IN,
        query=TreeQuery,
    ),
    _say("GET", f"{_FOLDER}/childorder", "The order of what is in it.", Data[list[Ordered]], IN, query=TreeQuery),
    _say("PATCH", f"{_FOLDER}/childorder", "Put what is in it into another order.", Succeeded, INTO, body=OrderBody),
    _say("GET", f"{_FOLDER}/hash", "What it and all below it come to.", Data[str], IN, query=HashQuery),
    _import(f"{_FOLDER}/import", "Take a browser's file in, below a folder."),
    _say("GET", f"{_FOLDER}/publictoken", "The link by which others read it.", Item[str], IN),
    _say("POST", f"{_FOLDER}/publictoken", "Make that link.", Item[str], INTO),
    _say("DELETE", f"{_FOLDER}/publictoken", "Remove that link.", Succeeded, INTO),
    _say("POST", _IN_FOLDER, "Put a bookmark into a folder.", Succeeded, INTO),
    _say("DELETE", _IN_FOLDER, "Take a bookmark out of a folder.", Succeeded, INTO, query=DeleteQuery),
    _say("POST", f"{_IN_FOLDER}/undelete", "Put it back.", Succeeded, INTO),
    _say("POST", "/lock", "Keep other clients out.", Succeeded, INTO, more=LOCKED),
    _say("DELETE", "/lock", "Let them in again.", Succeeded, INTO),
)
