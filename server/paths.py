"""One path, however it is spelt: below the path under which a proxy shows us or not, with doubled slashes or not.

A proxy may or may not take off the ``/cloud`` of ``https://links.example/cloud``, and clients join addresses carelessly
(``//index.php/…``). API paths never redirect (NC-1.4), so such a request is answered as it comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from aiohttp import web
from aiohttp.web_urldispatcher import AbstractResource, MatchedSubAppResource

from rest_compat.house import ADDRESS

PrefixOf = Callable[[web.BaseRequest], str]

_SLASHES = re.compile(r"/{2,}")


def accept_odd_paths(app: web.Application, prefix_of: PrefixOf) -> None:
    """Let every route of the application be reached by odd spellings too; call it when all routes are there.

    ``prefix_of`` gives the path below which the sender of a request sees us, without a slash at its end. Handlers find
    the usual spelling of what was asked for by ``rest_compat.house.address_of``.
    """
    app.router.register_resource(_OddPaths(app, prefix_of))


class _OddPaths(MatchedSubAppResource):
    """Stands before all routes and finds that of a request which is spelt oddly.

    aiohttp asks resources of this class before it looks at the path, which is meant for host names.
    """

    def __init__(self, app: web.Application, prefix_of: PrefixOf) -> None:
        AbstractResource.__init__(self)
        self._prefix = ""
        self._app = app
        self._prefix_of = prefix_of

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[web.AbstractRoute]:
        return iter(())

    @property
    def canonical(self) -> str:
        """A name for logs; no route has it."""
        return "(odd paths)"

    async def resolve(self, request: web.Request) -> tuple[web.UrlMappingMatchInfo | None, set[str]]:
        """The route under the request's usual spelling; None leaves a request that has it to the routes themselves."""
        path = request.rel_url.raw_path
        usual = [] if ADDRESS in request else self._spell(request, path)
        if usual in ([], [path]):
            return None, set()
        for spelling in (*usual, usual[0]):  # where nothing is found, the first says so in its door's own words
            request[ADDRESS] = request.rel_url.with_path(spelling, encoded=True, keep_query=True)
            found = await self._app.router.resolve(request.clone(rel_url=request[ADDRESS]))
            if not isinstance(found.http_exception, web.HTTPNotFound):
                break
        return found, set()

    def _spell(self, request: web.Request, path: str) -> list[str]:
        """The paths that may be meant, the likeliest first.

        ``/api/tags`` is linkding's, too, if ``https://links.example/api`` is where we are shown by a proxy that takes
        the ``/api`` off.
        """
        single = _SLASHES.sub("/", path)
        prefix = self._prefix_of(request)
        if prefix and f"{single}/".startswith(f"{prefix}/"):
            return [single.removeprefix(prefix) or "/", single]
        return [single]
