"""Programs that people let in, by operations alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from models.rows import OAuthClientRow
from schema.resolvers import oauth_clients, oauth_consent, oauth_tokens
from schema.resolvers.oauth_tokens import Issued
from tests.factories import Person

ISSUER = "https://links.example"
CALLBACK = "https://client.example/cb"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SCOPES = ("bookmarks:read", "bookmarks:write", "tags:read")
S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


async def make_client(owner: Person, **changes: Any) -> tuple[OAuthClientRow, str | None]:
    """Register a client under the account; with its secret."""
    given = {"name": "Reader", "redirect_uris": (CALLBACK,), "scopes": SCOPES, "public": False} | changes
    made = await oauth_clients.enroll(owner.ports, owner.user.id, **given)
    return made.client, made.secret


def parameters(client: OAuthClientRow, **changes: str | None) -> list[tuple[str, str]]:
    """An authorization request with PKCE; None leaves a parameter out."""
    sent = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uris[0],
        "scope": "bookmarks:read tags:read",
        "state": "9d1c",
    }
    return [(name, value) for name, value in (sent | S256 | changes).items() if value is not None]


async def ask(person: Person, client: OAuthClientRow, **changes: str | None) -> str:
    """Have the person let the client in; the code."""
    request = await oauth_consent.read_request(parameters(client, **changes), issuer=ISSUER)
    return read(await oauth_consent.approve(await person.ctx(), request))["code"]


async def enter(person: Person, client: OAuthClientRow) -> Issued:
    """The same, and the tokens for the code."""
    code = await ask(person, client)
    return await oauth_tokens.exchange(
        person.ports, client, code=code, redirect_uri=client.redirect_uris[0], code_verifier=VERIFIER
    )


def read(location: str) -> dict[str, str]:
    """The parameters that a redirect brings; each comes once."""
    found = parse_qs(urlsplit(location).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), location
    return {name: values[0] for name, values in found.items()}
