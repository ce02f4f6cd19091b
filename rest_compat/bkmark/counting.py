"""Taking from quotas, and saying in headers how much is left (BK sections 4.1 and 4.3).

Beside the ``X-RateLimit-`` headers there are the fields of draft-ietf-httpapi-ratelimit-headers-11, which name every
limit that a request met.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from aiohttp import web

from rest_compat.bkmark.allowances import ceiling
from rest_compat.house import add_headers, house_of
from schema.context import Context
from schema.errors import RateLimited
from schema.ports import Allowance, Ports, Standing


async def count_user(request: web.Request, ctx: Context, allowance: Allowance | None = None) -> None:
    """Take one from what the user may do in all, and one from the allowance, if there is one. Raises RateLimited."""
    most = house_of(request).bkmark_rate_limit
    allowances = [ceiling(most)] if most else []
    if allowance is not None:
        allowances.append(allowance)
    await count(request, ctx.ports, str(ctx.owner_id), allowances)


async def count(request: web.Request, ports: Ports, key: str, allowances: Sequence[Allowance]) -> None:
    """Take one from each for the key; the answer, whatever it will be, says what is left. Raises RateLimited."""
    met: list[tuple[Allowance, Standing]] = []
    try:
        for allowance in allowances:
            try:
                standing = await ports.quotas.take(allowance, key)
            except RateLimited as refusal:
                if refusal.standing is not None:
                    met.append((allowance, refusal.standing))
                raise
            met.append((allowance, standing))
    finally:
        if met:
            add_headers(request, headers_of(met, ports.clock.now()))


def headers_of(met: Sequence[tuple[Allowance, Standing]], now: datetime) -> dict[str, str]:
    """The headers for the limits that a request met; of several, those with ``X-`` show the one with the least left."""
    _, tightest = min(met, key=lambda one: (one[1].remaining, -one[1].reset_at.timestamp()))
    left = [
        f'"{allowance.name}";r={standing.remaining};t={max(0, math.ceil((standing.reset_at - now).total_seconds()))}'
        for allowance, standing in met
    ]
    return {
        "X-RateLimit-Limit": str(tightest.limit),
        "X-RateLimit-Remaining": str(tightest.remaining),
        "X-RateLimit-Reset": str(math.ceil(tightest.reset_at.timestamp())),
        "RateLimit-Policy": ", ".join(f'"{one.name}";q={one.tries};w={one.seconds}' for one, _ in met),
        "RateLimit": ", ".join(left),
    }
