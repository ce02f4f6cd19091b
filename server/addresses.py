"""What the outside calls this server: needed for the absolute addresses in answers."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from aiohttp import web

from server.settings import PATH, Settings


class Addresses:
    """Scheme, host and path under which the sender of a request sees us.

    ``X-Forwarded-Proto``, ``X-Forwarded-Host`` and ``X-Forwarded-Prefix`` are believed from trusted proxies only
    (LD-HTTP-13, hardened; NC-1.3); a base address in the settings wins over everything.
    """

    def __init__(self, settings: Settings) -> None:
        self._base = settings.base_url
        self._prefix = urlsplit(settings.base_url or "").path
        self._trusted = settings.trusted_proxies

    def base(self, request: web.BaseRequest) -> str:
        """What absolute addresses begin with, without a slash at the end: ``https://links.example/cloud``."""
        if self._base:
            return self._base
        scheme, host = request.scheme, request.host
        if self._trusts(request.remote):
            scheme = _first(request.headers.get("X-Forwarded-Proto")) or scheme
            host = _first(request.headers.get("X-Forwarded-Host")) or host
        return f"{'https' if scheme.lower() == 'https' else 'http'}://{host}{self.prefix(request)}"

    def prefix(self, request: web.BaseRequest) -> str:
        """The path below which we are shown: empty, or with a slash at its beginning and none at its end.

        Proxies one behind the other each name what they took off, so their words belong together.
        """
        if self._base:
            return self._prefix
        headers = request.headers.getall("X-Forwarded-Prefix", ())
        if not headers or not self._trusts(request.remote):
            return ""
        prefix = "".join(part.strip().rstrip("/") for header in headers for part in header.split(","))
        return prefix if re.fullmatch(PATH, prefix) else ""

    def sender(self, request: web.BaseRequest) -> str:
        """Who asks, for counting: an IPv4 address, or the /64 of an IPv6 one, which is what one person has.

        Behind trusted proxies it is the last hop of ``X-Forwarded-For`` that is none of them.
        """
        hops = [hop.strip() for hop in ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")]
        sender = request.remote or ""
        while hops and self._trusts(sender):
            sender = hops.pop() or sender
        try:
            address = ipaddress.ip_address(sender)
        except ValueError:
            return sender[:64]
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped:
                return str(address.ipv4_mapped)
            return str(ipaddress.IPv6Network((int(address), 64), strict=False))
        return str(address)

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
