"""``tag_names``: how a linkding client's list becomes names of tags (LD-TAGN-2 to 4)."""

from __future__ import annotations

from collections.abc import Iterable

from models.text import tag_key


def split(items: Iterable[str]) -> list[str]:
    """Return the names that the items hold: joined, split at commas, stripped, without empty ones (LD-TAGN-2).

    A name that comes twice without regard to case stays once, at its first place and in its last spelling
    (LD-TAGN-4). Blanks inside a name are kept here. linkding makes hyphens of them (LD-TAGN-3), but a tag with blanks
    that was made at another door must survive a round trip, so the operation hyphenates
    (``models.text.hyphenate``) only what no existing tag is called; since ``x y`` may then meet ``x-y``, it also
    unites once more.
    """
    names = {}
    for piece in ",".join(items).split(","):
        if name := piece.strip():
            names[tag_key(name)] = name
    return list(names.values())
