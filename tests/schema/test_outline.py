"""The way through a tree of folders, against a walk written down recursively."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from models.rows import FolderRow
from schema.outline import FIRST, LAST, Enter, Leave, plan

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def folder(id, parent_id, position=0):
    return FolderRow(id, "", parent_id, str(id), "", None, None, position, NOW, NOW, None)


@st.composite
def trees(draw):
    """Folders as ``below`` gives them: level by level, siblings by position and id; positions may be equal."""
    ids = range(2, draw(st.integers(2, 12)))
    rows = [folder(1, None), *(folder(id, draw(st.integers(1, id - 1)), draw(st.integers(-2, 2))) for id in ids)]
    levels = {1: 0}
    for row in rows[1:]:
        levels[row.id] = levels[row.parent_id] + 1
    return sorted(rows, key=lambda row: (levels[row.id], row.position, row.id))


bookmarks = st.dictionaries(st.integers(1, 11), st.lists(st.integers(-3, 3), max_size=4), max_size=11)


def walk(rows, places, depth, id=1):
    """What is met in a folder: ids of folders that are entered, negative ones that are left, and bookmarks as pairs."""
    found = []
    items = [(row.position, 0, row.id) for row in rows if row.parent_id == id]
    items += [(position, 1, number) for number, position in enumerate(places.get(id, []))]
    for position, is_bookmark, one in sorted(items):
        if is_bookmark:
            found.append((id, position))
            continue
        found.append(one)
        if depth is None or depth > 0:
            found += [*walk(rows, places, None if depth is None else depth - 1, one), -one]
    return found


@settings(max_examples=300, derandomize=True)
@given(trees(), bookmarks, st.none() | st.integers(0, 4))
def test_the_way_is_the_order_of_a_document(rows, places, depth):
    result = plan(rows, depth)
    met = []
    for step in result.way:
        match step:
            case Enter(row):
                met.append(row.id)
            case Leave(row):
                met.append(-row.id)
            case number:
                folder_id, low, high = result.segments[number]
                met += [(folder_id, at) for at in sorted(places.get(folder_id, [])) if low <= at < high]

    assert walk(rows, places, depth) == met


@settings(max_examples=100, derandomize=True)
@given(trees())
def test_the_segments_of_a_folder_cover_every_position_once(rows):
    for row in rows:
        parts = sorted((low, high) for id, low, high in plan(rows, None).segments if id == row.id)

        assert [FIRST, *[high for _, high in parts]] == [*[low for low, _ in parts], LAST]


def test_only_what_is_expanded_is_left():
    rows = [folder(1, None), folder(2, 1), folder(3, 2), folder(4, 3)]
    steps = [step for step in plan(rows, 1).way if not isinstance(step, int)]

    assert [Enter(rows[1], True), Enter(rows[2], False), Leave(rows[1])] == steps


def test_an_empty_folder_is_one_segment():
    result = plan([folder(1, None)], None)

    assert ([0], [(1, FIRST, LAST)]) == (result.way, result.segments)


def test_of_nothing_there_is_no_way():
    assert [] == plan([], None).way


def test_a_very_deep_tree_needs_no_recursion():
    rows = [folder(1, None), *(folder(id, id - 1) for id in range(2, 5_000))]

    assert 2 * 4_998 == sum(not isinstance(step, int) for step in plan(rows, None).way)
