"""Which addresses linkding accepts for a bookmark (LD-URL-1). One look at each character, whatever the text."""

from __future__ import annotations

import re
from ipaddress import IPv6Address

MAX_LENGTH = 2048

_SCHEMES = frozenset({"http", "https", "ftp", "ftps"})
_USER = re.compile(r"[^\s:@/]+(?::[^\s:@/]*)?@")
_HOST = re.compile(r"\[([^\[\]%]*)\]|([^:/?#]*)")  # in brackets there is no "%": zone ids are refused
_AFTER_HOST = re.compile(r"(?::[0-9]{1,5})?(?:[/?#]\S*)?")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9\u00a1-\uffff-]{1,63}(?<!-)")
_LAST_LABEL = re.compile(r"(?!-)(?:[A-Za-z\u00a1-\uffff-]{2,63}|[Xx][Nn]--[A-Za-z0-9\u00a1-\uffff-]{1,59})(?<!-)")


def is_valid(url: str) -> bool:
    """Whether a client may send this text, already stripped, as the address of a bookmark (LD-URL-1)."""
    if len(url) > MAX_LENGTH or any(character in url for character in "\t\r\n"):
        return False
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in _SCHEMES:
        return False
    # A user's name may hold "?" and "#", so `a?b@h.example` has two readings; either will do.
    user = _USER.match(rest)
    return _is_host_with_rest(rest) or (user is not None and _is_host_with_rest(rest[user.end() :]))


def _is_host_with_rest(text: str) -> bool:
    found = _HOST.match(text)
    if found is None or _AFTER_HOST.fullmatch(text, found.end()) is None:
        return False
    return _is_ipv6(found[1]) if found[1] is not None else _is_name_or_ipv4(found[2])


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_name_or_ipv4(host: str) -> bool:
    if host.lower() == "localhost" or _IPV4.fullmatch(host):
        return True
    *labels, last = host.removesuffix(".").split(".")
    return (
        len(host) <= 253
        and len(labels) >= 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and _LAST_LABEL.fullmatch(last) is not None
    )
