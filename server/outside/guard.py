"""Which addresses of the network may be reached, said once and asked at every connection.

A name is looked at when it is resolved and again when the socket is made, so neither a literal address (which never
meets a resolver) nor a name that changes its answer between two look-ups (DNS rebinding) gets by.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, NoReturn

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

RESOLVER_THREADS = 8  # getaddrinfo cannot be cancelled: its own threads, so slow names starve nobody else

# 6to4 (RFC 3056) and the well-known NAT64 prefix (RFC 6052) carry an IPv4 address: the bits to shift it out by.
_CARRIERS = ((IPv6Network("2002::/16"), 80), (IPv6Network("64:ff9b::/96"), 0))
_UNICAST = IPv6Network("2000::/3")  # the only part of IPv6 that IANA has given out for global unicast

# Blocks that ``ipaddress`` takes for global, or does in some of the Python versions we run on.
_REFUSED_V4 = (
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments; one cloud serves its metadata here
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, withdrawn by RFC 7526
    IPv4Network("168.63.129.16/32"),  # Azure's virtual host address: public by number, inside by nature
)
_REFUSED_V6 = (
    IPv6Network("2001::/23"),  # IETF protocol assignments, Teredo (RFC 4380) among them: it carries IPv4 addresses
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
# What ``allow_private`` opens: a household's and an office's own networks, and the machine itself.
_PRIVATE_V4 = tuple(
    IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8")
)
_PRIVATE_V6 = (IPv6Network("fc00::/7"), IPv6Network("::1/128"))

Lookup = Callable[[str, int, socket.AddressFamily], list[str]]


class RefusedAddress(OSError):  # noqa: N818 - a decision of ours, not a fault
    """The address is not one that we connect to; an OSError, because that is what connectors expect of a socket."""


def is_public(address: str) -> bool:
    """Whether the IP address, as text (a zone such as ``%eth0`` is passed over), belongs to the public internet.

    False for loopback, private, link-local, unique-local, shared (CGNAT), multicast, unspecified, reserved and
    documentation addresses, for IPv6 forms (mapped, 6to4, NAT64) that carry such an IPv4 address, for all of Teredo
    and the local NAT64 prefix, and for text that is no address.
    """
    found = _parse(address)
    if isinstance(found, IPv4Address):
        return (
            found.is_global
            and not (found.is_multicast or found.is_reserved or found.is_unspecified)
            and not any(found in block for block in _REFUSED_V4)
        )
    if isinstance(found, IPv6Address):
        return found in _UNICAST and found.is_global and not any(found in block for block in _REFUSED_V6)
    return False


def is_private(address: str) -> bool:
    """Whether the IP address is on the machine or on a network of one's own: what ``allow_private`` opens.

    Link-local addresses are not among them: nobody bookmarks one, and clouds keep their credentials there.
    """
    found = _parse(address)
    if isinstance(found, IPv4Address):
        return any(found in block for block in _PRIVATE_V4)
    return isinstance(found, IPv6Address) and any(found in block for block in _PRIVATE_V6)


def is_address(text: str) -> bool:
    """Whether the text is an IP address rather than a name."""
    return _parse(text) is not None


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    """The address that is meant in the end: an IPv4 address that an IPv6 form carries is taken out of it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        for network, shift in _CARRIERS:
            if found in network:
                return IPv4Address(int(found) >> shift & 0xFFFFFFFF)
    return found


class Guard:
    """The rule for one server: public addresses, and with ``allow_private`` those of one's own networks too."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self.allow_private = allow_private

    def allows(self, address: str) -> bool:
        """Whether the IP address (text) may be connected to."""
        return is_public(address) or (self.allow_private and is_private(address))

    def socket(self, addr_info: AddrInfoType) -> socket.socket:
        """A socket for a connection that aiohttp is about to make: its ``socket_factory``.

        ``addr_info`` is a row of getaddrinfo; its address is the very one that is connected to next. Raises
        RefusedAddress.
        """
        family, kind, protocol, _, address = addr_info
        if not self.allows(str(address[0])):
            raise RefusedAddress(f"address not allowed: {address[0]}")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


class GuardedResolver(AbstractResolver):
    """Resolves names to allowed addresses only. ``lookup`` is how names are looked up: blocking, in a thread."""

    def __init__(self, guard: Guard, lookup: Lookup | None = None) -> None:
        self._guard = guard
        self._lookup = lookup or system_lookup
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The allowed addresses of ``host``; RefusedAddress when it has others only, OSError when it has none."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, self._lookup, host, port, family)
        except UnicodeError as error:  # "a..b": no name that DNS could hold
            raise OSError(f"not a host name: {host!r}") from error
        allowed = [address for address in found if self._guard.allows(address)]
        if not allowed:
            _refuse(host, found)
        return [_result(host, address, port) for address in allowed]

    async def close(self) -> None:
        """Let go of the threads; look-ups under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def system_lookup(host: str, port: int, family: socket.AddressFamily) -> list[str]:
    """The addresses of ``host`` as the system's resolver gives them, in its order; OSError when there are none."""
    rows = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _refuse(host: str, found: list[str]) -> NoReturn:
    """Tell a name that is not allowed from one that is not there."""
    if found:
        raise RefusedAddress(f"{host} has no address that is allowed")
    raise OSError(f"{host} has no address")


def _result(host: str, address: str, port: int) -> ResolveResult:
    """A row as aiohttp wants it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags: Any = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
