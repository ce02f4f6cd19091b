"""Login flow v2 (NC section 14): how a program gets a password of its own without ever seeing its user's."""

from __future__ import annotations

from aiohttp import hdrs, web

from rest_compat.house import base_of, house_of
from rest_compat.nextcloud.codec import respond
from rest_compat.nextcloud.parameters import read_parameters
from schema.errors import Invalid, NotFound
from schema.resolvers import login_flows


async def begin(request: web.Request) -> web.Response:
    """Where to send the browser, and where to ask whether somebody has said yes."""
    client = request.headers.get(hdrs.USER_AGENT, "")
    house = house_of(request)
    begun = await login_flows.begin(house.ports, client, address=house.sender(request))
    base = base_of(request)
    return respond(
        {
            "poll": {"token": begun.poll_token, "endpoint": f"{base}/login/v2/poll"},
            "login": f"{base}/login/v2/flow/{begun.flow_token}",
        }
    )


async def poll(request: web.Request) -> web.Response:
    """The password, once; 404 until somebody has said yes, and ever after."""
    try:
        token = (await read_parameters(request)).text("token")
        granted = await login_flows.poll(house_of(request).ports, token or "")
    except (NotFound, Invalid):
        return respond([], 404)
    return respond({"server": base_of(request), "loginName": granted.username, "appPassword": granted.password})
