"""Programs of others: registered, and let in by Ann."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import pytest

from models.rows import OAuthClientRow
from rest_compat import SERVED
from rest_compat.dialect import Dialect
from schema.resolvers import oauth_consent
from tests.factories import Person
from tests.rest_compat.conftest import Answer, Client
from tests.schema.oauth import CALLBACK, VERIFIER, make_client, parameters, read

ISSUER = "http://links.example"


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
        return read(await self.location(person, **changes))["code"]

    async def location(self, person: Person, **changes: str | None) -> str:
        """The same; where the browser is sent."""
        request = await oauth_consent.read_request(parameters(self.client, **changes), issuer=ISSUER)
        return await oauth_consent.approve(await person.ctx(), request)

    async def post(self, path: str, *, headers: dict[str, str] | None = None, **form: str | None) -> Answer:
        """Send a form with the credentials; None leaves a parameter out."""
        sent = {name: value for name, value in (self.credentials | form).items() if value is not None}
        return await self.http.post(path, data=sent, headers=headers)

    async def exchange(self, code: str, /, *, headers: dict[str, str] | None = None, **changes: str | None) -> Answer:
        """Bring a code."""
        own = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        form = {"grant_type": "authorization_code"} | own | changes
        return await self.post("/oauth/token", headers=headers, **form)

    async def refresh(self, token: str, *, headers: dict[str, str] | None = None, **changes: str | None) -> Answer:
        """Bring a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": token} | changes
        return await self.post("/oauth/token", headers=headers, **form)

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
    return Program(http, *await make_client(owner, public=public, **changes))


@pytest.fixture
def doors() -> tuple[Dialect, ...]:
    """All of them: a token opens each."""
    return SERVED


@pytest.fixture
async def program(anonymous: Client, ben: Person) -> Program:
    """A confidential client of Ben's."""
    return await make_program(anonymous, ben)


@pytest.fixture
async def public(anonymous: Client, ben: Person) -> Program:
    """A public client of Ben's."""
    return await make_program(anonymous, ben, public=True, name="Pocket reader")
