"""One behaviour, every door: what is done through one is what the others see."""

from __future__ import annotations

from itertools import permutations

import pytest

from rest_compat import DIALECTS
from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.doors.door import Seen
from tests.doors.graphql import GraphQL
from tests.doors.linkding import Linkding
from tests.doors.nextcloud import Nextcloud

VOICES = (GraphQL, Linkding, Nextcloud)
PAIRS = [pytest.param(one, other, id=f"{one.name}-{other.name}") for one, other in permutations(VOICES, 2)]


@pytest.fixture
async def speak(ann, ports, aiohttp_client):
    """Give Ann's client of a door."""
    http = await aiohttp_client(make_routes(load_settings(None), ports, Signer(b"k" * 32, ports.clock)))
    return lambda voice: voice(http, "ann", ann.secret)


def test_every_door_has_a_voice():
    assert {"graphql"} | {dialect.name for dialect in DIALECTS} == {voice.name for voice in VOICES}


@pytest.mark.parametrize(("here", "there"), PAIRS)
async def test_what_is_done_through_one_door_is_seen_through_the_other(here, there, speak):
    one, other = speak(here), speak(there)
    id = await one.save("https://a.example/page?q=1", "A title", ("Tag", "other"))

    assert [Seen(id, "https://a.example/page?q=1", "A title", ("Tag", "other"))] == await other.find()

    await other.change(id, "Another")

    assert ["Another"] == [seen.title for seen in await one.find()]

    await one.remove(id)

    assert [] == await one.find() == await other.find()


@pytest.mark.parametrize(("here", "there"), PAIRS)
async def test_saving_what_another_door_has_saved_makes_no_second_one(here, there, speak):
    first = await speak(here).save("https://a.example/page", "A title", ())
    again = await speak(there).save("https://A.EXAMPLE/page", "A title", ("more",))

    assert first == again
    assert [("more",)] == [seen.tags for seen in await speak(here).find()]
