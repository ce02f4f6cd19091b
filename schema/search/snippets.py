"""The few words around what was found, as pieces of plain text: none of it is markup, so whoever shows it escapes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.words import match_words, stems_of

LENGTH = 200  # characters
BEFORE = 60  # of them before the first word that was found
LOOKED_AT = 10_000  # characters of a text
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a snippet, and whether it is what was found."""

    text: str
    is_match: bool = False


def snippet(texts: Iterable[str], stems: frozenset[str]) -> list[Piece]:
    """Some 200 characters of the first of the texts that holds a word of these stems; of the first at all if none does.

    White space is made one blank, and what is left out at either end is an ellipsis.
    """
    first = ""
    for given in texts:
        text = " ".join(given[:LOOKED_AT].split())
        found = _found(text, stems)
        if found:
            return _cut(text, found, start=max(0, found[0][0] - BEFORE))
        first = first or text
    return _cut(first, [], start=0) if first else []


def _found(text: str, stems: frozenset[str]) -> list[tuple[int, int]]:
    """Where the words begin and end, those that touch each other taken together."""
    words = list(match_words(text))
    spans: list[tuple[int, int]] = []
    for (start, end, _), stem in zip(words, stems_of([word for _, _, word in words]), strict=True):
        if stem not in stems:
            continue
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _cut(text: str, found: list[tuple[int, int]], *, start: int) -> list[Piece]:
    if start:  # at a blank, if one is near
        blank = text.find(" ", start, found[0][0]) if found else -1
        start = blank + 1 if blank >= 0 else start
    stop = min(len(text), start + LENGTH)
    if stop < len(text):
        blank = text.rfind(" ", start, stop)
        stop = blank if blank > (found[0][1] if found else start) else stop
    pieces: list[Piece] = []
    at = start
    for begin, end in found:
        if begin >= stop:
            break
        pieces += [Piece(text[at:begin]), Piece(text[begin : min(end, stop)], is_match=True)]
        at = min(end, stop)
    pieces.append(Piece(text[at:stop]))
    before, behind = (ELLIPSIS if start else ""), (ELLIPSIS if stop < len(text) else "")
    return [piece for piece in (Piece(before), *pieces, Piece(behind)) if piece.text]
