"""Texts as words: what counts as one, how it is folded, what is left of it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.words import (
    MOST,
    WORD_BYTES,
    address_words,
    content_column,
    fold_words,
    is_forgiven,
    match_words,
    ranked_columns,
    stems_of,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World_wide web!", ["hello", "world", "wide", "web"]),
        ("node.js C++ don't", ["node", "js", "c", "don", "t"]),
        ("École STRASSE Straße İstanbul", ["ecole", "strasse", "strasse", "istanbul"]),
        ("\ufb01ne \uff46ull \uff11\uff12 x²", ["fine", "full", "12", "x2"]),
        ("東京タワー", list("東京タワー")),
        ("Tokyo東京2020", ["tokyo", "東", "京", "2020"]),
        ("한국어", list("한국어")),
        ("が か\u3099", ["が", "が"]),  # composed: a voiced sound is no accent
        ("", []),
        ("!?-_ \x1f\u200b", []),
    ],
)
def test_words_are_runs_of_letters_and_digits(text, words):
    assert words == words_of(text, 50)


def test_accents_do_not_count_however_they_are_written():
    assert words_of("cafe\u0301", 5) == words_of("café", 5) == ["cafe"]


def test_only_the_first_words_of_a_text_are_found():
    assert ["a", "b"] == words_of("a b c", 2)


def test_a_long_word_is_cut_at_a_character():
    assert ["x" * WORD_BYTES] == words_of("x" * 100, 50)
    (word,) = words_of("ж" * 49, 50)

    assert WORD_BYTES >= len(word.encode())
    assert set(word) == {"ж"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://www.Example.com/Foo_bar?q=1#x", ["example", "com", "foo", "bar", "q", "1", "x"]),
        ("https://a.example/caf%C3%A9/%E6%9D%B1", ["a", "example", "cafe", "東"]),
        ("mailto:ann@a.example", ["ann", "a", "example"]),
        ("", []),
    ],
)
def test_an_address_is_words_without_scheme_and_www(url, words):
    assert words == address_words(url)


def test_stems_make_forms_of_a_word_equal():
    assert stems_of(["running", "runs"]) == ["run", "run"]
    assert stems_of(["brewing", "brewed", "brews"]) == ["brew"] * 3


def test_columns_are_marked_with_their_owner():
    columns, vocabulary = ranked_columns(17, "Running dogs", "Dd", "https://a.example", "N", ["b c", "Two dogs"])

    assert columns == {
        "spelled": "17wrunning 17wdogs",
        "title": "17srun 17sdog",
        "tags": "17stwo 17sdog z 17sb 17sc z",
        "description": "17sdd",
        "address": "17sa 17sexampl",
        "notes": "17sn",
    }
    assert {"running", "dogs", "two", "example"} == vocabulary
    assert "17spage" == content_column(17, "Pages")


def test_the_worst_bookmark_keeps_inside_what_postgresql_takes():
    """A tsvector has a megabyte for its words and their places; every word here is another, and as long as can be."""
    letters = [chr(code) for code in range(0x10330, 0x10330 + 24)]  # Gothic, four bytes each
    words = ("".join(letters[(number >> shift) % 24] for shift in range(12)) for number in range(10**6))

    def text(count):
        return " ".join(next(words) for _ in range(count))

    columns, _ = ranked_columns(
        2**31 - 1, text(500), text(2_000), "https://" + text(200), text(3_000), [text(3) for _ in range(200)]
    )
    columns["content"] = content_column(2**31 - 1, text(6_000))
    found = [word for column in columns.values() for word in column.split()]

    assert sum(len(word.encode()) + 6 for word in set(found)) < 2**20
    assert len(found) <= 16_383 - 7


@pytest.mark.parametrize(
    ("word", "forgiven"),
    [("word", True), ("ab", False), ("a" * 33, False), ("2024", False), ("h2o", True), ("f3a9c01b7d", False)],
)
def test_errors_are_forgiven_in_words_not_in_numbers_and_ids(word, forgiven):
    assert forgiven == is_forgiven(word)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once_for_words(text):
    """So a word of a cursor or of the vocabulary is found as itself."""
    for word in words_of(text, 100):
        assert [word] == words_of(word, 100) or fold_words(word) != word
        assert word.isalnum()
        assert len(word.encode()) <= WORD_BYTES


@given(st.text(max_size=80))
def test_marks_stand_where_the_words_are(text):
    """Each mark is inside the text, behind the one before, and covers something that folds to its word."""
    last = 0
    for start, end, word in match_words(text):
        assert last <= start < end <= len(text)
        assert word in words_of(text[start:end], 100)
        last = end


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=50))
def test_no_word_has_what_a_query_language_could_read(text):
    for word in words_of(text, 50):
        assert not set(word) & set(" '\"\\():&|!<>*^+-{}")
        assert unicodedata.category(word[0])[0] in "LNM"


def test_every_text_has_a_bound():
    assert sum(MOST.values()) + MOST["title"] < 16_383
