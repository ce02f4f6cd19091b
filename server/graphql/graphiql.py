"""GraphiQL, from files that this server ships: nothing is loaded from elsewhere and no inline script runs."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence
from pathlib import Path

import orjson
from aiohttp import web

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
        digest = hashlib.sha256()
        for name in sorted(CONTENT_TYPES):
            digest.update((STATIC / name).read_bytes())
        self.version = digest.hexdigest()[:16]  # in the address of each file, so that browsers may keep them for good

    def register(self, router: web.UrlDispatcher, path: str) -> None:
        """Serve the files beneath the path of the GraphQL door."""
        router.add_get(f"{path}/static/{self.version}/{{name}}", self.file)

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

    async def file(self, request: web.Request) -> web.StreamResponse:
        """One of the files; its address changes when it does."""
        name = request.match_info["name"]
        if name not in CONTENT_TYPES:
            raise web.HTTPNotFound
        return web.FileResponse(
            STATIC / name,
            headers={
                "Cache-Control": "public, max-age=31536000, immutable",
                "Content-Type": f"{CONTENT_TYPES[name]}; charset=utf-8",
                "X-Content-Type-Options": "nosniff",
            },
        )
