"""The three texts of an address: what was sent, what a browser makes of it, and what linkding compares.

``clean`` is stored as ``url``, ``href`` as ``url_href``, ``key`` as ``url_key``; the last two are looked up by their
``digest``. All are pure, take any text and are stable: doing one twice is doing it once. Stored keys must not change
their meaning when Python does, so addresses are taken apart here (RFC 3986, appendix B), not by ``urllib.parse``.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import quote, unquote_plus

import ada_url

_PARTS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?"
    r"(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?"
    r"(?:\#(?P<fragment>.*))?",
    re.DOTALL,
)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?")
_WHITE_SPACE = "".join(filter(str.isspace, map(chr, range(0x3001))))  # U+3000 is the last that Unicode has
_AT_END_OF_PATH = "/" + _WHITE_SPACE

# A browser drops these before it looks at an address (WHATWG URL, "basic URL parser", steps 1 to 3).
_IGNORED_AT_START = "".join(map(chr, range(0x21)))
_IGNORED_ANYWHERE = str.maketrans("", "", "\t\n\r")


class Parts(NamedTuple):
    """An address taken apart, every part as it was written, without its separator; None where it is missing."""

    scheme: str | None
    authority: str | None
    path: str
    query: str | None
    fragment: str | None


class Authority(NamedTuple):
    """Who and where: ``userinfo`` stands before the ``@``, ``port`` is in digits without zeros before them.

    Each is empty when it is missing; a port of 0 counts as missing. A port may be larger than ports can be.
    """

    userinfo: str
    host: str
    port: str


def clean(url: str) -> str:
    """Return the address without Unicode white space at its ends (LD section 3), otherwise untouched."""
    return url.strip()


def href(url: str) -> str:
    """Return the address as a browser writes it (WHATWG URL serialisation), and nothing more.

    ``javascript:`` links come back as they are, cleaned only, and so does text that WHATWG refuses: LD-URL-1 accepts
    some of that (port 99999).
    """
    text = clean(url)
    if is_script(text):
        return text
    try:
        return ada_url.URL(text).href
    except ValueError:  # refused; a lone surrogate, which cannot be encoded, ends here as well
        return text


def key(url: str) -> str:
    """Return the text by which linkding tells whether two addresses are the same (LD-NORM-1).

    An address that cannot be taken apart (port above 65535, say) is its own key. White space at the end of a path
    goes with the slashes there, so that a key never has white space at its ends.
    """
    text = clean(url)
    parts = split(text)
    authority = None if parts.authority is None else split_authority(parts.authority)
    if parts.authority is not None and (authority is None or not _is_port(authority.port)):
        return text
    try:
        query = _sorted_query(parts.query or "")
    except UnicodeEncodeError:  # a lone surrogate has no bytes to encode
        return text
    path = _without_last_slashes(parts.path)
    pieces = []
    if parts.scheme is not None:
        pieces += [parts.scheme.lower(), ":"]
    if authority is not None:
        pieces += ["//", _join_authority(authority)]
        if path and not path.startswith("/"):
            path = f"/{path}"  # `/;p` has just lost its slash, but a host must end somewhere
    pieces.append(path)
    if query:
        pieces += ["?", query]
    if parts.fragment:
        pieces += ["#", parts.fragment]
    return "".join(pieces)


def digest(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 in 64 hexadecimal digits.

    Callers have refused lone surrogates by then; one that slips through is a UnicodeEncodeError.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def is_script(url: str) -> bool:
    """Whether a browser would run this address as a ``javascript:`` link, however oddly it is spelled.

    Line breaks and tabs anywhere, and control characters before the scheme, do not keep a browser from running it.
    """
    start = clean(url).lstrip(_IGNORED_AT_START).translate(_IGNORED_ANYWHERE)
    return start[: len("javascript:")].lower() == "javascript:"


def is_web(url: str) -> bool:
    """Whether a browser would take this for an ``http`` or ``https`` address."""
    try:
        return ada_url.URL(clean(url)).protocol in {"http:", "https:"}
    except ValueError:
        return False


def host(url: str) -> str:
    """Return the host in lower case, in its ASCII (``xn--``) form where WHATWG takes the address, without port or user.

    An IPv6 address keeps its brackets. The empty text stands for "has none".
    """
    text = clean(url)
    try:
        return ada_url.URL(text).hostname
    except ValueError:
        authority = split_authority(split(text).authority or "")
        return "" if authority is None else authority.host.lower()


def split(url: str) -> Parts:
    """Take an address apart (RFC 3986, appendix B); every text can be, if only into a path."""
    found = _PARTS.fullmatch(url)
    assert found is not None  # noqa: S101 - every part is optional and the path takes what is left
    return Parts(**found.groupdict())


def split_authority(authority: str) -> Authority | None:
    """Take ``user:password@host:port`` apart; None when it cannot be (white space, stray brackets, no digits)."""
    userinfo, _, rest = authority.rpartition("@")
    found = _HOST_AND_PORT.fullmatch(rest)
    if found is None or any(character.isspace() for character in authority):
        return None
    return Authority(userinfo, found["host"], (found["port"] or "").lstrip("0"))


def query_pairs(query: str) -> list[tuple[str, str]]:
    """Decode a query into names and values in their order: ``+`` is a blank, empty pieces vanish, empty values stay.

    Bytes that are not UTF-8 become U+FFFD.
    """
    pairs = []
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((unquote_plus(name), unquote_plus(value)))
    return pairs


def _sorted_query(query: str) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query_pairs(query)))


def _without_last_slashes(path: str) -> str:
    end = _end_without_slashes(path, len(path))
    parameters = []  # of the last segment, the last first; `/a/;p/;q` becomes `/a;p;q`
    while (semicolon := path.find(";", path.rfind("/", 0, end) + 1, end)) >= 0:
        parameters.append(path[semicolon:end])
        end = _end_without_slashes(path, semicolon)
    return path[:end] + "".join(reversed(parameters))


def _end_without_slashes(path: str, end: int) -> int:
    while end > 0 and path[end - 1] in _AT_END_OF_PATH:
        end -= 1
    return end


def _is_port(digits: str) -> bool:
    return len(digits) <= 5 and int(digits or "0") <= 0xFFFF


def _join_authority(authority: Authority) -> str:
    userinfo = f"{authority.userinfo}@" if authority.userinfo else ""
    port = f":{authority.port}" if authority.port else ""
    return f"{userinfo}{authority.host.lower()}{port}"
