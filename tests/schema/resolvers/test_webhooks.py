"""Webhooks as their owner handles them (BK section 9)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from strawberry import Some

from models import Delivery, Job, User, Webhook
from schema.context import Context
from schema.door import GRAPHQL
from schema.errors import Conflict, Forbidden, Invalid, NotFound
from schema.events import EVENTS
from schema.ports import Limits
from schema.resolvers import tokens, webhooks
from tests.factories import make_bookmark, make_token

URL = "https://hooks.example/in"


async def make(person, *events, url=URL):
    return await webhooks.create(await person.ctx(), url, events or EVENTS)


async def narrow(person, *scopes):
    secret = await make_token(person, *scopes)
    return Context(person.ports, GRAPHQL, await tokens.believe(person.ports, secret))


async def listening(person):
    return (await User.get(id=person.user.id)).has_webhooks


async def test_a_webhook_is_made_with_a_name_and_a_secret_that_is_shown_once(ann):
    made = await make(ann, "tag.deleted", "bookmark.created", "tag.deleted")
    rows = await webhooks.find(await ann.ctx())

    assert re.fullmatch("wh_[a-z0-9]{24}", made.webhook.name)
    assert re.fullmatch("whsec_[0-9a-f]{32}", made.secret)
    assert ("bookmark.created", "tag.deleted") == made.webhook.events
    assert ("bookmarks:read", "tags:read", "groups:read", "search:read") == made.webhook.scopes
    assert [made.webhook] == rows == [await webhooks.get(await ann.ctx(), made.webhook.name)]
    assert made.secret not in repr(rows)
    assert await listening(ann)


BAD_URLS = [
    "", " ", "http://hooks.example/", "ftp://hooks.example/", "hooks.example", "//hooks.example/", "https:",
    "https://nul.example/\0", "https://x.example/\ud800", "https://x.example/" + "x" * 2_000,
]  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
async def test_an_address_that_cannot_be_told_anything_is_refused(ann, url):
    with pytest.raises(Invalid):
        await make(ann, url=url)

    assert not await Webhook.exists()
    assert not await listening(ann)


async def test_what_the_guard_refuses_is_refused(ann, ports):
    ports.websites.private.add("https://router.example/")
    with pytest.raises(Invalid) as refused:
        await make(ann, url="https://router.example/")

    assert "hook_url" == refused.value.faults[0].rule


async def test_http_is_for_servers_that_open_their_own_network(ann):
    ann.ports = replace(ann.ports, limits=Limits(private_web=True))

    assert "http://nas.example/" == (await make(ann, url="http://nas.example/")).webhook.url


@pytest.mark.parametrize("events", [[], ["bookmark.moved"], ["tag.created", ""], ["x"] * 1000])
async def test_events_are_those_of_the_contract_and_at_least_one(ann, events):
    with pytest.raises(Invalid):
        await webhooks.create(await ann.ctx(), URL, events)


async def test_nobody_hears_of_what_they_may_not_read(ann):
    """For making one and for adding to one; what it is told never exceeds what it was made with."""
    ctx = await narrow(ann, "tags:read", "bookmarks:write", "account")
    with pytest.raises(Forbidden) as refused:
        await webhooks.create(ctx, URL, ["tag.created", "bookmark.created"])
    made = await webhooks.create(ctx, URL, ["tag.created"])
    with pytest.raises(Forbidden):
        await webhooks.update(ctx, made.webhook.name, events=Some(["group.created"]))
    kept = await webhooks.get(ctx, made.webhook.name)
    wider = await webhooks.update(await ann.ctx(), made.webhook.name, events=Some(["tag.created", "group.created"]))

    assert "bookmarks:read" == refused.value.needs
    assert (("tag.created",), ("tags:read",)) == (kept.events, kept.scopes)
    assert ("tags:read", "groups:read") == wider.scopes


async def test_any_credential_manages_but_sends_nothing_elsewhere_that_it_cannot_read(ann):
    made = await make(ann, "bookmark.created", "tag.created")
    ctx = await narrow(ann, "tags:read")
    name = made.webhook.name
    assert not (await webhooks.update(ctx, name, is_active=Some(False))).is_active
    assert ("tag.created",) == (await webhooks.update(ctx, name, events=Some(["tag.created"]))).events
    assert "https://b.example/" == (await webhooks.update(ctx, name, url=Some("https://b.example/"))).url
    await webhooks.update(await ann.ctx(), name, events=Some(["bookmark.created"]))
    with pytest.raises(Forbidden):
        await webhooks.update(ctx, name, url=Some("https://c.example/"))
    with pytest.raises(Forbidden):
        await webhooks.events(ctx, name)
    assert [] == (await webhooks.deliveries(ctx, name)).items
    await webhooks.delete(ctx, name)
    assert not await Webhook.exists()


async def test_what_was_told_or_waits_goes_nowhere_that_a_narrow_credential_chose(ann):
    """Hearing of less from now on does not open what is kept of before."""
    made = await make(ann, "bookmark.created", "tag.created")
    name = made.webhook.name
    await make_bookmark(ann)
    kept = await Delivery.get()
    ctx = await narrow(ann, "tags:read")
    await webhooks.update(ctx, name, events=Some(["tag.created"]))
    for act in (
        webhooks.update(ctx, name, url=Some("https://c.example/")),
        webhooks.redeliver(ctx, name, kept.name),
    ):
        with pytest.raises(Forbidden) as refused:
            await act
        assert "bookmarks:read" == refused.value.needs

    assert URL == (await webhooks.get(ctx, name)).url
    assert "https://c.example/" == (await webhooks.update(await ann.ctx(), name, url=Some("https://c.example/"))).url
    await webhooks.redeliver(await ann.ctx(), name, kept.name)


async def test_an_answer_to_a_query_goes_nowhere_that_a_narrow_credential_chose(ann):
    """Nor when the query goes first: what it answered is kept, and may be sent again."""
    query = "{ bookmarks { edges { node { url } } } }"
    made = await make(ann, "tag.created")
    await Webhook.all().update(query=query)
    ctx = await narrow(ann, "tags:read")
    for changes in ({"url": Some("https://c.example/")}, {"query": Some(None)}):
        with pytest.raises(Forbidden):
            await webhooks.update(ctx, made.webhook.name, **changes)

    assert (URL, query) == ((hook := await webhooks.get(ctx, made.webhook.name)).url, hook.query)


async def test_a_patch_that_changes_nothing_writes_nothing(ann):
    made = await make(ann, "tag.created")
    before = await User.get(id=ann.user.id)
    row = await webhooks.update(
        await ann.ctx(), made.webhook.name, url=Some(URL), events=Some(["tag.created"]), is_active=Some(True)
    )

    assert made.webhook == row
    assert before.change_seq == (await User.get(id=ann.user.id)).change_seq


async def test_the_account_knows_whether_anybody_listens(ann):
    one, two = await make(ann), await make(ann)
    ctx = await ann.ctx()
    await webhooks.update(ctx, one.webhook.name, is_active=Some(False))
    assert await listening(ann)
    await webhooks.delete(ctx, two.webhook.name)
    assert not await listening(ann)
    await webhooks.update(ctx, one.webhook.name, is_active=Some(True))
    assert await listening(ann)


async def test_an_account_has_fifty_webhooks_at_the_most(ann, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST", 2)
    await make(ann)
    await make(ann)
    with pytest.raises(Conflict):
        await make(ann)

    assert 2 == len(await webhooks.find(await ann.ctx()))


async def test_one_that_is_made_active_again_is_sent_what_is_pending_with_a_clean_record(ann):
    made = await make(ann)
    await make_bookmark(ann)
    await Job.all().delete()
    await Webhook.all().update(failures=7, is_active=False)
    row = await webhooks.update(await ann.ctx(), made.webhook.name, is_active=Some(True))

    assert row.is_active
    assert 0 == (await Webhook.get()).failures
    assert ["deliver"] == await Job.all().values_list("kind", flat=True)


async def test_the_log_is_read_from_either_end(ann):
    """The newest first for who looks after it, the oldest first for who asks instead of being told."""
    made = await make(ann, "bookmark.created")
    rows = [await make_bookmark(ann) for _ in range(3)]
    ctx, name = await ann.ctx(), made.webhook.name
    page = await webhooks.deliveries(ctx, name)
    first, more = await webhooks.events(ctx, name, limit=2)
    rest, end = await webhooks.events(ctx, name, after=first[-1].id, limit=2)
    nothing, _ = await webhooks.events(ctx, name, after=rest[-1].id)

    assert [f"bookmark:{row.id}" for row in reversed(rows)] == [one.subject for one in page.items]
    assert 3 == await page.count()
    assert [row.uid for row in rows] == [event.row.uid for event in [*first, *rest]]
    assert (True, False, []) == (more, end, nothing)
    with pytest.raises(Invalid):
        await webhooks.events(ctx, name, after="evt_nothing")
    other = await make(ann, "tag.created")
    with pytest.raises(Invalid):
        await webhooks.deliveries(ctx, other.webhook.name, after=first[0].id)


async def test_events_are_kept_for_thirty_days(ann, ports):
    made = await make(ann, "bookmark.created")
    await make_bookmark(ann)
    ports.clock.forward(days=31)
    await make_bookmark(ann)
    found, _ = await webhooks.events(await ann.ctx(), made.webhook.name)

    assert 1 == len(found)


async def test_sending_again_starts_over_and_is_for_active_webhooks(ann):
    made = await make(ann, "bookmark.created")
    await make_bookmark(ann)
    delivery = await Delivery.get()
    await Delivery.all().update(status="failed", attempts=6, body="{}", ended_at=delivery.created_at)
    await Job.all().delete()
    ctx = await ann.ctx()
    row = await webhooks.redeliver(ctx, made.webhook.name, delivery.name)
    again = await webhooks.redeliver(ctx, made.webhook.name, delivery.name)

    assert ("pending", 0, delivery.name, None) == (row.status, row.attempts, row.name, row.ended_at)
    assert row.next_attempt_at < again.next_attempt_at
    assert "{}" == (await Delivery.get()).body
    assert 1 == await Job.all().count()
    await webhooks.update(ctx, made.webhook.name, is_active=Some(False))
    with pytest.raises(Conflict):
        await webhooks.redeliver(ctx, made.webhook.name, delivery.name)
    with pytest.raises(NotFound):
        await webhooks.redeliver(ctx, made.webhook.name, "evt_nothing")
