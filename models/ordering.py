"""Manual order by positions with gaps: how to reach another order by moving as few things as possible. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from models.folder import STEP

LARGEST = 2**62  # well inside a BIGINT, so that appending goes on


def moves(positions: Sequence[int]) -> dict[int, int]:
    """From each item that must move, by its index in the wanted order, to its new position.

    ``positions`` are the items' present ones in the wanted order. Items of the longest stretch that is in order already
    stay where they are; the others go between their neighbours. Where a gap is used up, all items get new positions,
    ``STEP`` apart. Afterwards the positions rise strictly.
    """
    staying = _longest_rising(positions)
    if not staying:
        return {}
    result: dict[int, int] = {}
    first, last = staying[0], staying[-1]
    for index in range(first):
        result[index] = positions[first] - STEP * (first - index)
    for index in range(last + 1, len(positions)):
        result[index] = positions[last] + STEP * (index - last)
    for left, right in pairwise(staying):
        step = (positions[right] - positions[left]) // (right - left)
        if right - left > 1 and step < 1:
            return _spread(positions)
        for index in range(left + 1, right):
            result[index] = positions[left] + step * (index - left)
    if any(abs(position) > LARGEST for position in result.values()):
        return _spread(positions)
    return result


def _spread(positions: Sequence[int]) -> dict[int, int]:
    """New positions for all but those that have theirs already."""
    return {index: index * STEP for index, position in enumerate(positions) if position != index * STEP}


def _longest_rising(positions: Sequence[int]) -> list[int]:
    """The indexes of a longest strictly rising subsequence (patience sorting, n log n)."""
    tails: list[int] = []  # the smallest last value of a rising run of each length …
    at: list[int] = []  # … and where it stands
    before: list[int] = []
    for index, position in enumerate(positions):
        length = bisect_left(tails, position)
        before.append(at[length - 1] if length else -1)
        if length == len(tails):
            tails.append(position)
            at.append(index)
        else:
            tails[length] = position
            at[length] = index
    found = []
    index = at[-1] if at else -1
    while index >= 0:
        found.append(index)
        index = before[index]
    return found[::-1]
