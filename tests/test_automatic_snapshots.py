"""A new bookmark has a snapshot taken by itself, whichever door it came through; an imported one has not."""

from __future__ import annotations

import pytest

from models import Asset, Job
from schema.formats.entries import Entry
from schema.resolvers import accounts, imports
from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.doors.bkmark import Bkmark
from tests.doors.graphql import GraphQL
from tests.doors.linkding import Linkding
from tests.doors.nextcloud import Nextcloud

URL = "https://a.example/page"


@pytest.fixture
async def speak(ann, ports, aiohttp_client):
    """Give Ann's client of a door."""
    http = await aiohttp_client(make_routes(load_settings(None), ports, Signer(b"k" * 32, ports.clock)))
    return lambda voice: voice(http, "ann", ann.secret)


@pytest.mark.parametrize("voice", [GraphQL, Linkding, Nextcloud, Bkmark], ids=lambda voice: voice.name)
async def test_every_door_takes_one_of_a_new_bookmark_for_who_wants_it(ann, speak, voice):
    """LD-NEW-7, and the Internet Archive is asked likewise; saving the address again asks for nothing."""
    before = await speak(voice).save("https://b.example/", "Nobody has asked", ())
    wishes = {"automatic_snapshots": True, "web_archive_integration": "enabled"}
    await accounts.set_preferences(await ann.ctx(), wishes)
    id = await speak(voice).save(URL, "A title", ())
    again = await speak(voice).save(URL, "Another title", ())
    pending = await Asset.all().values_list("bookmark_id", "kind", "status")
    asked = await Job.filter(kind__in=["snapshot", "archive"]).order_by("id").values_list("kind", flat=True)

    assert before != id == again
    assert [(id, "snapshot", "pending")] == pending
    assert ["archive", "snapshot"] == sorted(asked)


async def test_an_import_takes_none(ann):
    """Thousands would come at once."""
    wishes = {"automatic_snapshots": True, "web_archive_integration": "enabled"}
    await accounts.set_preferences(await ann.ctx(), wishes)
    tally = await imports.take_in(await ann.ctx(), [Entry(URL)])

    assert 1 == tally.created
    assert not await Asset.exists()
    assert not await Job.filter(kind__in=["snapshot", "archive"]).exists()
