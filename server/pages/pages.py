"""What every page has in common: who looks at it, how browsers must treat it, what happens when it goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp_jinja2
import jinja2
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from rest_compat.house import EXTRAS, FINISH, STARTED, add_headers, address_of
from rest_compat.refusals import Malformed
from schema.context import ANONYMOUS, Context, Viewer
from schema.door import Door
from schema.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unsupported,
)
from schema.ports import Ports
from schema.preferences import Preferences
from schema.resolvers import sessions
from server.addresses import Addresses
from server.pages.cookies import FORM, SESSION, Cookies, csrf_of, is_csrf_of
from server.pages.forms import Form, local_path, read_form
from server.pages.guard import is_foreign
from server.pages.uploads import Upload, receive
from server.pages.words import day, moment, program, sentence, waiting
from server.static import StaticFiles

HERE = Path(__file__).parent
CONTENT_TYPES = {
    "pages.css": "text/css",
    "icon.svg": "image/svg+xml",
    "close.js": "text/javascript",
    "rules.js": "text/javascript",
    "library.js": "text/javascript",
}
DOOR = Door("pages", source="web", web_only=True)
SHARE = "/bookmarks/new"  # other sites' buttons open it
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
)
SCRIPTS = "; script-src 'self'"
REQUESTS = "; connect-src 'self'"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY.format(forms="'self'"),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers would say "Origin: null" of our own forms
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # browsers that do not know frame-ancestors
}
FILTERS: dict[str, Callable[..., str]] = {"day": day, "moment": moment, "program": program}
STALE = "This form is out of date: somebody has signed in or out since it was shown. Nothing was changed."
FOREIGN = (
    "Your browser says that this form came from another site, so nothing was changed. If it was this site's own, the"
    " server's administrator should set POLYMARK_BASE_URL to the address that you see above."
)
REFUSALS: dict[type[Problem], tuple[int, str, str]] = {
    Forbidden: (403, "Not allowed", "You may not do this."),
    Invalid: (400, "Not understood", "The form could not be read."),
    NotFound: (404, "Not found", "There is nothing here, or not any more."),
    TooLarge: (413, "Too large", "That is more than this form takes."),
    Unsupported: (415, "Not understood", "The form came in a way that this server does not read."),
}


log = structlog.stdlib.get_logger("polymark.pages")


class Refused(Exception):  # noqa: N818 - an answer on its way, not a bug
    """A request that is answered with a page of a few words."""

    def __init__(self, status: int, title: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.title = title
        self.words = words


@dataclass(slots=True)
class Visit:
    """One request of a browser.

    ``cookie`` is the value to which its forms are bound: its session's, or that of a cookie just for forms. ``prefix``
    stands before every path that the browser is told.
    """

    pages: Pages
    request: web.Request
    viewer: Viewer
    cookie: str
    prefix: str

    @property
    def ports(self) -> Ports:
        """Everything outside."""
        return self.pages.ports

    @property
    def csrf(self) -> str:
        """What the forms of this visit carry."""
        return csrf_of(self.cookie)

    @property
    def base(self) -> str:
        """What absolute addresses of ours begin with; what is not UTF-8 in it becomes U+FFFD."""
        base = self.pages.addresses.base(self.request)
        return base.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def ctx(self) -> Context:
        """A context as operations want it."""
        return Context(self.ports, DOOR, self.viewer, request_id=self.request.get("request_id", "-"))

    def show(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """The page of that template."""
        user = self.viewer.user
        context = {
            "base_path": self.prefix,
            "csrf": self.csrf,
            "static": f"{self.prefix}/pages/{self.pages.files.version}",
            "theme": Preferences.load(user.preferences).theme if user else "auto",
            "user": user,
            **values,
        }
        response = aiohttp_jinja2.render_template(template, self.request, context, status=status)
        cookies = self.pages.cookies
        if user is None and cookies.read(self.request, SESSION):
            cookies.remove(self.request, response, SESSION)  # its session is over
        return response

    def show_words(self, status: int, title: str, words: str) -> web.Response:
        """A page of a few words."""
        return self.show("words.html", status, title=title, words=words)

    def lead(self, path: str) -> web.Response:
        """Send the browser to a page of ours."""
        return web.Response(status=303, headers={hdrs.LOCATION: f"{self.prefix}{path}"})

    def lead_to_sign_in(self, back: str | None = None) -> web.Response:
        """Send the browser to sign in and then back, to here with the whole query, or else to the settings."""
        here = address_of(self.request)
        shows = self.request.method == hdrs.METH_GET or not f"{here.path}/".startswith(("/logout/", "/settings/"))
        back = back or (local_path(here.raw_path_qs) if shows else None) or "/settings"
        return self.lead(f"/login?next={quote(back, '/?:=')}")

    def let_forms_lead_to(self, address: str) -> None:
        """Let a form end at another site's address, for Chromium asks the policy at each redirect that follows it.

        That site may redirect once more, whereto nobody knows, so a web address opens the whole web.
        """
        scheme = urlsplit(address).scheme  # letters, digits and +-. only
        sources = "https: http:" if scheme in {"http", "https"} else f"{scheme}:"
        add_headers(self.request, {"Content-Security-Policy": POLICY.format(forms=f"'self' {sources}")})

    def run_scripts(self, *, requests: bool = False) -> None:
        """Let this page run the scripts that ship with the program, and those ask this server where they need to."""
        policy = POLICY.format(forms="'self'") + SCRIPTS + (REQUESTS if requests else "")
        add_headers(self.request, {"Content-Security-Policy": policy})

    def keep_opener(self) -> None:
        """Let the site that opened this window keep hold of it, and the window know that a script opened it."""
        add_headers(self.request, {"Cross-Origin-Opener-Policy": "unsafe-none"})

    def check_csrf(self, form: Form) -> None:
        """Raise Refused for a form that was not made for this visit's browser and session."""
        if not is_csrf_of(self.cookie, form.text("csrf")):
            raise Refused(403, "Out of date", STALE)


