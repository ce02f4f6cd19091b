"""Auto-tagging: the rules that a user wrote down, and the tags that they give to an address (LD-AUTO, section 19).

A rule is a line, ``pattern tag [tag ...]``. The pattern is an address without scheme; its host must be the end of the
bookmark's host, its path and fragment the beginning of the bookmark's, its query parameters among the bookmark's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import ada_url

from models import url as addresses

TAG_LENGTH = 255  # a longer word is no tag
MOST_TAGS = 1000  # that rules give to one address

_COMMENT = re.compile(r"(?:^|\s)#.*", re.DOTALL)
_SCHEME = re.compile(r"https?://")
# Letters, digits and inner hyphens, as registered names have them. ada-url's IDNA would let an underscore pass.
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Pattern:
    """An address, or the part of one that a rule names, in the form in which the two are compared.

    All in lower case; ``host`` is in IDNA (``xn--``) form, ``query`` decoded. Scheme, user and port do not matter.
    """

    host: str
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    fragment: str = ""

    def matches(self, address: Pattern) -> bool:
        """Whether the address (a bookmark's) is one that this pattern (a rule's) means.

        The host's end is compared by characters, without regard to dots (LD-AUTO-6 wants it so).
        """
        return (
            address.host.endswith(self.host)
            and address.path.startswith(self.path)
            and all(_has_parameter(address.query, name, value) for name, value in self.query)
            and address.fragment.startswith(self.fragment)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: what addresses must look like, and the tags (lower case) that they get."""

    pattern: Pattern
    tags: tuple[str, ...]


@lru_cache(maxsize=64)
def parse_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules of a user's text, in its order; lines that say nothing are left out.

    Those are blank lines, comments, patterns without a tag, and patterns whose host is not a legal name: linkding lets
    one of the last kind disable every other line, which helps nobody (LD-AUTO-11 is dropped).
    """
    rules = []
    for line in text.splitlines():
        pattern_text, *tags = _COMMENT.sub("", line.lower()).split() or [""]
        pattern = _pattern(_SCHEME.sub("", pattern_text, count=1)) if tags else None
        if pattern is not None:
            rules.append(Rule(pattern, tuple(tag for tag in tags if len(tag) <= TAG_LENGTH)))
    return tuple(rules)


def tags_for(rules_text: str, url: str) -> list[str]:
    """Return the names of the tags that the rules give to the address, each once, in the order of the rules.

    At most 1,000, none over 255 characters. They are in lower case; the spelling of a tag that exists already is the
    caller's to restore (LD-TAGN-5). An address without a legal host gets none (LD-AUTO-12).
    """
    rules = parse_rules(rules_text)
    address = _address(url) if rules else None
    if address is None:
        return []
    names = dict.fromkeys(tag for rule in rules if rule.pattern.matches(address) for tag in rule.tags)
    return list(names)[:MOST_TAGS]


def _address(url: str) -> Pattern | None:
    parts = addresses.split(addresses.clean(url).lower())
    return None if parts.authority is None else _from_parts(parts)


def _pattern(text: str) -> Pattern | None:
    return _from_parts(addresses.split(f"//{text}"))


def _from_parts(parts: addresses.Parts) -> Pattern | None:
    authority = addresses.split_authority(parts.authority or "")
    host = None if authority is None else _legal_host(authority.host)
    if host is None:
        return None
    query = tuple((name.lower(), value.lower()) for name, value in addresses.query_pairs(parts.query or ""))
    return Pattern(host, parts.path, query, parts.fragment or "")


def _legal_host(host: str) -> str | None:
    try:
        ascii_host = ada_url.idna_to_ascii(host).decode("ascii")
    except ValueError:  # not a name that IDNA can carry
        return None
    return ascii_host if _HOST.fullmatch(ascii_host) else None


def _has_parameter(query: tuple[tuple[str, str], ...], name: str, value: str) -> bool:
    return any(name == own_name and value in {"", own_value} for own_name, own_value in query)
