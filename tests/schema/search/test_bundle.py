"""What a bundle asks for, against a model of it in plain Python (LD-BUN-6 to LD-BUN-9)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.queries.tree import And, Everything, Flag, HasTags, Not, Occurs, Tagged, all_of
from models.rows import BundleRow
from models.text import fold, tag_key
from schema.search.bundle import tree_of, words_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LETTERS = "aÄä#!\"'(),ß \t"
TEXTS = st.text(LETTERS, max_size=12)
NAMES = st.text(LETTERS, max_size=30)
SWITCH = st.sampled_from(["off", "yes", "no"])
BOOKMARK = st.fixed_dictionaries(
    {
        "text": st.text(LETTERS, max_size=20),
        "tags": st.sets(st.text("aÄä#,ß", min_size=1, max_size=2), max_size=5),
        "unread": st.booleans(),
        "public": st.booleans(),
    }
)


def bundle(**values):
    empty = dict.fromkeys(("search", "any_tags", "all_tags", "excluded_tags"), "")
    row = {"name": "n", "filter_unread": "off", "filter_shared": "off"} | empty | values
    return BundleRow(id=1, position=0, created_at=NOW, updated_at=NOW, **row)


BUNDLE = st.builds(
    bundle,
    search=TEXTS, any_tags=NAMES, all_tags=NAMES, excluded_tags=NAMES, filter_unread=SWITCH, filter_shared=SWITCH,
)  # fmt: skip


def is_true(tree, one):
    """The tree, of a bookmark as the strategy above makes them."""
    keys = {tag_key(name) for name in one["tags"]}
    match tree:
        case Everything():
            result = True
        case And(parts):
            result = all(is_true(part, one) for part in parts)
        case Not(part):
            result = not is_true(part, one)
        case Flag(name, value):
            result = one[name] is value
        case Tagged(name):
            result = tag_key(name) in keys
        case HasTags(names, every):
            result = (all if every else any)(tag_key(name) in keys for name in names)
        case Occurs(text, False):
            result = fold(text) in fold(one["text"])
    return result


def is_held(row, one):
    """The same, as the contract says it, part by part."""
    keys = [tag_key(name) for name in one["tags"]]

    def names(text):
        return [tag_key(name) for name in text.split(" ") if name]

    words = [word for word in row.search.split(" ") if word and word[0] not in "#!"]
    return (
        all(fold(word) in fold(one["text"]) for word in words)
        and (not names(row.any_tags) or any(name in keys for name in names(row.any_tags)))
        and all(name in keys for name in names(row.all_tags))
        and not any(name in keys for name in names(row.excluded_tags))
        and {"off": True, "yes": one["unread"], "no": not one["unread"]}[row.filter_unread]
        and {"off": True, "yes": one["public"], "no": not one["public"]}[row.filter_shared]
    )


@given(BUNDLE, BOOKMARK)
def test_a_tree_is_true_of_what_the_bundle_holds(row, one):
    """LD-BUN-6 to LD-BUN-9."""
    assert is_held(row, one) == is_true(tree_of(row), one)


def test_an_empty_bundle_is_true_of_everything():
    """LD-BUN-9."""
    assert Everything() == tree_of(bundle(search=" #a !b ", any_tags="  "))


@pytest.mark.parametrize("count", [0, 1, 8, 9, 512])
def test_a_tree_is_small_however_long_its_fields(count):
    """A few leaves for names, and one for each word, each once; nothing inside of anything."""
    names = " ".join(chr(0x4E00 + number) for number in range(count))
    tree = tree_of(bundle(search="a a b", any_tags=names, all_tags=names, excluded_tags=names))

    assert isinstance(tree, And)
    assert 2 + (3 if count > 8 else count + 2 if count else 0) == len(tree.parts)
    assert not any(isinstance(part, And) for part in tree.parts)


def test_words_stand_between_blanks_and_nothing_else():
    """LD-BUN-6."""
    assert ["a", "b\tc", '"d', 'e"', "(f"] == words_of(' a  b\tc "d e" #g !h (f a ')


def test_all_of_some_trees_is_flat():
    a, b, c = Tagged("a"), Tagged("b"), Tagged("c")

    assert And((a, b, c)) == all_of((And((a, b)), Everything(), c))
    assert a == all_of((a, Everything()))
    assert Everything() == all_of(())
