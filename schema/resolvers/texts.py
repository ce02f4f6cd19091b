"""What every text and id that enters must keep to, whichever door it came through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from models.text import find_bad_text, mend_text
from schema.errors import Fault, Invalid

LARGEST_ID = 2**31 - 1
MOST_IDS = 500  # of one bulk operation
TAG_LENGTH = 255
COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
Shown = Callable[[str | None], str | None]  # how a door's clients see a colour
MOST_TAGS = 10_000  # of one bookmark; a statement takes 32,766 parameters at the most

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


def one_line(text: str) -> str:
    """A stranger's text for people to read: one line, without signs that change how it is read."""
    return " ".join(_UNPRINTABLE.sub(" ", mend_text(text)).split())


def check_texts(texts: Iterable[tuple[str | tuple[str | int, ...], str | None]]) -> None:
    """Pass texts that every database can hold. Raises Invalid with all that hold U+0000 or a lone surrogate."""
    faults = [
        Fault(path if isinstance(path, tuple) else (path,), rule)
        for path, text in texts
        if text is not None and (rule := find_bad_text(text))
    ]
    if faults:
        raise Invalid(*faults)


def check_tag_names(names: Sequence[str], path: str = "tag_names") -> None:
    """Pass tag names. Raises Invalid for bad text, for over 255 characters and for more than 10,000 names."""
    if len(names) > MOST_TAGS:
        raise Invalid(Fault((path,), "too_many", MOST_TAGS))
    faults = []
    for number, name in enumerate(names):
        if rule := find_bad_text(name):
            faults.append(Fault((path, number), rule))
        elif len(name) > TAG_LENGTH:
            faults.append(Fault((path, number), "too_long", TAG_LENGTH))
    if faults:
        raise Invalid(*faults)


def check_color(color: str | None) -> None:
    """Pass a colour or none. Raises Invalid for anything but ``#rgb``, ``#rrggbb`` and ``#rrggbbaa``."""
    if color is not None and not COLOR.fullmatch(color):
        raise Invalid(Fault(("color",), "color"))


def exactly(color: str | None) -> str | None:
    """How colours are seen where they are shown as they are kept."""
    return color


def known_ids(ids: Iterable[int]) -> list[int]:
    """Each id once, without those that no row can have. Raises Invalid for more than one operation takes."""
    wanted = list(dict.fromkeys(id for id in ids if 0 < id <= LARGEST_ID))
    if len(wanted) > MOST_IDS:
        raise Invalid(Fault(("ids",), "too_many", MOST_IDS))
    return wanted
