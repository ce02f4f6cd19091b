"""Reading the credential of a Bkmark client: ``Authorization: Bearer <key or access token>`` (BK section 2.1).

Cookies are not looked at. Besides the reasons of ``schema/resolvers/tokens.py``, Unauthenticated comes with ``scheme``
and ``malformed`` here.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from models.text import find_bad_text
from schema.context import ANONYMOUS, Viewer
from schema.errors import Unauthenticated
from schema.ports import Ports
from schema.resolvers import tokens


async def believe(request: web.Request, ports: Ports) -> Viewer:
    """Who asks; ANONYMOUS without a credential. Raises Unauthenticated for a wrong one."""
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    if not header.strip():
        return ANONYMOUS
    scheme, *rest = header.split()
    if scheme.lower() != "bearer":
        raise Unauthenticated("scheme")
    if len(rest) != 1 or find_bad_text(rest[0]):  # bytes that are not UTF-8 arrive as lone surrogates
        raise Unauthenticated("malformed")
    return await tokens.believe(ports, rest[0])
