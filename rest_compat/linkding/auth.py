"""Reading linkding's credential: ``Authorization: Token <key>``, or ``Bearer <key>`` (LD-AUTH-1 to -3).

Believing it is ``schema/resolvers/tokens.py``. Besides the reasons there, Unauthenticated comes with ``empty``,
``spaces`` and ``characters`` here, for headers that hold no possible key.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from models.text import find_bad_text
from schema.context import ANONYMOUS, Viewer
from schema.errors import Unauthenticated
from schema.ports import Ports
from schema.resolvers import tokens

SCHEMES = frozenset({"token", "bearer"})


def read_key(request: web.Request) -> str | None:
    """The key that the request carries; None without header or with another scheme (LD-AUTH-8).

    Raises Unauthenticated for a header that holds no possible key.
    """
    scheme, *rest = request.headers.get(hdrs.AUTHORIZATION, "").split() or [""]
    if scheme.lower() not in SCHEMES:
        return None
    if not rest:
        raise Unauthenticated("empty")
    if len(rest) > 1:
        raise Unauthenticated("spaces")
    if find_bad_text(rest[0]):  # bytes that are not UTF-8 arrive as lone surrogates
        raise Unauthenticated("characters")
    return rest[0]


async def believe(request: web.Request, ports: Ports) -> Viewer:
    """Who asks; ANONYMOUS without a key. Raises Unauthenticated for a wrong one, wherever it is sent (LD-AUTH-7)."""
    key = read_key(request)
    return ANONYMOUS if key is None else await tokens.believe(ports, key)
