# ruff: noqa: RUF001 - letters that look alike are what these tests are about
import itertools
import sys
import unicodedata

import pytest
import pyuca
from hypothesis import given
from hypothesis import strategies as st

from models import text

SURROGATES = st.integers(0xD800, 0xDFFF).map(chr)
# st.text() leaves surrogates out; these are texts as a JSON decoder may hand them over.
ROUGH_TEXT = st.lists(st.one_of(st.text(max_size=5), SURROGATES, st.just("\0")), max_size=8).map("".join)
ORDER = [
    "_under", "(paren)", "😀", "1one", "äpfel", "Apple", "banana", "e a", "e-b", "ea", "éa", "eb", "https://…", "Oak",
    "Ökotest", "Zebra", "日本",
]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ÄPFEL", "äpfel"),
        ("straße", "straße"),
        ("STRAẞE", "straße"),
        ("ΑΣΣΑΣ", "ασσασ"),
        ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύσ"),
        ("ᾈ", "ᾀ"),
        ("ﬁle", "ﬁle"),
        ("İ", "İ"),
        ("é", "é"),
        ("ＡＢ", "ａｂ"),
        ("\u212a", "k"),  # the Kelvin sign
        ("ſ", "s"),
    ],
)
def test_ld_q_2_folding_is_simple(written, expected):
    """Case goes, length stays: no NFKC, no ``ss`` for ``ß``, no accents stripped."""
    assert expected == text.fold(written)


def folded_one_by_one(written):
    """What ``fold`` promises, said the slow way."""
    small = [next((way for way in (one.casefold(), one.lower()) if len(way) == 1), one) for one in written]
    return "".join(small)


EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))


@given(st.one_of(ROUGH_TEXT, st.text(st.sampled_from("ßẞİΣΐﬁᾈŉǰԱև\ud800aB")), st.just(EVERY_CHARACTER)))
def test_ld_q_2_folding_a_text_is_folding_each_of_its_characters(written):
    assert folded_one_by_one(written) == text.fold(written)


def test_folding_looks_a_character_up_once_however_often_it_stands_there(monkeypatch):
    """A megabyte with one ``ß`` in it must not hold everybody up for a second."""
    looked_up = []
    real = text._fold_one
    monkeypatch.setattr(text, "_fold_one", lambda character: looked_up.append(character) or real(character))

    assert "aßb" * 1000 == text.fold("AßB" * 1000)
    assert ["A", "B", "ß"] == sorted(looked_up)


def test_ld_q_2_strasse_does_not_find_strasse_with_sharp_s():
    assert text.fold("strasse") not in text.fold("die Straße")


def test_every_character_folds_to_one_character_that_stays():
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    folded = [text.fold(character) for character in every]

    assert {1} == set(map(len, folded))
    assert folded == [text.fold(character) for character in folded]


@given(st.text(), st.text())
def test_folding_knows_no_context(one, other):
    assert text.fold(one) + text.fold(other) == text.fold(one + other)


@given(st.text(alphabet="aAßẞİäÄΣσςſKﬁŉ𐐀"))
def test_folding_goes_character_by_character(written):
    assert "".join(map(text.fold, written)) == text.fold(written)


def test_search_text_holds_the_four_fields_folded():
    assert "tä\x1fd \x1fu\x1fn" == text.search_text("TÄ", "D\x1f", "U", "n")


@given(st.lists(st.text(alphabet="aB \x1f"), min_size=4, max_size=4))
def test_search_text_has_three_separators_whatever_the_fields_hold(fields):
    assert 3 == text.search_text(*fields).count(text.SEPARATOR)


@given(st.text(alphabet="aBß \x1f", max_size=6), st.text(alphabet="aBß \x1f", max_size=6))
def test_a_term_is_found_in_the_text_that_holds_it(before, term):
    assert text.search_term(term) in text.search_text("x", before + term, "", "")


def test_ld_sort_1_titles_sort_as_linkding_sorts_them():
    """Whatever order they come in."""
    assert ORDER == sorted(set(ORDER), key=lambda title: text.collation_key(title, ""))


def test_ld_sort_1_the_address_stands_in_for_an_empty_title():
    assert text.collation_key("https://a.example", "x") == text.collation_key("", "https://a.example")


@given(st.text(max_size=60), st.text(max_size=60))
def test_byte_order_is_collation_order(one, other):
    collator = _collator()
    expected = collator.sort_key(one) < collator.sort_key(other)

    assert expected == (text.collation_key(one, "") < text.collation_key(other, ""))


@given(st.text(alphabet=st.characters(max_codepoint=127), min_size=1, max_size=200))
def test_the_way_for_ascii_gives_the_collators_own_key(title):
    expected = b"".join(weight.to_bytes(2, "big") for weight in _collator().sort_key(title))

    assert expected[:1024] == text.collation_key(title, "")


def test_no_two_ascii_characters_collate_as_one():
    """What the way for ASCII rests on: each pair's elements are those of the two."""
    collator = _collator()
    singles = {code: collator.collation_elements(chr(code)) for code in range(128)}

    for one, other in itertools.product(range(128), repeat=2):
        assert singles[one] + singles[other] == collator.collation_elements(chr(one) + chr(other))


@given(ROUGH_TEXT, ROUGH_TEXT)
def test_a_collation_key_is_never_empty_and_never_odd(title, address):
    """Lone surrogates and U+0000 do not disturb it either."""
    key = text.collation_key(title, address)

    assert 0 < len(key) <= 1024
    assert 0 == len(key) % 2


def test_a_collation_key_stops_at_200_characters_and_1024_bytes():
    assert 1024 == len(text.collation_key("日" * 10_000, ""))
    assert text.collation_key("é" * 200, "") == text.collation_key("é" * 200 + "z", "")


@pytest.mark.parametrize(("one", "other"), [("News", "nEWS"), ("ÄÖ", "äö"), ("ΟΔΟΣ", "οδος")])
def test_tags_are_the_same_without_case(one, other):
    assert text.tag_key(one) == text.tag_key(other)


def test_tags_with_and_without_accents_differ():
    assert text.tag_key("e") != text.tag_key("é")
    assert text.tag_key("strasse") != text.tag_key("straße")


@pytest.mark.parametrize(
    ("name", "expected"), [("x y", "x-y"), ("a  b", "a--b"), ("a\tb\u00a0c", "a\tb\u00a0c"), ("#a!b", "#a!b")]
)
def test_ld_tagn_3_only_the_blank_becomes_a_hyphen(name, expected):
    assert expected == text.hyphenate(name)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("", None), ("ü😀\ufffd", None), ("a\0", "nul"), ("\ud800", "surrogate"), ("\udfff\0", "nul")],
)
def test_bad_text_is_named(written, expected):
    assert expected == text.find_bad_text(written)


def test_the_first_surrogate_is_found():
    assert "\ude00" == text.find_surrogate("ü\ude00\ud83d")


@given(ROUGH_TEXT)
def test_mended_text_has_nothing_bad_and_its_old_length(written):
    mended = text.mend_text(written)

    assert text.find_bad_text(mended) is None
    assert len(written) == len(mended)
    assert all(
        new == ("\ufffd" if old == "\0" or unicodedata.category(old) == "Cs" else old)
        for old, new in zip(written, mended, strict=True)
    )


def _collator():
    if not hasattr(_collator, "made"):
        _collator.made = pyuca.Collator()
    return _collator.made
