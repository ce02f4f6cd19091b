"""Estimates choose plans; what they remember is bounded in time and number."""

from __future__ import annotations

from models.queries.bookmarks import COMMON, ESTIMATES
from models.queries.estimates import KEPT, SECONDS, Estimates
from models.queries.tree import Occurs, Tagged
from schema.resolvers import bookmarks
from tests.factories import make_bookmark


def test_a_leaf_is_remembered_for_its_owner_and_for_a_minute():
    now = [100.0]
    estimates = Estimates(lambda: now[0])
    estimates.remember(1, Occurs("word"), common=True)

    assert {Occurs("word"): True} == estimates.of(1, [Occurs("word"), Tagged("word")])
    assert {} == estimates.of(2, [Occurs("word")])
    now[0] += SECONDS
    assert {} == estimates.of(1, [Occurs("word")])


def test_only_so_many_are_remembered():
    estimates = Estimates()
    for number in range(KEPT + 1):
        estimates.remember(1, Tagged(str(number)), common=False)

    assert {} == estimates.of(1, [Tagged("0")])
    assert {Tagged("1"): False} == estimates.of(1, [Tagged("1")])


async def test_a_wrong_estimate_changes_the_plan_and_not_the_answer(ann):
    rows = [await make_bookmark(ann, title=f"Some {word}", tag_names=["x"]) for word in ("word", "other", "words")]
    for leaf in (Occurs("word"), Tagged("X")):
        answers = []
        for common in (True, False):
            ESTIMATES.remember(ann.user.id, leaf, common=common)
            answers.append([row.id for row in (await bookmarks.find(await ann.ctx(), leaf)).items])

        assert answers[0] == answers[1]
        assert len(answers[0]) == (2 if isinstance(leaf, Occurs) else len(rows))
    assert COMMON > len(rows)
