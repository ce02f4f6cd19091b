"""Who is asking, through which door, and what they may reach for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.queries.build import Mine
from models.rows import UserRow
from schema.door import Door
from schema.errors import Forbidden, Unauthenticated
from schema.ports import Ports
from schema.unit import Unit

SCOPES = (
    "bookmarks:read",
    "bookmarks:write",
    "tags:read",
    "tags:write",
    "groups:read",
    "groups:write",
    "search:read",
    "account",
)
ALL_SCOPES = frozenset(SCOPES)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking: an account, what the credential may do and until when; or nobody (``user`` None).

    A credential is a token or a signed-in browser, and has the one id or the other; or it is the password, of which
    ``proof`` is a fingerprint (schema/resolvers/credentials.py).

    With ``grant_id`` it is an app that somebody let in (OAuth): what it makes to come back with ends with that grant.

    With ``branch`` it is a link to that folder of the account's: whoever has it sees the folder and what is below as if
    it were all there is, ``user.root_folder_id`` is the folder, and only operations that say so let it in
    (schema/resolvers/branches.py).
    """

    user: UserRow | None = None
    scopes: frozenset[str] = frozenset()
    token_id: int | None = None
    expires_at: datetime | None = None
    session_id: int | None = None
    proof: str = ""
    branch: int | None = None
    grant_id: int | None = None


ANONYMOUS = Viewer()


@dataclass(slots=True)
class Context:
    """Made once a request; operations take it first. ``unit`` is the open write, if one is."""

    ports: Ports
    door: Door
    viewer: Viewer = ANONYMOUS
    request_id: str = "-"
    unit: Unit | None = None
    loaders: dict[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> UserRow:
        """The account that asks. Raises Unauthenticated for nobody."""
        if self.viewer.user is None:
            raise Unauthenticated
        return self.viewer.user

    @property
    def owner_id(self) -> int:
        """The owner at whom every query starts. Raises Unauthenticated for nobody."""
        return self.user.id

    def mine(self, *, trash: bool = False) -> Mine:
        """The owner's rows that this door can show."""
        return Mine(self.owner_id, self.door.kinds, trash=trash)

    def allow(self, *scopes: str, branch: bool = False) -> None:
        """Pass if the credential has one of the scopes; with ``branch`` a link to a folder passes, and else never.

        Raises Unauthenticated for nobody, else Forbidden.
        """
        if self.viewer.user is None:
            raise Unauthenticated
        if self.viewer.branch is not None:
            if not branch:
                raise Forbidden(scopes[0])
            return
        if not any(scope in self.viewer.scopes for scope in scopes):
            raise Forbidden(scopes[0])
