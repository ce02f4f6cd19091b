"""Webhooks in the graph."""

from __future__ import annotations

import re

import pytest

from models import Delivery, Webhook
from schema.context import SCOPES
from schema.events import EVENTS
from schema.execution.fields import global_id
from schema.graph import schema
from schema.types.webhook import WebhookEvent
from server.webhooks import GraphQueries
from tests.factories import make_bookmark
from tests.schema.resolvers.test_deliveries import work
from tests.schema.types.asking import ask, faults, gid, narrow, nobody, refusal

CREATE = """mutation M($input: WebhookDraft!) { createWebhook(input: $input) {
  secret webhook { id databaseId name url events scopes query isActive createdAt updatedAt } } }"""
UPDATE = """mutation M($id: ID!, $input: WebhookPatch!) { updateWebhook(id: $id, input: $input) {
  webhook { url events query isActive } } }"""
DELETE = "mutation M($id: ID!) { deleteWebhook(id: $id) { deletedId } }"
REDELIVER = "mutation M($id: ID!) { redeliver(id: $id) { delivery { id status attempts } } }"
DELIVERIES = """query Q($id: ID!, $first: Int, $after: String, $last: Int) {
  deliveries(webhook: $id, first: $first, after: $after, last: $last) { totalCount pageInfo { hasNextPage endCursor }
    nodes { id databaseId name event subjectId status attempts responseStatus lastError nextAttemptAt createdAt endedAt
    }  } }"""
DRAFT = {"url": "https://hooks.example/", "events": ["BOOKMARK_CREATED", "TAG_DELETED"]}
ANY = 'id: "V2ViaG9vazox"'
MUTATIONS = {
    'createWebhook(input: {url: "https://a.example", events: [TAG_CREATED]}) { secret }',
    f"updateWebhook({ANY}, input: {{}}) {{ webhook {{ id }} }}",
    f"deleteWebhook({ANY}) {{ deletedId }}",
    'redeliver(id: "RGVsaXZlcnk6MQ==") { delivery { id } }',
}
READS = {"webhooks { id }", 'deliveries(webhook: "V2ViaG9vazox") { totalCount }', 'node(id: "V2ViaG9vazox") { id }'}


@pytest.fixture(autouse=True)
def queries(ports):
    ports.payloads.queries = GraphQueries(schema, ports)


async def make(person, **draft):
    return (await ask(person, CREATE, input=DRAFT | draft))["createWebhook"]


def test_the_events_are_those_of_the_contract():
    assert EVENTS == tuple(event.value for event in WebhookEvent)


@pytest.mark.parametrize("field", sorted(MUTATIONS | READS))
async def test_webhooks_are_for_everybody_with_a_credential(ports, field):
    kind = "mutation" if field in MUTATIONS else "query"
    code, _, _ = await refusal(nobody(ports), f"{kind} {{ {field} }}")

    assert "UNAUTHENTICATED" == code


async def test_a_webhook_is_made_listed_changed_and_forgotten(ann):
    made = await make(ann)
    shown = made["webhook"]
    listed = (await ask(ann, "{ webhooks { id name url events query isActive } }"))["webhooks"]
    node = await ask(
        ann, "query Q($id: ID!) { node(id: $id) { id databaseId ... on Webhook { name } } }", id=shown["id"]
    )
    patch = {"events": ["TAG_CREATED"], "isActive": False, "url": "https://other.example/"}
    changed = await ask(ann, UPDATE, id=shown["id"], input=patch)
    gone = await ask(ann, DELETE, id=shown["id"])

    assert re.fullmatch("whsec_[0-9a-f]{32}", made["secret"])
    assert re.fullmatch("wh_[0-9a-z]{24}", shown["name"])
    assert (DRAFT["events"], None, True) == (shown["events"], shown["query"], shown["isActive"])
    assert ["BOOKMARKS_READ", "TAGS_READ", "GROUPS_READ", "SEARCH_READ"] == shown["scopes"]
    assert [{key: shown[key] for key in ("id", "name", "url", "events", "query", "isActive")}] == listed
    assert {"id": shown["id"], "databaseId": shown["databaseId"], "name": shown["name"]} == node["node"]
    assert patch | {"query": None} == changed["updateWebhook"]["webhook"]
    assert {"deletedId": shown["id"]} == gone["deleteWebhook"]
    assert not await Webhook.exists()


