"""Clients of the Bkmark door."""

from __future__ import annotations

import pytest

from rest_compat.bkmark.oauth.routes import OAUTH
from rest_compat.bkmark.routes import BKMARK
from rest_compat.dialect import Dialect
from tests.factories import Person
from tests.rest_compat.conftest import Client


@pytest.fixture
def doors() -> tuple[Dialect, ...]:
    """The API and OAuth."""
    return BKMARK, OAUTH


@pytest.fixture
async def bkmark(anonymous: Client, ann: Person) -> Client:
    """Ann's Bkmark client, which may do everything."""
    return anonymous.as_(ann.secret, "Bearer")


@pytest.fixture
async def bkmark_ben(anonymous: Client, ben: Person) -> Client:
    """Ben's Bkmark client."""
    return anonymous.as_(ben.secret, "Bearer")
