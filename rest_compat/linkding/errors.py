"""linkding's words for trouble (LD section 3). Clients compare them, so they are exact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import hdrs, web

from rest_compat.linkding.codec import respond
from rest_compat.refusals import Crash, Malformed, NotAcceptable, Refusal, UnknownAddress, WrongMethod
from schema.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    Locked,
    NotConfigured,
    NotFound,
    Problem,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)

CHALLENGE = "Token"

UNKNOWN_ADDRESS = (
    '<!doctype html>\n<html lang="en">\n<head><title>Not Found</title></head>\n'
    "<body><h1>Not Found</h1><p>There is nothing at this address.</p></body>\n</html>\n"
)

CREDENTIALS = {
    "missing": "Authentication credentials were not provided.",
    "unknown": "Invalid token.",
    "expired": "Invalid token.",
    "inactive": "User inactive or deleted.",
    "empty": "Invalid token header. No credentials provided.",
    "spaces": "Invalid token header. Token string should not contain spaces.",
    "characters": "Invalid token header. Token string should not contain invalid characters.",
}

MISSING = {
    "bookmark": "No Bookmark matches the given query.",
    "tag": "No Tag matches the given query.",
    "bundle": "No BookmarkBundle matches the given query.",
    "asset": "No BookmarkAsset matches the given query.",
    "bookmark of assets": "Bookmark does not exist",
    "file": "Asset file does not exist",
}

MALFORMED = {"json": "JSON parse error - ", "multipart": "Multipart form parse error - "}

# What `{limit}` and `{given}` stand for is in the Fault.
SENTENCES = {
    "required": "This field is required.",
    "blank": "This field may not be blank.",
    "null": "This field may not be null.",
    "string": "Not a valid string.",
    "too_long": "Ensure this field has no more than {limit} characters.",
    "too_many": "Ensure this field has no more than {limit} elements.",
    "nul": "Null characters are not allowed.",
    "surrogate": "Surrogate characters are not allowed: {given}.",
    "boolean": "Must be a valid boolean.",
    "integer": "A valid integer is required.",
    "choice": '"{given}" is not a valid choice.',
    "datetime": (
        "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
    ),
    "datetime_range": "Datetime value out of range.",
    "list": 'Expected a list of items but got type "{given}".',
    "url": "Enter a valid URL.",
    "object": "Invalid data. Expected a dictionary, but got {given}.",
    "no_data": "No data provided",
}
NOT_A_FIELD = "non_field_errors"
NO_FILE = "No file provided."
# SingleFile's uploads (LD-SF-4): one sentence for all that is missing, one for an address that cannot be kept.
NO_URL_OR_FILE = "Both 'url' and 'file' parameters are required."
UNUSABLE_URL = "The 'url' parameter is not an address that can be bookmarked."


def encode_error(trouble: Problem | Refusal) -> web.Response:  # noqa: C901, PLR0911, PLR0912 - one case a kind of trouble
    """Word any trouble: ``{"detail": …}``, ``{"<field>": […]}`` for what was sent, ``{"error": …}`` for uploads."""
    match trouble:
        case Invalid(faults=faults):
            return _invalid(faults)
        case NotFound(entity=entity):
            return _detail(MISSING.get(entity, "Not found."), 404)
        case Conflict(entity="bookmark", rule="url"):
            return respond({"url": ["A bookmark with this URL already exists."]}, 400)
        case Conflict(entity=entity, rule=rule):
            return _detail(f"This {entity} is in conflict with another one: {rule}.", 409)
        case Unauthenticated(reason=reason):
            response = _detail(CREDENTIALS.get(reason, CREDENTIALS["unknown"]), 401)
            response.headers[hdrs.WWW_AUTHENTICATE] = CHALLENGE
            return response
        case Forbidden(needs="asset_upload"):
            return _uploading("Asset upload is disabled.", 403)
        case Forbidden():
            return _detail("You do not have permission to perform this action.", 403)
        case Unavailable(what="asset storage"):
            return _uploading("Failed to upload asset.", 500)
        case Unavailable(what=what):
            return _detail(f"Not available at the moment: {what}.", 503)
        case RateLimited(retry_after=seconds):
            response = _detail(f"Request was throttled. Expected available in {seconds} seconds.", 429)
            response.headers[hdrs.RETRY_AFTER] = str(seconds)
            return response
        case TooLarge(limit=limit):
            return _detail(f"The request is larger than the limit of {limit} bytes.", 413)
        case Unsupported(what=what):
            return _detail(f'Unsupported media type "{what}" in request.', 415)
        case NotConfigured(what=what):
            return _detail(f"Switched off on this server: {what}.", 501)
        case Locked(entity=entity):
            return _detail(f"The {entity} is locked.", 423)
        case UnknownAddress():
            return web.Response(text=UNKNOWN_ADDRESS, status=404, content_type="text/html", charset="utf-8")
        case WrongMethod(method=method):
            return _detail(f'Method "{method}" not allowed.', 405)
        case NotAcceptable():
            return _detail("Could not satisfy the request Accept header.", 406)
        case Malformed(form=form, words=words):
            return _detail(MALFORMED.get(form, "Parse error - ") + words, 400)
        case Crash(request_id=request_id):
            return respond({"detail": "Internal server error.", "request_id": request_id}, 500)
        case _:
            return _detail(str(trouble), 400)


def word_faults(faults: Iterable[Fault]) -> dict[str, Any]:
    """The faults as linkding nests them: a list of sentences a field, and for a list's items an object by position."""
    words: dict[str, Any] = {}
    for fault in faults:
        sentence = SENTENCES.get(fault.rule, "This value is not valid.").format(limit=fault.limit, given=fault.given)
        field, *position = fault.path or (NOT_A_FIELD,)
        if not position:
            words.setdefault(str(field), []).append(sentence)
        else:
            words.setdefault(str(field), {}).setdefault(str(position[0]), []).append(sentence)
    return words


def _invalid(faults: tuple[Fault, ...]) -> web.Response:
    """The uploads have sentences of their own; what is wrong with SingleFile's is about its two parts."""
    match [(fault.path, fault.rule) for fault in faults]:
        case [(("file",), "required")]:
            return _uploading(NO_FILE, 400)
        case [(("singlefile",), _)]:
            return _uploading(NO_URL_OR_FILE, 400)
        case [(("singlefile", *_), _), *_]:
            return _uploading(UNUSABLE_URL, 400)
        case _:
            return respond(word_faults(faults), 400)


def _detail(sentence: str, status: int) -> web.Response:
    return respond({"detail": sentence}, status)


def _uploading(sentence: str, status: int) -> web.Response:
    return respond({"error": sentence}, status)
