"""Nextcloud's words for trouble: ``{"status": "error", "data": [sentence]}`` (NC section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import hdrs, web

from rest_compat.nextcloud.codec import respond
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

CHALLENGE = 'Basic realm="Nextcloud Bookmarks", charset="UTF-8"'

# By rule, whatever the field; `{limit}`, `{given}` and `{field}` are the Fault's.
SENTENCES = {
    "url": "Invalid URL",
    "root": "Unsupported operation",
    "cycle": "Unsupported operation",
    "missing_child": "invalid children order: A child is missing: {given}",
    "too_many_children": "invalid children order: Too many children",
    "child": "invalid children order: A child item is missing properties",
    "hash_function": "Unsupported hash function",
    "hash_field": "Unsupported operation",
    "too_long": "Longer than {limit} characters: {field}",
    "too_many": "More than {limit}: {field}",
    "nul": "Null characters are not allowed: {field}",
    "surrogate": "Lone surrogates are not allowed: {field}",
}


class Said(Refusal):
    """A refusal in the very words of one address, where Nextcloud has others for the same thing elsewhere."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status} {sentence}")
        self.status = status
        self.sentence = sentence


@contextmanager
def saying(status: int, sentence: str, *entities: str) -> Iterator[None]:
    """Within this, NotFound of one of the entities (of any, when none is named) is said in these words."""
    try:
        yield
    except NotFound as problem:
        if entities and problem.entity not in entities:
            raise
        raise Said(status, sentence) from None


def encode_error(trouble: Problem | Refusal) -> web.Response:  # noqa: C901, PLR0911, PLR0912 - one case a kind of trouble
    """Word any trouble; what no client knows (413, 429, 503) has the same shape."""
    match trouble:
        case Said(status=status, sentence=sentence):
            return _error(status, sentence)
        case Invalid(faults=faults):
            return _error(400, word(faults[0]) if faults else "Invalid request")
        case NotFound() | UnknownAddress():
            return _error(404, "Not found")
        case Conflict(entity="bookmark"):
            return _error(400, "Bookmark already exists")
        case Unauthenticated():
            return _error(401, "Please authenticate first", {hdrs.WWW_AUTHENTICATE: CHALLENGE})
        case Forbidden():
            return _error(403, "Insufficient permissions")
        case Locked():
            return _error(423, "Resource is already locked")
        case RateLimited(retry_after=wait):
            return _error(429, f"Too many requests, try again in {wait} seconds", {hdrs.RETRY_AFTER: str(wait)})
        case TooLarge(limit=limit):
            return _error(413, f"Larger than the limit of {limit} bytes")
        case Unsupported(what=what):
            return _error(415, f"Not supported: {what}")
        case NotConfigured(what=what):
            return _error(501, f"Switched off on this server: {what}")
        case Unavailable(what=what):
            return _error(503, f"Not available at the moment: {what}")
        case Crash(request_id=request_id):
            return respond(_envelope("Internal server error") | {"request_id": request_id}, 500)
        case _:
            return _error(*_of_the_wire(trouble))


def word(fault: Fault) -> str:
    """A fault as a sentence."""
    field = str(fault.path[0]) if fault.path else "request"
    if fault.rule == "blank" and field == "url":
        return SENTENCES["url"]
    sentence = SENTENCES.get(fault.rule, "Invalid value: {field}")
    return sentence.format(limit=fault.limit, given=fault.given, field=field)


def _of_the_wire(trouble: Problem | Refusal) -> tuple[int, str]:
    match trouble:
        case WrongMethod():
            return 405, "Method not allowed"
        case NotAcceptable():
            return 406, "Not acceptable"
        case Malformed(form=form, words=words):
            return 400, f"The {form} cannot be read: {words}"
        case Conflict(entity=entity, rule=rule):
            return 409, f"In conflict with another {entity}: {rule}"
        case _:
            return 400, str(trouble)


def _error(status: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    response = respond(_envelope(sentence), status)
    response.headers.update(headers or {})
    return response


def _envelope(sentence: str) -> dict[str, Any]:
    return {"status": "error", "data": [sentence]}
