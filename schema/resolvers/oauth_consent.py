"""Letting a program in: what it asks for, and what somebody says to that (RFC 6749, section 4.1; RFC 7636; RFC 9207).

What is wrong with a request goes back to the program that made it, unless it is not certain which one that is: then
nobody is sent anywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import quote, urlencode

from models import OAuthClient, OAuthGrant
from models.queries import oauth as queries
from models.rows import OAuthClientRow, OAuthGrantRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.operation import gated, reads, writes
from schema.resolvers.oauth_clients import CLIENT_ID, GRANTABLE, is_registered
from schema.resolvers.saving import unit_of
from schema.resolvers.texts import known_ids
from schema.resolvers.tokens import digest

CODE_LIFE = timedelta(minutes=10)
STATE_LENGTH = 2000
STATE = re.compile(rf"[^\x00-\x1f\x7f]{{1,{STATE_LENGTH}}}")  # a line end would not come through a form as it went in
PARAMETERS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64url, without padding


class Unredirectable(Exception):  # noqa: N818 - an outcome of reading, not a bug
    """The request does not tell for certain who asks, so nobody may be sent anywhere.

    ``reason`` is ``doubled`` (the client or the redirect URI comes twice), ``client`` (it is unknown) or
    ``redirect_uri`` (it is missing, or not one of the client's).
    """

    def __init__(self, reason: Literal["doubled", "client", "redirect_uri"]) -> None:
        super().__init__(reason)
        self.reason = reason


class Redirected(Exception):  # noqa: N818 - an outcome of reading, not a bug
    """The request cannot be granted; ``location`` is where the program is told so."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client asks somebody for, checked. ``issuer`` is what this server calls itself in the answer."""

    client: OAuthClientRow
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    code_challenge: str | None
    issuer: str


async def read_request(parameters: Sequence[tuple[str, str]], *, issuer: str) -> AuthorizationRequest:
    """What the parameters ask for; ``issuer`` is the base address of this server, without a slash at its end.

    Parameters without a value are as good as left out, unknown ones are ignored.

    Raises Unredirectable, and Redirected for everything else that is wrong: a parameter that comes twice, another
    response type than ``code``, a scope that is unknown or that the client did not register, or none, a challenge that
    is not one of S256, and none where the client is public.
    """
    counts = Counter(name for name, value in parameters if value)
    sent = {name: value for name, value in parameters if value}
    if counts["client_id"] > 1 or counts["redirect_uri"] > 1:
        raise Unredirectable("doubled")
    found = await queries.by_client_id(sent["client_id"]) if CLIENT_ID.fullmatch(sent.get("client_id", "")) else None
    if found is None:
        raise Unredirectable("client")
    client = found.client
    redirect_uri = sent.get("redirect_uri", "")
    if not is_registered(redirect_uri, client):
        raise Unredirectable("redirect_uri")
    scopes = tuple(dict.fromkeys(sent.get("scope", "").split()))
    state = sent.get("state") if counts["state"] == 1 and STATE.fullmatch(sent["state"]) else None
    request = AuthorizationRequest(
        client,
        redirect_uri,
        tuple(scope for scope in GRANTABLE if scope in scopes),
        state,
        sent.get("code_challenge"),
        issuer,
    )
    if fault := _fault(counts, sent, client, scopes):
        raise Redirected(_location(request, ("error", fault[0]), ("error_description", fault[1])))
    return request


@writes("account")
async def approve(ctx: Context, request: AuthorizationRequest, scopes: Collection[str] | None = None) -> str:
    """Let the client in as the viewer, with ``scopes`` only if they are given; where to send the browser, with a code.

    The code is good once, for ten minutes, for this client, this redirect URI and whoever knows the verifier.

    Raises Invalid for no scope and for one that was not asked for, NotFound for a client that has gone meanwhile.
    """
    wanted = request.scopes if scopes is None else frozenset(scopes)
    if not wanted or not set(wanted) <= set(request.scopes):
        raise Invalid(Fault(("scopes",), "choice" if wanted else "required", request.scopes))
    client = await OAuthClient.filter(id=request.client.id).select_for_update(no_key=True).first()
    if client is None:
        raise NotFound("oauth_client")
    unit = unit_of(ctx)
    code = "c_" + ctx.ports.clock.secret(32).hex()
    grant = await OAuthGrant.create(
        uid=ctx.ports.clock.uuid(),
        owner_id=ctx.owner_id,
        client_id=client.id,
        scopes=" ".join(scope for scope in client.scopes.split() if scope in wanted),
        redirect_uri=request.redirect_uri,
        code_digest=digest(code),
        code_challenge=request.code_challenge,
        code_expires_at=unit.now + CODE_LIFE,
        created_at=unit.now,
    )
    unit.record("oauth_grant", grant.id, "create")
    return _location(request, ("code", code))


@gated("account")
async def deny(ctx: Context, request: AuthorizationRequest) -> str:
    """Send the client away: where to send the browser, with ``access_denied``."""
    del ctx
    return _location(request, ("error", "access_denied"), ("error_description", "The request was denied."))


@reads("account")
async def connected(ctx: Context) -> list[OAuthGrantRow]:
    """What the viewer has let programs do: those visits to the consent page that still have tokens, by id."""
    return await queries.grants(ctx.owner_id, ctx.ports.clock.now())


@writes("account")
async def disconnect(ctx: Context, grant_id: int) -> None:
    """End what the viewer has let a program do, with all its tokens, at once. Raises NotFound."""
    ids = known_ids([grant_id])
    if not ids or not await OAuthGrant.filter(owner_id=ctx.owner_id, id=ids[0]).delete():
        raise NotFound("oauth_grant")
    unit_of(ctx).record("oauth_grant", grant_id, "delete")


def _fault(  # noqa: PLR0911 - one return a rule
    counts: Counter[str], sent: dict[str, str], client: OAuthClientRow, scopes: tuple[str, ...]
) -> tuple[str, str] | None:
    """The error and its description for the client; None when all is well."""
    for name in PARAMETERS:
        if counts[name] > 1:
            return "invalid_request", f"{name} comes more than once."
    if "state" in sent and not STATE.fullmatch(sent["state"]):
        return "invalid_request", f"state is longer than {STATE_LENGTH} characters, or has a control character."
    if "response_type" not in sent:
        return "invalid_request", "response_type is missing."
    if sent["response_type"] != "code":
        return "unsupported_response_type", "response_type must be code."
    if not scopes or not set(scopes) <= set(GRANTABLE):
        return "invalid_scope", f"scope must name some of {' '.join(GRANTABLE)}."
    if not set(scopes) <= set(client.scopes):
        return "invalid_scope", "The client did not register for all of these scopes."
    return _challenge_fault(sent, client)


def _challenge_fault(sent: dict[str, str], client: OAuthClientRow) -> tuple[str, str] | None:
    challenge, method = sent.get("code_challenge"), sent.get("code_challenge_method")
    if challenge is None and method is None:
        return ("invalid_request", "A public client must send a code_challenge.") if client.is_public else None
    if method != "S256":
        return "invalid_request", "code_challenge_method must be S256."
    if challenge is None or not CHALLENGE.fullmatch(challenge):
        return "invalid_request", "code_challenge must be 43 characters of base64url."
    return None


def _location(request: AuthorizationRequest, *pairs: tuple[str, str]) -> str:
    """The redirect URI, as it was registered, with these parameters, the state and who says so (RFC 9207)."""
    state = () if request.state is None else (("state", request.state),)
    query = urlencode([*pairs, *state, ("iss", request.issuer)], quote_via=quote, errors="replace")
    _, mark, own = request.redirect_uri.partition("?")
    joint = "" if mark and (not own or own.endswith("&")) else "&" if mark else "?"
    return f"{request.redirect_uri}{joint}{query}"
