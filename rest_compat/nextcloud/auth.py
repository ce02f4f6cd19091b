"""Reading the credential of a Nextcloud client: ``Basic`` with name and secret, or ``Bearer`` (NC-2.1 to NC-2.4).

Whoever was given a link to a folder sends its token as ``Bearer``, or in the address as ``?token=`` (NC-13.6).

Cookies are not looked at. Besides the reasons of the operations, Unauthenticated comes with ``scheme`` and
``malformed`` here.
"""

from __future__ import annotations

import binascii

from aiohttp import hdrs, web

from models.text import find_bad_text
from rest_compat import wire
from rest_compat.house import context_of, house_of
from schema.context import ANONYMOUS, Viewer
from schema.errors import Forbidden, Unauthenticated
from schema.ports import Ports
from schema.resolvers import credentials, folder_links, tickets, tokens

READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


async def believe(request: web.Request, ports: Ports) -> Viewer:
    """Who asks; ANONYMOUS without a credential. Raises Unauthenticated for a wrong one, and RateLimited."""
    scheme, value = _credential(request)
    match scheme:
        case "" if (token := wire.read_query(request).get("token")) is not None:
            return await _believe_link(request, ports, token)
        case "":
            return ANONYMOUS
        case "basic":
            name, secret = read_basic(value)
            return await credentials.believe_basic(ports, name, secret, address=house_of(request).sender(request))
        case "bearer":
            if folder_links.is_token(value):
                return await _believe_link(request, ports, value)
            return await _believe_bearer(ports, value)
        case _:
            raise Unauthenticated("scheme")


def ticket_for(request: web.Request) -> str | None:
    """A ticket that may be sent from now on in place of name and secret; None for who did not send those (NC-2.4)."""
    if _credential(request)[0] != "basic":
        return None
    ctx = context_of(request)
    return tickets.issue(ctx.ports, ctx.viewer)


def read_basic(value: str) -> tuple[str, str]:
    """Name and secret of a Basic credential (RFC 7617): UTF-8, parted at the first colon, blanks and lines tolerated.

    Raises Unauthenticated for what is not base64 or not UTF-8, has no colon or an empty name or secret.
    """
    try:
        text = binascii.a2b_base64("".join(value.split()), strict_mode=True).decode("utf-8")
    except (binascii.Error, ValueError):  # ValueError: characters that are not ASCII, bytes that are not UTF-8
        raise Unauthenticated("malformed") from None
    name, _, secret = text.partition(":")
    if not name or not secret:
        raise Unauthenticated("malformed")
    return name, secret


async def _believe_link(request: web.Request, ports: Ports, token: str) -> Viewer:
    """What the holder of a link sees; nothing can be changed with it. Raises Forbidden for other methods."""
    viewer = await folder_links.believe(ports, token, address=house_of(request).sender(request))
    if request.method not in READING:
        raise Forbidden("groups:write")
    return viewer


async def _believe_bearer(ports: Ports, value: str) -> Viewer:
    if find_bad_text(value):  # bytes that are not UTF-8 arrive as lone surrogates
        raise Unauthenticated("malformed")
    if tickets.is_ticket(value):
        return await tickets.believe(ports, value)
    return await tokens.believe(ports, value)


def _credential(request: web.Request) -> tuple[str, str]:
    """The scheme in small letters and what follows it; both empty without a header."""
    scheme, *rest = request.headers.get(hdrs.AUTHORIZATION, "").split(None, 1) or [""]
    return scheme.lower(), "".join(rest).strip()
