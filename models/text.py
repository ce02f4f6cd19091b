"""What the store compares instead of the text itself: folded, collated, lower-cased, mended. All pure.

What these functions return is kept in columns. Their answers follow Python's Unicode tables, so a new Python may
know a few new letters: rebuilding the search index brings old rows up to date.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pyuca

SEPARATOR = "\x1f"  # stands between the fields of a search text; no field holds one

_BAD = re.compile("[\0\ud800-\udfff]")
_COLLATED_CHARACTERS = 200  # nobody reads further, and a title may be a megabyte
_COLLATION_BYTES = 1024  # well inside PostgreSQL's 2,704 bytes an index row


def fold(text: str) -> str:
    """Return the text folded simply, character by character, so that its length stays the same (LD-Q-2).

    Each character becomes its casefold where that is one character, else its lower case where that is one, else it
    stays: ``Ä`` is ``ä`` and ``ẞ`` is ``ß``, but ``ß`` is not ``ss`` and ``é`` is not ``e``.
    """
    folded = text.casefold()
    if len(folded) == len(text):  # casefold knows no context and never shortens: each character became one
        return folded
    return text.translate({ord(character): _fold_one(character) for character in set(text)})  # each looked up once


def search_text(title: str, description: str, url: str, notes: str) -> str:
    """Return the one folded text in which words are looked for: the four fields with U+001F between them.

    A U+001F inside a field becomes a blank, so that no word is found across two fields.
    """
    fields = (title, description, url, notes)
    return fold(SEPARATOR.join([field.replace(SEPARATOR, " ") for field in fields]))


def search_term(text: str) -> str:
    """Return a word or phrase of a query in the form in which it stands in a ``search_text``."""
    return fold(text.replace(SEPARATOR, " "))


def collation_key(title: str, url: str) -> bytes:
    """Return the bytes by which titles sort: the address stands in for an empty title (LD-SORT-1).

    The order is Unicode's default collation (UTS 10), compared byte by byte, so every database sorts alike. Only the
    first 200 characters count, and the key has at most 1,024 bytes. It is never empty. The first call loads the
    collation table (some 12 MB, a tenth of a second or more).
    """
    text = (title or url)[:_COLLATED_CHARACTERS]
    weights = _ascii_weights(text) if text.isascii() else _collator().sort_key(text)
    packed = b"".join([weight.to_bytes(2, "big") for weight in weights])  # big end first: byte order is key order
    return packed[:_COLLATION_BYTES]


def tag_key(name: str) -> str:
    """Return the identity of a tag's name: two names are the same tag when this is equal (Unicode lower case)."""
    return name.lower()


def hyphenate(name: str) -> str:
    """Return linkding's spelling of a tag name: every U+0020 becomes a hyphen, one for one (LD-TAGN-3).

    Other white space stays. Whether to hyphenate at all depends on the tags that exist: a tag of exactly this name,
    made at another door, keeps its blanks. So the operation asks for this, not the decoder.
    """
    return name.replace(" ", "-")


def find_bad_text(text: str) -> str | None:
    """Say what keeps a text from being stored: ``nul`` for U+0000, ``surrogate`` for a lone one, None for neither."""
    if "\0" in text:
        return "nul"
    return None if find_surrogate(text) is None else "surrogate"


def find_surrogate(text: str) -> str | None:
    """Return the first lone surrogate of the text, as a character, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:  # surrogates are all that UTF-8 cannot hold
        return text[error.start]
    return None


def mend_text(text: str) -> str:
    """Return the text with every U+0000 and lone surrogate as U+FFFD: for pages and imports, which nobody can mend."""
    return text if find_bad_text(text) is None else _BAD.sub("\ufffd", text)


def _fold_one(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


@cache
def _collator() -> Any:
    return pyuca.Collator()  # reads its table, which is why it waits for the first title


@cache
def _ascii_elements() -> list[list[list[int]]]:
    """Return the collation elements of the 128 ASCII characters; none of them forms a contraction with another."""
    return [_collator().collation_elements(chr(code)) for code in range(128)]


def _ascii_weights(text: str) -> list[int]:
    """Do what pyuca's ``sort_key`` does, for ASCII only and several times as fast; most titles are ASCII."""
    table = _ascii_elements()
    elements = [element for code in text.encode() for element in table[code]]
    weights: list[int] = []
    for level in range(3):
        weights += [element[level] for element in elements if element[level]]
        weights.append(0)  # ends a level: below every weight
    return weights
