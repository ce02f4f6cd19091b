"""What is pending goes out: in order, again when it must, and at least once (BK section 9.4)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import timedelta

import orjson
import pytest
from strawberry import Some

from models import Delivery, Job, User, Webhook
from models.queries.deliveries import next_turn
from schema.events import EVENTS
from schema.graph import schema as graph
from schema.inputs import BookmarkPatch, FolderDraft
from schema.operation import writing
from schema.ports import FetchFailed
from schema.resolvers import deliveries, filing, saving, states, tags, trash, webhooks, worker
from server.webhooks import GraphQueries
from tests.factories import make_bookmark

URL = "https://hooks.example/in"
LEASE = timedelta(minutes=2)
RETRIES = [1, 5, 30, 120, 720]


async def listen(person, *events, query=None, url=URL):
    return await webhooks.create(await person.ctx(), url, events or EVENTS, query)


async def work(ports, seconds=60):
    """Do every job that is due."""
    done = 0
    while (job := await worker.claim(ports, LEASE)) is not None:
        await worker.perform(ports, job, seconds=seconds)
        done += 1
    return done


def told(ports):
    """Event and subject's uid of each thing that was posted."""
    bodies = [orjson.loads(one.body) for one in ports.websites.delivered]
    return [(body["event"], body["data"]["id"]) for body in bodies]


async def rename(person, id, title):
    await saving.update(await person.ctx(), id, BookmarkPatch(title=Some(title)))


async def test_a_write_is_told_of_with_a_signature_that_anybody_can_check(ann, ports):
    made = await listen(ann, "bookmark.created")
    row = await make_bookmark(ann, url="https://a.example/", title="A", tag_names=["x"])
    await work(ports)
    (sent,) = ports.websites.delivered
    body = orjson.loads(sent.body)
    kept = await Delivery.get()

    expected = hmac.new(made.secret.encode(), sent.body, hashlib.sha256).hexdigest()
    assert URL == sent.url
    assert {"id", "event", "createdAt", "data"} == body.keys()
    assert (kept.name, "bookmark.created") == (body["id"], body["event"])
    assert (row.uid, "https://a.example/", "A", ["x"]) == tuple(
        body["data"][name] for name in ("id", "url", "title", "tags")
    )
    assert f"sha256={expected}" == sent.headers["X-Bkmark-Signature"]
    assert ("bookmark.created", kept.name) == (sent.headers["X-Bkmark-Event"], sent.headers["X-Bkmark-Delivery"])
    assert sent.headers["X-Bkmark-Timestamp"].isdigit()
    assert "Bkmark-Webhooks/1" == sent.headers["User-Agent"]
    assert ("delivered", 1, 200, None) == (kept.status, kept.attempts, kept.response_status, kept.next_attempt_at)
    assert not await Job.exists()


async def test_every_kind_of_thing_has_its_words(ann, ports):
    """As it was at that moment, and what was deleted as it was before."""
    await listen(ann)
    ctx = await ann.ctx()
    folder = await filing.create(ctx, FolderDraft(name="F", color="#336699"))
    tag, _ = await tags.create(ctx, "tea", "#22c55e")
    row = await make_bookmark(ann, title="Then", tag_names=["tea"], folder_ids=[folder.id])
    await rename(ann, row.id, "Later")
    await tags.delete(ctx, tag.id)
    await trash.delete(ctx, [row.id], permanent=True)
    await work(ports)
    bodies = {body["event"]: body["data"] for body in (orjson.loads(one.body) for one in ports.websites.delivered)}

    assert {
        "group.created", "tag.created", "bookmark.created", "bookmark.updated", "tag.deleted", "bookmark.deleted",
    } == bodies.keys()  # fmt: skip
    group = bodies["group.created"]
    assert ("F", "#336699", None, 0) == (group["name"], group["color"], group["parentId"], group["count"])
    assert ("tea", "green", 0) == tuple(bodies["tag.created"][key] for key in ("name", "color", "count"))
    assert ("tea", "green") == tuple(bodies["tag.deleted"][key] for key in ("name", "color"))
    assert ("Then", [folder.uid]) == (bodies["bookmark.created"]["title"], bodies["bookmark.created"]["groupIds"])
    assert ("Later", ["tea"]) == (bodies["bookmark.updated"]["title"], bodies["bookmark.updated"]["tags"])
    assert ("Later", []) == (bodies["bookmark.deleted"]["title"], bodies["bookmark.deleted"]["tags"])


