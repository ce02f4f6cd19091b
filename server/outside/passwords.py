"""Argon2id, in threads of its own: one hash takes a tenth of a second and must not stop the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError


class ArgonPasswords:
    """Password hashes as schema.ports.Passwords; ``close`` it at the end.

    ``time_cost`` is the number of passes, ``memory`` is in KiB. At most ``threads`` hashes are worked on at once,
    so a flood of sign-ins takes ``threads * memory`` and waits its turn.
    """

    def __init__(self, *, time_cost: int = 2, memory: int = 19_456, threads: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory, parallelism=1)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2")

    async def hash(self, password: str) -> str:
        """Make an Argon2id hash with its parameters and a new salt, in the PHC string format."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._hasher.hash, _encode(password))

    async def verify(self, hashed: str, password: str) -> bool:
        """Say whether the password is the one.

        A hash that cannot be read (also ``""``, for a user who does not exist) is answered with False after the
        same work as a wrong password, so that the time tells nothing.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._verify, hashed, _encode(password))

    def close(self) -> None:
        """Let the work that has begun finish, then end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(b"nobody")

    def _verify(self, hashed: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError, UnicodeEncodeError):  # the last: a hash is ASCII
            self._spend(password)
            return False

    def _spend(self, password: bytes) -> None:
        """Do the work of one verification and forget its outcome."""
        try:
            self._hasher.verify(self._nobody, password)
        except VerifyMismatchError:
            return


def _encode(password: str) -> bytes:
    """Give the bytes of any text, lone surrogates too: a door that lets one through must not fail here."""
    return password.encode("utf-8", "surrogatepass")
