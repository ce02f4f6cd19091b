"""Files that ship with the program and that browsers may keep for good, since their address changes when they do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web


class StaticFiles:
    """The files of a folder that are named with their media types, and no others; texts are UTF-8."""

    def __init__(self, folder: Path, media_types: Mapping[str, str]) -> None:
        self._folder = folder
        self._media_types = media_types
        digest = hashlib.sha256()
        for name in sorted(media_types):
            digest.update((folder / name).read_bytes())
        self.version = digest.hexdigest()[:16]  # a part of the address

    def register(self, router: web.UrlDispatcher, path: str) -> None:
        """Serve them at ``{path}/{version}/{name}``."""
        router.add_get(f"{path}/{self.version}/{{name}}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        media_type = self._media_types.get(name)
        if media_type is None:
            raise web.HTTPNotFound
        return web.FileResponse(
            self._folder / name,
            headers={
                "Cache-Control": "public, max-age=31536000, immutable",
                "Content-Type": f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
                "X-Content-Type-Options": "nosniff",
            },
        )
