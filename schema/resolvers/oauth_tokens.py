"""What clients get for a code, and what becomes of it (RFC 6749, 7009, 7636, 7662; BK sections 2.3 to 2.5).

All tokens of one visit to the consent page are a family, and the grant is its head. Whoever brings a code or a refresh
token for the second time may have stolen it, or have been robbed: the family ends (RFC 9700, section 4.14). Every step
holds the locks of the account and of the grant, in that order, so of any number of callers one comes first.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.transactions import in_transaction

from models import OAuthGrant, Token, User
from models.queries import accounts
from models.queries import oauth as queries
from models.rows import OAuthClientRow
from schema.errors import Fault, Invalid
from schema.ports import Ports
from schema.resolvers.tokens import OAUTH_ACCESS, OAUTH_REFRESH, digest

ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
STEP = 500  # rows deleted in one transaction, so that other writers get their turn
ISSUED = (OAUTH_ACCESS, OAUTH_REFRESH)  # an API key that an app has made is the person's to revoke


@dataclass(frozen=True, slots=True)
class Issued:
    """New tokens, shown this once; ``scopes`` and ``expires_in`` (seconds) are the access token's."""

    access_token: str
    refresh_token: str
    scopes: tuple[str, ...]
    expires_in: int


@dataclass(frozen=True, slots=True)
class Introspection:
    """What a token of the client is: ``kind`` is ``oauth-access`` or ``oauth-refresh``, ``owner_uid`` whose it is."""

    kind: str
    scopes: tuple[str, ...]
    client_id: str
    username: str
    owner_uid: str
    issued_at: datetime
    expires_at: datetime


async def exchange(
    ports: Ports, client: OAuthClientRow, *, code: str, redirect_uri: str, code_verifier: str | None
) -> Issued:
    """The first tokens for a code, once.

    Raises Invalid, by path and rule: ``code`` is ``unknown`` (also another client's), ``spent`` (then all that came of
    it has ended) or ``expired``; ``redirect_uri`` is a ``mismatch``; ``code_verifier`` is ``required``, a ``mismatch``,
    or ``unasked``: it came for a code that was asked for without a challenge.
    """
    made: Issued | Fault = Fault(("code",), "unknown")
    found = await OAuthGrant.filter(client_id=client.id, code_digest=digest(code)).only("id", "owner_id").first()
    if found is not None:
        async with in_transaction("default"):
            grant = await _hold(found.id, found.owner_id)
            if grant is not None:
                made = await _exchange(ports, client, grant, redirect_uri, code_verifier)
    return _tell(made)


async def refresh(ports: Ports, client: OAuthClientRow, *, refresh_token: str, scope: str | None = None) -> Issued:
    """The next tokens for a refresh token, once; ``scope`` (separated by blanks) narrows this access token only.

    Of several callers at a time one gets them. For the others the token is spent, and the family ends: nobody can tell
    who of them is the thief.

    Raises Invalid, by path and rule: ``refresh_token`` is ``unknown`` (also another client's), ``spent`` (then the
    whole family has ended) or ``expired``; ``scope`` is a ``choice``: more than was granted, and nothing is spent.
    """
    made: Issued | Fault = Fault(("refresh_token",), "unknown")
    secret = digest(refresh_token)
    known = Token.filter(grant__client_id=client.id, digest=secret, kind=OAUTH_REFRESH)
    found = await known.only("id", "owner_id", "grant_id").first()
    if found is not None and found.grant_id is not None:
        async with in_transaction("default"):
            grant = await _hold(found.grant_id, found.owner_id)
            token = await Token.get_or_none(id=found.id)
            if grant is not None and token is not None:
                made = await _refresh(ports, client, grant, token, scope)
    return _tell(made)


async def revoke(client: OAuthClientRow, token: str) -> None:
    """End one of the client's tokens: an access token alone, a refresh token with its whole family (RFC 7009).

    One that is unknown, or another client's, is as good as ended.
    """
    known = Token.filter(grant__client_id=client.id, digest=digest(token), kind__in=ISSUED)
    found = await known.only("id", "kind", "grant_id").first()
    if found is None or found.grant_id is None:
        return
    if found.kind == OAUTH_ACCESS:
        await Token.filter(id=found.id).delete()
    else:
        await OAuthGrant.filter(id=found.grant_id).delete()


