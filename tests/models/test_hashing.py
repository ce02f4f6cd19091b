import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.hashing import FUNCTIONS, FolderNode, TreeHash, bookmark_text, folder_text

B1 = {"title": "Example", "url": "https://example.org/"}
B2 = {"title": 'Grüße "x" / y', "url": "https://example.org/a?b=1&c=2"}
SCRIPT = {"title": "JS", "url": "javascript:void(0)"}

# The contract's vectors (NC-9, S06): sha256, murmur3a, xxh32.
VECTORS = {
    "b1": ("7d789679a30e6acfd0cc76bb63ec5eee57d6d5a742edca6111f8f6495821f79a", "fa9bdf42", "44be8156"),
    "b2": ("8d10ef28170e975e71417a937bb7b60e46678ef27433a5a99d0f129e39c49074", "3e5afb08", "2524b3bd"),
    "script": ("9049ffdf06ab51804fcaa6b385548917046a3682aa7955b5c5b8cc5632a7c409", "c69fd921", "33acad0c"),
    "folder": ("3f35fe9a62ef1115553cfb93dca12fa679dbc3807ee288364dd63184bd1c494b", "8bf429e2", "88c8a4c1"),
    "empty": ("5b85eba27aef6f5c76d87f2cdc4f09e699de0a45ce560c67c2bf8f99b04133ff", "03778830", "ba65fa35"),
    "root": ("6df75ce3e5eedf5ba594d6f929861d1d0fbf10b56c7d9f0c723891f2d9d96885", "adf7f659", "26f3ecf9"),
    "empty_root": ("7fd8e0f003dc9ebca97c658f0a569e1758894f9c27166bdf34ee9c429572eda1", "90c441a8", "755bcfc7"),
}

EACH_FUNCTION = pytest.mark.parametrize(("function", "column"), [("sha256", 0), ("murmur3a", 1), ("xxh32", 2)])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))  # lone surrogates are refused before they are stored


def compact(value):
    """What PHP and JavaScript write."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@EACH_FUNCTION
def test_s06_bookmarks_hash_as_the_contract_says(function, column):
    hashed = [FUNCTIONS[function](bookmark_text(record)) for record in (B1, B2, SCRIPT)]

    assert [VECTORS[name][column] for name in ("b1", "b2", "script")] == hashed


@EACH_FUNCTION
def test_s06_folders_hash_as_the_contract_says(function, column):
    tree = TreeHash(function, 1)
    tree.add_bookmark(1, 2, 10, B1)
    tree.add_folder(FolderNode(2, 1, 1, "Folder", 0))
    tree.add_bookmark(2, 2, 11, B2)
    tree.add_bookmark(2, 1, 10, B1)
    tree.add_folder(FolderNode(1, None, 0, None, 0))
    tree.finish()

    assert VECTORS["root"][column] == tree.value
    assert VECTORS["folder"][column] == next(node.value for node in tree.made if node.id == 2)


@EACH_FUNCTION
def test_s06_empty_folders_hash_as_the_contract_says(function, column):
    hashed = [FUNCTIONS[function](folder_text(title, [])) for title in ("Empty", None)]

    assert [VECTORS["empty"][column], VECTORS["empty_root"][column]] == hashed


@pytest.mark.parametrize("function", ["murmur3a", "xxh32"])
def test_short_hashes_have_always_eight_digits(function):
    assert {8} == {len(FUNCTIONS[function](b"%d" % number)) for number in range(1000)}


@given(st.lists(st.tuples(st.sampled_from(["title", "url", "description", "tags"]), TEXTS | st.lists(TEXTS))))
def test_a_bookmark_is_hashed_as_compact_json_in_the_order_of_the_fields(fields):
    assert compact(dict(fields)) == bookmark_text(dict(fields))


@given(TEXTS, st.lists(st.binary().map(lambda text: sha256(text).hexdigest())))
def test_a_folder_is_hashed_as_compact_json(title, children):
    assert compact({"title": title, "children": children}) == folder_text(title, children)
    assert compact({"children": children}) == folder_text(None, children)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('/ " \\', r"/ \" \\"),
        ("\b\f\n\r\t", r"\b\f\n\r\t"),
        ("\x01\x0b\x1f", r"\u0001\u000b\u001f"),
        ("\x7f\x80ü\u2028\u2029\ufeff😀", "\x7f\x80ü\u2028\u2029\ufeff😀"),
    ],
)
def test_only_what_json_must_escape_is_escaped(text, written):
    assert f'{{"title":"{written}"}}'.encode() == bookmark_text({"title": text})


def test_children_come_by_position_then_folders_first_then_by_id():
    tree = TreeHash("sha256", 1)
    tree.add_folder(FolderNode(1, None, 0, None, 0))
    for position, id in ((5, 9), (5, 8), (4, 7)):
        tree.add_bookmark(1, position, id, {"title": str(id)})
    for position, id, value in ((5, 30, "f30"), (5, 20, "f20"), (3, 40, "f40")):
        tree.add_folder(FolderNode(id, 1, position, "A folder", 0, value))
    tree.finish()
    seven, eight, nine = (sha256(bookmark_text({"title": title})).hexdigest() for title in "789")

    assert sha256(folder_text(None, ["f40", seven, "f20", "f30", eight, nine])).hexdigest() == tree.value


def test_a_tree_a_thousand_deep_is_hashed():
    tree = TreeHash("xxh32", 1)
    for id in range(1, 1001):
        tree.add_folder(FolderNode(id, id - 1 or None, 0, "deeper", 0))
    tree.finish()

    assert list(range(1, 1001)) == [node.id for node in tree.made]
