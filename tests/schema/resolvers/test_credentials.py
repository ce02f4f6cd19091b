"""Name and secret with every request: any token, or the password without a slow hash each time."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from models import Token, User
from schema.context import ALL_SCOPES
from schema.errors import RateLimited, Unauthenticated
from schema.resolvers import accounts, tokens
from schema.resolvers.credentials import believe_basic
from schema.verified import Verified
from tests.databases import statements_counted
from tests.factories import PASSWORD, make_token
from tests.fakes import FakePasswords


class CountingPasswords(FakePasswords):
    """Keeps what was compared; ``gate`` holds every comparison until it is set."""

    def __init__(self):
        self.seen = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def verify(self, hashed, password):
        self.seen.append((hashed, password))
        self.begun.set()
        await self.gate.wait()
        return await super().verify(hashed, password)


@pytest.fixture
def passwords():
    return CountingPasswords()


@pytest.fixture
def own(ports, passwords):
    """The ports, with hashing counted."""
    return dataclasses.replace(ports, passwords=passwords)


async def reason(ports, name, secret, **options):
    """Why a credential is refused."""
    with pytest.raises(Unauthenticated) as refusal:
        await believe_basic(ports, name, secret, **options)
    return refusal.value.reason


async def test_a_password_opens_everything_and_is_hashed_once(ann, own, passwords):
    statements = []
    async with statements_counted(statements):
        viewers = [await believe_basic(own, "ann", PASSWORD) for _ in range(3)]

    assert [(ann.user.id, ALL_SCOPES, None)] * 3 == [(one.user.id, one.scopes, one.token_id) for one in viewers]
    assert 1 == len(passwords.seen)
    assert 3 == len(statements)


async def test_it_is_remembered_for_five_minutes_from_its_last_use(ann, own, passwords):
    await believe_basic(own, "ann", PASSWORD)
    for _ in range(3):
        own.clock.forward(minutes=4)
        await believe_basic(own, "ann", PASSWORD)

    assert 1 == len(passwords.seen)

    own.clock.forward(minutes=5)
    await believe_basic(own, "ann", PASSWORD)

    assert 2 == len(passwords.seen)


async def test_parallel_first_requests_share_one_hash(ann, own, passwords):
    passwords.gate.clear()
    asked = [asyncio.create_task(believe_basic(own, "ann", PASSWORD)) for _ in range(5)]
    await passwords.begun.wait()
    asked[0].cancel()
    passwords.gate.set()
    first, *others = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(first, asyncio.CancelledError)
    assert ["ann"] * 4 == [viewer.user.username for viewer in others]
    assert 1 == len(passwords.seen)


async def test_only_the_last_ones_are_remembered(ann, ben, own, passwords):
    own = dataclasses.replace(own, verified=Verified(kept=1))
    for name in ("ann", "ben", "ben", "ann"):
        await believe_basic(own, name, PASSWORD)

    assert [f"fake${PASSWORD}"] * 3 == [hashed for hashed, _ in passwords.seen]


async def test_a_remembered_password_opens_no_other_account(ann, own, passwords):
    await accounts.create(own, "carol", "another horse")
    await believe_basic(own, "ann", PASSWORD)

    assert "unknown" == await reason(own, "carol", PASSWORD)


async def test_a_changed_password_ends_the_old_one_at_once(ann, own):
    """In every process: what is remembered hangs on the stored hash, and that is read each time."""
    await believe_basic(own, "ann", PASSWORD)
    await User.filter(id=ann.user.id).update(password_hash="fake$another horse")

    assert "unknown" == await reason(own, "ann", PASSWORD)
    assert ann.user.id == (await believe_basic(own, "ann", "another horse")).user.id


async def test_a_deactivated_account_is_shut_at_once(ann, own):
    await believe_basic(own, "ann", PASSWORD)
    await User.filter(id=ann.user.id).update(is_active=False)

    assert "inactive" == await reason(own, "ann", PASSWORD)
    assert "inactive" == await reason(own, "ann", ann.secret)
    assert "unknown" == await reason(own, "ann", "not the password")


async def test_any_token_of_the_account_is_a_password_with_its_own_scopes(ann, own, passwords):
    secret = await make_token(ann, "tags:read")
    statements = []
    async with statements_counted(statements):
        viewer = await believe_basic(own, "ann", secret)
        await own.background.drain()
    row = await Token.get(id=viewer.token_id)

    assert ("ann", {"tags:read"}, []) == (viewer.user.username, viewer.scopes, passwords.seen)
    assert own.clock.now() - row.last_used_at < timedelta(minutes=1)
    assert ["SELECT", "UPDATE"] == [statement.split()[0] for statement in statements]


async def test_a_token_of_somebody_else_is_no_password(ann, ben, own):
    assert "unknown" == await reason(own, "ann", ben.secret)


async def test_a_revoked_or_expired_token_is_worthless_at_once(ann, own, passwords):
    until = own.clock.now() + timedelta(hours=1)
    short = await tokens.issue(own, ann.user.id, name="short", expires_at=until)
    gone = await tokens.issue(own, ann.user.id, name="gone")
    for made in (short, gone):
        await believe_basic(own, "ann", made.secret)
    await tokens.withdraw(ann.user.id, gone.token.id)
    own.clock.forward(hours=1)

    assert ["expired", "unknown"] == [await reason(own, "ann", made.secret) for made in (short, gone)]
    assert [gone.secret] == [password for _, password in passwords.seen]


@pytest.mark.parametrize("name", ["nobody", "Ann", "", "a" * 200, "an\0n", "a\ud800", "ann "])
async def test_an_unknown_name_costs_what_a_wrong_password_costs(name, ann, own, passwords):
    assert "unknown" == await reason(own, name, PASSWORD)
    assert [("", PASSWORD)] == passwords.seen


@pytest.mark.parametrize("secret", ["", "wrong", "x" * 8_000, "\0", "\ud800"])
async def test_a_wrong_password_is_hashed_and_refused(secret, ann, own, passwords):
    assert "unknown" == await reason(own, "ann", secret)
    assert [(f"fake${PASSWORD}", secret)] == passwords.seen


@pytest.mark.parametrize("name", ["ann", "nobody"])
async def test_after_ten_wrong_passwords_nothing_is_hashed(name, ann, own, passwords):
    for number in range(10):
        await reason(own, name, f"wrong {number}", address="192.0.2.1")
    with pytest.raises(RateLimited):
        await believe_basic(own, name, PASSWORD, address="192.0.2.1")

    assert 10 == len(passwords.seen)

    own.clock.forward(minutes=5)

    assert "unknown" == await reason(own, name, "wrong again", address="192.0.2.1")


async def test_who_guesses_shuts_out_neither_what_is_remembered_nor_tokens_nor_other_addresses(ann, own):
    await believe_basic(own, "ann", PASSWORD, address="192.0.2.1")
    for number in range(10):
        await reason(own, "ann", f"wrong {number}", address="192.0.2.1")
    fresh = dataclasses.replace(own, verified=Verified())
    with pytest.raises(RateLimited):
        await believe_basic(fresh, "ann", PASSWORD, address="192.0.2.1")

    assert "ann" == (await believe_basic(own, "ann", PASSWORD, address="192.0.2.1")).user.username
    assert "ann" == (await believe_basic(fresh, "ann", ann.secret, address="192.0.2.1")).user.username
    assert "ann" == (await believe_basic(fresh, "ann", PASSWORD, address="192.0.2.2")).user.username


async def test_many_names_from_one_address_are_stopped_too(ann, own, passwords):
    for number in range(30):
        await reason(own, f"nobody{number}", "wrong", address="192.0.2.1")
    with pytest.raises(RateLimited):
        await believe_basic(own, "ann", PASSWORD, address="192.0.2.1")

    assert 30 == len(passwords.seen)


async def test_a_right_password_makes_the_wrong_ones_forgotten(ann, own):
    for _ in range(3):
        for number in range(9):
            await reason(own, "ann", f"wrong {number}")
        await believe_basic(dataclasses.replace(own, verified=Verified()), "ann", PASSWORD)


async def test_what_is_remembered_gives_no_quick_yes_to_who_guesses_from_elsewhere(ann, own, passwords):
    await believe_basic(own, "ann", PASSWORD, address="192.0.2.1")  # her program, all day long
    for number in range(10):
        await reason(own, "ann", f"wrong {number}", address="198.51.100.1")
    with pytest.raises(RateLimited):
        await believe_basic(own, "ann", PASSWORD, address="198.51.100.1")

    assert 11 == len(passwords.seen)


async def test_what_is_remembered_is_no_endless_oracle_for_who_shares_the_address(ann, own):
    """As behind a proxy that the settings do not name, where everybody has one address."""
    refused = [Unauthenticated] * 10 + [RateLimited] * 291
    for number, kind in enumerate(refused):
        await believe_basic(own, "ann", PASSWORD)
        with pytest.raises(kind):
            await believe_basic(own, "ann", f"wrong {number}")
    with pytest.raises(RateLimited):
        await believe_basic(own, "ann", PASSWORD)

    assert "ann" == (await believe_basic(own, "ann", ann.secret)).user.username

    own.clock.forward(minutes=5)

    assert "ann" == (await believe_basic(own, "ann", PASSWORD)).user.username


async def test_being_right_gives_an_address_no_tries_for_other_names(ann, ben, own, passwords):
    for number in range(20):
        await reason(own, f"nobody{number}", "wrong", address="192.0.2.1")
    for _ in range(3):
        await believe_basic(dataclasses.replace(own, verified=Verified()), "ben", PASSWORD, address="192.0.2.1")
    for number in range(10):
        await reason(own, f"nobody{number}", "wrong again", address="192.0.2.1")
    with pytest.raises(RateLimited):
        await believe_basic(own, "ann", "guess", address="192.0.2.1")

    assert 33 == len(passwords.seen)


async def test_a_hash_that_fails_is_not_remembered(ann, own, passwords, monkeypatch):
    async def fail(hashed, password):
        raise MemoryError

    monkeypatch.setattr(passwords, "verify", fail)
    with pytest.raises(MemoryError):
        await believe_basic(own, "ann", PASSWORD)
    monkeypatch.undo()

    assert "ann" == (await believe_basic(own, "ann", PASSWORD)).user.username
