"""What the README shows works, and every door answers the same."""

from __future__ import annotations

import json
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
SAMPLE = re.search(r"```json\n(.*?)```", README, re.DOTALL)[1]
ADDRESSES = re.findall(r'curl (?:-H|-u) "[^"]*" \\\n  "http://localhost:3000([^"]*)"', README)


@pytest.fixture
async def web_client(ann, ports, aiohttp_client):
    return await aiohttp_client(make_routes(load_settings(None), ports, Signer(b"k" * 32, ports.clock)))


async def test_the_query_and_the_requests_beside_it_find_the_same(web_client, ann):
    linkding, nextcloud, bkmark = ADDRESSES
    made = [await make_bookmark(ann, tag_names=tags) for tags in (["python"], ["go"], ["python", "web"], ["python"])]
    token = {"Authorization": f"Token {ann.secret}"}
    basic = {"Authorization": encode_basic_auth("ann", ann.secret)}
    graph = await (await web_client.post("/graphql", json={"query": QUERY}, headers=token)).json()
    rest = await (await web_client.get(URL(linkding, encoded=True), headers=token)).json()
    bearer = {"Authorization": f"Bearer {ann.secret}"}
    tags = (await (await web_client.get("/api/v1/tags", headers=bearer)).json())["data"]
    (tag,) = [tag["id"] for tag in tags if tag["name"] == "python"]
    listed = await (await web_client.get(bkmark.replace("$TAG", tag), headers=bearer)).json()
    cloud = await (await web_client.get(URL(nextcloud, encoded=True), headers=basic)).json()

    newest = [made[3].id, made[2].id]
    assert newest == [row["databaseId"] for row in graph["data"]["bookmarks"]["nodes"]]
    assert newest == [row["id"] for row in rest["results"]]
    assert newest == [row["id"] for row in cloud["data"]]
    assert [made[3].uid, made[2].uid] == [row["id"] for row in listed["data"]]


async def test_the_requests_of_bkmark_are_answered_in_the_shape_that_is_shown(web_client, ann):
    """Envelope, cursor, tags as names, and the three members of every error."""
    for tags in (["web", "Python"], ["go"]):
        await make_bookmark(ann, tag_names=tags)
    headers = {"Authorization": f"Bearer {ann.secret}", "Accept": "application/json"}
    pages, cursor = [], ""
    while cursor is not None:
        address = f"/api/v1/bookmarks?limit=1&cursor={cursor}" if cursor else "/api/v1/bookmarks?limit=1"
        page = await (await web_client.get(address, headers=headers)).json()
        pages, cursor = [*pages, page], page["nextCursor"]

    shown = json.loads(SAMPLE)
    assert [["go"], ["Python", "web"]] == [page["data"][0]["tags"] for page in pages]
    for page in pages:
        assert page.keys() == shown.keys()
        assert page["data"][0].keys() >= shown["data"][0].keys()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", page["data"][0]["createdAt"])
    refused = await web_client.get("/api/v1/bookmarks/0196f3a1-7c55-7d20-9a41-5d0f3b6c8e12", headers=headers)
    trouble = await refused.json()
    assert (404, "not_found", 404) == (refused.status, trouble["error"], trouble["statusCode"])
    assert {"error", "message", "statusCode"} == trouble.keys()


def test_every_link_leads_somewhere():
    for page in (Path("README.md"), Path("CONTRIBUTING.md"), *Path("docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"
