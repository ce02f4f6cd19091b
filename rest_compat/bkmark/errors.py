"""Bkmark's words for trouble: ``error``, ``message`` and ``statusCode``, sometimes ``details`` (BK section 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import hdrs, web

from models.text import mend_text
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

JSON_UTF8 = "application/json; charset=utf-8"
CHALLENGE = 'Bearer realm="Polymark"'

# By rule; `{limit}`, `{given}` and `{field}` are the Fault's.
SENTENCES = {
    "shape": "{given}",
    "blank": "{field} must not be empty.",
    "required": "{field} is required.",
    "too_long": "{field} is longer than {limit} characters.",
    "too_many": "{field} has more than {limit} entries.",
    "choice": "{field} must be one of {limit}.",
    "url": "{field} must be an http or https address.",
    "hook_url": "{field} must be an https address that the internet can reach.",
    "cursor": "cursor was not made for this list, its filters and its order.",
    "past": "{field} must lie in the future.",
    "format": "{field} is not a file of this kind.",
    "color": "{field} is no colour of this list.",
    "cycle": "A group cannot go below itself.",
    "same": "{field} must not be the group itself.",
    "unknown": "{field} names nothing of yours.",
    "nul": "{field} must not hold the character U+0000.",
    "surrogate": "{field} must not hold half of a surrogate pair.",
}
CONFLICTS = {
    ("bookmark", "url"): "This URL is already saved.",
    ("tag", "name"): "A tag of this name exists already.",
    ("bookmark", "no_text"): "There is no text to summarise.",
    ("bookmark", "changed"): "The bookmark was changed meanwhile.",
    ("bookmark", "not_in_trash"): "This bookmark is not in the trash.",
    ("webhook", "too_many"): "There are as many webhooks as one account may have.",
    ("webhook", "inactive"): "This webhook is not active.",
}


def encode_error(trouble: Problem | Refusal) -> web.Response:  # noqa: C901, PLR0911, PLR0912 - one case a kind of trouble
    """Word any trouble in the one shape of BK section 1.5."""
    match trouble:
        case Invalid(faults=faults):
            details = {"faults": [_fact(fault) for fault in faults]}
            message = word(faults[0]) if faults else "The request is not valid."
            return answer_error(400, "validation_error", message, details)
        case Malformed(form=form, words=words):
            return answer_error(400, "validation_error", f"The {form} cannot be read: {words}")
        case Unauthenticated(reason=reason):
            response = answer_error(401, "unauthorized", "A valid bearer token or API key is needed.")
            response.headers[hdrs.WWW_AUTHENTICATE] = _challenge(reason)
            return response
        case Forbidden(needs=needs) if ":" in needs:
            return answer_error(403, "insufficient_scope", f"This credential lacks the scope {needs}.")
        case Forbidden():
            return answer_error(403, "forbidden", "This is not allowed.")
        case UnknownAddress():
            return answer_error(404, "not_found", "There is nothing at this path.")
        case NotFound(entity=entity):
            return answer_error(404, "not_found", f"No {NAMES.get(entity, entity)} has this id.")
        case WrongMethod(method=method):
            return answer_error(405, "method_not_allowed", f"{method[:20]} is not possible here.")
        case Conflict(entity=entity, rule=rule, uid=uid):
            message = CONFLICTS.get((entity, rule), f"This clashes with another {NAMES.get(entity, entity)}.")
            known = {} if uid is None else {f"{NAMES.get(entity, entity)}Id": uid}
            return answer_error(409, "conflict", message, known)
        case TooLarge(limit=limit):
            return answer_error(413, "too_large", f"Larger than the limit of {limit}.")
        case RateLimited(retry_after=wait):
            response = answer_error(429, "rate_limited", "Too many requests. Try again later.")
            response.headers[hdrs.RETRY_AFTER] = str(wait)
            return response
        case Unsupported(what=what):
            return answer_error(415, "unsupported", f"Not supported: {what}.")
        case NotAcceptable():
            return answer_error(406, "not_acceptable", "The answer is JSON.")
        case NotConfigured(what=what):
            return answer_error(501, "not_configured", f"Switched off on this server: {what}.")
        case Locked(entity=entity):
            return answer_error(423, "locked", f"The {NAMES.get(entity, entity)} is locked.")
        case Unavailable(what=what):
            return answer_error(503, "unavailable", f"Not available at the moment: {what}.")
        case Crash(request_id=request_id):
            message = "Something went wrong on the server."
            return answer_error(500, "internal_error", message, {"requestId": request_id})
        case _:
            return answer_error(400, "validation_error", str(trouble))


NAMES = {"folder": "group", "token": "API key"}


class ErrorAnswer(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is answered to a request that is refused (section 1.5)."""

    error: str
    message: str
    status_code: int
    details: dict[str, Any] = {}


def answer_error(status: int, code: str, message: str, details: Mapping[str, Any] | None = None) -> web.Response:
    """The one shape of all errors."""
    body = msgspec.json.encode(ErrorAnswer(code, mend_text(message), status, dict(details or {})))
    return web.Response(status=status, body=body, headers={hdrs.CONTENT_TYPE: JSON_UTF8})


def word(fault: Fault) -> str:
    """A fault as a sentence."""
    limit = ", ".join(fault.limit) if isinstance(fault.limit, tuple) else fault.limit
    sentence = SENTENCES.get(fault.rule, "{field} is not valid.")
    return sentence.format(limit=limit, given=mend_text(fault.given or ""), field=_field(fault) or "The request")


def _fact(fault: Fault) -> dict[str, Any]:
    return {"path": [_member(step) if isinstance(step, str) else step for step in fault.path], "rule": fault.rule}


def _field(fault: Fault) -> str:
    return _member(str(fault.path[0])) if fault.path else ""


def _member(name: str) -> str:
    """A member's name as clients spell it: operations say ``tag_names`` where they say ``tagNames``."""
    first, *rest = name.split("_")
    return mend_text(first + "".join(word.capitalize() for word in rest))


def _challenge(reason: str) -> str:
    """RFC 6750, section 3: no error for who sent nothing."""
    return CHALLENGE if reason == "missing" else f'{CHALLENGE}, error="invalid_token"'
