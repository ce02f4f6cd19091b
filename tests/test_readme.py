"""What the README shows works, and every door answers the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import encode_basic_auth
from yarl import URL

from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.factories import make_bookmark

README = Path("README.md").read_text(encoding="utf-8")
QUERY = re.search(r"```graphql\n(.*?)```", README, re.DOTALL)[1]
ADDRESSES = re.findall(r'curl (?:-H|-u) "[^"]*" \\\n  "http://localhost:3000([^"]*)"', README)


@pytest.fixture
async def web_client(ann, ports, aiohttp_client):
    return await aiohttp_client(make_routes(load_settings(None), ports, Signer(b"k" * 32, ports.clock)))


async def test_the_query_and_the_requests_beside_it_find_the_same(web_client, ann):
    linkding, nextcloud = ADDRESSES
    made = [await make_bookmark(ann, tag_names=tags) for tags in (["python"], ["go"], ["python", "web"], ["python"])]
    token = {"Authorization": f"Token {ann.secret}"}
    basic = {"Authorization": encode_basic_auth("ann", ann.secret)}
    graph = await (await web_client.post("/graphql", json={"query": QUERY}, headers=token)).json()
    rest = await (await web_client.get(URL(linkding, encoded=True), headers=token)).json()
    cloud = await (await web_client.get(URL(nextcloud, encoded=True), headers=basic)).json()

    newest = [made[3].id, made[2].id]
    assert newest == [row["databaseId"] for row in graph["data"]["bookmarks"]["nodes"]]
    assert newest == [row["id"] for row in rest["results"]]
    assert newest == [row["id"] for row in cloud["data"]]


def test_every_link_leads_somewhere():
    for page in (Path("README.md"), Path("CONTRIBUTING.md"), *Path("docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"
