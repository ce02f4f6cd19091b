"""OAuth's words for trouble: ``error`` and ``error_description`` (RFC 6749, section 5.2; BK section 2.6)."""

from __future__ import annotations

import orjson
from aiohttp import hdrs, web

from models.text import mend_text
from rest_compat.bkmark.errors import JSON_UTF8
from rest_compat.bkmark.oauth.clients import BASIC
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

# What is wrong with a code or a refresh token, by path and rule.
GRANT = {
    ("code", "unknown"): "There is no such code for this client.",
    ("code", "spent"): "The code was already used. What came of it has been revoked.",
    ("code", "expired"): "The code has expired.",
    ("redirect_uri", "mismatch"): "redirect_uri is not the one that the code was asked for with.",
    ("code_verifier", "required"): "The code was asked for with a code_challenge, so it takes a code_verifier.",
    ("code_verifier", "mismatch"): "code_verifier does not fit the code_challenge.",
    ("code_verifier", "unasked"): "The code was asked for without a code_challenge, so it takes no code_verifier.",
    ("refresh_token", "unknown"): "There is no such refresh token for this client.",
    ("refresh_token", "spent"): "The refresh token was already used. All tokens of its family have been revoked.",
    ("refresh_token", "expired"): "The refresh token has expired.",
}
# What is wrong with the request itself, by rule.
REQUEST = {
    "required": "{field} is missing.",
    "doubled": "{field} comes more than once.",
    "both": "{field} differs from, or comes beside, the credentials in the Authorization header.",
}


def encode_error(trouble: Problem | Refusal) -> web.Response:  # noqa: C901, PLR0911, PLR0912 - one case a kind of trouble
    """Word any trouble in the shape of RFC 6749."""
    match trouble:
        case Invalid(faults=faults):
            return answer_error(400, *_word(faults[0])) if faults else answer_error(400, INVALID, "Not valid.")
        case Malformed(form=form, words=words):
            return answer_error(400, INVALID, f"The {form} cannot be read: {words}")
        case Unauthenticated(reason=reason):
            response = answer_error(401, "invalid_client", "The client is unknown, or its credentials are wrong.")
            if reason == BASIC:
                response.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="Polymark"'
            return response
        case Forbidden():
            return answer_error(403, "access_denied", "This is not allowed.")
        case UnknownAddress() | NotFound():
            return answer_error(404, INVALID, "There is nothing at this path.")
        case WrongMethod(method=method):
            return answer_error(405, INVALID, f"{method[:20]} is not possible here.")
        case NotAcceptable():
            return answer_error(406, INVALID, "The answer is JSON.")
        case Conflict():
            return answer_error(409, INVALID, "This clashes with something else.")
        case TooLarge(limit=limit):
            return answer_error(413, INVALID, f"Larger than the limit of {limit}.")
        case Unsupported(what=what):
            return answer_error(415, INVALID, f"Not supported: {what}.")
        case NotConfigured(what=what):
            return answer_error(501, "temporarily_unavailable", f"Switched off on this server: {what}.")
        case Locked():
            return answer_error(423, "temporarily_unavailable", "It is locked.")
        case RateLimited(retry_after=wait):
            response = answer_error(429, "rate_limited", "Too many token requests. Try again later.")
            response.headers[hdrs.RETRY_AFTER] = str(wait)
            return response
        case Unavailable(what=what):
            return answer_error(503, "temporarily_unavailable", f"Not available at the moment: {what}.")
        case Crash(request_id=request_id):
            return answer_error(500, "server_error", f"Something went wrong on the server (request {request_id}).")
        case _:
            return answer_error(400, INVALID, str(trouble))


INVALID = "invalid_request"


def answer_error(status: int, code: str, description: str) -> web.Response:
    """The one shape of all errors; the description keeps to the characters that RFC 6749 allows."""
    plain = "".join(sign if " " <= sign <= "~" and sign not in '"\\' else "?" for sign in mend_text(description))
    body = orjson.dumps({"error": code, "error_description": plain})
    return web.Response(status=status, body=body, headers={hdrs.CONTENT_TYPE: JSON_UTF8})


def _word(fault: Fault) -> tuple[str, str]:
    """The code of a fault, and a sentence."""
    field = str(fault.path[0]) if fault.path else "The request"
    if sentence := GRANT.get((field, fault.rule)):
        return "invalid_grant", sentence
    match field, fault.rule:
        case "scope", "choice":
            return "invalid_scope", "scope may only name what was granted."
        case "grant_type", "choice":
            return "unsupported_grant_type", "grant_type must be authorization_code or refresh_token."
    return INVALID, REQUEST.get(fault.rule, "{field} is not valid.").format(field=field)
