"""Words and minutes of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.reading_time import count_words, reading_minutes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n\t", 0),
        ("One two,\nthree!", 3),
        ("well-known isn't 3.14 e.g.", 4),
        ("| a | b |\n|---|---|", 2),
        ("before—after 1914–1918 and/or", 6),  # noqa: RUF001 - dashes
        ("Grüße aus Köln", 3),
        ("हिन्दी में लिखा", 3),
        ("한국어는 띄어 씁니다", 3),
        ("我們今天去河邊散步", 5),
        ("日本語と English の混在", 5),
        ("ภาษาไทยไม่เว้น", 4),
        ("👩‍👩‍👧 !", 0),
    ],
)
def test_words_are_counted_as_people_would(text, words):
    assert words == count_words(text)


@pytest.mark.parametrize(("words", "minutes"), [(0, 0), (1, 1), (230, 1), (231, 2), (2300, 10)])
def test_minutes_are_rounded_up(words, minutes):
    assert minutes == reading_minutes(words)


@given(st.text())
def test_any_text_has_a_number_of_words(text):
    assert 0 <= count_words(text) <= len(text)
    assert count_words(text) + 1 == count_words(text + " word")
