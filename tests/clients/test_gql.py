"""gql 4 over HTTP, as a Python program would use the graph: schema from introspection, documents, pages, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from gql import Client, GraphQLRequest, gql
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    parse,
)

from tests.clients.conftest import contains, told
from tests.live import ROOT, LiveServer, serving

DOCUMENTS = sorted((ROOT / "docs" / "queries").glob("*.graphql"))
SNAPSHOT = ROOT / "schema" / "schema.graphql"
JSON_TYPES = ("application/json", "application/graphql-response+json")

CREATE = """
    mutation ($input: BookmarkDraft!) {
      createBookmark(input: $input) {
        __typename
        ... on BookmarkCreated { bookmark { ...Words } }
        ... on BookmarkExists { bookmark { ...Words } }
      }
    }
    fragment Words on Bookmark { id url title description notes tagNames toRead isPublic isArchived }
"""
LIST = """
    query ($first: Int, $after: String, $last: Int, $before: String) {
      bookmarks(first: $first, after: $after, last: $last, before: $before, orderBy: TITLE_ASC) {
        totalCount
        nodes { title }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
"""


def transport(live: LiveServer, *, scheme: str = "Bearer", accept: str | None = None) -> AIOHTTPTransport:
    """The way to the server's graph with the first user's token."""
    headers = {"Authorization": f"{scheme} {live.token}"} | ({"Accept": accept} if accept else {})
    return AIOHTTPTransport(url=live.graphql, headers=headers)


@asynccontextmanager
async def connected(live: LiveServer) -> AsyncIterator[AsyncClientSession]:
    """A session that has read the schema, and so checks every document before it sends it."""
    asked = {"directive_is_repeatable": True}  # which gql does not ask for by itself
    async with Client(transport=transport(live), fetch_schema_from_transport=True, introspection_args=asked) as session:
        yield session


FOLDER = "mutation ($name: String!) { createFolder(input: {name: $name}) { folder { id } } }"


async def ask(session: AsyncClientSession, document: str, /, **variables: Any) -> dict[str, Any]:
    """The data of an answer without errors."""
    return await session.execute(GraphQLRequest(document, variable_values=variables))


async def save(session: AsyncClientSession, **draft: Any) -> dict[str, Any]:
    """Save a new bookmark; what the answer says of it."""
    answer = (await ask(session, CREATE, input=draft))["createBookmark"]

    assert "BookmarkCreated" == answer["__typename"]
    return answer["bookmark"]


def schema_of(session: AsyncClientSession) -> GraphQLSchema:
    """The schema that the client made of the introspection."""
    schema = session.client.schema

    assert schema is not None
    return schema


async def test_the_schema_read_by_introspection_is_the_one_in_the_repository(lasting):
    """Neither differs from the other in anything that a client could notice."""
    written = build_schema(SNAPSHOT.read_text())
    async with connected(lasting) as session:
        read = schema_of(session)

    for old, new in ((written, read), (read, written)):
        assert [] == find_breaking_changes(old, new)
        assert [] == find_dangerous_changes(old, new)


async def test_a_wrong_document_is_found_before_it_is_sent(lasting):
    async with connected(lasting) as session:
        with pytest.raises(GraphQLError, match="Cannot query field 'nothing' on type 'User'"):
            await ask(session, "{ viewer { nothing } }")


@pytest.fixture
def fetching(tmp_path, database_url):
    """A server that reads pages, of which there are none here, and leaves that to a worker that does not run."""
    with serving(tmp_path / "server", database_url, "--no-worker", POLYMARK_FETCH_TIMEOUT="0.01") as server:
        yield server
        code = server.end()

    assert [] == server.faults()
    assert 0 == code


async def test_every_documented_query_is_answered(fetching):
    """Variables are filled by their names; ids with those of a new bookmark, or of a tag where a tag is changed."""
    seen = []
    async with connected(fetching) as session, aiohttp.ClientSession() as http:
        for number, path in enumerate(DOCUMENTS):
            text = path.read_text()
            bookmark = await save(
                session, url=f"https://document-{number}.example/", title="A", tagNames=[f"x{number}"]
            )
            tag = await ask(session, "query ($name: String!) { tag(name: $name) { id } }", name=f"x{number}")
            folder = await ask(session, FOLDER, name=f"F{number}")
            root = await ask(session, "{ rootFolder { id } }")
            id = tag["tag"]["id"] if "renameTag" in text else bookmark["id"]
            values = {
                "id": id, "ids": [id], "url": f"https://other-{number}.example/", "tags": ["y"], "text": "a #y",
                "name": f"New {number}", "input": {"title": "New", "tagNames": ["z"]}, "after": None,
                "folderId": folder["createFolder"]["folder"]["id"], "parentId": root["rootFolder"]["id"],
            }  # fmt: skip
            (operation,) = [one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode)]
            names = [one.variable.name.value for one in operation.variable_definitions or ()]
            answer = await ask(session, text, **{name: values[name] for name in names})

            assert [] == [field for field, value in answer.items() if value is None], path.name
            if "createAssetUpload" in answer:
                async with http.put(f"{fetching.base}{answer['createAssetUpload']['uploadUrl']}", data=b"%PDF") as sent:
                    assert sent.ok
            seen.append(path.stem)

    assert {"list-bookmarks", "save", "update", "upload"} <= set(seen)


@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
async def test_bookmarks_are_made_changed_and_deleted(live, scheme):
    """Create, create again, read, update, archive, delete, restore, purge: each answer says what became of it."""
    draft = {
        "url": "https://a.example/", "title": "A", "description": "d", "notes": "n", "tagNames": ["x", "Y"],
        "toRead": True, "isPublic": True, "isArchived": False,
    }  # fmt: skip
    async with Client(transport=transport(live, scheme=scheme), fetch_schema_from_transport=True) as session:
        made = await save(session, **draft)
        again = await ask(session, CREATE, input={"url": "https://a.example", "title": "Other"})
        read = await ask(session, "query ($id: ID!) { bookmark(id: $id) { id title tags { name } } }", id=made["id"])
        changed = await ask(
            session,
            """mutation ($id: ID!, $input: BookmarkPatch!) {
              updateBookmark(id: $id, input: $input) { ... on BookmarkUpdated { bookmark { title notes tagNames } } }
            }""",
            id=made["id"], input={"title": "B", "tagNames": []},
        )  # fmt: skip
        ids = {"ids": [made["id"], "Qm9va21hcms6OTk5"]}
        archived = await ask(
            session,
            "mutation ($ids: [ID!]!) { archiveBookmarks(ids: $ids) { bookmarks { id isArchived } notFound } }",
            **ids,
        )
        answers = [
            await ask(session, f"mutation ($ids: [ID!]!) {{ {name}(ids: $ids) {{ {fields} }} }}", ids=[made["id"]])
            for name, fields in (
                ("deleteBookmarks", "deletedIds notFound"),
                ("restoreBookmarks", "... on BookmarksRestored { bookmarks { id } }"),
                ("deleteBookmarks", "deletedIds notFound"),
                ("purgeBookmarks", "deletedIds notFound"),
                ("purgeBookmarks", "deletedIds notFound"),
            )
        ]
        left = await ask(session, "{ bookmarks { totalCount } trash { totalCount } }")

    assert contains(draft, made), told(draft, made)
    assert {"createBookmark": {"__typename": "BookmarkExists", "bookmark": made}} == again
    assert {"bookmark": {"id": made["id"], "title": "A", "tags": [{"name": "x"}, {"name": "Y"}]}} == read
    assert {"updateBookmark": {"bookmark": {"title": "B", "notes": "n", "tagNames": []}}} == changed
    assert {
        "archiveBookmarks": {"bookmarks": [{"id": made["id"], "isArchived": True}], "notFound": [ids["ids"][1]]}
    } == archived
    gone, missing = {"deletedIds": [made["id"]], "notFound": []}, {"deletedIds": [], "notFound": [made["id"]]}
    assert [
        {"deleteBookmarks": gone},
        {"restoreBookmarks": {"bookmarks": [{"id": made["id"]}]}},
        {"deleteBookmarks": gone},
        {"purgeBookmarks": gone},
        {"purgeBookmarks": missing},
    ] == answers
    assert {"bookmarks": {"totalCount": 0}, "trash": {"totalCount": 0}} == left


async def test_tags_are_made_changed_and_deleted(live):
    """Create, create again, rename, recolour, merge, delete."""
    create = """mutation ($name: String!) {
      createTag(input: {name: $name, color: "#abc"}) {
        __typename ... on TagCreated { tag { id name color } } ... on TagExists { tag { id name color } }
      }
    }"""
    async with connected(live) as session:
        one = (await ask(session, create, name="One"))["createTag"]
        again = (await ask(session, create, name="ONE"))["createTag"]
        two = (await ask(session, create, name="Two"))["createTag"]["tag"]
        id = one["tag"]["id"]
        renamed = await ask(
            session,
            'mutation ($id: ID!) { renameTag(id: $id, name: "Uno") { ... on TagRenamed { tag { name } } } }',
            id=id,
        )
        recolored = await ask(
            session, 'mutation ($id: ID!) { recolorTag(id: $id, color: "#ff0000") { tag { color } } }', id=id
        )
        await save(session, url="https://a.example/", title="A", tagNames=["two"])
        merged = await ask(
            session,
            "mutation ($old: [ID!]!, $id: ID!) { mergeTags(sources: $old, target: $id) { tag { name bookmarkCount }}}",
            old=[two["id"]],
            id=id,
        )
        deleted = await ask(session, "mutation ($id: ID!) { deleteTag(id: $id) { deletedId } }", id=id)
        left = await ask(session, "{ tags { totalCount } bookmarks { nodes { tagNames } } }")

    assert {"__typename": "TagCreated", "tag": {"id": id, "name": "One", "color": "#abc"}} == one
    assert {"__typename": "TagExists", "tag": one["tag"]} == again
    assert [{"tag": {"name": "Uno"}}, {"tag": {"color": "#ff0000"}}] == [renamed["renameTag"], recolored["recolorTag"]]
    assert {"mergeTags": {"tag": {"name": "Uno", "bookmarkCount": 1}}} == merged
    assert {"deleteTag": {"deletedId": id}} == deleted
    assert {"tags": {"totalCount": 0}, "bookmarks": {"nodes": [{"tagNames": []}]}} == left


async def test_pages_by_cursor_hold_everything_once(live):
    """250 bookmarks in pages of 100, forwards and backwards, while one is added behind the reader's back."""
    wanted = [f"Title {number:03}" for number in range(250)]
    async with connected(live) as session:
        for start in range(0, 250, 25):
            some = enumerate(wanted[start : start + 25], start)
            await asyncio.gather(*[save(session, url=f"https://{n}.example/", title=title) for n, title in some])
        pages = [(await ask(session, LIST, first=100))["bookmarks"]]
        while pages[-1]["pageInfo"]["hasNextPage"]:
            pages.append((await ask(session, LIST, first=100, after=pages[-1]["pageInfo"]["endCursor"]))["bookmarks"])
        await save(session, url="https://new.example/", title="A new one, before all others")
        after_second = pages[1]["pageInfo"]["endCursor"]
        third = (await ask(session, LIST, first=100, after=after_second))["bookmarks"]
        back = [(await ask(session, LIST, last=100))["bookmarks"]]
        while back[-1]["pageInfo"]["hasPreviousPage"]:
            back.append((await ask(session, LIST, last=100, before=back[-1]["pageInfo"]["startCursor"]))["bookmarks"])

    assert [250, 250, 250] == [page["totalCount"] for page in pages]
    assert [100, 100, 50] == [len(page["nodes"]) for page in pages]
    assert wanted == [node["title"] for page in pages for node in page["nodes"]]
    assert pages[2]["nodes"] == third["nodes"]
    assert ["A new one, before all others", *wanted] == [
        node["title"] for page in reversed(back) for node in page["nodes"]
    ]


@pytest.mark.parametrize("accept", [None, *JSON_TYPES])
async def test_errors_tell_their_code_and_path(lasting, accept):
    """Whichever media type is asked for, a resolver's refusal is an error with ``extensions.code``."""
    way = transport(lasting, accept=accept)
    async with Client(transport=way) as session:
        answer = await session.execute(gql("{ viewer { username } version }"))
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(gql("{ bookmarks(first: 101) { nodes { id } } }"))
        with pytest.raises(TransportQueryError) as invalid:
            await session.execute(gql("{ viewer { nothing } }"))
        headers = way.response_headers

    assert "admin" == answer["viewer"]["username"]
    assert contains(
        [{"path": ["bookmarks"], "extensions": {"code": "INVALID", "faults": [{"path": ["first"], "limit": 100}]}}],
        refused.value.errors,
    ), told("INVALID", refused.value.errors)
    assert contains([{"extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}], invalid.value.errors)
    assert headers is not None
    assert f"{accept or 'application/json'}; charset=utf-8" == headers["Content-Type"]


@pytest.mark.parametrize("accept", JSON_TYPES)
@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("Bearer " + "0" * 40, 401, "UNAUTHENTICATED"),
        ("Basic YTpi", 401, "UNAUTHENTICATED"),
        (None, 200, "UNAUTHENTICATED"),
    ],
    ids=["unknown token", "unknown scheme", "no token"],
)
async def test_who_may_not_ask_is_told(lasting, accept, authorization, status, code):
    """A wrong credential is 401 whatever is asked; without one the operation runs, and its private fields refuse."""
    headers = {"Accept": accept} | ({"Authorization": authorization} if authorization else {})
    async with Client(transport=AIOHTTPTransport(url=lasting.graphql, headers=headers)) as session:
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(gql("{ bookmarks { totalCount } }"))
    async with aiohttp.ClientSession() as http:
        answer = await http.post(lasting.graphql, json={"query": "{ bookmarks { totalCount } }"}, headers=headers)
        body = await answer.json(content_type=accept)

    assert contains([{"extensions": {"code": code}}], refused.value.errors), told(code, refused.value.errors)
    assert [status, accept] == [answer.status, answer.content_type]
    assert code == body["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(("accept", "status"), list(zip(JSON_TYPES, (200, 400), strict=True)))
async def test_what_cannot_be_read_has_the_status_of_its_media_type(lasting, accept, status):
    """``application/json`` says 200 for a document that does not parse, the newer type says 400."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {lasting.token}", "Accept": accept}) as http:
        answer = await http.post(lasting.graphql, json={"query": "{ viewer {"})
        body = await answer.json(content_type=accept)

    assert [status, "GRAPHQL_PARSE_FAILED"] == [answer.status, body["errors"][0]["extensions"]["code"]]
    assert "data" not in body
