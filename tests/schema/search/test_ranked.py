"""What is typed into a search box: its parts, and the levels they are looked for at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.queries.ranked import Meant
from models.queries.tree import Needle
from schema.errors import Invalid
from schema.search.ranked import MOST_CHARACTERS, exact_levels, forgiving_levels, parse
from schema.search.snippets import LENGTH, Piece, snippet

PATH = ("q",)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one", [("one",)]),
        ("  One\ttwo\n", [("one",), ("two",)]),
        ('"one two" three', [("one", "two"), ("three",)]),
        ('node.js "C++"', [("node", "js"), ("c",)]),
        ('"unclosed one', [("unclosed",), ("one",)]),
        ('say"hello world"now', [("say",), ("hello", "world"), ("now",)]),
        ("one ONE öne", [("one",)]),
        ("東京 タワー", [("東", "京"), ("タ", "ワ", "ー")]),
        ("NOT one OR two*", [("not",), ("one",), ("or",), ("two",)]),
        ('title:one -two ^three NEAR(a b, 2) {x}:y "" ""', [
            ("title", "one"), ("two",), ("three",), ("near", "a"), ("b",), ("2",), ("x", "y"),
        ]),
    ],
)  # fmt: skip
def test_a_text_is_parts_that_must_all_be_there(text, parts):
    assert parts == list(parse(text, PATH).parts)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "blank"),
        (" \t ", "blank"),
        ('"!?" - *', "blank"),
        ("a\0b", "nul"),
        ("\ud800", "surrogate"),
        ("a" * (MOST_CHARACTERS + 1), "too_long"),
        (" ".join(f"w{n}" for n in range(33)), "too_many"),
    ],
)
def test_a_text_that_asks_for_nothing_or_too_much_is_refused(text, rule):
    with pytest.raises(Invalid) as refusal:
        parse(text, PATH)

    assert [(PATH, rule)] == [(fault.path, fault.rule) for fault in refusal.value.faults]


def test_the_levels_go_from_the_title_outwards():
    """Each finds what the one before it finds, and leaves that out."""
    levels = exact_levels(7, parse("Running dogs", PATH))
    spelled, stems = ((("7wrunning",),), (("7wdogs",),)), ((("7srun",),), (("7sdog",),))
    phrase = Needle(((("7wrunning", "7wdogs"),),), "A")
    title = Needle(spelled, "A")
    wider = [Needle(stems, weights) for weights in ("A", "AB", "ABC", "ABCD")]

    assert [6, 5, 4, 3, 2, 1] == [level.rank for level in levels]
    assert [phrase, title, *wider] == [level.needle for level in levels]
    assert [(), (phrase,), (title,), *((needle,) for needle in wider[:3])] == [level.better for level in levels]


def test_a_door_that_searches_fewer_texts_has_fewer_levels():
    levels = exact_levels(7, parse("dogs", PATH), "AC")

    assert [(5, "A"), (4, "A"), (2, "AC")] == [(level.rank, level.needle.weights) for level in levels]


def test_what_may_be_meant_comes_after_what_is_near():
    levels = forgiving_levels(7, [Meant("dgo", ("dog",), ("dogma", "dogs"))])
    near, every = (("7sdgo",), ("7sdog",)), (("7sdgo",), ("7sdog",), ("7sdogma",))

    assert [8, 7, 6, 5, 4, 3, 2, 1] == [level.rank for level in levels]
    assert [(near,)] * 4 + [(every,)] * 4 == [level.needle.groups for level in levels]
    assert (Needle((near,), "ABCD"),) == levels[4].better
    assert (Needle((near,), "ABCD"), Needle((every,), "ABC")) == levels[7].better


@given(st.text(max_size=200))
def test_no_text_is_more_than_words(text):
    """Whatever is typed is refused, or is words without anything that a database might read as its own language."""
    try:
        asked = parse(text, PATH)
    except Invalid:
        return
    assert all(word.isalnum() for part in asked.parts for word in part)
    assert asked.words


def shown(pieces):
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("texts", "stems", "expected"),
    [
        (["Learn to brew tea"], {"brew"}, "Learn to [brew] tea"),
        (["Brewing, brewed"], {"brew"}, "[Brewing], [brewed]"),
        (["nothing", "", "the École"], {"ecol"}, "the [École]"),
        (["first text", "second"], {"x"}, "first text"),
        (["", ""], {"x"}, ""),
        (["東京タワー"], {"東", "京"}, "[東京]タワー"),
        (["<b>tea</b> & \n\n more"], {"tea"}, "<b>[tea]</b> & more"),
        (["ẞtrasse İstanbul ﬁne"], {"fine"}, "ẞtrasse İstanbul [ﬁne]"),
    ],
)
def test_a_snippet_shows_what_was_found(texts, stems, expected):
    assert expected == shown(snippet(texts, frozenset(stems)))


def test_a_long_text_is_cut_around_the_first_match():
    text = "word " * 100 + "needle " + "tail " * 100
    pieces = snippet([text], frozenset({"needl"}))
    cut = shown(pieces)

    assert cut.startswith("…word ")
    assert cut.endswith(" tail…")
    assert "[needle]" in cut
    assert LENGTH + 2 >= sum(len(piece.text) for piece in pieces)


@given(st.text(max_size=500), st.sets(st.text(alphabet="abc ", max_size=3)))
def test_a_snippet_is_a_stretch_of_the_text(text, stems):
    """Joined, the pieces are the text, but for white space and what is left out at the ends."""
    pieces = snippet([text], frozenset(stems))
    joined = "".join(piece.text for piece in pieces)

    assert joined.strip("…") in " ".join(text.split()) or "…" in text
    assert all(piece.text for piece in pieces)
    assert Piece("") not in pieces
