"""Sections 6.1 and 7.1: tags have twelve words for their colours, groups have hex."""

from __future__ import annotations

from typing import get_args

import pytest

from rest_compat.bkmark.colors import SHADES, Color, hex_of, six_digits, word_of


def test_twelve_words_come_back_as_they_went():
    assert 12 == len(get_args(Color)) == len(set(SHADES.values()))
    assert list(get_args(Color)) == list(SHADES) == [word_of(hex_of(word)) for word in get_args(Color)]
    assert list(SHADES) == [word_of(shade.upper() + "80") for shade in SHADES.values()]


def test_no_colour_is_none():
    assert None is hex_of(None) is word_of(None) is six_digits(None)


@pytest.mark.parametrize(
    ("kept", "word"),
    [
        ("#f00", "red"), ("#F00", "red"), ("#ff0000", "red"), ("#ff0000cc", "red"), ("#ff0010", "red"),
        ("#800000", "red"), ("#0f0", "green"), ("#ffff00", "yellow"), ("#00f", "indigo"), ("#3366CC", "blue"),
        ("#a855f7", "violet"), ("#d946ef", "violet"), ("#f43f5e", "red"), ("#0ea5e9", "cyan"), ("#10b981", "teal"),
        ("#000", None), ("#ffffff", None), ("#777", None), ("#6b7280", None),
    ],
)  # fmt: skip
def test_another_colour_is_shown_as_the_nearest_hue_and_a_grey_as_none(kept, word):
    assert word == word_of(kept)


@pytest.mark.parametrize(
    ("kept", "shown"), [("#3366CC", "#3366CC"), ("#36c", "#3366cc"), ("#3366CC80", "#3366CC"), ("#000000", "#000000")]
)
def test_a_groups_colour_has_six_digits(kept, shown):
    assert shown == six_digits(kept)
