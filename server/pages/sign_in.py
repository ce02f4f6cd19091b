"""Signing in and out."""

from __future__ import annotations

import structlog
from aiohttp import hdrs, web

from schema.errors import RateLimited, Unauthenticated
from schema.resolvers import sessions
from server.pages import consent
from server.pages.cookies import FORM, SESSION, is_csrf_of
from server.pages.forms import Form, local_path
from server.pages.pages import SHARE, Visit
from server.pages.words import waiting

HOME = "/settings"
WRONG = "The name or the password is wrong."
NO_COOKIE = (
    "Your browser did not send back the cookie that came with this form. Try again; if it happens again, allow this"
    " site to set cookies."
)

log = structlog.stdlib.get_logger("polymark.pages")


async def front(visit: Visit) -> web.Response:
    """The bare address leads on."""
    return visit.lead(HOME if visit.viewer.user else "/login")


async def show(visit: Visit) -> web.Response:
    """The form; who is signed in already is led on."""
    to = local_path(visit.request.query.get("next", "")) or HOME
    await _foresee(visit, to)
    if visit.viewer.user is not None:
        return visit.lead(to)
    return show_form(visit, to=to, signed_out="signed-out" in visit.request.query)


async def take(visit: Visit, form: Form) -> web.Response:
    """Name and password open a session, of which the cookie is the key."""
    to = local_path(form.text("next")) or HOME
    await _foresee(visit, to)
    name = form.text("username")
    if visit.viewer.user is not None:
        return visit.lead(to)  # signed in meanwhile, in another tab
    if not is_csrf_of(visit.cookie, form.text("csrf")):
        return show_form(visit, 403, to=to, name=name, error=NO_COOKIE)
    request = visit.request
    address = visit.pages.addresses.sender(request)
    try:
        begun = await sessions.sign_in(
            visit.ports,
            name,
            form.text("password"),
            address=address,
            user_agent=request.headers.get(hdrs.USER_AGENT, ""),
        )
    except Unauthenticated:
        log.info("sign-in refused", address=address)
        return show_form(visit, 403, to=to, name=name, error=WRONG)
    except RateLimited as problem:
        log.info("sign-in throttled", address=address)
        response = show_form(visit, 429, to=to, name=name, error=waiting(problem.retry_after))
        response.headers[hdrs.RETRY_AFTER] = str(problem.retry_after)
        return response
    response = visit.lead(to)
    visit.pages.cookies.write(request, response, SESSION, begun.secret)
    visit.pages.cookies.remove(request, response, FORM)
    return response


async def sign_out(visit: Visit, form: Form) -> web.Response:
    """The session ends, on the server too."""
    del form
    cookies = visit.pages.cookies
    await sessions.sign_out(cookies.read(visit.request, SESSION) or "")
    response = visit.lead("/login?signed-out")
    cookies.remove(visit.request, response, SESSION)
    return response


def show_form(
    visit: Visit, status: int = 200, *, to: str, name: str = "", error: str = "", signed_out: bool = False
) -> web.Response:
    """The form, on whatever page it is needed; it leads on to the path ``to``."""
    response = visit.show("sign_in.html", status, next=to, name=name, error=error, signed_out=signed_out)
    visit.pages.cookies.write(visit.request, response, FORM, visit.cookie)
    return response


async def _foresee(visit: Visit, to: str) -> None:
    """Prepare for the page that follows, which may have been opened by another site."""
    if to.partition("?")[0] == SHARE:
        visit.keep_opener()
    await consent.foresee(visit, to)
