"""NC-8.1: hierarchies as text, step by step, whatever their depth and wherever the steps are parted."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from models.rows import FolderRow
from rest_compat.nextcloud.trees import TreeWriter
from schema.outline import Enter, Leave

NOW = datetime(2026, 1, 2, tzinfo=UTC)
DEEP = 3_000

TREES = st.recursive(
    st.integers(1, 99) | st.none(),  # a bookmark, or a folder that is not expanded
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=20,
)


def folder(number):
    return FolderRow(number, "", None, f'"{number}', "", None, None, 0, NOW, NOW, None)


def writer():
    return TreeWriter(lambda row: {"id": row.id, "title": row.name}, lambda id: {"bookmark": id})


def steps_of(tree):
    """The steps of a list of children, and what they must be as JSON."""
    steps, items = [], []
    for child in tree:
        if isinstance(child, int):
            steps.append(child)
            items.append({"bookmark": child})
        elif child is None:
            steps.append(Enter(folder(7), expanded=False))
            items.append({"id": 7, "title": '"7'})
        else:
            inner, expected = steps_of(child)
            steps += [Enter(folder(8), expanded=True), *inner, Leave(folder(8))]
            items.append({"id": 8, "title": '"8', "children": expected})
    return steps, items


@given(st.lists(TREES, max_size=5), st.integers(1, 7))
def test_s03_children_are_there_exactly_where_they_were_asked_for(tree, size):
    """S03: a folder whose contents were not asked for has no such key, an empty one has an empty list."""
    steps, expected = steps_of(tree)
    written = writer()
    text = b"".join(written.write(steps[start : start + size]) for start in range(0, len(steps), size))

    assert expected == json.loads(b"[" + text + b"]")


def test_a_deep_tree_is_written_without_recursion():
    steps = [Enter(folder(1), expanded=True)] * DEEP + [5] + [Leave(folder(1))] * DEEP
    text = writer().write(steps).decode()

    assert (DEEP, DEEP, 1) == (text.count('"children":['), text.count("]}"), text.count('"bookmark":5'))
    assert text.endswith('{"bookmark":5}' + "]}" * DEEP)


def test_only_folders_where_no_bookmark_is_asked_for():
    written = TreeWriter(lambda row: {"id": row.id})

    assert b'{"id":1,"children":[]},{"id":2}' == written.write(
        [3, Enter(folder(1), expanded=True), 4, Leave(folder(1)), 5, Enter(folder(2), expanded=False), 6]
    )