Show = Callable[[Visit], Awaitable[web.StreamResponse]]
Take = Callable[[Visit, Form], Awaitable[web.StreamResponse]]
TakeUpload = Callable[[Visit, Upload], Awaitable[web.StreamResponse]]


class Pages:
    """Puts pages on the root application; ``viewer`` is also how other doors learn who a cookie stands for.

    What is uploaded lies in ``folder`` while it is looked at, without a name, and is gone when the process is.
    """

    def __init__(self, ports: Ports, addresses: Addresses, folder: Path) -> None:
        self.ports = ports
        self.addresses = addresses
        self._folder = folder
        self.cookies = Cookies(addresses)
        self.files = StaticFiles(HERE / "static", CONTENT_TYPES)

    def prepare(self, app: web.Application) -> None:
        """Give the application the templates and the files that the pages are made of."""
        aiohttp_jinja2.setup(
            app,
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            filters=FILTERS,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.files.register(app.router, "/pages")

    async def viewer(self, request: web.BaseRequest) -> Viewer:
        """Who the session cookie stands for; nobody when there is none, or when it is not good any more."""
        secret = self.cookies.read(request, SESSION)
        if secret is None:
            return ANONYMOUS
        try:
            return await sessions.believe(self.ports, secret)
        except Unauthenticated:
            return ANONYMOUS

    def shows(self, show: Show, *, to_all: bool = False) -> Handler:
        """A page; unless ``to_all`` it is for who is signed in, others are sent to sign in first."""

        async def answer(visit: Visit) -> web.StreamResponse:
            if visit.viewer.user is None and not to_all:
                return visit.lead_to_sign_in()
            return await show(visit)

        return self._worded(answer)

    def takes(self, take: Take, *, from_all: bool = False) -> Handler:
        """What a form of ours leads to, for who is signed in; ``from_all`` looks after all that itself."""

        async def answer(visit: Visit) -> web.StreamResponse:
            self._check_origin(visit)
            form = await read_form(visit.request)
            if not from_all:
                if visit.viewer.user is None:
                    return visit.lead_to_sign_in()
                visit.check_csrf(form)
            return await take(visit, form)

        return self._worded(answer)

    def takes_file(self, take: TakeUpload) -> Handler:
        """What a form of ours with a file in it leads to; everything else in the form comes before the file."""

        async def answer(visit: Visit) -> web.StreamResponse:
            self._check_origin(visit)
            if visit.viewer.user is None:
                return visit.lead_to_sign_in()
            async with receive(visit.request, self._folder, visit.check_csrf) as upload:
                return await take(visit, upload)

        return self._worded(answer)

    def _check_origin(self, visit: Visit) -> None:
        if is_foreign(visit.request, self.addresses.base(visit.request)):
            raise Refused(403, "Not from this site", FOREIGN)

    def _worded(self, answer: Show) -> Handler:
        """Give every trouble a page of its own, and every answer the headers that pages have."""

        async def handle(request: web.Request) -> web.StreamResponse:
            def finish(response: web.StreamResponse) -> None:
                response.headers.update(HEADERS | request.get(EXTRAS, {}))

            request[FINISH] = finish
            visit = await self._visit(request)
            try:
                response = await answer(visit)
            except (Refused, Problem, Malformed, ConnectionError) as error:
                response = _worded_trouble(visit, error)
            except Exception:
                log.exception("unexpected")
                request_id = request.get("request_id", "-")
                words = f"Something went wrong, and it is not your fault. The log has it under {request_id}."
                response = visit.show_words(500, "Something went wrong", words)
            started = request.get(STARTED)
            if started is not None and response is not started:
                return _break_off(request, started)
            if not response.prepared:
                finish(response)
            return response

        return handle

    async def _visit(self, request: web.Request) -> Visit:
        viewer = await self.viewer(request)
        cookie = self.cookies.read(request, FORM if viewer.user is None else SESSION)
        return Visit(self, request, viewer, cookie or self.ports.clock.secret(32).hex(), self.addresses.prefix(request))


def _worded_trouble(visit: Visit, error: Exception) -> web.Response:
    """A page of a few words for what went wrong."""
    match error:
        case Refused():
            return visit.show_words(error.status, error.title, error.words)
        case Unauthenticated():  # the account went meanwhile
            return visit.lead("/login")
        case RateLimited():
            response = visit.show_words(429, "Too many tries", waiting(error.retry_after))
            response.headers[hdrs.RETRY_AFTER] = str(error.retry_after)
            return response
        case Malformed() | ConnectionError():  # the browser went away before it had sent everything
            return visit.show_words(*REFUSALS[Invalid])
        case _:
            known = next((known for kind, known in REFUSALS.items() if isinstance(error, kind)), None)
            return visit.show_words(*(known or (503, "Not now", "Try again later.")))


def _break_off(request: web.Request, started: web.StreamResponse) -> web.StreamResponse:
    """End the connection, for half of the answer has gone out and nothing else can say that the rest will not."""
    if request.transport is not None:
        request.transport.abort()
    return started


def errors_of(problem: Invalid) -> dict[str, str]:
    """A sentence for each field that something is wrong with."""
    errors: dict[str, str] = {}
    for fault in problem.faults:
        errors.setdefault(str(fault.path[0]) if fault.path else "", sentence(fault))
    return errors
