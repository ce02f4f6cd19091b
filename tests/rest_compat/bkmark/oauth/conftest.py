"""Programs of others: registered, and let in by Ann."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from models.rows import OAuthClientRow
from schema.resolvers import oauth_clients, oauth_consent
from schema.resolvers.oauth_tokens import challenge_of
from tests.factories import Person
from tests.rest_compat.conftest import Answer, Client

CALLBACK = "https://client.example/cb"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ISSUER = "http://links.example"
SCOPES = ("bookmarks:read", "bookmarks:write", "tags:read")


@dataclass(slots=True)
class Program:
    """A client of OAuth at the wire; ``http`` has no token."""

    http: Client
    client: OAuthClientRow
    secret: str | None
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def credentials(self) -> dict[str, str]:
        """What it says of itself in a form."""
        own = {"client_id": self.client.client_id}
        return own if self.secret is None else own | {"client_secret": self.secret}

    async def ask(self, person: Person, **changes: str | None) -> str:
        """Have a person let it in, by the operations of the page; the code. None leaves a parameter out."""
        return parse_qs(urlsplit(await self.location(person, **changes)).query)["code"][0]

    async def location(self, person: Person, **changes: str | None) -> str:
        """The same; where the browser is sent."""
        request = await oauth_consent.read_request(self.parameters(**changes), issuer=ISSUER)
        return await oauth_consent.approve(await person.ctx(), request)

    def parameters(self, **changes: str | None) -> list[tuple[str, str]]:
        """Those of an authorization request, with changes; None leaves one out."""
        sent = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": CALLBACK,
            "scope": "bookmarks:read tags:read",
            "state": "9d1c",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return [(name, value) for name, value in sent.items() if value is not None]

    async def post(self, path: str, *, headers: dict[str, str] | None = None, **form: str | None) -> Answer:
        """Send a form with the credentials; None leaves a parameter out."""
        sent = {name: value for name, value in (self.credentials | form).items() if value is not None}
        return await self.http.post(path, data=sent, headers=headers)

    async def exchange(self, code: str, **changes: str | None) -> Answer:
        """Bring a code."""
        own = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return await self.post("/oauth/token", **({"grant_type": "authorization_code"} | own | changes))

    async def refresh(self, token: str, **changes: str | None) -> Answer:
        """Bring a refresh token."""
        return await self.post("/oauth/token", **({"grant_type": "refresh_token", "refresh_token": token} | changes))

    async def enter(self, person: Person, **changes: str | None) -> dict[str, Any]:
        """Be let in, and exchange the code; the answer's members."""
        answer = await self.exchange(await self.ask(person, **changes))
        assert 200 == answer.status, answer.raw
        self.tokens = answer.body
        return self.tokens

    def bearer(self, token: str | None = None) -> Client:
        """A client of the API with the access token, or another."""
        return self.http.as_(token or self.tokens["access_token"], "Bearer")

    async def may_read(self, token: str | None = None) -> bool:
        """Whether the access token, or another, opens the API."""
        return 401 != (await self.bearer(token).get("/api/v1/tags")).status


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header with a client's credentials."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def make_program(http: Client, owner: Person, *, public: bool = False, **changes: Any) -> Program:
    """Register a client under the account."""
    given = {"name": "Reader", "redirect_uris": (CALLBACK,), "scopes": SCOPES} | changes
    made = await oauth_clients.enroll(owner.ports, owner.user.id, public=public, **given)
    return Program(http, made.client, made.secret)


@pytest.fixture
async def program(anonymous: Client, ben: Person) -> AsyncIterator[Program]:
    """A confidential client of Ben's."""
    assert challenge_of(VERIFIER) == CHALLENGE
    yield await make_program(anonymous, ben)


@pytest.fixture
async def public(anonymous: Client, ben: Person) -> Program:
    """A public client of Ben's."""
    return await make_program(anonymous, ben, public=True, name="Pocket reader")
