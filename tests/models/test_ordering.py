"""models/ordering.py."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.folder import STEP
from models.ordering import LARGEST, moves

positions = st.lists(st.integers(-3, 40) | st.integers(-LARGEST, LARGEST), max_size=30)


def after(positions, moved):
    return [moved.get(index, position) for index, position in enumerate(positions)]


@given(positions)
def test_positions_rise_strictly_afterwards(positions):
    result = after(positions, moves(positions))

    assert sorted(set(result)) == result


def test_what_is_in_order_stays():
    assert {} == moves([])
    assert {} == moves([7])
    assert {} == moves([-5, 0, 1, 2, 3, 9000])


def test_one_that_is_moved_among_ten_thousand_is_all_that_is_written():
    places = [index * STEP for index in range(10_000)]
    wanted = [*places[:500], places[9_000], *places[500:9_000], *places[9_001:]]

    assert {500: 499 * STEP + STEP // 2} == moves(wanted)


def test_one_that_goes_to_the_front_leaves_the_rest_alone():
    assert {0: -STEP} == moves([3 * STEP, 0, STEP, 2 * STEP])


def test_a_gap_that_is_used_up_is_opened_again():
    """Twenty items put between the same two, each in front of the one before, in a gap for sixteen of them."""
    places = [0, STEP]
    for _ in range(20):
        places = [places[0], STEP * 50, *places[1:]]
        places = after(places, moves(places))
        assert sorted(set(places)) == places

    assert 22 == len(places)


def test_equal_positions_are_told_apart():
    assert [5 - STEP, 5] == after([5, 5], moves([5, 5]))


def test_numbers_stay_inside_the_column():
    result = after([LARGEST, 5], moves([LARGEST, 5]))

    assert result == sorted(result)
    assert max(map(abs, result)) <= LARGEST