@pytest.mark.parametrize("answer", [500, 404, 301, 199, FetchFailed("no answer within 10 s")])
async def test_what_does_not_arrive_is_tried_again_six_times_in_all(ann, ports, answer):
    """The very same words under the same name; after 1, 5, 30 minutes, 2 and 12 hours, and then it is given up."""
    await listen(ann, "bookmark.created")
    ports.websites.statuses[URL] = [answer] * 7
    await make_bookmark(ann)
    for number, minutes in enumerate([0, *RETRIES], 1):
        ports.clock.forward(minutes=minutes, seconds=-1)
        await work(ports)
        assert number - 1 == len(ports.websites.delivered) or not minutes
        ports.clock.forward(seconds=1)
        await work(ports)
        kept = await Delivery.get()
        assert number == len(ports.websites.delivered) == kept.attempts
        status = answer if isinstance(answer, int) else None
        assert (status, "failed" if number == 6 else "pending") == (kept.response_status, kept.status)
    ports.clock.forward(days=2)
    await work(ports)

    assert 6 == len(ports.websites.delivered)
    assert 1 == len({(one.body, one.headers["X-Bkmark-Delivery"]) for one in ports.websites.delivered})
    assert not await Job.filter(kind="deliver").exists()
    assert 1 == (await Webhook.get()).failures


async def test_a_later_delivery_of_the_same_subject_waits_and_others_go_on(ann, ports):
    await listen(ann, "bookmark.created", "bookmark.updated")
    ports.websites.statuses[URL] = [500]
    one = await make_bookmark(ann)
    await work(ports)
    await rename(ann, one.id, "Another")
    two = await make_bookmark(ann)
    await work(ports)
    first, ports.websites.delivered[:] = told(ports), []
    ports.clock.forward(minutes=1)
    await work(ports)

    assert [("bookmark.created", one.uid), ("bookmark.created", two.uid)] == first
    assert [("bookmark.created", one.uid), ("bookmark.updated", one.uid)] == told(ports)


async def test_what_is_given_up_lets_the_next_one_pass(ann, ports):
    await listen(ann, "bookmark.created", "bookmark.updated")
    ports.websites.statuses[URL] = [500]
    row = await make_bookmark(ann)
    await rename(ann, row.id, "Another")
    await Delivery.filter(event="bookmark.created").update(attempts=5)
    await work(ports)

    assert ["failed", "delivered"] == await Delivery.all().order_by("id").values_list("status", flat=True)


async def test_a_write_after_a_failure_does_not_wait_for_the_retry(ann, ports):
    """The one job of the webhook was put off to the retry; a write calls it up."""
    await listen(ann, "bookmark.created")
    ports.websites.statuses[URL] = [500]
    await make_bookmark(ann)
    await work(ports)
    (waiting,) = await Job.all()
    await make_bookmark(ann)
    done = await work(ports)

    assert (1, 2) == (done, len(ports.websites.delivered))
    assert waiting.run_at > ports.clock.now()
    assert waiting.run_at == (await Job.get()).run_at


async def test_what_is_written_while_the_job_runs_is_not_left_behind(ann, ports):
    """The write asks with the key of the job that is running; at its end the job finds what was written."""
    await listen(ann, "bookmark.created")
    await make_bookmark(ann)
    job = await worker.claim(ports, LEASE)
    await deliveries.send(ports, job.payload["webhook"])
    await make_bookmark(ann)  # after the last look, before the end
    held = await Job.filter(kind="deliver").count()
    assert await deliveries.settle(ports, job)
    await work(ports)

    assert 1 == held
    assert 2 == len(ports.websites.delivered)
    assert not await Job.exists()


