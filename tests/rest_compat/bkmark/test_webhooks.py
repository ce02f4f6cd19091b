"""``/webhooks`` on the wire (BK section 9)."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode

import orjson
import pytest

from models import Delivery, Webhook
from rest_compat import SERVED
from schema.events import EVENTS
from schema.ports import Limits
from tests.factories import make_bookmark, make_token
from tests.schema.resolvers.test_deliveries import work

URL = "https://hooks.client.example/bk"
BASE = "/api/v1/webhooks"
NOTHING = "wh_000000000000000000000000"


async def make(client, *events, url=URL):
    made = await client.post(BASE, json={"url": url, "events": list(events or EVENTS)})

    assert 201 == made.status, made.body
    return made.body


async def test_bk18_archiving_twice_is_told_once(bkmark, ann, ports):
    """BK18: patching ``isArchived: true`` on an archived bookmark sends nothing; a title beside it sends its own."""
    await make(bkmark)
    row = await make_bookmark(ann)
    path = f"/api/v1/bookmarks/{row.uid}"
    answers = [await bkmark.patch(path, json={"isArchived": True}) for _ in range(2)]
    both = await bkmark.patch(path, json={"isArchived": False, "title": "Another"})
    await work(ports)
    told = [orjson.loads(one.body)["event"] for one in ports.websites.delivered]

    assert [200, 200, 200] == [answer.status for answer in (*answers, both)]
    assert answers[0].body["updatedAt"] == answers[1].body["updatedAt"]
    assert ["bookmark.created", "bookmark.archived", "bookmark.unarchived", "bookmark.updated"] == told


async def test_bk19_the_secret_is_shown_once_and_signs_every_delivery(bkmark, ann, ports):
    """BK19: no later answer contains it, of any address below ``/webhooks``."""
    made = await make(bkmark, "bookmark.created")
    await make_bookmark(ann)
    await work(ports)
    (sent,) = ports.websites.delivered
    delivery = (await Delivery.get()).name
    own = f"{BASE}/{made['id']}"
    later = [
        await bkmark.get(BASE),
        await bkmark.get(own),
        await bkmark.patch(own, json={"active": False}),
        await bkmark.patch(own, json={"active": True}),
        await bkmark.get(f"{own}/deliveries"),
        await bkmark.get(f"{own}/events"),
        await bkmark.post(f"{own}/deliveries/{delivery}/redeliver"),
        await bkmark.delete(own),
    ]

    assert ["id", "url", "secret", "events", "active", "createdAt"] == list(made)
    assert re.fullmatch("wh_[0-9a-z]{24}", made["id"])
    assert re.fullmatch("whsec_[0-9a-f]{32}", made["secret"])
    assert (URL, ["bookmark.created"], True) == (made["url"], made["events"], made["active"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["createdAt"])
    assert [200] * 8 == [answer.status for answer in later]
    assert not [answer for answer in later if made["secret"].encode() in answer.raw or b"whsec_" in answer.raw]
    signature = hmac.new(made["secret"].encode(), sent.body, hashlib.sha256).hexdigest()
    assert f"sha256={signature}" == sent.headers["X-Bkmark-Signature"]


async def test_a_webhook_is_read_changed_and_deleted(bkmark):
    made = await make(bkmark, "tag.created")
    shown = {key: made[key] for key in ("id", "url", "events", "active", "createdAt")}
    own = f"{BASE}/{made['id']}"
    assert (200, {"data": [shown], "nextCursor": None}) == (await bkmark.get(BASE)).seen
    assert (200, shown) == (await bkmark.get(own)).seen
    patch = {"url": "https://other.example/", "events": ["group.deleted", "bookmark.created"], "active": False}
    expected = shown | patch | {"events": ["bookmark.created", "group.deleted"]}
    assert (200, expected) == (await bkmark.patch(own, json=patch)).seen
    assert (200, expected) == (await bkmark.patch(own, json={})).seen
    assert (200, {"id": made["id"], "deleted": True}) == (await bkmark.delete(own)).seen
    assert 404 == (await bkmark.delete(own)).status
    assert {"data": [], "nextCursor": None} == (await bkmark.get(BASE)).body


BAD = [
    {},
    {"url": URL},
    {"events": ["tag.created"]},
    {"url": URL, "events": []},
    {"url": URL, "events": ["tag.moved"]},
    {"url": URL, "events": "tag.created"},
    {"url": None, "events": ["tag.created"]},
    {"url": "http://hooks.client.example/", "events": ["tag.created"]},
    {"url": "https://user:pass@hooks.client.example\0/", "events": ["tag.created"]},
    {"url": "https://router.local/", "events": ["tag.created"]},
    {"url": "nonsense", "events": ["tag.created"]},
]


async def test_bad_input_is_400_and_makes_nothing(bkmark, ports):
    ports.websites.private.add("https://router.local/")
    for body in BAD:
        answer = await bkmark.post(BASE, json=body)
        assert (400, "validation_error", 400) == (answer.status, answer.body["error"], answer.body["statusCode"]), body
    assert not await Webhook.exists()
    made = await make(bkmark)
    for body in ({"url": "http://x.example/"}, {"events": []}, {"active": "yes"}, {"url": None}):
        assert 400 == (await bkmark.patch(f"{BASE}/{made['id']}", json=body)).status, body
    for query in ("limit=0", "limit=101", "limit=x", "cursor=evt_1", "cursor=", f"cursor=evt_{'0' * 24}"):
        for list_ in ("deliveries", "events"):
            assert 400 == (await bkmark.get(f"{BASE}/{made['id']}/{list_}?{query}")).status, query


async def test_a_server_that_opens_its_own_network_takes_http(serve, ann):
    client = (await serve(limits=Limits(private_web=True))).as_(ann.secret, "Bearer")

    assert "http://nas.lan/" == (await make(client, url="http://nas.lan/"))["url"]


async def test_foreign_webhooks_are_as_missing_ones(bkmark, bkmark_ben, ann):
    made = await make(bkmark)
    await make_bookmark(ann)
    delivery = (await Delivery.get(event="bookmark.created")).name
    seen = set()
    for id in (made["id"], NOTHING, "wh", "%00", "x" * 300, "%F0%9F%98%80"):
        own = f"{BASE}/{id}"
        for answer in (
            await bkmark_ben.get(own),
            await bkmark_ben.patch(own, json={"active": False}),
            await bkmark_ben.delete(own),
            await bkmark_ben.get(f"{own}/deliveries"),
            await bkmark_ben.get(f"{own}/events"),
            await bkmark_ben.post(f"{own}/deliveries/{delivery}/redeliver"),
        ):
            seen.add((answer.status, answer.raw))
    assert {(404, b'{"error":"not_found","message":"No webhook has this id.","statusCode":404}')} == seen
    assert [] == (await bkmark_ben.get(BASE)).body["data"]
    assert made["active"] == (await bkmark.get(f"{BASE}/{made['id']}")).body["active"]
    missing = await bkmark.post(f"{BASE}/{made['id']}/deliveries/evt_none/redeliver")
    assert (404, "No delivery has this id.") == (missing.status, missing.body["message"])


async def test_scopes_are_those_of_the_events(bkmark, ann):
    narrow = bkmark.as_(await make_token(ann, "tags:read", "bookmarks:write"), "Bearer")
    refused = await narrow.post(BASE, json={"url": URL, "events": ["tag.created", "bookmark.created"]})
    made = await make(narrow, "tag.created")
    wide = await make(bkmark, "bookmark.created")
    own = f"{BASE}/{wide['id']}"

    assert (403, "insufficient_scope") == (refused.status, refused.body["error"])
    assert "bookmarks:read" in refused.body["message"]
    assert 403 == (await narrow.patch(f"{BASE}/{made['id']}", json={"events": ["group.created"]})).status
    assert 403 == (await narrow.patch(own, json={"url": "https://mine.example/"})).status
    assert 403 == (await narrow.get(f"{own}/events")).status
    assert 200 == (await narrow.patch(own, json={"active": False})).status
    assert 200 == (await narrow.get(f"{own}/deliveries")).status
    assert 401 == (await bkmark.as_(None).get(BASE)).status


async def test_deliveries_are_logged_the_newest_first(bkmark, ann, ports):
    made = await make(bkmark, "bookmark.created")
    own = f"{BASE}/{made['id']}"
    ports.websites.statuses[URL] = [503]
    rows = [await make_bookmark(ann) for _ in range(3)]
    await work(ports)
    first = (await bkmark.get(f"{own}/deliveries?limit=2")).body
    rest = (await bkmark.get(f"{own}/deliveries?limit=2&cursor={first['nextCursor']}")).body
    (failed,) = [one for one in rest["data"] if one["status"] == "pending"]
    again = await bkmark.post(f"{own}/deliveries/{failed['id']}/redeliver")
    await work(ports)

    assert (3, None) == (len(first["data"]) + len(rest["data"]), rest["nextCursor"])
    assert ["id", "event", "status", "attempts", "responseStatus", "nextAttemptAt", "createdAt"] == list(failed)
    assert ("bookmark.created", 1, 503) == (failed["event"], failed["attempts"], failed["responseStatus"])
    assert failed["nextAttemptAt"]
    assert ("delivered", 200, None) == tuple(
        first["data"][0][key] for key in ("status", "responseStatus", "nextAttemptAt")
    )
    assert (200, failed["id"]) == (again.status, again.body["id"])
    assert 3 == await Delivery.filter(status="delivered").count() == len(rows)
    await bkmark.patch(own, json={"active": False})
    refused = await bkmark.post(f"{own}/deliveries/{failed['id']}/redeliver")
    assert (409, "conflict", "This webhook is not active.") == (
        refused.status, refused.body["error"], refused.body["message"],
    )  # fmt: skip


async def test_who_would_rather_ask_walks_the_events_oldest_first(bkmark, ann, ports):
    """The same words as are sent, and a cursor that goes on from the last one seen, also from the end."""
    made = await make(bkmark, "bookmark.created", "tag.created")
    for number in range(2):
        await make_bookmark(ann, title=f"T{number}", tag_names=[f"t{number}"])
    own, seen, cursor = f"{BASE}/{made['id']}/events", [], ""
    while cursor is not None:
        page = (await bkmark.get(f"{own}?limit=1{cursor and f'&cursor={cursor}'}")).body
        seen += page["data"]
        cursor = page["nextCursor"]
    await work(ports)
    sent = [orjson.loads(one.body) for one in ports.websites.delivered]

    assert ["tag.created", "bookmark.created"] * 2 == [one["event"] for one in seen]
    assert sorted(sent, key=str) == sorted(seen, key=str)
    await make_bookmark(ann, title="Later")
    page = (await bkmark.get(f"{own}?cursor={seen[-1]['id']}")).body
    assert ["Later"] == [one["data"]["title"] for one in page["data"]]
    ulids = (await bkmark.get(own, headers={"X-Bkmark-Id-Format": "ulid"})).body["data"]
    assert 26 == len(ulids[0]["data"]["id"])


@pytest.mark.parametrize("doors", [SERVED], ids=["all doors"])
async def test_changes_through_other_doors_are_told(bkmark, linkding, ann):
    """A linkding app archives, a Nextcloud client makes a folder, and a file is imported."""
    row = await make_bookmark(ann)
    await make(bkmark)
    archived = await linkding.post(f"/api/bookmarks/{row.id}/archive/")
    nextcloud = {"Authorization": f"Basic {b64encode(f'ann:{ann.secret}'.encode()).decode()}"}
    path = "/apps/bookmarks/public/rest/v2/folder"
    folder = await bkmark.post(path, headers=nextcloud, json={"title": "F", "parent_folder": "-1"})
    page = b'<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><A HREF="https://i.example/" TAGS="new">I</A></DL>'
    imported = await bkmark.post("/api/v1/bookmarks/import", data=page, headers={"Content-Type": "text/html"})

    assert (204, 200, 200) == (archived.status, folder.status, imported.status)
    assert [
        ("bookmark.archived", f"bookmark:{row.id}"),
        ("group.created", f"group:{folder.body['item']['id']}"),
        ("tag.created", "tag:1"),
        ("bookmark.created", f"bookmark:{row.id + 1}"),
    ] == await Delivery.all().order_by("id").values_list("event", "subject")


@pytest.mark.parametrize("path", ["", f"/{NOTHING}/deliveries", f"/{NOTHING}/events"])
async def test_other_methods_are_405(bkmark, path):
    assert 405 == (await bkmark.put(f"{BASE}{path}", json={})).status


async def test_an_account_has_so_many_webhooks(bkmark, monkeypatch):
    monkeypatch.setattr("schema.resolvers.webhooks.MOST", 1)
    await make(bkmark)
    refused = await bkmark.post(BASE, json={"url": URL, "events": ["tag.created"]})

    assert (409, "conflict") == (refused.status, refused.body["error"])
