"""Programs of others, registered so that they may ask people to let them in (RFC 6749, section 2; RFC 8252)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from models import OAuthClient
from models.queries import oauth as queries
from models.rows import OAuthClientRow
from schema.context import SCOPES, Context
from schema.errors import Fault, Invalid, NotFound, Unauthenticated
from schema.operation import reads, writes
from schema.ports import Ports
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import check_texts, known_ids, one_line
from schema.resolvers.tokens import digest

GRANTABLE = tuple(scope for scope in SCOPES if scope != "account")  # the account itself is nobody's to give away
NAME_LENGTH = 100
MOST_URIS = 20
URI_LENGTH = 2000
CLIENT_ID = re.compile(r"bk_[0-9a-f]{24}")
LOOPBACK = ("localhost", "127.0.0.1", "::1")

_URI = re.compile(r"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/.*")
_ANY_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([0-9]{1,5}))?((?:[/?].*)?)")


@dataclass(slots=True)
class Registered:
    """A new client; ``secret`` is shown this once and never again, and None for a public one."""

    client: OAuthClientRow
    secret: str | None


@writes("account")
async def register(
    ctx: Context, *, name: str, redirect_uris: Sequence[str], scopes: Sequence[str], public: bool
) -> Registered:
    """Register a program under the viewer's account. Raises Invalid as ``enroll``."""
    made = await enroll(ctx.ports, ctx.owner_id, name=name, redirect_uris=redirect_uris, scopes=scopes, public=public)
    unit_of(ctx).record("oauth_client", made.client.id, "create")
    return made


@reads("account")
async def find(ctx: Context) -> list[OAuthClientRow]:
    """The programs that the viewer registered, by id."""
    return await queries.clients(ctx.owner_id)


@writes("account")
async def remove(ctx: Context, id: int) -> None:
    """End one of the viewer's programs, and with it all that anybody has let it do. Raises NotFound."""
    ids = known_ids([id])
    if not ids or not await OAuthClient.filter(owner_id=ctx.owner_id, id=ids[0]).delete():
        raise NotFound("oauth_client")
    unit_of(ctx).record("oauth_client", id, "delete")


async def enroll(
    ports: Ports, owner_id: int, *, name: str, redirect_uris: Sequence[str], scopes: Sequence[str], public: bool
) -> Registered:
    """Register a program under the account: an operator's act, so without a gate.

    A ``public`` one runs where nobody can keep a secret, and gets none. ``scopes`` are those that it may ask for.

    Raises Invalid: for a name that is empty or over 100 characters; for no redirect URI, over twenty, or one that
    ``check_redirect_uri`` refuses; for no scope, or one that cannot be given away (``account``).
    """
    check_texts((("name", name),))
    name = one_line(name)
    uris = list(dict.fromkeys(redirect_uris))
    wanted = frozenset(scopes)
    faults = []
    if not name:
        faults.append(Fault(("name",), "blank"))
    if len(name) > NAME_LENGTH:
        faults.append(Fault(("name",), "too_long", NAME_LENGTH))
    if not uris:
        faults.append(Fault(("redirect_uris",), "required"))
    if len(uris) > MOST_URIS:
        faults.append(Fault(("redirect_uris",), "too_many", MOST_URIS))
    faults += [
        Fault(("redirect_uris", place), rule) for place, uri in enumerate(uris) if (rule := check_redirect_uri(uri))
    ]
    if not wanted:
        faults.append(Fault(("scopes",), "required"))
    faults += [Fault(("scopes",), "choice", GRANTABLE, scope) for scope in sorted(wanted - set(GRANTABLE))]
    if faults:
        raise Invalid(*faults)
    secret = None if public else "bks_" + ports.clock.secret(32).hex()
    client_id = "bk_" + ports.clock.secret(12).hex()
    await OAuthClient.create(
        uid=ports.clock.uuid(),
        owner_id=owner_id,
        client_id=client_id,
        secret_digest=None if secret is None else digest(secret),
        name=name,
        redirect_uris="\n".join(uris),
        scopes=" ".join(scope for scope in GRANTABLE if scope in wanted),
        created_at=ports.clock.now(),
    )
    row = next(row for row in await queries.clients(owner_id) if row.client_id == client_id)
    return Registered(row, secret)


async def authenticate(client_id: str, secret: str | None) -> OAuthClientRow:
    """The client that these credentials stand for; a public one has no secret and sends none.

    Raises Unauthenticated("unknown"), after as long for an unknown client as for a wrong secret, also for a client
    whose account is deactivated.
    """
    found = await queries.by_client_id(client_id) if CLIENT_ID.fullmatch(client_id) else None
    expected = (found.secret_digest if found is not None else None) or digest("")
    right = hmac.compare_digest(expected, digest(secret or ""))
    if found is None or (secret is not None) == found.client.is_public or not right:
        raise Unauthenticated("unknown")
    return found.client


def check_redirect_uri(uri: str) -> str | None:
    """The rule that a redirect URI breaks, or None: ``too_long`` (over 2,000 characters), ``fragment`` or ``redirect``.

    It is absolute and without a user name: ``https``, ``http`` on this machine, or a scheme of the program's own,
    which has a dot (RFC 8252, section 7).
    """
    if len(uri) > URI_LENGTH:
        return "too_long"
    if "#" in uri:
        return "fragment"
    if not _URI.fullmatch(uri):
        return "redirect"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port  # asking for the port checks it
    except ValueError:
        return "redirect"
    if uri.startswith("https://"):
        safe = bool(host)
    elif uri.startswith("http://"):
        safe = host in LOOPBACK
    else:
        safe = bool(_PRIVATE.fullmatch(uri))
    return None if safe and "@" not in parts.netloc else "redirect"


def is_registered(uri: str, client: OAuthClientRow) -> bool:
    """Whether the client may have people sent back to this address: character by character one of its own.

    Only the port of a loopback IP address is free, for a program that listens there takes what it gets (RFC 8252,
    section 7.3).
    """
    return uri in client.redirect_uris or (
        (portless := _portless(uri)) is not None and portless in map(_portless, client.redirect_uris)
    )


def _portless(uri: str) -> str | None:
    """A loopback IP address without its port; None for any other, and for a port that does not exist."""
    found = _ANY_PORT.fullmatch(uri)
    if found is None or not _URI.fullmatch(uri):
        return None
    host, port, rest = found.groups()
    return host + rest if port is None or 0 < int(port) < 2**16 else None
