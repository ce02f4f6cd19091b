"""A new Problem asks every dialect for its words."""

from __future__ import annotations

import pytest

from rest_compat import SERVED
from rest_compat.refusals import Crash, Malformed, NotAcceptable, Refusal, UnknownAddress, WrongMethod
from schema.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    Locked,
    NotConfigured,
    NotFound,
    Problem,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)

SAMPLES = {
    NotFound: (NotFound("bookmark"), 404), Invalid: (Invalid(Fault(("title",), "blank")), 400),
    Conflict: (Conflict("tag", "name"), 409), Unauthenticated: (Unauthenticated(), 401),
    Forbidden: (Forbidden("tags:write"), 403), RateLimited: (RateLimited(5), 429), TooLarge: (TooLarge(9), 413),
    NotConfigured: (NotConfigured("summaries"), 501),
    Unsupported: (Unsupported("text/plain"), 415), Locked: (Locked("bookmark"), 423),
    Unavailable: (Unavailable("storage"), 503), UnknownAddress: (UnknownAddress(), 404),
    WrongMethod: (WrongMethod("PUT"), 405), NotAcceptable: (NotAcceptable(), 406),
    Malformed: (Malformed("json", "why"), 400), Crash: (Crash("id-7"), 500),
}  # fmt: skip


def test_every_trouble_has_a_sample():
    """A refusal that a dialect makes for itself is that dialect's own business."""
    common = {kind for kind in Refusal.__subclasses__() if kind.__module__ == Refusal.__module__}

    assert {*Problem.__subclasses__(), *common} == set(SAMPLES)


@pytest.mark.parametrize("dialect", SERVED, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.__name__)
def test_every_dialect_words_every_trouble(dialect, kind):
    trouble, status = SAMPLES[kind]
    answer = dialect.encode_error(trouble)

    assert status == answer.status
    assert answer.body
