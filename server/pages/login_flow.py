"""Letting a program in (login flow v2 of Nextcloud, NC-14.2): the page that it opens in somebody's browser."""

from __future__ import annotations

from aiohttp import web

from schema.errors import NotFound
from schema.resolvers import login_flows
from server.pages.forms import Form
from server.pages.pages import Refused, Visit

CONNECTED = "/login/connected"
OVER = "This request is over: it was answered already, or it waited longer than 20 minutes. Start again in your app."


async def show(visit: Visit) -> web.Response:
    """Ask whether the program may come in."""
    flow = await _find(visit)
    if flow.granted:
        return visit.lead(CONNECTED)
    return visit.show("login_flow.html", client=flow.client, token=visit.request.match_info["token"])


async def take(visit: Visit, form: Form) -> web.Response:
    """Let it in, or send it away."""
    flow = await _find(visit)
    token = visit.request.match_info["token"]
    try:
        if form.text("answer") != "yes":
            await login_flows.refuse(visit.ctx(), token)
            words = f"“{flow.client}” was not let in. You can close this page."
            return visit.show_words(200, "Not let in", words)
        await login_flows.grant(visit.ctx(), token)
    except NotFound:
        raise Refused(404, "Too late", OVER) from None
    return visit.lead(CONNECTED)  # the program fetches its password any moment, and then there is no such flow


async def connected(visit: Visit) -> web.Response:
    """It is in."""
    return visit.show("connected.html")


async def _find(visit: Visit) -> login_flows.Flow:
    try:
        return await login_flows.find(visit.ports, visit.request.match_info["token"])
    except NotFound:
        raise Refused(404, "Too late", OVER) from None
