"""What the outside calls this server: needed for the absolute addresses in answers."""

from __future__ import annotations

import ipaddress

from aiohttp import web

from server.settings import Settings


class Addresses:
    """Scheme and host of a request as its sender sees them.

    ``X-Forwarded-Proto`` and ``X-Forwarded-Host`` are believed from trusted proxies only (LD-HTTP-13, hardened);
    a base address in the settings wins over everything.
    """

    def __init__(self, settings: Settings) -> None:
        self._base = settings.base_url
        self._trusted = settings.trusted_proxies

    def base(self, request: web.BaseRequest) -> str:
        """The scheme and host, without a slash at the end: ``https://links.example``."""
        if self._base:
            return self._base
        scheme, host = request.scheme, request.host
        if self._trusts(request.remote):
            scheme = _first(request.headers.get("X-Forwarded-Proto")) or scheme
            host = _first(request.headers.get("X-Forwarded-Host")) or host
        return f"{'https' if scheme.lower() == 'https' else 'http'}://{host}"

    def _trusts(self, remote: str | None) -> bool:
        if not self._trusted or not remote:
            return False
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


def _first(header: str | None) -> str:
    """The first of several values: what the outermost proxy saw."""
    return (header or "").partition(",")[0].strip()
