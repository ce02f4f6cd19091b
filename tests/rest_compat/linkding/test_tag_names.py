import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import tag_key
from rest_compat.linkding.tag_names import split


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], []),
        (["a"], ["a"]),
        (["a,b, c"], ["a", "b", "c"]),
        ([","], []),
        (["", " ", "\u3000,\t"], []),
        ([" a ", "\u00a0b\n"], ["a", "b"]),
        (["#news", "!x", '"q"', "(p)"], ["#news", "!x", '"q"', "(p)"]),
    ],
)
def test_ld_tagn_2_items_are_joined_and_split_at_commas(items, expected):
    assert expected == split(items)


@pytest.mark.parametrize("name", ["x y", "a  b", "a\tb", "a\u00a0b"])
def test_ld_tagn_3_white_space_inside_is_left_to_the_operation(name):
    assert [name] == split([f" {name} "])


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["Foo", "FOO", "foo"], ["foo"]),
        (["Foo,x", "FOO"], ["FOO", "x"]),
        (["Ä", "ä"], ["ä"]),
        (["e", "é"], ["e", "é"]),
    ],
)
def test_ld_tagn_4_the_last_spelling_wins(items, expected):
    assert expected == split(items)


ITEMS = st.lists(st.text(alphabet="aAäÄß, \u3000-", max_size=8), max_size=6)


@given(ITEMS)
def test_ld_tagn_splitting_twice_is_splitting_once(items):
    assert split(items) == split(split(items))


@given(ITEMS)
def test_ld_tagn_names_are_stripped_apart_and_without_commas(items):
    names = split(items)

    assert len(names) == len({tag_key(name) for name in names})
    assert all(name and name == name.strip() and "," not in name for name in names)
