"""``/oauth/token``, ``/oauth/revoke`` and ``/oauth/introspect`` (BK sections 2.3 to 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from aiohttp import web

from rest_compat.bkmark.allowances import INTROSPECT, REVOKE, TOKEN
from rest_compat.bkmark.calls import respond
from rest_compat.bkmark.oauth.clients import identify, read_form
from rest_compat.house import base_of, context_of
from schema.errors import Fault, Invalid, Unauthenticated
from schema.resolvers import oauth_tokens
from schema.resolvers.oauth_tokens import Introspection, Issued
from schema.resolvers.tokens import OAUTH_ACCESS


class TokenAnswer(msgspec.Struct):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str
    scope: str


class IntrospectionAnswer(msgspec.Struct, omit_defaults=True):
    """RFC 7662, section 2.2; of what is not active nothing else is said. Moments are Unix seconds."""

    active: bool
    scope: str | None = None
    client_id: str | None = None
    username: str | None = None
    token_type: Literal["Bearer", "refresh_token"] | None = None
    exp: int | None = None
    iat: int | None = None
    sub: str | None = None
    iss: str | None = None


async def token(request: web.Request) -> web.Response:
    """Exchange a code, or a refresh token, for the next tokens."""
    form = await read_form(request)
    client = await identify(request, form, TOKEN)
    ports = context_of(request).ports
    match _required(form, "grant_type"):
        case "authorization_code":
            issued = await oauth_tokens.exchange(
                ports,
                client,
                code=_required(form, "code"),
                redirect_uri=_required(form, "redirect_uri"),
                code_verifier=form.get("code_verifier"),
            )
        case "refresh_token":
            secret = _required(form, "refresh_token")
            issued = await oauth_tokens.refresh(ports, client, refresh_token=secret, scope=form.get("scope"))
        case _:
            raise Invalid(Fault(("grant_type",), "choice", ("authorization_code", "refresh_token")))
    return respond(encode_tokens(issued))


async def revoke(request: web.Request) -> web.Response:
    """End a token. ``token_type_hint`` is not needed: every token is found at once."""
    form = await read_form(request)
    client = await identify(request, form, REVOKE)
    await oauth_tokens.revoke(client, _required(form, "token"))
    return respond({})


async def introspect(request: web.Request) -> web.Response:
    """Say what a token is good for, to the confidential client that it was given to.

    Raises Unauthenticated for a public client: anybody can say to be that one.
    """
    form = await read_form(request)
    client = await identify(request, form, INTROSPECT)
    if client.is_public:
        raise Unauthenticated("unknown")
    found = await oauth_tokens.introspect(context_of(request).ports, client, _required(form, "token"))
    return respond(encode_introspection(found, base_of(request)))


def encode_tokens(issued: Issued) -> TokenAnswer:
    """New tokens on the wire."""
    scope = " ".join(issued.scopes)
    return TokenAnswer(issued.access_token, "Bearer", issued.expires_in, issued.refresh_token, scope)


def encode_introspection(found: Introspection | None, issuer: str) -> IntrospectionAnswer:
    """What a token is, on the wire."""
    if found is None:
        return IntrospectionAnswer(active=False)
    return IntrospectionAnswer(
        active=True,
        scope=" ".join(found.scopes),
        client_id=found.client_id,
        username=found.username,
        token_type="Bearer" if found.kind == OAUTH_ACCESS else "refresh_token",
        exp=int(found.expires_at.timestamp()),
        iat=int(found.issued_at.timestamp()),
        sub=found.owner_uid,
        iss=issuer,
    )


def _required(form: Mapping[str, Any], name: str) -> str:
    """The parameter. Raises Invalid when it was left out."""
    if name not in form:
        raise Invalid(Fault((name,), "required"))
    return str(form[name])
