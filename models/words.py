"""Texts as words for ranked search: folded, cut into words, stemmed, and marked with their owner. All pure.

Both databases are given ready words (docs/decisions/0018-ranked-search.md), so both find the same rows. A word is a run
of letters and digits; a character of a script that is written without blanks is a word of its own, and a run of them is
looked for as a phrase. What these functions return is kept: after a change here ``polymark reindex`` brings old rows up
to date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote

import Stemmer

# How many words of each text are found; with WORD_BYTES they keep a row inside PostgreSQL's limit for a tsvector.
MOST = {"title": 500, "tags": 500, "description": 2_000, "address": 200, "notes": 3_000, "content": 6_000}
LONGEST = 10  # characters a word, on the average, that are looked at: a text may be a megabyte
WORD_BYTES = 48  # a longer word is cut, and so is one that is looked for
BETWEEN = "z"  # stands between tags, so that no phrase reaches from one into the next; no marked word is like it
VOCABULARY = range(3, 33)  # lengths of the words in which typing errors are forgiven

# Scripts without blanks between words: Thai to Myanmar, Khmer, kana, Han, Hangul.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"(?=[^\W_])[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ACCENT = re.compile("[\u0300-\u036f]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?://)?(?:www\.)?", re.IGNORECASE)


def fold_words(text: str) -> str:
    """The text as words are compared: compatible forms made one (NFKC), without case, without accents."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", folded)))


def words_of(text: str, most: int) -> list[str]:
    """The first words of a text, folded, in its order."""
    folded = fold_words(text[: most * LONGEST])
    found: list[str] = (_ASCII_WORD if folded.isascii() else _WORD).findall(folded)
    return [word if len(word) <= WORD_BYTES // 4 else _cut(word) for word in found[:most]]


def address_words(url: str) -> list[str]:
    """The words of an address, without its scheme and ``www``, escapes decoded."""
    most = MOST["address"]
    text = url[: most * LONGEST]
    return words_of(unquote(_SCHEME.sub("", text, count=1)), most)


def stems_of(words: Sequence[str]) -> list[str]:
    """The words' stems, one for one, by English rules whatever the language: both sides are cut alike."""
    stems: list[str] = _stemmer().stemWords(words)
    return stems


def spelled(owner_id: int, words: Iterable[str]) -> list[str]:
    """Words as they are spelled, marked with their owner."""
    mark = f"{owner_id}w"
    return [mark + word for word in words]


def stemmed(owner_id: int, words: Sequence[str]) -> list[str]:
    """Stems of the words, marked with their owner."""
    mark = f"{owner_id}s"
    return [mark + stem for stem in stems_of(words)]


def ranked_columns(
    owner_id: int, title: str, description: str, url: str, notes: str, tags: Iterable[str]
) -> tuple[dict[str, str], set[str]]:
    """The columns of a bookmark's row of ranked text, but the page's; and the words that go into the vocabulary."""
    texts = {
        "title": words_of(title, MOST["title"]),
        "description": words_of(description, MOST["description"]),
        "address": address_words(url),
        "notes": words_of(notes, MOST["notes"]),
    }
    columns = {name: " ".join(stemmed(owner_id, words)) for name, words in texts.items()}
    columns["spelled"] = " ".join(spelled(owner_id, texts["title"]))
    labels = [words_of(tag, MOST["tags"]) for tag in sorted(tags)]
    marked = [word for label in labels for word in (*stemmed(owner_id, label), BETWEEN)]
    columns["tags"] = " ".join(marked[: MOST["tags"]])
    known = {word for words in (*texts.values(), *labels) for word in words}
    return columns, {word for word in known if is_forgiven(word)}


def content_column(owner_id: int, text: str) -> str:
    """The column of what the page says."""
    return " ".join(stemmed(owner_id, words_of(text, MOST["content"])))


def is_forgiven(word: str) -> bool:
    """Whether typing errors are looked for in the word: not in short ones, nor where digits tell of a number or id."""
    return len(word) in VOCABULARY and (word.isalpha() or 3 * sum(map(str.isdecimal, word)) <= len(word))


def match_words(text: str) -> Iterable[tuple[int, int, str]]:
    """Where the words of a text begin and end in it, and their stems, for marking what was found.

    A text whose folded form has another length is taken word by word as it is written.
    """
    for found in re.finditer(r"[^\W_]+", text):
        start = found.start()
        for piece in _pieces(found[0]):
            folded = words_of(piece, len(piece))
            if folded:
                yield start, start + len(piece), folded[0]
            start += len(piece)


def _pieces(run: str) -> list[str]:
    """A run of letters, characters of scripts without blanks apart."""
    return [run] if run.isascii() else _WORD.findall(run)


def _cut(word: str) -> str:
    """The word in at most WORD_BYTES bytes of UTF-8."""
    return word.encode()[:WORD_BYTES].decode(errors="ignore")


@cache
def _stemmer() -> Any:
    return Stemmer.Stemmer("english")