async def introspect(ports: Ports, client: OAuthClientRow, token: str) -> Introspection | None:
    """What a token of the client is good for; None for one that is not its own, has ended or was spent (RFC 7662)."""
    secret = digest(token)
    known = Token.filter(digest=secret, grant__client_id=client.id, kind__in=ISSUED, spent_at=None)
    if not await known.exists():
        return None
    found = await accounts.by_digest(secret)
    if found is None or not found.user.is_active:
        return None
    row = found.token
    if row.expires_at is None or row.expires_at <= ports.clock.now():
        return None
    return Introspection(
        row.kind, row.scopes, client.client_id, found.user.username, found.user.uid, row.created_at, row.expires_at
    )


async def purge(now: datetime) -> None:
    """Delete the tokens whose time is over, and the grants that can bring none any more.

    A spent refresh token stays until then: somebody may still bring it again.
    """
    over = Token.filter(grant_id__not_isnull=True, expires_at__lte=now).limit(STEP)
    while ids := await over.values_list("id", flat=True):
        await Token.filter(id__in=ids).delete()
    while grants := await queries.ended(now, STEP):
        await OAuthGrant.filter(id__in=grants).delete()


async def _hold(grant_id: int, owner_id: int) -> OAuthGrant | None:
    """The grant, locked after its account; None when it has gone, or the account is deactivated."""
    owner = await User.filter(id=owner_id).select_for_update(no_key=True).only("id", "is_active").first()
    if owner is None or not owner.is_active:
        return None
    return await OAuthGrant.filter(id=grant_id).select_for_update().first()


async def _exchange(
    ports: Ports, client: OAuthClientRow, grant: OAuthGrant, redirect_uri: str, code_verifier: str | None
) -> Issued | Fault:
    now = ports.clock.now()
    if grant.code_used_at is not None:
        await grant.delete()
        return Fault(("code",), "spent")
    if grant.code_expires_at <= now:
        return Fault(("code",), "expired")
    if grant.redirect_uri != redirect_uri:
        return Fault(("redirect_uri",), "mismatch")
    if rule := _verifier_rule(grant.code_challenge, code_verifier):
        return Fault(("code_verifier",), rule)
    await OAuthGrant.filter(id=grant.id).update(code_used_at=now)
    return await _issue(ports, client, grant, tuple(grant.scopes.split()), now)


async def _refresh(
    ports: Ports, client: OAuthClientRow, grant: OAuthGrant, token: Token, scope: str | None
) -> Issued | Fault:
    now = ports.clock.now()
    if token.spent_at is not None:
        await grant.delete()
        return Fault(("refresh_token",), "spent")
    if token.expires_at is None or token.expires_at <= now:
        return Fault(("refresh_token",), "expired")
    granted = tuple(grant.scopes.split())
    wanted = frozenset(granted if scope is None else scope.split())
    if not wanted or not wanted <= set(granted):
        return Fault(("scope",), "choice", granted)
    await Token.filter(id=token.id).update(spent_at=now, last_used_at=now)
    return await _issue(ports, client, grant, tuple(one for one in granted if one in wanted), now)


async def _issue(
    ports: Ports, client: OAuthClientRow, grant: OAuthGrant, scopes: tuple[str, ...], now: datetime
) -> Issued:
    """An access token with these scopes, and a refresh token with all that was granted."""
    access = "bka_" + ports.clock.secret(32).hex()
    following = "bkr_" + ports.clock.secret(16).hex()
    for secret, kind, allowed, life in (
        (access, OAUTH_ACCESS, " ".join(scopes), ACCESS_LIFE),
        (following, OAUTH_REFRESH, grant.scopes, REFRESH_LIFE),
    ):
        await Token.create(
            uid=ports.clock.uuid(),
            owner_id=grant.owner_id,
            grant_id=grant.id,
            digest=digest(secret),
            prefix=secret[:7],
            name=client.name,
            kind=kind,
            scopes=allowed,
            created_at=now,
            expires_at=now + life,
        )
    await OAuthGrant.filter(id=grant.id).update(last_used_at=now)
    return Issued(access, following, scopes, int(ACCESS_LIFE.total_seconds()))


def challenge_of(code_verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()


def _verifier_rule(challenge: str | None, verifier: str | None) -> str | None:
    """The rule that the verifier breaks, or None."""
    if challenge is None:
        return None if verifier is None else "unasked"
    if verifier is None:
        return "required"
    proves = VERIFIER.fullmatch(verifier) and hmac.compare_digest(challenge, challenge_of(verifier))
    return None if proves else "mismatch"


def _tell(made: Issued | Fault) -> Issued:
    """What was made. Raises Invalid: after the commit, for the family may have ended with it."""
    if isinstance(made, Fault):
        raise Invalid(made)
    return made
