"""Letting a program in (OAuth 2.0): the page that asks, and the answer (BK section 2.3; RFC 6749, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

from aiohttp import hdrs, web
from yarl import URL

from rest_compat.bkmark.allowances import CONSENT
from rest_compat.bkmark.counting import count
from schema.errors import NotFound
from schema.resolvers import oauth_consent
from schema.resolvers.oauth_clients import LOOPBACK
from schema.resolvers.oauth_consent import PARAMETERS, AuthorizationRequest, Redirected, Unredirectable
from server.pages.forms import Form
from server.pages.pages import Refused, Visit

PATH = "/oauth/authorize"
SCOPE_WORDS = {
    "bookmarks:read": "See and search your bookmarks, also those in the trash, and be told when they change",
    "bookmarks:write": "Add, change, import and delete bookmarks",
    "tags:read": "See your tags",
    "tags:write": "Add, rename, colour and delete tags",
    "groups:read": "See your folders",
    "groups:write": "Add, change and delete folders",
    "search:read": "Search your bookmarks",
}
REASONS = {
    "client": "The app that sent you here is not known to this server.",
    "doubled": "The request of the app that sent you here cannot be understood.",
    "redirect_uri": "The app that sent you here wants the answer sent to an address that is not one of its own.",
}
STAYED = "It got nothing. You can close this page; the people who make the app can mend this."

Parameters = Sequence[tuple[str, str]]


async def show(visit: Visit) -> web.Response:
    """Ask whether the program may come in: at every visit, whatever was said before.

    Who is not signed in does that first, also before a faulty request is sent back where it came from (RFC 9700,
    section 4.11.2); where it is not certain who asks, nobody is sent anywhere.
    """
    parameters = list(visit.request.query.items())
    try:
        request = await _read(visit, parameters)
    except Redirected as fault:
        return visit.lead_to_sign_in() if visit.viewer.user is None else _leave(fault.location)
    if visit.viewer.user is None:
        return visit.lead_to_sign_in()
    visit.let_forms_lead_to(request.redirect_uri)
    address = urlsplit(request.redirect_uri)
    return visit.show(
        "consent.html",
        client=request.client.name,
        permissions=[SCOPE_WORDS[scope] for scope in request.scopes],
        host=address.netloc,
        scheme=address.scheme,
        is_local=address.hostname in LOOPBACK,
        parameters=_known(parameters),
    )


async def take(visit: Visit, form: Form) -> web.Response:
    """Let it in, or send it away; what it asks for is read anew from the form.

    Somebody may answer twenty times a minute (BK section 4.1).
    """
    parameters = [(name, value) for name, values in form.fields.items() for value in values]
    user = visit.viewer.user
    if user is None:
        visit.keep_opener()
        return visit.lead_to_sign_in(f"{PATH}?{urlencode(_known(parameters))}")
    visit.check_csrf(form)
    await count(visit.request, visit.ports, str(user.id), [CONSENT])
    try:
        request = await _read(visit, parameters)
        if form.text("answer") != "allow":
            return _leave(await oauth_consent.deny(visit.ctx(), request))
        return _leave(await oauth_consent.approve(visit.ctx(), request))
    except Redirected as fault:
        return _leave(fault.location)
    except NotFound:  # somebody removed the client this moment
        _refuse("client")


async def foresee(visit: Visit, path: str) -> None:
    """Prepare signing in before ``path``, which may be ours: the form may then end where a faulty request is sent."""
    to = URL(path, encoded=True)
    if to.path != PATH:
        return
    try:
        await _read(visit, list(to.query.items()))
    except Redirected as fault:
        visit.let_forms_lead_to(fault.location)
    except Refused:
        return  # its page says why, afterwards


async def _read(visit: Visit, parameters: Parameters) -> AuthorizationRequest:
    """The request, checked. Raises Redirected, and Refused where nobody may be sent anywhere."""
    visit.keep_opener()
    try:
        return await oauth_consent.read_request(parameters, issuer=visit.base)
    except Unredirectable as fault:
        _refuse(fault.reason)


def _known(parameters: Parameters) -> list[tuple[str, str]]:
    return [(name, value) for name, value in parameters if name in PARAMETERS]


def _refuse(reason: str) -> NoReturn:
    raise Refused(400, "Something is wrong with this link", f"{REASONS[reason]} {STAYED}")


def _leave(location: str) -> web.Response:
    """Send the browser back to the program, without the form that brought it here (303, never 307)."""
    return web.Response(status=303, headers={hdrs.LOCATION: location})