async def test_the_end_of_a_job_and_writes_take_turns(ann, ports):
    """Ends and writes at the same time, over and over: nothing stays pending without a job."""
    made = await listen(ann, "bookmark.created")
    await make_bookmark(ann)
    for _ in range(10):
        job = await worker.claim(ports, LEASE)
        await deliveries.send(ports, made.webhook.id)
        await asyncio.gather(deliveries.settle(ports, job), make_bookmark(ann))
        assert await next_turn(made.webhook.id) is not None
        assert 1 == await Job.filter(kind="deliver", lease_until=None).count()
    await work(ports)

    assert 11 == len(ports.websites.delivered)
    assert not await Job.exists()


async def test_who_was_killed_in_between_sends_it_again(ann, ports):
    """The lease runs out; what had gone out goes out again, with the same words and name."""
    await listen(ann, "bookmark.created")
    await make_bookmark(ann)
    await worker.claim(ports, LEASE)
    hook, (turn,) = await Webhook.get(), await deliveries.queries.due(1, ports.clock.now(), 8)
    user = await deliveries.accounts.user(ann.user.id)
    bodies = await deliveries._word(ports, hook, user, [turn])
    await deliveries._attempt(ports, hook, turn, bodies[turn.id])  # and now the process is gone
    assert 0 == await work(ports)
    ports.clock.forward(minutes=2)
    await work(ports)
    one, two = ports.websites.delivered

    assert (one.body, one.headers["X-Bkmark-Delivery"]) == (two.body, two.headers["X-Bkmark-Delivery"])
    assert "delivered" == (await Delivery.get()).status


async def test_after_twenty_in_a_row_nothing_more_is_told(ann, ports):
    made = await listen(ann, "bookmark.created")
    for _ in range(20):
        await make_bookmark(ann)
    await Delivery.all().update(attempts=5)
    ports.websites.statuses[URL] = [500] * 19 + [200] + [500] * 20
    await work(ports)
    kept = await Webhook.get()
    assert (True, 0) == (kept.is_active, kept.failures)
    for _ in range(20):
        await make_bookmark(ann)
    await Delivery.filter(status="pending").update(attempts=5)
    await work(ports)
    before = len(ports.websites.delivered)
    await make_bookmark(ann)
    await work(ports)

    assert [(False, 20)] == await Webhook.all().values_list("is_active", "failures")
    assert not (await User.get(id=ann.user.id)).has_webhooks
    assert before == len(ports.websites.delivered)
    await webhooks.update(await ann.ctx(), made.webhook.name, is_active=Some(True))
    await make_bookmark(ann)
    await work(ports)
    assert before + 1 == len(ports.websites.delivered)


async def test_a_webhook_that_was_deleted_or_whose_owner_is_away_is_told_nothing(ann, ben, ports):
    gone, away = await listen(ann), await listen(ben)
    await make_bookmark(ann)
    await make_bookmark(ben)
    await webhooks.delete(await ann.ctx(), gone.webhook.name)
    await User.filter(id=ben.user.id).update(is_active=False)
    await work(ports)
    assert ([], 0) == (ports.websites.delivered, await Job.all().count())
    await User.filter(id=ben.user.id).update(is_active=True)
    await deliveries.wake(ports)
    await work(ports)

    assert 1 == len(ports.websites.delivered)
    assert away.webhook.is_active


async def test_the_hour_asks_again_for_what_was_given_up_but_not_sooner_than_it_is_due(ann, ports):
    await listen(ann)
    ports.websites.statuses[URL] = [500]
    await make_bookmark(ann)
    await work(ports)
    await deliveries.wake(ports)
    assert 0 == await work(ports)
    await Job.all().delete()
    ports.clock.forward(minutes=1)
    await deliveries.wake(ports)
    await work(ports)

    assert ["delivered"] == await Delivery.all().values_list("status", flat=True)


async def test_deliveries_are_forgotten_after_thirty_days(ann, ports):
    await listen(ann, "bookmark.created")
    await make_bookmark(ann)
    ports.clock.forward(days=29)
    await worker.purge(ports)
    assert 1 == await Delivery.all().count()
    ports.clock.forward(days=2)
    await worker.purge(ports)

    assert 0 == await Delivery.all().count()


QUERY = """query Told($id: ID!, $uid: UUID!) {
  node(id: $id) { __typename ... on Bookmark { title tagNames } } bookmark(uid: $uid) { databaseId } tags { totalCount }
}"""


