"""Reading a client's request: a form, and who sends it (RFC 6749, sections 2.3 and 3.2)."""

from __future__ import annotations

import binascii
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from aiohttp import hdrs, web

from models.rows import OAuthClientRow
from rest_compat import wire
from rest_compat.bkmark.counting import count
from rest_compat.house import context_of
from schema.errors import Fault, Invalid, Unauthenticated, Unsupported
from schema.ports import Allowance
from schema.resolvers import oauth_clients

BASIC = "basic"  # the reason of an Unauthenticated whose answer must name the scheme


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client says of itself; ``in_header``: as Basic, and not in the form."""

    client_id: str
    secret: str | None
    in_header: bool


async def read_form(request: web.Request) -> dict[str, str]:
    """The parameters of the body; those without a value are as good as left out.

    Raises Unsupported for a body that is no form, Malformed, TooLarge, and Invalid for a parameter that comes twice.
    """
    if wire.media_type(request) != wire.FORM:
        raise Unsupported(f"a body that is not {wire.FORM}")
    form = wire.parse_form(await wire.read_body(request))
    sent = [(name, value) for name, value in form.items() if value]
    doubled = [name for name, count in Counter(name for name, _ in sent).items() if count > 1]
    if doubled:
        raise Invalid(*(Fault((name,), "doubled") for name in doubled))
    return dict(sent)


async def identify(request: web.Request, form: Mapping[str, str], allowance: Allowance) -> OAuthClientRow:
    """The client that sends the form. It is counted before its secret is looked at (BK section 4.1).

    Raises Unauthenticated, with the reason ``basic`` for credentials in the header; Invalid for credentials in both
    places; RateLimited.
    """
    sent = read_credentials(request, form)
    if oauth_clients.CLIENT_ID.fullmatch(sent.client_id):  # anything else is nobody's, and costs nothing
        await count(request, context_of(request).ports, sent.client_id, [allowance])
    try:
        return await oauth_clients.authenticate(sent.client_id, sent.secret)
    except Unauthenticated as problem:
        raise Unauthenticated(BASIC if sent.in_header else problem.reason) from None


def read_credentials(request: web.Request, form: Mapping[str, str]) -> Credentials:
    """Id and secret from the form or from ``Authorization: Basic``, never from both; a public client has no secret."""
    header = request.headers.get(hdrs.AUTHORIZATION, "").strip()
    if not header:
        if "client_id" not in form:
            raise Unauthenticated("missing")
        return Credentials(form["client_id"], form.get("client_secret"), in_header=False)
    if "client_secret" in form:
        raise Invalid(Fault(("client_secret",), "both"))
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated(BASIC)
    client_id, secret = _read_basic(value.strip())
    if form.get("client_id", client_id) != client_id:
        raise Invalid(Fault(("client_id",), "both"))
    return Credentials(client_id, secret or None, in_header=True)


def _read_basic(value: str) -> tuple[str, str]:
    """Id and secret, each of which was form-encoded before (RFC 6749, section 2.3.1)."""
    try:
        text = binascii.a2b_base64(value, strict_mode=True).decode("utf-8")
    except (binascii.Error, ValueError):  # ValueError: characters that are not ASCII, bytes that are not UTF-8
        raise Unauthenticated(BASIC) from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise Unauthenticated(BASIC)
    return unquote_plus(client_id), unquote_plus(secret)
