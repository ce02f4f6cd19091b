"""The two cookies: of a signed-in browser, and of one that has only been shown a form."""

from __future__ import annotations

import hashlib
import hmac
import re

from aiohttp import web

from server.addresses import Addresses

SESSION, FORM = "polymark", "polymark-form"
LONGEST = 400 * 24 * 3600  # seconds; browsers keep no cookie longer, and how long it is good is the row's business

_VALUE = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Cookies:
    """Reads and writes both; they are ``HttpOnly; SameSite=Lax; Path=/``, and ``Secure`` where the outside says https.

    There the names begin with ``__Host-``, so that no neighbouring host can set them.
    """

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def read(self, request: web.BaseRequest, name: str) -> str | None:
        """The cookie's value, if it looks like one of ours."""
        value = request.cookies.get(self._full(request, name), "")
        return value if _VALUE.fullmatch(value) else None

    def write(self, request: web.BaseRequest, response: web.StreamResponse, name: str, value: str) -> None:
        """Set the cookie: for good when it is a session's, until the browser ends when it is a form's."""
        response.set_cookie(
            self._full(request, name),
            value,
            max_age=LONGEST if name == SESSION else None,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=self._is_secure(request),
        )

    def remove(self, request: web.BaseRequest, response: web.StreamResponse, name: str) -> None:
        """Have the browser forget the cookie."""
        response.del_cookie(
            self._full(request, name), path="/", httponly=True, samesite="Lax", secure=self._is_secure(request)
        )

    def _full(self, request: web.BaseRequest, name: str) -> str:
        return f"__Host-{name}" if self._is_secure(request) else name

    def _is_secure(self, request: web.BaseRequest) -> bool:
        return self._addresses.base(request).startswith("https://")


def csrf_of(value: str) -> str:
    """What every form carries that was made for the browser with this cookie; it does not give the cookie away."""
    return hashlib.sha256(f"csrf {value}".encode()).hexdigest()


def is_csrf_of(value: str, given: str) -> bool:
    """Whether a form carries what was made for the browser with this cookie."""
    return hmac.compare_digest(csrf_of(value).encode(), given.encode("utf-8", "surrogatepass"))
