"""Whether a request comes from a page of this server's own, as the browser itself says.

A cookie is sent whoever made the browser send it. What a page of another origin cannot do is lie in ``Sec-Fetch-Site``
(Fetch Metadata) and ``Origin`` (RFC 6454), or set a header of its own without a preflight that we do not allow.
"""

from __future__ import annotations

from aiohttp import hdrs, web
from yarl import URL

SITE = "Sec-Fetch-Site"
OWN_SITES = frozenset({"same-origin", "none"})  # none: the person themselves, by address bar or reload
OWN_HEADER = "X-Requested-With"


def is_foreign(request: web.BaseRequest, base: str) -> bool:
    """Whether the browser says that a page of another origin sends this; ``base`` is what the outside calls us.

    Browsers that send ``Sec-Fetch-Site`` are believed in it, for they compare with the address that they see; it is
    left out on plain http, where ``Origin`` must do. A request with neither says nothing.
    """
    site = request.headers.get(SITE)
    if site is not None:
        return site not in OWN_SITES
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is not None and not _same(origin, base)


def may_use_session(request: web.BaseRequest, base: str) -> bool:
    """Whether the cookie counts for a request at an API.

    Reading is for everybody but foreign pages. To change anything, a request must be known to be ours: a browser that
    says nothing is not enough, but a header that foreign pages cannot set is.
    """
    if is_foreign(request, base):
        return False
    says = SITE in request.headers or hdrs.ORIGIN in request.headers or OWN_HEADER in request.headers
    return says or (request.method in {hdrs.METH_GET, hdrs.METH_HEAD} and hdrs.UPGRADE not in request.headers)


def _same(origin: str, base: str) -> bool:
    try:
        one, other = URL(origin).origin(), URL(base)
    except ValueError:  # "null", or no address at all
        return False
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)  # with ports that go unsaid
