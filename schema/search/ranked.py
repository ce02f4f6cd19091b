"""What somebody types into a search box, as levels of likeness for the ranked index (models/queries/ranked.py).

Words are joined by AND; what stands between double quotes, or is written without a blank between its words
(``node.js``, a run of Han), is a phrase. There are no operators: every other character is a blank. An address is found
as it is pasted: its scheme and ``www`` are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import unquote

from models.queries.ranked import Level, Meant
from models.queries.tree import Needle, Phrase
from models.words import spelled, stemmed, words_of
from schema.errors import Fault, Invalid
from schema.resolvers.texts import check_texts

MOST_CHARACTERS = 1_000
MOST_WORDS = 32
MOST_EXPANDED = 6  # words of a query that are looked up in the vocabulary
SCOPES = ("A", "AB", "ABC", "ABCD")  # how far from the title words are looked for, level by level
EVERY_FIELD = "ABCD"
_PART = re.compile(r'"([^"]*)"|([^\s"]+)')
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://(?:www\.)?|www\.)(?=[^\W_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as its parts, each a phrase of one word or more, folded."""

    parts: tuple[Phrase, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Every word, once."""
        return tuple(dict.fromkeys(chain.from_iterable(self.parts)))


def parse(text: str, path: tuple[str, ...]) -> Asked:
    """The parts of a text.

    Raises Invalid, at ``path``, for text that no database can hold, for one of over 1,000 characters or 32 words, and
    for one without a word.
    """
    check_texts(((path, text),))
    if len(text) > MOST_CHARACTERS:
        raise Invalid(Fault(path, "too_long", MOST_CHARACTERS))
    found = (_words(quoted or bare) for quoted, bare in _PART.findall(text))
    parts = tuple(dict.fromkeys(tuple(words) for words in found if words))
    if not parts:
        raise Invalid(Fault(path, "blank"))
    if sum(map(len, parts)) > MOST_WORDS:
        raise Invalid(Fault(path, "too_many", MOST_WORDS))
    return Asked(parts)


def _words(part: str) -> list[str]:
    """The words of a part; of an address, which people paste, those that the index has of it (``address_words``)."""
    found = _ADDRESS.match(part)
    return words_of(part if found is None else unquote(part[found.end() :]), MOST_CHARACTERS)


def exact_levels(owner_id: int, asked: Asked, fields: str = EVERY_FIELD) -> list[Level]:
    """Whole words and their stems.

    6 is for the very words in a row in the title, 5 for all in the title as they are spelled, 4 for their stems in the
    title, 3 in tags too, 2 in description and address too, 1 anywhere.
    """
    as_spelled = tuple((tuple(spelled(owner_id, part)),) for part in asked.parts)
    stems = tuple((tuple(stemmed(owner_id, part)),) for part in asked.parts)
    wanted: list[tuple[int, Needle]] = []
    if len(asked.parts) > 1:
        wanted.append((6, Needle(((tuple(chain.from_iterable(group[0] for group in as_spelled)),),), "A")))
    wanted.append((5, Needle(as_spelled, "A")))
    wanted += [(4 - step, Needle(stems, scope)) for step, scope in enumerate(_scopes(fields)) if scope]
    return _chain(wanted)


def forgiving_levels(owner_id: int, choices: Sequence[Meant], fields: str = EVERY_FIELD) -> list[Level]:
    """Words that may have been meant: 8 to 5 near ones, 4 to 1 all of them; from the title to anywhere, as above."""
    near = [(choice.word, *choice.near) for choice in choices]
    every = [(*words, *choice.others) for words, choice in zip(near, choices, strict=True)]
    levels: list[Level] = []
    for rank, sets in ((8, near), (4, every)):
        groups = tuple(tuple((stem,) for stem in dict.fromkeys(stemmed(owner_id, words))) for words in sets)
        wanted = [(rank - step, Needle(groups, scope)) for step, scope in enumerate(_scopes(fields)) if scope]
        levels += _chain(wanted, beyond=tuple(level.needle for level in levels[-1:]))
    return levels


def _scopes(fields: str) -> list[str]:
    """The weights of each step, as far as the fields are searched; empty where a step adds none."""
    steps: list[str] = []
    for scope in SCOPES:
        chosen = "".join(weight for weight in scope if weight in fields)
        steps.append("" if chosen in steps else chosen)
    return steps


def _chain(wanted: Sequence[tuple[int, Needle]], *, beyond: tuple[Needle, ...] = ()) -> list[Level]:
    """Levels of which each finds what the one before it finds, and leaves that out, with all that is ``beyond``."""
    before: list[tuple[Needle, ...]] = [(), *((needle,) for _, needle in wanted)]
    return [Level(rank, needle, (*beyond, *better)) for (rank, needle), better in zip(wanted, before, strict=False)]
