"""Which of the pictures that an ``img`` offers is kept: the one that a screen of ordinary size would show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH = 1280  # pixels of the screen
MOST_CANDIDATES = 50
MOST_SOURCES = 20

_TYPES = frozenset({"", "image/webp", "image/avif", "image/jpeg", "image/png", "image/gif", "image/svg+xml"})
_CANDIDATE = re.compile(r"[\s,]*([^\s]*[^\s,])(,|\s+(?:([\d.]{1,10})([wx]))?[^,]*,?|$)")
_CONDITION = re.compile(r"\(\s*(min|max)-width\s*:\s*(\d{1,5}(?:\.\d{1,5})?)(px|em|rem)\s*\)")
_EM = 16


@dataclass(frozen=True, slots=True)
class Source:
    """What an ``img`` or ``source`` says."""

    src: str = ""
    srcset: str = ""
    sizes: str = ""
    media: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """An address; with a ``width`` (``800w``, or a density, ``2x``) and ``sizes`` its size depends on them."""

    address: str
    width: str = ""
    sizes: str = ""


def choose(image: Source, sources: Sequence[Source]) -> Choice | None:
    """The picture of an ``img`` with these ``source`` elements before it; None when there is none."""
    for source in sources:
        fits = source.type.strip().lower() in _TYPES and matches(source.media)
        if fits and (found := _of_set(source)) is not None:
            return found
    if (found := _of_set(image)) is not None and found.width:
        return found
    return Choice(image.src) if image.src else found


def _of_set(source: Source) -> Choice | None:
    """The candidate of plain density, or that as wide as the screen, or the widest."""
    candidates = list(_candidates(source.srcset))
    plain = next((address for address, number, unit in candidates if not unit or (unit == "x" and number == 1)), None)
    if plain is not None:
        return Choice(plain)
    wide = sorted((number, address) for address, number, unit in candidates if unit == "w")
    if wide:
        number, address = next((one for one in wide if one[0] >= WIDTH), wide[-1])
        return Choice(address, f"{number:g}w", source.sizes or "100vw")
    dense = sorted((number, address) for address, number, unit in candidates if unit == "x")
    return Choice(dense[0][1], f"{dense[0][0]:g}x") if dense else None


def _candidates(srcset: str) -> Iterator[tuple[str, float, str]]:
    """Address, number and unit of each candidate: https://html.spec.whatwg.org/#parsing-a-srcset-attribute."""
    at = 0
    for _ in range(MOST_CANDIDATES):
        found = _CANDIDATE.match(srcset, at)
        if found is None or found.end() == at:
            return
        at = found.end()
        try:
            yield found[1], float(found[3] or 1), found[4] or ""
        except ValueError:
            continue


def matches(media: str) -> bool:
    """Whether a media condition holds on the screen, as far as it is about width; False for what is not understood."""
    return any(_holds(query.strip().lower()) for query in media.split(",")[:MOST_CANDIDATES]) if media.strip() else True


def _holds(query: str) -> bool:
    for part in query.split(" and "):
        if part.strip() in {"screen", "all", "only screen"}:
            continue
        found = _CONDITION.fullmatch(part.strip())
        if found is None:
            return False
        pixels = float(found[2]) * (1 if found[3] == "px" else _EM)
        if not (pixels <= WIDTH if found[1] == "min" else pixels >= WIDTH):
            return False
    return True
