"""The linkding door."""

from __future__ import annotations

import pytest

from rest_compat.dialect import Dialect
from rest_compat.linkding.feed_routes import FEEDS
from rest_compat.linkding.routes import LINKDING


@pytest.fixture
def doors() -> tuple[Dialect, ...]:
    """The API and the feeds."""
    return LINKDING, FEEDS
