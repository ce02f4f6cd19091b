"""Which media type is chosen from what a client accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.graphql.accept import GRAPHQL, HTML, JSON, choose

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, GRAPHQL),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        ('application/json; charset="UTF-8"', JSON),
        ("application/json; charset=latin-1", None),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{JSON};q=0.9, {GRAPHQL};q=0.8", JSON),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{JSON};q=0, {GRAPHQL};q=0.0", None),
        ("*/*;q=0", None),
        (f"*/*, {GRAPHQL};q=0.1", JSON),
        (f"*/*;q=0.1, {GRAPHQL}", GRAPHQL),
        (f"text/plain, {JSON};q=nonsense", JSON),
        ("text/html", None),
        ("application/xml, text/*", None),
        ("", None),
        (",,;", None),
        (BROWSER, JSON),
    ],
)
def test_the_answer_has_the_type_of_highest_weight_that_is_accepted(accept, chosen):
    assert chosen == choose(accept)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (BROWSER, HTML),
        ("text/html", HTML),
        ("text/*", HTML),
        ("*/*", JSON),
        (None, GRAPHQL),
        (f"{JSON}, text/html", JSON),
        (f"text/html;q=0.5, {GRAPHQL};q=0.6", GRAPHQL),
        ("text/html;q=0, */*", JSON),
    ],
)
def test_a_page_is_for_those_who_prefer_it(accept, chosen):
    assert chosen == choose(accept, html=True)


@given(st.text())
def test_no_header_is_too_strange(accept):
    assert choose(accept, html=True) in {None, JSON, GRAPHQL, HTML}
