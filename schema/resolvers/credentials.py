"""A name with a secret, which programs send with every request: an app password, any other token, or the password."""

from __future__ import annotations

import hashlib

from models.queries import accounts as queries
from schema.context import ALL_SCOPES, Viewer
from schema.errors import RateLimited, Unauthenticated
from schema.ports import Allowance, Ports
from schema.resolvers import tokens
from schema.resolvers.accounts import USERNAME

BY_ADDRESS = Allowance("password by address", 30, 300)
BY_ACCOUNT = Allowance("password by account and address", 10, 300)
# Also those that are refused unhashed: a remembered password would answer them, were they right.
GUESSES = Allowance("password guesses by account and address", 300, 300)


async def believe_basic(ports: Ports, username: str, secret: str, *, address: str = "") -> Viewer:
    """Who name and secret stand for; ``address`` is where they came from. One statement, and seldom a slow hash.

    A token of the account is looked for first. A password opens every scope; one that was right is remembered for five
    minutes, for that address: who guesses from elsewhere must not learn from a quick yes what was not even counted. A
    password that must be hashed counts as a try until it proves right, and the tries of one address for one name are
    its own: nobody shuts another's programs out from elsewhere.

    Raises Unauthenticated: ``unknown``, after as long for an unknown name as for a wrong password, ``expired`` or
    ``inactive``. Raises RateLimited, without hashing, after ten wrong ones for a name or thirty in all from one address
    in five minutes; what is remembered is still good then, until there were three hundred for that name.
    """
    found = await queries.account_by_name(username, tokens.digest(secret)) if USERNAME.fullmatch(username) else None
    if found is not None and found.token is not None:
        return tokens.accept(ports, found.user, found.token)
    hashed = "" if found is None else found.password_hash
    name = f"{tokens.digest(username)} {address}"  # any text may come as a name, of any length

    async def verify() -> bool:
        await ports.throttle.take(BY_ADDRESS, address)
        await ports.throttle.take(BY_ACCOUNT, name)
        if not await ports.passwords.verify(hashed, secret):
            return False
        await ports.throttle.clear(BY_ACCOUNT, name)
        await ports.throttle.give_back(BY_ADDRESS, address)  # the right one only: the others were for other names
        return True

    ports.verified.check_rest(ports.clock, name)
    try:
        right = await ports.verified.check(ports.clock, name, secret, hashed, verify)
    except RateLimited:
        await _count_guess(ports, name)
        raise
    if not right or found is None:
        await _count_guess(ports, name)
        raise Unauthenticated("unknown")
    if not found.user.is_active:
        raise Unauthenticated("inactive")
    return Viewer(found.user, ALL_SCOPES, proof=fingerprint(hashed))


async def _count_guess(ports: Ports, name: str) -> None:
    """Count a refusal, never a password that is right: counting costs more than all the rest of a request."""
    try:
        await ports.throttle.take(GUESSES, name)
    except RateLimited as problem:
        ports.verified.rest(ports.clock, name, problem.retry_after)
        raise


def fingerprint(hashed: str) -> str:
    """What tells a stored password from the next one and gives nothing of it away: its hash is salted already."""
    return hashlib.sha256(hashed.encode()).hexdigest()[:32]
