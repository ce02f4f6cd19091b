"""Every query of this folder is answered twice, by projection and by graphql-core alone, and compared."""

from __future__ import annotations

import pytest

from tests.schema.execution.differential import compare_every_query


@pytest.fixture(autouse=True)
def _both_ways(monkeypatch):
    compare_every_query(monkeypatch)
