"""How many words a text has, and how long reading it takes. Pure."""

from __future__ import annotations

import re
from typing import Final

WORDS_A_MINUTE: Final = 230
# Scripts without blanks between words, by how many characters a word has on the average. Korean has blanks.
_HAN_AND_KANA: Final = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SOUTHEAST_ASIAN: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_PER_WORD: Final = ((_HAN_AND_KANA, 2), (_SOUTHEAST_ASIAN, 4))
_BETWEEN: Final = re.compile(r"[\s/\u2012-\u2015\u2026]+")  # white space, slashes, dashes (no hyphens), ellipses


def count_words(text: str) -> int:
    """The words of a text: runs between blanks that hold a letter or a digit; ``well-known`` is one.

    Characters of scripts that are written without blanks are counted and divided: two of Chinese and Japanese are a
    word, four of Thai, Lao, Burmese and Khmer.
    """
    words = 0
    if not text.isascii():
        for script, per_word in _PER_WORD:
            text, characters = script.subn(" ", text)
            words += -(-characters // per_word)
    return words + sum(any(map(str.isalnum, run)) for run in _BETWEEN.split(text))


def reading_minutes(words: int) -> int:
    """How many minutes so many words take, rounded up; 0 for none."""
    return -(-words // WORDS_A_MINUTE)
