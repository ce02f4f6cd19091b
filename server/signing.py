"""What the server signs: short-lived addresses of assets' bytes, and facts that it lets others keep for it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from itsdangerous import BadData, URLSafeSerializer

from schema.errors import Unauthenticated
from schema.ports import Clock
from server.settings import SettingsError

KEY_FILE = "secret.key"
KEY_BYTES = 32
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Permit:
    """What a signed address allows: one HTTP method on one asset of one owner (both by their ids)."""

    owner_id: int
    asset_id: int
    method: str


class Signer:
    """Makes and checks the signed part of ``/uploads/…`` and ``/files/…``, and seals facts; ``key`` is our secret."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._serializer = URLSafeSerializer(key, salt="polymark.asset-address")
        self._clock = clock
        self._sealers: dict[str, URLSafeSerializer] = {}

    def sign(self, permit: Permit, lifetime: timedelta = LIFETIME) -> str:
        """Make a token, safe in a path, that verifies for ``lifetime``, which is 10 minutes at the most."""
        until = self._clock.now() + min(lifetime, LIFETIME)
        facts = [permit.owner_id, permit.asset_id, permit.method.upper(), until.timestamp()]
        return self._serializer.dumps(facts)

    def verify(self, token: str, method: str) -> Permit:
        """Say what the token allows, if it is ours, not expired and made for this method; HEAD passes as GET.

        Raises Unauthenticated("unknown") or Unauthenticated("expired").
        """
        try:
            owner_id, asset_id, allowed, until = self._serializer.loads(token)
        except (BadData, ValueError):  # ValueError: text that no signature has, such as lone surrogates
            raise Unauthenticated("unknown") from None
        wanted = method.upper()
        if allowed != wanted and (allowed, wanted) != ("GET", "HEAD"):
            raise Unauthenticated("unknown")
        if self._clock.now().timestamp() >= until:
            raise Unauthenticated("expired")
        return Permit(owner_id=owner_id, asset_id=asset_id, method=allowed)

    def seal(self, purpose: str, facts: list[Any]) -> str:
        """Write the facts, JSON values, as a signed text that is safe in a path and good for this purpose only."""
        return self._sealer(purpose).dumps(facts)

    def _sealer(self, purpose: str) -> URLSafeSerializer:
        """One a purpose: making it costs as much as using it."""
        if purpose not in self._sealers:
            self._sealers[purpose] = URLSafeSerializer(self._key, salt=f"polymark.{purpose}")
        return self._sealers[purpose]

    def unseal(self, purpose: str, sealed: str) -> list[Any]:
        """Read the facts again. Raises Unauthenticated("unknown") for a text that is not ours."""
        try:
            facts: list[Any] = self._sealer(purpose).loads(sealed)
        except (BadData, ValueError):
            raise Unauthenticated("unknown") from None
        return facts


def load_key(data_dir: Path) -> bytes:
    """Read the server's secret from ``data_dir/secret.key``, made on the first start with mode 0600.

    Processes that start together agree on one key: it is written under another name and linked into place,
    which only the first can. Raises SettingsError when the file cannot be had or is too short.
    """
    path = data_dir / KEY_FILE
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"{path}: the secret key cannot be read or made ({error.strerror}).") from error
    if len(key) < KEY_BYTES:
        raise SettingsError(f"{path}: too short for a secret key; remove it and a new one is made.")
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # hashes and private bookmarks live here
    temporary = path.with_name(f".{KEY_FILE}.{uuid4().hex}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(KEY_BYTES).encode("ascii"))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return  # another process was first: its key is the key
    finally:
        temporary.unlink(missing_ok=True)
