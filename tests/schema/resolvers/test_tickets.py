"""Tickets: what stands for a credential for an hour, and never longer than that credential itself (NC-2.4, C06)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import User
from schema.context import ALL_SCOPES, ANONYMOUS
from schema.errors import Unauthenticated, Unavailable
from schema.ports import NoSigning
from schema.resolvers import sessions, tickets, tokens
from schema.resolvers.credentials import believe_basic
from tests.databases import statements_counted
from tests.factories import PASSWORD, make_token


@pytest.fixture(params=["password", "token"])
async def viewer(request, ann, ports):
    """Somebody who came with name and secret."""
    viewer = await believe_basic(ports, "ann", PASSWORD if request.param == "password" else ann.secret)
    await ports.background.drain()
    return viewer


async def reason(ports, ticket):
    """Why a ticket is refused."""
    with pytest.raises(Unauthenticated) as refusal:
        await tickets.believe(ports, ticket)
    return refusal.value.reason


async def test_a_ticket_stands_for_its_credential_for_one_statement(viewer, ports):
    ticket = tickets.issue(ports, viewer)
    statements = []
    async with statements_counted(statements):
        believed = await tickets.believe(ports, ticket)

    assert tickets.is_ticket(ticket)
    assert (viewer.user, viewer.scopes, viewer.token_id) == (believed.user, believed.scopes, believed.token_id)
    assert 1 == len(statements)


async def test_a_ticket_ends_after_an_hour(viewer, ports):
    ticket = tickets.issue(ports, viewer)
    ports.clock.forward(seconds=3599)
    believed = await tickets.believe(ports, ticket)
    ports.clock.forward(seconds=1)

    assert "expired" == await reason(ports, ticket)
    assert believed.expires_at <= ports.clock.now()


async def test_a_ticket_hands_out_none_that_lasts_longer(viewer, ports):
    ticket = tickets.issue(ports, viewer)
    ports.clock.forward(minutes=59)
    again = tickets.issue(ports, await tickets.believe(ports, ticket))
    ports.clock.forward(minutes=1)

    assert "expired" == await reason(ports, again)


async def test_a_ticket_ends_with_its_token(ann, ports):
    until = ports.clock.now() + timedelta(minutes=10)
    short = await tokens.issue(ports, ann.user.id, name="short", expires_at=until)
    gone = await tokens.issue(ports, ann.user.id, name="gone")
    of_short, of_gone = [tickets.issue(ports, await believe_basic(ports, "ann", made.secret)) for made in (short, gone)]
    await tokens.withdraw(ann.user.id, gone.token.id)
    ports.clock.forward(minutes=10)

    assert ["expired", "unknown"] == [await reason(ports, of_short), await reason(ports, of_gone)]


async def test_a_ticket_ends_with_its_password(ann, ports):
    by_password = tickets.issue(ports, await believe_basic(ports, "ann", PASSWORD))
    by_token = tickets.issue(ports, await believe_basic(ports, "ann", ann.secret))
    await User.filter(id=ann.user.id).update(password_hash="fake$another horse")

    assert "unknown" == await reason(ports, by_password)
    assert "ann" == (await tickets.believe(ports, by_token)).user.username


@pytest.mark.parametrize(("change", "why"), [({"is_active": False}, "inactive"), (None, "unknown")])
async def test_a_ticket_ends_with_its_account(change, why, viewer, ann, ports):
    ticket = tickets.issue(ports, viewer)
    account = User.filter(id=ann.user.id)
    await (account.delete() if change is None else account.update(**change))

    assert why == await reason(ports, ticket)


async def test_a_ticket_allows_what_its_token_allows(ann, ports):
    narrow = await believe_basic(ports, "ann", await make_token(ann, "tags:read"))
    believed = await tickets.believe(ports, tickets.issue(ports, narrow))

    assert {"tags:read"} == believed.scopes != ALL_SCOPES


async def test_a_token_made_with_a_ticket_ends_with_it(ann, ports):
    ticket = tickets.issue(ports, await believe_basic(ports, "ann", PASSWORD))
    viewer = await tickets.believe(ports, ticket)
    ctx = await ann.ctx()
    ctx.viewer = viewer
    made = await tokens.create(ctx, "longer")

    assert viewer.expires_at == made.token.expires_at


async def test_a_forged_ticket_is_unknown(viewer, ports):
    ticket = tickets.issue(ports, viewer)
    other = ports.signing.seal("another purpose", [viewer.user.id, viewer.token_id or 0, viewer.proof, 9e9])
    forged = [ticket[:-1], ticket + "x", tickets.PREFIX, f"{tickets.PREFIX}{other}", "tk_ä", "tk_\ud800", "tk_.x"]

    assert ["unknown"] * len(forged) == [await reason(ports, text) for text in forged]


async def test_nobody_and_a_browser_get_no_ticket(ann, ports):
    begun = await sessions.sign_in(ports, "ann", PASSWORD, address="192.0.2.1", user_agent="")
    for viewer in (ANONYMOUS, await sessions.believe(ports, begun.secret)):
        with pytest.raises(Unauthenticated):
            tickets.issue(ports, viewer)


def test_without_the_servers_secret_there_are_no_seals():
    with pytest.raises(Unavailable, match="seals"):
        NoSigning().seal("ticket", [])
    with pytest.raises(Unavailable, match="seals"):
        NoSigning().unseal("ticket", "x")