async def test_the_secret_is_no_field_of_anything():
    for name, one in schema._schema.type_map.items():
        fields = getattr(one, "fields", {})
        assert "secret" not in fields or name in {"WebhookCreated", "TokenCreated"}


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ({"url": "http://a.example"}, [(["input", "url"], "hook_url")]),
        ({"events": []}, [(["input", "events"], "blank")]),
        ({"query": "{ nothing }"}, [(["input", "query"], "query")]),
        ({"query": "{"}, [(["input", "query"], "query")]),
        ({"query": ""}, [(["input", "query"], "query")]),
        ({"query": "mutation { emptyTrash { deletedCount } }"}, [(["input", "query"], "query")]),
        ({"query": "query A { version } query B { version }"}, [(["input", "query"], "query")]),
        ({"query": "query A($title: String) { tags(search: $title) { totalCount } }"}, [(["input", "query"], "query")]),
        ({"query": "query A($id: [ID!]!) { nodes(ids: $id) { id } }"}, [(["input", "query"], "query")]),
        ({"query": "query A($event: ID!) { node(id: $event) { id } }"}, [(["input", "query"], "query")]),
        ({"query": "{" + "a" * 20_001 + "}"}, [(["input", "query"], "too_long")]),
        ({"query": "{ version }\0"}, [(["input", "query"], "nul")]),
        (
            {"query": "{ bookmarks(first: 100) { nodes { tags { bookmarks(first: 100) { nodes { id } } } } } }"},
            [(["input", "query"], "too_costly")],
        ),
    ],
)
async def test_a_draft_that_cannot_be_kept_is_invalid_by_its_fields(ann, draft, expected):
    assert expected == await faults(ann, CREATE, input=DRAFT | draft)
    assert not await Webhook.exists()


async def test_making_one_needs_the_scopes_of_its_events(ann):
    code, path, extensions = await refusal(await narrow(ann, "tags:read", "account"), CREATE, input=DRAFT)

    assert ("FORBIDDEN", ["createWebhook"], "bookmarks:read") == (code, path, extensions["needs"])


async def test_another_query_needs_all_that_the_webhook_may_read(ann):
    """A narrow credential cannot have a wide webhook tell more than it could read itself."""
    made = await make(ann, events=["TAG_CREATED"])
    wide = {"query": "{ bookmarks { nodes { title } } }"}
    code, _, _ = await refusal(await narrow(ann, "tags:read"), UPDATE, id=made["webhook"]["id"], input=wide)
    changed = await ask(ann, UPDATE, id=made["webhook"]["id"], input=wide)
    away = {"url": "https://elsewhere.example/"}
    other, _, _ = await refusal(await narrow(ann, "tags:read"), UPDATE, id=made["webhook"]["id"], input=away)

    assert ("FORBIDDEN", "FORBIDDEN") == (code, other)
    assert wide["query"] == changed["updateWebhook"]["webhook"]["query"]


async def test_the_log_is_a_connection_and_what_failed_can_be_sent_again(ann, ports):
    made = await make(ann)
    id = made["webhook"]["id"]
    ports.websites.statuses[DRAFT["url"]] = [503]
    rows = [await make_bookmark(ann) for _ in range(3)]
    await work(ports)
    page = (await ask(ann, DELIVERIES, id=id, first=2))["deliveries"]
    rest = (await ask(ann, DELIVERIES, id=id, first=2, after=page["pageInfo"]["endCursor"]))["deliveries"]
    last = (await ask(ann, DELIVERIES, id=id, last=1))["deliveries"]
    (failed,) = [one for one in [*page["nodes"], *rest["nodes"]] if one["status"] == "PENDING"]
    again = (await ask(ann, REDELIVER, id=failed["id"]))["redeliver"]["delivery"]
    await work(ports)

    assert (3, True, False) == (page["totalCount"], page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"])
    shown = [one["subjectId"] for one in [*page["nodes"], *rest["nodes"]]]
    assert [gid("Bookmark", row) for row in reversed(rows)] == shown
    assert rest["nodes"] == last["nodes"]
    assert (503, 1, "BOOKMARK_CREATED") == (failed["responseStatus"], failed["attempts"], failed["event"])
    assert {"id": failed["id"], "status": "PENDING", "attempts": 1} == again
    assert 3 == await Delivery.filter(status="delivered").count()
    assert 4 == len(ports.websites.delivered)


async def test_foreign_webhooks_are_nobodys(ann, ben, ports):
    made = await make(ann)
    id = made["webhook"]["id"]
    await make_bookmark(ann)
    delivery = global_id("Delivery", (await Delivery.get()).id)
    for query, variables in (
        (UPDATE, {"id": id, "input": {"isActive": False}}),
        (DELETE, {"id": id}),
        (REDELIVER, {"id": delivery}),
        (DELETE, {"id": global_id("Webhook", 987_654)}),
    ):
        code, _, _ = await refusal(ben, query, **variables)
        assert "NOT_FOUND" == code
    nodes = await ask(ben, "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } webhooks { id } }", ids=[id, delivery])

    assert {"nodes": [None, None], "webhooks": []} == nodes
    assert (await ask(ben, DELIVERIES, id=id))["deliveries"] is None
    assert (await Webhook.get()).is_active


async def test_the_scopes_of_the_graph_are_enough_each(ann):
    """Any one scope opens what manages webhooks."""
    for scope in SCOPES:
        ctx = await narrow(ann, scope)
        assert {"webhooks": []} == await ask(ctx, "{ webhooks { id } }")
