"""Signed addresses and sealed facts as the operations ask for them."""

from __future__ import annotations

from typing import Any

from schema.ports import Clock, SignedPath
from server.signing import LIFETIME, Permit, Signer

PREFIXES = {"PUT": "/uploads/", "GET": "/files/"}  # where server/files.py answers


class SignedPaths:
    """schema.ports.Signing by the server's own key."""

    def __init__(self, signer: Signer, clock: Clock) -> None:
        self._signer = signer
        self._clock = clock

    def sign(self, owner_id: int, asset_id: int, method: str) -> SignedPath:
        """Make a path that is good for ten minutes. Raises KeyError for a method that no such path has."""
        expires_at = self._clock.now() + LIFETIME  # looked at first, so the path never ends before it says
        token = self._signer.sign(Permit(owner_id, asset_id, method))
        return SignedPath(PREFIXES[method] + token, expires_at)

    def seal(self, purpose: str, facts: list[Any]) -> str:
        """The facts as a signed text."""
        return self._signer.seal(purpose, facts)

    def unseal(self, purpose: str, sealed: str) -> list[Any]:
        """The facts of a text of ours. Raises Unauthenticated("unknown") for any other."""
        return self._signer.unseal(purpose, sealed)
