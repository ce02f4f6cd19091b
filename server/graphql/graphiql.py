"""GraphiQL, from files that this server ships: nothing is loaded from elsewhere and no inline script runs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import orjson
from aiohttp import web

from server.static import StaticFiles

HERE = Path(__file__).parent
STATIC = HERE / "static"
EXAMPLES = HERE / "examples"

CONTENT_TYPES = {
    "graphiql.min.css": "text/css",
    "graphiql.min.js": "text/javascript",
    "react-dom.production.min.js": "text/javascript",
    "react.production.min.js": "text/javascript",
    "start.css": "text/css",
    "start.js": "text/javascript",
}
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; "  # GraphiQL's dialogs write a style element to stop the page from scrolling
    "img-src 'self' data:; font-src data:; "  # the style sheet holds its fonts
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>GraphiQL · Polymark</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="{static}/graphiql.min.css">
    <link rel="stylesheet" href="{static}/start.css">
    <script defer src="{static}/react.production.min.js"></script>
    <script defer src="{static}/react-dom.production.min.js"></script>
    <script defer src="{static}/graphiql.min.js"></script>
    <script defer src="{static}/start.js"></script>
  </head>
  <body>
    <div id="graphiql" data-examples="{examples}">Loading…</div>
  </body>
</html>
"""


def read_examples(folder: Path = EXAMPLES) -> list[str]:
    """The operations that GraphiQL opens with, one a tab, in the order of the files' names."""
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.graphql"))]


class GraphiQL:
    """The page and its files; ``examples`` are the texts of the first tabs."""

    def __init__(self, examples: Sequence[str] | None = None) -> None:
        self.examples = read_examples() if examples is None else list(examples)
        self._files = StaticFiles(STATIC, CONTENT_TYPES)

    @property
    def version(self) -> str:
        """What stands in the address of each file."""
        return self._files.version

    def register(self, router: web.UrlDispatcher, path: str) -> None:
        """Serve the files beneath the path of the GraphQL door."""
        self._files.register(router, f"{path}/static")

    def page(self, request: web.Request) -> web.Response:
        """The page, for the path that was asked."""
        here = request.path.rpartition("/")[2]  # relative addresses hold below any path that a proxy puts before ours
        text = PAGE.format(
            static=html.escape(f"{here}/static/{self.version}"),
            examples=html.escape(orjson.dumps(self.examples).decode()),
        )
        return web.Response(
            text=text,
            content_type="text/html",
            charset="utf-8",
            headers={
                "Cache-Control": "no-cache",
                "Content-Security-Policy": POLICY,
                "Referrer-Policy": "no-referrer",
                "Vary": "Accept",
                "X-Content-Type-Options": "nosniff",
            },
        )