@pytest.fixture
def queries(ports):
    ports.payloads.queries = GraphQueries(graph, ports)
    return ports.payloads.queries


async def test_a_stored_query_answers_in_place_of_the_event(ann, ports, queries):
    """As the owner, and with the scopes that the webhook was made with; once, so that a retry says the same."""
    await listen(ann, "bookmark.created", query=QUERY)
    ports.websites.statuses[URL] = [500]
    row = await make_bookmark(ann, title="Asked", tag_names=["x"])
    await work(ports)
    await rename(ann, row.id, "Renamed")
    ports.clock.forward(minutes=1)
    await work(ports)
    one, two = ports.websites.delivered
    kept = await Delivery.get()

    assert {
        "data": {
            "node": {"__typename": "Bookmark", "title": "Asked", "tagNames": ["x"]},
            "bookmark": {"databaseId": row.id},
            "tags": {"totalCount": 1},
        },
        "extensions": {"id": kept.name, "event": "bookmark.created", "createdAt": kept.created_at.isoformat()},
    } == orjson.loads(one.body)
    assert one.body == two.body
    assert one.headers["X-Bkmark-Signature"] == two.headers["X-Bkmark-Signature"]


async def test_what_an_old_query_said_is_said_no_more(ann, ports, queries):
    """Without its query the webhook has what is sent again worded anew."""
    made = await listen(ann, "bookmark.created", query=QUERY)
    await make_bookmark(ann, title="Asked")
    await work(ports)
    await webhooks.update(await ann.ctx(), made.webhook.name, query=Some(None))
    assert [None] == await Delivery.all().values_list("body", flat=True)
    await webhooks.redeliver(await ann.ctx(), made.webhook.name, (await Delivery.get()).name)
    await work(ports)

    assert [True, False] == [b'"totalCount"' in one.body for one in ports.websites.delivered]


async def test_a_stored_query_answers_no_more_than_the_webhook_may_read(ann, ports, queries):
    await listen(ann, "bookmark.created", query=QUERY)
    await Webhook.all().update(scopes="bookmarks:read")
    await make_bookmark(ann)
    await work(ports)
    body = orjson.loads(ports.websites.delivered[0].body)

    assert ["FORBIDDEN"] == [error["extensions"]["code"] for error in body["errors"]]
    assert body["data"] is None or body["data"].get("tags") is None


async def test_a_query_that_fails_on_our_side_counts_as_an_attempt(ann, ports):
    await listen(ann, "bookmark.created")
    await Webhook.all().update(query=QUERY)  # which nobody here can answer
    await make_bookmark(ann)
    await work(ports)
    kept = await Delivery.get()

    assert (1, "pending", None) == (kept.attempts, kept.status, kept.body)
    assert kept.last_error
    assert [] == ports.websites.delivered


async def test_an_endless_round_gives_way_to_other_jobs(ann, ports, monkeypatch):
    """What is left is due at once, and its attempts are no failures of the job."""
    await listen(ann, "bookmark.created")
    for _ in range(10):
        await make_bookmark(ann)
    rounds = iter([0.0, 0.0, 31.0])
    monkeypatch.setattr(deliveries, "monotonic", lambda: next(rounds, 100.0))
    job = await worker.claim(ports, LEASE)
    await worker.perform(ports, job, seconds=60)

    assert deliveries.AT_ONCE == len(ports.websites.delivered)
    kept = await Job.get()
    assert (0, None) == (kept.attempts, kept.lease_until)
    assert kept.run_at <= ports.clock.now()


async def test_flags_of_one_bookmark_arrive_in_order(ann, ports):
    await listen(ann)
    row = await make_bookmark(ann)
    ctx = await ann.ctx()
    for on in (True, False, True):
        await states.favorite(ctx, [row.id], on=on)
    async with writing(ctx):
        await states.archive(ctx, [row.id])
        await states.favorite(ctx, [row.id], on=False)
    await work(ports)

    assert [
        "bookmark.created", "bookmark.favorited", "bookmark.unfavorited", "bookmark.favorited",
        "bookmark.unfavorited", "bookmark.archived",
    ] == [event for event, _ in told(ports)]  # fmt: skip
