"""Tickets (NC-2.4): what a program that signed in with name and secret may send in their place for an hour.

The server keeps none of them. A ticket says, signed, which credential it was given for, and that credential is looked
at again each time: the ticket ends with a changed password, a revoked token or a deactivated account, and never allows
more.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.queries import accounts as queries
from schema.context import ALL_SCOPES, Viewer
from schema.errors import Unauthenticated
from schema.ports import Ports
from schema.resolvers import tokens
from schema.resolvers.credentials import fingerprint

PREFIX = "tk_"  # no token begins so
PURPOSE = "ticket"
LIFETIME = timedelta(seconds=3600)
REUSE = timedelta(minutes=1)
MOST_ISSUED = 1_000  # remembered; then all are forgotten


def issue(ports: Ports, viewer: Viewer) -> str:
    """A ticket for the credential that the viewer came with; it ends after an hour, or with the credential.

    For a minute the same one is handed out again: every answer brings one, and signing costs more than the rest of it.

    Raises Unauthenticated for a viewer who came with neither password, token nor ticket.
    """
    if viewer.user is None or not (viewer.token_id or viewer.proof):
        raise Unauthenticated
    now = ports.clock.now()
    credential = (viewer.user.id, viewer.token_id or 0, viewer.proof, viewer.expires_at)
    made, ticket = ports.issued.get(credential, (None, ""))
    if made is not None and made <= now < made + REUSE:
        return ticket
    until = now + LIFETIME
    if viewer.expires_at is not None:
        until = min(until, viewer.expires_at)
    facts = [viewer.user.id, viewer.token_id or 0, viewer.proof, until.timestamp()]
    ticket = PREFIX + ports.signing.seal(PURPOSE, facts)
    if len(ports.issued) >= MOST_ISSUED:
        ports.issued.clear()
    ports.issued[credential] = (now, ticket)
    return ticket


def is_ticket(secret: str) -> bool:
    """Whether the text is meant as a ticket."""
    return secret.startswith(PREFIX)


async def believe(ports: Ports, ticket: str) -> Viewer:
    """Who the ticket stands for, in one statement.

    Raises Unauthenticated: ``unknown`` (not ours, or its credential has gone), ``expired`` or ``inactive``.
    """
    owner_id, token_id, proof, until = ports.signing.unseal(PURPOSE, ticket.removeprefix(PREFIX))
    end = datetime.fromtimestamp(until, UTC)
    if ports.clock.now() >= end:
        raise Unauthenticated("expired")
    found = await queries.account_by_id(owner_id, token_id)
    if found is None:
        raise Unauthenticated("unknown")
    if token_id:
        if found.token is None:
            raise Unauthenticated("unknown")
        return replace(tokens.accept(ports, found.user, found.token), expires_at=end)
    if not hmac.compare_digest(proof, fingerprint(found.password_hash)):
        raise Unauthenticated("unknown")
    if not found.user.is_active:
        raise Unauthenticated("inactive")
    return Viewer(found.user, ALL_SCOPES, expires_at=end, proof=proof)
