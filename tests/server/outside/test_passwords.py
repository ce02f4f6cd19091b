"""Password hashes, real and fake."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from server.outside.passwords import ArgonPasswords
from tests.fakes import FakePasswords

MALFORMED = [
    "",
    "plain",
    "$argon2id$",
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
    "$argon2id$v=19$m=64,t=1,p=1$!!!!$!!!!",
    "$argon2id$v=19$m=x,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g",
    "$2b$12$abcdefghijklmnopqrstuv",
    "é\ud800",
]


@pytest.fixture
def argon():
    passwords = ArgonPasswords(time_cost=1, memory=64)
    yield passwords
    passwords.close()


@pytest.fixture(params=["argon", "fake"])
def passwords(request):
    return request.getfixturevalue("argon") if request.param == "argon" else FakePasswords()


@pytest.mark.parametrize("password", ["correct horse", "", "пароль 🔑", "x" * 5000, "a\0b", "\ud800"])
async def test_a_password_is_recognised_and_another_is_not(passwords, password):
    hashed = await passwords.hash(password)

    assert await passwords.verify(hashed, password)
    assert not await passwords.verify(hashed, password + "!")


@pytest.mark.parametrize("hashed", MALFORMED)
async def test_a_malformed_hash_is_a_no(passwords, hashed):
    assert not await passwords.verify(hashed, "nobody")


async def test_a_hash_is_argon2id_with_its_parameters_and_a_new_salt(argon):
    first, second = await argon.hash("same"), await argon.hash("same")

    assert first.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert first != second


async def test_a_hash_of_other_costs_is_still_verified(argon):
    """Changing the settings locks nobody out."""
    assert await argon.verify(PasswordHasher(time_cost=2, memory_cost=128, parallelism=2).hash("old"), "old")


@pytest.mark.parametrize("hashed", MALFORMED)
async def test_a_malformed_hash_costs_as_much_as_a_wrong_password(argon, monkeypatch, hashed):
    """A whole verification against a hash of today's costs is run, so the time does not tell whether a user exists."""
    verified = []
    verify = PasswordHasher.verify

    def watched(self, given, password):
        verified.append(given)
        return verify(self, given, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    await argon.verify(hashed, "guess")

    assert hashed == verified[0]
    assert verified[-1].startswith("$argon2id$v=19$m=64,t=1,p=1$")


async def test_the_work_is_done_by_a_bounded_number_of_threads_beside_the_loop(argon, monkeypatch):
    """Eight sign-ins at once are worked on by two threads, both at the same time, and neither is the loop's."""
    both = threading.Barrier(2, timeout=10)
    workers = set()

    def watched(self, hashed, password):
        both.wait()
        workers.add(threading.get_ident())
        return True

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    answers = await asyncio.gather(*(argon.verify("any", "any") for _ in range(8)))

    assert [True] * 8 == answers
    assert 2 == len(workers)
    assert threading.get_ident() not in workers
