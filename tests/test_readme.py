"""What the README shows works, and both doors answer the same."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from server.app import make_routes
from server.settings import load_settings
from server.signing import Signer
from tests.factories import make_bookmark

README = Path("README.md").read_text(encoding="utf-8")
QUERY = re.search(r"```graphql\n(.*?)```", README, re.DOTALL)[1]
ADDRESS = re.search(r'"(http://localhost:3000/api/[^"]*)"', README)[1]


@pytest.fixture
async def web_client(ann, ports, aiohttp_client):
    return await aiohttp_client(make_routes(load_settings(None), ports, Signer(b"k" * 32, ports.clock)))


async def test_the_query_and_the_request_beside_it_find_the_same(web_client, ann):
    for tags in (["Python"], ["python", "video"], ["go"], ["python", "web"], ["python"]):
        await make_bookmark(ann, tag_names=tags)
    token = {"Authorization": f"Token {ann.secret}"}
    graph = await (await web_client.post("/graphql", json={"query": QUERY}, headers=token)).json()
    parts = urlsplit(ADDRESS)
    rest = await (await web_client.get(parts.path, params=parse_qs(parts.query), headers=token)).json()

    assert 3 == graph["data"]["bookmarks"]["totalCount"] == rest["count"]
    assert [(row["databaseId"], row["title"]) for row in graph["data"]["bookmarks"]["nodes"]] == [
        (row["id"], row["title"]) for row in rest["results"]
    ]
    assert 2 == len(rest["results"])


def test_every_link_leads_somewhere():
    for page in (Path("README.md"), Path("CONTRIBUTING.md"), *Path("docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"
